"""EPUB books, chapter after chapter, parsed by lxml: a ZIP archive of XHTML files (https://www.w3.org/TR/epub-33/), whose list
``META-INF/container.xml`` names. Offsets count in the text made of them. The one library that is kept for it is under the AGPL.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.readers.markup import Element, local_name, page_in_utf8, parse_xml, text_of_html
from newsdex.indexer.readers.zipped import member, open_archive
from newsdex.indexer.source import Source
from newsdex.records import Article

_PAGES = (".xhtml", ".html", ".htm")


def read(source: Source) -> Iterator[Article | SourceError]:
    with open_archive(source.content(), damaged=True) as archive:
        try:
            container = parse_xml(member(archive, "META-INF/container.xml"))
            place = next((str(element.get("full-path", "")) for element in container.iter("{*}rootfile")), "")
            package = parse_xml(member(archive, place))
            names, told = list(_chapters(package, posixpath.dirname(place))), _properties(package)
        except SourceError as error:
            names, told = sorted(name for name in archive.namelist() if name.endswith(_PAGES)), {}
            if not names:
                raise
            yield SourceError(f"{error.reason}; its chapters are read in the order of their names")
        chapters = []
        for name in names:
            try:
                chapters.append(text_of_html(page_in_utf8(member(archive, name))))
            except SourceError as error:
                yield SourceError(f"{name}: {error.reason}")
    text = "\n\n".join(filter(None, chapters))
    yield source.article(
        text,
        title=told.get("title", ""),
        source=told.get("publisher", ""),
        published=parse_published(told.get("date", ""), "book's package"),
        metadata={"author": told.get("creator", "")},
        language=code_of(told.get("language", "")),
    )


def _chapters(package: Element, folder: str) -> Iterator[str]:
    """Yield the names of the files to read, in order, without the table of contents."""
    items = {str(element.get("id")): element for element in package.iter("{*}item")}
    for reference in package.iter("{*}itemref"):
        item = items.get(str(reference.get("idref")))
        if item is not None and "nav" not in str(item.get("properties", "")).split():
            yield posixpath.normpath(posixpath.join(folder, unquote(str(item.get("href", "")))))


def _properties(package: Element) -> dict[str, str]:
    """Return the first value of each Dublin Core element; of the dates, preferably that of publication."""
    told: dict[str, str] = {}
    for element in package.iter("{http://purl.org/dc/elements/1.1/}*"):
        value = " ".join("".join(element.itertext()).split())
        event = next((value for key, value in element.attrib.items() if str(key).endswith("event")), "")
        if value and (event == "publication" or local_name(element) not in told):
            told[local_name(element)] = value
    return told

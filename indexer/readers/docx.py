"""Word documents (DOCX), opened by python-docx; paragraphs are from the XML, for its list lacks text boxes, content controls and
insertions. Offsets count in the extracted text, with a blank line between paragraphs.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zipfile import ZipFile

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.document import document, with_rows
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.readers.markup import Element, parse_xml
from newsdex.indexer.readers.zipped import member, open_archive
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

if TYPE_CHECKING:
    from docx.document import Document

_OLE = b"\xd0\xcf\x11\xe0"  # the container of encrypted documents and of .doc
_TEMPLATE_MADE = datetime(2013, 12, 23, 23, 15)  # noqa: DTZ001 - the date in python-docx's template
_LEFT_OUT = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText"})  # deleted, repeated elsewhere, or field codes
_PARAGRAPHS = ".//*[local-name()='p' and not(ancestor::*[local-name()='Fallback' or local-name()='moveFrom'])]"
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}


def read(source: Source) -> Iterator[Article | SourceError]:
    import docx

    from newsdex.indexer.readers import exports

    content = source.content()
    if content.startswith(_OLE):
        raise SourceError("encrypted, or in the format of Word before 2007: save it as .docx without a password")
    with open_archive(content) as archive:
        try:
            word = docx.Document(io.BytesIO(content))
        except KeyError:
            word = docx.Document(_without_missing(archive))
    roots = [word.element.body, *_notes(word)]
    text = "\n\n".join(with_rows((element, _text(element).strip()) for root in roots for element in root.xpath(_PARAGRAPHS)))
    if found := exports.articles(source, text):
        yield from found
        return
    properties = word.core_properties
    author = " ".join(properties.author.split())
    yield document(
        source,
        text,
        title=" ".join(properties.title.split()),
        heading=_heading(word),
        author="" if author == "python-docx" else author,
        made=_published(properties.created),
        language=code_of(properties.language),
    )


def _without_missing(archive: ZipFile) -> io.BytesIO:
    """Return the document without references to parts that are not there, such as pictures called NULL, at which python-docx fails."""
    from lxml import etree

    parts, whole = set(archive.namelist()), io.BytesIO()
    with ZipFile(whole, "w") as written:
        for name in parts:
            content = member(archive, name)
            if name.endswith(".rels"):
                root = parse_xml(content)
                folder = posixpath.dirname(posixpath.dirname(name))
                for relation in list(root):
                    place = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
                    if relation.get("TargetMode") != "External" and place not in parts:
                        root.remove(relation)
                content = etree.tostring(root)
            written.writestr(name, content)
    whole.seek(0)
    return whole


def _heading(document: Document) -> str:
    for paragraph in document.paragraphs:
        style = paragraph.style.name if paragraph.style else ""
        if style in ("Title", "Heading 1") and paragraph.text.strip():
            return " ".join(paragraph.text.split())
    return ""


def _text(paragraph: Element) -> str:
    """Return the text of a paragraph, without paragraphs nested in it, which are read separately."""
    pieces: list[str] = []
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name == "t":
            pieces.append(element.text or "")
        elif name in _SPACES:
            pieces.append(_SPACES[name])
        elif name != "p" and name not in _LEFT_OUT:
            waiting.extend(reversed(element))
    return "".join(pieces)


def _notes(document: Document) -> Iterator[Element]:
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(("/footnotes", "/endnotes")):
            yield parse_xml(relation.target_part.blob)


def _published(created: datetime | None) -> Published | None:
    if created is None or created.replace(tzinfo=None) == _TEMPLATE_MADE:
        return None
    return parse_published(created.isoformat(), "document properties")

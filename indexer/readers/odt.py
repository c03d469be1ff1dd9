"""OpenDocument text (ODT): its content.xml, parsed by lxml. Offsets count in the extracted text, with a blank line between paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.document import document, with_rows
from newsdex.indexer.readers.fields import code_of
from newsdex.indexer.readers.markup import Element, local_name, parse_xml
from newsdex.indexer.readers.zipped import member, open_archive
from newsdex.indexer.source import Source
from newsdex.records import Article

_PARAGRAPHS = ".//*[(local-name()='p' or local-name()='h') and not(ancestor::*[local-name()='tracked-changes'])]"
_SPACES = {"tab": "\t", "line-break": "\n"}
_LARGEST_GAP = 100  # most spaces that one element can represent
# Parts of a paragraph that are not its text; notes are included where they are referenced.
_LEFT_OUT = frozenset({"annotation", "note-citation", "tracked-changes", "title", "desc"})


def read(source: Source) -> Iterator[Article | SourceError]:
    with open_archive(source.content()) as archive:
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in member(archive, "META-INF/manifest.xml"):
            raise SourceError("encrypted: it needs a password")
        content = parse_xml(member(archive, "content.xml"))
        meta = parse_xml(member(archive, "meta.xml")) if "meta.xml" in archive.namelist() else None
    paragraphs = [(element, _text(element).strip()) for element in content.xpath(_PARAGRAPHS)]
    text = "\n\n".join(with_rows(paragraphs))
    told = {} if meta is None else {local_name(element): " ".join((element.text or "").split()) for element in meta.iter("*")}
    date = told.get("creation-date") or told.get("date", "")
    heading = next((written for element, written in paragraphs if written and local_name(element) == "h"), "")
    yield document(
        source,
        text,
        title=told.get("title", ""),
        heading=" ".join(heading.split()),
        author=told.get("initial-creator") or told.get("creator", ""),
        made=parse_published(date, "document properties"),
        language=code_of(told.get("language", "")),
    )


def _text(paragraph: Element) -> str:
    """Return the text of a paragraph, without paragraphs nested in it, which are read separately."""
    pieces: list[str] = []
    waiting: list[Element | str] = [paragraph]
    while waiting:
        element = waiting.pop()
        if isinstance(element, str):
            pieces.append(element)
            continue
        name = local_name(element)
        if name == "s":
            count = next((value for key, value in element.attrib.items() if str(key).endswith("}c")), "1")
            pieces.append(" " * min(int(count), _LARGEST_GAP) if str(count).isdecimal() else " ")
        elif name in _SPACES:
            pieces.append(_SPACES[name])
        elif element is paragraph or (name and name not in ("p", "h") and name not in _LEFT_OUT):
            for child in reversed(element):
                waiting += [child.tail or "", child]
            waiting.append(element.text or "")
    return "".join(pieces)

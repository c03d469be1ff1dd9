"""Rich text (RTF), converted by striprtf. Offsets count in the extracted text, with a blank line between paragraphs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.decoding import is_utf8
from newsdex.indexer.readers.document import document
from newsdex.indexer.source import Source
from newsdex.records import Article

_BEGINNING = rb"{\rt"
_CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
_HEAD = 100_000  # bytes with the code page and the properties
# Pictures are figures, of which striprtf would look at each
_FIGURES = re.compile(r"[0-9a-fA-F\r\n]+")
_FEW = 512
# With a space between, striprtf takes no address into the text, nor looks for one at each field
_FIELD = re.compile(r"(\\fldinst)\{", re.IGNORECASE)
_PROPERTY = re.compile(r"\{\\(title|author) ?([^{}]{1,1000})\}")
_MADE = re.compile(r"\{\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")


def read(source: Source) -> Iterator[Article | SourceError]:
    from newsdex.indexer.readers import exports

    content = source.content()
    if not content.lstrip().startswith(_BEGINNING):
        raise SourceError("not rich text (RTF)")
    encoding = _encoding(content)
    decoded = content.decode("utf-8" if is_utf8(content) else encoding, "replace")
    written = _FIELD.sub(r"\1 {", _FIGURES.sub(lambda found: found[0] if len(found[0]) < _FEW else "", decoded))
    text = "\n\n".join(filter(None, map(_paragraph, _text(written, encoding).splitlines())))
    if found := exports.articles(source, text):
        yield from found
        return
    head = written[:_HEAD]
    told = {name: " ".join(_text(f"{{\\rtf1 {value}}}", encoding).split()) for name, value in reversed(_PROPERTY.findall(head))}
    made = _MADE.search(head)
    yield document(
        source,
        text,
        title=told.get("title", ""),
        author=told.get("author", ""),
        made=parse_published("-".join(made.groups()), "document properties") if made else None,
        language="",
    )


def _encoding(content: bytes) -> str:
    """Return the code page that the file names, in which its characters are that are not written by their numbers."""
    named = _CODE_PAGE.search(content[:_HEAD])
    try:
        return codecs.lookup(f"cp{int(named[1])}" if named else "cp1252").name
    except LookupError:
        return "cp1252"


def _text(written: str, encoding: str) -> str:
    from striprtf.striprtf import rtf_to_text

    # It needs an end to write the last characters, and writes those beyond 16 bits as two
    text: str = rtf_to_text(f"{written}}}", encoding, errors="replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _paragraph(line: str) -> str:
    """Return a paragraph, or a row of a table, whose cells each end with a line."""
    row = line.strip()
    return " | ".join(filter(None, map(str.strip, row.split("|")))) if row.endswith("|") else row

"""News agencies' XML: NewsML-G2 and NewsML 1 with one item or several, and NITF, alone or within them; parsed by lxml. An article per text
item, with its own id, after the file's name unless it is a URI. Offsets count in the text extracted from its content.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.dates import parse_published
from newsdex.indexer.readers.fields import URI, code_of, without_by
from newsdex.indexer.readers.markup import DECLARATION, Element, local_name, page_in_utf8, parse_xml, text_of, text_of_body, text_of_html
from newsdex.indexer.readers.wire import Item, current
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

# 20240426T123000+0200, as NITF and NewsML 1 write a time; midnight stands for a day
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T000000|T(\d\d)(\d\d)(\d\d))")
_TAGGED = re.compile(r"\s*<[a-zA-Z]")
_ITEMS = ("newsitem", "packageitem", "conceptitem", "nitf")
_CONTENT = ("inlinexml", "inlinedata", "datacontent", "body.content")
_BODIES = ("body.content", "body")  # of NITF and XHTML within them
_LEFT_OUT = ("{*}media", "{*}head", "{*}body.head", "{*}body.end")  # pictures with captions, and what is not the story
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MOST_TAGS = 100


def read(source: Source, content: bytes) -> Iterator[Article | SourceError]:
    """Read a document whose root is one of these formats."""
    root = parse_xml(DECLARATION.sub(b"", page_in_utf8(content)))  # it is UTF-8 whatever it declares
    found = [root] if local_name(root) in _ITEMS else [one for one in root.iter("*") if local_name(one) in _ITEMS[:3]]
    if not found:
        raise SourceError("no news items")
    items = [_item(element) for element in found]
    for item in current(items):
        if isinstance(item, SourceError):
            yield item
        else:
            number, told = item
            yield from placed(_article(source, told, number if len(found) > 1 else 0), f"item {number}")


class _Parts:
    """The elements within an item by their names, in lower case and without namespace; of each name in the order of the document."""

    def __init__(self, element: Element) -> None:
        self.root = element
        self._named: dict[str, list[Element]] = {}
        for part in element.iter("*"):
            self._named.setdefault(local_name(part), []).append(part)

    def all(self, *names: str) -> Iterator[Element]:
        for name in names:
            yield from self._named.get(name, ())

    def text(self, *names: str) -> str:
        """Return the text of the first element of one of ``names`` that has any, in one line."""
        return next(filter(None, map(_line, self.all(*names))), "")

    def value(self, name: str, *attributes: str) -> str:
        """Return the first of ``attributes`` of an element of that ``name``, "" without any."""
        told = (part.get(attribute, "").strip() for part in self.all(name) for attribute in attributes)
        return next(filter(None, told), "")


def _item(element: Element) -> Item[tuple[_Parts, str]]:
    parts = _Parts(element)
    text = max(map(_content, parts.all(*_CONTENT)), key=len, default="")
    name = local_name(element)
    guid = element.get("guid", "").strip() or parts.text("publicidentifier") or parts.value("doc-id", "id-string")
    return Item(
        guid=guid,
        version=parts.text("revisionid") or (element.get("version", "").strip() if name != "nitf" else ""),
        created=parts.text("versioncreated", "thisrevisioncreated"),
        status=parts.value("pubstatus", "qcode", "uri")
        or parts.value("status", "FormalName")
        or parts.value("docdata", "management-status"),
        kind="package" if name in ("packageitem", "conceptitem") else parts.value("itemclass", "qcode", "uri"),
        has_text=bool(text),
        content=(parts, text),
    )


def _content(element: Element) -> str:
    """Return the text of a content: NITF, XHTML, or a text that may be HTML written with references."""
    from lxml import etree

    if len(element) == 0:
        written = element.text or ""
        return (text_of_html(written) if _TAGGED.match(written) else text_of_body(written)).strip()
    etree.strip_elements(element, *_LEFT_OUT, with_tail=False)
    if any(block.get("class") == "full_text" for block in element.iterfind(".//{*}block")):  # in which the lead is again
        for lead in element.findall(".//{*}block[@class='lead_paragraph']"):
            lead.clear()
    bodies = [part for part in element.iter("*") if local_name(part) in _BODIES]
    return text_of(next((part for part in bodies if local_name(part) == _BODIES[0]), bodies[0] if bodies else element))


def _article(source: Source, item: Item[tuple[_Parts, str]], number: int) -> Iterator[Article | SourceError]:
    guid, (parts, text) = item.guid, item.content
    # The public identifier of NewsML 1 has the version
    name = item.id if parts.root.get("guid") else guid
    title = next(filter(None, (_line(line) for line in parts.all("headline", "hl1") if "sub" not in line.get("role", "").lower())), "")
    title = title or parts.text("title", "slugline")
    text = text or parts.text("description", "abstract") or title
    language = parts.value("language", "tag", "FormalName") or parts.root.get(_LANG, "") or parts.value("nitf", "baselang")
    provider = _name(parts, "provider")
    # The line of a byline with the author's title is an element without space before it
    byline = next(filter(None, (" ".join(" ".join(by.itertext()).split()) for by in parts.all("by", "byline"))), "")
    author = without_by(byline) or _name(parts, "creator")
    yield source.article(
        text,
        name=name if URI.fullmatch(guid) else f"{source.name}#{name}" if guid and number else "",
        sha256=hashlib.sha256(text.encode()).hexdigest() if number else "",
        title=title,
        source=provider
        or parts.value("pubdata", "name")
        or parts.text("distributor", "rights.owner")
        or parts.value("doc.copyright", "holder"),
        url=guid if guid.startswith(("http://", "https://")) else "",
        published=_published(parts),
        record=number,
        metadata={"author": author if author != provider else "", "tags": ", ".join(_tags(parts)), "slugline": parts.text("slugline")},
        language=code_of(language),
    )


def _name(parts: _Parts, role: str) -> str:
    """Return the name of the first element of that ``role``: in it, or in one of its attributes."""
    for element in parts.all(role):
        inner = {local_name(part): part for part in reversed(element)}
        party = inner.get("party", element)
        if name := _line(inner.get("name")) or " ".join((party.get("literal") or party.get("FormalName") or "").split()):
            return name
        if (code := str(element.get("qcode", "")).rpartition(":")[2].strip()) and not code.isdecimal():
            return code
    return ""


def _published(parts: _Parts) -> Published | None:
    """Return the first date there: of publication, of the first version, of this one."""
    written = (
        parts.value("pubdata", "date.publication"),
        parts.text("firstcreated", "versioncreated", "thisrevisioncreated", "contentcreated"),
        parts.value("date.issue", "norm"),
        parts.value("date.release", "norm"),
        parts.value("story.date", "norm"),
    )
    found = (parse_published(_BASIC.sub(_in_iso, date, count=1), "news item") for date in written if date)
    return next(filter(None, found), None)


def _in_iso(found: re.Match[str]) -> str:
    day = "-".join(found.groups()[:3])
    return f"{day}T{':'.join(found.groups()[3:])}" if found[4] else day


def _tags(parts: _Parts) -> list[str]:
    """Return the names of subjects and keywords, each once."""
    subjects = (
        next((_line(name) for name in part if local_name(name) == "name"), "") or part.get("literal", "") for part in parts.all("subject")
    )
    matters = (part.get(f"tobject.subject.{kind}", "") for part in parts.all("tobject.subject") for kind in ("type", "matter", "detail"))
    keywords = (part.get("key") or _line(part) for part in parts.all("keyword", "keywordline"))
    told = (" ".join(tag.split()) for several in (subjects, matters, keywords) for tag in several)
    return list(dict.fromkeys(filter(None, told)))[:_MOST_TAGS]


def _line(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())

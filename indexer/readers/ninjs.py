"""ninjs, news agencies' JSON, in all versions (https://iptc.org/standards/ninjs/): its fields under the names that records usually have."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.fields import article_of, without_by
from newsdex.indexer.readers.wire import Item, current
from newsdex.indexer.source import Source
from newsdex.records import Article

_HTML = re.compile(r"<(?:a|article|b|body|br|div|em|h[1-6]|html|i|p|section|span|strong|sup|ul)\b[^<>]{0,1000}>", re.IGNORECASE)
_XML = re.compile(r"\s*<(?:\?xml|\w{0,9}nitf|\w{0,9}newsml)[\s>]", re.IGNORECASE)  # NITF, whose text another body has too
# Fields with one of these beginnings have other forms of the item, or parts of it that are not text
_LEFT_OUT = ("associations", "bodies", "body", "description", "extra_items", "headline", "renditions", "standard", "trustindicators")
_TAGS = ("subject", "subjects", "keywords")
_PROVIDERS = ("provider", "source", "infosources", "infosource", "copyrightholder")

Fields = Mapping[str, object]


def articles(source: Source, records: Sequence[Fields]) -> Iterator[Article | SourceError]:
    """Yield an article per text item among ``records``, of its newest version."""
    for item in current(list(map(_item, records))):
        if isinstance(item, SourceError):
            yield item
        else:
            number, fields = item[0], _fields(item[1])
            sha256 = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
            yield from placed(article_of(source, fields, number, sha256), f"record {number}")


def article(source: Source, record: Fields, number: int, sha256: str) -> Iterator[Article | SourceError]:
    """Yield the article of a ``record`` alone in its file, or of a line; versions on several lines are several articles."""
    for item in current([_item(record)]):
        if isinstance(item, SourceError):
            yield item
        else:
            yield from article_of(source, _fields(item[1]), number, sha256)


def _fields(item: Item[dict[str, object]]) -> Fields:
    return item.content | {"id": item.id}


def _item(record: Fields) -> Item[dict[str, object]]:
    told = {name.lower(): value for name, value in record.items()}  # as of version 3, words are joined by capitals
    guid = _said(told, "guid") or _said(told, "uri")
    body = _body(told)
    title = _chosen(told, "headlines", "headline") or _said(told, "title") or _said(told, "name")
    created = _said(told, "firstcreated") or _said(told, "versioncreated")
    byline = _said(told, "byline") or _said(told, "by")
    fields = {name: value for name, value in told.items() if not name.startswith(_LEFT_OUT) and name not in ("guid", "name", *_TAGS)}
    fields |= {
        "text": body or _chosen(told, "descriptions", "description") or title,
        "title": title,
        "date": created,
        "author": without_by(byline) or told.get("authors") or "",
        "source": next(filter(None, (_names(told.get(name)) for name in _PROVIDERS)), ""),
        "url": guid if guid.startswith(("http://", "https://")) else "",
        "tags": ", ".join(dict.fromkeys(tag for name in _TAGS for tag in _each(told.get(name)))),
    }
    for taken in ("authors", "by", "byline", "copyrightholder", "firstcreated", "infosource", "infosources", "provider", "uri"):
        fields.pop(taken, None)
    version = told.get("version")
    return Item(
        guid=guid,
        version=str(version) if isinstance(version, int | str) else "",
        created=_said(told, "versioncreated"),
        status=_said(told, "pubstatus"),
        kind=_said(told, "type"),
        has_text=bool(body),
        content=fields,
    )


def _body(told: Fields) -> str:
    """Return the body in HTML if there is one, for it has paragraphs; else the longest of the others."""
    bodies = [value for name, value in told.items() if name.startswith("body") and isinstance(value, str)]
    bodies += [value for _, value in _values(told.get("bodies"))]
    bodies = [body for body in bodies if body.strip() and not _XML.match(body)]
    body = max(bodies, key=lambda written: (_HTML.search(written) is not None, len(written)), default="")
    return f"<div>{body.partition('</head>')[2] or body}</div>" if _HTML.search(body) else body


def _chosen(told: Fields, several: str, one: str) -> str:
    """Return a headline or a description: as of version 2 the main one in a list; before, of this name, or with a role after it."""
    values = _values(told.get(several))
    main = [value for role, value in values if role in ("main", "")] or [value for _, value in values]
    return next(iter(main), "") or _said(told, one) or next((_said(told, name) for name in told if name.startswith(f"{one}_")), "")


def _values(parts: object) -> list[tuple[str, str]]:
    """Return the roles and values of headlines, descriptions or bodies."""
    known = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return [(str(part.get("role") or "").lower(), part["value"]) for part in known if isinstance(part.get("value"), str)]


def _said(told: Fields, name: str) -> str:
    value = told.get(name)
    return value.strip() if isinstance(value, str) else ""


def _each(value: object) -> Iterator[str]:
    """Yield the names in ``value``: a text, an object, or a list of them."""
    for part in value if isinstance(value, list) else [value]:
        name = part.get("name") or part.get("literal") if isinstance(part, dict) else part
        if isinstance(name, str) and name.strip():
            yield name.strip()


def _names(value: object) -> str:
    return ", ".join(_each(value))

"""RSS and Atom feeds, parsed by feedparser: an article per entry, with its own id, after the feed's name unless it is a URI. Offsets count
in the text extracted from its content or summary. An export of WordPress is a feed with more than articles, and with its own markup.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXParseException  # the type only: feedparser parses

from newsdex.errors import SourceError
from newsdex.indexer.readers.bounds import placed
from newsdex.indexer.readers.dates import find_date, parse_published
from newsdex.indexer.readers.decoding import is_mostly_utf8, without_surrogates
from newsdex.indexer.readers.fields import URI, code_of
from newsdex.indexer.readers.markup import DECLARATION, text_of_fragment
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

NO_ENTRIES = "a feed without entries"
# The root of a document that is a feed or, by a name in the group, in a format of news agencies
_ROOT = re.compile(rb"<(?:[\w-]{1,20}:)?(?:(newsMessage|newsItem|packageItem|NewsML|nitf)|rss|feed|RDF)[\s>]")
_ROOT_WITHIN = 8_192  # bytes
_ENTRY = re.compile(rb"<(?:item|entry)[\s>]")
_ENTRY_END = re.compile(rb"</(?:item|entry)\s*>")
_TAG = re.compile(rb"<(?P<end>/?)(?P<name>[A-Za-z_][A-Za-z0-9_.:-]*)(?:\s[^<>]*)?(?<!/)>")
_REFERENCES, _REFERENCE = re.compile(rb"(?:&#(?:[xX][0-9a-fA-F]+|[0-9]+);)+"), re.compile(rb"&#(\w+);")
_LONGEST_REFERENCE = 9  # figures
_HALVES = range(0xD800, 0xE000)  # of surrogate pairs
_MOST_PIECES = 10_000
_LONGEST_HEAD = 10_000  # bytes read before the first entry
_DATES = ("published", "created", "updated")  # feedparser also gives the parsed time as <name>_parsed
# Types of entries in exports of WordPress that are no articles: files, settings, and the messages of contact forms
_NO_ARTICLE = (
    "attachment", "custom_css", "customize_changeset", "feedback", "nav_menu_item", "oembed_cache", "revision", "user_request", "wp_block",
    "wp_font_face", "wp_font_family", "wp_global_styles", "wp_navigation", "wp_template", "wp_template_part", "wpcf7_contact_form",
    "wpforms",
)  # fmt: skip
_MOST_KINDS = 10  # of entries left out that are named
_LONGEST_KIND = 40  # characters
_SHORTCODE = re.compile(r"\[(?P<end>/?)(?P<name>[a-z][\w-]{0,40})(?P<values>\s[^\[\]]{0,1000})?/?\]")
_VALUE = re.compile(r"[\w-]=\S")  # what makes brackets a shortcode
_CAPTION = re.compile(r"\bcaption=\"(?P<text>[^\"]*)\"")
_TAG_OR_LINE_END = re.compile(r"<[^<>]*>|(?P<blank>\n\s*\n)|(?P<end>\n)")


def read(source: Source) -> Iterator[Article | SourceError]:
    content = source.content()
    if (root := _ROOT.search(content[:_ROOT_WITHIN].replace(b"\0", b""))) and root[1]:  # without the zeros of UTF-16
        from newsdex.indexer.readers import newsml

        yield from newsml.read(source, content)
        return
    if is_mostly_utf8(content, b"<"):  # otherwise a damaged entry makes feedparser choose another encoding
        content = content.decode("utf-8-sig", "replace").encode()
        if not content.isascii():  # it is UTF-8 whatever it declares
            content = DECLARATION.sub(b"", content)
    feed, entries = _parsed(content)
    if not entries and not feed.get("version"):
        why = f" ({feed['bozo_exception']})" if feed.get("bozo_exception") else ""
        raise SourceError(f"XML, but not a feed{why}")
    begun = max(len(_ENTRY.findall(content)), len(_ENTRY_END.findall(content)))
    if len(entries) < begun or isinstance(feed.get("bozo_exception"), SAXParseException):
        entries, problems = _one_by_one(content, feed, entries)
        yield from problems
    if not entries:
        raise SourceError(NO_ENTRIES)
    undated: list[str] = []
    for number, entry in enumerate(entries, 1):
        for item in placed(_article(source, feed["feed"], entry, number), f"entry {number}"):
            if isinstance(item, Article) and item.published is None:
                undated += list(filter(None, (_string(entry, name) for name in _DATES)))[:1]
            yield item
    yield from _remarks(entries, undated)


def _remarks(entries: list[dict[str, Any]], undated: list[str]) -> Iterator[SourceError]:
    if left := Counter(filter(None, map(_left_out, entries))).most_common(_MOST_KINDS):
        yield SourceError(f"entries of WordPress that are not read: {', '.join(f'{count} {kind}' for kind, count in left)}", lost=False)
    if undated:
        more = f", and {len(undated) - 1} more," if len(undated) > 1 else ""
        yield SourceError(f"date {undated[0][:40]!r}{more} not understood; indexed without it", lost=False)


def _parsed(content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    import feedparser

    content = _REFERENCES.sub(_valid, content)
    # feedparser takes short bytes for a URL or a file name.
    found = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=True)
    return found, list(found.entries)


def _valid(found: re.Match[bytes]) -> bytes:
    """Return references to characters as they are; if one is a half of a surrogate pair, as some programs write an emoji, or no character,
    on which feedparser fails, as references to what they are together, or to U+FFFD.
    """
    numbers = [_number(told) for told in _REFERENCE.findall(found[0])]
    if not any(number in _HALVES or number > sys.maxunicode for number in numbers):
        return found[0]
    together = "".join(chr(number) if number <= sys.maxunicode else "\ufffd" for number in numbers)
    text = together.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(f"&#{ord(character)};" for character in text).encode()


def _number(told: bytes) -> int:
    figures = told.lstrip(b"xX0") or b"0"
    return int(figures, 16 if told[:1] in b"xX" else 10) if len(figures) <= _LONGEST_REFERENCE else sys.maxunicode + 1


def _one_by_one(content: bytes, feed: dict[str, Any], entries: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[SourceError]]:
    """Parse each entry alone, so that an unclosed one ends where the next begins. Return these, or ``entries`` if more; and problems."""
    found: list[dict[str, Any]] = []
    problems: list[SourceError] = []
    whole = number = 0
    for number, piece in enumerate(_pieces(content), 1):
        there, alone = _parsed(piece)
        found += alone
        if alone and not there.get("bozo"):
            whole += 1
        else:
            problems.append(SourceError(f"entry {number}: broken XML{'; read as far as it goes' if alone else ''}"))
    # Either only its end is missing, or it is invalid everywhere, as with unescaped ampersands.
    if feed.get("bozo") and (not problems or whole * 2 < number):
        problems = [SourceError("broken XML, read as far as it goes", lost=False)]
    if len(found) > len(entries) or whole >= len(entries) or (whole and len(found) == len(entries)):
        return found, problems
    return entries, problems if feed.get("bozo") else []


def _pieces(content: bytes) -> Iterator[bytes]:
    """Yield the feed once per entry, with that entry alone."""
    starts = [found.start() for found in islice(_ENTRY.finditer(content), _MOST_PIECES)]
    if starts:
        head = content[: min(starts[0], _LONGEST_HEAD)]
        tail = _closing(head)
        end = max((found.end() for found in _ENTRY_END.finditer(content, starts[-1])), default=len(content))
        for start, following in zip(starts, [*starts[1:], end], strict=True):
            yield head + content[start:following] + tail


def _closing(head: bytes) -> bytes:
    """Return closing tags for the elements that ``head`` leaves open: those of the feed may be cut off."""
    still_open: list[bytes] = []
    for tag in _TAG.finditer(head):
        if not tag["end"]:
            still_open.append(tag["name"])
        elif still_open and still_open[-1] == tag["name"]:
            still_open.pop()
    return b"".join(b"</%b>" % name for name in reversed(still_open))


def _left_out(entry: dict[str, Any]) -> str:
    """Return the type or the status by which an entry of an export of WordPress is no published article; "" for others."""
    kind, status = _string(entry, "wp_post_type"), _string(entry, "wp_status")
    if kind in _NO_ARTICLE:
        return kind
    return status[:_LONGEST_KIND] if kind and status != "publish" else ""


def _article(source: Source, feed: dict[str, Any], entry: dict[str, Any], number: int) -> Iterator[Article | SourceError]:
    if _left_out(entry):
        return
    title = " ".join(_plain(entry.get("title_detail") or {}).split())
    text, told_language = _text(entry)
    language = code_of(told_language or _string(feed, "language"))
    text = without_surrogates(text or title)
    url = _link(feed, entry)
    own = _string(entry, "id") or url
    tags = ", ".join(tag["term"] for tag in entry.get("tags", ()) if tag.get("term"))
    yield source.article(
        text,
        name=own if URI.fullmatch(own) else f"{source.name}#{own or number}",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        title=title,
        source=_outlet(feed, entry),
        url=url if URI.fullmatch(url) else "",
        published=_published(entry, language),
        record=number,
        metadata={"author": _authors(entry), "tags": " ".join(tags.split())},
        language=language,
    )


def _authors(entry: dict[str, Any]) -> str:
    names = [_string(author, "name") for author in entry.get("authors", ())]
    return " ".join((", ".join(names) if len(names) > 1 and all(names) else _string(entry, "author")).split())


def _link(feed: dict[str, Any], entry: dict[str, Any]) -> str:
    link = _string(entry, "link")
    try:
        return urljoin(_string(feed, "link"), link) if link else ""
    except ValueError:  # as of http://[bad
        return link


def _text(entry: dict[str, Any]) -> tuple[str, str]:
    """Return the longest of an entry's contents and summary as text, and its declared language."""
    contents = [*entry.get("content", ()), entry.get("summary_detail") or {}]
    if "wp_post_type" in entry:
        contents = [{**part, "value": as_shown(part.get("value") or "")} for part in contents]
    written = [(_plain(part), part.get("language") or "") for part in contents if part.get("value")]
    return max(written, key=lambda found: len(found[0]), default=("", ""))


def as_shown(content: str) -> str:
    r"""Return the content of a post as WordPress shows it: with its line ends, unless a block editor wrote it, and without shortcodes.

    >>> as_shown('The pier\nreopens.\n\n[caption id="a" width="9"]<img src="a.jpg"> Boats[/caption]\n\nIt was shut [sic] for years.')
    'The pier<br>reopens.<p><p><img src="a.jpg"> Boats<p><p>It was shut [sic] for years.'
    """
    content = _SHORTCODE.sub(_without_shortcode, content)
    if "<!-- wp:" in content:
        return content
    return _TAG_OR_LINE_END.sub(lambda found: "<p>" if found["blank"] else "<br>" if found["end"] else found[0], content)


def _without_shortcode(found: re.Match[str]) -> str:
    """Return the caption in a shortcode or the borders of one; "" for another shortcode, and brackets that are none as they are."""
    if not (found["end"] or _VALUE.search(found["values"] or "") or found["name"] in ("audio", "embed", "gallery", "playlist", "video")):
        return found[0]
    if found["name"] != "caption":
        return ""
    caption = _CAPTION.search(found["values"] or "")
    return f"<p>{caption['text']}" if caption else "<p>"


def _plain(part: dict[str, Any]) -> str:
    """Return the text of a value: publishers write HTML whatever the type says; without tags it is unchanged."""
    value = str(part.get("value") or "")
    if part.get("type") == "text/plain" or not re.search(r"<[a-zA-Z/!]|&[a-zA-Z#]", value):
        return value.strip()
    return text_of_fragment(value)


def _published(entry: dict[str, Any], language: str) -> Published | None:
    """Return the first date of an entry in its own time zone; feedparser reads more formats, but converts to UTC."""
    for name in _DATES:
        if not (written := _string(entry, name)):
            continue
        origin = "feed" if name == "published" else f"feed ({name})"
        parsed = dict.get(entry, f"{name}_parsed")  # feedparser's get falls back to another date
        if found := parse_published(written, origin) or find_date(written, language, origin) or _by_feedparser(parsed, written, origin):
            return found
    return None


def _by_feedparser(parsed: Any, written: str, origin: str) -> Published | None:
    """Return feedparser's date if its year and day occur in the text: it misreads formats that it does not know."""
    if (
        not parsed
        or parsed[:3] == (1, 1, 1)
        or str(parsed.tm_year) not in written
        or not re.search(rf"(?<!\d)0?{parsed.tm_mday}(?!\d)", written)
    ):
        return None
    try:
        return Published(datetime.fromtimestamp(timegm(parsed), timezone.utc).isoformat(timespec="seconds"), origin)
    except (ValueError, OverflowError, OSError):  # an invalid time
        return None


def _outlet(feed: dict[str, Any], entry: dict[str, Any]) -> str:
    """Return the publisher of the entry: its named source, as in aggregators, else the feed."""
    named = entry.get("source")
    title = _string(named, "title") if isinstance(named, dict) else ""
    return " ".join(_plain({"value": title or _string(feed, "title")}).split())


def _string(fields: dict[str, Any], name: str) -> str:
    value = dict.get(fields, name)
    return without_surrogates(value.strip()) if isinstance(value, str) else ""

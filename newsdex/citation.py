"""Citations as text, BibTeX or biblatex, and CSL-JSON. Dates are no more exact than known, and the byline is as the source has it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import xxhash

from newsdex.errors import UsageError
from newsdex.records import Article, Published, Span
from newsdex.terminal import heading_of, visible

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TEX = str.maketrans({
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    **{mark: f"\\{mark}" for mark in "$&#_%"},
})  # fmt: skip
_IN_URL = str.maketrans({"\\": "%5C", "{": "%7B", "}": "%7D", " ": "%20", '"': "%22"})


def cite(article: Article, form: str = "text", passage: Span | None = None) -> str:
    """Return a citation of ``article``, or a ``passage`` of it, as "text", "bibtex" or "csl-json". Raises UsageError for a wrong one."""
    if form not in _FORMS:
        raise UsageError(f"no citation format {form!r}: expected {', '.join(_FORMS)}")
    if passage is not None and not 0 <= passage.start < passage.end <= len(article.text):
        raise UsageError(f"no characters {passage.start}-{passage.end} in {article.id!r}: expected a range within 0-{len(article.text)}")
    return _FORMS[form](article, passage)


def _text(article: Article, passage: Span | None) -> str:
    title = heading_of(article).replace('"', "'")
    ended = title.endswith((".", "?", "!", "\u2026"))
    year, month, day = _date_parts(article.published)
    date = " ".join(str(part) for part in (day, month and _MONTHS[month - 1], year) if part)
    where = [part for part in (visible(article.source), date, _place_words(article, passage)) if part]
    parts = [visible(_byline(article)), f'"{title}{"" if ended else "."}"', ", ".join(where)]
    sentences = [part if part.endswith(('."', '?"', '!"', '\u2026"', ".")) else f"{part}." for part in parts if part]
    notes = [note if note[-1] in ".?!" else f"{note}." for note in _notes(article)]
    return " ".join([*sentences, *notes, visible(article.url or _id(article))])


def _id(article: Article) -> str:
    """Return the id; if that is a path on this machine, as of a file outside the folder of the index, without the folders."""
    is_path = article.id.startswith("/") and not article.is_added
    return (article.id.rpartition("/")[2] if is_path else "") or article.id


def _date_parts(published: Published | None) -> tuple[int | None, int | None, int | None]:
    """Return year, month and day, None where unknown."""
    if published is None:
        return None, None, None
    day = published.earliest
    known = published.precision
    return day.year, None if known == "year" else day.month, day.day if known in ("day", "time") else None


def _bibtex(article: Article, passage: Span | None) -> str:
    byline, (year, month, day) = _byline(article), _date_parts(article.published)
    date = [f"{year:04}", *(f"{part:02}" for part in (month, day) if part)] if year else []
    fields = {
        "author": f"{{{_tex(byline)}}}" if byline else "",  # braces keep BibTeX from splitting names
        "title": f"{{{_tex(heading_of(article))}}}",
        "journal": _tex(article.source),
        "date": "-".join(date),
        "year": "".join(date[:1]),
        "month": _MONTHS[month - 1][:3].lower() if month else "",
        "pages": _pages(article, passage).replace("-", "--"),
        "url": visible(article.url).translate(_IN_URL),
        "note": _tex(_note(article, passage)),
    }
    kind = "article" if article.source else "online" if article.url else "misc"
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{_key(article)},", *lines, "}"])


def _tex(text: str) -> str:
    return visible(text).translate(_TEX)


def _key(article: Article) -> str:
    """Return a citation key: source or author, year, first long word of the title, and digits of the id's checksum."""
    words = _ascii_words(heading_of(article))
    long_word = next((word for word in words if len(word) > 3), "".join(words[:1]))  # noqa: PLR2004 - short words carry no meaning
    year = str(article.published.earliest.year) if article.published else ""
    digits = f"{xxhash.xxh3_64_intdigest(article.id.encode(errors='surrogateescape')):016x}"[:6]
    return "-".join(part for part in ("".join(_ascii_words(article.source or _byline(article))[:2]), year, long_word, digits) if part)


def _ascii_words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.findall("[a-z0-9]+", plain.lower())


def _csl(article: Article, passage: Span | None) -> str:
    kind = "article-newspaper" if article.source else "webpage" if article.url else "document"
    byline, date = visible(_byline(article)), [part for part in _date_parts(article.published) if part]
    item: dict[str, Any] = {
        "id": _key(article),
        "type": kind,
        "title": heading_of(article),
        "author": byline and [{"literal": byline}],
        "container-title": visible(article.source),
        "issued": date and {"date-parts": [date]},
        "page": _pages(article, passage),
        "language": article.language,
        "URL": visible(article.url),
        "note": _note(article, passage),
    }
    return json.dumps([{name: value for name, value in item.items() if value}], indent=2)


def _byline(article: Article) -> str:
    return next(iter(article.authors), "")


def _pages(article: Article, passage: Span | None) -> str:
    """Return the pages of the passage, as "3" or "3-4"; "" without a passage or pages."""
    return "" if passage is None else article.pages_of(passage)


def _place_words(article: Article, passage: Span | None) -> str:
    if pages := _pages(article, passage):
        return f"{'pp.' if '-' in pages else 'p.'} {pages}"
    return _characters(article, passage)


def _characters(article: Article, passage: Span | None) -> str:
    """Return the place of a passage in a text without pages."""
    return f"characters {passage.start}-{passage.end} of the text" if passage is not None and not article.pages else ""


def _note(article: Article, passage: Span | None) -> str:
    """Return what has no field of its own; without a URL, this includes the id, by which the article can be found."""
    found = "" if article.url else f"id: {visible(_id(article))}"
    return "; ".join(filter(None, [*_notes(article), _characters(article, passage), found]))


def _notes(article: Article) -> list[str]:
    """Return notes on retraction and correction."""
    reason = visible(article.retracted)
    retracted = [] if not reason else ["Retracted"] if reason.lower() in ("true", "yes", "1") else [f"Retracted: {reason}"]
    return [*retracted, *([f"Corrected version: {visible(article.corrected_by)}"] if article.corrected_by else [])]


_FORMS: Mapping[str, Callable[[Article, Span | None], str]] = {"text": _text, "bibtex": _bibtex, "csl-json": _csl}
FORMS = tuple(_FORMS)

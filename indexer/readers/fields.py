"""Articles from named fields: front matter, JSON records and tables; and the language tags of all sources."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import find_date, forced, parse_published
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.markup import text_of_field, unescaped
from newsdex.indexer.source import Source
from newsdex.records import BYLINES, Article, Span

# Names of the text and of other fields; the first with a value counts.
TEXT = ("text", "body", "content", "article_text", "maintext", "full_text", "article")
# Names of a summary, which is the text of an article without another: a link to a story elsewhere.
SUMMARIES = ("summary", "description", "deck", "excerpt", "abstract", "standfirst")
NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("_id", "id"),
    "title": ("title", "headline"),
    "date": (
        "date", "published", "date_published", "datePublished", "published_at", "publishedAt", "publish_date", "pub_date", "pubDate",
        "publication_date", "date_publish",
    ),
    "source": ("source", "publisher", "publication", "outlet", "source_domain"),
    "url": ("url", "link"),
    "language": ("language", "lang"),
}  # fmt: skip
_METADATA = {"author": BYLINES, "section": ("section",)}  # fields that are metadata under these names
USUAL = {"text": TEXT, **NAMES, **_METADATA}
FIELDS = tuple(USUAL)
_NAMED = frozenset(chain.from_iterable(_METADATA.values()))  # of which character references are decoded
_LONG, _SHOWN = 80, 50  # characters of a column's name, and names, that a message shows
_RENDERED = "rendered"  # the part of an object that has a text or title in exports of WordPress
# How those are spelt, by their lower case, and what else they are called; ids are taken as they are, for they must stay the same.
_SPELT = {
    **{name.lower(): name for field, names in USUAL.items() if field != "id" for name in names},
    **{f"{name.lower()}.name": name for name in (*BYLINES, *NAMES["source"])},
    **{f"{name.lower()}.{_RENDERED}": name for name in (*TEXT, *NAMES["title"])},
    "author_name": "author",
    "creators": "creator",
    # In German, French, Spanish, Italian and Portuguese; "data" is mostly no date
    **dict.fromkeys(("texte", "texto", "testo", "inhalt"), "text"),
    **dict.fromkeys(("titel", "\u00fcberschrift", "titre", "t\u00edtulo", "titulo", "titolo"), "title"),
    **dict.fromkeys(("datum", "fecha"), "date"),
    **dict.fromkeys(("quelle", "fuente", "fonte"), "source"),
    **dict.fromkeys(("sprache", "langue", "idioma", "lingua"), "language"),
}
_LONGEST = 100_000  # characters read of a field
_LONGEST_DATE = 200  # longest date, in characters
_LONGEST_TAG = 35  # longest tag, in characters: RFC 5646, 4.4.1
_CODE = re.compile(r"[a-z]{2}")
_MOST_ITEMS, _LONGEST_ITEM = 1_000, 1_000  # items of a list, and characters of each
_LISTED = 10  # fields that a message lists


def described(
    source: Source,
    text: str,
    body: Span,
    record: Mapping[str, object],
    origin: str,
    columns: Mapping[str, str],
    sha256: str,
    number: int = 0,
) -> Iterator[Article | SourceError]:
    """Yield the article of ``text``, after problems, with the fields in ``record``, a ``named`` one, by ``columns`` or default names;
    ``number`` is its number in the file, 0 if it is the file. Unreadable dates are dropped; other fields, and languages without an ISO
    639-1 code, are metadata.
    """
    ids = _names("id", columns, record)
    record = {name: value for name, value in record.items() if not (name in ids and _has_objects(value))}
    named = {field: _find(record, _names(field, columns, record)) for field in NAMES}
    values = {field: _text(record.get(name)) for field, name in named.items()}
    language = code_of(values["language"])
    taken = {*named.values()} - (set() if language else {named["language"]})
    renamed = {columns[field]: field for field in _METADATA if columns.get(field) in record}
    others = {renamed.get(name, name): record[name] for name in sorted(record, key=renamed.__contains__) if name not in taken}
    date = values["date"]
    published = None
    if date:
        published = parse_published(date, origin) or find_date(date[:_LONGEST_DATE], language, origin, source.day_first or forced)
    if date and published is None:
        either = find_date(date[:_LONGEST_DATE], language, origin, lambda *_: True)
        why = "can be two days (--date-order dmy or mdy says which)" if either else "not understood (expected e.g. 2024-04-26)"
        yield SourceError(f"date {date[:40]!r} {why}; indexed without it", lost=False)
    yield source.article(
        text,
        name=values["id"],
        sha256=sha256,
        title=_decoded(values["title"]),
        source=_decoded(values["source"]),
        url=values["url"],
        published=published,
        record=number,
        body=body,
        metadata={
            without_surrogates(name): _decoded(value) if name in _NAMED else value
            for name, told in others.items()
            if (value := _text(told))
        },
        language=language,
    )


def named(record: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, object]:
    """Return ``record`` with the names of ``columns`` and the usual ones as they are spelt there, and rendered texts as texts."""
    spelt = _SPELT | {name.lower(): name for field, name in columns.items() if field != "id"}
    found: dict[str, object] = {}
    for name, value in record.items():
        usual = spelt.get(name.strip().lower(), name)
        rendered = value.get(_RENDERED) if isinstance(value, dict) and usual in spelt.values() else None
        found[name if usual in record or usual in found else usual] = value if rendered is None else rendered
    return found


def _has_objects(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _decoded(text: str) -> str:
    """Decode character references, also of line ends, in one line of ``text``."""
    return " ".join(unescaped(text).split())


def text_field(record: Mapping[str, object], columns: Mapping[str, str]) -> str | None:
    """Return the name of the text field of a ``named`` record: the first possible name with a value, or, if none of them has one, the
    first summary; None without any.
    """
    possible = [name for name in _names("text", columns, record) if name in record]
    there = [name for name in possible if isinstance(record[name], str)]
    filled = next((name for name in there if record[name]), None)
    if filled is None and possible and all(record[name] in (None, "") for name in possible):
        filled = next((name for name in SUMMARIES if isinstance(record.get(name), str) and record[name]), None)
    return filled or (there[0] if there else None)


def check_columns(source: Source, names: Sequence[str], texts: Sequence[str]) -> None:
    """Raise SourceError unless a table with columns of these ``names``, of which ``texts`` hold text, can hold articles."""
    columns = source.reading.columns
    there = named(dict.fromkeys(names), columns)
    for field, name in columns.items():
        if name not in there and not any(usual in there for usual in USUAL[field]):
            raise SourceError(f"it has no column {name!r}; its columns are: {_in_short(names)}")
    if text_field(named(dict.fromkeys(texts, ""), columns), columns) is None:
        hint = " (the first line of a table names its columns)" if any(len(name) > _LONG for name in names) else ""
        raise SourceError(f'no column is called "text"{hint}; say which it is: --columns text=NAME, with a name of: {_in_short(texts)}')


def _in_short(names: Sequence[str]) -> str:
    """The first of ``names``, each cut."""
    shown = [name if len(name) <= _LONG else f"{name[: _LONG - 3]}..." for name in names[:_SHOWN]]
    return ", ".join(shown + ["..."] * (len(names) > _SHOWN))


def record_of_row(names: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    """Return the fields of a row of a table; of columns with one name, the first with a value counts."""
    record: dict[str, object] = {}
    for name, value in zip(names, values, strict=False):
        if record.get(name) in (None, ""):
            record[name] = value
    return record


def article_of(source: Source, record: Mapping[str, object], number: int, sha256: str) -> Iterator[Article | SourceError]:
    """Yield problems, then the article of ``record``, which has this ``number`` in its file, 0 if it is it. Raises SourceError."""
    columns = source.reading.columns
    fields = named(record, columns)
    name = text_field(fields, columns)
    if name is None:
        wanted = columns.get("text", "text")
        strings = ", ".join([key[:_LONGEST_ITEM] for key, value in record.items() if isinstance(value, str)][:_LISTED])
        hint = f"; say which one has it: --columns text=NAME, with a name of: {strings}" if strings and wanted not in record else ""
        raise SourceError(f'not an article: the field "{wanted}" is missing or is not a string{hint}')
    text = without_surrogates(text_of_field(str(fields.pop(name))))
    yield from described(source, text, Span(0, len(text)), fields, "record", columns, sha256, number)


def _names(field: str, columns: Mapping[str, str], record: Container[str]) -> Sequence[str]:
    """Return the names that ``field`` may have in ``record``: that of ``columns`` if it is there, since another file may use another."""
    return (columns[field],) if field in columns and columns[field] in record else USUAL[field]


def _find(record: Mapping[str, object], names: Sequence[str]) -> str:
    """Return the first of ``names`` with a value in ``record``, else the first name."""
    return next((name for name in names if _text(record.get(name))), names[0])


def _text(value: object) -> str:
    """Return a scalar, or the name of an object, as one line of text, a list of them joined by commas, "" for NaN and anything else."""
    if isinstance(value, dict):
        value = name if isinstance(name := value.get("name"), str) else ""
    if isinstance(value, list):  # YAML aliases can repeat one long item
        return ", ".join(text[:_LONGEST_ITEM] for item in value[:_MOST_ITEMS] if not isinstance(item, list) and (text := _text(item)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):  # as pandas writes a missing value
        return ""
    if isinstance(value, str | int | float):
        return without_surrogates(re.sub(r"\s+", " ", str(value)[:_LONGEST]).strip())
    return ""


@lru_cache(maxsize=1024)
def code_of(told: str) -> str:
    """Return the ISO 639-1 code of a language tag (BCP 47, ISO 639-2 or 639-3); "" if there is none.

    >>> [code_of(tag) for tag in ("en", "de_AT", "zh-Hans", "eng", "ger", "iw", "xx", "English", "")]
    ['en', 'de', 'zh', 'en', 'de', 'he', '', '', '']
    """
    from langcodes import standardize_tag, tag_is_valid

    tag = told.strip()
    try:
        if len(tag) > _LONGEST_TAG or not tag_is_valid(tag):
            return ""
        language = standardize_tag(tag).partition("-")[0]
        code = language if len(language) == 2 else standardize_tag(language, macro=True)  # noqa: PLR2004 - letters of ISO 639-1
    except ValueError:  # includes LanguageTagError
        return ""
    return code if _CODE.fullmatch(code) else ""

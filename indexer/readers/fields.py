"""Articles from named fields: front matter, JSON records and tables; and the language tags of all sources."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import COMMON, find_date, forced, parse_published
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.markup import text_of_field, text_of_summary, unescaped
from newsdex.indexer.source import Source
from newsdex.records import BYLINES, Article, Published, Span

# Names of the text and of other fields; the first with a value counts.
TEXT = (
    "text", "body", "content", "article_text", "maintext", "full_text", "article", "article_body", "body_text", "article_content",
    "raw_text", "news_article", "post_content", "selftext", "html", "markdown", "plaintext",
)  # fmt: skip
# Names of a summary, which is the text of an article without another: a link to a story elsewhere.
SUMMARIES = (
    "summary", "description", "deck", "excerpt", "abstract", "standfirst", "short_description", "lead_paragraph", "snippet", "trail_text",
    "teaser",
)  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("_id", "id"),
    "title": ("title", "headline", "heading", "article_title", "news_title", "news_headline", "headline_text", "post_title", "web_title"),
    "date": (
        "date", "published", "date_published", "datePublished", "published_at", "publishedAt", "publish_date", "pub_date", "pubDate",
        "publication_date", "date_publish", "published_date", "published_time", "publish_time", "time_published", "date_posted",
        "posted_date", "post_date", "web_publication_date", "created_utc", "seendate",
    ),
    "source": ("source", "publisher", "publication", "outlet", "source_name", "source_domain", "newspaper", "site_name", "site"),
    "url": ("url", "link", "web_url", "article_url", "article_link"),
    "language": ("language", "lang"),
}  # fmt: skip
_METADATA = {"author": BYLINES, "section": ("section",)}  # fields that are metadata under these names
# Names of a date only if the value is a day: a time of the day or of reading has them too, and "data" is mostly something else
_TIMES = ("datetime", "time", "data")
_LONGEST_DAY = 40  # characters of such a value
USUAL = {"text": TEXT, **NAMES, **_METADATA}
FIELDS = tuple(USUAL)
_NAMED = frozenset(chain.from_iterable(_METADATA.values()))  # of which character references are decoded
URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+")  # an id that is unique everywhere
_LONG, _SHOWN = 80, 50  # characters of a column's name, and names, that a message shows
# The parts of an object that have a text, title or byline in exports of WordPress and of the New York Times
_SAID = ("rendered", "main", "original")
# The parts of an object that name it: a person, a publisher, a date as MongoDB exports it
_CALLED = ("name", "title", "$date")
_BETWEEN = str.maketrans("", "", " _-.")
# How those are spelt, by their lower case without what is between words, and what else they are called; ids are taken as they are, for
# they must stay the same.
_ALL = tuple(name for names in (*USUAL.values(), SUMMARIES, _TIMES) if names is not NAMES["id"] for name in names)
_KNOWN = frozenset(_ALL)
_SPELT = {
    **{f"{name.translate(_BETWEEN).lower()}name": name for name in (*BYLINES, "source", "publisher", "publication", "outlet")},
    **{f"{name.translate(_BETWEEN).lower()}{said}": name for said in _SAID for name in (*TEXT, *NAMES["title"], "byline")},
    **{name.translate(_BETWEEN).lower(): name for name in reversed(_ALL)},  # the first of several counts
    "creators": "creator",
    "sectionname": "section",
    # In German, French, Spanish, Italian and Portuguese
    **dict.fromkeys(("texte", "texto", "testo"), "text"),
    **dict.fromkeys(("cuerpo", "corpo", "corps"), "body"),
    **dict.fromkeys(("inhalt", "contenido", "conte\u00fado", "conteudo", "contenu", "contenuto"), "content"),
    **dict.fromkeys(("artikel", "noticia", "not\u00edcia"), "article"),
    **dict.fromkeys(("zusammenfassung", "resumen", "resumo", "r\u00e9sum\u00e9", "riassunto"), "summary"),
    **dict.fromkeys(("beschreibung", "descripci\u00f3n", "descripcion", "descri\u00e7\u00e3o", "descricao", "descrizione"), "description"),
    **dict.fromkeys(("titel", "\u00fcberschrift", "titre", "t\u00edtulo", "titulo", "titolo"), "title"),
    **dict.fromkeys(("autor", "auteur", "autore"), "author"),
    **dict.fromkeys(("datum", "fecha"), "date"),
    **dict.fromkeys(("ver\u00f6ffentlicht", "datedepublication", "fechadepublicaci\u00f3n", "fechadepublicacion"), "published"),
    **dict.fromkeys(("quelle", "fuente", "fonte"), "source"),
    **dict.fromkeys(("enlace", "lien"), "url"),
    **dict.fromkeys(("sprache", "langue", "idioma", "lingua"), "language"),
}
# Texts that say that there is none, as Reddit and news APIs write them
_NO_TEXT = frozenset(["", "[removed]", "[deleted]", "only available in paid plans"])
_NUMBER = re.compile(r"(?:Unnamed: \d{1,9}(?:\.\d{1,9})?)?")  # the name of a column of pandas that numbers the rows
_DATUM = re.compile(r"https?://|[\d.,:/ -]+\Z")  # an address, a number or a day, which no column is called
_LEAST_KNOWN = 2  # of title, date and address, by which a record with a summary is an article
_LONGEST = 100_000  # characters read of a field
_LONGEST_DATE = 200  # longest date, in characters
_LONGEST_TAG = 35  # longest tag, in characters: RFC 5646, 4.4.1
_CODE = re.compile(r"[a-z]{2}")
# A region may be wrong, such as "da-DA"
_USUAL_TAG = re.compile(r"([a-z]{2})(?:[-_][a-z]{2})?", re.IGNORECASE)
_MOST_ITEMS, _LONGEST_ITEM = 1_000, 1_000  # items of a list, and characters of each
_QUOTED = r"""(?:'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")"""
_PAIR = rf"{_QUOTED}\s*:\s*(?:{_QUOTED}|[\w.+-]{{1,40}})"
_LITERAL = re.compile(rf"\s*(?:\[\s*(?:{_QUOTED}\s*(?:,\s*{_QUOTED}\s*)*)?\]|\{{\s*(?:{_PAIR}\s*(?:,\s*{_PAIR}\s*)*)?\}})\s*", re.DOTALL)
_LONGEST_LITERAL = 1_000_000  # characters of a cell that is read as a list or an object
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
        published = _date(date, language, origin, source)
    else:
        for name in _TIMES:
            written = _text(record.get(name))
            found = _date(written, language, origin, source) if 0 < len(written) <= _LONGEST_DAY else None
            if found and found.precision not in ("year", "month"):
                published = found
                break
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
            if (value := _text(told)) and not (name in BYLINES and isinstance(told, int))  # the number of an account is no name
        },
        language=language,
    )


def _date(written: str, language: str, origin: str, source: Source) -> Published | None:
    return parse_published(written, origin) or find_date(written[:_LONGEST_DATE], language, origin, source.day_first or forced)


def named(record: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, object]:
    """Return ``record`` with the names of ``columns`` and the usual ones as they are spelt there, and texts that are parts of objects."""
    told = {_spelt(name): name for field, name in columns.items() if field != "id"}
    found: dict[str, object] = {}
    for name, value in record.items():
        spelt = _spelt(name)
        usual = told.get(spelt) or _usual(name, spelt)
        said = None
        if isinstance(value, dict) and (usual in _KNOWN or spelt in told):
            said = next((value[part] for part in _SAID if isinstance(value.get(part), str)), None)
        found[name if usual in record or usual in found else usual] = value if said is None else said
    return found


def _usual(name: str, spelt: str) -> str:
    return name if name in _KNOWN else _SPELT.get(spelt, name)


def without_by(byline: str) -> str:
    """Return a byline without the word before the names, and without punctuation around them."""
    return re.sub(r"^(?:by|von|par|por|di|door)\b:?\s+", "", byline, flags=re.IGNORECASE).strip(" ,;|\u2013\u2014")


def _spelt(name: str) -> str:
    return name.strip().lower() if len(name) > _LONG else name.translate(_BETWEEN).lower()


def _has_objects(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _decoded(text: str) -> str:
    """Decode character references, also of line ends, in one line of ``text``."""
    return " ".join(unescaped(text).split())


def text_field(record: Mapping[str, object], columns: Mapping[str, str]) -> str | None:
    """Return the name of the text field of a ``named`` record: the first possible name with a value, or, if none of them has one, the
    first summary, if a text or enough else is there; None without any.
    """
    possible = [name for name in _names("text", columns, record) if name in record]
    there = [name for name in possible if _is_text(record[name])]
    filled = next((name for name in there if not _is_empty(record[name])), None)
    if filled is None and (all(_is_empty(record[name]) for name in possible) if possible else is_known(record, columns)):
        summaries = [name for name in SUMMARIES if _is_text(record.get(name))]
        filled = next((name for name in summaries if not _is_empty(record[name])), None)
        there += summaries
    return filled or (there[0] if there else None)


def is_known(record: Mapping[str, object], columns: Mapping[str, str]) -> bool:
    """Return whether two of title, date and address are in a ``named`` record: one with a summary is then an article."""
    names = (_names(field, columns, record) for field in ("title", "date", "url"))
    return sum(any(record.get(name) not in (None, "") for name in several) for several in names) >= _LEAST_KNOWN


def _is_text(value: object) -> bool:
    """Return whether ``value`` is a text, or a list of its paragraphs."""
    return isinstance(value, str) or (isinstance(value, list) and bool(value) and all(isinstance(part, str) for part in value))


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and len(value) <= _LONG and value.strip().lower() in _NO_TEXT)


def with_parts(record: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, object]:
    """Return a ``named`` record: if it has no text, and one object in it has, with the fields of that too, as in dumps of databases."""
    fields = named(record, columns)
    if text_field(fields, columns) in (None, *SUMMARIES):
        parts = {name: named(part, columns) for name, part in record.items() if isinstance(part, dict)}
        texts = [name for name, part in parts.items() if text_field(part, columns) not in (None, *SUMMARIES)]
        if len(texts) == 1:
            outer = {name: value for name, value in record.items() if name != texts[0]}
            return named(outer, columns) | parts[texts[0]]
    return fields


def by_summary(record: Mapping[str, object], columns: Mapping[str, str]) -> Iterator[SourceError]:
    """Yield a remark if the text of ``record`` is its summary because it has no other: its names are those of a file."""
    fields = with_parts(record, columns)
    if (name := text_field(fields, columns)) in SUMMARIES and name != columns.get("text") and not any(text in fields for text in TEXT):
        yield SourceError(f'no field is called "text": the field {name!r} is read (--columns text=NAME names another)', lost=False)


def check_columns(source: Source, names: Sequence[str], texts: Sequence[str]) -> Iterator[SourceError]:
    """Raise SourceError unless a table with columns of these ``names``, of which ``texts`` hold text, can hold articles; yield a remark if
    their text is a summary.
    """
    columns = source.reading.columns
    there = named(dict.fromkeys(names), columns)
    for field, name in columns.items():
        if name not in there and not any(usual in there for usual in USUAL[field]):
            raise SourceError(f"it has no column {name!r}; its columns are: {_in_short(names)}")
    row: dict[str, object] = {**dict.fromkeys(names, 0), **dict.fromkeys(texts, "a value")}
    if text_field(named(row, columns), columns) is None:
        hint = ""
        if any(len(name) > _LONG or _DATUM.match(name) for name in names):
            hint = " (the first line of a table names its columns; if it is a row, put a line of names above it)"
        raise SourceError(f'no column is called "text"{hint}; say which it is: --columns text=NAME, with a name of: {_in_short(texts)}')
    yield from by_summary(row, columns)


def _in_short(names: Sequence[str]) -> str:
    """The first of ``names``, each cut."""
    shown = [name if len(name) <= _LONG else f"{name[: _LONG - 3]}..." for name in names[:_SHOWN] if name]
    return ", ".join(shown + ["..."] * (len(names) > _SHOWN))


def record_of_row(names: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    """Return the fields of a row of a table; of columns with one name, the first with a value counts."""
    record: dict[str, object] = {}
    for name, value in zip(names, values, strict=False):
        if record.get(name) in (None, "") and not _NUMBER.fullmatch(name):
            record[name] = _cell(value) if isinstance(value, str) else value
    return record


def _cell(value: str) -> object:
    r"""Return ``value``, or the list of strings or the named object that it writes in Python or JSON, as pandas saves paragraphs, authors,
    tags and sources.

    >>> _cell("['It is so.', \"It's not.\"]"), _cell('["a", "b"]'), _cell("[]"), _cell("[sic]")
    (['It is so.', "It's not."], ['a', 'b'], '', '[sic]')
    >>> _cell("{'id': None, 'name': 'The Bay Times'}"), _cell("{'id': 1}")
    ({'id': None, 'name': 'The Bay Times'}, "{'id': 1}")
    """
    if len(value) > _LONGEST_LITERAL or not _LITERAL.fullmatch(value):
        return value
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError):
            found = read(value.strip())
            if isinstance(found, list):
                found = [text for text in found if text.strip()]
            elif found and found.keys().isdisjoint((*_SAID, *_CALLED)):
                return value
            return found or ""
    return value


def article_of(source: Source, record: Mapping[str, object], number: int, sha256: str) -> Iterator[Article | SourceError]:
    """Yield problems, then the article of ``record``, which has this ``number`` in its file, 0 if it is it. Raises SourceError."""
    columns = source.reading.columns
    fields = with_parts(record, columns)
    name = text_field(fields, columns)
    if name is None:
        wanted = columns.get("text", "text")
        hint = "" if wanted in record else hint_of(record)
        raise SourceError(f'not an article: the field "{wanted}" is missing or is not a string{hint}')
    value = fields.pop(name)
    if _usual(name, _spelt(name)) in NAMES["title"]:  # headlines alone
        fields.setdefault("title", value)
    written = "\n\n".join(value) if isinstance(value, list) else str(value)
    read = text_of_summary if name in SUMMARIES and columns.get("text") != name else text_of_field
    text = "" if _is_empty(value) else without_surrogates(read(written))
    yield from described(source, text, Span(0, len(text)), fields, "record", columns, sha256, number)


def hint_of(record: Mapping[str, object]) -> str:
    """Return what to run if the text of ``record`` has another name; "" if none has one."""
    strings = [key[:_LONGEST_ITEM] for key, value in record.items() if _is_text(value)][:_LISTED]
    return f"; say which one has it: --columns text=NAME, with a name of: {', '.join(strings)}" if strings else ""


def is_titled(record: Mapping[str, object], columns: Mapping[str, str]) -> bool:
    fields = with_parts(record, columns)
    return any(_text(fields.get(name)) for name in _names("title", columns, fields))


def _names(field: str, columns: Mapping[str, str], record: Container[str]) -> Sequence[str]:
    """Return the names that ``field`` may have in ``record``: that of ``columns`` if it is there, since another file may use another."""
    return (columns[field],) if field in columns and columns[field] in record else USUAL[field]


def _find(record: Mapping[str, object], names: Sequence[str]) -> str:
    """Return the first of ``names`` with a value in ``record``, else the first name."""
    return next((name for name in names if _text(record.get(name))), names[0])


def _text(value: object) -> str:
    """Return a scalar, or the name of an object, as one line of text, a list of them joined by commas, "" for NaN and anything else."""
    if isinstance(value, dict):
        value = next((value[name] for name in _CALLED if isinstance(value.get(name), str)), "")
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

    >>> [code_of(tag) for tag in ("en", "de_AT", "da-DA", "zh-Hans", "eng", "ger", "iw", "xx", "English", "")]
    ['en', 'de', 'da', 'zh', 'en', 'de', 'he', '', '', '']
    """
    tag = told.strip()
    usual = _USUAL_TAG.fullmatch(tag)
    if not tag or (usual and usual[1].lower() in COMMON):
        return tag[:2].lower()
    from langcodes import standardize_tag, tag_is_valid  # takes 17 ms to load

    try:
        if len(tag) > _LONGEST_TAG or not tag_is_valid(tag):
            return ""
        language = standardize_tag(tag).partition("-")[0]
        code = language if len(language) == 2 else standardize_tag(language, macro=True)  # noqa: PLR2004 - letters of ISO 639-1
    except ValueError:  # includes LanguageTagError
        return ""
    return code if _CODE.fullmatch(code) else ""

"""Exports of news databases, with many articles in a text: Nexis and Factiva. Each article has its story alone as its text, in the lines
of the export; of one from Factiva with field codes, the lead (LP) and what follows (TD). Offsets count in the story.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from newsdex.errors import SourceError
from newsdex.indexer.readers.dates import dates_in, find_date
from newsdex.indexer.readers.fields import without_by
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

_ORIGIN = "database export"
# The first line of an article of Nexis, and its last
_BEGIN = re.compile(r"document \d{1,6} of \d{1,6}|\d{1,6} of \d{1,6} documents?", re.IGNORECASE)
_END = "end of document"
_FIELD = re.compile(r"([A-Z][A-Z-]{2,20})[ \xa0]{0,9}:(.*)", re.IGNORECASE)
_ABOVE = frozenset(["byline", "section", "length", "dateline", "highlight", "headline", "series", "type", "source"])
_BELOW = frozenset(["load-date", "language", "publication-type", "journal-code", "graphic", "classification"])
# As these are also words of a story, they count only in capitals
_BELOW_IN_CAPITALS = frozenset([
    "SUBJECT", "ACC-NO", "CORRECTION", "CORRECTION-DATE", "COMPANY", "ORGANIZATION", "TICKER", "INDUSTRY", "PERSON", "CITY", "STATE",
    "COUNTRY", "GEOGRAPHIC", "NOTES", "DISTRIBUTION", "TYPE",
])  # fmt: skip
_RIGHTS = re.compile(r"(?:copyright|\(c\)|\u00a9).{0,40}\b(?:19|20)\d\d\b.*|.{0,200}\ball rights reserved\b.{0,9}", re.IGNORECASE)
_EDITION = re.compile(r".{0,60}\bedition\b.{0,20}", re.IGNORECASE)
_LONGEST_DAY = 80  # characters of the line with the day of publication, and of what may be before the day in it
_WEEKDAY = 12
# The last line of an article of Factiva
_ACCESSION = re.compile(r"(?:AN[ \t|]{1,9})?(?:Document|Dokument|Documento)[ \xa0](?P<id>[A-Za-z0-9]{20,32})[ \t|]{0,9}")
_CODE = re.compile(
    r"(SE|HD|CR|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|BY|CLM|RF|CX|ART|CT|CO|IN|NS|RE|IPD|IPC|PUB|AN)(?:([ \t\xa0|]{1,9})(.*)|\Z)", re.DOTALL
)
_STORY = ("LP", "TD")
_AFTER_STORY = frozenset(["CLM", "RF", "CX", "ART", "CT", "CO", "IN", "NS", "RE", "IPD", "IPC", "PUB", "AN"])
# Those that begin no sentence in capitals
_NO_WORDS = frozenset(["NS", "IPD", "IPC", "PUB"])
_WORD_COUNT = re.compile(
    r"(?:(?:length:|WC)[ \xa0]?)?\d[\d.,]{0,9}[ \xa0](?:words?|woorden|mots|W\u00f6rter|palabras|palavras|parole)", re.IGNORECASE
)
_TIME = re.compile(r"\d{1,2}:\d\d(?:[ \xa0][AP]M)?(?: [A-Z]{3})?", re.IGNORECASE)
_HEAD = 12  # lines between the number of words and the story


@dataclass(frozen=True, slots=True)
class _Story:
    text: str
    title: str
    source: str
    day: str
    author: str = ""
    language: str = ""
    section: str = ""
    own: str = ""


def articles(source: Source, text: str) -> list[Article | SourceError]:
    """Return the articles in ``text``, and a problem for each that has no story; nothing if it is no such export."""
    lines = text.splitlines(keepends=True)
    stories = _factiva(lines) or _nexis(lines)
    if not any(stories):
        return []
    return [_article(source, story, number) for number, story in enumerate(stories, 1)]


def _article(source: Source, story: _Story | None, number: int) -> Article | SourceError:
    if story is None:
        return SourceError(f"article {number}: no story found, or cut off")
    return source.article(
        story.text,
        name=f"{source.name}#{story.own}" if story.own else "",
        sha256=hashlib.sha256(story.text.encode("utf-8", "surrogatepass")).hexdigest(),
        title=story.title,
        source=story.source,
        published=_day(story.day) or find_date(story.day, "", _ORIGIN),
        record=number,
        metadata={"author": without_by(story.author), "section": story.section},
        language=_language(story.language),
    )


# Nexis


def _nexis(lines: Sequence[str]) -> list[_Story | None]:
    """Return the story of each article; None for one without; of what is before the first and behind the last nothing."""
    bare = [" ".join(line.split()) for line in lines]
    borders = [at for at, line in enumerate(bare) if line.lower() == _END or _BEGIN.fullmatch(line)]
    if not borders:
        return []
    begins = [0, *(at + 1 for at in borders)]
    ends = [*borders, len(lines)]
    found = [_nexis_story(lines, bare, begin, end) for begin, end in zip(begins, ends, strict=True)]
    known = [place for place, story in enumerate(found) if story]
    last = len(found) - 1 if _begins_article(bare[begins[-1] :]) else known[-1] if known else 0
    between = range(known[0], last + 1) if known else range(0)
    return [found[place] for place in between if found[place] or any(bare[begins[place] : ends[place]])]


def _nexis_story(lines: Sequence[str], bare: Sequence[str], begin: int, end: int) -> _Story | None:
    fields: dict[str, list[str]] = {}
    top, at, name = -1, begin, ""
    while at < end:  # the fields above the story, each of which goes on up to a blank line
        line = bare[at]
        field = _FIELD.fullmatch(line)
        if line.lower() in ("body", "body:"):
            at += 1
            break
        if field and field[1].lower() in _ABOVE:
            name, top = field[1].lower(), at if top < 0 else top
            fields.setdefault(name, []).append(field[2].strip())
        elif not line or _RIGHTS.fullmatch(line):
            name = ""
        elif name:
            fields[name].append(line)
        elif top >= 0 and "length" in fields:
            break
        at += 1
    else:
        return None
    told = {name: " ".join(parts) for name, parts in fields.items()}
    below = next((place for place in range(at, end) if _is_below(bare[place])), end)
    text = "".join(lines[at:below]).strip()
    head = bare[begin : at if top < 0 else top]
    day = next((place for place, line in enumerate(head) if _day(line)), 0)
    above = [line for line in head[:day] if line and not _EDITION.fullmatch(line) and not _RIGHTS.fullmatch(line)]
    if not text or not above:
        return None
    # The title is below the day, or else above the source
    below_day = (list(lines) for filled, lines in groupby(head[day + 1 :], bool) if filled)
    titles = (" ".join(part) for part in below_day if not any(_EDITION.fullmatch(line) or _RIGHTS.fullmatch(line) for line in part))
    title = next(titles, "") or told.get("headline", "") or (above[-2] if len(above) > 1 else "")
    language = next((bare[place].partition(":")[2] for place in range(below, end) if bare[place].lower().startswith("language:")), "")
    section = told.get("section", "").partition(";")[0]
    return _Story(text, title, above[-1], head[day], told.get("byline", ""), language, section)


def _is_below(line: str) -> bool:
    """Return whether what follows is not the story: a field or a heading, or whose rights it is."""
    field = _FIELD.fullmatch(line)
    if field:
        return field[1].lower() in _BELOW or field[1] in _BELOW_IN_CAPITALS
    return line.lower() in ("graphic", "classification") or _RIGHTS.fullmatch(line) is not None


def _day(line: str) -> Published | None:
    """Return the day with which a short line begins, perhaps behind that of the week."""
    if len(line) > _LONGEST_DAY:
        return None
    start, _, found = next(iter(dates_in(line, "", _ORIGIN)), (0, 0, None))
    return found if found and start <= _WEEKDAY else None


# Factiva


def _factiva(lines: Sequence[str]) -> list[_Story | None]:
    stories: list[_Story | None] = []
    begin = 0
    for end, line in enumerate(lines):
        if found := _ACCESSION.fullmatch(line.strip()):
            stories.append(_coded(lines[begin:end], found["id"]) or _uncoded(lines[begin:end], found["id"]))
            begin = end + 1
    if stories and _begins_article([" ".join(line.split()) for line in lines[begin:]]):
        stories.append(None)
    return stories


def _begins_article(bare: Sequence[str]) -> bool:
    """Return whether the rest of an export is an article that is cut off: it has a number of words."""
    return any(map(_WORD_COUNT.fullmatch, bare))


def _coded(lines: Sequence[str], own: str) -> _Story | None:
    """Return an article whose fields have codes, alone on a line or before a value."""
    told: dict[str, list[str]] = {}
    code, blank = "", True
    for line in lines:
        found = _CODE.match(line.strip())
        if found and _begins(found, code, told, blank):
            code = found[1]
            told[code] = [(found[3] or "").rstrip("| ") + line[len(line.rstrip("\r\n")) :]]
        elif code:
            told[code].append(line)
        blank = not line.strip()
    said = {code: "".join(value).strip() for code, value in told.items()}
    text = "\n\n".join(filter(None, map(said.get, _STORY)))
    if not text or "HD" not in said:
        return None
    flat = {code: " ".join(value.split()) for code, value in said.items()}
    title, outlet, day, author, language, section = (flat.get(name, "") for name in ("HD", "SN", "PD", "BY", "LA", "SE"))
    return _Story(text, title, outlet, day, author, language, section, own)


def _begins(found: re.Match[str], code: str, told: dict[str, list[str]], blank: bool) -> bool:
    """Return whether a field begins there: in the story, only one that may follow, and that is not a word in capitals."""
    name, between, value = found.groups()
    if name in told:
        return False
    if code not in _STORY:
        return True
    if code == "LP" and name == "TD":
        return True
    return name in _AFTER_STORY and (not value or len(between) > 1 or "\t" in between or " : " in value or (blank and name in _NO_WORDS))


def _uncoded(lines: Sequence[str], own: str) -> _Story | None:
    """Return an article whose head is known by the line with the number of words: above it are the title and the byline."""
    bare = [" ".join(line.split()) for line in lines]
    words = next((at for at, line in enumerate(bare) if _WORD_COUNT.fullmatch(line)), -1)
    above = [line for line in bare[: max(words, 0)] if line]
    if not above:
        return None
    below = [at for at in range(words + 1, len(bare)) if bare[at]][:_HEAD]
    day = next((at for at in below if _day(bare[at])), -1)
    last = next((at for at in below if _RIGHTS.match(bare[at])), -1)
    last = max(last, next((at for at in below if _language(bare[at])), -1))
    outlet = next((bare[at] for at in below if at > day and not _TIME.fullmatch(bare[at])), "")
    text = "".join(lines[last + 1 :]).strip()
    if day < 0 or last < day or not text:
        return None
    title = max((line for line in above if without_by(line) == line), key=len, default=above[0])
    author = " ".join(above[above.index(title) + 1 :])
    language = next((bare[at] for at in below if _language(bare[at])), "")
    section = above[0] if above[0] != title else ""
    return _Story(text, title, outlet, bare[day], author, language, section, own)


def _language(name: str) -> str:
    """Return the ISO 639-1 code of a language by its English name, of which several may be told; "" if it is none."""
    first = name.partition(";")[0].partition("(")[0].strip().lower()
    return _languages().get(first, "")


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    from babel import Locale

    return {name.lower(): code for code, name in Locale("en").languages.items() if len(code) == 2}  # noqa: PLR2004 - letters of ISO 639-1

"""The records of newsdex: plain, frozen, comparable values.

All offsets count Python characters (Unicode code points) of ``Article.text``, half open: ``article.text[passage.start:passage.end] ==
passage.text``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, overload

Precision = Literal["year", "month", "day", "time"]

# The metadata field with the name of an article's member of an archive.
MEMBER = "archive_member"
# The name, in place of a file's, in the path of articles that a program added. No source file has it: it lacks a suffix.
ADDED = "(added)"
# The metadata field with the day since which an article's page is gone, as written by newsdex fetch.
VANISHED = "vanished"
# The metadata fields that name authors: sources use different ones.
BYLINES = ("author", "authors", "byline", "creator")
# What stands for each character of a text that is not read (newsdex.words.unlinked): white space that texts do not have, so that it can be
# taken out again.
UNREAD = "\x1f"
_OF_LINES = (".jsonl", ".ndjson", ".csv", ".tsv")  # suffixes of files with an article per line

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.+)?)?)?")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters, ``start <= end``."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Published:
    """When an article was published, as precisely as it is known.

    ``iso`` is ISO 8601, as far as known: ``2024``, ``2024-04``, ``2024-04-26`` or ``2024-04-26T12:30:00+08:00``. ``origin`` says where the
    date was found, such as ``front matter``.
    """

    iso: str
    origin: str

    def __str__(self) -> str:
        return self.iso

    @property
    def precision(self) -> Precision:
        """The smallest known unit."""
        by_length: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}
        return by_length.get(len(self.iso), "time")

    @property
    def earliest(self) -> date:
        """The first day that ``iso`` can mean, in its own time zone."""
        year, month, day = self._parts()
        return date(year, month or 1, day or 1)

    @property
    def latest(self) -> date:
        """The last day that ``iso`` can mean."""
        year, month, day = self._parts()
        last_month = month or 12
        if not day:
            # Loaded here because it takes half a millisecond and most dates have a day.
            from calendar import monthrange

            _, day = monthrange(year, last_month)
        return date(year, last_month, day)

    def is_possible(self) -> bool:
        """Return whether ``iso`` is an existing date."""
        try:
            return self.earliest <= self.latest
        except ValueError:
            return False

    def _parts(self) -> tuple[int, int | None, int | None]:
        found = _ISO.fullmatch(self.iso)
        if found is None:
            raise ValueError(f"not a publication date: {self.iso!r} (expected YYYY, YYYY-MM, YYYY-MM-DD or a date and time)")
        year, month, day = found.groups()
        return int(year), int(month) if month else None, int(day) if day else None


# How the title of a correction begins, in the languages of newsdex.search.check.
_CORRECTIONS = (
    *("berichtigung", "corrección", "correcção", "correction", "correctif", "correção", "correzione"),
    *("errata", "fe de errat", "korrektur", "rectifica", "rettifica"),
)


@dataclass(frozen=True, slots=True)
class Article:
    """An article as a reader found it.

    ``text`` is the decoded source with its line ends; ``body`` is the part that is chunked into passages (without front matter, for
    example). ``path`` is absolute; its name is ADDED if a program added the article. ``record`` is the line or record, from 1, in a file
    with many articles, else 0; ``sha256`` is the digest of its bytes. ``metadata``: other fields of the source. ``language``: an ISO 639-1
    code, "" if unknown. ``pages``: the offset of each page in ``text``, ascending, for a source with pages.
    """

    id: str
    text: str = field(repr=False)
    path: Path
    sha256: str
    title: str = ""
    source: str = ""
    url: str = ""
    published: Published | None = None
    record: int = 0
    body: Span = Span(0, 0)
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    language: str = ""
    pages: tuple[int, ...] = ()

    @property
    def main(self) -> Span:
        """The part of the text that is the article itself: ``body``, or the whole text if ``body`` is unknown."""
        return self.body if len(self.body) else Span(0, len(self.text))

    def page_of(self, offset: int) -> int | None:
        """Return the page, from 1, with the character at ``offset``; None without pages."""
        return bisect_right(self.pages, offset) or None

    def pages_of(self, span: Span) -> str:
        """Return the pages of a part of the text, as "3" or "3-4"; "" without pages."""
        first, last = self.page_of(span.start), self.page_of(span.end - 1)
        return "" if first is None else str(first) if first == last else f"{first}-{last}"

    @property
    def member(self) -> str:
        """The name of the article's file within the archive (.zip) at ``path``; "" if ``path`` is the file itself."""
        return self.metadata.get(MEMBER, "")

    @property
    def is_added(self) -> bool:
        """Whether a program added it, so that it has no file."""
        return self.path.name == ADDED

    @property
    def name(self) -> str:
        """A name to show if there is no title: the name of its file, or its id if it has no file."""
        return self.id if self.is_added else self.path.name

    @property
    def part(self) -> str:
        """The ``record`` in words: "line 3" for a file of lines, else "record 3"; "" if the file is one article."""
        name = (self.member or self.path.name).lower().removesuffix(".gz")
        return f"{'line' if name.endswith(_OF_LINES) else 'record'} {self.record}" if self.record else ""

    @property
    def retracted(self) -> str:
        """Why the article was withdrawn, in its source's words, or "true"; "" if it was not. From the field ``retracted``."""
        told = self.metadata.get("retracted", "")
        return told if is_retraction(told) else ""

    @property
    def vanished(self) -> str:
        """The day, YYYY-MM-DD, since which the article's URL is dead; "" if unknown. From the field ``vanished``."""
        told = self.metadata.get(VANISHED, "")
        return told if _DAY.fullmatch(told) else ""

    @property
    def authors(self) -> list[str]:
        """The values of the author fields (BYLINES) that are not empty."""
        return [self.metadata[name] for name in BYLINES if self.metadata.get(name)]

    @property
    def corrected_by(self) -> str:
        """The id or url of the corrected version of this article, or "". From the field ``corrected_by``."""
        return self.metadata.get("corrected_by", "")

    @property
    def corrects(self) -> str:
        """The id or url of the article that this one corrects, or "". From the field ``corrects``."""
        return self.metadata.get("corrects", "")

    @property
    def is_correction(self) -> bool:
        """Whether its title begins like that of a correction."""
        return self.title.casefold().startswith(_CORRECTIONS)


def has_markup(text: str) -> bool:
    """Return whether ``text`` may have links or images in Markdown, tags, templates, marks of quotes or character references."""
    if "](" in text or "]:" in text or "<" in text or ">" in text or "{{" in text or "{%" in text:
        return True
    return "&" in text and any((end := part.find(";", 1, 33)) > 0 and " " not in part[:end] for part in text.split("&")[1:])


def flag_of(article: Article | Copy, copies: Sequence[Copy] = ()) -> str:
    """Return "RETRACTED", "CORRECTED" (has a corrected version), "COPY RETRACTED" (one of ``copies`` was withdrawn), or ""."""
    if article.retracted:
        return "RETRACTED"
    if retracted_copy(article.retracted, copies):
        return "COPY RETRACTED"
    return "CORRECTED" if article.corrected_by else ""


def flagged(title: str, article: Article | Copy, copies: Sequence[Copy] = ()) -> str:
    """Return ``title`` with its article's flag, if any, in brackets before it, for lists that show only titles."""
    return f"[{flag}] {title}" if (flag := flag_of(article, copies)) else title


def retracted_copy(retracted: str, copies: Sequence[Copy]) -> Copy | None:
    """Return the first retracted one of an article's ``copies``, if the article itself was not ``retracted``."""
    return None if retracted else next((copy for copy in copies if is_retraction(copy.retracted)), None)


def is_retraction(told: str) -> bool:
    """Return whether a value of the field ``retracted`` means that an article was withdrawn."""
    return told.lower() not in ("", "false", "no", "0")


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of an article's text: ``article.text[start:end] == text``. ``index`` counts its passages from 0."""

    article_id: str
    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that answers a question.

    ``score``: the probability, in [0, 1], that it answers. ``answer``: the best sentence; ``words``: the question's words in the passage;
    both as offsets in the article's text. ``context``: the passage with the requested neighbours.
    """

    passage: Passage
    score: float
    answer: Span
    words: tuple[Span, ...] = ()
    context: Span = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Copy:
    """A near copy of a hit's article. ``similarity``, in [0, 1], is the fraction of the smaller text that both share."""

    article_id: str
    title: str
    source: str
    url: str
    published: Published | None
    similarity: float
    retracted: str = ""
    corrected_by: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One reason for a hit's score: its ``points``. The points of all parts add up to the points of the score."""

    name: str
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that answers a question, with its matching passages.

    ``rank`` counts from 1. ``score`` is the score of the best passage: the probability, in [0, 1], that it answers the question.
    ``matches``: at least one passage, best first. ``also_in``: copies folded into this hit. ``parts``: an explanation of its rank, if
    requested. ``answers``: whether the score is high enough to count as an answer.
    """

    rank: int
    score: float
    article: Article
    matches: tuple[Match, ...]
    also_in: tuple[Copy, ...] = ()
    parts: tuple[Part, ...] = ()
    answers: bool = True

    @property
    def passage(self) -> Passage:
        """The best passage."""
        return self.matches[0].passage

    @property
    def answer(self) -> Span:
        """The best sentence of the best passage, as offsets in the article's text."""
        return self.matches[0].answer

    @property
    def answer_text(self) -> str:
        """The text of that sentence."""
        return self.article.text[self.answer.start : self.answer.end]


@dataclass(frozen=True, slots=True)
class Period:
    """A range of publication days, both included; None where open. ``words``: the words of the question that name it, if any."""

    since: date | None = None
    until: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Results(Sequence[Hit]):
    """The results of a question: a sequence of hits, best first.

    ``answerable``: whether a hit is good enough to count as an answer; if not, the hits are the nearest misses. ``period``: the dates in
    the question. ``remarks``: how else the question was read. ``total``: how many of the considered articles seem to answer, copies
    included. ``more``: how many that answer follow this page. ``generation``: the generation of the index that answered. ``commit``:
    a text that changes with every change of the articles. ``small_talk``: whether the text is not a question, such as "thanks!", and no
    article answers it. ``scored``: whether the scores are estimated probabilities; false for a list of the articles that match filters or
    dates, each with a score of 1.
    """

    question: str
    hits: tuple[Hit, ...]
    answerable: bool
    period: Period | None = None
    total: int = 0
    generation: str = ""
    remarks: tuple[str, ...] = ()
    more: int = 0
    small_talk: bool = False
    scored: bool = True
    # Two commits can give equal results.
    commit: str = field(default="", compare=False)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]

    def __len__(self) -> int:
        return len(self.hits)

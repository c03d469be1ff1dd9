"""The records that travel through newsdex: plain, frozen, comparable values.

All character offsets count Python characters (Unicode code points) of ``Article.text``, half open:
``article.text[passage.start:passage.end] == passage.text``.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, overload

Precision = Literal["year", "month", "day", "time"]

# The field of an article's metadata that names its member of an archive.
MEMBER = "archive_member"
# The field that says since when an article's page is gone, as newsdex fetch writes it.
VANISHED = "vanished"
_OF_LINES = (".jsonl", ".ndjson", ".csv", ".tsv")  # suffixes of files that hold an article a line

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
    """When an article was published, no more exactly than is known.

    ``iso`` is ISO 8601 cut to what is known: ``2024``, ``2024-04``, ``2024-04-26`` or
    ``2024-04-26T12:30:00+08:00``. ``origin`` says where it was found, such as ``front matter``.
    """

    iso: str
    origin: str

    def __str__(self) -> str:
        return self.iso

    @property
    def precision(self) -> Precision:
        """The smallest unit that is known."""
        by_length: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}
        return by_length.get(len(self.iso), "time")

    @property
    def earliest(self) -> date:
        """The first day that ``iso`` can mean (its own calendar day, whatever the time zone)."""
        year, month, day = self._parts()
        return date(year, month or 1, day or 1)

    @property
    def latest(self) -> date:
        """The last day that ``iso`` can mean."""
        year, month, day = self._parts()
        last_month = month or 12
        return date(year, last_month, day or calendar.monthrange(year, last_month)[1])

    def is_possible(self) -> bool:
        """Whether ``iso`` is a date that there is."""
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


@dataclass(frozen=True, slots=True)
class Article:
    """One article as a reader found it.

    ``text`` is the decoded source as it stands, line ends and all; ``body`` is the part of it that is cut into passages (the
    rest is, for example, front matter). ``path`` is absolute. ``record`` is the line or record, counted from 1, of a file that holds many
    articles, or 0 where the file is the article; ``sha256`` is that of the bytes of this line or file. ``metadata`` is what else the
    source said of the article. ``language`` is an ISO 639-1 code, or empty where it is not known. ``pages`` says where each page begins
    in ``text``, ascending, for a source that has pages.
    """

    id: str
    text: str
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

    def page_of(self, offset: int) -> int | None:
        """The page, counted from 1, that holds the character at ``offset``; None where the source has no pages."""
        return bisect_right(self.pages, offset) or None

    @property
    def member(self) -> str:
        """The name, within the archive at ``path``, of the file that the article comes from; empty where ``path`` is that file."""
        return self.metadata.get(MEMBER, "")

    @property
    def part(self) -> str:
        """What ``record`` counts, in words: "line 3" of a file of lines, "record 3" of a feed, a crawl or a mailbox; empty where the file
        is the article.
        """
        name = (self.member or self.path.name).lower().removesuffix(".gz")
        return f"{'line' if name.endswith(_OF_LINES) else 'record'} {self.record}" if self.record else ""

    @property
    def retracted(self) -> str:
        """Why the article was withdrawn, in its source's words, or "true"; empty when it was not. From the field ``retracted``."""
        told = self.metadata.get("retracted", "")
        return told if is_retraction(told) else ""

    @property
    def vanished(self) -> str:
        """Since which day, YYYY-MM-DD, the article is no longer at its address; empty where that is not known. From the field
        ``vanished``.
        """
        told = self.metadata.get(VANISHED, "")
        return told if _DAY.fullmatch(told) else ""

    @property
    def corrected_by(self) -> str:
        """The id or url of the corrected version of this article, or empty. From the field ``corrected_by``."""
        return self.metadata.get("corrected_by", "")

    @property
    def corrects(self) -> str:
        """The id or url of the article that this one is the corrected version of, or empty. From the field ``corrects``."""
        return self.metadata.get("corrects", "")


def is_retraction(told: str) -> bool:
    """Whether the field ``retracted`` says that an article was withdrawn."""
    return told.lower() not in ("", "false", "no", "0")


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of an article's text: ``article.text[start:end] == text``. ``index`` counts an article's passages from 0."""

    article_id: str
    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A passage that answers a question, and what of it does.

    ``score`` is the probability, in [0, 1], that it answers. ``answer`` is the sentence that answers best and ``words`` are the words
    that the question has too, all in the offsets of the article's text. ``context`` is the passage with the neighbours that were asked for.
    """

    passage: Passage
    score: float
    answer: Span
    words: tuple[Span, ...] = ()
    context: Span = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that says almost the same as the hit it is listed with. ``similarity`` is in [0, 1]: the share of the smaller text that
    both have.
    """

    article_id: str
    title: str
    source: str
    url: str
    published: Published | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Part:
    """One reason for a hit's place: ``points`` that add up, over all parts, to the points its score is made of."""

    name: str
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that answers a question, with the passages of it that do.

    ``rank`` counts from 1. ``score`` is that of the best passage: the probability, in [0, 1], that it answers the question. ``matches`` are
    the passages, best first, at least one. ``also_in`` lists copies of the article that are folded into this hit. ``parts`` explain its
    place, where that was asked for. ``answers`` says whether the score is good enough to be called an answer.
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
        """The sentence of the best passage that answers best, in the article's offsets."""
        return self.matches[0].answer

    @property
    def answer_text(self) -> str:
        """That sentence."""
        return self.article.text[self.answer.start : self.answer.end]


@dataclass(frozen=True, slots=True)
class Period:
    """A range of publication days, both included; None where it is open. ``words`` is what of the question says so, if it does."""

    since: date | None = None
    until: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Results(Sequence[Hit]):
    """What a question found: a sequence of hits, best first.

    ``answerable`` says whether anything is good enough to call an answer; where not, the hits are the nearest misses. ``period`` is what
    the question itself says of the date, and ``remarks`` what else there is to say about how it was understood. ``total`` is how many
    articles seem to answer, of those that were looked at, copies counted, and ``more`` how many such hits are known to follow these.
    ``generation`` names the generation of the index that answered.
    """

    question: str
    hits: tuple[Hit, ...]
    answerable: bool
    period: Period | None = None
    total: int = 0
    generation: str = ""
    remarks: tuple[str, ...] = ()
    more: int = 0

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]

    def __len__(self) -> int:
        return len(self.hits)


@dataclass(frozen=True, slots=True)
class Report:
    """An article of a thread. ``score`` is the probability, in [0, 1], that it goes with another report, 1 for the article that was asked
    about. ``adds`` is the sentence least like what came before, in the article's offsets; None where all of it did. ``also_in`` lists
    copies of the article.
    """

    article: Article
    score: float
    adds: Span | None
    also_in: tuple[Copy, ...] = ()

    @property
    def adds_text(self) -> str:
        """That sentence, or nothing."""
        return self.article.text[self.adds.start : self.adds.end] if self.adds else ""


@dataclass(frozen=True, slots=True)
class Thread:
    """The reports of one event and its sequel in order of time, those without a date last; ``article_id`` names the one that was asked
    about, which is among them.
    """

    article_id: str
    reports: tuple[Report, ...]

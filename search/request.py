"""What someone asks of an index, checked."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args

from newsdex.errors import UsageError
from newsdex.records import Period
from newsdex.search.ranking.fusion import Mode

if TYPE_CHECKING:
    from newsdex.search.question.filters import Filter

Sort = Literal["relevance", "date"]

MAX_LIMIT = 10_000
MAX_PER_ARTICLE = 100
MAX_CONTEXT = 100
MAX_QUESTION = 100_000  # characters


@dataclass(frozen=True, slots=True)
class Request:
    """A question and how it is to be answered; ``period``, ``as_of`` and ``recency``, in days, are what its arguments mean. ``history`` has
    what was asked before, the oldest first.

    Raises UsageError when one of them is impossible.
    """

    question: str
    limit: int = 5
    offset: int = 0
    mode: Mode = "hybrid"
    where: Filter | None = None
    period: Period | None = None
    as_of: date | None = None
    sort: Sort = "relevance"
    recency: float | None = None
    per_article: int = 1
    context: int = 0
    collapse: bool = True
    rerank: str | None = None
    min_score: float | None = None
    exact: bool = False
    explain: bool = False
    read_dates: bool = True
    literal: bool = False
    history: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_text("question", self.question)
        if not self.question.strip():
            raise UsageError('the question is empty. Ask something: search "China support for Russia"')
        if len(self.question) > MAX_QUESTION:
            raise UsageError(f"a question of {len(self.question)} characters is too long: expected at most {MAX_QUESTION}")
        _within("limit", self.limit, 1, MAX_LIMIT)
        _within("offset", self.offset, 0, MAX_LIMIT)
        _within("number of passages an article", self.per_article, 1, MAX_PER_ARTICLE)
        _within("number of neighbours", self.context, 0, MAX_CONTEXT)
        _one_of("mode", self.mode, get_args(Mode))
        _one_of("order", self.sort, get_args(Sort))
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise UsageError(f"a least score of {self.min_score} is impossible: expected 0 to 1")
        if self.recency is not None and not 0 < self.recency < float("inf"):
            raise UsageError(f"a half-life of {self.recency} days is impossible: expected more than 0")


def _check_text(what: str, value: object) -> None:
    if not isinstance(value, str):
        raise UsageError(f"a {what} of {reprlib.repr(value)} is impossible: expected a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"a {what} with half a character is impossible: {reprlib.repr(value)}") from None


def _within(what: str, value: int, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise UsageError(f"{_with_article(what)} of {value!r} is impossible: expected {least} to {most}")


def _with_article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{_with_article(what)} of {value!r} is unknown: expected {' or '.join(known)}")


def request_of(
    question: str,
    *,
    limit: int = 5,
    offset: int = 0,
    mode: Mode = "hybrid",
    where: Mapping[str, Any] | Filter | None = None,
    since: str | date | None = None,
    until: str | date | None = None,
    on: str | date | None = None,
    as_of: str | date | None = None,
    sort: Sort = "relevance",
    recency: str | float | None = None,
    per_article: int = 1,
    context: int = 0,
    collapse: bool = True,
    rerank: str | None = None,
    min_score: float | None = None,
    exact: bool = False,
    explain: bool = False,
    read_dates: bool = True,
    literal: bool = False,
    history: Sequence[str] | None = None,
) -> Request:
    """The request that the arguments of ``Index.search`` mean.

    Raises UsageError when one of them is impossible.
    """
    return Request(
        question=question,
        where=None if where is None else _parsed(where),
        period=_period(since, until, on),
        as_of=None if as_of is None else _as_of(as_of),
        limit=limit,
        offset=offset,
        mode=mode,
        sort=sort,
        recency=_half_life(recency),
        per_article=per_article,
        context=context,
        collapse=collapse,
        rerank=rerank,
        min_score=min_score,
        exact=exact,
        explain=explain,
        read_dates=read_dates,
        literal=literal,
        history=() if history is None else _messages(history),
    )


def _messages(history: object) -> tuple[str, ...]:
    if isinstance(history, str) or not isinstance(history, Sequence) or not all(isinstance(message, str) for message in history):
        raise UsageError(
            f"a history of {reprlib.repr(history)} is impossible: expected a list of the earlier messages, each a string, the oldest first"
        )
    return tuple(history)


# What these load, a plain question does not need.
def _parsed(where: Mapping[str, Any] | Filter) -> Filter:
    from newsdex.search.question.filters import parse_filter

    return parse_filter(where)


def _period(since: str | date | None, until: str | date | None, on: str | date | None) -> Period | None:
    if since is until is on is None:
        return None
    for name, value in (("since", since), ("until", until), ("on", on)):
        if not isinstance(value, str | date | None):
            raise UsageError(f"a date of {reprlib.repr(value)} is impossible for {name}: expected a string such as 2024-04-26, or a date")
    from newsdex.search.question.when import period_from_options

    return period_from_options(since=since, until=until, on=on)


def _as_of(text: str | date) -> date:
    from newsdex.search.question.when import parse_as_of

    return parse_as_of(text)


def _half_life(recency: str | float | None) -> float | None:
    if not isinstance(recency, str):
        return recency
    from newsdex.search.question.when import parse_half_life

    return parse_half_life(recency)

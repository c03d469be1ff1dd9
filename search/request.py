"""A search request, checked."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args, get_origin

from newsdex.errors import UsageError
from newsdex.given import as_float, real, short, whole
from newsdex.records import Period
from newsdex.search.options import Conditions, Mode, Option, SearchOptions, Sort, defined

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from newsdex.search.question.filters import Filter

MAX_QUESTION = 100_000  # characters
MOST_READ = 4_000  # characters of an earlier message
_DEFINED = tuple(defined())

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Request:
    """A checked question with its options; ``period``, ``as_of`` and ``recency``, in days, are derived from its arguments. ``history`` has
    the earlier questions, oldest first. The order "oldest" is kept as ``sort`` "date" with ``oldest_first``. Raises UsageError for an
    argument that is not allowed.
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
    rerank: str | bool | None = None
    min_score: float | None = None
    exact: bool = False
    explain: bool = False
    read_dates: bool = True
    literal: bool = False
    history: tuple[str, ...] = ()
    oldest_first: bool = False

    def __post_init__(self) -> None:
        _check_question(self.question)
        for name, hint, option in _DEFINED:
            value = getattr(self, name, None)
            if (checked := _checked(option.called or name, value, hint, option)) is not value:
                object.__setattr__(self, name, checked)
        if self.sort == "oldest":
            object.__setattr__(self, "sort", "date")
            object.__setattr__(self, "oldest_first", True)
        if self.rerank == "" or not isinstance(self.rerank, str | bool | None):
            raise UsageError(f"a reranker of {reprlib.repr(self.rerank)} is not allowed: expected a name, a folder, or True")
        days: object = self.recency
        if days is not None:
            if not 0 < as_float(days) < float("inf"):
                raise UsageError(f"a half-life of {short(days)} days is not allowed: expected more than 0")
            object.__setattr__(self, "recency", as_float(days))


def _check_question(question: object) -> None:
    """Raise UsageError if ``question`` is none."""
    if not isinstance(question, str):
        raise UsageError(f"a question of {reprlib.repr(question)} is not allowed: expected a string")
    try:
        question.encode()
    except UnicodeEncodeError:
        raise UsageError(f"a question with half a surrogate pair is not allowed: {reprlib.repr(question)}") from None
    if not question.strip():
        raise UsageError('the question is empty. Expected words to search for, such as "China support for Russia"')
    if len(question) > MAX_QUESTION:
        raise UsageError(f"a question of {len(question)} characters is too long: expected at most {MAX_QUESTION}")


def _checked(what: str, value: object, hint: object, option: Option) -> object:
    """Return ``value`` checked, numbers as Python's own. Raises UsageError."""
    if get_origin(hint) is Literal and value not in get_args(hint):
        raise UsageError(f"{_with_article(what)} of {value!r} is unknown: expected {' or '.join(get_args(hint))}")
    if hint is bool and type(value) is not bool:
        raise UsageError(f"{_with_article(what)} of {reprlib.repr(value)} is not allowed: expected True or False")
    if option.within and not (value is None and hint is not int):
        return (whole if hint is int else real)(f"{_with_article(what)} of {{}}", value, *option.within)
    return value


def _with_article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def as_request(value: object) -> Request:
    """Return ``value`` if it is a Request. Raises UsageError, which says how to make one."""
    if not isinstance(value, Request):
        raise UsageError(
            f'expected a Request, not {reprlib.repr(value)}: newsdex.request_of("a question") makes one, with the options of Index.search'
        )
    return value


def request_of(question: str, **options: Unpack[SearchOptions]) -> Request:
    """Return the request for the arguments of ``Index.search``. Raises UsageError for an argument that is not allowed, and TypeError for an
    unknown option.
    """
    given: dict[str, Any] = {**options}
    if unknown := sorted(given.keys() - SearchOptions.__optional_keys__):
        raise TypeError(f"a search has no option {unknown[0]!r}: expected {', '.join(SearchOptions.__annotations__)}")
    period = _period(*(given.pop(name, None) for name in ("since", "until", "on")))
    for name in ("where", "as_of", "recency", "history"):
        if (value := given.pop(name, None)) is not None:
            given[name] = _read(name, value)
    return Request(question, period=period, **given)


def arguments_of(said: Mapping[str, Any]) -> SearchOptions:
    """Return the arguments of Index.search in ``said``; its Conditions and ``filter`` become ``where``. Raises UsageError."""
    where, conditions = said.get("filter"), {name: said[name] for name in Conditions.__annotations__ if said.get(name)}
    if conditions:
        from newsdex.search.question.filters import filter_from_options

        where = filter_from_options(**conditions, filter=where)
    return cast("SearchOptions", {name: said[name] for name in SearchOptions.__annotations__ if name in said} | {"where": where})


@cache
def defaults() -> Mapping[str, Any]:
    """Return the defaults of the options. Options that are not listed default to None."""
    return {field.name: field.default for field in fields(Request) if field.default is not MISSING}


def spelled_out(changed: SearchOptions | None = None, left_out: Container[str] = ()) -> Callable[[_Function], _Function]:
    """Decorate a function so that help() lists its ``**options`` except ``left_out``. ``changed`` has defaults that differ."""
    usual = {**defaults(), **(changed or {})}
    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=usual.get(name), annotation=hint)
        for name, hint, _ in _DEFINED
        if name not in left_out
    ]

    def shown(function: _Function) -> _Function:
        signature = inspect.signature(function)
        plain = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        function.__signature__ = signature.replace(parameters=[*plain, *named])  # type: ignore[attr-defined]
        told = [f"    {name}: {option.help}" for name, _, option in _DEFINED if name not in left_out]
        function.__doc__ = "\n".join([inspect.cleandoc(function.__doc__ or ""), "", "Options:", *told])
        return function

    return shown


def _messages(history: object) -> tuple[str, ...]:
    if isinstance(history, str) or not isinstance(history, Sequence) or not all(isinstance(message, str) for message in history):
        raise UsageError(
            f"a history of {reprlib.repr(history)} is not allowed: expected a list of the earlier messages, each a string, the oldest first"
        )
    return tuple(message[:MOST_READ] for message in history)


# The next two functions load modules that a plain question does not need.
def _read(name: str, value: Any) -> Any:
    """Convert the given value of an option to the value that a Request holds."""
    if name == "history":
        return _messages(value)
    if name == "recency" and not isinstance(value, str):
        return value
    if name == "as_of":
        _check_day(name, value)
    from newsdex.search.question import filters, when

    readers: dict[str, Callable[[Any], Any]] = {"where": filters.parse_filter, "as_of": when.parse_as_of, "recency": when.parse_half_life}
    return readers[name](value)


def _period(since: str | date | None, until: str | date | None, on: str | date | None) -> Period | None:
    if since is until is on is None:
        return None
    for name, value in (("since", since), ("until", until), ("on", on)):
        _check_day(name, value)
    from newsdex.search.question.when import period_from_options

    return period_from_options(since=since, until=until, on=on)


def _check_day(name: str, value: object) -> None:
    if not isinstance(value, str | date | None):
        raise UsageError(f"a date of {reprlib.repr(value)} is not allowed for {name}: expected a string such as 2024-04-26, or a date")

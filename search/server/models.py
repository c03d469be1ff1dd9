"""Requests from clients, checked strictly: unknown parameters are errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from newsdex.errors import UsageError
from newsdex.search.options import OF_ARTICLES, OF_CONTEXT, Conditions, SearchOptions, defined
from newsdex.search.request import MOST_READ, Request, arguments_of, defaults, request_of
from newsdex.search.server import values
from newsdex.search.server.answers import with_fields
from newsdex.search.server.values import MOST_QUESTION
from newsdex.values import amount

DATES = ("since", "until", "on", "as_of")
MOST_HITS = 100
MOST_QUOTE = 10_000
MOST_ANSWER = 20_000
MOST_BUDGET = 32_000  # tokens
MOST_MESSAGES = 50

_Model = TypeVar("_Model", bound=BaseModel)

_OFFERED = {name: (hint, option) for kind in (SearchOptions, Conditions) for name, hint, option in defined(kind, "http")}
_SEARCH = tuple(name for name, _, _ in defined(door="http"))
# The types of options, in an address and in a body.
_TYPES: Mapping[Any, Any] = {
    bool: Annotated[bool, values.TRUTH],
    float | None: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), values.NUMBER] | None,
    str | date | None: values.Day | None,
    str | bool | None: Annotated[bool, values.TRUTH] | None,
    str | float | None: values.HalfLife | None,
}
_LISTS: Mapping[str, tuple[Any, int]] = {
    "source": (list[values.Name], 20),
    "lang": (list[values.Language], 20),
    "where": (list[values.Condition], 50),
}


def offering(*names: str, others: Mapping[str, Any] = {}) -> Callable[[type[_Model]], type[_Model]]:
    """A model with the options ``names`` too, or all of a search that it does not have itself; ``others`` are defaults of its own."""

    def extended(kind: type[_Model]) -> type[_Model]:
        return with_fields(kind, {name: _field(name, others) for name in names or _SEARCH if name not in kind.model_fields})

    return extended


def _field(name: str, others: Mapping[str, Any]) -> Any:
    hint, option = _OFFERED[name]
    if name in _LISTS:
        kind, most = _LISTS[name]
        return kind, Field(default=[], max_length=most, description=option.help)
    kind = _TYPES.get(hint, hint)
    if hint is int and option.within:
        kind = Annotated[int, Field(ge=option.within[0], le=option.http), values.WHOLE]
    return kind, Field(default=others.get(name, defaults().get(name)), description=option.served_help or option.help)


class Asking(values.Bounded):
    """A selection of articles: by conditions in a URL, by a filter in a body."""

    def options(self) -> SearchOptions:
        """The arguments of Index.search that this means, without the question. Raises UsageError."""
        said = dict(self)
        return arguments_of(said | {"filter": values.plain(said.get("filter"))})

    def request(self) -> Request:
        """What is asked; without a question, a list is. Raises UsageError."""
        said = dict(self)
        return request_of(said.get("q") or said.get("query") or "list", **self.options())


class _Search(Asking):
    usual: ClassVar[int] = defaults()["limit"]

    # 0 where nothing is said
    limit: Annotated[int, Field(ge=1, le=MOST_HITS), values.WHOLE] = Field(
        default_factory=int, description="Articles to find; by default 5, for a context 10."
    )
    k: Annotated[int, Field(ge=1, le=MOST_HITS), values.WHOLE] = Field(default_factory=int, description="Another name for limit.")

    def options(self) -> SearchOptions:
        if self.limit and self.k and self.limit != self.k:
            raise UsageError(f"limit says {amount(self.limit, 'article')} and k says {self.k}: expected only one of them, or equal values")
        return {**super().options(), "limit": self.limit or self.k or self.usual}


@offering(*_SEARCH, *_LISTS)
class SearchQuery(_Search):
    """The parameters of GET /search."""

    q: values.Question


@offering(*OF_ARTICLES, *_LISTS)
class SimilarQuery(Asking):
    """The parameters of GET /articles/{id}/similar."""


class ThreadQuery(values.Bounded):
    """The parameters of GET /articles/{id}/thread."""

    limit: Annotated[int, Field(ge=1, le=MOST_HITS), values.WHOLE] = Field(
        default=50, description="Maximum number of reports; the likeliest are returned."
    )


class Filtered(_Search, values.Strict):
    """A question with a filter."""

    query: values.Question
    filter: values.AnyFilter | None = Field(
        default=None,
        description='Only articles that match this filter, such as {"type": "eq", "key": "source", "value": "Reuters"}: docs/FILTERS.md.',
    )

    history: list[Annotated[str, AfterValidator(lambda message: message[:MOST_READ])]] | None = Field(
        default=None,
        max_length=MOST_MESSAGES,
        description="Earlier questions of the same person, oldest first. They complete a follow-up question. "
        f"Of each, the first {MOST_READ:,} characters count.",
    )


@offering()
class SearchBody(Filtered):
    """The body of POST /search."""


@offering(others=OF_CONTEXT)
class ContextBody(Filtered):
    """The body of POST /context. The default limit is 10."""

    usual: ClassVar[int] = OF_CONTEXT["limit"]

    budget_tokens: int = Field(
        default=3_000, ge=50, le=MOST_BUDGET, description="Maximum length of the context in tokens of the index's model."
    )


class CheckBody(values.Strict):
    """The body of POST /check."""

    answer: str = Field(min_length=1, max_length=MOST_ANSWER, pattern=r"\S", description="The text that a model wrote, plain or Markdown.")
    question: str = Field(default="", max_length=MOST_QUESTION, description="The question that was answered; its hits are also compared.")
    articles: list[Annotated[str, Field(min_length=1, max_length=1_000)]] | None = Field(
        default=None,
        max_length=50,
        description="The ids of the hits that the model received; [1] cites the first. Null: the whole archive.",
    )
    threshold: float = Field(default=0.8, ge=0, le=1, description="The fraction of the sentences that must be supported.")


class QuoteBody(values.Strict):
    """The body of POST /quotes/verify."""

    quote: str = Field(min_length=1, max_length=MOST_QUOTE, pattern=r"\S", description="The quotation to search for, word for word.")
    limit: int = Field(default=20, ge=1, le=MOST_HITS, description="Maximum number of places.")


@offering("limit", "offset", *DATES, *_LISTS)
class ListQuery(Asking):
    """The parameters of GET /articles."""


@offering("limit", "offset", *DATES)
class ListBody(Asking, values.Strict):
    """The body of POST /articles."""

    filter: values.AnyFilter | None = Field(default=None, description="As for a search.")


class CitationQuery(values.Bounded):
    """The parameters of GET /articles/{id}/citation."""

    format: Literal["text", "bibtex", "csl-json"] = Field(default="text", description="For people, BibTeX, or citation managers.")
    start: Annotated[int, Field(ge=0, le=2**53), values.WHOLE] | None = Field(
        default=None, description="For a passage: its offsets; give both or neither."
    )
    end: Annotated[int, Field(ge=0, le=2**53), values.WHOLE] | None = None

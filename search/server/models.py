"""What clients may ask, checked strictly: what is not known is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from newsdex.search.options import SearchOptions
from newsdex.search.question.filters import Filter, filter_from_options
from newsdex.search.request import Request, request_of
from newsdex.search.server.values import (
    MOST_QUESTION,
    NUMBER,
    TRUTH,
    WHOLE,
    AnyFilter,
    Bounded,
    Condition,
    Day,
    HalfLife,
    Language,
    Name,
    Question,
    Strict,
    plain,
)

MOST_HITS = 100
MOST_OFFSET = 1_000
MOST_QUOTE = 10_000
MOST_NEIGHBOURS = 5
MOST_BUDGET = 32_000  # tokens
MOST_PER_ARTICLE = 10
MOST_MESSAGES = 50
_DEFAULT_HITS = 5

Truth = Annotated[bool, TRUTH]


class _Asked(Bounded):
    usual: ClassVar[int] = _DEFAULT_HITS

    limit: Annotated[int, Field(ge=1, le=MOST_HITS), WHOLE] | None = Field(
        default=None, description="Articles to find; 5 if nothing is said, 10 for a context."
    )
    k: Annotated[int, Field(ge=1, le=MOST_HITS), WHOLE] | None = Field(
        default=None, description="Another name for limit, which is taken where both are given."
    )
    offset: Annotated[int, Field(ge=0, le=MOST_OFFSET), WHOLE] = Field(default=0, description="Leave out so many at the beginning.")
    mode: Literal["hybrid", "dense", "lexical"] = Field(default="hybrid", description="By meaning and words, or by one of them.")
    sort: Literal["relevance", "date"] = Field(default="relevance", description="The order of the hits; date: newest first.")
    since: Day | None = Field(default=None, description="Published then or later.")
    until: Day | None = Field(default=None, description="Published then or earlier.")
    on: Day | None = Field(default=None, description="Published on that day, or in that month or year.")
    as_of: Day | None = Field(default=None, description="Answer as the archive stood on that day.")
    recency: HalfLife | None = Field(
        default=None, description="A half-life such as 30d: lets newer articles win where scores are about equal."
    )
    per_article: Annotated[int, Field(ge=1, le=MOST_PER_ARTICLE), WHOLE] = Field(default=1, description="Passages of each article.")
    context: Annotated[int, Field(ge=0, le=MOST_NEIGHBOURS), WHOLE] = Field(
        default=0, description="Neighbouring passages on either side to give as well."
    )
    collapse: Truth = Field(default=True, description="Fold copies of an article into one hit.")
    min_score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), NUMBER] | None = Field(
        default=None, description="Only hits at least so probable."
    )
    explain: Truth = Field(default=False, description="Say what made each score.")
    read_dates: Truth = Field(default=True, description='A date in the question, such as "in April 2024", is a filter.')
    literal: Truth = Field(default=False, description="Search for the words as they are typed, without correcting their spelling.")

    def _options(self, where: Mapping[str, Any] | Filter | None) -> SearchOptions:
        return {
            "where": where,
            "limit": self.limit or self.k or self.usual,
            "offset": self.offset,
            "mode": self.mode,
            "sort": self.sort,
            "since": self.since,
            "until": self.until,
            "on": self.on,
            "as_of": self.as_of,
            "recency": self.recency,
            "per_article": self.per_article,
            "context": self.context,
            "collapse": self.collapse,
            "min_score": self.min_score,
            "explain": self.explain,
            "read_dates": self.read_dates,
            "literal": self.literal,
        }


class SearchQuery(_Asked):
    """The parameters of GET /search."""

    q: Question
    source: list[Name] = Field(default=[], max_length=20, description="Only of this source; may be repeated.")
    lang: list[Language] = Field(default=[], max_length=20, description="Only in this language, such as en; may be repeated.")
    where: list[Condition] = Field(
        default=[],
        max_length=50,
        description='Only articles of which this is true, such as "section=Sport"; also !=, <, <=, >, >=; may be repeated.',
    )

    def request(self) -> Request:
        """What is asked. Raises UsageError."""
        where = filter_from_options(source=self.source, lang=self.lang, where=self.where)
        return request_of(self.q, **self._options(where))


class SimilarQuery(Bounded):
    """The parameters of GET /articles/{id}/similar."""

    limit: Annotated[int, Field(ge=1, le=MOST_HITS), WHOLE] = Field(default=_DEFAULT_HITS, description="Articles to find.")
    offset: Annotated[int, Field(ge=0, le=MOST_OFFSET), WHOLE] = Field(default=0, description="Leave out so many at the beginning.")
    since: Day | None = Field(default=None, description="Published then or later.")
    until: Day | None = Field(default=None, description="Published then or earlier.")
    on: Day | None = Field(default=None, description="Published on that day, or in that month or year.")
    as_of: Day | None = Field(default=None, description="Answer as the archive stood on that day.")
    min_score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), NUMBER] | None = Field(
        default=None, description="Only articles at least so likely to be of the same story."
    )
    source: list[Name] = Field(default=[], max_length=20, description="Only of this source; may be repeated.")
    lang: list[Language] = Field(default=[], max_length=20, description="Only in this language, such as en; may be repeated.")
    where: list[Condition] = Field(default=[], max_length=50, description="Only articles of which this is true, as for GET /search.")

    def options(self) -> SearchOptions:
        """The arguments of Index.similar. Raises UsageError."""
        where = filter_from_options(source=self.source, lang=self.lang, where=self.where)
        same: SearchOptions = self.model_dump(exclude={"source", "lang", "where"})  # type: ignore[assignment]
        return {**same, "where": where}


class ThreadQuery(Bounded):
    """The parameters of GET /articles/{id}/thread."""

    limit: Annotated[int, Field(ge=1, le=MOST_HITS), WHOLE] = Field(default=50, description="Reports to find, the likeliest.")


class Filtered(_Asked, Strict):
    """A question with a filter."""

    query: Question
    filter: AnyFilter | None = Field(
        default=None,
        description='Only articles of which this is true, such as {"type": "eq", "key": "source", "value": "Reuters"}: docs/FILTERS.md.',
    )

    history: list[Annotated[str, Field(max_length=MOST_QUESTION)]] = Field(
        default=[],
        max_length=MOST_MESSAGES,
        description="What the same person asked before, the oldest first: it completes a question that leans on it.",
    )

    def options(self) -> SearchOptions:
        """The arguments of Index.search that this means, without the question."""
        return {**self._options(plain(self.filter)), "history": self.history}


class SearchBody(Filtered):
    """The body of POST /search."""

    def request(self) -> Request:
        """What is asked. Raises UsageError."""
        return request_of(self.query, **self.options())


class ContextBody(Filtered):
    """The body of POST /context; where no limit is said, it is 10."""

    usual: ClassVar[int] = 10

    query: Question
    budget_tokens: int = Field(
        default=3_000, ge=50, le=MOST_BUDGET, description="The length of the context at most, by the index's tokenizer."
    )
    per_article: Annotated[int, Field(ge=1, le=MOST_PER_ARTICLE), WHOLE] = Field(default=2, description="Passages of each article.")
    context: Annotated[int, Field(ge=0, le=MOST_NEIGHBOURS), WHOLE] = Field(
        default=1, description="Neighbouring passages on either side, where there is room."
    )


class QuoteBody(Strict):
    """The body of POST /quotes/verify."""

    quote: str = Field(min_length=1, max_length=MOST_QUOTE, pattern=r"\S", description="What is said to be in the archive, word for word.")
    limit: int = Field(default=20, ge=1, le=MOST_HITS, description="At most so many places.")

"""What the page asks for besides answers and articles: hints, counts, the newest articles, citations."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from newsdex.citation import cite
from newsdex.output import article_record, told_remarks
from newsdex.records import Span
from newsdex.search.request import Request
from newsdex.search.server.answers import ArticleRecord, Exact
from newsdex.search.server.models import Asking, offering
from newsdex.search.server.operations import ArticleName
from newsdex.search.server.problems import Problem, answers, json_response
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import WHOLE, AnyFilter, Bounded, Question, Strict, StrictRoute

_READ = answers(400, 401, 403, 409, 413, 414, 421, 422, 429, 431, 500, 503)
_ASKED = _READ | answers(408, 415)
_MOST_HINTS = 20
_MOST_EXAMPLES = 20
_DATES = ("since", "until", "on", "as_of")
_CONDITIONS = ("source", "lang", "where")
_READING = ("mode", "literal", "read_dates", "min_score")  # what decides which articles answer

router = APIRouter(route_class=StrictRoute)


class HintRecord(BaseModel):
    """A title."""

    title: str
    source: str | None = Field(description="Of the newest article that has the title, like the date.")
    published: str | None


class SuggestAnswer(BaseModel):
    """Titles that go on from what was typed, the best first."""

    hints: list[HintRecord]


class MonthRecord(BaseModel):
    """How many articles of a month answer."""

    month: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}$")
    count: int = Field(ge=1)


class TimelineAnswer(BaseModel):
    """When the articles that seem to answer were published, of those that were looked at; copies count."""

    months: list[MonthRecord] = Field(description="In order; months without any are left out.")
    unplaced: int = Field(ge=0, description="Articles whose month is not known.")
    total: int = Field(ge=0)


class ValueRecord(Exact):
    """A value of a field, and how many of the articles have it."""

    value: str
    count: int = Field(ge=1)


class FacetRecord(Exact):
    """The commonest values of a field, by the key that filters know it by; of published the years, the latest first."""

    key: str
    values: list[ValueRecord]
    others: int = Field(ge=0, description="Values that are not listed.")
    missing: int = Field(ge=0, description="Articles without any.")


class FacetsAnswer(TimelineAnswer):
    """Of what sources, languages, sections, authors and dates the articles are."""

    fields: list[FacetRecord] = Field(
        description="Each is counted without the request's own conditions on it, except for the values that these ask for, as the months "
        "are without its dates."
    )
    total: int = Field(ge=0, description="Articles that meet everything.")
    complete: bool = Field(description="Whether every passage was looked at, and not only the 1,000 best.")


class ListAnswer(Exact):
    """Articles, the newest first."""

    articles: list[ArticleRecord]
    total: int = Field(ge=0, description="How many articles meet the filters.")
    remarks: list[str] = Field(description="What the list leaves out, such as articles without a date, and what no article meets.")


class ExamplesAnswer(Exact):
    """Names and phrases of several of the newest titles."""

    examples: list[str]


class CitationAnswer(Exact):
    """A citation of an article, or of a passage of it."""

    format: str
    citation: str


class SuggestQuery(Bounded):
    """The parameters of GET /suggest."""

    q: str = Field(max_length=200, description="What has been typed.")
    limit: Annotated[int, Field(ge=1, le=_MOST_HINTS), WHOLE] = Field(default=8, description="At most so many titles.")


@offering("mode", "literal", "source", "lang")
class TimelineQuery(Asking):
    """The parameters of GET /timeline, which are those of GET /search that decide about an article whatever its date."""

    q: Question


@offering(*_READING, *_DATES, *_CONDITIONS)
class FacetsQuery(Asking):
    """The parameters of GET /facets, which are those of GET /search that decide about articles."""

    q: Question | None = None


@offering(*_READING, *_DATES)
class FacetsBody(Asking, Strict):
    """The body of POST /facets."""

    query: Question | None = None
    filter: AnyFilter | None = Field(default=None, description="As for a search.")


@offering("limit", "offset", *_DATES, *_CONDITIONS)
class ListQuery(Asking):
    """The parameters of GET /articles."""


@offering("limit", "offset", *_DATES)
class ListBody(Asking, Strict):
    """The body of POST /articles."""

    filter: AnyFilter | None = Field(default=None, description="As for a search.")


class ExamplesQuery(Bounded):
    """The parameters of GET /examples."""

    limit: Annotated[int, Field(ge=1, le=_MOST_EXAMPLES), WHOLE] = Field(default=6, description="At most so many.")


class CitationQuery(Bounded):
    """The parameters of GET /articles/{id}/citation."""

    format: Literal["text", "bibtex", "csl-json"] = Field(default="text", description="For people, BibTeX, or citation managers.")
    start: Annotated[int, Field(ge=0, le=2**53), WHOLE] | None = Field(default=None, description="Of a passage: its offsets, both.")
    end: Annotated[int, Field(ge=0, le=2**53), WHOLE] | None = None


@router.get("/suggest", response_model=SuggestAnswer, responses=_READ, summary="Titles that begin so", tags=["page"])
async def suggest(asked: Annotated[SuggestQuery, Query()], service: Served) -> Response:
    """Titles in which each word that was typed begins a word: hints while someone types."""
    # Aside, so that no question waits while the titles of a new version of the index are sorted.
    hints = await service.run_aside(lambda: service.index.suggest(asked.q, asked.limit))
    return json_response({"hints": [{"title": title, "source": source or None, "published": day or None} for title, source, day in hints]})


@router.get("/timeline", response_model=TimelineAnswer, responses=_READ, summary="Hits by month", tags=["page"])
async def timeline(asked: Annotated[TimelineQuery, Query()], service: Served) -> Response:
    """In which months the articles that seem to answer were published. A date in the question is no filter here."""
    request = asked.request()
    found = await service.run(lambda: service.index.timeline(request))
    months = [{"month": month, "count": count} for month, count in found.months.items()]
    return json_response({"months": months, "unplaced": found.unplaced, "total": found.total})


@router.get("/facets", response_model=FacetsAnswer, responses=_READ, summary="Count by source, author and date", tags=["page"])
async def facets_by_address(asked: Annotated[FacetsQuery, Query()], service: Served) -> Response:
    """Of what sources, languages, sections, authors and years the articles are that seem to answer; without ``q`` all that meet the
    filters. A date in the question is followed, but by the years and months.
    """
    return await _facets(asked.request(), service, answering=asked.q is not None)


@router.post("/facets", response_model=FacetsAnswer, responses=_ASKED, summary="Count by source and date, with a filter", tags=["page"])
async def facets_by_body(asked: FacetsBody, service: Served) -> Response:
    """As GET /facets, with the filter as an object."""
    return await _facets(asked.request(), service, answering=asked.query is not None)


async def _facets(request: Request, service: Service, *, answering: bool) -> Response:
    found = await service.run(lambda: service.index.facets(request, answering=answering))
    return json_response(
        {
            "months": [{"month": month, "count": count} for month, count in found.timeline.months.items()],
            "unplaced": found.timeline.unplaced,
            "fields": [
                {
                    "key": each.key,
                    "values": [{"value": value, "count": count} for value, count in each.values],
                    "others": each.others,
                    "missing": each.missing,
                }
                for each in found.fields
            ],
            "total": found.total,
            "complete": found.complete,
        }
    )


@router.get("/articles", response_model=ListAnswer, responses=_READ, summary="List the newest articles", tags=["search"])
async def list_by_address(asked: Annotated[ListQuery, Query()], service: Served) -> Response:
    """The articles that meet the filters, the newest first."""
    return await _listed(asked.request(), service)


@router.post("/articles", response_model=ListAnswer, responses=_ASKED, summary="List articles, with a filter", tags=["search"])
async def list_by_body(asked: ListBody, service: Served) -> Response:
    """As GET /articles, with the filter as an object."""
    return await _listed(asked.request(), service)


async def _listed(request: Request, service: Service) -> Response:
    found = await service.run(lambda: service.index.listing(request))
    records = map(article_record, found.articles)
    articles = [{name: value for name, value in each.items() if name not in ("sha256", "metadata")} for each in records]
    return json_response({"articles": articles, "total": found.total, "remarks": told_remarks(found.remarks)})


@router.get("/examples", response_model=ExamplesAnswer, responses=_READ, summary="What one could ask", tags=["page"])
async def examples(asked: Annotated[ExamplesQuery, Query()], service: Served) -> Response:
    """Names and phrases that several of the newest titles have."""
    return json_response({"examples": await service.run_aside(lambda: service.index.examples(asked.limit))})


@router.get(
    "/articles/{article_id:path}/citation",
    response_model=CitationAnswer,
    responses=_READ | answers(404),
    summary="Cite an article",
    tags=["search"],
)
async def citation(article_id: ArticleName, asked: Annotated[CitationQuery, Query()], service: Served) -> Response:
    """A citation of an article, or of characters ``start`` to ``end`` of its text."""
    if (asked.start is None) != (asked.end is None):
        raise Problem(409, "start and end: expected both, or neither")
    passage = None if asked.start is None or asked.end is None else Span(asked.start, asked.end)
    told = await service.run(lambda: cite(service.index.article(article_id), asked.format, passage))
    return json_response({"format": asked.format, "citation": told})

"""The page's other routes, besides answers and articles: hints, counts, the newest articles, citations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from newsdex.errors import ArticleMissing, UsageError
from newsdex.output import as_unicode
from newsdex.search.index import Index
from newsdex.search.lookups.facets import Timeline
from newsdex.search.request import Request
from newsdex.search.server.answers import Exact
from newsdex.search.server.models import DATES, MOST_HITS, Asking, offering
from newsdex.search.server.problems import READ, SENT, json_response
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import WHOLE, AnyFilter, Bounded, Question, Strict, StrictRoute
from newsdex.terminal import heading_of

_MOST_ID = 1_000  # characters
_READING = ("mode", "literal", "read_dates", "min_score")  # what decides which articles answer

router = APIRouter(route_class=StrictRoute, responses=READ, tags=["page"])


class HintRecord(BaseModel):
    """A title."""

    title: str
    source: str | None = Field(description="Of the newest article that has the title, like the date.")
    published: str | None


class SuggestAnswer(BaseModel):
    """Titles that complete the typed text, best first."""

    hints: list[HintRecord]


class MonthRecord(BaseModel):
    """The number of articles in a month that answer."""

    month: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}$")
    count: int = Field(ge=1)


class TimelineAnswer(BaseModel):
    """Publication dates of the checked articles that seem to answer, copies included."""

    months: list[MonthRecord] = Field(description="In order; months without articles are left out.")
    unplaced: int = Field(ge=0, description="Articles whose month is unknown.")
    total: int = Field(ge=0)


class ValueRecord(Exact):
    """A value of a field, and how many of the articles have it."""

    value: str
    count: int = Field(ge=1)


class FacetRecord(Exact):
    """The commonest values of a field, by its key in filters; for published, the years, latest first; for path, folders."""

    key: str
    values: list[ValueRecord]
    others: int = Field(ge=0, description="Values that are not listed.")
    missing: int = Field(ge=0, description="Articles without this field.")


class FacetsAnswer(TimelineAnswer):
    """Counts of the articles by source, language, section, author, folder and date."""

    fields: list[FacetRecord] = Field(
        description="Each field is counted without the request's own conditions on it, except for the values in these conditions. The "
        "months are counted without the request's dates."
    )
    total: int = Field(ge=0, description="Articles that meet all conditions.")
    complete: bool = Field(description="Whether every passage was checked, not only the 1,000 best.")
    counted_from: str | None = Field(
        description="The day from which 'last week' counts, if it is not today: the newest article's, if that is more than 31 days old."
    )


class ExamplesAnswer(Exact):
    """Names and phrases of several of the newest titles."""

    examples: list[str]


class SuggestQuery(Bounded):
    """The parameters of GET /suggest."""

    q: str = Field(max_length=200, description="The text typed so far.")
    limit: Annotated[int, Field(ge=1, le=20), WHOLE] = Field(default=8, description="Maximum number of titles.")


@offering("mode", "literal", "source", "lang")
class TimelineQuery(Asking):
    """The parameters of GET /timeline, which are those of GET /search that decide about an article whatever its date."""

    q: Question | None = None


@offering(*_READING, *DATES, "source", "lang", "where")
class FacetsQuery(Asking):
    """The parameters of GET /facets, which are those of GET /search that decide about articles."""

    q: Question | None = None


@offering(*_READING, *DATES)
class FacetsBody(Asking, Strict):
    """The body of POST /facets."""

    query: Question | None = None
    filter: AnyFilter | None = Field(default=None, description="As for a search.")


class NamesBody(Strict):
    """The body of POST /names."""

    ids: Annotated[list[Annotated[str, Field(max_length=_MOST_ID)]], Field(min_length=1, max_length=MOST_HITS)]


class NamesAnswer(Exact):
    """What articles are called, by their ids."""

    names: dict[str, str]


class ExamplesQuery(Bounded):
    """The parameters of GET /examples."""

    limit: Annotated[int, Field(ge=1, le=20), WHOLE] = Field(default=6, description="Maximum number of examples.")


@router.get("/suggest", response_model=SuggestAnswer, summary="Titles that begin so")
async def suggest(asked: Annotated[SuggestQuery, Query()], service: Served) -> Response:
    """Titles in which each typed word starts a word. For suggestions while typing."""
    # Aside, so that no question waits while the titles of a new version of the index are read.
    hints = await service.run(lambda: service.index.suggest(asked.q, asked.limit), aside=True)
    return json_response({"hints": [{"title": title, "source": source or None, "published": day or None} for title, source, day in hints]})


@router.get("/timeline", response_model=TimelineAnswer, summary="Hits by month")
async def timeline(asked: Annotated[TimelineQuery, Query()], service: Served) -> Response:
    """The months in which the articles that seem to answer were published; without ``q``, of all that match the filters. A date in the
    question is not a filter here.
    """
    request, index = asked.request(), service.index
    found = await service.run(lambda: index.facets(request, answering=False).timeline if asked.q is None else index.timeline(request))
    return json_response(_timeline(found))


def _timeline(found: Timeline) -> dict[str, Any]:
    months = [{"month": month, "count": count} for month, count in found.months.items()]
    return {"months": months, "unplaced": found.unplaced, "total": found.total}


@router.get("/facets", response_model=FacetsAnswer, summary="Count by source, author and date")
async def facets_by_address(asked: Annotated[FacetsQuery, Query()], service: Served) -> Response:
    """Counts by source, language, section, author and year of the articles that seem to answer; without ``q``, of all that match the
    filters. A date in the question is a filter, except for the counts by year and month.
    """
    return await _facets(asked.request(), service, answering=asked.q is not None)


@router.post("/facets", response_model=FacetsAnswer, responses=SENT, summary="Count by source and date, with a filter")
async def facets_by_body(asked: FacetsBody, service: Served) -> Response:
    """Like GET /facets, but with the filter as an object."""
    return await _facets(asked.request(), service, answering=asked.query is not None)


async def _facets(request: Request, service: Service, *, answering: bool) -> Response:
    found = await service.run(lambda: service.index.facets(request, answering=answering))
    return json_response(
        {
            **_timeline(found.timeline),
            "fields": [
                asdict(each) | {"values": [{"value": value, "count": count} for value, count in each.values]} for each in found.fields
            ],
            "total": found.total,
            "complete": found.complete,
            "counted_from": found.counted_from and str(found.counted_from),
        }
    )


@router.get("/examples", response_model=ExamplesAnswer, summary="What one could ask")
async def examples(asked: Annotated[ExamplesQuery, Query()], service: Served) -> Response:
    """Names and phrases that several of the newest titles share."""
    return json_response({"examples": await service.run(lambda: service.index.examples(asked.limit), aside=True)})


@router.post("/names", response_model=NamesAnswer, responses=SENT, summary="What articles are called")
async def names(asked: NamesBody, service: Served) -> Response:
    """The titles of articles; without one, the first words if its file has many articles, else the id. Unknown ids are left out."""
    return json_response({"names": await service.run(lambda: _names(service.index, asked.ids))})


def _names(index: Index, ids: list[str]) -> dict[str, str]:
    found = dict[str, str]()
    for each in ids:
        with suppress(ArticleMissing, UsageError):
            article = index.article(each)
            found[each] = heading_of(article) if article.title or article.record else as_unicode(article.id)
    return found

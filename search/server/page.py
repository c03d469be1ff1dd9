"""The page at /: its files, and what only it asks for, hints and the timeline."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from newsdex.search.question.filters import filter_from_options
from newsdex.search.request import Request, request_of
from newsdex.search.server.bodies import StrictRoute
from newsdex.search.server.models import offering
from newsdex.search.server.problems import Problem, answers, json_response
from newsdex.search.server.service import Served
from newsdex.search.server.values import WHOLE, Bounded, Question

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_READ = answers(400, 401, 403, 409, 413, 414, 421, 422, 429, 431, 500, 503)
_MOST_HINTS = 20

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


class SuggestQuery(Bounded):
    """The parameters of GET /suggest."""

    q: str = Field(max_length=200, description="What has been typed.")
    limit: Annotated[int, Field(ge=1, le=_MOST_HINTS), WHOLE] = Field(default=8, description="At most so many titles.")


@offering("mode", "literal", "source", "lang")
class TimelineQuery(Bounded):
    """The parameters of GET /timeline, which are those of GET /search that decide about an article whatever its date."""

    q: Question

    def request(self) -> Request:
        """What is asked. Raises UsageError."""
        asked = self.model_dump()
        return request_of(
            self.q, mode=asked["mode"], literal=asked["literal"], where=filter_from_options(source=asked["source"], lang=asked["lang"])
        )


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


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
async def page(request: HttpRequest) -> Response:
    """The page."""
    return _file(request, "index.html")


@router.api_route("/static/{name}", methods=["GET", "HEAD"], include_in_schema=False)
async def part(request: HttpRequest, name: str) -> Response:
    """A file of the page."""
    return _file(request, name)


@cache
def _contents() -> dict[str, tuple[bytes, str]]:
    """The files of the page by name, each with its entity tag."""
    folder = files("newsdex.search") / "page"
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}
    return {name: (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"') for name, content in contents.items()}


def _file(request: HttpRequest, name: str) -> Response:
    """The file, which a browser keeps and asks about each time, so that an update is seen at once; 304 where it has it."""
    if name not in _contents():
        raise Problem(404, f"the page has no file {name[:100]!r}")
    content, tag = _contents()[name]
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_TYPES[name.rpartition(".")[2]])

"""The routes: search, articles, quotations, and what the server says of itself."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response, StreamingResponse

from newsdex.output import (
    check_record,
    hit_record,
    period_record,
    quote_record,
    similar_record,
    thread_record,
    told_remarks,
    whole_record,
)
from newsdex.records import Results
from newsdex.search.answer.context import Context, excerpt_record
from newsdex.search.request import Request
from newsdex.search.server.answers import (
    ArticleAnswer,
    CheckAnswer,
    ContextAnswer,
    Health,
    QuoteAnswer,
    Readiness,
    SearchAnswer,
    SimilarAnswer,
    Stats,
    ThreadAnswer,
)
from newsdex.search.server.metrics import CONTENT_TYPE
from newsdex.search.server.models import CheckBody, ContextBody, QuoteBody, SearchBody, SearchQuery, SimilarQuery, ThreadQuery
from newsdex.search.server.problems import answers, json_response
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import StrictRoute
from newsdex.search.writing.answer import Event, check_room

router = APIRouter(route_class=StrictRoute)

_READ = answers(400, 401, 403, 409, 413, 414, 421, 422, 429, 431, 500, 503)
_ASKED = _READ | answers(408, 415)
_NO_KEY: dict[str, Any] = {"security": []}
_PLAIN = answers(400, 403, 413, 414, 421, 431, 500)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, each with a JSON object: refusal, or sources, then text and quotations, then done or error "
        "(docs/ANSWER.md).",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

ArticleName = Annotated[
    str, Path(min_length=1, max_length=4_100, description="The id of a hit, percent-encoded; or its url, or the path of its file.")
]


@router.get("/search", response_model=SearchAnswer, responses=_READ, summary="Ask a question", tags=["search"])
async def search_by_address(asked: Annotated[SearchQuery, Query()], service: Served) -> Response:
    """The articles that answer best, best first, each with the passage that does. Where ``answerable`` is false they are only the
    nearest.
    """
    return await _search(asked.request(), service)


@router.post("/search", response_model=SearchAnswer, responses=_ASKED, summary="Ask a question, with a filter", tags=["search"])
async def search_by_body(asked: SearchBody, service: Served) -> Response:
    """As GET /search, with the filter as an object and nothing in the address, which others may log."""
    return await _search(asked.request(), service)


async def _search(request: Request, service: Service) -> Response:
    began = time.perf_counter()
    results = await service.search(request)
    return json_response(search_record(results, request, round((time.perf_counter() - began) * 1000, 3)))


def search_record(results: Results, request: Request, milliseconds: float) -> dict[str, Any]:
    """``results`` as plain values; a hit as docs/search-output.schema.json describes it."""
    return {
        "query": results.question,
        "hits": [hit_record(hit) for hit in results],
        "limit": request.limit,
        "offset": request.offset,
        "estimated_total_hits": results.total,
        "processing_time_ms": milliseconds,
        "answerable": results.answerable,
        "index_generation": results.generation,
        "period": period_record(results.period),
        "remarks": told_remarks(results.remarks),
    }


def context_record(packed: Context) -> dict[str, Any]:
    """``packed`` as plain values; null for what is not known."""
    return {
        "query": packed.question,
        "context": str(packed),
        "excerpts": [excerpt_record(each) for each in packed.excerpts],
        "tokens": packed.tokens,
        "budget_tokens": packed.budget_tokens,
        "omitted": packed.omitted,
        "answerable": packed.answerable,
        "index_generation": packed.generation,
        "period": period_record(packed.period),
        "remarks": told_remarks(packed.remarks),
    }


@router.post("/context", response_model=ContextAnswer, responses=_ASKED, summary="Pack an answer for a prompt", tags=["search"])
async def pack_context(asked: ContextBody, service: Served) -> Response:
    """What the archive says about a question, in a length that a prompt has room for, with numbers to cite it by. Where ``answerable`` is
    false, ask no model.
    """
    packed = await service.run(lambda: service.index.context(asked.query, budget_tokens=asked.budget_tokens, **asked.options()))
    return json_response(context_record(packed))


@router.post(
    "/answer", responses=_ASKED | _STREAM, response_class=StreamingResponse, summary="Have a model write an answer", tags=["search"]
)
async def write_answer(asked: ContextBody, service: Served) -> Response:
    """An answer that the language model of this server writes from the archive, with numbers that cite the passages. Where the archive
    does not answer, the model is not asked.
    """
    writer = service.the_writer()
    options = asked.options()
    context = await service.run(lambda: service.index.context(asked.query, budget_tokens=asked.budget_tokens, **options))

    check_room(context)

    async def lines() -> AsyncIterator[str]:
        async for event in writer.answer_from(service.index, context, asked.query, options.get("history") or ()):
            yield _encoded(
                event._replace(data={**event.data, "remarks": told_remarks(event.data["remarks"])}) if "remarks" in event.data else event
            )

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _encoded(event: Event) -> str:
    return f"event: {event.name}\ndata: {json.dumps(event.data, ensure_ascii=False)}\n\n"


# Before the route of the article itself, which takes any path.
@router.get(
    "/articles/{article_id:path}/similar",
    response_model=SimilarAnswer,
    responses=_READ | answers(404),
    summary="Find articles like one",
    tags=["search"],
)
async def similar_articles(article_id: ArticleName, asked: Annotated[SimilarQuery, Query()], service: Served) -> Response:
    """The articles most like one in meaning and words, without itself and its copies, each with the passage most alike."""
    options = asked.options()

    def find() -> dict[str, Any]:
        name = service.index.article(article_id).id
        return similar_record(service.index.similar(name, **options), name)

    return json_response(await service.run(find))


@router.get(
    "/articles/{article_id:path}/thread",
    response_model=ThreadAnswer,
    responses=_READ | answers(404),
    summary="Follow an event",
    tags=["search"],
)
async def thread_of_article(article_id: ArticleName, asked: Annotated[ThreadQuery, Query()], service: Served) -> Response:
    """The reports of the event that an article tells of, and of its sequel, in order of time, each with the sentence that it adds."""
    return json_response(thread_record(await service.run(lambda: service.index.thread(article_id, limit=asked.limit))))


@router.get(
    "/articles/{article_id:path}", response_model=ArticleAnswer, responses=_READ | answers(404), summary="Read an article", tags=["search"]
)
async def read_article(
    article_id: ArticleName,
    service: Served,
) -> Response:
    """An article whole. Offsets of hits count characters (Unicode code points) of ``text``; its body is from ``body.start`` to
    ``body.end``.
    """

    def read() -> Response:
        article = service.index.article(article_id)
        return json_response({**whole_record(article), "text": article.text})

    return await service.run(read)  # its JSON too: a megabyte takes the event loop milliseconds


@router.post("/quotes/verify", response_model=QuoteAnswer, responses=_ASKED, summary="Check a quotation", tags=["search"])
async def verify_quote(asked: QuoteBody, service: Served) -> Response:
    """Whether a quotation is in the archive, word for word, and where; or the nearest place, with the differences."""
    return json_response(quote_record(await service.run(lambda: service.index.verify_quote(asked.quote, limit=asked.limit))))


@router.post("/check", response_model=CheckAnswer, responses=_ASKED | answers(404), summary="Check an answer", tags=["search"])
async def check_answer(asked: CheckBody, service: Served) -> Response:
    """Whether the archive says what an answer says that a model wrote, sentence by sentence; docs/CHECK.md says what it cannot see."""

    def check() -> dict[str, Any]:
        return check_record(service.index.check(asked.answer, question=asked.question, hits=asked.articles, threshold=asked.threshold))

    return json_response(await service.run(check))


@router.get("/health", response_model=Health, responses=_PLAIN, summary="Is the server alive?", tags=["server"], openapi_extra=_NO_KEY)
async def health() -> Response:
    """That the server answers at all."""
    return json_response({"status": "ok"})


@router.get(
    "/readyz",
    response_model=Readiness,
    responses={503: {"model": Readiness}, **_PLAIN},
    summary="Is all well?",
    tags=["server"],
    openapi_extra=_NO_KEY,
)
async def readiness(service: Served) -> Response:
    """Whether answers come from the newest version of the index; 503 when not, and why. An older version goes on answering then."""
    problem = await service.shared("ready", service.watch.problem)
    ready = {"ready": not problem, "problem": problem or None, "index_generation": service.index.open_manifest.generation}
    return json_response(ready, 503 if problem else 200)


@router.get("/stats", response_model=Stats, responses=_READ, summary="What the archive holds", tags=["server"])
async def stats(service: Served) -> Response:
    """Counts by language and source, the time covered, the model, and when the index was updated."""
    covered, manifest = await service.run(lambda: (service.index.overview(), service.index.manifest))
    return json_response(
        {
            "articles": manifest.articles,
            "passages": manifest.passages,
            "languages": dict(covered.languages),
            "sources": dict(covered.sources),
            "first_published": covered.first and covered.first.isoformat(),
            "last_published": covered.last and covered.last.isoformat(),
            "model": manifest.model.name,
            "index_generation": manifest.generation,
            "updated": manifest.created,
            "uptime_seconds": round(time.monotonic() - service.started, 1),
            "version": version("newsdex"),
        }
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses=_READ | {200: {"content": {"text/plain": {}}}},
    summary="Numbers for Prometheus",
    tags=["server"],
)
async def metrics(service: Served) -> Response:
    """Requests, times, batches, and the size of the index, in the text format of Prometheus."""
    return Response(await service.shared("metrics", service.metrics.text), media_type=CONTENT_TYPE)

"""The routes of searches, articles and checks."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response, StreamingResponse

from newsdex import output
from newsdex.citation import cite
from newsdex.records import Results, Span
from newsdex.search.answer.context import excerpt_record
from newsdex.search.request import Request
from newsdex.search.server import answers, models
from newsdex.search.server.problems import MISSING, READ, SENT, Problem, event_stream, json_response
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import StrictRoute
from newsdex.search.writing.answer import check_room

router = APIRouter(route_class=StrictRoute, responses=READ, tags=["search"])

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


@router.get("/search", response_model=answers.SearchAnswer, summary="Ask a question")
async def search_by_address(asked: Annotated[models.SearchQuery, Query()], service: Served) -> Response:
    """The articles that answer best, best first, each with its best passage. If ``answerable`` is false, they are only the nearest
    articles.
    """
    return await _search(asked.request(), service)


@router.post("/search", response_model=answers.SearchAnswer, responses=SENT, summary="Ask a question, with a filter")
async def search_by_body(asked: models.SearchBody, service: Served) -> Response:
    """Like GET /search, but with the filter as an object and no question in the URL, which others may log."""
    return await _search(asked.request(), service)


async def _search(request: Request, service: Service) -> Response:
    began = time.perf_counter()
    results = await service.search(request)
    return json_response(search_record(results, request, round((time.perf_counter() - began) * 1000, 3)))


def search_record(results: Results, request: Request, milliseconds: float) -> dict[str, Any]:
    """``results`` as plain values; a hit as docs/search-output.schema.json describes it."""
    return {
        "query": results.question,
        "hits": [output.hit_record(hit) for hit in results],
        "limit": request.limit,
        "offset": request.offset,
        "estimated_total_hits": results.total,
        "processing_time_ms": milliseconds,
        "answerable": results.answerable,
        "small_talk": results.small_talk,
        "scored": results.scored,
        "index_generation": results.generation,
        "index_commit": results.commit,
        "period": output.period_record(results.period),
        "remarks": output.told_remarks(results.remarks),
    }


@router.post("/context", response_model=answers.ContextAnswer, responses=SENT, summary="Pack an answer for a prompt")
async def pack_context(asked: models.ContextBody, service: Served) -> Response:
    """Passages about a question for a prompt of limited length, with numbers to cite them. If ``answerable`` is false, do not call a
    model.
    """
    packed = await service.run(lambda: service.index.context(asked.query, budget_tokens=asked.budget_tokens, **asked.options()))
    return json_response(
        {
            "query": packed.question,
            "context": str(packed),
            "excerpts": [excerpt_record(each) for each in packed.excerpts],
            "tokens": packed.tokens,
            "budget_tokens": packed.budget_tokens,
            "omitted": packed.omitted,
            "answerable": packed.answerable,
            "small_talk": packed.small_talk,
            "index_generation": packed.generation,
            "index_commit": packed.commit,
            "period": output.period_record(packed.period),
            "remarks": output.told_remarks(packed.remarks),
        }
    )


@router.post("/answer", responses=SENT | MISSING | _STREAM, response_class=StreamingResponse, summary="Let a model write an answer")
async def write_answer(asked: models.ContextBody, service: Served) -> Response:
    """An answer that the server's language model writes from the archive, with numbers that cite the passages. If the archive has no
    answer, the model is not called.
    """
    writer = service.the_writer()
    options = asked.options()
    context = await service.run(lambda: service.index.context(asked.query, budget_tokens=asked.budget_tokens, **options))
    check_room(context)

    async def lines() -> AsyncIterator[str]:
        async for name, data in writer.answer_from(service.index, context, asked.query, options.get("history") or ()):
            told = data | {"remarks": output.told_remarks(data["remarks"])} if "remarks" in data else data
            yield f"event: {name}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"

    return event_stream(lines())


@router.get("/articles", response_model=answers.ListAnswer, summary="List the newest articles")
async def list_by_address(asked: Annotated[models.ListQuery, Query()], service: Served) -> Response:
    """The articles that match the filters, newest first."""
    return await _listed(asked.request(), service)


@router.post("/articles", response_model=answers.ListAnswer, responses=SENT, summary="List articles, with a filter")
async def list_by_body(asked: models.ListBody, service: Served) -> Response:
    """Like GET /articles, but with the filter as an object."""
    return await _listed(asked.request(), service)


async def _listed(request: Request, service: Service) -> Response:
    found = await service.run(lambda: service.index.listing(request))
    articles = [output.article_record(each, "sha256", "metadata") for each in found.articles]
    return json_response({"articles": articles, "total": found.total, "remarks": output.told_remarks(found.remarks)})


# Before the route of the article itself, which takes any path.
@router.get("/articles/{article_id:path}/citation", response_model=answers.CitationAnswer, responses=MISSING, summary="Cite an article")
async def citation(article_id: ArticleName, asked: Annotated[models.CitationQuery, Query()], service: Served) -> Response:
    """A citation of an article, or of characters ``start`` to ``end`` of its text."""
    if (asked.start is None) != (asked.end is None):
        raise Problem(400, "start and end: expected both, or neither")
    passage = None if asked.start is None or asked.end is None else Span(asked.start, asked.end)
    told = await service.run(lambda: cite(service.index.article(article_id), asked.format, passage))
    return json_response({"format": asked.format, "citation": told})


@router.get(
    "/articles/{article_id:path}/similar", response_model=answers.SimilarAnswer, responses=MISSING, summary="Find articles like one"
)
async def similar_articles(article_id: ArticleName, asked: Annotated[models.SimilarQuery, Query()], service: Served) -> Response:
    """The articles most similar to an article in meaning and words, each with its most similar passage. The article itself and its copies
    are left out.
    """
    options = asked.options()

    def find() -> dict[str, Any]:
        name = service.index.article(article_id).id
        return output.similar_record(service.index.similar(name, **options), name)

    return json_response(await service.run(find))


@router.get("/articles/{article_id:path}/thread", response_model=answers.ThreadAnswer, responses=MISSING, summary="Follow an event")
async def thread_of_article(article_id: ArticleName, asked: Annotated[models.ThreadQuery, Query()], service: Served) -> Response:
    """The reports of an article's event and of its sequels, oldest first, each with the sentence that it adds."""
    return json_response(output.thread_record(await service.run(lambda: service.index.thread(article_id, limit=asked.limit))))


@router.get("/articles/{article_id:path}", response_model=answers.ArticleAnswer, responses=MISSING, summary="Read an article")
async def read_article(article_id: ArticleName, service: Served) -> Response:
    """A whole article. Offsets of hits count characters (Unicode code points) of ``text``; its body is from ``body.start`` to
    ``body.end``.
    """

    def read() -> Response:
        article = service.index.article(article_id)
        return json_response({**output.whole_record(article), "text": article.text})

    return await service.run(read)  # its JSON too: a megabyte takes the event loop milliseconds


@router.post("/quotes/verify", response_model=answers.QuoteAnswer, responses=SENT, summary="Check a quotation")
async def verify_quote(asked: models.QuoteBody, service: Served) -> Response:
    """Whether a quotation is in the archive, word for word, with its places; otherwise the nearest place, with the differences."""
    return json_response(output.quote_record(await service.run(lambda: service.index.verify_quote(asked.quote, limit=asked.limit))))


@router.post("/check", response_model=answers.CheckAnswer, responses=SENT | MISSING, summary="Check an answer")
async def check_answer(asked: models.CheckBody, service: Served) -> Response:
    """Whether the archive supports an answer that a model wrote, sentence by sentence. docs/CHECK.md lists the limits."""

    def check() -> dict[str, Any]:
        return output.check_record(
            service.index.check(asked.answer, question=asked.question, hits=asked.articles, threshold=asked.threshold)
        )

    return json_response(await service.run(check))

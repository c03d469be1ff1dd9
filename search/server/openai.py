"""Two routes in the form of the OpenAI API, so that its clients can search the archive and embed texts: POST /v1/vector_stores/{id}/search
and /v1/embeddings (https://platform.openai.com/docs/api-reference).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from newsdex.encoder import Vectors
from newsdex.output import article_record, as_unicode
from newsdex.records import Hit
from newsdex.search.request import request_of
from newsdex.search.server.bodies import StrictRoute
from newsdex.search.server.openai_answers import EmbeddingsAnswer, StoreAnswer
from newsdex.search.server.problems import Problem, answers, json_response
from newsdex.search.server.service import Served
from newsdex.search.server.values import AnyFilter, No, Question, Strict, plain

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["OpenAI"])

STORE = "archive"  # the id of the one vector store that there is
_MOST_TEXTS = 128
_MOST_TEXT = 4_000  # characters
_MOST_RESULTS = 50
_MOST_ATTRIBUTES = 16  # as OpenAI has it
_APART = ("article_id", "path", "published_origin", "sha256", "metadata")  # what of an article's record has no attribute

_TOLD = answers(400, 401, 403, 404, 408, 409, 413, 414, 415, 421, 422, 429, 431, 500, 503)


class RankingOptions(Strict):
    """``ranker``: with auto by meaning and words; the others are names of the API that mean the same here."""

    ranker: Literal["auto", "none", "default-2024-11-15"] = "auto"
    score_threshold: float | None = Field(
        default=None, ge=0, le=1, description="Only results at least so probable; 0 for the nearest, whether they answer or not."
    )


class StoreQuery(Strict):
    """The body of a search of a vector store."""

    query: Question | Annotated[list[Question], Field(min_length=1, max_length=1)]
    filters: AnyFilter | None = Field(default=None, description="As the OpenAI API and docs/FILTERS.md have it.")
    max_num_results: int = Field(default=10, ge=1, le=_MOST_RESULTS)
    ranking_options: RankingOptions | None = None
    rewrite_query: No = Field(default=False, description="Questions are not rewritten.")


class EmbeddingsQuery(Strict):
    """The body of a request for embeddings."""

    model: str = Field(min_length=1, max_length=1_000, description="The name of the index's model.")
    input: (
        Annotated[str, Field(min_length=1, max_length=_MOST_TEXT)]
        | Annotated[list[Annotated[str, Field(min_length=1, max_length=_MOST_TEXT)]], Field(min_length=1, max_length=_MOST_TEXTS)]
    )
    encoding_format: Literal["float", "base64"] = Field(default="float", description="base64: little-endian float32.")
    input_type: Literal["passage", "query"] = Field(default="passage", description="Which of the two it is; some models tell them apart.")
    dimensions: int | None = Field(default=None, ge=1, description="Only the model's own.")
    user: str | None = Field(default=None, max_length=1_000, description="Not looked at.")


@router.post("/vector_stores/{store}/search", response_model=StoreAnswer, responses=_TOLD, summary="Search the archive")
async def search_store(
    store: Annotated[str, Path(max_length=200, description=f"The one store there is: {STORE}.", examples=[STORE])],
    asked: StoreQuery,
    service: Served,
) -> Response:
    """The passages that answer, best first, a passage of each article. None when nothing is good enough."""
    if store != STORE:
        raise Problem(404, f"there is no vector store of that id: expected {STORE}")
    question = asked.query if isinstance(asked.query, str) else asked.query[0]
    least = asked.ranking_options.score_threshold if asked.ranking_options else None
    results = await service.search(request_of(question, limit=asked.max_num_results, where=plain(asked.filters), min_score=least))
    found = [_result(hit) for hit in results] if results.answerable or least is not None else []
    return json_response(
        {"object": "vector_store.search_results.page", "search_query": [question], "data": found, "has_more": False, "next_page": None}
    )


def _result(hit: Hit) -> dict[str, Any]:
    article = hit.article
    known = {name: value for name, value in article_record(article).items() if value and name not in _APART}
    known |= {"start": hit.passage.start, "end": hit.passage.end}
    for name, value in article.metadata.items():
        if len(known) < _MOST_ATTRIBUTES:
            known.setdefault(name, value)
    return {
        "file_id": as_unicode(article.id),
        "filename": as_unicode(article.path.name),
        "score": round(hit.score, 6),
        "attributes": known,
        "content": [{"type": "text", "text": match.passage.text} for match in hit.matches],
    }


@router.post("/embeddings", response_model=EmbeddingsAnswer, responses=_TOLD, summary="Embed texts")
async def embed(asked: EmbeddingsQuery, service: Served) -> Response:
    """The vectors of texts by the index's model: unit vectors, cut at the model's window."""
    card = (await service.run(lambda: service.index.manifest)).model
    if asked.model != card.name:
        raise Problem(404, f"there is no model {asked.model[:100]!r}: expected the index's, {card.name}")
    if asked.dimensions not in (None, card.dimension):
        raise Problem(409, f"the model has {card.dimension} dimensions, not {asked.dimensions}")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    vectors, tokens = await service.run(lambda: service.index.embed(texts, question=asked.input_type == "query"))
    data = [
        {"object": "embedding", "index": number, "embedding": _encoded(vector, asked.encoding_format)}
        for number, vector in enumerate(vectors)
    ]
    return json_response({"object": "list", "data": data, "model": card.name, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})


def _encoded(vector: Vectors, form: str) -> str | Sequence[float]:
    if form == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    numbers: list[float] = np.asarray(vector, np.float64).tolist()
    return numbers

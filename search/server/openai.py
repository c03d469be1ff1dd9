"""Routes in the form of the OpenAI API, so that its clients can search the archive, read its articles as files of a vector store, and embed
texts (https://platform.openai.com/docs/api-reference).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from newsdex.encoder import Vectors
from newsdex.output import article_record, as_unicode
from newsdex.records import Article, Hit
from newsdex.search.answer.context import Excerpt
from newsdex.search.request import request_of
from newsdex.search.server.answers import Exact, Probability
from newsdex.search.server.problems import MISSING, READ, SENT, Problem, json_response
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import WHOLE, AnyFilter, Bounded, Question, Strict, StrictRoute, one_or_more, plain
from newsdex.store.manifest import Manifest
from newsdex.values import seconds_of

router = APIRouter(prefix="/v1", route_class=StrictRoute, responses=READ | SENT | MISSING, tags=["OpenAI"])

STORE = "archive"  # the id of the one vector store that there is
_MOST_TEXTS = 128
_MOST_TEXT = 4_000  # characters
_MOST_RESULTS = 50
_MOST_QUERIES = 8
_MOST_FILES = 100  # a page
_MOST_ID = 1_000  # characters
_MOST_ATTRIBUTES = 16  # as OpenAI has it
_EPOCH, _DAY = date(1970, 1, 1).toordinal(), 86_400  # seconds
_APART = ("article_id", "path", "published_origin", "sha256", "metadata")  # what of an article's record has no attribute


class RankingOptions(Strict):
    """``ranker``: with auto by meaning and words; the others are names of the API that mean the same here."""

    ranker: Literal["auto", "none", "default-2024-11-15"] = "auto"
    score_threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Only results with at least this probability; 0 returns the nearest, even if they do not answer.",
    )


class StoreQuery(Strict):
    """The body of a search of a vector store."""

    query: one_or_more(Question, _MOST_QUERIES)  # type: ignore[valid-type]
    filters: AnyFilter | None = Field(default=None, description="A filter of the OpenAI API or of docs/FILTERS.md.")
    max_num_results: int = Field(default=10, ge=1, le=_MOST_RESULTS)
    ranking_options: RankingOptions | None = None
    rewrite_query: bool = Field(default=False, description="Ignored: questions are not rewritten.")


class EmbeddingsQuery(Strict):
    """The body of a request for embeddings."""

    model: str = Field(min_length=1, max_length=1_000, description="The name of the index's model.")
    input: one_or_more(Annotated[str, Field(min_length=1, max_length=_MOST_TEXT)], _MOST_TEXTS)  # type: ignore[valid-type]
    encoding_format: Literal["float", "base64"] = Field(default="float", description="base64: little-endian float32.")
    input_type: Literal["passage", "query"] = Field(default="passage", description="The kind of text; some models distinguish them.")
    dimensions: int | None = Field(default=None, ge=1, description="Only the model's own dimension is allowed.")
    user: str | None = Field(default=None, max_length=1_000, description="Ignored.")


class FilesQuery(Bounded):
    """The parameters of GET /v1/vector_stores/{id}/files."""

    limit: Annotated[int, Field(ge=1, le=_MOST_FILES), WHOLE] = 20
    order: Literal["asc", "desc"] = Field(default="desc", description="By publication date; desc: newest first.")
    after: str | None = Field(default=None, min_length=1, max_length=_MOST_ID, description="The last id of the previous page.")
    filter: Literal["in_progress", "completed", "failed", "cancelled"] = Field(default="completed", description="All are completed.")


class StoreContent(Exact):
    """A passage, or an article."""

    type: Literal["text"]
    text: str


class StoreResult(Exact):
    """An article that answers: ``file_id`` is its id, ``filename`` the name of its file, or its title if the file has several articles;
    ``attributes`` are its fields.
    """

    file_id: str
    filename: str
    score: Probability
    attributes: dict[str, str | float | bool]
    content: list[StoreContent]


class StoreAnswer(Exact):
    """The results of a search of the vector store, best first."""

    object: Literal["vector_store.search_results.page"]
    search_query: list[str]
    data: list[StoreResult]
    has_more: Literal[False]
    next_page: None


class FileCounts(Exact):
    """How many articles the archive has."""

    in_progress: Literal[0]
    completed: int
    failed: Literal[0]
    cancelled: Literal[0]
    total: int


class StoreRecord(Exact):
    """The archive as a vector store."""

    id: str
    object: Literal["vector_store"]
    created_at: int
    last_active_at: int
    name: str
    usage_bytes: int
    file_counts: FileCounts
    status: Literal["completed"]
    expires_after: None
    expires_at: None
    metadata: dict[str, str]


class StoresAnswer(Exact):
    """The one store."""

    object: Literal["list"]
    data: list[StoreRecord]
    first_id: str
    last_id: str
    has_more: Literal[False]


class Chunking(Exact):
    """How articles are chunked: by newsdex."""

    type: Literal["other"]


class FileRecord(Exact):
    """An article as a file of the store; ``created_at`` is the publication date, 0 if unknown."""

    id: str
    object: Literal["vector_store.file"]
    created_at: int = Field(ge=0)
    vector_store_id: str
    status: Literal["completed"]
    last_error: None
    usage_bytes: int = Field(ge=0)
    chunking_strategy: Chunking
    attributes: dict[str, str | float | bool]


class FilesAnswer(Exact):
    """A page of articles."""

    object: Literal["list"]
    data: list[FileRecord]
    first_id: str | None
    last_id: str | None
    has_more: bool


class FileContent(Exact):
    """The text of an article."""

    object: Literal["vector_store.file_content.page"]
    data: list[StoreContent]
    has_more: Literal[False]
    next_page: None


class ModelRecord(Exact):
    """A model: the index's embedding model, or the language model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["newsdex"]


class ModelsAnswer(Exact):
    """The available models."""

    object: Literal["list"]
    data: list[ModelRecord]


class Embedding(Exact):
    """A unit vector, as numbers or as base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int = Field(ge=0)
    embedding: list[float] | str


class Usage(Exact):
    """The number of tokens in the texts."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(Exact):
    """The vectors of the texts, in their order."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: Usage


StoreId = Annotated[str, Path(max_length=200, description=f"The one store there is: {STORE}.", examples=[STORE])]
FileId = Annotated[str, Path(min_length=1, max_length=_MOST_ID, description="The id of an article.")]


@router.get("/models", response_model=ModelsAnswer, summary="List the models")
async def list_models(service: Served) -> Response:
    """The embedding model and, if the server has one, the language model that writes answers."""
    return json_response(ModelsAnswer.filled(data=await _models(service)))


@router.get("/models/{model:path}", response_model=ModelRecord, summary="Look a model up")
async def read_model(model: Annotated[str, Path(min_length=1, max_length=_MOST_ID, description="Its name.")], service: Served) -> Response:
    """The model with this name."""
    models = await _models(service)
    for each in models:
        if each["id"] == model:
            return json_response(each)
    raise Problem(404, f"there is no model {model[:100]!r}: expected {' or '.join(each['id'] for each in models)}")


@router.get("/vector_stores", response_model=StoresAnswer, summary="List the vector stores")
async def list_stores(service: Served) -> Response:
    """The archive."""
    store = _store(await service.run(lambda: service.index.manifest))
    return json_response(StoresAnswer.filled(data=[store], first_id=STORE, last_id=STORE))


@router.get("/vector_stores/{store}", response_model=StoreRecord, summary="Look a vector store up")
async def read_store(store: StoreId, service: Served) -> Response:
    """The archive's size and state."""
    check_store(store)
    return json_response(_store(await service.run(lambda: service.index.manifest)))


@router.get("/vector_stores/{store}/files", response_model=FilesAnswer, summary="List the articles")
async def list_files(store: StoreId, asked: Annotated[FilesQuery, Query()], service: Served) -> Response:
    """The articles, a page at a time."""
    check_store(store)
    articles: list[Article] | None = []
    if asked.filter == "completed":
        oldest = asked.order == "asc"
        articles = await service.run(lambda: service.index.page_after(asked.after or "", asked.limit + 1, oldest_first=oldest), aside=True)
    if articles is None:
        raise Problem(404, f"there is no file {as_unicode(asked.after or '')[:100]!r} to continue after: expected the last_id of a page")
    files = [_file(article) for article in articles[: asked.limit]]
    ends = {"first_id": files[0]["id"] if files else None, "last_id": files[-1]["id"] if files else None}
    return json_response(FilesAnswer.filled(data=files, **ends, has_more=len(articles) > asked.limit))


# Before the route of the file itself, which takes any path.
@router.get(
    "/vector_stores/{store}/files/{file_id:path}/content",
    response_model=FileContent,
    summary="Read an article",
)
async def read_content(store: StoreId, file_id: FileId, service: Served) -> Response:
    """The text of an article."""
    article = await _article(store, file_id, service)
    return json_response(FileContent.filled(data=[StoreContent.filled(text=article.text)]))


@router.get("/vector_stores/{store}/files/{file_id:path}", response_model=FileRecord, summary="Look an article up")
async def read_file(store: StoreId, file_id: FileId, service: Served) -> Response:
    """The fields of an article."""
    return json_response(_file(await _article(store, file_id, service)))


@router.post("/vector_stores/{store}/search", response_model=StoreAnswer, summary="Search the archive")
async def search_store(store: StoreId, asked: StoreQuery, service: Served) -> Response:
    """The passages that answer, best first, one per article; with a ``score_threshold`` all that reach it. With several questions, an
    article gets its best score.
    """
    check_store(store)
    questions = [asked.query] if isinstance(asked.query, str) else asked.query
    least = asked.ranking_options.score_threshold if asked.ranking_options else None
    where = plain(asked.filters)
    requests = [request_of(question, limit=asked.max_num_results, where=where, min_score=least) for question in questions]
    every = [await service.search(request) for request in requests]
    best: dict[str, Hit] = {}
    for hit in (hit for results in every for hit in results if hit.answers or least is not None):
        if hit.article.id not in best or hit.score > best[hit.article.id].score:
            best[hit.article.id] = hit
    ranked = sorted(best.values(), key=lambda hit: -hit.score) if len(every) > 1 else list(best.values())
    found = [
        result_of(hit.article, hit) | {"content": [StoreContent.filled(text=match.passage.text) for match in hit.matches]}
        for hit in ranked[: asked.max_num_results]
    ]
    return json_response(StoreAnswer.filled(search_query=questions, data=found))


def check_store(store: str) -> None:
    """Raises Problem 404 for another store than the one there is."""
    if store != STORE:
        raise Problem(404, f"there is no vector store of that id: expected {STORE}")


async def _article(store: str, file_id: str, service: Service) -> Article:
    check_store(store)
    return await service.run(lambda: service.index.article(file_id))


async def _models(service: Service) -> list[dict[str, Any]]:
    manifest = await service.run(lambda: service.index.manifest)
    names = [manifest.model.name, *([service.writer.model.name] if service.writer else [])]
    return [ModelRecord.filled(id=name, created=int(seconds_of(manifest.created))) for name in names]


def _store(manifest: Manifest) -> dict[str, Any]:
    made = int(seconds_of(manifest.created))
    return StoreRecord.filled(
        id=STORE,
        created_at=made,
        last_active_at=made,
        name=STORE,
        # Of the articles alone: of a part of an archive as of an archive of them.
        usage_bytes=sum(file.size for segment in manifest.segments for file in segment.files.values()),
        file_counts=FileCounts.filled(completed=manifest.articles, total=manifest.articles),
        metadata={},
    )


def _file(article: Article) -> dict[str, Any]:
    day = article.published.earliest.toordinal() if article.published else 0
    return FileRecord.filled(
        id=as_unicode(article.id),
        created_at=max(0, day - _EPOCH) * _DAY,
        vector_store_id=STORE,
        usage_bytes=len(article.text.encode(errors="replace")),
        chunking_strategy=Chunking.filled(),
        attributes=_attributes_of(article, {}),
    )


def _attributes_of(article: Article, more: dict[str, Any]) -> dict[str, Any]:
    """What is known of an article, and ``more``, as far as there is room."""
    known = {name: value for name, value in article_record(article).items() if value and name not in _APART} | more
    for name, value in article.metadata.items():
        if len(known) < _MOST_ATTRIBUTES:
            known.setdefault(name, value)
    return known


def result_of(article: Article, found: Hit | Excerpt) -> dict[str, Any]:
    """An article that a search found, without the text of its passages."""
    passage = found.passage if isinstance(found, Hit) else found
    return {
        "file_id": as_unicode(article.id),
        "filename": filename_of(article),
        "score": round(found.score, 6),
        "attributes": _attributes_of(article, {"start": passage.start, "end": passage.end}),
    }


def filename_of(article: Article) -> str:
    """What clients show as the name of a source: the name of the article's file, or its title if the file has other articles too."""
    return as_unicode((article.title if article.record else "") or article.name)


@router.post("/embeddings", response_model=EmbeddingsAnswer, summary="Embed texts")
async def embed(asked: EmbeddingsQuery, service: Served) -> Response:
    """Vectors of texts by the index's model: unit vectors of texts truncated to the model's window."""
    card = (await service.run(lambda: service.index.manifest)).model
    if asked.model != card.name:
        raise Problem(404, f"there is no model {asked.model[:100]!r}: expected the index's, {card.name}")
    if asked.dimensions not in (None, card.dimension):
        raise Problem(400, f"the model has {card.dimension} dimensions, not {asked.dimensions}")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    vectors, tokens = await service.run(lambda: service.index.embed(texts, question=asked.input_type == "query"))
    data = [Embedding.filled(index=number, embedding=_encoded(vector, asked.encoding_format)) for number, vector in enumerate(vectors)]
    return json_response(EmbeddingsAnswer.filled(data=data, model=card.name, usage={"prompt_tokens": tokens, "total_tokens": tokens}))


def _encoded(vector: Vectors, form: str) -> str | Sequence[float]:
    if form == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    numbers: list[float] = np.asarray(vector, np.float64).tolist()
    return numbers

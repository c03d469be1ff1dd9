"""What the routes in the form of the OpenAI API answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from newsdex.search.server.answers import Exact, Probability


class StoreContent(Exact):
    """A passage, or an article."""

    type: Literal["text"]
    text: str


class StoreResult(Exact):
    """An article that answers: ``file_id`` is its id, ``filename`` the name of its file, and ``attributes`` what is known of it."""

    file_id: str
    filename: str
    score: Probability
    attributes: dict[str, str | float | bool]
    content: list[StoreContent]


class StoreAnswer(Exact):
    """What a search of the vector store found, best first."""

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
    """How articles are cut: by newsdex."""

    type: Literal["other"]


class FileRecord(Exact):
    """An article as a file of the store; ``created_at`` is the day of publication, 0 where it is not known."""

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
    """A model: that of the index, or the one that writes."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["newsdex"]


class ModelsAnswer(Exact):
    """The models that there are."""

    object: Literal["list"]
    data: list[ModelRecord]


class Embedding(Exact):
    """A unit vector, as numbers or as base64 of little-endian float32."""

    object: Literal["embedding"]
    index: int = Field(ge=0)
    embedding: list[float] | str


class Usage(Exact):
    """How many tokens the texts have."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(Exact):
    """The vectors of the texts, in their order."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: Usage

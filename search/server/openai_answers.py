"""What the routes in the form of the OpenAI API answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from newsdex.search.server.answers import Exact, Probability


class StoreContent(Exact):
    """A passage."""

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

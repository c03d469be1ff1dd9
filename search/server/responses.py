"""Written answers in the form of the OpenAI API: POST /v1/responses with its tool file_search, and POST /v1/chat/completions.

Both tell the events of ``newsdex.search.writing.answer`` in another form. Nothing is kept: a conversation comes whole with each request.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import count
from typing import Annotated, Any, Literal, NamedTuple, cast

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from newsdex.output import as_unicode
from newsdex.records import Article
from newsdex.reports_text import doubts_text
from newsdex.search.answer.context import Context, Excerpt
from newsdex.search.options import OF_CONTEXT, SearchOptions
from newsdex.search.request import MOST_READ
from newsdex.search.server.answers import Exact
from newsdex.search.server.models import MOST_MESSAGES
from newsdex.search.server.openai import STORE, RankingOptions, check_store, filename_of, result_of
from newsdex.search.server.problems import MISSING, READ, SENT, Problem, event_stream, json_response
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import MOST_QUESTION, AnyFilter, StrictRoute, plain
from newsdex.search.writing.answer import Event, Writer, Written, check_room
from newsdex.search.writing.quotations import markers

router = APIRouter(prefix="/v1", route_class=StrictRoute, responses=READ | SENT | MISSING, tags=["OpenAI"])

_STREAMED = {"text/event-stream": {"schema": {"type": "string"}}}
_BUDGET = 3_000  # tokens of what the model reads
_MOST_RESULTS = 50
_RESULTS = "file_search_call.results"
_CLAIMS = "Not of the OpenAI API: the verdict on each sentence that says something, as the events claims of POST /answer."
_TOOL = {"type": "file_search", "vector_store_ids": [STORE]}


class _Lenient(BaseModel):
    """A body that may have more fields than are used here."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Part(_Lenient):
    """A part of a message; those without text are left out."""

    text: str | None = None


class Message(_Lenient):
    """A message; calls of tools and their outputs, which have no role, are left out."""

    role: Literal["user", "assistant", "system", "developer", "tool", "function"] | None = None
    content: str | list[Part] | None = None

    def words(self) -> str:
        """What it says."""
        parts = [self.content] if isinstance(self.content, str) else [part.text for part in self.content or ()]
        return "\n".join(filter(None, parts)).strip()


class Tool(_Lenient):
    """A tool; only file_search is looked at."""

    type: str
    vector_store_ids: list[str] = []
    filters: AnyFilter | None = None
    max_num_results: Annotated[int, Field(ge=1, le=_MOST_RESULTS)] | None = None
    ranking_options: RankingOptions | None = None


class ResponseBody(_Lenient):
    """The body of POST /v1/responses. What is not here, such as temperature or instructions, makes no difference."""

    model: str = Field(min_length=1, description="The language model's name, as in GET /v1/models.")
    input: str | list[Message] = Field(description="The question, or the conversation that ends with it.")
    tools: list[Tool] = Field(default=[], description="file_search with filters, max_num_results, ranking_options. It is always used.")
    include: list[str] | None = Field(default=None, description=f"With {_RESULTS}, the passages.")
    stream: bool | None = False
    previous_response_id: str | None = Field(default=None, description="Rejected: conversations are not stored.")


class ChatBody(_Lenient):
    """The body of POST /v1/chat/completions. What is not here makes no difference."""

    model: str = Field(min_length=1, description="The language model's name, as GET /v1/models has it.")
    messages: list[Message] = Field(min_length=1, description="The conversation, which ends with the question.")
    stream: bool | None = False


class ResponseAnswer(Exact):
    """A response in the form of the OpenAI API."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["in_progress", "completed", "failed"]
    error: dict[str, str] | None
    incomplete_details: None
    instructions: None
    metadata: dict[str, str] = Field(description="answerable; the number of claims, and how many of them the passages support.")
    model: str
    output: list[dict[str, Any]] = Field(description="The call of file_search, and the message with its annotations.")
    parallel_tool_calls: Literal[False]
    temperature: None
    tool_choice: Literal["auto"]
    tools: list[dict[str, Any]]
    top_p: None
    usage: None
    claims: list[dict[str, Any]] = Field(description=_CLAIMS)


class ChatAnswer(Exact):
    """A chat completion in the form of the OpenAI API."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    claims: list[dict[str, Any]] = Field(description=_CLAIMS)


class _Asked(NamedTuple):
    """A question, what the archive has on it, the articles by their ids, and the events of the answer that a model writes."""

    question: str
    context: Context
    articles: Mapping[str, Article]
    events: AsyncIterator[Event]


@router.post(
    "/responses",
    response_model=ResponseAnswer,
    responses={200: {"content": _STREAMED}},
    summary="Let a model write an answer, as a response",
)
async def create_response(asked: ResponseBody, service: Served) -> Response:
    """An answer that the language model of this server writes from the archive, as ``POST /answer`` has it, with a ``file_citation`` for
    each passage that it cites; where the archive does not answer, the model is not asked, and the message says so.
    """
    writer = _writer(service, asked.model)
    if asked.previous_response_id:
        raise Problem(404, "no response is kept here: send the earlier messages in input, instead of previous_response_id")
    search = next((tool for tool in asked.tools if tool.type == "file_search"), Tool(type="file_search"))
    for store in search.vector_store_ids:
        check_store(store)
    messages = [Message(role="user", content=asked.input)] if isinstance(asked.input, str) else asked.input
    limit = search.max_num_results or OF_CONTEXT["limit"]
    least = search.ranking_options.score_threshold if search.ranking_options else None
    said = await _read(service, writer, messages, limit=limit, where=plain(search.filters), min_score=least)
    written = _Response(writer.model.name, said, with_results=_RESULTS in (asked.include or ()))
    if asked.stream:
        return event_stream(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n" async for data in written.events())
    await _finish(written, said)
    return json_response(written.response())


@router.post(
    "/chat/completions",
    response_model=ChatAnswer,
    responses={200: {"content": _STREAMED}},
    summary="Let a model write an answer, as a chat completion",
)
async def create_chat_completion(asked: ChatBody, service: Served) -> Response:
    """The same answer as a chat completion, for clients that speak nothing else; a passage whose article has an address is an
    annotation.
    """
    writer = _writer(service, asked.model)
    said = await _read(service, writer, asked.messages)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": writer.model.name}
    if asked.stream:
        return event_stream(_chunks(head, said))
    written = Written()
    await _finish(written, said)
    content, notes = written.text + _doubts(written), _addresses(written, said)
    message = {"role": "assistant", "content": content, "refusal": None, "annotations": notes}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "length" if written.problem else "stop"}
    return json_response(ChatAnswer.filled(**head, choices=[choice], claims=written.claims))


def _writer(service: Service, model: str) -> Writer:
    writer = service.the_writer()
    if model != writer.model.name:
        raise Problem(404, f"there is no model {as_unicode(model)[:100]!r} that writes: expected {writer.model.name}")
    return writer


async def _read(service: Service, writer: Writer, messages: Sequence[Message], **options: Any) -> _Asked:
    """The last question of a conversation, and what the archive has on it. Raises Problem 422 for none, and as ``Index.context``."""
    users = [words for message in messages if message.role == "user" and (words := message.words())]
    if not users or messages[-1].role == "assistant":
        raise Problem(422, "the conversation does not end with a question: expected a last message of the role user")
    question, history = users[-1], [words[:MOST_READ] for words in users[:-1]][-MOST_MESSAGES:]
    if len(question) > MOST_QUESTION:
        raise Problem(422, f"a question of {len(question)} characters is too long: expected {MOST_QUESTION} at most")
    asked = cast("SearchOptions", {**OF_CONTEXT, **options, "history": history})

    def pack() -> _Asked:
        context = service.index.context(question, budget_tokens=_BUDGET, **asked)
        articles = {each.article_id: service.index.article(each.article_id) for each in context.excerpts}
        return _Asked(question, context, articles, writer.answer_from(service.index, context, question, history))

    said = await service.run(pack)
    check_room(said.context)
    return said


async def _finish(written: Written, said: _Asked) -> None:
    """Have the whole answer ``written``. Raises Problem 503 if nothing is."""
    async for event in said.events:
        written.add(event)
    if written.problem and not written.text:
        raise Problem(503, written.problem)


def _doubts(written: Written) -> str:
    """What ends the text of a chat completion, of which chat programs show nothing else: the sentences that are not supported."""
    doubts = doubts_text(written.claims)
    return doubts and f"\n\n{doubts}"


def _cited(written: Written, said: _Asked) -> Iterator[tuple[int, int, Excerpt]]:
    """Where a passage is cited, from where to where, and which."""
    excerpts = {excerpt.number: excerpt for excerpt in said.context.excerpts}
    for start, end, numbers in markers(written.text):
        yield from ((start, end, excerpts[number]) for number in numbers if number in excerpts)


def _addresses(written: Written, said: _Asked) -> list[dict[str, Any]]:
    cited = [
        {"start_index": start, "end_index": end, "url": excerpt.url, "title": excerpt.title or excerpt.article_id}
        for start, end, excerpt in _cited(written, said)
        if excerpt.url
    ]
    return [{"type": "url_citation", "url_citation": each} for each in cited]


async def _chunks(head: Mapping[str, Any], said: _Asked) -> AsyncIterator[str]:
    """The chunks of a chat completion, as they are sent."""

    def chunk(delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return line({**head, "object": "chat.completion.chunk", "choices": [choice], **more})

    def line(data: Mapping[str, Any]) -> str:
        return f"data: {json.dumps(data)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    written = Written()
    async for event in said.events:
        if (text := written.add(event)) is not None:
            yield chunk({"content": text})
    if doubts := _doubts(written):
        yield chunk({"content": doubts})
    if written.problem:
        yield line({"error": {"message": written.problem, "type": "server_error", "param": None, "code": None}})
        return
    if annotations := _addresses(written, said):
        yield chunk({"annotations": annotations})
    yield chunk({}, "stop", claims=written.claims)
    yield "data: [DONE]\n\n"


class _Response(Written):
    def __init__(self, model: str, said: _Asked, *, with_results: bool) -> None:
        super().__init__()
        self._head = {"id": f"resp_{uuid.uuid4().hex}", "created_at": int(time.time())}
        self._model = model
        self._said = said
        self._with_results = with_results
        self._search_id, self._message_id = f"fs_{uuid.uuid4().hex}", f"msg_{uuid.uuid4().hex}"

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """The events of the stream. The search is over when its own are told."""
        numbers = count()

        def told(kind: str, **data: Any) -> dict[str, Any]:
            return {"type": f"response.{kind}", "sequence_number": next(numbers), **data}

        begun = self.response() | {"status": "in_progress", "output": []}
        for kind in ("created", "in_progress"):
            yield told(kind, response=begun)
        search = self._search()
        yield told("output_item.added", output_index=0, item=search | {"status": "in_progress", "results": None})
        for step in ("in_progress", "searching", "completed"):
            yield told(f"file_search_call.{step}", item_id=self._search_id, output_index=0)
        yield told("output_item.done", output_index=0, item=search)
        place = {"item_id": self._message_id, "output_index": 1, "content_index": 0}
        yield told("output_item.added", output_index=1, item=self._message() | {"status": "in_progress", "content": []})
        yield told("content_part.added", **place, part=self._part())
        annotated = 0
        async for event in self._said.events:
            if (text := self.add(event)) is not None:
                yield told("output_text.delta", **place, delta=text, logprobs=[])
                annotations = self._annotations()
                for index, annotation in enumerate(annotations[annotated:], annotated):
                    yield told("output_text.annotation.added", **place, annotation_index=index, annotation=annotation)
                annotated = len(annotations)
        yield told("output_text.done", **place, text=self.text, logprobs=[])
        yield told("content_part.done", **place, part=self._part())
        yield told("output_item.done", output_index=1, item=self._message())
        yield told("failed" if self.problem else "completed", response=self.response())

    def response(self) -> dict[str, Any]:
        """The response, of what is written so far."""
        supported = sum(claim["verdict"] == "supported" for claim in self.claims)
        counts = {"claims": str(len(self.claims)), "supported": str(supported)} if self.claims else {}
        return ResponseAnswer.filled(
            **self._head,
            status="failed" if self.problem else "completed",
            error={"code": "server_error", "message": self.problem} if self.problem else None,
            metadata={"answerable": str(self._said.context.answerable).lower()} | counts,
            model=self._model,
            output=[self._search(), self._message()],
            tools=[_TOOL],
            claims=self.claims,
        )

    def _search(self) -> dict[str, Any]:
        results = None
        if self._with_results:
            results = [result_of(self._said.articles[each.article_id], each) | {"text": each.text} for each in self._said.context.excerpts]
        head = {"id": self._search_id, "type": "file_search_call", "status": "completed"}
        return {**head, "queries": [as_unicode(self._said.question)], "results": results}

    def _message(self) -> dict[str, Any]:
        status = "incomplete" if self.problem else "completed"
        return {"id": self._message_id, "type": "message", "status": status, "role": "assistant", "content": [self._part()]}

    def _part(self) -> dict[str, Any]:
        return {"type": "output_text", "text": self.text, "annotations": self._annotations(), "logprobs": []}

    def _annotations(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "file_citation",
                "file_id": excerpt.article_id,
                "filename": filename_of(self._said.articles[excerpt.article_id]),
                "index": start,
            }
            for start, _, excerpt in _cited(self, self._said)
        ]

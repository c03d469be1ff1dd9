"""A chatbot's backend: POST /chat with a question answers with server-sent events.

    OPENAI_BASE_URL=http://127.0.0.1:11434/v1 OPENAI_API_KEY=none CHAT_MODEL=llama3.1 uvicorn app:app

README.md says what the settings and the events are.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from newsdex import ChatModel, Index, Writer

Message = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]


class Question(BaseModel):
    """What is asked, and what the same person asked before, the oldest first."""

    model_config = ConfigDict(extra="forbid")

    question: Message
    history: Annotated[list[Message], Field(max_length=20)] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the index and the client of the model, once for all questions."""
    model = ChatModel(
        url=os.environ["OPENAI_BASE_URL"],
        name=os.environ["CHAT_MODEL"],
        key=os.environ.get("OPENAI_API_KEY", ""),
        seconds=float(os.environ.get("CHAT_TIMEOUT", "60")),
    )
    with Index.open(os.environ.get("NEWSDEX_INDEX_DIR", "index_data")) as index:
        # Readers are told that the model failed, the log where it is and what it said.
        async with Writer(model, for_readers=True) as writer:
            app.state.index, app.state.writer = index, writer
            index.prepare()  # or the first questions are many times slower
            yield


logging.basicConfig()
app = FastAPI(title="A chatbot that cites its archive", lifespan=lifespan)


@app.post("/chat")
async def chat(asked: Question, request: Request) -> StreamingResponse:
    """The answer as server-sent events."""
    budget = int(os.environ.get("CHAT_BUDGET_TOKENS", "3000"))
    writer: Writer = request.app.state.writer
    events = writer.answer(request.app.state.index, asked.question, budget_tokens=budget, history=asked.history)

    async def lines() -> AsyncIterator[str]:
        async for name, data in events:
            yield f"event: {name}\ndata: {json.dumps(data)}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


@app.get("/health")
def health(request: Request) -> dict[str, object]:
    """How many articles there are to answer from."""
    return {"articles": request.app.state.index.manifest.articles}

"""The route of written answers, as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from newsdex.output import told_remarks
from newsdex.search.server.bodies import StrictRoute
from newsdex.search.server.models import ContextBody
from newsdex.search.server.problems import answers
from newsdex.search.server.service import Served
from newsdex.search.writing.answer import Event, check_room

router = APIRouter(route_class=StrictRoute)

_TOLD = answers(400, 401, 403, 408, 409, 413, 414, 415, 421, 422, 429, 431, 500, 503)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, each with a JSON object: refusal, or sources, then text and quotations, then done or error "
        "(docs/ANSWER.md).",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.post(
    "/answer", responses=_TOLD | _STREAM, response_class=StreamingResponse, summary="Have a model write an answer", tags=["search"]
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

"""What goes wrong, as clients are told: application/problem+json, RFC 9457."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match, Route

from newsdex.errors import ArticleMissing, Conflict, FilterTooCostly, IndexFolderError, ModelError, NewsdexError, OutOfTime, UsageError
from newsdex.output import as_unicode
from newsdex.search.server.answers import Exact
from newsdex.search.server.faults import faults, in_one, without_places

log = logging.getLogger("newsdex.serve")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1  # after which it is worth asking a busy server again
# What has the form that is described, and contradicts itself or the archive, is 400; what has not is 422.
_STATUS: tuple[tuple[type[NewsdexError], int], ...] = (
    (ArticleMissing, 404),
    (IndexFolderError, 503),
    (ModelError, 503),
    (FilterTooCostly, 422),
    (Conflict, 409),
    (UsageError, 400),
    (OutOfTime, 503),
)


# What a client does in place of a command. Others are for who runs the server.
_INSTEAD = (
    (re.compile(r'search "\.\.\."$'), "GET /search?q=..."),
    (re.compile(r'newsdex verify-quote (".*")$'), r'{"quote": \1}'),
    (re.compile(r'newsdex check (".*")$'), r'{"answer": \1}'),
    (re.compile(r"\bnewsdex [a-z]+.*"), r"\g<0> (a command for the operator of this server)"),
)
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_OPENAI_CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="The parameter, or the member of the body, such as body.limit.")
    detail: str = Field(description="What is wrong with it.")


class OpenAIError(Exact):
    """What went wrong, in the form of the OpenAI API."""

    message: str
    type: str
    param: str | None
    code: str | None


class ProblemRecord(Exact):
    """What went wrong (RFC 9457)."""

    title: str = Field(description="The status in words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What was wrong, what was expected, and how to fix it.")
    errors: list[FieldError] = Field(default=[], description="The single errors of the request.")
    error: OpenAIError | None = Field(default=None, description="The same for clients of the OpenAI API, under /v1.")


class Problem(HTTPException):
    """Something that a client is told, with ``errors`` by (where, detail)."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, errors: Sequence[tuple[str, str]] = ()) -> None:
        headers = dict(headers or {})
        if status in (429, 503):
            headers.setdefault("Retry-After", str(RETRY_SECONDS))
        super().__init__(status, detail, headers)
        self.errors = errors

    def response(self, path: str = "") -> Response:
        """The answer that tells it to who asked at ``path``; clients of the OpenAI API look for it elsewhere."""
        content: dict[str, Any] = {"title": HTTPStatus(self.status_code).phrase, "status": self.status_code, "detail": self.detail}
        if self.errors:
            content["errors"] = [{"where": where, "detail": detail} for where, detail in self.errors]
        if path.startswith("/v1/"):
            usual = "server_error" if self.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
            kind, code = _OPENAI_TYPES.get(self.status_code, usual), _OPENAI_CODES.get(self.status_code)
            where = self.errors[0][0].removeprefix("body.").removeprefix("query.") if self.errors else None
            content["error"] = {"message": self.detail, "type": kind, "param": where, "code": code}
        return Response(json_bytes(content), self.status_code, self.headers, MEDIA_TYPE)


def problem_of(error: NewsdexError) -> Problem:
    """What a client is told of ``error``."""
    told = as_unicode(str(error))
    for command, instead in _INSTEAD:
        told = command.sub(instead, told)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return Problem(status, told if status < HTTPStatus.INTERNAL_SERVER_ERROR else without_places(told))


def json_bytes(content: Any) -> bytes:
    """``content`` as JSON in UTF-8. NaN is no JSON, and what is no character becomes a question mark."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def json_response(content: Any, status: int = 200) -> Response:
    """``content`` as JSON."""
    return Response(json_bytes(content), status, media_type="application/json")


def event_stream(lines: AsyncIterator[str]) -> Response:
    """Server-sent events, which no proxy is to hold back."""
    return StreamingResponse(lines, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, as OpenAPI has them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemRecord"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


READ = answers(400, 401, 403, 413, 414, 421, 422, 429, 431, 500, 503)
SENT = answers(408, 415)  # also, where there is a body
MISSING = answers(404)


def install(app: FastAPI) -> None:
    """Have ``app`` tell its problems so."""
    for kind in (NewsdexError, HTTPException, RequestValidationError, Exception):
        app.exception_handler(kind)(_told)


async def _told(request: Request, error: Exception) -> Response:
    if isinstance(error, NewsdexError):
        problem = problem_of(error)
        if problem.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("%s: %s", type(error).__name__, as_unicode(str(error)))
    elif isinstance(error, RequestValidationError):
        errors = faults(error.errors())
        problem = Problem(422, in_one(errors), errors=errors)
    elif isinstance(error, HTTPException):
        problem = error if isinstance(error, Problem) else _of_framework(request, error)
    else:  # told in the log by the gate, to which Starlette raises it again
        problem = Problem(500, "the server failed; its log says how")
    return problem.response(request.url.path)


def _of_framework(request: Request, error: HTTPException) -> Problem:
    """What Starlette found wrong: the method, the address, or the body."""
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods := sorted(_methods(request)))
        detail = f"{request.method[:20]} is not for this address: expected {' or '.join(methods)}"
    elif error.status_code == HTTPStatus.NOT_FOUND:
        detail = "there is nothing at this address; /docs lists what there is"
    else:
        detail = str(error.detail)
    return Problem(error.status_code, detail, headers)


def _methods(request: Request) -> set[str]:
    """The methods of all routes that have the address; Starlette tells those of the first."""
    routes: list[Route] = request.app.routes
    methods = {method for route in routes if route.matches(request.scope)[0] is not Match.NONE for method in route.methods or ()}
    return methods | {"HEAD"} if "GET" in methods else methods

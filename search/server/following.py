"""The routes of standing questions: what a client follows, and what was reported of it."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BeforeValidator, Field
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from newsdex.search.server.answers import NOT_CITED, Exact, of_article
from newsdex.search.server.models import offering
from newsdex.search.server.problems import MISSING, READ, SENT, Problem, answers, json_response
from newsdex.search.server.security import KEY
from newsdex.search.server.service import ServedWhole
from newsdex.search.server.settings import Follower
from newsdex.search.server.values import AnyFilter, Condition, Language, Name, Question, Strict, StrictRoute

_OPTIONS = ("mode", "min_score", "literal", "read_dates", "since", "until", "on")

router = APIRouter(route_class=StrictRoute, responses=READ | MISSING | answers(409), tags=["follow"])


Place = Literal["here", "feed", "jsonl", "webhook", "command", "output"]


@of_article(*NOT_CITED)
class NoticeRecord(Exact):
    """An article that was reported."""

    notice: str = Field(description="The id of the notice, which stays the same if it is delivered again.")
    update: bool = Field(description="Whether the article, or an earlier version of it, was reported before.")
    told: str = Field(description="Time of the report, UTC.")
    score: float = Field(ge=0, le=1)
    retracted: str | None = Field(description="Why the article was withdrawn, if it was.")
    corrected_by: str | None = Field(description="The id or URL of its corrected version, if there is one.")
    answer: str | None = Field(description="The sentence that answers.")


class FollowedRecord(Exact):
    """A followed question and its newest notices, newest first."""

    name: str
    question: str
    made: str = Field(description="Time since which it is followed, UTC.")
    since: str | None
    until: str | None
    on: str | None
    source: list[str]
    lang: list[str]
    where: list[str]
    filter: AnyFilter | None
    reported: list[Place] = Field(description="Where its new articles are reported; here: in notices.")
    notices: list[NoticeRecord] = Field(max_length=20)
    remarks: list[str] = Field(default=[], description="Only when it is created: which filter values no article has.")


class FollowedAnswer(Exact):
    """The questions that a client follows, the most recently reported first."""

    following: list[FollowedRecord]


_Several = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)


@offering(*_OPTIONS)
class FollowBody(Strict):
    """The body of POST /following. source, lang and where can be one value or a list."""

    query: Question
    source: Annotated[list[Name], _Several] = Field(default=[], max_length=20, description="Only articles of one of these sources.")
    lang: Annotated[list[Language], _Several] = Field(default=[], max_length=20, description="Only articles in one of these languages.")
    where: Annotated[list[Condition], _Several] = Field(
        default=[], max_length=50, description="Only articles that meet all of these conditions."
    )
    filter: AnyFilter | None = Field(default=None, description="Only articles that match this filter, as in POST /search: docs/FILTERS.md.")
    name: str = Field(default="", max_length=64, description="Name to stop it by; by default its first words.")


async def _mine(request: HttpRequest, service: ServedWhole) -> tuple[Follower, str]:
    """Who keeps the questions, and whose are meant: those of the key, or of who has this machine. Raises Problem."""
    follower = service.settings.follower
    if not follower:
        raise Problem(
            404, "this server follows no questions: its archive is in Milvus. Follow in the folder that it is pushed from: newsdex follow"
        )
    key: str = request.scope.get(KEY, "")
    # No name of a key is stored that a key could be guessed by
    return follower, hashlib.blake2b(key.encode(), digest_size=16, person=b"follow").hexdigest() if key else ""


Mine = Annotated[tuple[Follower, str], Depends(_mine)]


@router.get("/following", response_model=FollowedAnswer, summary="List what you follow")
async def list_following(mine: Mine, service: ServedWhole) -> Response:
    """The standing questions of your key, each with its newest notices. `newsdex index` and `newsdex watch` create the notices."""
    follower, owner = mine
    return json_response({"following": await service.run(lambda: follower.following(owner), aside=True)})


@router.post("/following", response_model=FollowedRecord, status_code=201, responses=SENT, summary="Follow a question")
async def begin_following(asked: FollowBody, mine: Mine, service: ServedWhole) -> Response:
    """Follow a question: each new article that answers it is reported once. Articles already in the archive are not reported."""
    follower, owner = mine
    filters = asked.model_dump(exclude={"query", "name"})
    made = await service.run(lambda: follower.follow(owner, asked.query, asked.name, filters), aside=True)
    return json_response(made, 201)


@router.delete("/following/{name}", response_model=FollowedRecord, summary="Stop following a question")
async def end_following(name: Annotated[str, Path(max_length=64)], mine: Mine, service: ServedWhole) -> Response:
    """Stop following one of your questions, and delete its notices."""
    follower, owner = mine
    return json_response(await service.run(lambda: follower.unfollow(owner, name), aside=True))

"""How a server is run, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from newsdex.search.deadline import SECONDS
from newsdex.search.index import Index
from newsdex.search.writing.answer import ChatModel


class Follower(Protocol):
    """Keeps the standing questions of clients: newsdex.following.questions.Desk. ``owner`` is a client, "" who has this machine."""

    def following(self, owner: str) -> list[dict[str, Any]]:
        """What ``owner`` follows."""

    def follow(self, owner: str, question: str, name: str, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Follow a question."""

    def unfollow(self, owner: str, name: str) -> dict[str, Any]:
        """Follow it no more."""


COUNTED = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's variable for the folder in which several processes count


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request, one client and all together may ask for. Sizes are in bytes, times in seconds."""

    body: int = 1_048_576
    target: int = 65_536  # path and query of the address
    headers: int = 32_768  # names and values
    header_count: int = 100
    in_flight: int = 256  # requests that are answered or wait
    per_client: int = 128  # the same, of one key or address
    rate: float = 0.0  # requests a second of one client; 0: as many as it likes
    burst: int = 100  # that a client may send at once, where there is a rate
    wrong_rate: float = 10.0  # requests a second of one address whose key is wrong, after as many as ``burst``
    connections: int = 1_000
    pipelined: int = 32  # requests that wait on one connection for those before them
    seconds: float = SECONDS  # from the last byte of a request to its answer
    body_seconds: float = 20.0  # for the body to arrive
    header_seconds: float = 10.0  # for the headers to arrive
    idle_seconds: float = 10.0  # between two requests on a connection
    drain_seconds: int = 10  # for what was asked before the end


def too_large(limits: Limits) -> str:
    """What a client is told whose headers are more than ``limits`` allow."""
    return f"the headers are too large: expected at most {limits.header_count} headers and {limits.headers} bytes of them all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``keys``: clients must send one, or one of ``views``: by the sha256 of a key in hex, the index that it opens instead; ``key_names``
    are for the log. ``hosts`` and ``origins``: names and sites, besides this machine's own, by which clients may reach the server, as
    through a proxy; with ``addresses``, any IP address is such a name. ``proxies``: addresses and networks whose X-Forwarded-For and
    X-Forwarded-Proto are used. ``threads`` answer questions: with more than one, questions are fewer in a batch, and wait for each
    other. ``model`` writes answers, where there is one. Requests that take ``slow`` seconds or longer are logged as warnings; 0: none. With
    ``log_questions`` the log has what was asked.
    """

    keys: tuple[str, ...] = field(default=(), repr=False)
    views: Mapping[str, Index] = field(default_factory=dict)
    key_names: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    addresses: bool = False
    proxies: tuple[str, ...] = ()
    threads: int = 1
    model: ChatModel | None = None
    slow: float = 5.0
    log_questions: bool = False
    limits: Limits = field(default_factory=Limits)
    follower: Follower | None = None  # who keeps standing questions

    @property
    def locked(self) -> bool:
        """Whether clients must send a key."""
        return bool(self.keys or self.views)

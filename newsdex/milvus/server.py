"""One connection to Milvus. Every failure is one of newsdex's errors, with a remedy; a question waits seconds, not minutes."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from newsdex.errors import (
    IndexBusy,
    IndexFolderError,
    IndexMissing,
    ServerError,
    ServerRefused,
    ServerTooOld,
    ServerUnreachable,
    UsageError,
    extra,
)
from newsdex.milvus.place import TOKEN_VARIABLE, Place

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient
    from pymilvus.milvus_client.index import IndexParams

Row: TypeAlias = dict[str, Any]
_T = TypeVar("_T")

ANSWER_SECONDS = 3.0
# A server whose node has just died fails at once until it has noticed: with common.session.ttl at 6 seconds, about so long.
PATIENCE_SECONDS = 8.0
WRITE_SECONDS = 60.0
PAUSE_SECONDS = 0.5
_WRITE_PATIENCE = 40.0
_LONGEST_PAUSE = 2.0
_LEAST = (2, 3)  # array fields
SPARSE = (2, 4)  # vectors of words
# Before, a query node that has just come up answers as if the archive were empty: milvus-io/milvus, pull request 36549.
_HONEST = (2, 5)
WITNESS = "witness"  # the id of a row that is no passage and no article, by which such an answer is known
MOST_FOUND = 16_384  # rows that one call of any Milvus returns
_PAGE = 1_000
_SHOWN = 250  # characters of what a server reports
_WIDEST = 32_768  # of HNSW: ef
_UNREACHABLE = ("fail connecting", "unavailable", "timeout", "deadline", "connection refused", "channel not found", "no available")
_REFUSED = ("auth check failure", "missing authorization", "unauthenticated", "authentication", "permission deny", "privilege")
_TOO_FEW = ("nodes not enough", "node not enough", "no enough nodes")
_NOT_LOADED = ("not loaded", "not fully loaded", "'released'")
_EXTRA = extra("cluster")


class _Partial(Exception):
    """The server's response lacks the witness."""


def witness_vector(dimension: int) -> list[float]:
    """The vector of the witness: a unit vector with no component larger than those of passages."""
    return [dimension**-0.5] * dimension


class Server:
    """A connection to the server or the file of a place, for any number of threads. ``sees_all``: reads include all earlier writes, else
    perhaps not those of the last seconds. Requests to ``witnessed`` collections also ask for a row WITNESS: without it, others may be
    missing too, and the request is repeated.
    """

    def __init__(self, place: Place, *, new: bool = False) -> None:
        """``new``: create the file. Raises ServerError, IndexMissing for a missing file, IndexBusy, and UsageError without pymilvus."""
        self.place = place
        self.sees_all = False
        self.witnessed: frozenset[str] = frozenset()
        try:
            from pymilvus import MilvusClient
        except ModuleNotFoundError as error:
            raise UsageError(f"{place.given} needs pymilvus, which is not installed. Install it: {_EXTRA}") from error
        # It writes every failure to standard error, with a traceback; ours are exceptions.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        if place.is_file:
            logging.getLogger("milvus_lite").setLevel(logging.CRITICAL)
            self._check_file(new=new)
        token = os.environ.get(TOKEN_VARIABLE, "")
        self.client: MilvusClient = self.call(
            lambda: MilvusClient(place.uri, token="" if place.is_file else token, db_name=place.database, timeout=ANSWER_SECONDS),
            patience=0,
        )
        told = str(self.call(lambda: self.client.get_server_version(timeout=ANSWER_SECONDS)))
        self.version = tuple(map(int, re.findall(r"\d+", told)[:3]))
        if not place.is_file and self.version < _LEAST:
            raise ServerTooOld(f"{place.given} runs Milvus {told}: expected {'.'.join(map(str, _LEAST))} or later. Upgrade the server")

    @property
    def has_sparse(self) -> bool:
        """Whether the server can rank by keywords."""
        return self.place.is_file or self.version >= SPARSE

    @property
    def needs_witness(self) -> bool:
        """Whether the server may silently answer from a part of a collection."""
        return not self.place.is_file and self.version < _HONEST

    def close(self) -> None:
        """Close the connection; another process can then open the file."""
        self.client.close()

    def _reading(self, *, strong: bool = False) -> dict[str, Any]:
        """How to read: at the level "Bounded" the last seconds may be missing, at "Strong" the server waits for all earlier writes."""
        level = "Strong" if strong or self.sees_all else "Bounded"
        return {"consistency_level": level, "timeout": WRITE_SECONDS if strong else ANSWER_SECONDS}

    def call(self, ask: Callable[[], _T], patience: float = PATIENCE_SECONDS) -> _T:
        """Return the result of ``ask``, retried once if there is no response, for ``patience`` if it fails at once. Raises ServerError."""
        began, pause, asked = time.monotonic(), PAUSE_SECONDS, 0
        while True:
            try:
                return ask()
            except Exception as error:
                problem = self._problem(error)
                if problem is None:
                    raise
                asked += 1
                late = asked > 1 and time.monotonic() - began + pause > patience
                if late or not isinstance(problem, ServerError) or isinstance(problem, ServerRefused):
                    raise problem from error
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def has(self, name: str) -> bool:
        """Whether there is a collection or an alias of that name."""
        return bool(self.call(lambda: self.client.has_collection(name, timeout=ANSWER_SECONDS)))

    def describe(self, name: str) -> Row:
        """The collection called ``name``, which may be an alias."""
        return self.call(lambda: self.client.describe_collection(name, timeout=ANSWER_SECONDS))

    def create(self, name: str, schema: CollectionSchema, indexes: IndexParams, shards: int, replicas: int) -> None:
        """Make, index and load a collection, unless it exists. Completes an interrupted run."""
        if not self.has(name):
            # Iterators take no other level than that of the collection, whatever they are given: a sweep that misses new heads would remove
            # what they are of.
            options = {"num_shards": shards, "consistency_level": "Strong"}
            self.call(lambda: self.client.create_collection(name, schema=schema, timeout=WRITE_SECONDS, **options), patience=0)
        if not self.call(lambda: self.client.list_indexes(name, timeout=ANSWER_SECONDS)):
            self.call(lambda: self.client.create_index(name, indexes, timeout=WRITE_SECONDS), patience=0)
        self.load(name, replicas)

    def load(self, name: str, replicas: int = 1) -> None:
        """Load a collection into memory ``replicas`` times, unless it is loaded."""
        from pymilvus.client.types import LoadState

        if not self.place.is_file:
            state = self.call(lambda: self.client.get_load_state(name, timeout=ANSWER_SECONDS))["state"]
            if state == LoadState.Loaded:
                return  # loaded again with another number of replicas, it would be refused
        # Not by create_collection, which takes the number of replicas and leaves it out when it loads.
        options = {"replica_number": replicas} if replicas > 1 else {}
        self.call(lambda: self.client.load_collection(name, timeout=WRITE_SECONDS, **options), patience=_WRITE_PATIENCE)

    def query(self, name: str, expression: str, fields: Sequence[str], *, limit: int | None = None, strong: bool = False) -> list[Row]:
        """The rows that match ``expression``, with ``fields``; ``strong``: including all earlier writes."""
        options = {**self._reading(strong=strong), **({"limit": limit} if limit else {})}
        asked = self._with_witness(name, expression)

        def ask() -> list[Row]:
            rows = list(self.client.query(name, filter=asked, output_fields=["id", *fields], **options))
            others = [row for row in rows if row["id"] != WITNESS]
            cut_off = limit is not None and len(rows) >= limit
            if name in self.witnessed and not cut_off and len(others) == len(rows):
                raise _Partial
            return others

        return self.call(ask)

    def count(self, name: str, expression: str, *, strong: bool = False) -> int:
        """The number of rows that match ``expression``; of all rows if it is empty."""
        asked, more = self._with_witness(name, expression), int(name in self.witnessed)
        options = self._reading(strong=strong)

        def ask() -> int:
            [row] = self.client.query(name, filter=asked, output_fields=["count(*)"], **options)
            if row["count(*)"] < more:
                raise _Partial
            return int(row["count(*)"]) - more

        return self.call(ask)

    def search(
        self, name: str, field: str, vector: object, expression: str, fields: Sequence[str], limit: int, *, exact: bool = False
    ) -> list[tuple[float, Row]]:
        """The ``limit`` rows with the largest inner products with ``vector``; ``exact``: search as widely as the index can."""
        asked, vectors, most = expression, [vector], limit
        if field == "dense" and name in self.witnessed:
            assert isinstance(vector, list)
            asked, vectors, most = self._with_witness(name, expression), [vector, witness_vector(len(vector))], min(limit + 1, MOST_FOUND)
        width = {"ef": _WIDEST if exact else most} if field == "dense" else {}

        def ask() -> list[tuple[float, Row]]:
            found, *witness = self.client.search(
                name,
                vectors,
                anns_field=field,
                filter=asked,
                limit=most,
                output_fields=list({"id", *fields}),
                search_params={"metric_type": "IP", "params": width},
                **self._reading(),
            )
            if witness and not any(hit["entity"]["id"] == WITNESS for hit in witness[0]):
                raise _Partial
            return [(float(hit["distance"]), hit["entity"]) for hit in found if hit["entity"]["id"] != WITNESS][:limit]

        return self.call(ask)

    def every(self, name: str, expression: str, fields: Sequence[str]) -> Iterator[Row]:
        """All rows that match ``expression``, in any order. Raises ServerError at the end if the server counts another number."""
        iterator = self.call(
            lambda: self.client.query_iterator(
                name, batch_size=_PAGE, filter=expression, output_fields=list({"id", *fields}), timeout=WRITE_SECONDS
            )
        )
        seen = 0
        try:
            while rows := self.call(iterator.next):
                for row in rows:
                    if row["id"] != WITNESS:
                        seen += 1
                        yield row
        finally:
            iterator.close()
        if name in self.witnessed and seen != self.count(name, expression, strong=True):
            raise self._partial()

    def _with_witness(self, name: str, expression: str) -> str:
        return f'({expression}) or id == "{WITNESS}"' if expression and name in self.witnessed else expression

    def _partial(self) -> ServerError:
        return ServerError(
            f"{self.place.given} does not show everything in it: a node may have died or come back. Try again in some seconds: "
            f"docs/CLUSTER.md"
        )

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        """Write ``rows``, replacing those with the same ids."""
        if rows:
            self.call(lambda: self.client.upsert(name, list(rows), timeout=WRITE_SECONDS), patience=_WRITE_PATIENCE)

    def delete(self, name: str, expression: str) -> None:
        """Remove the rows that match ``expression``."""
        self.call(lambda: self.client.delete(name, filter=expression, timeout=WRITE_SECONDS), patience=_WRITE_PATIENCE)

    def flush(self, name: str) -> None:
        """Make writes durable. The first call after the death of a data node fails and is repeated."""
        self.call(lambda: self.client.flush(name, timeout=WRITE_SECONDS), patience=_WRITE_PATIENCE)

    def _check_file(self, *, new: bool) -> None:
        file = Path(self.place.uri)
        if not file.parent.is_dir():
            raise IndexMissing(f"the folder {file.parent} of {self.place.given} does not exist. Create it, or name another file")
        if not new and not file.exists():
            raise IndexMissing(f"there is no index at {self.place.given}. Make one: newsdex push FOLDER {self.place.given}")

    def _problem(self, error: Exception) -> IndexFolderError | UsageError | None:
        """The newsdex error for an exception of pymilvus or gRPC; None for any other."""
        if isinstance(error, _Partial):
            return self._partial()
        module = type(error).__module__
        if not module.startswith(("pymilvus", "grpc")):
            return None
        # Of a connection that is refused pymilvus says that it failed, and has the reason in what that was raised from.
        reason = getattr(error.__cause__, "details", str)() or ""
        text = " ".join(str(getattr(error, "message", None) or error).split())
        return _ours(self.place, text, reason, lost=module.startswith("grpc"))


def _ours(place: Place, text: str, reason: str, *, lost: bool) -> IndexFolderError | UsageError:  # noqa: PLR0911 - an error a case
    """The error for a message of the server or the library, with the underlying reason; ``lost``: the connection broke."""
    given, low = place.given, f"{text} {reason}".lower()
    text = reason or text
    text = text if len(text) <= _SHOWN else f"...{text[-_SHOWN:]}"  # what comes first is where in the server's source it came up
    if place.is_file and "open local milvus failed" in low:
        if "milvus-lite" in low:
            return UsageError(f"{given} needs milvus-lite, which is not installed. Install it: {_EXTRA}")
        return IndexBusy(
            f"{given} cannot be opened: another process has it open, or it is not a file of Milvus Lite. Close the other process, or use a "
            f"Milvus server"
        )
    if any(word in low for word in _TOO_FEW):
        return UsageError(
            f"{given}: the server has too few query nodes for so many replicas ({text}). Push with fewer --replicas, or start nodes"
        )
    if any(word in low for word in _REFUSED):
        return ServerRefused(f"{given} rejects the user or token ({text}). Set it: export {TOKEN_VARIABLE}=USER:PASSWORD")
    if "database not found" in low:
        return IndexMissing(f"{given}: the server has no database {place.database!r}. Name another, or make it with the server's own tools")
    if lost or any(word in low for word in _UNREACHABLE):
        return ServerUnreachable(f"no answer from {given} ({text}). Check the address, and that Milvus runs there: docs/CLUSTER.md")
    if any(word in low for word in _NOT_LOADED):
        return ServerError(
            f"{given} is not in the server's memory ({text}). Load it: newsdex push FOLDER {given}, or the server's own tools"
        )
    if "not found" in low and "collection" in low:
        return IndexMissing(f"there is no collection at {given}. Make it: newsdex push FOLDER {given}")
    return ServerError(f"{given} cannot answer ({text}). Try again in some seconds; if it persists, check the server: docs/CLUSTER.md")

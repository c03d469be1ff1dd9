"""How many questions a second does ``newsdex serve`` answer? Hybrid search over 100,000 passages, with a client process that keeps 32
connections busy.

The archive is made from a real one, as archive.py has it: the sample's, or ``--corpus``. The questions, of which none is asked twice, are
sentences of it cut short, or the field "text" of ``--questions``, a file of JSON lines. The client speaks HTTP/1.1 through httptools and
does nothing else, so that nearly all that is measured is the server; it shares the processors with it. Under "overload" more ask at once
than may wait: what cannot be answered must be refused, and quickly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import httptools
import uvloop
from archive import Real, build, build_real
from script import SAMPLE, parser_of, questions_in, save

LIMIT = 5  # hits, as many as there are where nothing is said
WARM = 500  # requests before those that count
OVERLOAD = 400  # connections


class Target(NamedTuple):
    """A server that is asked, and how: the process, host and port, and the bytes of a request for each question."""

    pid: int
    host: str
    port: int
    requests: Sequence[bytes]


class _Connection(asyncio.Protocol):
    """One connection, one question after the other."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """The status of the answer, once it has been read whole."""
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._answer.set_result(self._parser.get_status_code())

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_result(-1)


def processes(pid: int) -> list[int]:
    """A process and those that it has started."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(other for child in started for other in processes(int(child)))]


def cpu_seconds(pid: int) -> float:
    """What a process, its threads and those that it has started have used so far."""
    each = [Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for process in processes(pid)]
    return sum(int(fields[11]) + int(fields[12]) for fields in each) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> int:
    """The memory of the same, what they share counted once, file pages that are mapped included."""
    told = [Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii") for process in processes(pid)]
    return round(sum(int(re.findall(r"^Pss:\s+(\d+)", each, re.MULTILINE)[0]) for each in told) / 1024)


async def _load(target: Target, connections: int, requests: Sequence[bytes]) -> dict[str, Any]:
    loop, waiting = asyncio.get_running_loop(), iter(requests)
    seconds: list[float] = []
    statuses: Counter[int] = Counter()

    async def keep_asking() -> None:
        connection = None
        for request in waiting:
            if connection is None:
                _, connection = await loop.create_connection(_Connection, target.host, target.port)
            began = time.perf_counter()
            status = await connection.ask(request)
            seconds.append(time.perf_counter() - began)
            statuses[status] += 1
            if status < 0:
                connection = None

    own, theirs, began = resource.getrusage(resource.RUSAGE_SELF), cpu_seconds(target.pid), time.perf_counter()
    await asyncio.gather(*(keep_asking() for _ in range(connections)))
    wall, theirs, spent = time.perf_counter() - began, cpu_seconds(target.pid) - theirs, resource.getrusage(resource.RUSAGE_SELF)
    seconds.sort()
    client = spent.ru_utime + spent.ru_stime - own.ru_utime - own.ru_stime
    return {
        "connections": connections,
        "requests": len(seconds),
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "per_second": round(len(seconds) / wall, 1),
        "p50_ms": round(seconds[len(seconds) // 2] * 1e3, 1),
        "p99_ms": round(seconds[int(len(seconds) * 0.99)] * 1e3, 1),
        "server_cpu_ms": round(theirs / len(seconds) * 1e3, 3),
        "client_cpu_ms": round(client / len(seconds) * 1e3, 3),
        "per_second_by_cpu_time": round(2 * len(seconds) / (theirs + client), 1),
    }


def load(target: Target, connections: int, count: int) -> dict[str, Any]:
    """``count`` of the requests over so many connections: rates, times and CPU time a request, client and server."""
    return uvloop.run(_load(target, connections, target.requests[:count]))


def questions_of(real: Real, count: int) -> Iterator[str]:
    """Sentences of the archive's passages, 4 to 12 words of each, other ones each time."""
    chance = random.Random(0)
    asked: set[str] = set()
    while len(asked) < count:
        words = chance.choice(chance.choice(real.sentences)).split()
        size = chance.randint(4, 12)
        start = chance.randint(0, max(0, len(words) - size))
        question = " ".join(words[start : start + size])
        if len(question) > 10 and question not in asked:
            asked.add(question)
            yield question


@contextmanager
def served(index: Path) -> Iterator[tuple[int, str, int]]:
    """``newsdex serve`` on a free port: its process, host and port."""
    command = [sys.executable, "-m", "newsdex", "serve", "--port", "0", "--index-dir", str(index)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        told = re.search(r"http://\S+", process.stderr.readline())
        assert told, "the server did not start"
        parts = urlsplit(told[0])
        try:
            yield process.pid, parts.hostname or "", parts.port or 0
        finally:
            process.send_signal(signal.SIGTERM)


@contextmanager
def other_server(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """Another library's server: its process, once it listens at the port."""
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.2)
            else:
                raise SystemExit("the server did not start")
            yield server.pid
        finally:
            server.terminate()


def requests_of(questions: Sequence[str], port: int, name: str = "q") -> list[bytes]:
    """The questions as HTTP, in the parameter of that name."""
    return [
        f"GET /search?{name}={quote(question)}&limit={LIMIT} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for question in questions
    ]


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def load_parser(about: str | None) -> argparse.ArgumentParser:
    """The options that each server's benchmark has."""
    parser = parser_of(about)
    parser.add_argument("--requests", type=int, default=6_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    parser.add_argument(
        "--folder", type=Path, default=Path("load-archive"), help="where the archive of load.py lies  [default: load-archive]"
    )
    return parser


def measured(target: Target, arguments: argparse.Namespace) -> tuple[Target, dict[str, Any]]:
    """The results of each number of connections, once the last WARM requests have warmed the server; and the target with the requests that
    are left.
    """
    load(target._replace(requests=target.requests[-WARM:]), 8, WARM)
    target = target._replace(requests=target.requests[:-WARM])
    results = {}
    for connections in arguments.connections:
        count = arguments.requests if connections > 1 else arguments.requests // 10
        results[f"{connections} connections"] = load(target, connections, count)
        print(json.dumps(results[f"{connections} connections"]), flush=True)
    return target, results


def main() -> None:
    parser = load_parser(__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path, nargs="+", default=[SAMPLE])
    parser.add_argument("--questions", type=Path, metavar="FILE", help="JSON lines with a field text  [default: sentences of the corpus]")
    arguments = parser.parse_args()
    real = build_real(arguments.corpus, arguments.folder / "real")
    build(real, arguments.passages, arguments.folder / "index")
    if arguments.questions:
        questions = questions_in(arguments.questions)[: arguments.requests + WARM]
    else:
        questions = list(questions_of(real, arguments.requests + WARM))
    before = os.getloadavg()[0]
    with served(arguments.folder / "index") as (pid, host, port):
        target, results = measured(Target(pid, host, port, requests_of(questions, port)), arguments)
        results["overload"] = load(target, OVERLOAD, arguments.requests)
        print(json.dumps(results["overload"]), flush=True)
        results["server_memory_mb"] = memory_mb(pid)
    unexpected = {status for each in results.values() if isinstance(each, dict) for status in each["statuses"]} - {"200", "429", "503"}
    if unexpected:
        raise SystemExit(f"unexpected statuses: {sorted(unexpected)}")
    content = {
        "load_average_before": round(before, 1),  # of the machine, which others may share
        "passages": arguments.passages,
        "words_in_a_question": round(statistics.fmean(len(question.split()) for question in questions), 1),
        "results": results,
    }
    save(arguments.json, content, "fastapi", "httptools", "numpy", "uvicorn", "uvloop")


if __name__ == "__main__":
    main()

"""A parser process as its parent sees it: started on demand, limited in time while awaited, restarted when it ends."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import KW_ONLY, asdict, dataclass, replace
from typing import Any

from newsdex.errors import NewsdexError, SourceError
from newsdex.indexer.limits import MAXRSS, Limits, in_words
from newsdex.indexer.workers import protocol
from newsdex.indexer.workers.protocol import Message, Request

# Requests are sent ahead to keep a parser busy; they must fit into a pipe, which holds 64 KiB.
_REQUESTS_AHEAD = 32
_BYTES_AHEAD = 32 << 10
# Bytes that a parser may write ahead of its parent, the most Linux allows without privileges.
_PIPE = 1 << 20
_SET_PIPE_SIZE = 1031
_READ = 1 << 20
_POLL_MS = 100
_HEAD_START = 2  # starts before a parser that ends before its first message is given up
_MOST_RESTARTS = 20  # restarts per file, one per part
# Of the environment, which may hold secrets, a parser gets only these.
_ENVIRONMENT = ("LANG", "LC_", "LD_LIBRARY_PATH", "TZ")
START = "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from newsdex.indexer.workers.child import main; main()"


@dataclass(slots=True)
class Job:
    """A file to parse. ``size`` in bytes; ``many``: it may hold many articles, each with its own time limit."""

    request: Request
    size: int
    many: bool
    begun: bool = False
    part: tuple[int, str] | None = None
    since: float = 0.0  # processor seconds of the process when the limit began
    begin: float = 0.0  # the same when the job began
    spent: float = 0.0  # processor seconds of processes that ended during this job
    restarts: int = 0
    text: int = 0  # bytes of text received
    packed: bytes = b""  # the encoded request

    def __post_init__(self) -> None:
        self.pack()

    def pack(self) -> None:
        """Encode the request after a change."""
        content = protocol.pack_json(asdict(self.request))
        self.packed = protocol.REQUEST.pack(len(content)) + content


@dataclass(eq=False)
class _Ended(Exception):
    """The process has ended or broken the protocol."""

    reason: str
    _: KW_ONLY
    final: bool = False  # do not restart for the rest of the file
    passing: bool = False  # the file may not be the cause


class Worker:
    """One parser process and its jobs, done in order."""

    def __init__(self, limits: Limits) -> None:
        self.jobs: deque[Job] = deque()
        self._limits = limits
        self.process: subprocess.Popen[bytes] | None = None
        self._files: socket.socket | None = None
        self._buffer = bytearray()
        self._sent = 0
        self._ready = False
        self._unstarted = 0
        self._used = 0.0  # processor seconds of the last process that ended
        self._inherited = 0  # bytes of this process that count in its peak memory

    @property
    def load(self) -> int:
        """Bytes of the files not yet parsed."""
        return sum(job.size for job in self.jobs)

    @property
    def is_fresh(self) -> bool:
        """Whether no file has been given to its process."""
        return not (self.jobs or self._ready)

    def start(self) -> None:
        """Start the process now. It also loads what most web pages need, since no file waits for it."""
        self._start(early=True)

    def give(self, job: Job) -> Iterator[Message]:
        """Append ``job`` and return the parser's messages about it, to be read once the jobs before it are done. When the parser ends, it
        is restarted for the rest. Reading raises SourceError if the job is lost, and NewsdexError if no parser can be started.
        """
        self.jobs.append(job)
        self._send()
        return self._messages(job)

    def _messages(self, job: Job) -> Iterator[Message]:
        assert self.jobs[0] is job
        try:
            while True:
                try:
                    message = self._next(job)
                except _Ended as ended:
                    self.stop()
                    if job.begun:
                        yield self._lost(job, ended)
                    continue
                if message.kind == protocol.DONE:
                    return
                yield message
        except GeneratorExit:  # the caller ignores the rest
            self.stop()
            raise
        finally:
            self.jobs.popleft()
            self._sent = max(0, self._sent - 1)

    def _lost(self, job: Job, ended: _Ended) -> Message:
        """Return the problem of the part at which a parser ended, and skip that. Raises SourceError if the job cannot continue."""
        if job.part is None or ended.final or job.restarts == _MOST_RESTARTS:
            raise SourceError(ended.reason, passing=ended.passing)
        number, name = job.part
        job.request = replace(job.request, after=number, known="")
        job.pack()
        job.spent += self._used - job.begin
        job.restarts, job.begun, job.part = job.restarts + 1, False, None
        return Message(protocol.PROBLEM, 0.0, {"reason": f"{name}: {ended.reason}", "lost": True}, b"")

    def _next(self, job: Job) -> Message:
        while True:
            while not (message := self._buffered()):
                self._receive(job)
            self._note(job, message)
            if message.kind == protocol.FAILED:
                if job.part and message.fields.get("memory"):
                    raise _Ended(str(message.fields.get("reason")))
                raise SourceError(str(message.fields.get("reason")), passing=bool(message.fields.get("passing")))
            if message.kind not in (protocol.READY, protocol.BEGUN, protocol.ALIVE):
                return message

    def _note(self, job: Job, message: Message) -> None:
        """Update time limits and counts by ``message``."""
        if message.kind == protocol.READY:
            self._ready = True
            return
        if message.kind == protocol.BEGUN:
            job.begun, job.begin, job.since = True, message.seconds, message.seconds
            self._unstarted = 0
        elif job.many or message.kind in (protocol.ALIVE, protocol.CHECKED):
            job.since = message.seconds
        if message.kind == protocol.PART:
            number, name = message.fields.get("number"), message.fields.get("name")
            if not isinstance(number, int) or not isinstance(name, str):
                raise _Ended("crashed the parser (a part without a number and a name)", final=True)
            job.part = number, name
        if message.kind == protocol.ARTICLE:
            job.text += len(message.text)
            if job.text > self._limits.total_bytes(job.size):
                raise _Ended(f"gave more than {self._limits.expansion} times its size of text", final=True)

    def _buffered(self) -> Message | None:
        """Return the next message, if it is complete."""
        size = protocol.HEAD.size
        if len(self._buffer) < size:
            return None
        kind, seconds, fields, text = protocol.HEAD.unpack_from(self._buffer)
        if fields > protocol.MOST_FIELDS or text > self._limits.text:
            raise _Ended("crashed the parser (a message that is too long)")
        end = size + fields + text
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            content, rest = bytes(view[size : size + fields]), bytes(view[size + fields : end])
        del self._buffer[:end]
        try:
            unpacked = protocol.unpack_json(content)
        except (ValueError, RecursionError) as error:
            raise _Ended("crashed the parser (a message that is not JSON)") from error
        if not isinstance(unpacked, dict):
            raise _Ended("crashed the parser (a message that is not a JSON object)")
        return Message(kind, seconds, unpacked, rest)

    def _receive(self, job: Job) -> None:
        """Wait for output of the process within the limits, and read it."""
        self._send()
        process = self.process
        assert process
        assert process.stdout
        poll = select.poll()
        poll.register(process.stdout, select.POLLIN)
        waited, last = 0.0, time.monotonic()
        while not poll.poll(_POLL_MS):  # it is not blocked by its parent, so this time is its own
            now = time.monotonic()
            waited, last = waited + min(now - last, 1.0), now  # time while this process was stopped, as by Ctrl-Z, does not count
            self._check_time(job, waited)
        content = os.read(process.stdout.fileno(), _READ)
        if not content:
            raise self._end()
        self._buffer += content

    def _check_time(self, job: Job, waited: float) -> None:
        limits = self._limits.with_scans() if job.request.reading.ocr else self._limits
        if job.begun:
            now = self._cpu()
            if now - job.since > limits.seconds:
                raise _Ended(f"took more than {limits.seconds:g} s")
            total = limits.total_seconds(job.size) + (limits.scan_seconds if job.request.reading.ocr else 0.0)
            if job.spent + now - job.begin > total:
                raise _Ended(f"took more than {total:.0f} s in all", final=True)
        if waited > limits.stalled:
            if not self._ready:
                raise NewsdexError(f"a parser did not start within {limits.stalled:g} s. Check the installation: newsdex doctor")
            job.begun = True
            raise _Ended(f"did not respond for {limits.stalled:g} s", passing=True)

    def _cpu(self) -> float:
        assert self.process
        try:
            return time.clock_gettime(~self.process.pid << 3 | 2)  # Linux's CLOCK_PROCESS_CPUTIME_ID of another process
        except OSError:  # it has ended
            return 0.0

    def _send(self) -> None:
        """Start the process if needed, and send as many requests as fit."""
        process = self.process or self._start()
        assert process.stdin
        assert self._files
        ahead = 0
        for number, job in enumerate(itertools.islice(self.jobs, _REQUESTS_AHEAD)):
            ahead += len(job.packed)
            if number and ahead > _BYTES_AHEAD:
                return
            if number >= self._sent:
                try:
                    protocol.send_file(self._files, job.request.path)
                    process.stdin.write(job.packed)
                except ConnectionError:  # it has ended, which reading will detect
                    return
                self._sent += 1

    def _start(self, *, early: bool = False) -> subprocess.Popen[bytes]:
        if self._unstarted == _HEAD_START:
            raise NewsdexError("a parser ended before it started. Check the installation: newsdex doctor")
        self._unstarted += 1
        self._files, theirs = socket.socketpair()
        settings = json.dumps({"limits": asdict(self._limits), "parent": os.getpid(), "files": theirs.fileno(), "early": early})
        # Isolated, with the parent's path, so that a json.py in the working folder is not imported.
        same_names = ["-X", "utf8"] if sys.flags.utf8_mode else []
        command = [sys.executable, "-I", *same_names, "-c", START, settings, json.dumps(list(map(os.path.abspath, sys.path)))]
        # One thread and one heap each: parsers are the unit of parallelism, and heaps of threads count as memory.
        environment = {name: value for name, value in os.environ.items() if name.startswith(_ENVIRONMENT)}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "bufsize": 0}
        with theirs:
            try:
                self.process = subprocess.Popen(command, **pipes, env=environment, pass_fds=[theirs.fileno()])  # noqa: S603 - our own code
            except OSError:
                self._files.close()
                raise
        # Until it executes a program, a process is a copy of its parent and inherits its peak memory.
        self._inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS
        assert self.process.stdout
        if sys.platform == "linux":
            with suppress(OSError):  # the user's limit for pipes is exhausted
                fcntl.fcntl(self.process.stdout, _SET_PIPE_SIZE, _PIPE)
        return self.process

    def stop(self) -> None:
        """End the process; its requests must be sent again."""
        process, self.process = self.process, None
        if process:
            if process.returncode is None:
                _kill(process)
                self._wait(process, 0)
            for pipe in (process.stdin, process.stdout, self._files):
                if pipe:
                    pipe.close()
        self._buffer.clear()
        self._sent, self._ready = 0, False

    def _end(self) -> _Ended:
        """Return why the process has ended."""
        process = self.process
        assert process
        for _ in range(100):
            if peak := self._wait(process, os.WNOHANG):
                break
            time.sleep(0.01)
        else:
            _kill(process)
            peak = self._wait(process, 0)
        code = process.returncode
        if peak > max(0.75 * self._limits.memory, self._inherited):
            return _Ended(f"needed more than {in_words(self._limits.memory)} of memory")
        if code == -signal.SIGKILL:
            return _Ended("the parser was killed, perhaps because this machine has too little memory", passing=True)
        return _Ended(f"crashed the parser ({signal.Signals(-code).name if code < 0 else f'exit code {code}'})")

    def _wait(self, process: subprocess.Popen[bytes], options: int) -> int:
        """Record how ``process`` ended and return its peak memory in bytes; 0 while it runs."""
        found, status, usage = os.wait4(process.pid, options)
        if not found:
            return 0
        process.returncode = os.waitstatus_to_exitcode(status)
        self._used = usage.ru_utime + usage.ru_stime
        return usage.ru_maxrss * MAXRSS


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill without ``process.kill()``, which would reap an ended process, so that ``os.wait4`` finds nothing."""
    os.kill(process.pid, signal.SIGKILL)

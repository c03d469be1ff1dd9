"""Several Ray nodes on this machine, each of which can be killed with everything that runs on it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

# 127.0.0.1 would silently become the machine's own address.
_HEAD = "127.0.0.5"
_WORKERS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_CPUS = 3  # one for the model and two to cut
_STORE_BYTES = 80_000_000  # the least that Ray takes, about
_START_SECONDS = 180.0


class RayNodes:
    """A head and workers, each a group of processes."""

    def __init__(self, folder: Path, nodes: int = 3) -> None:
        """Logs lie in ``folder``; Ray's own files in a folder of a short name, for the names of its sockets have a limit."""
        self._folder = folder
        self._nodes = nodes
        self._port = _free_port(_HEAD)
        self._temporary = Path(f"/tmp/ray-{os.getpid()}-{self._port}")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._used: dict[int, float] = {}

    @property
    def address(self) -> str:
        """Of the head."""
        return f"{_HEAD}:{self._port}"

    def __enter__(self) -> RayNodes:
        try:
            self._start(
                "head",
                [
                    "--head",
                    f"--port={self._port}",
                    f"--node-ip-address={_HEAD}",
                    "--include-dashboard=false",
                    f"--temp-dir={self._temporary}",
                ],
            )
            self._wait_for_head()
            for number in range(self._nodes - 1):
                self._join(number)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start_worker(self, number: int) -> None:
        """Start a node that joins the head, and do not wait for it."""
        self._start(f"worker{number}", [f"--address={self.address}", f"--node-ip-address={_WORKERS[number]}"])

    def kill(self, name: str) -> None:
        """End a node, and all that runs on it, as a machine ends that loses power."""
        _kill_tree(self.processes[name])

    def stop(self) -> None:
        """End all nodes, and remove Ray's own files."""
        for process in reversed(self.processes.values()):
            _kill_tree(process)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def cpu_seconds(self) -> float:
        """What all processes of the nodes have used, as far as it was seen: those that end take the time since the last call with them."""
        for process in self.processes.values():
            for pid in (process.pid, *_descendants(process.pid)):
                self._used[pid] = max(self._used.get(pid, 0.0), _used(pid)[0])
        return sum(self._used.values())

    def memory(self) -> int:
        """What they have in memory together, in bytes; what they share counts for each."""
        return sum(_used(pid)[1] for process in self.processes.values() for pid in (process.pid, *_descendants(process.pid)))

    def _start(self, name: str, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *arguments]
        command += ["--block", f"--num-cpus={_CPUS}", f"--object-store-memory={_STORE_BYTES}", "--disable-usage-stats"]
        environment = {
            **os.environ,
            "RAY_DISABLE_IMPORT_WARNING": "1",
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_failure_threshold": "3",
        }
        with (self._folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def _wait_for_head(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            try:
                socket.create_connection((_HEAD, self._port), 1).close()
                return
            except OSError:
                if self.processes["head"].poll() is not None:
                    raise RuntimeError(f"Ray's head ended: see {self._folder}") from None
                time.sleep(0.2)
        raise TimeoutError(f"Ray's head does not listen: see {self._folder}")

    def _join(self, number: int) -> None:
        """Start a worker and wait until it says that it runs; a raylet that a busy machine held up for longer than Ray waits is started
        again.
        """
        end = time.monotonic() + _START_SECONDS
        log = self._folder / f"worker{number}.log"
        while time.monotonic() < end:
            self.start_worker(number)
            process = self.processes[f"worker{number}"]
            while process.poll() is None and time.monotonic() < end:
                if "Ray runtime started" in log.read_text():
                    return
                time.sleep(0.3)
            _kill_tree(process)
            log.unlink()
        raise TimeoutError(f"worker {number} did not come up: see {self._folder}")


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants, by their ids."""
    ids = [process.pid, *_descendants(process.pid)]
    for pid in ids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _used(pid: int) -> tuple[float, int]:
    """CPU seconds, without those of its children, and bytes of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0
    ticks = int(fields[11]) + int(fields[12])  # utime, stime
    return ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def _free_port(host: str) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        port: int = listener.getsockname()[1]
        return port

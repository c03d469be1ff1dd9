"""What a whole process costs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

# Started by a process that is small itself: Linux counts what a process was before it became the command as part of the command's peak.
_STARTER = """
import json, os, subprocess, sys, time
for line in sys.stdin:
    command = json.loads(line)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    print(json.dumps([status, usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024]), flush=True)
"""


@cache
def _starter() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-S", "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(command: list[str], most: int = 0) -> dict[str, float]:
    """One process: CPU and wall seconds, peak resident megabytes (pages of memory-mapped files included). It ends with 0, or up to
    ``most``, as a search without an answer does with 1.
    """
    starter = _starter()
    assert starter.stdin
    assert starter.stdout
    starter.stdin.write(json.dumps(command) + "\n")
    starter.stdin.flush()
    status, cpu, wall, peak_mb = json.loads(starter.stdout.readline())
    if os.waitstatus_to_exitcode(int(status)) not in range(most + 1):
        raise SystemExit(f"failed: {command}")
    return {"cpu": cpu, "wall": wall, "peak_mb": peak_mb}


def told(command: list[str], *, one_thread: bool = False) -> Any:
    """What ``command`` prints last, from JSON; the mathematics of ``one_thread`` has one."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1") if one_thread else {}
    done = subprocess.run(command, env=os.environ | threads, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def peak_mb() -> float:
    """The most memory that this process has had, mapped files included. getrusage would count that of the process that started it."""
    [kilobytes] = re.findall(r"^VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(kilobytes) / 1024

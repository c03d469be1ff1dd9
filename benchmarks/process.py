"""What a whole process costs."""

from __future__ import annotations

import os
import subprocess
import time


def run(command: list[str]) -> dict[str, float]:
    """One process: CPU and wall seconds, peak resident megabytes (pages of memory-mapped files included)."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {command}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": time.perf_counter() - began, "peak_mb": usage.ru_maxrss / 1024}

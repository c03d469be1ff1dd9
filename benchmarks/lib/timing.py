"""How long calls take, and what a question costs in a process that has everything open, of newsdex or of another library: one by one, some
at once, and a hundred at once. Other libraries' environments need nothing for it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Ask = Callable[[Sequence[str]], list[list[str]]]  # some questions to the texts of each one's hits

Name, Side = TypeVar("Name"), TypeVar("Side")
WARM = 16  # questions one by one, and as many together, first: whatever is loaded by then is there


def milliseconds(call: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    """What a call takes, of all threads unless another ``clock`` is given."""
    began = clock()
    call()
    return 1000 * (clock() - began)


def cpu_and_wall(call: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> tuple[float, float]:
    """Milliseconds by the processors' ``clock`` and by the wall's."""
    wall, cpu = time.perf_counter(), clock()
    call()
    return 1000 * (clock() - cpu), 1000 * (time.perf_counter() - wall)


def turns(sides: Mapping[Name, Callable[[], Side]], repeat: int) -> dict[Name, list[Side]]:
    """What each side told in each of the rounds, in which the sides take turns."""
    rounds = [{name: run() for name, run in sides.items()} for _ in range(repeat)]
    return {name: [each[name] for each in rounds] for name in sides}


def medians(runs: Sequence[Mapping[str, float]], digits: int = 3) -> dict[str, float]:
    """The median of each figure."""
    return {key: round(statistics.median(run[key] for run in runs), digits) for key in runs[0]}


def percentiles(values: Sequence[float], digits: int | None = None) -> dict[str, float]:
    """The median and the 99th percentile of milliseconds."""
    import numpy as np

    found = {f"p{p}_ms": float(np.percentile(values, p)) for p in (50, 99)}
    return found if digits is None else {name: round(value, digits) for name, value in found.items()}


def measured(ask: Ask, questions: Sequence[str], together: int) -> dict[str, float]:
    """CPU and wall milliseconds a question: a third of ``questions`` one by one, a third ``together`` at once, or fewer where there are not
    so many, and a third all at once, after some that are not counted. None is asked twice.

    Raises RuntimeError when one finds nothing.
    """
    for question in questions[:WARM]:
        _timed(ask, [question])
    _timed(ask, questions[WARM : 2 * WARM])
    rest = questions[2 * WARM :]
    third = len(rest) // 3
    together = min(together, third)
    one = [_timed(ask, [question]) for question in rest[:third]]
    many = [_timed(ask, rest[start : start + together]) for start in range(third, 2 * third - together + 1, together)]
    cpu, wall = _timed(ask, rest[2 * third :])
    return {
        "one_cpu_ms": statistics.median(cpu for cpu, _ in one),
        "one_wall_ms": statistics.median(wall for _, wall in one),
        "one_p99_wall_ms": statistics.quantiles([wall for _, wall in one], n=100)[98],
        "together_cpu_ms": statistics.median(cpu for cpu, _ in many) / together,
        "together_wall_ms": statistics.median(wall for _, wall in many) / together,
        "all_cpu_ms": cpu / len(rest[2 * third :]),
        "all_wall_ms": wall / len(rest[2 * third :]),
    }


def _timed(ask: Ask, questions: Sequence[str]) -> tuple[float, float]:
    found: list[list[str]] = []
    taken = cpu_and_wall(lambda: found.extend(ask(questions)))
    if not all(found):
        raise RuntimeError(f"nothing was found for one of {list(questions)}")
    return taken

"""Asking every question of a collection, and the file of what was found that trec_eval and its kin read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import numpy as np

from newsdex.errors import UsageError
from newsdex.evaluation.measures import DEPTH, Ranking
from newsdex.search.index import Index
from newsdex.search.ranking.fusion import Mode

_TIMED = 500  # questions whose time is taken
_TIMED_LIMIT = 10
_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Run:
    """What one mode found for each question, best first, and the seconds that a search for ten articles took."""

    mode: Mode
    rankings: Mapping[str, Ranking]
    seconds: Sequence[float]
    remarks: tuple[str, ...] = ()


def parse_modes(text: str) -> tuple[Mode, ...]:
    """The modes in a list such as ``dense,hybrid``, in its order. Raises UsageError when one is unknown or there twice."""
    known: dict[str, Mode] = {mode: mode for mode in get_args(Mode)}
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"--modes {text}: {unknown[0]!r} is unknown: expected some of {','.join(known)}")
    if len(set(names)) < len(names):
        raise UsageError(f"--modes {text}: expected each mode once")
    return tuple(known[name] for name in names)


def ask_all(index: Index, questions: Mapping[str, str], mode: Mode, on_progress: Callable[[int], None], rerank: str | None = None) -> Run:
    """Ask ``questions``, one at a time, for the best hundred articles each.

    The time is that of a search for ten, as a reader would ask, made before the one for a hundred; the first question is asked a few times
    more beforehand, for it loads the model and the vectors. A question that the search refuses has found nothing, with a remark.
    """
    # Any document may be judged, so none is folded into another or left out for its date or for what the question has in quotation marks.
    search = partial(index.search, mode=mode, rerank=rerank, collapse=False, read_dates=False, literal=True)
    rankings: dict[str, Ranking] = {}
    seconds: list[float] = []
    remarks: list[str] = []
    for number, (question, text) in enumerate(questions.items()):
        try:
            for _ in range(_WARM_UP if number == 0 else 0):
                search(text, limit=_TIMED_LIMIT)
            if number < _TIMED:
                began = time.perf_counter()
                search(text, limit=_TIMED_LIMIT)
                seconds.append(time.perf_counter() - began)
            rankings[question] = falling([(hit.article.id, hit.score) for hit in search(text, limit=DEPTH)])
        except UsageError as error:
            remarks.append(f"{mode}: question {question} counts as not answered: {error}")
        on_progress(1)
    return Run(mode, rankings, seconds, tuple(remarks))


def falling(ranking: Ranking) -> Ranking:
    """``ranking`` with scores that fall from rank to rank, as float32: trec_eval goes by them, and knows no other order.

    A score is lowered, by no more than it must be, where it is not below the one before.
    """
    result: list[tuple[str, float]] = []
    before = np.float32(np.inf)
    for document, score in ranking:
        before = min(np.float32(score), np.nextafter(before, np.float32(-np.inf)))
        result.append((document, float(before)))
    return result


def run_path(path: Path, mode: Mode, modes: Sequence[Mode]) -> Path:
    """Where the run of ``mode`` goes: ``path``, or of several modes ``name.mode.suffix`` beside it, for a run file holds one run."""
    return path if len(modes) == 1 else path.with_name(f"{path.stem}.{mode}{path.suffix}")


def write_run(path: Path, run: Run) -> None:
    """Write ``run`` in TREC's format: question, Q0, document, rank, score, name of the run. White space in ids becomes %20."""
    with path.open("w", encoding="utf-8") as file:
        for question, ranking in run.rankings.items():
            for rank, (document, score) in enumerate(ranking, 1):
                file.write(f"{_word(question)} Q0 {_word(document)} {rank} {score:.9g} newsdex-{run.mode}\n")


def _word(text: str) -> str:
    return re.sub(r"\s", lambda space: quote(space[0]), text)

"""An evaluation from the collection to the result: index it, ask in each mode, measure, compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from newsdex.errors import UsageError
from newsdex.evaluation.collection import Collection, examples
from newsdex.evaluation.measures import MEASURES, Interval, Values, interval, measure, percentiles, resampled_means
from newsdex.evaluation.runs import Run, ask_all
from newsdex.indexer.build import Options, Progress, chunking_for, index_paths
from newsdex.indexer.language import remark
from newsdex.search.index import Index
from newsdex.search.ranking.fusion import Mode
from newsdex.store.paths import absolute, base_of, stored_path
from newsdex.store.snapshot import Snapshot
from newsdex.values import amount

_SHOWN_PROBLEMS = 3


@dataclass(frozen=True, slots=True)
class Quality:
    """What one mode achieved: ``measures`` by name, each in [0, 1], and ``latency`` in milliseconds."""

    measures: Mapping[str, Interval]
    latency: Mapping[str, float]

    def value(self, name: str) -> float:
        """The measure or latency called ``name``."""
        return self.measures[name].mean if name in self.measures else self.latency[name]


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much ``mode`` is better than ``other`` on the same questions, by measure, each in [-1, 1]."""

    mode: Mode
    other: Mode
    measures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result: what was asked of what, the quality of each mode and the differences between them."""

    collection: str
    documents: int
    passages: int
    questions: int
    model: str
    modes: Mapping[Mode, Quality]
    differences: Sequence[Difference]


def options_like(index_folder: Path, model: str | None, cutting: Mapping[str, Any]) -> Options:
    """Options to index as ``index_folder`` was, except for ``model`` and fields of Chunking if given; removes what is gone."""
    current = Snapshot.open_if_any(index_folder)
    chunking = chunking_for(index_folder, cutting) or (current.manifest.chunking if current else None)
    return Options(model or (current.manifest.model.name if current else None), chunking, prune=True)


def index_corpus(collection: Collection, index_folder: Path, options: Options) -> list[str]:
    """Bring the index in ``index_folder`` up to date with the collection's documents; returns remarks on what is amiss.

    Raises UsageError when the folder holds an index of anything else, and as index_paths.
    """
    corpus = stored_path(base_of(index_folder), absolute(collection.corpus))
    current = Snapshot.open_if_any(index_folder)
    if others := [path for path in (current.sources() if current else ()) if path != corpus]:
        raise UsageError(
            f"{index_folder} is an index of other files ({examples(others)}), which would be searched as well. Name another folder: "
            f"--index-dir NEW_FOLDER"
        )
    report = index_paths([collection.corpus], index_folder, options)
    remarks = [f"{collection.corpus.name}: {problem.reason}" for problem in report.problems[:_SHOWN_PROBLEMS]]
    if len(report.problems) > _SHOWN_PROBLEMS:
        remarks.append(f"{collection.corpus.name}: {len(report.problems) - _SHOWN_PROBLEMS} more problems")
    if report.unspoken:
        remarks.append(remark(report.unspoken, report.model))
    snapshot = Snapshot.open(index_folder)
    columns = [segment.column("id") for segment in snapshot.segments]
    there = {columns[number][row] for number, row in snapshot.articles()}
    unknown = list(dict.fromkeys(d for judged in collection.grades.values() for d, grade in judged.items() if grade > 0 and d not in there))
    if unknown:
        remarks.append(f"not in the corpus, and counted as not found: {amount(len(unknown), 'document')} to be found: {examples(unknown)}")
    return remarks


def ask_modes(
    index_folder: Path, collection: Collection, modes: Sequence[Mode], on_progress: Callable[[Progress], None], rerank: str | None = None
) -> list[Run]:
    """A run a mode over all questions of ``collection``, put in a new order by the cross-encoder ``rerank`` if one is named."""
    done = 0

    def count(asked: int) -> None:
        nonlocal done
        done += asked
        on_progress(Progress(done, len(modes) * len(collection.questions), done))

    # A thread, as for a search from the shell: for one question at a time more only wait for each other, the longer the busier the machine
    # is.
    with threadpool_limits(1), Index.open(index_folder) as index:
        return [ask_all(index, collection.questions, mode, count, rerank) for mode in modes]


def evaluate(index_folder: Path, collection: Collection, runs: Sequence[Run]) -> Evaluation:
    """The quality of ``runs`` by the judgements of ``collection``."""
    values = [measure(run.rankings, collection.grades) for run in runs]
    resampled = np.split(resampled_means(np.hstack(values)), len(runs), axis=1)
    means = [table.mean(axis=0) for table in values]
    modes = {
        run.mode: Quality(_intervals(mean, samples), percentiles(run.seconds))
        for run, mean, samples in zip(runs, means, resampled, strict=True)
    }
    differences = [
        Difference(runs[b].mode, runs[a].mode, _intervals(means[b] - means[a], resampled[b] - resampled[a]))
        for a, b in combinations(range(len(runs)), 2)
    ]
    manifest = Snapshot.open(index_folder).manifest
    return Evaluation(
        collection.name, manifest.articles, manifest.passages, len(collection.questions), manifest.model.name, modes, differences
    )


def _intervals(means: Values, resampled: Values) -> dict[str, Interval]:
    return {name: interval(means[column], resampled[:, column]) for column, name in enumerate(MEASURES)}

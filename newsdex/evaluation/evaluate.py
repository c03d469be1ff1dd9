"""An evaluation from the collection to the result: index it, ask in each mode, measure, compare; the file of what was found that trec_eval
and its kin read; the result as a table for a person and as plain values for a program.
"""

from __future__ import annotations

import math
import operator
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations, count
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import quote

import numpy as np
import pytrec_eval
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from newsdex.errors import UsageError, command
from newsdex.evaluation.collection import Collection, examples
from newsdex.indexer.build import Options, Progress, chunking_for, index_paths, model_for
from newsdex.indexer.language import remark
from newsdex.output import as_unicode
from newsdex.search.index import Index
from newsdex.search.ranking.fusion import Mode
from newsdex.store.paths import absolute, base_of, stored_path
from newsdex.store.snapshot import Snapshot
from newsdex.values import amount

Values = NDArray[np.float64]
Ranking = Sequence[tuple[str, float]]

DEPTH = 100
# What each is called here and by trec_eval. Järvelin and Kekäläinen 2002 for nDCG, with the grade itself as gain.
MEASURES = {"nDCG@10": "ndcg_cut_10", "recall@10": "recall_10", "recall@100": "recall_100", "MRR@10": "recip_rank", "MAP": "map_cut_100"}
LATENCIES = {"p50": 50, "p99": 99}  # percentiles

_FIRST = 10
_RESAMPLES = 10_000
_SEED = 0
_INTERVAL = (2.5, 97.5)  # percentiles of the resampled means
SCHEMA_VERSION = 1
DEFAULT_MODE: Mode = "hybrid"
_RELATIONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_GATE = re.compile(r"\s*(?:(?P<mode>[^:]*):)?(?P<measure>[^<>=]*)(?:(?P<relation>[<>]=?)(?P<bound>.*))?")
_NAMES = {name.casefold(): name for name in (*MEASURES, *LATENCIES)}
_LABEL = 12
_COLUMN = 27
_SHOWN_PROBLEMS = 3
_TIMED = 500  # questions whose time is taken
_TIMED_LIMIT = 10
_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over the questions, and the 95 % confidence interval of it."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is significant: its interval excludes 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Run:
    """What one mode found for each question, best first, and the seconds that a search for ten articles took."""

    mode: Mode
    rankings: Mapping[str, Ranking]
    seconds: Sequence[float]
    remarks: tuple[str, ...] = ()


def options_like(index_folder: Path, model: str | None, cutting: Mapping[str, Any], precision: str | None = None) -> Options:
    """As ``index_folder`` was indexed, with what is given, pruning. Another model is in full precision unless that is given."""
    current = Snapshot.open_if_any(index_folder)
    chunking = chunking_for(index_folder, cutting) or (current.manifest.chunking if current else None)
    name = model or (current.manifest.model.name if current else None)
    return Options(name, chunking, prune=True, precision=precision or (model_for(current, Options(name))[1] if current else None))


def index_corpus(collection: Collection, index_folder: Path, options: Options) -> list[str]:
    """Bring the index up to date with the documents; returns remarks. Raises UsageError for an index of anything else."""
    corpus = stored_path(base_of(index_folder), absolute(collection.corpus))
    current = Snapshot.open_if_any(index_folder)
    if others := [path for path in (current.sources() if current else ()) if path != corpus]:
        raise UsageError(
            f"{index_folder} is an index of other files ({examples(others)}), which would also be searched. Choose another folder: "
            f"--index-dir NEW_FOLDER"
        )
    report = index_paths([collection.corpus], index_folder, options)
    remarks = [f"{collection.corpus.name}: {problem.reason}" for problem in report.problems[:_SHOWN_PROBLEMS]]
    if len(report.problems) > _SHOWN_PROBLEMS:
        remarks.append(f"{collection.corpus.name}: {len(report.problems) - _SHOWN_PROBLEMS} more problems")
    if report.unspoken:
        remarks.append(remark(report.unspoken, report.model, command("rebuild", index_folder)))
    snapshot = Snapshot.open(index_folder)
    columns = [segment.column("id") for segment in snapshot.segments]
    there = {columns[number][row] for number, row in snapshot.articles()}
    unknown = list(dict.fromkeys(d for judged in collection.grades.values() for d, grade in judged.items() if grade > 0 and d not in there))
    if unknown:
        remarks.append(f"not in the corpus, and counted as not found: {amount(len(unknown), 'document')} to be found: {examples(unknown)}")
    return remarks


def parse_modes(text: str) -> tuple[Mode, ...]:
    """The modes in a list such as ``dense,hybrid``, in its order. Raises UsageError when one is unknown or there twice."""
    known = get_args(Mode)
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"--modes {text}: {unknown[0]!r} is unknown: expected some of {','.join(known)}")
    if len(set(names)) < len(names):
        raise UsageError(f"--modes {text}: expected each mode once")
    return cast("tuple[Mode, ...]", tuple(names))


def ask_modes(
    index_folder: Path, collection: Collection, modes: Sequence[Mode], on_progress: Callable[[Progress], None], rerank: str | None = None
) -> list[Run]:
    """A run a mode over all questions of ``collection``, put in a new order by the cross-encoder ``rerank`` if one is named."""
    numbers, total = count(1), len(modes) * len(collection.questions)

    def tell() -> None:
        number = next(numbers)
        on_progress(Progress(number, total, number))

    # A thread, as for a search from the shell: for one question at a time more only wait for each other, the longer the busier the machine
    # is.
    with threadpool_limits(1), Index.open(index_folder) as index:
        return [_ask(index, collection.questions, mode, rerank, tell) for mode in modes]


def _ask(index: Index, questions: Mapping[str, str], mode: Mode, rerank: str | None, tell: Callable[[], None]) -> Run:
    """Search ``questions``, one at a time, for the best hundred articles each, after a timed search for ten. The first is searched a few
    times before, to load model and vectors. A rejected question counts as not answered, with a remark. Raises UsageError if all are.
    """
    # Any document may be judged, so none is folded into another or left out for its date or for what the question has in quotation marks.
    search = partial(index.search, mode=mode, rerank=rerank, collapse=False, read_dates=False, literal=True)
    rankings: dict[str, Ranking] = {}
    seconds: list[float] = []
    remarks: list[str] = []
    for question, text in questions.items():
        try:
            for _ in range(0 if seconds else _WARM_UP):
                search(text, limit=_TIMED_LIMIT)
            if len(seconds) < _TIMED:
                began = time.perf_counter()
                search(text, limit=_TIMED_LIMIT)
                seconds.append(time.perf_counter() - began)
            rankings[question] = falling([(hit.article.id, hit.score) for hit in search(text, limit=DEPTH)])
        except UsageError as error:
            remarks.append(f"{mode}: question {question} counts as not answered: {error}")
        tell()
    if not seconds:
        raise UsageError(f"none of the questions can be searched: {remarks[0]}")
    return Run(mode, rankings, seconds, tuple(remarks))


def falling(ranking: Ranking) -> Ranking:
    """``ranking`` with scores that fall from rank to rank, as float32, by no more than they must: trec_eval knows no other order."""
    result: list[tuple[str, float]] = []
    before = np.float32(np.inf)
    for document, score in ranking:
        before = min(np.float32(score), np.nextafter(before, np.float32(-np.inf)))
        result.append((document, float(before)))
    return result


def measure(rankings: Mapping[str, Ranking], grades: Mapping[str, Mapping[str, int]]) -> Values:
    """Return one row per question of ``grades``, in order, and one column per measure of MEASURES: float64, in [0, 1]. ``rankings`` have at
    most DEPTH documents, scores falling; a question without one counts as not answered.
    """
    judged = {question: dict(documents) for question, documents in grades.items()}
    whole = {question: dict(rankings.get(question, ())) for question in grades}
    first = {question: dict(list(rankings.get(question, ()))[:_FIRST]) for question in grades}
    found = pytrec_eval.RelevanceEvaluator(judged, {"ndcg_cut.10", "recall.10,100", "map_cut.100"}).evaluate(whole)
    ranks = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(first)
    return np.array([[{**found[q], **ranks[q]}[name] for name in MEASURES.values()] for q in grades], np.float64)


def resampled_means(values: Values) -> Values:
    """The means of ``values`` (n, columns) over 10,000 bootstrap samples of its rows (Efron 1979), the same each time: float64, (10,000,
    columns). Columns share the samples: a difference of two is that of the paired bootstrap.
    """
    random, size = np.random.default_rng(_SEED), len(values)
    weights = (np.bincount(random.integers(0, size, size), minlength=size) for _ in range(_RESAMPLES))
    return np.stack([row @ values for row in weights]) / size


def interval(mean: float, resampled: Values) -> Interval:
    """The interval between the 2.5th and the 97.5th percentile of the ``resampled`` means."""
    low, high = np.percentile(resampled, _INTERVAL)
    return Interval(float(mean), float(low), float(high))


def evaluate(index_folder: Path, collection: Collection, runs: Sequence[Run]) -> dict[str, Any]:
    """The result of ``runs`` by the judgements of ``collection``, as JSON holds it but for rounding: what was asked of what; by mode the
    measures, from 0 to 1, and the latency in milliseconds; by how much each mode is better than each before it, on the same questions.
    """
    values = [measure(run.rankings, collection.grades) for run in runs]
    resampled = np.split(resampled_means(np.hstack(values)), len(runs), axis=1)
    means = [table.mean(axis=0) for table in values]
    manifest = Snapshot.open(index_folder).manifest
    return {
        "schema_version": SCHEMA_VERSION,
        "collection": as_unicode(collection.name),
        "model": manifest.model.name,
        "precision": manifest.model.precision,
        "documents": manifest.articles,
        "passages": manifest.passages,
        "questions": len(collection.questions),
        "modes": {
            run.mode: {
                "measures": _intervals(mean, samples),
                "latency_ms": {name: float(np.percentile(run.seconds, which)) * 1000 for name, which in LATENCIES.items()},
            }
            for run, mean, samples in zip(runs, means, resampled, strict=True)
        },
        "differences": [
            {"mode": runs[b].mode, "other": runs[a].mode, "measures": _intervals(means[b] - means[a], resampled[b] - resampled[a])}
            for a, b in combinations(range(len(runs)), 2)
        ],
    }


def _intervals(means: Values, resampled: Values) -> dict[str, Interval]:
    return {name: interval(means[column], resampled[:, column]) for column, name in enumerate(MEASURES)}


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


@dataclass(frozen=True, slots=True)
class Gate:
    """``measure`` of ``mode`` must stand in ``relation`` to ``bound``; of every mode in ``modes``."""

    text: str
    modes: tuple[Mode, ...]
    measure: str
    relation: str
    bound: float


def parse_gate(text: str, modes: Sequence[Mode]) -> Gate:
    """Parse ``text`` as a gate for ``modes``; without a mode, for hybrid, or for all if that is not measured. Raises UsageError."""
    found = _GATE.fullmatch(text)
    if found is None or found["relation"] is None:
        raise UsageError(
            f"the gate {text!r} is not a condition: expected for example 'nDCG@10>=0.70' or 'hybrid:MRR@10>=0.6'. Quote it, because the "
            f"shell reads > as a redirection"
        )
    measure = _NAMES.get(found["measure"].strip().casefold())
    if measure is None:
        raise UsageError(f"the gate {text!r} has the measure {found['measure'].strip()!r}: expected {', '.join(_NAMES.values())}")
    try:
        bound = float(found["bound"])
    except ValueError:
        bound = math.nan
    highest = 1.0 if measure in MEASURES else math.inf
    if not (0 <= bound <= highest and math.isfinite(bound)):
        limits = "from 0 to 1" if measure in MEASURES else "of milliseconds"
        raise UsageError(f"the gate {text!r} has the bound {found['bound'].strip()!r}: expected a number {limits}")
    mode = found["mode"] and found["mode"].strip()
    chosen = tuple(m for m in modes if m == (DEFAULT_MODE if mode is None else mode))
    if mode is not None and not chosen:
        raise UsageError(f"the gate {text!r} is for the mode {mode!r}, which is not measured: expected {', '.join(modes)}")
    return Gate(text, chosen or tuple(modes), measure, found["relation"], bound)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether ``mode`` passed ``gate``, and the value that decided it."""

    gate: Gate
    mode: Mode
    value: float

    @property
    def passed(self) -> bool:
        """Whether the value meets the gate's condition."""
        return bool(_RELATIONS[self.gate.relation](self.value, self.gate.bound))

    def __str__(self) -> str:
        return f"{self.mode} {self.gate.measure} is {self.value:.4f}, expected {self.gate.relation}{self.gate.bound:g}"


def verdicts(evaluation: Mapping[str, Any], gates: Sequence[Gate]) -> list[Verdict]:
    """What each of ``gates`` says of each mode that it is for."""
    values = {
        mode: {name: found.mean for name, found in quality["measures"].items()} | quality["latency_ms"]
        for mode, quality in evaluation["modes"].items()
    }
    return [Verdict(gate, mode, values[mode][gate.measure]) for gate in gates for mode in gate.modes]


def table(evaluation: Mapping[str, Any]) -> Iterator[str]:
    """Lines: the measures of the modes side by side, each with its interval, the times, and the differences between the modes."""
    modes, differences = evaluation["modes"], evaluation["differences"]
    yield (
        f"{evaluation['collection']}: {evaluation['documents']:,} documents in {evaluation['passages']:,} passages, "
        f"{evaluation['questions']:,} questions, model {evaluation['model']} in {evaluation['precision']} precision"
    )
    yield ""
    yield _row("", modes)
    for name in MEASURES:
        yield _row(name, [_interval(quality["measures"][name]) for quality in modes.values()])
    for name in LATENCIES:
        yield _row(f"{name}, ms", [f"{quality['latency_ms'][name]:.1f}" for quality in modes.values()])
    if differences:
        yield ""
        yield _row("", [f"{difference['mode']} - {difference['other']}" for difference in differences])
        for name in MEASURES:
            yield _row(name, [_interval(difference["measures"][name], "+") for difference in differences])
    yield ""
    yield "[95 % confidence interval by the bootstrap over questions]"
    if differences:
        yield "* the interval of the difference excludes 0"


def _row(label: str, cells: Any) -> str:
    return (f"{label:<{_LABEL}}" + "".join(f"{cell:<{_COLUMN}}" for cell in cells)).rstrip()


def _interval(found: Interval, sign: str = "") -> str:
    mark = " *" if sign and found.excludes_zero else ""
    return f"{found.mean:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]{mark}"


def record(evaluation: Mapping[str, Any], decided: Sequence[Verdict], remarks: Sequence[str]) -> dict[str, Any]:
    """The evaluation as JSON holds it, with its gates and remarks."""
    gates = [{"gate": v.gate.text, "mode": v.mode, "value": round(v.value, 6), "passed": v.passed} for v in decided]
    return {**_rounded(evaluation), "gates": gates, "remarks": [as_unicode(remark) for remark in remarks]}


def _rounded(value: Any) -> Any:
    """``value`` with measures to six digits, and milliseconds to three."""
    if isinstance(value, Interval):
        return {name: round(bound, 6) for name, bound in asdict(value).items()}
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value

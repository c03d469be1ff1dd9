"""An evaluation as a table for a person and as plain values for a program."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from newsdex.errors import UsageError
from newsdex.evaluation.evaluate import LATENCIES, MEASURES, Evaluation, Interval
from newsdex.output import as_unicode
from newsdex.search.ranking.fusion import Mode

SCHEMA_VERSION = 1

DEFAULT_MODE: Mode = "hybrid"
_RELATIONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_GATE = re.compile(r"\s*(?:(?P<mode>[^:]*):)?(?P<measure>[^<>=]*)(?:(?P<relation>[<>]=?)(?P<bound>.*))?")
_NAMES = {name.casefold(): name for name in (*MEASURES, *LATENCIES)}
_LABEL = 12
_COLUMN = 27


@dataclass(frozen=True, slots=True)
class Gate:
    """``measure`` of ``mode`` must stand in ``relation`` to ``bound``; of every mode in ``modes``."""

    text: str
    modes: tuple[Mode, ...]
    measure: str
    relation: str
    bound: float


def parse_gate(text: str, modes: Sequence[Mode]) -> Gate:
    """The gate that ``text`` means, among the ``modes`` that are measured.

    Without a mode it is for hybrid, which a search uses unless told otherwise, or where that is not measured, for each mode. Raises
    UsageError when it names no measure, mode or bound that there is.
    """
    found = _GATE.fullmatch(text)
    if found is None or found["relation"] is None:
        raise UsageError(
            f"the gate {text!r} is no condition: expected such as 'nDCG@10>=0.70' or 'hybrid:MRR@10>=0.6', in quotation marks, or the "
            f"shell takes > for itself"
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
    mode = found["mode"]
    chosen = tuple(m for m in modes if m == (DEFAULT_MODE if mode is None else mode.strip()))
    if mode is not None and not chosen:
        raise UsageError(f"the gate {text!r} is for the mode {mode.strip()!r}: expected one that is measured, {', '.join(modes)}")
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


def verdicts(evaluation: Evaluation, gates: Sequence[Gate]) -> list[Verdict]:
    """What each of ``gates`` says of each mode that it is for."""
    return [Verdict(gate, mode, evaluation.modes[mode].value(gate.measure)) for gate in gates for mode in gate.modes]


def table(evaluation: Evaluation) -> Iterator[str]:
    """Lines: the measures of the modes side by side, each with its interval, the times, and the differences between the modes."""
    yield (
        f"{evaluation.collection}: {evaluation.documents:,} documents in {evaluation.passages:,} passages, "
        f"{evaluation.questions:,} questions, model {evaluation.model}"
    )
    yield ""
    yield _row("", evaluation.modes)
    for name in MEASURES:
        yield _row(name, [_interval(quality.measures[name]) for quality in evaluation.modes.values()])
    for name in LATENCIES:
        yield _row(f"{name}, ms", [f"{quality.latency[name]:.1f}" for quality in evaluation.modes.values()])
    if evaluation.differences:
        yield ""
        yield _row("", [f"{difference.mode} - {difference.other}" for difference in evaluation.differences])
        for name in MEASURES:
            yield _row(name, [_interval(difference.measures[name], "+") for difference in evaluation.differences])
    yield ""
    yield "[95 % confidence interval by the bootstrap over questions]"
    if evaluation.differences:
        yield "* the interval of the difference excludes 0"


def _row(label: str, cells: Any) -> str:
    return (f"{label:<{_LABEL}}" + "".join(f"{cell:<{_COLUMN}}" for cell in cells)).rstrip()


def _interval(found: Interval, sign: str = "") -> str:
    mark = " *" if sign and found.excludes_zero else ""
    return f"{found.mean:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]{mark}"


def record(evaluation: Evaluation, decided: Sequence[Verdict], remarks: Sequence[str]) -> dict[str, Any]:
    """The evaluation as JSON holds it: measures from 0 to 1, latency in milliseconds."""
    return {
        "schema_version": SCHEMA_VERSION,
        "collection": as_unicode(evaluation.collection),
        "model": evaluation.model,
        "documents": evaluation.documents,
        "passages": evaluation.passages,
        "questions": evaluation.questions,
        "modes": {
            mode: {"measures": _rounded(quality.measures), "latency_ms": {n: round(ms, 3) for n, ms in quality.latency.items()}}
            for mode, quality in evaluation.modes.items()
        },
        "differences": [{"mode": d.mode, "other": d.other, "measures": _rounded(d.measures)} for d in evaluation.differences],
        "gates": [{"gate": v.gate.text, "mode": v.mode, "value": round(v.value, 6), "passed": v.passed} for v in decided],
        "remarks": [as_unicode(remark) for remark in remarks],
    }


def _rounded(measures: Any) -> dict[str, dict[str, float]]:
    return {name: {part: round(value, 6) for part, value in asdict(found).items()} for name, found in measures.items()}

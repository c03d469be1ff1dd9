"""Conditions that a measurement must meet, such as ``hybrid:nDCG@10>=0.70``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsdex.errors import UsageError
from newsdex.evaluation.measures import LATENCIES, MEASURES
from newsdex.search.ranking.fusion import Mode

DEFAULT_MODE: Mode = "hybrid"

_RELATIONS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_GATE = re.compile(r"\s*(?:(?P<mode>[^:]*):)?(?P<measure>[^<>=]*)(?:(?P<relation>[<>]=?)(?P<bound>.*))?")
_NAMES = {name.casefold(): name for name in (*MEASURES, *LATENCIES)}


@dataclass(frozen=True, slots=True)
class Gate:
    """``measure`` of ``mode`` must stand in ``relation`` to ``bound``; of every mode in ``modes``."""

    text: str
    modes: tuple[Mode, ...]
    measure: str
    relation: str
    bound: float

    def admits(self, value: float) -> bool:
        """Whether ``value`` meets the condition."""
        return bool(_RELATIONS[self.relation](value, self.bound))


def parse_gate(text: str, modes: Sequence[Mode]) -> Gate:
    """The gate that ``text`` means, among the ``modes`` that are measured.

    Without a mode it is for hybrid, which a search uses unless told otherwise, or where that is not measured, for each mode.

    Raises UsageError when it names no measure, mode or bound that there is.
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

"""What pydantic finds wrong with a request, in the words of newsdex: what was expected, and what came instead."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from newsdex.output import as_unicode

ONE, SEVERAL = "one", "several"  # tags of a value that may stand alone or in a list: no part of where it is
UNKNOWN = "unknown parameter; /docs lists the known ones"
_MOST = 20  # that are told
_MOST_TOLD = 500  # characters of each
_SHOWN = 40  # characters of a value
_FILTER = 'a filter such as {"type": "eq", "key": "source", "value": "Reuters"}'
_OBJECT = "a JSON object"
_QUOTED = re.compile("'([^']+)'")
_PLACE = re.compile(r"(?<![^\s\"'(])(?:[a-z]+:/)?/(?:[^\s/]+/)+")
_SAID = {
    "extra_forbidden": UNKNOWN,
    "missing": "a value is required",
    "union_tag_not_found": f"a type is required: expected {_FILTER}",
}
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "literal_error": "{expected}",
    "string_pattern_mismatch": "text that is not blank",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "{le:g} or less",
}


def faults(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What pydantic ``found`` wrong, by (where, detail)."""
    told = [(".".join(str(part) for part in each["loc"] if part not in (ONE, SEVERAL)), _in_words(each)) for each in found[:_MOST]]
    return [(as_unicode(where[:_MOST_TOLD]), as_unicode(detail[:_MOST_TOLD])) for where, detail in told]


def without_places(text: str) -> str:
    """``text`` for who does not run the server: of a path on its machine, or an address in Milvus, the last name only."""
    return _PLACE.sub("", text)


def in_one(errors: Sequence[tuple[str, str]]) -> str:
    """``errors`` in one line."""
    return "; ".join(f"{where}: {detail}" for where, detail in errors)


def _in_words(error: Mapping[str, Any]) -> str:
    kind, value, about = error["type"], error.get("input"), error.get("ctx", {})
    told = str(error["msg"]).removeprefix("Value error, ")
    if kind in _SAID:
        told = _SAID[kind]
    elif kind.endswith(("too_short", "too_long")):
        most = about.get("max_length")
        bound, what = most or about["min_length"], "character" if kind.startswith("string") else "value"
        told = f"expected at {'most' if most else 'least'} {bound} {what}{'s' if bound > 1 else ''}, not {len(value or ())}"
    elif kind == "union_tag_invalid":
        told = f"type: expected one of {about['expected_tags']}, not {_shown(about['tag'])}{_nearest(about)}"
    elif kind in _EXPECTED:
        is_filter = _EXPECTED[kind] == _OBJECT and str(error["loc"][-1]).startswith("filter")
        told = f"expected {_FILTER if is_filter else _EXPECTED[kind].format(**about)}, not {_shown(value)}"
    elif told.startswith("expected "):
        told = f"{told}, not {_shown(value)}"
    return told


def _nearest(about: Mapping[str, Any]) -> str:
    """A question for the type of a filter that is like the one that was given, if any is."""
    near = get_close_matches(str(about["tag"])[:_SHOWN], _QUOTED.findall(about["expected_tags"]), 1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else _OBJECT
    told = json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}..."

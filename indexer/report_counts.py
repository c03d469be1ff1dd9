"""How many problems a line stands for: of a file with many, the last line says how many more there were."""

from __future__ import annotations

import re

LOST, REMARKS = "that were not indexed", "remarks"
_MORE = re.compile(rf"(?:.*: )?and (\d{{1,9}}) more (?:{LOST}|{REMARKS}|without text)")


def count_of(reason: str) -> int:
    """The problems that ``reason`` stands for: 1, or as many as it says there are more."""
    more = _MORE.fullmatch(reason)
    return int(more[1]) if more else 1

"""Whether a served index is what it should be."""

from __future__ import annotations

from newsdex.errors import NewsdexError
from newsdex.search.index import Index


def problem_with(index: Index) -> str:
    """Why answers do not come from the newest version of the index, if they do not; else nothing."""
    try:
        _ = index.manifest
    except NewsdexError as error:
        return str(error)
    return str(index.problem or "")

"""The arguments of Index.search by name and type, for whatever hands them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict

from newsdex.search.ranking.fusion import Mode
from newsdex.search.request import Sort

if TYPE_CHECKING:
    from newsdex.search.question.filters import Filter


class SearchOptions(TypedDict, total=False):
    """What Index.search takes besides the question; it says what each means."""

    limit: int
    offset: int
    mode: Mode
    where: Mapping[str, Any] | Filter | None
    since: str | date | None
    until: str | date | None
    on: str | date | None
    as_of: str | date | None
    sort: Sort
    recency: str | float | None
    per_article: int
    context: int
    collapse: bool
    rerank: str | None
    min_score: float | None
    exact: bool
    explain: bool
    read_dates: bool
    literal: bool
    history: Sequence[str] | None

"""What the benchmarks of the short list share."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from paths import ROOT


def test_ten_articles_are_compared_unless_another_number_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark of latency gives none."""
    for folder in ("lib", "quality"):
        monkeypatch.syspath_prepend(ROOT / "benchmarks" / folder)
    import shortlist

    def search(question: str, *, limit: int, **_: Any) -> list[Any]:
        return [SimpleNamespace(article=SimpleNamespace(id=f"{question}{number}")) for number in range(limit)]

    index: Any = SimpleNamespace(search=search)
    best = shortlist.articles(index, "q", "hybrid", exact=True)
    assert best == [f"q{number}" for number in range(10)]
    assert shortlist.recall(index, ["q"], "hybrid", [best]) == 1
    for name in ("shortlist", "script"):
        sys.modules.pop(name, None)

"""Where terms occur, and what is remembered of it between questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsdex import Options, index_paths
from newsdex.store import postings
from newsdex.store.postings import Posting, hash_of
from newsdex.store.snapshot import Snapshot

TERMS = [hash_of(term) for term in ("ferri", "strike", "harbour", "nowher", "ferri")]


def plain(found: list[Posting | None]) -> list[tuple[list[int], list[int]] | None]:
    """The same as numbers."""
    return [None if each is None else (each.places.tolist(), each.impacts.tolist()) for each in found]


@pytest.mark.parametrize("most", [0, 2, 10_000])
def test_what_is_remembered_is_what_is_read(most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any order and however often, for passages and for articles apart; no more than a bound is remembered."""
    for number, text in enumerate(("A ferry strike.", "A strike in the harbour.", "The ferry left the harbour, a ferry.")):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    index_paths([tmp_path / f"{number}.txt" for number in range(3)], tmp_path / "index", Options("hash"))
    expected = {
        (term, unit): plain(Snapshot.open(tmp_path / "index").segments[0].postings.of([term], unit))
        for term in TERMS
        for unit in ("passage", "article")
    }
    assert sum(found == [None] for found in expected.values()) == 2
    monkeypatch.setattr(postings, "_REMEMBERED", most)
    one = Snapshot.open(tmp_path / "index").segments[0].postings
    for asked in (TERMS[:1], TERMS, TERMS[::-1], TERMS[2:], []):
        for unit in ("passage", "article"):
            assert plain(one.of(asked, unit)) == [found for term in asked for found in expected[term, unit]]

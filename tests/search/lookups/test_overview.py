"""What an index covers is counted over the articles that are there."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

from newsdex import Index, Options, index_paths
from newsdex.indexer.upkeep.takedown import Selection, delete

HASH = Options(model="hash")
ROWS = [
    ("a", "The Paper", "en", "2024-04-26"),
    ("b", "The Paper", "en", "2023"),
    ("c", "Die Zeitung", "de", "2025-02"),
    ("d", "", "en", ""),
    ("e", "Gone", "fr", "1999-01-01"),
]


def test_it_counts_what_is_there(tmp_path: Path) -> None:
    """By language and source, the commonest first, over several commits; a year begins on its first day, a month ends on its last; the
    deleted do not count.
    """
    for part in (ROWS[:2], ROWS[2:]):
        path = tmp_path / f"{part[0][0]}.jsonl"
        records = [
            {"_id": name, "text": "A text.", "source": source, "language": language, "date": day} for name, source, language, day in part
        ]
        path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        index_paths([path], tmp_path / "index", HASH)
    delete(tmp_path / "index", Selection(frozenset({"e"})))
    with Index.open(tmp_path / "index") as index:
        found = index.overview()
    living = ROWS[:-1]
    assert list(found.sources.items()) == [("The Paper", 2), ("Die Zeitung", 1)]
    assert found.languages == Counter(language for _, _, language, _ in living)
    assert next(iter(found.languages)) == "en"
    assert (found.first, found.last) == (date(2023, 1, 1), date(2025, 2, 28))


def test_nothing_is_known(tmp_path: Path) -> None:
    """Articles without dates and sources, and no articles at all."""
    (tmp_path / "a.txt").write_text("A text.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", HASH)
    with Index.open(tmp_path / "index") as index:
        assert (index.overview().sources, index.overview().first, index.overview().last) == ({}, None, None)
        delete(tmp_path / "index", Selection(frozenset({"a.txt"})))
        assert (index.overview().languages, index.overview().sources, index.overview().first) == ({}, {}, None)

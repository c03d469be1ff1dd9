"""Hints are the titles that brute force finds."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdex import Options, index_paths
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.search.lookups import suggest
from newsdex.search.lookups.suggest import Suggester, folded
from newsdex.store.snapshot import Snapshot

HASH = Options(model="hash")
WORDS = [
    "China",
    "chinas",
    "Chile",
    "Élysée",
    "élu",
    "Russia's",
    "rus",
    "the",
    "The",
    "U.S.",
    "København",
    "東京",
    "東北",
    "日本",
    "ไทย",
    "Straße",
    "🙂",
    "internationale",
    "internationals",
    "_",
]
DAYS = ["2024-04-26", "2024-05", "2023", "", "2024-05-01T10:00:00Z"]
LAST_DAY = {"2024-04-26": "2024-04-26", "2024-05": "2024-05-31", "2023": "2023-12-31", "": "", "2024-05-01T10:00:00Z": "2024-05-01"}
DENSE = "東京北日本ไทย"

Row = tuple[str, str, str]  # id, title, date


def brute_force(rows: list[Row], typed: str, limit: int) -> list[str]:
    """The folded titles in the promised order, by looking at each."""
    query = folded(typed)
    found = {}
    for _, title, day in rows:
        text = folded(title)
        if query and all(starts(text, word) for word in query.split()):
            order = (not text.startswith(query), not starts(text, query), [-ord(c) for c in LAST_DAY[day]] or [0], text)
            found[text] = min(order, found.get(text, order))
    return sorted(found, key=lambda text: found[text])[:limit]


def starts(text: str, word: str) -> bool:
    """Whether ``word`` is in ``text`` at a word's beginning."""
    places = [place for place in range(len(text)) if text.startswith(word, place)]
    return any(place == 0 or text[place - 1] == " " or text[place] in DENSE for place in places)


def write_index(folder: Path, parts: list[list[Row]]) -> Path:
    """An index of these articles, a commit a part."""
    for number, part in enumerate(parts):
        records = [{"_id": name, "title": title, "text": "A text.", "source": "The Paper", "date": day} for name, title, day in part]
        path = folder / f"{number}.jsonl"
        path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        index_paths([path], folder / "index", HASH)
    return folder / "index"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Titles of a few words from a small vocabulary, so that they share beginnings."""
    chance = random.Random(7)
    return [(f"a{n}", " ".join(chance.choices(WORDS, k=chance.randint(1, 5))), chance.choice(DAYS)) for n in range(300)]


@pytest.fixture(scope="module")
def snapshot(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Them in an index of two commits."""
    return Snapshot.open(write_index(tmp_path_factory.mktemp("titles"), [rows[:200], rows[200:]]))


@settings(max_examples=300, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.sampled_from(WORDS), st.integers(1, 16)), min_size=1, max_size=3),
    gap=st.sampled_from([" ", "  ", "-"]),
    limit=st.integers(1, 9),
)
def test_it_is_brute_force(rows: list[Row], snapshot: Snapshot, pieces: list[tuple[str, int]], gap: str, limit: int) -> None:
    """The same titles in the same order, whatever is typed: words cut anywhere, in any script."""
    typed = gap.join(word[:size] for word, size in pieces)
    found = HINTS.hints(snapshot, typed, limit)
    assert [folded(hint.title) for hint in found] == brute_force(rows, typed, limit)


HINTS = Suggester()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_anything_can_be_typed(snapshot: Snapshot, typed: str) -> None:
    """Control characters, lone halves of emoji, thousands of marks: an answer, if an empty one."""
    assert all(hint.title for hint in HINTS.hints(snapshot, typed))


def test_what_a_hint_says(tmp_path: Path) -> None:
    """Title, source and date of the newest article that has the title; a title on one line, without what is not seen."""
    rows = [("a", "Copper\trises\u202e again", "2023"), ("b", "Copper rises again", "2024-05"), ("c", "Copper falls", "")]
    snapshot = Snapshot.open(write_index(tmp_path, [rows]))
    assert Suggester().hints(snapshot, "copp") == [
        ("Copper rises again", "The Paper", "2024-05"),
        ("Copper falls", "The Paper", ""),
    ]
    assert Suggester().hints(snapshot, " -- ") == Suggester().hints(snapshot, "") == []


def test_it_follows_the_index(tmp_path: Path) -> None:
    """What is added is found and what is deleted is not, and a segment that stays is not sorted again."""
    folder = write_index(tmp_path, [[("a", "Copper rises", ""), ("b", "Copper falls", "")]])
    hints = Suggester()
    assert len(hints.hints(Snapshot.open(folder), "copper")) == 2
    [before] = hints.titles.values()
    delete(folder, Selection(frozenset({"b"})))
    assert [hint.title for hint in hints.hints(Snapshot.open(folder), "copper")] == ["Copper rises"]
    assert list(hints.titles.values()) == [before]


def test_the_work_is_bounded(rows: list[Row], snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many titles, the newest are looked at: there is no hint that brute force would not give for them alone."""
    monkeypatch.setattr(suggest, "LOOKED_AT", 10)
    found = HINTS.hints(snapshot, "c", 100)
    assert 0 < len(found) <= 2 * 10
    assert {folded(hint.title) for hint in found} <= set(brute_force(rows, "c", 1000))
    assert found[0].published.startswith("2024-05")

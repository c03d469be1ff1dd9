"""The two stages of a build on several machines, run here one after the other: the same index as a local build makes, whatever is cut
off.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsdex import IndexDamaged, IndexMissing, UsageError, index_paths
from newsdex.engines import open_build_encoder
from newsdex.indexer.build import Options
from newsdex.indexer.discover import discover
from newsdex.indexer.milvus.content import folder_content
from newsdex.indexer.milvus.exchange import ExchangeAbout, begin, parquet_content, write_about
from newsdex.indexer.milvus.pull import pull
from newsdex.indexer.ray.stages import Embedder, Recipe, Row, cut
from newsdex.indexer.source import Wanted
from newsdex.settings import Chunking
from newsdex.store.snapshot import Snapshot

pytest.importorskip("pyarrow", reason="newsdex[cluster] is not installed")

MODEL = "hash"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Enough files for several units, one of them with two articles, one that cannot be read."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(70):
        (folder / f"n{number:02}.md").write_text(
            f"---\ntitle: Story {number}\ndate: 2024-04-{number % 28 + 1:02}\n---\n" + f"Bridge {number} was opened. " * 40
        )
    (folder / "two.jsonl").write_text('{"id": "one", "text": "A ferry sank."}\n{"id": "n05", "text": "A train came."}\nno json\n')
    return folder


def recipe_for(tmp_path: Path) -> Recipe:
    card = open_build_encoder(MODEL).card
    exchange = tmp_path / "exchange"
    begin(exchange, ExchangeAbout(card, Chunking(), str(tmp_path)), again=True)
    (exchange / "cut").mkdir(exist_ok=True)
    return Recipe(str(exchange), str(tmp_path), MODEL, card.fingerprint, Chunking(), Wanted())


def units_of(recipe: Recipe, articles: Path, tmp_path: Path) -> list[Row]:
    return list(recipe.units(discover([articles], leave_out=tmp_path / "none").files))


def run(recipe: Recipe, units: list[Row]) -> list[Row]:
    """Both stages of every unit, and what the folder holds then."""
    embedder = Embedder()
    rows = [embedder(cut(unit)) for unit in units]
    about = ExchangeAbout(
        open_build_encoder(MODEL).card, Chunking(), recipe.base, tuple(unit["name"] for unit in units), sum(row["passages"] for row in rows)
    )
    write_about(Path(recipe.folder), about)
    return rows


def entries(folder: Path) -> dict[str, Any]:
    return {entry.article.id: entry for entry in folder_content(Snapshot.open(folder)).entries()}


def test_the_stages_make_what_a_local_build_makes(articles: Path, tmp_path: Path) -> None:
    """The same articles, passages and vectors; the same problems."""
    report = index_paths([articles], tmp_path / "local", Options(model=MODEL))
    recipe = recipe_for(tmp_path)
    units = units_of(recipe, articles, tmp_path)
    assert len(units) > 2
    rows = run(recipe, units)
    pull(parquet_content(tmp_path / "exchange"), tmp_path / "built")
    local, built = entries(tmp_path / "local"), entries(tmp_path / "built")
    assert built.keys() == local.keys()
    for name, entry in built.items():
        assert replace(entry, keys=None, vectors=None) == replace(local[name], keys=None, vectors=None)
        np.testing.assert_array_equal(entry.keys, local[name].keys)
        np.testing.assert_array_equal(entry.vectors, local[name].vectors)
    assert len(report.problems) == sum(len(json.loads(row["problems"])) for row in rows) == 1


def test_what_is_there_is_not_made_again(articles: Path, tmp_path: Path) -> None:
    """A second run changes no file; a part that is missing comes back the same."""
    recipe = recipe_for(tmp_path)
    units = units_of(recipe, articles, tmp_path)
    run(recipe, units)
    made = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "exchange").rglob("*.parquet")}
    run(recipe, units)
    assert {path: path.stat().st_mtime_ns for path in made} == {path: time for path, (time, _) in made.items()}
    for path in list(made)[::2]:
        path.unlink()
    run(recipe, units)
    for path, (_, content) in made.items():
        if path.parent.name != "cut":
            assert path.read_bytes() == content


def test_a_changed_file_is_another_unit(articles: Path, tmp_path: Path) -> None:
    """Its unit is made again and the others are not; another setting makes all of them again."""
    recipe = recipe_for(tmp_path)
    before = {unit["name"] for unit in units_of(recipe, articles, tmp_path)}
    (articles / "n03.md").write_text("Another story.")
    os.utime(articles / "n03.md", ns=(1, 1))
    after = {unit["name"] for unit in units_of(recipe, articles, tmp_path)}
    assert len(before - after) == len(after - before) == 1
    other = replace(recipe, chunking=Chunking(max_tokens=64))
    assert not after & {unit["name"] for unit in units_of(other, articles, tmp_path)}


def test_an_id_that_two_units_have_is_taken_once(tmp_path: Path) -> None:
    """As in a local build, the first in the order of the files."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(40):
        (folder / f"f{number:02}.jsonl").write_text(f'{{"id": "same", "text": "Version {number}."}}\n')
    recipe = recipe_for(tmp_path)
    run(recipe, units_of(recipe, folder, tmp_path))
    [entry] = parquet_content(tmp_path / "exchange").entries()
    assert entry.article.text == "Version 0."


def test_a_file_that_vanishes_is_a_problem_of_its_unit(articles: Path, tmp_path: Path) -> None:
    """The run goes on without it."""
    recipe = recipe_for(tmp_path)
    units = units_of(recipe, articles, tmp_path)
    (articles / "n10.md").unlink()
    rows = run(recipe, units)
    assert any("n10.md" in row["problems"] and "vanished" in row["problems"] for row in rows)


def test_machines_with_another_model_are_refused(articles: Path, tmp_path: Path) -> None:
    """A machine whose model has another fingerprint embeds nothing."""
    recipe = replace(recipe_for(tmp_path), fingerprint="0" * 32)
    unit = units_of(recipe, articles, tmp_path)[0]
    row = cut(unit)
    with pytest.raises(IndexDamaged, match="same newsdex on all machines"):
        Embedder()(row)


def test_a_folder_that_is_no_exchange_is_not_written_to(tmp_path: Path) -> None:
    """Nor one that was begun with another model; one that is not whole cannot be read."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    card = open_build_encoder(MODEL).card
    with pytest.raises(UsageError, match="not empty"):
        begin(tmp_path / "mine", ExchangeAbout(card, Chunking(), "/"))
    begin(tmp_path / "new", ExchangeAbout(card, Chunking(), "/"))
    with pytest.raises(UsageError, match="started with"):
        begin(tmp_path / "new", ExchangeAbout(card, Chunking(max_tokens=99), "/"))
    with pytest.raises(IndexMissing, match="is incomplete"):
        parquet_content(tmp_path / "new")

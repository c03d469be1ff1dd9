"""Retracted and corrected articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsdex import Article, Index, Options, index_paths
from newsdex.output import hit_record
from newsdex.search.answer.corrections import Version, corrections_first
from newsdex.terminal import Style, hit_lines


def article(name: str, **metadata: str) -> Article:
    """An article with fields of its source."""
    return Article(name, "x", Path(f"/{name}.md"), "", url=f"https://{name}.example", metadata=metadata)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            [article("old", corrected_by="new"), article("b"), article("new")], ["new", "old", "b"], id="the old one names the new"
        ),
        pytest.param([article("b"), article("old"), article("new", corrects="old")], ["b", "new", "old"], id="the new one names the old"),
        pytest.param([article("old"), article("new", corrects="https://old.example")], ["new", "old"], id="by url"),
        pytest.param([article("new", corrects="old"), article("old")], ["new", "old"], id="already first"),
        pytest.param([article("old", corrected_by="gone"), article("b")], ["old", "b"], id="not among the hits"),
        pytest.param([article("a", corrects="b"), article("b", corrects="a")], ["a", "b"], id="each says it corrects the other"),
        pytest.param([article("v1"), article("v2", corrects="v1"), article("v3", corrects="v2")], ["v3", "v2", "v1"], id="a chain"),
        pytest.param([article("a"), article("b"), article("c")], ["a", "b", "c"], id="nothing to do"),
    ],
)
def test_corrected_versions_come_first(before: list[Article], after: list[str]) -> None:
    """The corrected version is moved before what it corrects, and nothing else changes its order."""
    versions = [Version(each.id, each.url, each.corrects, each.corrected_by) for each in before]
    assert [each.id for each in corrections_first(before, versions)] == after


def test_from_the_file_to_the_terminal(tmp_path: Path) -> None:
    """Front matter says it, and text and JSON show it, escape sequences taken out."""
    (tmp_path / "old.md").write_text(
        '---\nid: old\ncorrected_by: new\nretracted: "wrong \\e[31mfigures"\n---\nThe bridge cost two million.', encoding="utf-8"
    )
    (tmp_path / "new.md").write_text("---\nid: new\n---\nThe bridge, it is now known, cost three million.", encoding="utf-8")
    index_paths([tmp_path / "old.md", tmp_path / "new.md"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        found = index.search("The bridge cost two million.")
    assert [hit.article.id for hit in found] == ["new", "old"]
    assert found[0].score < found[1].score
    records = [hit_record(hit) for hit in found]
    assert [(r["retracted"], r["corrected_by"]) for r in records] == [(None, None), ("wrong \x1b[31mfigures", "new")]
    lines = list(hit_lines(found, Style(80, color=False, links=False)))
    assert "    RETRACTED: wrong \ufffd[31mfigures \u00b7 CORRECTED: see new" in lines


@pytest.mark.parametrize("told", ["false", "no", "0", ""])
def test_not_retracted(told: str) -> None:
    """A field that says no is no retraction."""
    assert not article("a", retracted=told).retracted

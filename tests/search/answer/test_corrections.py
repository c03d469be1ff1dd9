"""Retracted and corrected articles."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from cpu_time import within
from hypothesis import given
from hypothesis import strategies as st

from newsdex import Article, Index, Options, index_paths
from newsdex.cli import newsdex
from newsdex.output import hit_record
from newsdex.search.answer.paging import corrections_first
from newsdex.search.retrievers.passages import retrieve
from newsdex.store.copies import Version
from newsdex.terminal import Style, hit_lines, miss_lines


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
        pytest.param(
            [article("a", corrected_by="c"), article("b"), article("c", corrected_by="b"), article("d", corrects="b")],
            ["d", "b", "c", "a"],
            id="a chain that goes back",
        ),
        pytest.param([article("a"), article("b"), article("c")], ["a", "b", "c"], id="nothing to do"),
    ],
)
def test_corrected_versions_come_first(before: list[Article], after: list[str]) -> None:
    """The corrected version is moved before what it corrects, and nothing else changes its order."""
    versions = [Version(each.id, each.url, each.corrects, each.corrected_by) for each in before]
    assert [each.id for each in corrections_first(before, versions)] == after


@pytest.mark.parametrize(
    ("behind", "after"),
    [
        ({("v2", "v1")}, ["b", "v1", "v3", "v2"]),
        ({("v3", "v2")}, ["b", "v2", "v3", "v1"]),
        ({("v2", "v1"), ("v3", "v2")}, ["b", "v1", "v2", "v3"]),
        ({("v1", "v2")}, ["b", "v3", "v2", "v1"]),
    ],
)
def test_corrected_versions_come_right_behind_where_asked(behind: set[tuple[str, str]], after: list[str]) -> None:
    """Of three versions, each of which corrects the one before."""
    names = ["b", "v1", "v2", "v3"]
    versions = [Version("b", "", "", ""), Version("v1", "", "", ""), Version("v2", "", "v1", ""), Version("v3", "", "v2", "")]
    assert corrections_first(names, versions, lambda new, old: (names[new], names[old]) in behind) == after


_NAME = st.sampled_from(["", "", "a/0", "a/1", "a/2", "a/3", "u/0", "u/1"])


@given(st.lists(st.tuples(st.sampled_from(["", "u/0", "u/1"]), _NAME, _NAME), max_size=8))
def test_what_is_corrected_comes_after_a_corrected_version(fields: list[tuple[str, str, str]]) -> None:
    """Whatever corrects what, but for circles, as the definition has it; nothing is lost, and what has nothing to do with it stays."""
    versions = [Version(f"a/{number}", *each) for number, each in enumerate(fields)]
    pairs = {
        (old, new)
        for old, one in enumerate(versions)
        for new, other in enumerate(versions)
        if (one.corrected_by and one.corrected_by in (other.id, other.url)) or (other.corrects and other.corrects in (one.id, one.url))
    }
    order = corrections_first(range(len(versions)), versions)
    assert sorted(order) == list(range(len(versions)))
    others = [number for number in order if all(number not in pair for pair in pairs)]
    assert others == sorted(others)
    before = pairs
    while len(fewer := {(old, new) for old, new in before if any(first == new for first, _ in before)}) < len(before):
        before = fewer
    if not before:
        for old in {old for old, _ in pairs}:
            assert any(order.index(new) < order.index(old) for first, new in pairs if first == old)


def test_many_corrections_take_little() -> None:
    """Thousands of articles of one address, each of which corrects what has it."""
    versions = [Version(f"a/{number}", "u", "u", "") for number in range(5_000)]
    assert within(5, lambda: corrections_first(range(5_000), versions)) == list(range(5_000))


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


def test_a_flag_is_shown_wherever_a_title_is(tmp_path: Path) -> None:
    """In a list, among misses, for assistants, in documents of frameworks; and a prompt names the correction by its number."""
    for name, head in (("gone", "retracted: wrong figures"), ("old", "corrected_by: new"), ("new", "corrects: old")):
        text = f"---\nid: {name}\ntitle: Bridge {name}\n{head}\n---\nThe bridge cost two million, says the {name} story.\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    index_paths([tmp_path], tmp_path / "index", Options(model="hash"))
    flags = {"gone": "RETRACTED", "old": "CORRECTED", "new": ""}
    titles = {name: f"[{flag}] Bridge {name}" if flag else f"Bridge {name}" for name, flag in flags.items()}
    listed = CliRunner().invoke(newsdex, ["list", "--fields", "article_id,title", "--index-dir", str(tmp_path / "index")]).output
    assert dict(line.split("\t") for line in listed.splitlines()) == titles
    with Index.open(tmp_path / "index") as index:
        found = index.search("The bridge cost two million.")
        missed = list(miss_lines(found, Style(80, color=False, links=False)))
        assert sorted(line.partition("  ")[2] for line in missed) == sorted(titles.values())
        documents = retrieve(index, "The bridge cost two million.", 3, {"min_score": 0})
        assert {each.fields["article_id"]: each.fields["flag"] or "" for each in documents} == flags
        context = index.context("The bridge cost two million.", budget_tokens=500)
        numbers = {excerpt.article_id: excerpt.number for excerpt in context.excerpts}
        assert len(numbers) == 3
        assert f'[{numbers["old"]}] "Bridge old" | corrected by: [{numbers["new"]}]' in str(context)
        pytest.importorskip("mcp", reason="pip install 'newsdex[mcp]'")
        from newsdex.search.mcp_server import _Tools

        tools = _Tools(index, None)
        fetched = {name: tools.fetch(name) for name in titles}
        assert {name: document["title"] for name, document in fetched.items()} == {name: f"Bridge {name}" for name in titles}
        assert fetched["gone"]["metadata"]["retracted"] == "wrong figures"
        assert fetched["old"]["metadata"]["corrected_by"] == "new"
        assert {each["id"]: each["title"] for each in tools.search("The bridge cost two million.")["results"]} == titles


@pytest.mark.parametrize("told", ["false", "no", "0", ""])
def test_not_retracted(told: str) -> None:
    """A field that says no is no retraction."""
    assert not article("a", retracted=told).retracted

"""An article whose copy was retracted does not look clean, and commands name the copies that they leave as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import run
from indexes import HASH, put

from newsdex import Index, Options, index_paths
from newsdex.indexer.upkeep.marking import mark_article
from newsdex.reports_text import difference_text
from newsdex.search.server.first_page import _hit
from newsdex.terminal import Style, hit_lines, miss_lines

TEXT = (
    "The Ellerby ferry strike ended on Tuesday after eleven days of talks between the union and the port, both sides said in a short "
    "statement late in the evening, and boats will sail again."
)


def ferries(folder: Path, count: int = 2, options: Options = HASH) -> Path:
    """An index of copies of one story, and of another story."""
    for number in range(1, count + 1):
        put(folder / f"{number}.md", f"---\ntitle: Ferry {number}\nurl: https://g.example/x?v={number}\nlanguage: en\n---\n\n{TEXT}\n")
    put(folder / "opera.md", "---\ntitle: Opera\n---\n\nThe Linz opera house was sold on Sunday.\n")
    index_paths([folder], folder.parent / "index", options)
    return folder.parent / "index"


def test_a_hit_says_that_a_copy_was_retracted(tmp_path: Path) -> None:
    """In the first line of the hit, in the list of near misses, on the page and in a prompt; not where the article itself was."""
    index = ferries(tmp_path / "a")
    mark_article(index, "a/2.md", retracted="cost wrong")
    with Index.open(index) as opened:
        [hit] = opened.search("Ellerby ferry strike", mode="lexical")
        context = opened.context("Ellerby ferry strike", mode="lexical")
    assert hit.article.id == "a/1.md"
    first, *more = hit_lines([hit], Style(80, color=False, links=False))
    assert first.startswith("1.  [COPY RETRACTED] Ferry 1 ")
    assert "    COPY RETRACTED: cost wrong (a/2.md)" in more
    assert "[COPY RETRACTED] Ferry 1" in next(miss_lines([hit], Style(80, color=False, links=False)))
    assert '[1] "Ferry 1" | url: "https://g.example/x?v=1" | COPY RETRACTED: "cost wrong"' in str(context)
    from starlette.datastructures import QueryParams

    assert "<p class='warning'><strong>A copy was withdrawn</strong>: cost wrong</p>" in _hit(hit, QueryParams(), scored=True)
    mark_article(index, "a/2.md", retracted="cost wrong", copies=True)
    with Index.open(index) as opened:
        [hit] = opened.search("Ellerby ferry strike", mode="lexical")
    assert not any("COPY" in line for line in hit_lines([hit], Style(80, color=False, links=False)))


def test_a_copy_of_a_retracted_article_supports_nothing(tmp_path: Path) -> None:
    """Its remark names the copy; another article still supports."""
    index = ferries(tmp_path / "a", options=Options(model="all-MiniLM-L6-v2"))
    said = "The Ellerby ferry strike ended on Tuesday after eleven days of talks between the union and the port."

    def checked() -> tuple[str, list[str], bool]:
        with Index.open(index) as opened:
            report = opened.check(said)
        [sentence] = report.sentences
        return sentence.verdict, [difference_text(each) for each in sentence.differences], report.accepted

    assert checked() == ("supported", [], True)
    mark_article(index, "a/2.md", retracted="cost wrong")
    assert checked() == ("partly", ["a copy of the article was retracted: cost wrong (a/2.md)"], False)
    put(tmp_path / "a" / "other.md", f"---\nlanguage: en\ntitle: Port\n---\n\n{said}\n")
    index_paths([tmp_path / "a"], index)
    assert checked()[0] == "supported"


@pytest.mark.parametrize(("more", "word"), [((), "delete --copies"), (("--purge",), "delete --purge --copies")])
def test_a_deletion_names_the_copies_that_stay(tmp_path: Path, more: tuple[str, ...], word: str) -> None:
    """Up to five of them, and the command for the others, which works."""
    index = ferries(tmp_path / "a", 8)

    def delete(*arguments: str) -> tuple[str, str]:
        done = run("delete", *arguments, *more, "--index-dir", index, cwd=tmp_path)
        assert done.code == 0
        return done.out, done.err

    out, err = delete("a/1.md")
    assert out == "a/1.md\n"
    assert (
        "7 copies are still in the index: a/2.md (Ferry 2), a/3.md (Ferry 3), a/4.md (Ferry 4), a/5.md (Ferry 5), a/6.md (Ferry 6)" in err
    )
    assert f" and 2 more. To include them: newsdex {word} a/2.md --index-dir {index}" in err
    assert delete("--copies", "a/2.md", "--dry-run")[0].count("\n") == 7
    out, err = delete("--copies", "a/2.md")
    assert out.split() == [f"a/{number}.md" for number in range(2, 9)]
    assert "still in the index" not in err
    assert "still in the index" not in delete("a/opera.md")[1]


def test_a_mark_names_the_copies_without_it(tmp_path: Path) -> None:
    """With the command that marks them, too; and the other way round."""
    index = ferries(tmp_path / "a", 3)

    def command(*arguments: str) -> tuple[str, str]:
        done = run("mark", *arguments, "--index-dir", index, cwd=tmp_path)
        assert done.code == 0
        return done.out, done.err

    out, err = command("a/2.md", "--retracted", "it is wrong")
    assert out == "a/2.md: retracted: it is wrong\n"
    assert "2 copies are not marked: a/1.md (Ferry 1), a/3.md (Ferry 3). To include them:" in err
    assert f"newsdex mark --copies a/2.md --retracted 'it is wrong' --index-dir {index}" in err
    told = json.loads(command("a/2.md", "--retracted", "it is wrong", "--json")[0])
    assert (told["changed"], told["copies"], told["other_copies"]) == (False, [], ["a/1.md", "a/3.md"])
    out, err = command("--copies", "a/2.md", "--retracted", "it is wrong")
    assert out == "".join(f"a/{number}.md: retracted: it is wrong\n" for number in (2, 1, 3))
    assert err == ""
    assert "2 copies are still marked: a/1.md (Ferry 1), a/3.md (Ferry 3)" in command("a/2.md", "--unmark")[1]
    told = json.loads(command("--copies", "a/2.md", "--unmark", "--json")[0])
    assert (told["changed"], told["copies"], told["other_copies"]) == (True, ["a/1.md", "a/3.md"], [])


def test_reprints_are_named_whatever_their_date(tmp_path: Path) -> None:
    """Though a reprint a month later is no copy for a search. A short text counts below the same title; a corrected version is no copy."""
    brief = "The bridge is closed."
    texts = {"1": ("Ferry", "date: 2024-01-01", TEXT), "2": ("Boats", "date: 2024-03-01", TEXT), "3": ("Ferry", "corrects: a/1.md", TEXT)}
    for name, (title, more, text) in texts.items():
        put(
            tmp_path / "a" / f"{name}.md",
            f"---\ntitle: {title}\n{more}\n---\n\n{text.replace('eleven', 'twelve') if name == '3' else text}\n",
        )
    rows = [{"title": title, "text": brief} for title in ("Bridge", "Bridge", "Tunnel")]
    put(tmp_path / "a" / "e.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    index = tmp_path / "index"
    index_paths([tmp_path / "a"], index, HASH)

    def other(name: str) -> list[str]:
        done = run("mark", name, "--retracted", "wrong", "--json", "--index-dir", index, cwd=tmp_path)
        return list(json.loads(done.out)["other_copies"])

    assert other("a/1.md") == ["a/2.md"]
    assert other("a/e.jsonl#1") == ["a/e.jsonl#2"]

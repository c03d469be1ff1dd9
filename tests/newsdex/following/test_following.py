"""Standing questions from end to end: each new article that answers is told once, wherever the question says."""

from __future__ import annotations

import json
import os
import re
import socketserver
import sys
from collections.abc import Callable, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Thread
from typing import Any

import feedparser
import numpy as np
import pytest
import xxhash
from command import Ran, run

from newsdex import Chunking, Index, IndexDamaged, IndexMissing, Options, UsageError, index_paths
from newsdex.cli import main
from newsdex.following import follow, followed, preview, tell, unfollow
from newsdex.following.delivery import lines_of
from newsdex.indexer.upkeep.marking import mark_article
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.store.following import Seen, told_digest
from newsdex.store.following import following as held_of
from newsdex.store.snapshot import Snapshot

FERRY = "ferry strike in the harbour"


class Archive:
    """Articles in a folder, with their index."""

    def __init__(self, base: Path) -> None:
        self.articles, self.index, self.lines = base / "articles", base / "index_data", base / "news.jsonl"
        self.articles.mkdir()
        self.moment = 1_000_000_000
        self.put("old", "An old ferry strike in the harbour ended long ago.")
        self.update()

    def put(self, name: str, text: str, **fields: str) -> None:
        """A file of its own, or a new version of it."""
        self.moment += 1
        head = "".join(f"{key}: {value}\n" for key, value in {"title": f"About {name}", **fields}.items())
        path = self.articles / f"{name}.md"
        path.write_text(f"---\n{head}---\n{text}\n", encoding="utf-8")
        os.utime(path, (self.moment, self.moment))

    def update(self, **options: Any) -> None:
        """Index what is there."""
        index_paths([self.articles], self.index, Options(model="hash", **({"prune": True} | options)))

    def told(self) -> list[dict[str, Any]]:
        """Tell, and take what the file of lines has then."""
        assert tell(self.index) == []
        if not self.lines.exists():
            return []
        return [json.loads(line) for line in self.lines.read_text(encoding="utf-8").splitlines()]

    def names(self) -> list[str]:
        """The names of the articles that were told of, in order."""
        return [Path(each["article_id"]).stem for each in self.told()]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """One with an article that answers already."""
    return Archive(tmp_path)


@pytest.fixture
def ferry(archive: Archive) -> Archive:
    """The same, with a question that is followed, by words: the tests' model knows no meaning."""
    follow(archive.index, FERRY, name="ferry", jsonl=archive.lines, mode="lexical")
    return archive


def test_a_new_article_is_told_once(ferry: Archive) -> None:
    """What was there is not told, what answers is, what does not is not, and never a second time."""
    assert ferry.names() == []
    ferry.put("strike", "A ferry strike in the harbour began on Monday.")
    ferry.put("harvest", "The harvest of apples was late.")
    ferry.update()
    for _ in range(2):
        assert ferry.names() == ["strike"]
        ferry.update()
    [told] = ferry.told()
    assert (told["name"], told["question"], told["update"], told["title"]) == ("ferry", FERRY, False, "About strike")
    assert told["answer"] == "A ferry strike in the harbour began on Monday."
    with Index.open(ferry.index) as index:
        found = index.search(FERRY, mode="lexical", where={"type": "eq", "key": "id", "value": told["article_id"]})
    assert told["score"] == round(found[0].score, 6)


def test_a_changed_article_is_an_update(ferry: Archive) -> None:
    """A changed passage that answers is told as an update of what was told before; one that does not is nothing new."""
    ferry.put("strike", "A ferry strike in the harbour began on Monday.")
    ferry.update()
    assert ferry.names() == ["strike"]
    ferry.put("strike", "A ferry strike in the harbour ended on Friday.")
    ferry.update()
    assert [each["update"] for each in ferry.told()] == [False, True]
    # Another paragraph, far enough away to be in a passage of its own
    ferry.put("strike", f"A ferry strike in the harbour ended on Friday.\n\n{'Many words on apples follow here. ' * 300}")
    ferry.update()
    before = len(ferry.told())
    ferry.put("strike", f"A ferry strike in the harbour ended on Friday.\n\n{'Many words on apples follow here. ' * 300}\n\nAnd pears.")
    ferry.update()
    assert len(ferry.told()) == before


def test_an_update_is_told_only_of_what_answers(ferry: Archive) -> None:
    """A line on something else in the passage that was told is no news; a new answer is, and the record has that one."""
    first = "A ferry strike in the harbour began on Monday."
    ferry.put("strike", first)
    ferry.update()
    assert ferry.names() == ["strike"]
    ferry.put("strike", f"{first} The weather was sunny.")
    ferry.update()
    assert ferry.names() == ["strike"]
    ferry.put("strike", "A ferry strike in the harbour hit 40 boats on Monday. The weather was sunny.")
    ferry.update()
    *_, told = ferry.told()
    assert (told["update"], told["answer"]) == (True, "A ferry strike in the harbour hit 40 boats on Monday.")
    assert len(ferry.told()) == 2


def test_what_only_moved_is_not_new(ferry: Archive) -> None:
    """Neither another name, nor another date, nor a return after it was gone."""
    path, text = ferry.articles / "strike.md", "A ferry strike in the harbour began on Monday."
    steps: list[Callable[[], object]] = [
        lambda: ferry.put("strike", text),
        lambda: path.rename(ferry.articles / "moved.md"),
        lambda: ferry.put("moved", text, title="About strike", section="Port"),
        (ferry.articles / "moved.md").unlink,
        lambda: ferry.put("moved", text, title="About strike", section="Port"),
    ]
    for step in steps:
        step()
        ferry.update()
        assert ferry.names() == ["strike"]


def wire(number: int) -> str:
    """A text long enough to tell copies by."""
    return " ".join(f"The ferry strike in the harbour goes on at pier {place}, says crew {place * number}." for place in range(1, 40))


def test_copies_are_folded(ferry: Archive) -> None:
    """Copies that come together are one notice; one that comes later is none, unless its own source made it of the first."""
    for name in ("one", "two"):
        ferry.put(name, wire(7), source=f"Paper {name}", date="2024-04-26")
    ferry.update()
    [told] = ferry.told()
    assert len(told["also_in"]) == 1
    ferry.put("three", f"Our own lead. {wire(7)}", source="Paper three", date="2024-04-27")
    ferry.update()
    assert len(ferry.told()) == 1
    ferry.put("four", f"The harbour ended the ferry strike. {wire(7)}", source="Paper one", date="2024-04-28")
    ferry.update()
    assert [each["update"] for each in ferry.told()] == [False, True]


def test_the_latest_of_two_versions_is_told(ferry: Archive) -> None:
    """Where both come in one run, and only a figure has changed."""
    ferry.put("first", wire(7), source="Paper one", date="2024-04-26")
    ferry.put("second", wire(7).replace("pier 3,", "pier 77,"), source="Paper one", date="2024-04-27")
    ferry.put("other", wire(7).replace("pier 3,", "pier 78,"), source="Paper two", date="2024-04-28")
    ferry.update()
    [told] = [each for each in ferry.told() if each["source"] == "Paper one"]
    assert told["title"] == "About second"
    assert "articles/first.md" in told["also_in"]


def test_a_correction_is_an_update(ferry: Archive) -> None:
    """Also of an article that it names by its address."""
    ferry.put("strike", "A ferry strike in the harbour began on Monday.", url="https://paper.example/strike")
    ferry.update()
    assert ferry.names() == ["strike"]
    ferry.put("again", "The ferry strike in the harbour began on Tuesday.", corrects="https://paper.example/strike")
    ferry.update()
    assert [each["update"] for each in ferry.told()] == [False, True]


def two_told(ferry: Archive, **flag: str) -> None:
    """Two articles are told to one of two questions, and one that was there before has a ``flag``."""
    follow(ferry.index, "apples", name="apples", jsonl=ferry.lines, mode="lexical")
    mark_article(ferry.index, "articles/old.md", **flag)
    ferry.put("strike", "A ferry strike in the harbour began on Monday.")
    ferry.put("other", "The ferry strike in the harbour ended.")
    ferry.update()
    assert sorted(ferry.names()) == ["other", "strike"]


def test_a_retraction_is_told_once_to_those_who_were_told(ferry: Archive) -> None:
    """By a mark or by the source, of copies too; not of an article that was there before the question, and never again."""
    two_told(ferry, retracted="It never ended")
    mark_article(ferry.index, "articles/strike.md", retracted="There was no strike")
    *_, told = ferry.told()
    assert (told["name"], told["article_id"], told["update"]) == ("ferry", "articles/strike.md", True)
    assert (told["retracted"], told["score"], told["answer"], told["text"]) == ("There was no strike", 0.0, None, None)
    ferry.put("other", "The ferry strike in the harbour ended.", retracted="true")
    ferry.update()
    *_, told = ferry.told()
    assert (told["article_id"], told["retracted"]) == ("articles/other.md", "true")
    mark_article(ferry.index, "articles/strike.md", unmark=True)
    assert len(ferry.told()) == 4
    mark_article(ferry.index, "articles/strike.md", retracted="Again")
    rebuild_index(ferry.index, Options(model="hash"))
    assert len(ferry.told()) == 4


def test_a_correction_is_told_once_to_those_who_were_told(ferry: Archive) -> None:
    """By a mark, or by an article that does not answer the question itself; not if that is reported anyway, and never again."""
    two_told(ferry, corrected_by="https://a.example/new")
    mark_article(ferry.index, "articles/strike.md", corrected_by="articles/other.md")
    *_, told = ferry.told()
    assert (told["name"], told["article_id"], told["update"]) == ("ferry", "articles/strike.md", True)
    assert (told["corrected_by"], told["retracted"], told["score"], told["answer"]) == ("articles/other.md", None, 0.0, None)
    ferry.put("erratum", "The date was wrong.", corrects="articles/other.md")
    ferry.update()
    *_, told = ferry.told()
    assert (told["article_id"], told["corrected_by"]) == ("articles/other.md", "articles/erratum.md")
    ferry.put("second", "The ferry strike in the harbour ended later, on Friday evening.", corrects="articles/other.md", date="2024-06-01")
    ferry.update()
    *_, told = ferry.told()
    assert (told["article_id"], told["update"], told["corrected_by"]) == ("articles/second.md", True, None)
    mark_article(ferry.index, "articles/strike.md", unmark=True)
    mark_article(ferry.index, "articles/strike.md", corrected_by="articles/other.md")
    rebuild_index(ferry.index, Options(model="hash"))
    assert len(ferry.told()) == 5


STRIKE = "A ferry strike in the harbour began on Monday."
MOVES: dict[str, Callable[[Archive], str]] = {
    "renamed": lambda archive: renamed(archive, "moved"),
    "to a folder": lambda archive: renamed(archive, "2024/strike"),
    "renamed and edited": lambda archive: (renamed(archive, "moved"), archive.put("moved", f"{STRIKE} It rained."))[0],
}


def renamed(archive: Archive, name: str) -> str:
    """Give the file of the strike another name, and return its id."""
    path = archive.articles / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    (archive.articles / "strike.md").rename(path)
    return f"articles/{name}.md"


@pytest.mark.parametrize("prune", [True, False])
@pytest.mark.parametrize("move", MOVES)
def test_a_retraction_is_told_after_a_move(ferry: Archive, move: str, *, prune: bool) -> None:
    """Once, as without it; and a story that was retracted before it moved is not told again."""
    follow(ferry.index, "apples", name="apples", jsonl=ferry.lines, mode="lexical")
    ferry.put("strike", STRIKE)
    ferry.update()
    assert ferry.names() == ["strike"]
    name = MOVES[move](ferry)
    ferry.update(prune=prune)
    count = len(ferry.told())
    mark_article(ferry.index, name, retracted="There was no strike")
    *_, told = ferry.told()
    assert (told["name"], told["article_id"], told["retracted"], told["update"]) == ("ferry", name, "There was no strike", True)
    assert len(ferry.told()) == count + 1
    (ferry.articles.parent / name).rename(ferry.articles / "again.md")
    ferry.update(prune=prune)
    mark_article(ferry.index, "articles/again.md", retracted="There was no strike")
    assert len(ferry.told()) == count + 1


def test_a_correction_after_a_move_is_an_update(ferry: Archive) -> None:
    """Of the text, and by another article that names the address or the new id."""
    ferry.put("strike", STRIKE, url="https://paper.example/strike")
    ferry.update()
    assert ferry.names() == ["strike"]
    name = renamed(ferry, "moved")
    ferry.update()
    assert ferry.names() == ["strike"]
    ferry.put("second", "The ferry strike in the harbour began on Tuesday.", corrects="https://paper.example/strike")
    ferry.update()
    assert ferry.names()[-1] == "second"
    ferry.put("third", "The ferry strike in the harbour began on Friday.", corrects=name)
    ferry.update()
    assert ferry.names()[-1] == "third"
    ferry.put("moved", "A ferry strike in the harbour ended on Sunday.", url="https://paper.example/strike")
    ferry.update()
    told = [(Path(each["article_id"]).stem, each["update"]) for each in ferry.told() if each["answer"]]
    assert told == [("strike", False), ("second", True), ("third", True), ("moved", True)]


def test_rows_that_move_tell_nothing_false(ferry: Archive) -> None:
    """A story is told as retracted once, whatever its row, and no story that has its row is."""
    stories = {
        name: {"title": name, "text": f"A ferry strike in the harbour of {name} began on Monday and the boats of {name} stay in port."}
        for name in ("Linz", "Brno", "Graz", "Pula")
    }

    def rows(*names: str) -> None:
        text = "".join(json.dumps(stories[name]) + "\n" for name in names)
        ferry.articles.joinpath("e.jsonl").write_text(text, encoding="utf-8")
        ferry.update(prune=True)

    def told() -> list[tuple[str, bool, str | None]]:
        return [(each["title"], each["update"], each["retracted"]) for each in ferry.told()]

    rows("Linz", "Brno")
    assert sorted(told()) == [("Brno", False, None), ("Linz", False, None)]
    mark_article(ferry.index, "articles/e.jsonl#2", retracted="no strike")
    assert told()[2:] == [("Brno", True, "no strike")]
    rows("Graz", "Linz", "Brno")
    assert told()[3:] == [("Graz", False, None)]
    rows("Pula", "Graz", "Linz", "Brno")
    assert told()[4:] == [("Pula", False, None)]
    mark_article(ferry.index, "articles/e.jsonl#2", retracted="none there")
    assert told()[5:] == [("Graz", True, "none there")]
    rows("Brno", "Graz", "Pula")
    assert len(told()) == 6


def test_flags_that_an_earlier_newsdex_told_are_not_told_again(ferry: Archive) -> None:
    """It knew them by the ids of the articles."""
    ferry.put("strike", STRIKE)
    ferry.update()
    assert ferry.names() == ["strike"]
    with held_of(ferry.index) as held:
        by_id = [told_digest("", "articles/strike.md"), told_digest("", "articles/strike.md\0https://a.example/new")]
        seen = held.seen()
        held.save(held.state, seen._replace(told=np.union1d(seen.told, by_id).astype(np.uint64)))
    mark_article(ferry.index, "articles/strike.md", retracted="There was no strike", corrected_by="https://a.example/new")
    with held_of(ferry.index) as held:
        seen = held.seen()
        held.save(held.state, seen._replace(told=seen.told[seen.told != np.uint64(told_digest("", "\0"))]))
    assert ferry.names() == ["strike"]


def test_a_correction_is_named_for_people(archive: Archive) -> None:
    """On standard output and in a feed."""
    feed = archive.index.parent / "news.atom"
    follow(archive.index, FERRY, name="ferry", mode="lexical")
    follow(archive.index, FERRY, name="feed", mode="lexical", feed=feed)
    archive.put("strike", "A ferry strike in the harbour began on Monday.")
    archive.update()
    lines: list[str] = []
    assert tell(archive.index, lambda *_: None) == []
    mark_article(archive.index, "articles/strike.md", corrected_by="https://a.example/new")
    assert tell(archive.index, lambda *each: lines.extend(lines_of(*each))) == []
    assert lines == ["ferry: corrected: About strike", "    CORRECTED: see https://a.example/new", "    articles/strike.md"]
    assert "<title>Corrected: About strike</title>" in feed.read_text()
    assert "Corrected: see https://a.example/new" in feed.read_text()


def test_a_retracted_article_that_is_new_says_so(archive: Archive) -> None:
    """In its one notice; no other follows."""
    follow(archive.index, FERRY, name="ferry", mode="lexical")
    archive.put("strike", "A ferry strike in the harbour began on Monday.", retracted="No strike")
    archive.update()
    lines: list[str] = []
    for _ in range(2):
        assert tell(archive.index, lambda *each: lines.extend(lines_of(*each))) == []
        mark_article(archive.index, "articles/old.md", retracted="Old")
    assert lines[:3] == ["ferry: new: About strike", "    RETRACTED: No strike", "    A ferry strike in the harbour began on Monday."]
    assert len(lines) == 4
    mark_article(archive.index, "articles/strike.md", retracted="Still none")
    assert tell(archive.index, lambda *each: lines.extend(lines_of(*each))) == []
    assert len(lines) == 4


def test_filters_are_those_of_a_search(archive: Archive) -> None:
    """A source, a period, a field, the least score: what is left out is not told later either."""
    follow(archive.index, FERRY, name="a", jsonl=archive.lines, mode="lexical", source=["Courier"])
    follow(archive.index, FERRY, name="b", jsonl=archive.lines, mode="lexical", since="2024-05", where=["section=Port"])
    follow(archive.index, FERRY, name="c", jsonl=archive.lines, mode="lexical", min_score=1.0)
    archive.put("one", "A ferry strike in the harbour began.", source="Courier", date="2024-04-01", section="Port")
    archive.put("two", "The ferry strike in the harbour went on.", source="Bulletin", date="2024-05-02", section="Port")
    archive.put("three", "This ferry strike in the harbour ended.", source="Bulletin", date="2024-05-03", section="Sport")
    archive.update()
    assert [(each["name"], each["title"]) for each in archive.told()] == [("a", "About one"), ("b", "About two")]


def test_words_are_read_as_a_search_reads_them(archive: Archive) -> None:
    """Quotation marks that the shell took, a word that is left out, one that is misspelt, and a question from standard input."""
    place = ("--index-dir", archive.index, "--mode", "lexical", "--jsonl", archive.lines)
    assert run("follow", "source:Harbour Courier", "ferry", "strike", "--name", "source", *place).code == 0
    assert run("follow", "ferry strike", "-pier", "--name", "without", *place).code == 0
    assert run("follow", "ferry striike", "--name", "misspelt", *place).code == 0
    assert run("follow", "-", "--name", "piped", *place, stdin="ferry strike").code == 0
    assert [each.question for each in followed(archive.index)][::3] == ['source:"Harbour Courier" ferry strike', "ferry strike"]
    archive.put("one", "The ferry strike at the pier began.", source="Harbour Courier")
    archive.put("two", "This ferry strike in the town went on for days.", source="Bulletin")
    archive.update()
    told = sorted((each["name"], each["title"]) for each in archive.told())
    assert told == [
        ("misspelt", "About one"),
        ("misspelt", "About two"),
        ("piped", "About one"),
        ("piped", "About two"),
        ("source", "About one"),
        ("without", "About two"),
    ]


def test_a_question_follows_from_its_beginning(ferry: Archive) -> None:
    """What came before a question is not new to it, though nobody had told of it yet; to the one before it is."""
    ferry.put("strike", "A ferry strike in the harbour began on Monday.")
    ferry.update()
    follow(ferry.index, FERRY, name="later", jsonl=ferry.lines, mode="lexical")
    assert [each["name"] for each in ferry.told()] == ["ferry"]


def test_a_rebuild_tells_nothing(ferry: Archive) -> None:
    """However articles are cut then; and what comes afterwards is told."""
    ferry.put("strike", "A ferry strike in the harbour began on Monday.")
    ferry.update()
    assert ferry.names() == ["strike"]
    rebuild_index(ferry.index, Options(chunking=Chunking(title=False, max_tokens=64, overlap=0)))
    assert ferry.names() == ["strike"]
    ferry.put("next", "Another ferry strike in the harbour began.")
    ferry.update()
    assert ferry.names() == ["strike", "next"]


def test_commits_that_nobody_told_of_are_told_together(ferry: Archive) -> None:
    """Also when a rebuild came between."""
    for name in ("one", "two"):
        ferry.put(name, f"A ferry strike in the harbour, day {name}.")
        ferry.update()
    rebuild_index(ferry.index, Options(chunking=Chunking(title=False)))
    assert sorted(ferry.names()) == ["one", "two"]


def test_a_purge_leaves_no_name(archive: Archive) -> None:
    """Neither of what was told and is kept for a feed, nor of what waits; also when the purge was killed before it came to that."""
    feed = archive.index.parent / "news.atom"
    follow(archive.index, FERRY, name="ferry", feed=feed, mode="lexical")
    follow(archive.index, FERRY, name="waits", mode="lexical")
    archive.put("Zanzibar", "A ferry strike in the harbour of Zanzibar began on Monday.")
    archive.put("stays", "A ferry strike in the harbour of Bergen began on Monday.")
    archive.update()
    archive.told()
    mark_article(archive.index, "articles/stays.md", corrected_by="articles/Zanzibar.md")
    archive.told()
    state = archive.index / "following" / "state"
    kept = state.read_bytes()
    assert b"Zanzibar" in kept
    delete(archive.index, Selection(ids=frozenset({"articles/Zanzibar.md"})), purge=True)
    held = b"".join(path.read_bytes() for path in (archive.index / "following").iterdir())
    assert b"Zanzibar" not in held
    assert b"Bergen" in held
    archive.told()
    assert [entry.title for entry in feedparser.parse(feed.read_bytes()).entries] == ["Update: About stays", "About stays"]


def test_a_feed_has_the_newest(archive: Archive) -> None:
    """A feed that a reader of feeds reads, whatever the articles hold; the same when nothing is new."""
    feed = archive.index.parent / "news.atom"
    follow(archive.index, FERRY, name="ferry", feed=feed, mode="lexical")
    archive.put(
        "bad", "A ferry strike in the harbour <b>& \x0b\ufffe\x1b[31m</b> began.", title="x]]>\x01 & <y>", url="javascript:alert(1)"
    )
    archive.update()
    assert tell(archive.index) == []
    archive.put("good", "One more ferry strike in the harbour began.", url="https://paper.example/?a=1&b=2", source="Courier")
    archive.update()
    assert tell(archive.index) == []
    first = feed.read_bytes()
    read = feedparser.parse(first)
    assert not read.bozo
    newest, oldest = read.entries
    assert (newest.title, newest.link, newest.author) == ("About good", "https://paper.example/?a=1&b=2", "Courier")
    assert oldest.id.startswith("urn:uuid:")
    assert b"javascript" not in first
    assert newest.summary == "One more ferry strike in the harbour began."
    archive.update()
    assert tell(archive.index) == []
    assert feed.read_bytes() == first


def test_a_shared_feed_is_named_for_no_question(archive: Archive) -> None:
    """Whichever of them has news; one of a single question has its name."""
    shared, own = archive.index.parent / "shared.atom", archive.index.parent / "own.atom"
    follow(archive.index, FERRY, name="ferry", feed=shared, mode="lexical")
    follow(archive.index, "penguins", name="penguins", feed=shared, mode="lexical")
    follow(archive.index, FERRY, name="own", feed=own, mode="lexical")
    archive.put("one", "A ferry strike in the harbour began.")
    archive.update()
    assert tell(archive.index) == []
    titles = [feedparser.parse(feed.read_bytes()).feed.title for feed in (shared, own)]
    assert titles == ["newsdex: standing questions", "newsdex: own"]


def test_the_list_shows_the_whole_command(archive: Archive) -> None:
    """With its arguments, as a shell takes them, and how many notices it was not given."""
    command = [sys.executable, "-c", "raise SystemExit(1)"]
    follow(archive.index, FERRY, name="ferry", command=command, mode="lexical")
    archive.put("one", "A ferry strike in the harbour began.")
    archive.update()
    tell(archive.index)
    listed = run("following", "--index-dir", archive.index).out
    assert f"{sys.executable} -c 'raise SystemExit(1)'; 1 notice waits" in listed


def test_the_list_is_unicode_for_programs(archive: Archive) -> None:
    """Paths and words of a command need not be: readers of JSON reject what they are in Python."""
    place = archive.index.parent / "caf\udce9"
    place.mkdir()
    follow(archive.index, FERRY, jsonl=place / "n.jsonl", command=[sys.executable, "-c", "pass", "\udce9"], source=["Caf\udce9"])
    told = json.loads(run("following", "--json", "--index-dir", archive.index).out)
    assert (Path(told["jsonl"]).parent.name, told["command"][-1], told["source"]) == ("caf\ufffd", "\ufffd", ["Caf\ufffd"])


def test_a_quiet_run_repeats_no_problem(archive: Archive) -> None:
    """A notice that cannot be delivered is told of by the run that changed the index, and by none of those after it that change nothing."""
    follow(archive.index, FERRY, name="ferry", command=[sys.executable, "-c", "raise SystemExit(1)"], mode="lexical")

    def told(*options: str) -> bool:
        done = run("index", archive.articles, "--index-dir", archive.index, *options)
        assert done.code == 0
        return "for the next run" in done.err

    archive.put("one", "A ferry strike in the harbour began.")
    assert [told("--quiet"), told("--quiet"), told()] == [True, False, True]
    archive.put("two", "The ferry strike in the harbour went on.")
    assert told("--quiet")


def test_lines_are_whole_and_only_once(ferry: Archive) -> None:
    """A line that was torn by a kill is written whole, one that was there is not written again, and a file that was begun anew goes on."""
    ferry.put("one", "A ferry strike in the harbour began.")
    ferry.update()
    [line] = ferry.lines.read_text(encoding="utf-8").splitlines() if ferry.told() else []
    ferry.lines.write_text("", encoding="utf-8")
    ferry.put("two", "The ferry strike in the harbour went on.")
    ferry.update()
    assert ferry.names() == ["two"]
    ferry.lines.write_text(f"{line}\nnot ours", encoding="utf-8")
    ferry.put("three", "This ferry strike in the harbour ended.")
    ferry.update()
    assert tell(ferry.index) == []
    *before, last = ferry.lines.read_text(encoding="utf-8").splitlines()
    assert before == [line, "not ours"]
    assert json.loads(last)["title"] == "About three"


class Mailbox(socketserver.ThreadingTCPServer):
    """An SMTP server (RFC 5321) on this machine that keeps the ``mails`` it gets."""

    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Smtp)
        self.port: int = self.server_address[1]
        self.mails: list[EmailMessage] = []

    def __enter__(self) -> Mailbox:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Smtp(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("220 mailbox")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                content = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
                self.server.mails.append(message_from_bytes(content, policy=default))
            self._say("221 bye" if verb == b"QUIT" else "250 mailbox")
            if verb == b"QUIT":
                return

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


def script(path: Path, body: str) -> str:
    """A program that a question can have as its command."""
    path.write_text(f"import os, sys, time\n{body}\n", encoding="utf-8")
    return f"{sys.executable} {path}"


def test_a_command_gets_what_is_new(archive: Archive) -> None:
    """On its standard input, once; when it fails, again at the next run."""
    base = archive.index.parent
    program = script(
        base / "mail.py",
        f"text = sys.stdin.read()\nopen({str(base / 'mail')!r}, 'a').write(os.environ['NEWSDEX_FOLLOW'] + '|' + text)\n"
        f"sys.exit(3 if not os.path.exists({str(base / 'ready')!r}) else 0)",
    )
    follow(archive.index, FERRY, name="ferry", mode="lexical", command=program)
    archive.put("one", "A ferry strike in the harbour \x1b[31mbegan; `rm -rf /`.", title="~!rm -rf /")
    archive.update()
    [problem] = tell(archive.index)
    assert "ended with 3" in problem
    (base / "ready").touch()
    for _ in range(2):
        assert tell(archive.index) == []
    first, second = (base / "mail").read_text(encoding="utf-8").split("ferry|")[1:]
    assert first == second
    assert first.startswith("ferry: new: ~!rm -rf /\n")
    assert "\x1b" not in first


def test_a_command_runs_from_any_folder(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path to a program is kept whole, as those of files are; a name is looked for where programs are."""
    base = archive.index.parent
    (base / "mailer.sh").write_text(f"#!/bin/sh\ncat > {base}/mailed\n", encoding="utf-8")
    (base / "mailer.sh").chmod(0o755)
    monkeypatch.chdir(base)
    follow(archive.index, FERRY, name="ferry", mode="lexical", command="./mailer.sh now")
    follow(archive.index, "apples", name="apples", mode="lexical", command="true ./mailer.sh")
    assert [each.command for each in followed(archive.index)] == [(str(base / "mailer.sh"), "now"), ("true", "./mailer.sh")]
    monkeypatch.chdir("/")
    archive.put("one", "A ferry strike in the harbour began.")
    archive.update()
    assert tell(archive.index) == []
    assert "About one" in (base / "mailed").read_text(encoding="utf-8")


def test_mail_arrives(archive: Archive) -> None:
    """A command that hands the notices to a mail server: each is in one message, under the name of the question."""
    with Mailbox() as mailbox:
        program = script(
            archive.index.parent / "mail.py",
            "from email.message import EmailMessage\nfrom smtplib import SMTP\nmail = EmailMessage()\n"
            "mail['From'], mail['To'], mail['Subject'] = 'archive@example.org', 'desk@example.org', os.environ['NEWSDEX_FOLLOW']\n"
            f"mail.set_content(sys.stdin.read())\nSMTP('127.0.0.1', {mailbox.port}).send_message(mail)",
        )
        follow(archive.index, FERRY, name="ferry", mode="lexical", command=program)
        archive.put("one", "A ferry strike in the harbour began \u2013 once more.")
        archive.update()
        assert tell(archive.index) == tell(archive.index) == []
    [mail] = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("desk@example.org", "ferry")
    assert mail.get_content().splitlines()[0] == "ferry: new: About one"
    assert "harbour began \u2013 once more." in mail.get_content()


def test_a_mail_server_that_is_away_loses_nothing(archive: Archive) -> None:
    """The command fails, and the notice comes with the next run."""
    with Mailbox() as mailbox:
        port = mailbox.port
    program = script(archive.index.parent / "mail.py", f"from smtplib import SMTP\nSMTP('127.0.0.1', {port}).quit()")
    follow(archive.index, FERRY, name="ferry", mode="lexical", command=program)
    archive.put("one", "A ferry strike in the harbour began.")
    archive.update()
    [problem] = tell(archive.index)
    assert "ended with 1" in problem
    with Mailbox(port):
        assert tell(archive.index) == []


def test_a_command_that_hangs_is_ended(archive: Archive) -> None:
    """With what it has started."""
    from newsdex.following.delivery import Patience

    follow(archive.index, FERRY, name="ferry", mode="lexical", command=script(archive.index.parent / "hang.py", "time.sleep(600)"))
    archive.put("one", "A ferry strike in the harbour began.")
    archive.update()
    [problem] = tell(archive.index, patience=Patience(command=0.2))
    assert "was not done" in problem


def test_an_update_does_not_wait_for_a_delivery(ferry: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which may take minutes, while nobody else can change the index. A story that moves meanwhile stays reported."""
    monkeypatch.setattr("newsdex.store.following._PATIENCE", 0.1)
    ferry.put("strike", STRIKE)
    ferry.update()
    assert ferry.names() == ["strike"]
    renamed(ferry, "moved")
    with held_of(ferry.index):
        ferry.update()
    assert ferry.names() == ["strike"]


def test_the_commands(archive: Archive) -> None:
    """Follow, list, index and be told on standard output, unfollow."""
    place = ("--index-dir", archive.index)
    assert run("following", *place).code == 1
    done = run("follow", "ferry", "strike", "--name", "ferry", "--mode", "lexical", *place)
    assert (done.code, done.err) == (0, "")
    assert "newsdex index" in done.out
    archive.put("one", "A ferry strike in the harbour \x1b[31mbegan.", source="Courier", date="2024-04-26")
    done = run("index", archive.articles, *place)
    assert done.code == 0, done.err
    told = done.out.splitlines()
    assert told[0].startswith("added 1,")
    assert told[1:3] == ["ferry: new: About one", "    Courier \u00b7 2024-04-26"]
    assert "\x1b" not in done.out
    assert "ferry:" not in run("index", archive.articles, *place).out
    [listed] = run("following", "--json", *place).out.splitlines()
    assert json.loads(listed)["question"] == "ferry strike"
    assert run("unfollow", "ferry", *place).code == 0
    assert not (archive.index / "following" / "state").exists()
    archive.put("two", "The ferry strike in the harbour went on.")
    assert "ferry:" not in run("index", archive.articles, *place).out


def test_a_test_tells_of_the_last_month_and_follows_nothing(archive: Archive) -> None:
    """By the articles' dates: what is older is not shown. In an archive of earlier years, the month ends with the newest article."""
    from datetime import date, timedelta

    archive.put("march", "A ferry strike in the harbour began in March.", date="2023-03-05")
    archive.put("april", "The ferry strike in the harbour ended in April.", date="2023-04-20")
    archive.put("old", "A boat sailed.", date="2023-04-21")
    archive.update()
    [hit] = preview(archive.index, FERRY, mode="lexical", min_score=0.01)
    assert (hit.article.title, hit.answers) == ("About april", True)  # by the question's own least score
    assert [hit.article.title for hit in preview(archive.index, FERRY, mode="lexical")] == ["About april"]
    done = run("follow", FERRY, "--mode", "lexical", "--test", "--index-dir", archive.index)
    assert done.err == "1 article published since 2023-03-22 would have been reported. Look further back: --since 2023\n"

    today = date.today()
    archive.put("new", "A ferry strike in the harbour began on Monday.", date=(today - timedelta(days=3)).isoformat())
    archive.put("past", "A ferry strike in the harbour began on Sunday.", date=(today - timedelta(days=90)).isoformat())
    archive.update()
    assert [hit.article.title for hit in preview(archive.index, FERRY, mode="lexical")] == ["About new"]
    done = run("follow", FERRY, "--mode", "lexical", "--test", "--index-dir", archive.index)
    since = today - timedelta(days=33)
    told = f" published since {since} would have been reported. Look further back: --since {since.year}\n"
    assert (done.code, done.err) == (0, f"1 article{told}")
    assert "About new" in done.out
    assert followed(archive.index) == ()
    none = run("follow", "penguins", "--mode", "lexical", "--test", "--index-dir", archive.index)
    assert (none.code, none.err) == (1, f"0 articles{told}")
    asked = run("follow", "penguins", "--mode", "lexical", "--test", "--since", "2024", "--index-dir", archive.index)
    assert asked.err == "0 articles would have been reported.\n"
    near = run("follow", FERRY, "--mode", "lexical", "--test", "--min-score", "1", "--index-dir", archive.index)
    assert near.code == 1
    count, head, miss, option = near.err.splitlines()
    score = miss.split()[0]
    assert (count, head, miss) == (f"0 articles{told}".strip(), "Near misses, by their scores:", f"    {score}  About new")
    assert re.fullmatch(
        rf"To report these too: --min-score {float(score):.2f}|To report these too: --min-score {float(score) - 0.01:.2f}", option
    )
    lower = run("follow", FERRY, "--mode", "lexical", "--test", "--min-score", option.split()[-1], "--index-dir", archive.index)
    assert "About new" in lower.out
    assert len(preview(archive.index, FERRY, mode="lexical", since=(today - timedelta(days=100)).isoformat())) == 2


def test_a_test_of_undated_articles_finds_what_a_follow_reports(archive: Archive, tmp_path: Path) -> None:
    """Without any date, a follow reports of all articles what the test found, and nothing with a period. Beside dated ones they are not
    tested, which is said.
    """
    archive.put("new", "A ferry strike in the harbour began.")
    archive.put("other", "A boat sailed.")
    archive.update()
    place = ("--mode", "lexical", "--test", "--index-dir", archive.index)
    done = run("follow", FERRY, *place)
    assert done.err.splitlines()[:2] == ["2 articles would have been reported.", "No matching article has a date, so all were tested."]
    found = preview(archive.index, FERRY, mode="lexical")
    for options, expected in (((), {hit.article.id for hit in found}), (("--since", "1990"), set())):
        other = tmp_path / f"index{len(options)}"
        (quiet := tmp_path / "quiet.txt").write_text("A quiet day.", encoding="utf-8")
        assert run("index", quiet, "--index-dir", other, "--model", "hash").code == 0
        notices = tmp_path / f"notices{len(options)}.jsonl"
        assert run("follow", FERRY, "--mode", "lexical", "--jsonl", notices, *options, "--index-dir", other).code == 0
        assert run("index", archive.articles, "--index-dir", other).code == 0
        told = [json.loads(line)["article_id"] for line in notices.read_text().splitlines()] if notices.exists() else []
        assert set(told) == expected
    period = run("follow", FERRY, *place, "--since", "1990")
    assert period.err.splitlines() == [
        "0 articles would have been reported.",
        "No matching article has a date: articles without a date are never reported with --since, --until or --on.",
    ]
    archive.put("dated", "The ferry strike in the harbour ended in April.", date="2023-04-20")
    archive.update()
    done = run("follow", FERRY, *place)
    assert done.err.splitlines() == [
        "1 article published since 2023-03-21 would have been reported. Look further back: --since 2023",
        "3 of 4 matching articles have no date and were not tested. New ones are reported.",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"question": " "}, "newsdex follow"),
        ({"question": "x" * 5000}, "4000"),
        ({"name": "../x"}, "letters, digits"),
        ({"name": "x" * 65}, "64"),
        ({"webhook": "ftp://desk.example/"}, "https://"),
        ({"webhook": "http://a:b@desk.example/"}, "https://"),
        ({"webhook": "http://desk.example/\r\nX: y"}, "https://"),
        ({"webhook": "http://desk.example/hook"}, "openssl rand"),
        ({"webhook": "http://desk.example/hook", "secret": "missing.key"}, "openssl rand"),
        ({"secret": "some.key"}, "--webhook"),
        ({"command": "no-such-program-here"}, "no command"),
        ({"command": "mail -s 'desk"}, "as for a shell"),
        ({"jsonl": "missing/news.jsonl"}, "mkdir"),
        ({"jsonl": "/dev/null"}, "regular file"),
        ({"since": "soon"}, "soon"),
        ({"mode": "magic"}, "magic"),
        ({"min_score": 2.0}, "0 to 1"),
        ({"where": ["nonsense"]}, "key=value"),
        ({"where": ["a=b"] * 101}, "100"),
        ({"source": ["a\0b"]}, "NUL"),
    ],
)
def test_what_cannot_be_followed_is_refused(archive: Archive, given: dict[str, Any], said: str) -> None:
    """With what was expected; and nothing is left of it."""
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        follow(archive.index, **{"question": FERRY, "name": "ferry", **given})
    assert not (archive.index / "following").exists()


def test_names_are_taken_once(ferry: Archive) -> None:
    """A second question of one name is refused, a third without a name gets one of its words, and only what is there can be ended."""
    with pytest.raises(UsageError, match="newsdex unfollow ferry"):
        follow(ferry.index, "another", name="ferry")
    assert follow(ferry.index, "The Key-Bridge: what fell?").name == "the-key-bridge-what-fell"
    with pytest.raises(UsageError, match="the-key-bridge"):
        unfollow(ferry.index, "bridge")
    assert unfollow(ferry.index, "ferry").question == FERRY
    assert [each.name for each in followed(ferry.index)] == ["the-key-bridge-what-fell"]


def test_there_must_be_an_index(tmp_path: Path) -> None:
    """Nothing is made where there is none."""
    with pytest.raises(IndexMissing):
        follow(tmp_path / "index_data", FERRY)
    assert tell(tmp_path / "index_data") == []
    assert not (tmp_path / "index_data").exists()


def damages(content: bytes) -> Sequence[bytes]:
    """A file that is no longer what was written."""
    half = len(content) // 2
    return b"", content[:half], content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :], b"[" * 100_000, b"\xff" * 100


@pytest.mark.parametrize("name", ["state", "seen-*"])
def test_damage_is_named(ferry: Archive, name: str) -> None:
    """With the file, and nothing is told meanwhile."""
    ferry.put("one", "A ferry strike in the harbour began.")
    ferry.update()
    [path] = (ferry.index / "following").glob(name)
    for content in damages(path.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(IndexDamaged, match=path.name):
            tell(ferry.index)
        assert not ferry.lines.exists()


def test_what_was_seen_is_written_in_part(tmp_path: Path) -> None:
    """After many small commits all of it is known, in few files, and what was there before was hardly ever written again."""
    random = np.random.default_rng(2)
    known, written = [set[int](), set[int](), set[int]()], 0
    for number in range(80):
        size = 10_000 if not number else 20
        parts = [np.sort(random.integers(0, 1 << 63, size).astype(np.uint64)) for _ in known]
        with held_of(tmp_path) as held:
            before = set((tmp_path / "following").iterdir())
            held.save(held.state, **{"added" if number else "seen": Seen(*parts)})
            new = set((tmp_path / "following").glob("seen-*")) - before
        known = [each | set(part.tolist()) for each, part in zip(known, parts, strict=True)]
        written += sum(path.stat().st_size for path in new) if number else 0
        assert len([*(tmp_path / "following").glob("seen-*")]) <= 6
    with held_of(tmp_path) as held:
        found = held.seen()
        assert [part.tolist() for part in (found.text, found.passage, found.told)] == [sorted(each) for each in known]
        held.save(held.state, added=Seen())  # nothing is added
        assert [*map(len, held.seen())] == [*map(len, found)]
    assert written < 2 * 8 * 3 * 10_000  # twice what was there at first, where the whole each time would be eighty times that


def test_the_state_of_an_earlier_newsdex_goes_on(ferry: Archive) -> None:
    """Its one file of what was seen counts, and what comes after is told once."""
    file = ferry.index / "following" / "state"
    old = json.loads(file.read_text(encoding="utf-8").split("\n")[1])
    del old["later"]
    packed = json.dumps(old | {"format": 1}).encode()
    file.write_bytes(xxhash.xxh3_64_hexdigest(packed).encode() + b"\n" + packed + b"\n")
    ferry.put("one", "A ferry strike in the harbour began.")
    ferry.update()
    assert ferry.names() == ["one"]
    assert json.loads(file.read_text(encoding="utf-8").split("\n")[1])["format"] == 3
    ferry.put("two", "Another ferry strike in the harbour began.")
    ferry.update()
    assert ferry.names() == ["one", "two"]


def test_the_index_is_as_others_know_it(ferry: Archive) -> None:
    """What is followed changes no file of a version: a newsdex that knows nothing of it reads and writes the index."""
    snapshot = Snapshot.open(ferry.index)
    named = {record.name for record in snapshot.manifest.file_records()}
    assert not any("following" in name for name in named)


def test_a_word_that_no_model_knows(archive: Archive) -> None:
    """An article whose strings no JSON can hold is told as far as it goes."""
    follow(archive.index, FERRY, name="ferry", jsonl=archive.lines, mode="lexical")
    name = os.fsdecode(b"odd\xff.md")
    (archive.articles / name).write_text("A ferry strike in the harbour began \x01 here.", encoding="utf-8")
    archive.update()
    [told] = archive.told()
    assert "\ufffd" in told["article_id"]


def test_what_can_report_nothing_is_said(tmp_path: Path) -> None:
    """A value that no article has is named with the nearest, a period that is over is refused, places are joined by "and"."""
    (tmp_path / "a.md").write_text("---\ntitle: Ferry\nsource: Reuters\ndate: 2024-04-26\n---\n\nThe ferry sank.\n", encoding="utf-8")
    index_paths([tmp_path / "a.md"], tmp_path / "index", Options("hash"))

    def told(*arguments: str) -> Ran:
        return run(*arguments, "--index-dir", tmp_path / "index")

    assert told("following").err == 'No question is followed. Follow one: newsdex follow "China support for Russia"\n'
    done = told("follow", "ferry", "--source", "Reuterz", "--jsonl", str(tmp_path / "x"), "--feed", str(tmp_path / "y"))
    assert done.err == "newsdex: No article has source 'Reuterz'; the nearest is 'Reuters'.\n"
    assert done.out.endswith(f"in {tmp_path / 'x'} and in the feed {tmp_path / 'y'}\n")
    done = told("follow", "in May 2024")
    assert (done.code, "published until 2024-05-31, so no new article can answer it" in done.err) == (2, True)


@pytest.mark.parametrize("command", [("following",), ("unfollow", "ferry"), ("follow", "ferry"), ("follow", "ferry", "--test")])
def test_a_folder_without_an_index_is_named(tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """And not an index in which nobody follows a question."""
    assert main([*command, "--index-dir", str(tmp_path / "nowhere")]) == 2
    assert f"there is no index at {tmp_path / 'nowhere'}" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", [("following",), ("unfollow", "ferry"), ("follow", "ferry"), ("follow", "ferry", "--test")])
def test_an_archive_in_milvus_is_followed_in_its_folder(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Before a server is asked: the message says where to follow, and how what is new gets there."""
    place = "milvus://127.0.0.1:19530/archive"
    assert main([*command, "--index-dir", place]) == 2
    said = capsys.readouterr().err
    assert f"standing questions are kept in a folder, and {place} is in Milvus. Give --index-dir FOLDER" in said
    assert said.endswith(f"newsdex push FOLDER {place}\n")
    for call in (lambda: follow(place, "ferry"), lambda: followed(place), lambda: unfollow(place, "ferry"), lambda: tell(place)):
        with pytest.raises(UsageError, match="standing questions are kept in a folder"):
            call()

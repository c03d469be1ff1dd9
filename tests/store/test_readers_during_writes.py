"""Readers and a writer at the same time: every answer is that of one whole commit."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsdex import Hit, Index, IndexDamaged, Options, index_paths
from newsdex.engines.hashing import HashEncoder
from newsdex.search.ranking.candidates import QueryText, Search
from newsdex.search.ranking.dense import Scan
from newsdex.search.ranking.retrieval import find
from newsdex.store.manifest import read_pointer
from newsdex.store.snapshot import Snapshot

ARTICLES = 5
SECONDS = 3.0
QUESTION = "Which edition is this?"
LONG_AGO = 1_000_000_000


def put_edition(articles: Path, edition: int) -> None:
    """Write every article again, with the edition in its text; one of two more articles comes, the other goes."""
    articles.mkdir(exist_ok=True)
    texts = {f"{i}.txt": f"Article {i}\n\nThis is edition {edition} of article {i}. Some more words.\n" for i in range(ARTICLES)}
    texts[f"extra-{edition % 2}.txt"] = f"Extra\n\nThis is edition {edition} of the extra article.\n"
    (articles / f"extra-{1 - edition % 2}.txt").unlink(missing_ok=True)
    for name, text in texts.items():
        (articles / name).write_text(text)
        os.utime(articles / name, (LONG_AGO + edition, LONG_AGO + edition))


def publish(base: Path, edition: int) -> None:
    """Write and commit an edition."""
    put_edition(base / "articles", edition)
    index_paths([base / "articles"], base / "index_data", Options(model="hash", prune=True))


def editions(hits: list[Hit]) -> list[int]:
    """The editions that the hits are of, each once."""
    return sorted({int(number) for hit in hits for number in re.findall(r"edition (\d+)", hit.article.text)})


def ask(folder: Path) -> list[Hit]:
    """The answer of a newly opened index."""
    with Index.open(folder) as index:
        return index.search(QUESTION, limit=100)


def run_all(functions: list[Callable[[], None]], stop: threading.Event) -> None:
    """Run the functions in threads of their own until they end; what one raises stops all and is raised here."""
    errors: list[BaseException] = []

    def guarded(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - it is raised below
            errors.append(error)
            stop.set()

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


def test_every_answer_is_that_of_one_commit(tmp_path: Path) -> None:
    """Three threads that ask one index, and one that opens it anew each time, while commits follow each other, see whole editions only,
    never an older one after a newer one, and no error.
    """
    folder, stop = tmp_path / "index_data", threading.Event()
    publish(tmp_path, 0)
    expected = {0: ask(folder)}
    shared = Index.open(folder)
    answers: list[list[list[Hit]]] = [[], [], [], []]
    deadline = time.monotonic() + SECONDS

    def write() -> None:
        edition = 0
        while (time.monotonic() < deadline or edition < 8) and not stop.is_set():
            edition += 1
            publish(tmp_path, edition)
            expected[edition] = ask(folder)
        stop.set()

    def read(number: int, answer: Callable[[], list[Hit]]) -> None:
        while not stop.is_set():
            answers[number].append(answer())
            assert shared.problem is None

    def of_shared() -> list[Hit]:
        return shared.search(QUESTION, limit=100)

    readers = [lambda number=number: read(number, of_shared) for number in range(3)]
    run_all([write, *readers, lambda: read(3, lambda: ask(folder))], stop)
    assert len(expected) > 8
    for edition, hits in expected.items():
        assert editions(hits) == [edition]
        assert len(hits) == ARTICLES + 1
    for thread in answers:
        seen = [editions(hits) for hits in thread]
        assert all(len(edition) == 1 for edition in seen)
        assert seen == sorted(seen)
        assert all(hits == expected[edition] for hits, [edition] in zip(thread, seen, strict=True))
        assert len({edition for [edition] in seen}) > 1


def test_a_view_stays_at_its_version(tmp_path: Path) -> None:
    """Every page, article and count is that of the first edition, however many follow, while the index that it is a view of sees the
    newest.
    """
    publish(tmp_path, 1)
    with Index.open(tmp_path / "index_data") as index, index.snapshot() as view:
        before, pages = view.search(QUESTION, limit=100).hits, []
        for edition in range(2, 2 + len(before)):
            publish(tmp_path, edition)
            pages += view.search(QUESTION, limit=1, offset=len(pages)).hits
            assert editions(index.search(QUESTION, limit=100).hits) == [edition]
        assert pages == list(before)
        assert editions(pages) == [1]
        assert [view.article(hit.article.id).text for hit in before] == [hit.article.text for hit in before]
        assert view.manifest.commit < index.manifest.commit
        assert isinstance(view, Index)
        with view.snapshot() as again:
            assert again.manifest == view.manifest
        assert editions(index.snapshot().search(QUESTION, limit=100).hits) == [edition]


def test_a_snapshot_outlives_its_files(tmp_path: Path) -> None:
    """A version that was opened before goes on answering, vectors and texts, when later commits have removed all of its files."""
    folder = tmp_path / "index_data"
    publish(tmp_path, 0)
    snapshot = Snapshot.open(folder)
    question = HashEncoder().encode_questions([QUESTION])[0]
    files = set(folder.rglob("s00*"))
    for edition in range(1, 5):
        publish(tmp_path, edition)
    assert not any(path.exists() for path in files)
    assert not snapshot.is_current()
    every = len(snapshot.segments)
    scan = Scan(snapshot.segments, question[None])
    best = find(snapshot, Search("dense", scan, QueryText(), [None] * every, [True] * every, [None] * every), 100)
    found = [(snapshot.segments[number], position) for number, position in zip(best.segment.tolist(), best.position.tolist(), strict=True)]
    articles = [segment.article(segment.article_of(position)) for segment, position in found]
    assert sorted(article.id for article in articles) == [*(f"articles/{i}.txt" for i in range(ARTICLES)), "articles/extra-0.txt"]
    assert all("edition 0" in article.text for article in articles)


def test_a_version_is_opened_once(tmp_path: Path) -> None:
    """What is open already is not read again, until another commit is the current one."""
    publish(tmp_path, 0)
    before = Snapshot.open(tmp_path / "index_data")
    assert Snapshot.open(tmp_path / "index_data", before=before) is before
    publish(tmp_path, 1)
    after = Snapshot.open(tmp_path / "index_data", before=before)
    assert after.manifest.commit == before.manifest.commit + 1


def test_an_open_index_sees_each_commit_at_its_next_question(tmp_path: Path) -> None:
    """An index that was opened once answers from the newest commit, after one commit or after many."""
    publish(tmp_path, 0)
    index = Index.open(tmp_path / "index_data")
    assert editions(index.search(QUESTION, limit=100)) == [0]
    for edition in (1, 2, 3, 4, 5, 6):
        publish(tmp_path, edition)
        if edition in (1, 2, 6):
            assert editions(index.search(QUESTION, limit=100)) == [edition]
            assert index.manifest.commit == edition + 1


def test_an_old_index_answers_while_the_newer_one_cannot_be_opened(tmp_path: Path) -> None:
    """When later commits have removed its files and the newest cannot be opened, an open index answers from the version it has."""
    folder = tmp_path / "index_data"
    publish(tmp_path, 0)
    index = Index.open(folder)
    expected = index.search(QUESTION, limit=100)
    for edition in range(1, 4):
        publish(tmp_path, edition)
    pointer = (folder / "CURRENT").read_text().strip()
    manifest = (folder / pointer).read_bytes()
    (folder / pointer).write_bytes(b"{}")
    for _ in range(3):
        assert index.search(QUESTION, limit=100) == expected
        assert isinstance(index.problem, IndexDamaged)
    (folder / pointer).write_bytes(manifest)
    assert editions(index.search(QUESTION, limit=100)) == [3]
    assert index.problem is None


def test_a_reader_that_opens_while_commits_pass_starts_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When two commits pass between a reader's look at the pointer and at the files, it opens the newest."""
    folder = tmp_path / "index_data"
    publish(tmp_path, 0)
    commits = iter([(1, 2), (3, 4, 5), ()])

    def read_slowly(path: Path) -> str:
        pointer = read_pointer(path)
        for edition in next(commits):
            with monkeypatch.context() as patch:
                patch.setattr("newsdex.store.snapshot.read_pointer", read_pointer)
                publish(tmp_path, edition)
        return pointer

    monkeypatch.setattr("newsdex.store.snapshot.read_pointer", read_slowly)
    snapshot = Snapshot.open(folder)
    assert snapshot.manifest.commit == 6
    assert list(commits) == []

"""One protocol, two homes: an index in a folder and the same index in Milvus answer alike. Milvus Lite runs here; tests/cluster has a real
cluster.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paths import EXAMPLES
from threadpoolctl import threadpool_limits

from newsdex import ArticleMissing, Index, IndexDamaged, IndexMissing, ModelMismatch, UsageError, index_paths
from newsdex.cli import main, main_search
from newsdex.engines import question_engine
from newsdex.errors import IndexUnfinished, ServerError, ServerRefused, ServerUnreachable
from newsdex.indexer.build import Options, Progress
from newsdex.indexer.milvus import push as pushing
from newsdex.indexer.milvus.content import Content, folder_content
from newsdex.indexer.milvus.exchange import export_parquet, parquet_content
from newsdex.indexer.milvus.pull import pull, remote_content
from newsdex.indexer.milvus.push import push
from newsdex.indexer.watch import watch_paths
from newsdex.milvus.place import parse_place
from newsdex.milvus.rows import key_of
from newsdex.milvus.schema import open_collection
from newsdex.milvus.server import Server
from newsdex.output import told_remarks
from newsdex.records import Results
from newsdex.search.milvus import shortlist
from newsdex.search.milvus.archive import Archive
from newsdex.search.milvus.expressions import both, condition_of
from newsdex.search.milvus.remote import RemoteIndex
from newsdex.search.question.filters import matching_articles, parse_filter
from newsdex.search.ranking import retrieval
from newsdex.search.request import request_of
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

pytest.importorskip("pymilvus", reason="newsdex[cluster] is not installed")
pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed")
from pymilvus import MilvusException

QUESTIONS = [
    "China support for Russia",
    "who won the election in Senegal?",
    "ferry strike",
    "der Preis von Brot",
    "in April 2024: what about tariffs?",
    "what happened in the week of 22 April 2024?",
    "What happened on 26 April 2024?",
    "and what did Germany say about them?",
    "and who criticised that?",
    "latest news about China",
]


@pytest.fixture(scope="module", autouse=True)
def one_engine() -> Iterator[None]:
    """Questions are encoded by the same engine throughout, for records are compared to the last bit; they are short: threads would only
    wait for each other.
    """
    with threadpool_limits(1), pytest.MonkeyPatch.context() as patch:
        patch.setattr(question_engine, "MANY", 1_000_000)
        yield


@pytest.fixture(scope="module")
def plain_index(sample_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample archive without page furniture, which Milvus does not know."""
    folder = tmp_path_factory.mktemp("plain") / "index_data"
    shutil.copytree(sample_index, folder)
    index_paths([EXAMPLES / "articles"], folder, Options(furniture=False))
    assert not Snapshot.open(folder).furniture()
    return folder


@pytest.fixture(scope="module")
def homes(plain_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Index]]:
    """The sample archive, open in its folder and in Milvus Lite."""
    file = tmp_path_factory.mktemp("milvus") / "sample.db"
    push(folder_content(Snapshot.open(plain_index)), parse_place(file))
    with Index.open(plain_index) as folder, Index.open(file) as milvus:
        assert isinstance(milvus, RemoteIndex)
        yield folder, milvus


def alike(results: Results, *, exact: bool = True) -> Results:
    """Everything but which index it came from, which remarks name too, and which words no article has, which only a folder tells. Only an
    ``exact`` search promises the weaker passages of an article, one of which may be shown where the article does not answer.
    """
    hits = tuple(hit if exact or hit.answers else replace(hit, matches=()) for hit in results.hits)
    remarks = tuple(told_remarks(remark for remark in results.remarks if not remark.startswith("No article has")))
    return replace(results, generation="", hits=hits, remarks=remarks)


OPTIONS: list[dict[str, Any]] = [
    *({"mode": mode, "limit": limit} for mode, limit in product(("hybrid", "dense", "lexical"), (5, 60))),
    {"collapse": False, "limit": 20},
    {"per_article": 3, "context": 1, "explain": True, "exact": True},
    {"offset": 4, "limit": 3},
    {"recency": "30d", "explain": True},
    {"sort": "date", "limit": 10},
    {"since": "2024-04-10", "until": "2024-04-20"},
    {"on": "2024-04", "as_of": "2024-04-15"},
    {"min_score": 0.2},
    {"exact": True},
    {"read_dates": False},
    {"history": ["What did the EU say about electric cars from China?"]},
    {"history": ["the war in Ukraine"], "mode": "lexical"},
    {"where": {"type": "in", "key": "source", "value": ["harbour courier", "The Meridian Post"]}},
    {"where": {"type": "glob", "key": "path", "value": "*-hc.md"}, "limit": 30},
    {"where": {"type": "eq", "key": "path", "value": f"{EXAMPLES / 'articles'}/"}, "limit": 30},
    {"where": {"type": "gte", "key": "title", "value": "m"}, "limit": 50},
    {"where": {"type": "eq", "key": "language", "value": "de"}},
    {"where": {"type": "not", "filters": [{"type": "contains", "key": "text", "value": "the war"}]}, "limit": 50},
]


@pytest.mark.parametrize("every", [pytest.param(3, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", range(len(OPTIONS)), ids=lambda number: str(OPTIONS[number]))
def test_both_homes_give_the_same_records(homes: tuple[Index, Index], number: int, every: int) -> None:
    """Hits, scores, answer sentences, words, copies, parts, totals and remarks are equal, whatever is asked and how; each question is asked
    in each third way, or in all.
    """
    folder, milvus = homes
    options = OPTIONS[number]
    for question in QUESTIONS[number % every :: every]:
        expected, found = folder.search(question, **options), milvus.search(question, **options)
        exact = options.get("exact", False)
        assert alike(found, exact=exact) == alike(expected, exact=exact)


@pytest.mark.parametrize(
    "question",
    [
        '"partners rather than rivals"',
        "Putin -Russia",
        '-"Russia" -the',
        'ferry OR "red lines" strike',
        'title:election -source:"Harbour Courier" since:2024-04',
        'source:"Harbour Courier" since:2024-05',
        '"peña nieto" OR path:*-nb.md lang:en',
        '"no article has this"',
        "Europe -a -e -i -o -the -der -la -i -të",
        'latest "Russia"',
    ],
)
def test_both_homes_read_operators_alike(homes: tuple[Index, Index], question: str) -> None:
    """Phrases, exclusions and fields, alone and beside a question: the same hits, passages and remarks."""
    folder, milvus = homes
    for options in ({"limit": 100}, {"limit": 7, "mode": "lexical"}, {"limit": 7, "mode": "dense", "per_article": 2, "exact": True}):
        assert alike(milvus.search(question, **options)) == alike(folder.search(question, **options))


def test_both_homes_find_the_same_related_articles(homes: tuple[Index, Index]) -> None:
    """What is like an article, and the thread of its event."""
    folder, milvus = homes
    for name in ("2024-04-26-blinken-beijing-hc.md", "2024-06-02-hochwasser-sueddeutschland-tl.md"):
        expected, found = (index.similar(name, limit=5, since="2024-03") for index in homes)
        assert [hit.article.id for hit in found] == [hit.article.id for hit in expected]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=1e-4)
    threads = [[report.article.id for report in index.thread("2024-03-26-baltimore-bridge-hc.md").reports] for index in (folder, milvus)]
    assert threads[0] == threads[1]
    assert len(threads[0]) > 1


_SCALARS = st.sampled_from(
    ["Harbour Courier", "harbour courier", "North Star", "", "en", "de", "World", "2024", "x, y", 5, 5.0, True, "true"]
)
_KEYS = st.sampled_from(["source", "language", "title", "id", "url", "path", "section", "author", "retracted", "published"])


def _comparisons(draw: st.DrawFn) -> dict[str, Any]:
    kind, key = draw(st.sampled_from(["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte"])), draw(_KEYS)
    one = st.booleans() if key == "retracted" else st.sampled_from(["2024", "2024-04", "2024-04-26"]) if key == "published" else _SCALARS
    value = draw(st.lists(one, max_size=3)) if kind in ("in", "nin") else draw(one)
    return {"type": kind, "key": key, "value": value}


@st.composite
def _filters(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    if depth and draw(st.booleans()):
        parts = draw(st.lists(_filters(depth=depth - 1), min_size=1, max_size=3))
        return {"type": draw(st.sampled_from(["and", "or"])), "filters": parts}
    return _comparisons(draw)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(where=_filters())
def test_expressions_mean_what_filters_mean(homes: tuple[Index, Index], where: dict[str, Any]) -> None:
    """An exact expression is met by the articles that the filter of a folder leaves, another by those at the least."""
    folder, milvus = homes
    assert isinstance(milvus, RemoteIndex)
    try:
        wanted = parse_filter(where)
    except UsageError:
        return
    [segment] = folder.asker().snapshot.segments
    expected = {segment.article_id(row) for row in np.flatnonzero(matching_articles(segment, wanted)).tolist()}
    condition = condition_of(wanted, None, None)
    found = {head.article.id for head in milvus.archive.heads_with(condition.expression)}
    assert found == expected if condition.exact else found >= expected


def test_filters_leave_as_many_as_there_are(homes: tuple[Index, Index]) -> None:
    """As many hits as were asked for, or as many articles as meet the filter."""
    folder, milvus = homes
    [segment] = folder.asker().snapshot.segments
    where = {"type": "eq", "key": "source", "value": "Harbour Courier"}
    matches = int(np.count_nonzero(matching_articles(segment, parse_filter(where))))
    assert matches > 5
    for limit in (1, 5, 100):
        assert len(milvus.search("zebra", where=where, limit=limit, collapse=False)) == min(limit, matches)


def test_an_unknown_key_is_an_error_in_both(homes: tuple[Index, Index]) -> None:
    """The keys of the whole archive are known, not those of an excerpt."""
    messages = []
    for index in homes:
        with pytest.raises(UsageError) as caught:
            index.search("x", where={"type": "eq", "key": "nosuch", "value": "y"})
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_articles_overview_and_manifest_are_the_same(homes: tuple[Index, Index]) -> None:
    """By id, url and the end of a path; counts and days; model and settings."""
    folder, milvus = homes
    hit = folder.search("ferry strike", limit=1)[0].article
    for name in (hit.id, str(hit.path), hit.path.name, *([hit.url] if hit.url else [])):
        assert milvus.article(name) == folder.article(name) == hit
    with pytest.raises(ArticleMissing):
        milvus.article("nosuch.md")
    assert milvus.overview() == folder.overview()
    assert (milvus.manifest.articles, milvus.manifest.passages) == (folder.manifest.articles, folder.manifest.passages)
    assert (milvus.manifest.model, milvus.manifest.chunking) == (folder.manifest.model, folder.manifest.chunking)


def test_quotations_are_found_in_both(homes: tuple[Index, Index]) -> None:
    """Found, altered, stitched, not found: the same report."""
    folder, milvus = homes
    text = folder.search("China support for Russia", limit=1)[0].article.text
    other = folder.search("ferry strike", limit=1)[0].article.text
    sentence = text[600:700]
    for quote in (
        sentence,
        sentence.replace(" the ", " a "),
        f"{text[500:570]} ... {other[400:480]}",
        "nobody ever said this of zebras",
        "the",
    ):
        assert milvus.verify_quote(quote) == folder.verify_quote(quote)


def test_the_command_line_takes_either(homes: tuple[Index, Index], plain_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--index-dir`` is a folder or an address; what comes out is the same."""
    file = parse_place(homes[1].archive.place.given).uri  # type: ignore[attr-defined]
    asked = ["ferry strike", "--json", "--all", "--index-dir"]
    outputs = []
    for place in (str(plain_index), file):
        assert main_search([*asked, place]) == 0
        outputs.append(re.sub(r'"index_commit": "\w+"', "", capsys.readouterr().out.replace('"g000001"', '"newsdex"')))
    assert outputs[0] == outputs[1]
    assert main(["index", "examples", "--index-dir", "milvus://127.0.0.1/archive"]) == 2
    assert "newsdex push FOLDER milvus://127.0.0.1/archive" in capsys.readouterr().err


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of an index of a few articles, by the model for tests, whose sources can be changed."""
    texts = {
        f"n{number}.txt": f"Story {number}\n\nThe bridge number {number} was opened. Traffic flows again over it." for number in range(6)
    }
    (tmp_path / "articles").mkdir()
    for name, text in texts.items():
        (tmp_path / "articles" / name).write_text(text)
    index_paths([tmp_path / "articles"], tmp_path / "index", Options(model="hash", furniture=False))  # of which a server knows nothing
    return tmp_path / "index"


def content_of(folder: Path) -> Content:
    return folder_content(Snapshot.open(folder))


def rows_in(file: Path) -> tuple[list[str], list[str]]:
    """The ids of all rows of both collections."""
    server = Server(parse_place(file))
    try:
        return tuple(sorted(row["id"] for row in server.every(name, "", ("id",))) for name in _loaded(server))  # type: ignore[return-value]
    finally:
        server.close()


def _loaded(server: Server) -> tuple[str, str]:
    for name in ("newsdex", "newsdex_articles"):
        server.load(name)
    return "newsdex", "newsdex_articles"


def test_pushing_twice_is_pushing_once(small: Path, tmp_path: Path) -> None:
    """Row ids follow from the content: a second run writes nothing, and there are as many rows as passages."""
    file = tmp_path / "a.db"
    told: list[Progress] = []
    first = push(content_of(small), parse_place(file), on_progress=told.append)
    assert told[-1] == Progress(first.passages, first.passages, first.passages)
    rows = rows_in(file)
    assert (first.written, first.articles, len(rows[0])) == (6, 6, first.passages)
    again = push(content_of(small), parse_place(file))
    assert (again.written, again.unchanged, again.removed) == (0, 6, 0)
    assert rows_in(file) == rows


def test_a_push_brings_what_has_changed(small: Path, tmp_path: Path) -> None:
    """Changed, new and removed articles; nothing is left of what they were."""
    file = tmp_path / "a.db"
    push(content_of(small), parse_place(file))
    articles = tmp_path / "articles"
    (articles / "n1.txt").write_text("Story 1\n\nThe bridge was closed for repairs, and a ferry took its place. It runs hourly.")
    (articles / "n2.txt").unlink()
    (articles / "n9.txt").write_text("Story 9\n\nA tunnel is planned.")
    index_paths([articles], small, Options(prune=True))
    done = push(content_of(small), parse_place(file))
    assert (done.written, done.unchanged, done.removed) == (2, 4, 1)
    fresh = tmp_path / "b.db"
    push(content_of(small), parse_place(fresh))
    assert [*map(len, rows_in(file))] == [*map(len, rows_in(fresh))]
    assert rows_in(file)[0] == rows_in(fresh)[0]
    with Index.open(file) as milvus, Index.open(small) as folder:
        assert alike(milvus.search("ferry bridge", limit=20)) == alike(folder.search("ferry bridge", limit=20))


def test_an_answer_of_a_part_is_known_by_its_missing_witness(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a witness the answers are those of the folder; a server that shows nothing, as old ones do when a node comes up, is not answered
    from.
    """
    file = tmp_path / "a.db"
    monkeypatch.setattr(Server, "needs_witness", property(lambda _: True))
    monkeypatch.setattr(Server.call, "__defaults__", (0.0,))
    push(content_of(small), parse_place(file))
    with Index.open(file) as milvus, Index.open(small) as folder:
        assert isinstance(milvus, RemoteIndex)
        for options in ({"limit": 20}, {"mode": "dense"}, {"where": {"type": "ne", "key": "id", "value": "articles/n1.txt"}, "limit": 20}):
            assert alike(milvus.search("bridge number 3", **options)) == alike(folder.search("bridge number 3", **options))  # type: ignore[arg-type]
        milvus.archive.server.client.delete("newsdex", filter='id != ""')
        with pytest.raises(ServerError, match="does not show everything"):
            milvus.search("bridge number 3", mode="dense")


def test_a_push_removes_nothing_while_the_server_shows_a_part(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not shown is not taken for gone: the run is an error, and the next one completes it."""
    file, whole = tmp_path / "a.db", tmp_path / "whole.db"
    push(content_of(small), parse_place(whole))
    every = Server.every
    with monkeypatch.context() as patch:
        patch.setattr(Server, "every", lambda *asked: list(every(*asked))[1:])
        with pytest.raises(ServerError, match="shows 5 articles of 6"):
            push(content_of(small), parse_place(file))
    push(content_of(small), parse_place(file))
    assert rows_in(file) == rows_in(whole)
    with monkeypatch.context() as patch:
        patch.setattr(Server, "every", lambda *asked: list(every(*asked))[1:])
        server = Server(parse_place(file))
        with pytest.raises(ServerError, match="shows 5 articles of 6"):
            pull(remote_content(server, open_collection(server)), tmp_path / "pulled")


class _CutError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("after", range(7))
def test_a_push_that_is_cut_off_shows_nothing_half_written(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Wherever a first load stops, the index is not there yet, and the next run completes it without a row too many."""
    file, whole = tmp_path / "a.db", tmp_path / "whole.db"
    push(content_of(small), parse_place(whole))
    monkeypatch.setattr(pushing, "ROWS", 2)
    write, left = Server.upsert, [after]

    def cut(self: Server, name: str, rows: Any) -> None:
        if rows and not left[0]:
            raise _CutError
        left[0] -= bool(rows)
        write(self, name, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Server, "upsert", cut)
        with pytest.raises(_CutError):
            push(content_of(small), parse_place(file))
    with pytest.raises(IndexUnfinished, match="again"):
        Index.open(file)
    push(content_of(small), parse_place(file))
    assert rows_in(file) == rows_in(whole)


@pytest.mark.parametrize("after", range(6))
def test_an_update_that_is_cut_off_leaves_every_article_whole(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Each article is the old one or the new one, with its own passages; the next run completes the update."""
    file = tmp_path / "a.db"
    push(content_of(small), parse_place(file))
    with Index.open(small) as folder:
        old = {hit.article.id: hit.article for hit in folder.search("bridge", limit=20, collapse=False)}
    for number in range(6):
        text = f"Story {number}\n\nThe bridge number {number} was closed. A ferry is there now.\n\nIt runs each hour."
        (tmp_path / "articles" / f"n{number}.txt").write_text(text)
    index_paths([tmp_path / "articles"], small)
    with Index.open(small) as folder:
        new = {hit.article.id: hit.article for hit in folder.search("bridge", limit=20, collapse=False)}
    monkeypatch.setattr(pushing, "ROWS", 2)
    calls = [after]

    def counted(method: Any) -> Any:
        def run(self: Server, *arguments: Any) -> None:
            if not calls[0]:
                raise _CutError
            calls[0] -= 1
            method(self, *arguments)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Server, "upsert", counted(Server.upsert))
        patch.setattr(Server, "delete", counted(Server.delete))
        with pytest.raises(_CutError):
            push(content_of(small), parse_place(file))
    with Index.open(file) as milvus:
        found = milvus.search("bridge", limit=20, collapse=False, per_article=5)
        for hit in found:
            assert hit.article in (old[hit.article.id], new[hit.article.id])
            assert all(hit.article.text[m.passage.start : m.passage.end] == m.passage.text for m in hit.matches)
        assert {hit.article.id for hit in found} == old.keys()
    push(content_of(small), parse_place(file))
    with Index.open(file) as milvus, Index.open(small) as folder:
        assert alike(milvus.search("bridge", limit=20)) == alike(folder.search("bridge", limit=20))


def test_what_is_pulled_is_what_was_pushed(plain_index: Path, homes: tuple[Index, Index], tmp_path: Path) -> None:
    """From Milvus and from Parquet an index comes back with every article, passage and vector; nothing is embedded."""
    milvus = homes[1]
    assert isinstance(milvus, RemoteIndex)
    archive: Archive = milvus.archive
    remote = remote_content(archive.server, archive.collection)
    pull(remote, tmp_path / "pulled" / "index")
    export_parquet(content_of(plain_index), tmp_path / "exchange")
    pull(parquet_content(tmp_path / "exchange"), tmp_path / "exchanged" / "index")
    expected = _entries(plain_index)
    for where in ("pulled", "exchanged"):
        found = _entries(tmp_path / where / "index")
        assert found.keys() == expected.keys()
        for name, entry in found.items():
            other = expected[name]
            assert replace(entry.article, path=other.article.path) == other.article
            assert (entry.digest, [*entry.sentences], [*entry.passages]) == (other.digest, [*other.sentences], [*other.passages])
            np.testing.assert_array_equal(entry.keys, other.keys)
            np.testing.assert_array_equal(entry.vectors, other.vectors)
    again = pull(remote, tmp_path / "pulled" / "index")
    assert again.commit == 1


def _entries(folder: Path) -> dict[str, Any]:
    return {entry.article.id: entry for entry in content_of(folder).entries()}


def test_parquet_has_what_another_engine_needs(small: Path, tmp_path: Path) -> None:
    """A row a passage: its text is the slice of its article, its vector of unit length, its fingerprint the model's."""
    pq = pytest.importorskip("pyarrow.parquet")
    about = export_parquet(content_of(small), tmp_path / "exchange")
    rows = [row for part in about.parts for row in pq.read_table(tmp_path / "exchange" / "passages" / part).to_pylist()]
    texts = {article_id: entry.article.text for article_id, entry in _entries(small).items()}
    assert len(rows) == about.passages == len({row["id"] for row in rows})
    assert {*rows[0]} == {"id", "article_id", "start", "end", "text", "vector", "metadata", "fingerprint"}
    for row in rows:
        assert texts[row["article_id"]][row["start"] : row["end"]] == row["text"]
        assert abs(np.linalg.norm(row["vector"]) - 1) < 1e-5
        assert row["fingerprint"] == about.model.fingerprint


def test_names_that_are_not_utf_8_come_back(tmp_path: Path) -> None:
    """The name of a file may be any bytes; its article is found, pushed and exchanged with it."""
    folder = tmp_path / "articles"
    folder.mkdir()
    name = b"caf\xe9.txt".decode(errors="surrogateescape")
    (folder / name).write_text("A caf\u00e9 opened. It sells bread.")
    index_paths([folder], tmp_path / "index", Options(model="hash"))
    (tmp_path / "server").mkdir()
    push(content_of(tmp_path / "index"), parse_place(tmp_path / "server" / "a.db"))
    export_parquet(content_of(tmp_path / "index"), tmp_path / "exchange")
    pull(parquet_content(tmp_path / "exchange"), tmp_path / "other")
    with Index.open(tmp_path / "server" / "a.db") as milvus, Index.open(tmp_path / "index") as one, Index.open(tmp_path / "other") as other:
        assert alike(milvus.search("bread")) == alike(one.search("bread")) == alike(other.search("bread"))
        assert milvus.article(f"articles/{name}").path == milvus.article(str(folder / name)).path == folder / name


def test_long_texts_are_cut_at_characters(tmp_path: Path) -> None:
    """A field of Milvus holds 65,535 bytes; longer articles come back character by character."""
    text = "Long story\n\n" + " ".join(f"Caf\u00e9 {number} \u4e2d\u6587 \U0001f600 sold bread." for number in range(5_000))
    (tmp_path / "long.txt").write_text(text)
    index_paths([tmp_path / "long.txt"], tmp_path / "index", Options(model="hash"))
    push(content_of(tmp_path / "index"), parse_place(tmp_path / "a.db"))
    with Index.open(tmp_path / "a.db") as milvus, Index.open(tmp_path / "index") as folder:
        assert milvus.article("long.txt") == folder.article("long.txt")
        assert alike(milvus.search("bread 77")) == alike(folder.search("bread 77"))


def test_copies_are_folded_however_many_there_are(tmp_path: Path) -> None:
    """More copies than an excerpt has at first: the other articles are still found, and the copies listed."""
    folder = tmp_path / "articles"
    folder.mkdir()
    body = " ".join(f"The mayor said that bridge {number} of the river would open in spring." for number in range(12))
    for number in range(120):
        (folder / f"copy{number:03}.md").write_text(f"---\ntitle: Bridge\ndate: 2024-04-01\nsource: Wire {number}\n---\n{body}\n")
    for number in range(5):
        (folder / f"other{number}.md").write_text(
            f"---\ntitle: Other {number}\ndate: 2024-04-02\n---\nA river bank near bridge {number} was flooded.\n"
        )
    index_paths([folder], tmp_path / "index", Options(model="hash"))
    push(content_of(tmp_path / "index"), parse_place(tmp_path / "a.db"))
    with Index.open(tmp_path / "a.db") as milvus, Index.open(tmp_path / "index") as one:
        for options in ({"limit": 5}, {"limit": 5, "mode": "lexical"}, {"limit": 6, "as_of": date(2024, 4, 1)}):
            expected = alike(one.search("bridge river spring", **options))  # type: ignore[arg-type]
            assert alike(milvus.search("bridge river spring", **options)) == expected  # type: ignore[arg-type]
        assert len(milvus.search("bridge river spring", limit=5)) == 5


def test_another_model_is_refused(small: Path, plain_index: Path, tmp_path: Path) -> None:
    """Vectors of two models are never mixed; the cure is a second collection."""
    push(content_of(small), parse_place(tmp_path / "a.db"))
    with pytest.raises(ModelMismatch, match="alias"):
        push(content_of(plain_index), parse_place(tmp_path / "a.db"))
    push(content_of(small), parse_place(tmp_path / "a.db" / "second"))
    with Index.open(tmp_path / "a.db" / "second") as milvus:
        assert milvus.search("bridge")


def test_an_alias_leads_to_the_collection_of_the_day(small: Path, tmp_path: Path) -> None:
    """A model changes by two collections and an alias, which is switched in one step, both collections of an index with it."""
    place = parse_place(tmp_path / "a.db" / "first")
    push(content_of(small), place)
    (tmp_path / "articles" / "n0.txt").write_text("Story 0\n\nA ferry.")
    index_paths([tmp_path / "articles"], small)
    push(content_of(small), parse_place(tmp_path / "a.db" / "second"))
    server = Server(place)
    server.client.create_alias("first", "today")
    server.close()
    with Index.open(tmp_path / "a.db" / "today") as milvus:
        assert (milvus.manifest.generation, milvus.article("articles/n0.txt").text[:7]) == ("first", "Story 0")
        before = milvus.article("articles/n0.txt").text
        assert isinstance(milvus, RemoteIndex)
        milvus.archive.server.client.alter_alias("second", "today")
        milvus.archive.look_again()
        assert milvus.article("articles/n0.txt").text != before
        assert milvus.manifest.generation == "second"


@pytest.mark.parametrize(
    ("address", "error", "said"),
    [
        ("milvus://127.0.0.1:9/archive", ServerUnreachable, "no answer from milvus://127.0.0.1:9/archive"),
        ("milvus://127.0.0.1:9", UsageError, "expected milvus://HOST:19530/COLLECTION"),
        ("milvus://user:secret@127.0.0.1:9/a", UsageError, "NEWSDEX_MILVUS_TOKEN"),
        ("nowhere.db", IndexMissing, "newsdex push FOLDER nowhere.db"),
        ("no/such/folder/a.db", IndexMissing, "Create it"),
    ],
)
def test_a_place_that_cannot_be_is_named_with_the_cure(
    address: str, error: type[Exception], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each bad address is an error of its own; no password is repeated, and no file is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as caught:
        Index.open(address)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("said", "reason", "error", "cure"),
    [
        ("Fail connecting to server on h:1, illegal connection params or server unavailable", "auth check failure", ServerRefused, "TOKEN"),
        (
            "Fail connecting to server on h:1, illegal connection params or server unavailable",
            "missing authorization in header",
            ServerRefused,
            "TOKEN",
        ),
        (
            "Fail connecting to server on h:1, illegal connection params or server unavailable",
            "Connection refused",
            ServerUnreachable,
            "Check",
        ),
        ("nodes not enough", "", UsageError, "fewer --replicas"),
    ],
)
def test_what_the_server_says_is_named_with_the_cure(said: str, reason: str, error: type[Exception], cure: str) -> None:
    """What Milvus 2.3.5 and pymilvus 3.0 said when they were asked with a wrong token, with none, at a closed port, and for more replicas
    than nodes.
    """

    class Behind(Exception):
        def details(self) -> str:
            return reason

    def ask() -> None:
        raise MilvusException(message=said) from Behind()

    server = object.__new__(Server)
    server.place = parse_place("milvus://127.0.0.1:19530/archive")
    with pytest.raises(error, match=cure):
        server.call(ask, patience=0)


def test_a_collection_of_something_else_is_no_index(small: Path, tmp_path: Path) -> None:
    """A collection without its articles, and one with another dimension than its model makes."""
    file = tmp_path / "a.db"
    server = Server(parse_place(file), new=True)
    server.client.create_collection("newsdex", dimension=4)
    server.close()
    with pytest.raises(IndexDamaged, match="not a newsdex index"):
        Index.open(file)
    file = tmp_path / "b.db"
    push(content_of(small), parse_place(file))
    server = Server(parse_place(file))
    server.client.drop_collection("newsdex")
    server.client.create_collection("newsdex", dimension=4, vector_field_name="dense")
    server.close()
    with pytest.raises(IndexDamaged, match="4 dimensions"):
        Index.open(file)


def test_a_bound_that_is_reached_needs_no_longer_list(homes: tuple[Index, Index], monkeypatch: pytest.MonkeyPatch) -> None:
    """With short first lists the best hits are still those of all passages."""
    from newsdex.search.milvus import shortlist

    folder, milvus = homes
    monkeypatch.setattr(shortlist, "LEAST", 1)
    monkeypatch.setattr(shortlist, "LONGEST", 4_096)
    for question in QUESTIONS:
        options: dict[str, Any] = {"limit": 3, "read_dates": False, "collapse": False}
        expected = [(hit.article.id, hit.score) for hit in folder.search(question, **options)]
        assert [(hit.article.id, hit.score) for hit in milvus.search(question, **options)] == expected


def test_conditions_are_put_together() -> None:
    """Nothing to say on one side leaves the other."""
    assert both("", "first > 0") == "(first > 0)"
    assert both("a", "b") == "(a) and (b)"


def test_hints_and_timelines_are_the_same(homes: tuple[Index, Index]) -> None:
    """What the page shows beside the hits comes from either home."""
    folder, milvus = homes
    for typed in ("bri", "China", "the el"):
        assert milvus.suggest(typed) == folder.suggest(typed)
    for mode in ("hybrid", "dense", "lexical"):
        request = request_of("China support for Russia", mode=mode)
        assert milvus.timeline(request) == folder.timeline(request)
        # In Milvus the newest article is not known: days count from today.
        assert milvus.facets(request) == replace(folder.facets(request), counted_from=None)
    dated = request_of("What happened in Gaza in March 2024?", where={"type": "ne", "key": "source", "value": "Harbour Courier"})
    assert milvus.facets(dated) == replace(folder.facets(dated), counted_from=None)
    for listing in (milvus.newest, partial(milvus.facets, answering=False)):
        with pytest.raises(UsageError, match="cannot be listed without a question"):
            listing(dated)


def test_hints_take_what_they_take_elsewhere(homes: tuple[Index, Index], monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong values are refused as in a folder; a large archive has no hints."""
    from newsdex.search.milvus import remote

    for index in homes:
        with pytest.raises(UsageError, match="expected text, not int"):
            index.suggest(1)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="a limit of -1 is not allowed"):
            index.suggest("bri", -1)
        with pytest.raises(UsageError, match="expected text, not int"):
            index.verify_quote(1)  # type: ignore[arg-type]
    assert homes[1].suggest("bri")
    monkeypatch.setattr(remote, "_MOST_TITLES", 0)
    assert homes[1].suggest("bri") == []


def test_no_view_of_rows_that_change_in_place(homes: tuple[Index, Index]) -> None:
    """It is refused with what to do instead."""
    _, milvus = homes
    with pytest.raises(UsageError, match=r"has no snapshots: .* newsdex pull .*sample\.db FOLDER"):
        milvus.snapshot()


@pytest.mark.parametrize(
    "options", [{"limit": 60, "per_article": 3}, {"sort": "date", "limit": 70}, {"history": [QUESTIONS[0]], "limit": 60}], ids=str
)
def test_a_large_excerpt_is_searched_as_a_small_one(
    homes: tuple[Index, Index], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more passages than are compared one by one in a folder: the same hits as an exact search there has."""
    monkeypatch.setattr(retrieval, "EXACT", 10)
    folder, milvus = homes
    for question in QUESTIONS:
        assert alike(milvus.search(question, **options)) == alike(folder.search(question, exact=True, **options))
    assert folder.timeline(request_of(QUESTIONS[0], exact=True)) == milvus.timeline(request_of(QUESTIONS[0]))


@pytest.mark.parametrize("options", [{}, {"exact": True}, {"sort": "date"}, {"mode": "dense", "collapse": False}], ids=str)
def test_what_one_call_of_the_server_gives_ends_the_list(
    homes: tuple[Index, Index], options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many hits are asked for: the best that can be had, and an end."""
    folder, milvus = homes
    monkeypatch.setattr(shortlist, "MOST_FOUND", 64)
    monkeypatch.setattr(shortlist, "LEAST", 16)
    found = milvus.search(QUESTIONS[0], limit=10_000, **options)
    assert len(found) >= 10
    best = [hit.article.id for hit in folder.search(QUESTIONS[0], limit=5, **{**options, "exact": True, "sort": "relevance"})]
    assert set(best) <= {hit.article.id for hit in found}


def test_an_article_of_which_some_passages_were_fetched_is_answered_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others count as far from the question: their vectors are not those of what was fetched."""
    chance = Random(1)
    words = ["bridge", "ferry", "harbour", "strike", "election", "minister", "tariff", "bread", "price", "river", "flood", "train", "port"]
    (tmp_path / "articles").mkdir()
    for number in range(40):
        body = "\n\n".join(" ".join(chance.choices(words, k=60)).capitalize() + "." for _ in range(4))
        (tmp_path / "articles" / f"n{number:02}.md").write_text(f"# Story {number}\n\n{body}\n")
    index_paths([tmp_path / "articles"], tmp_path / "index", Options(model="hash", furniture=False))
    push(content_of(tmp_path / "index"), parse_place(tmp_path / "a.db"))
    monkeypatch.setattr(shortlist, "MOST_FOUND", 16)
    with Index.open(tmp_path / "a.db") as milvus:
        for options in ({"limit": 40}, {"mode": "dense"}, {"exact": True, "per_article": 3}):
            found = milvus.search("ferry strike", **options)  # type: ignore[arg-type]
            assert found
            assert all(0 <= match.score <= 1 for hit in found for match in hit.matches)
        assert isinstance(milvus, RemoteIndex)
        heads = [*milvus.archive.heads_with("")][:2]
        rows = milvus.archive.passages([key_of(head.article.id) for head in heads], ("article", "position", "dense"))
        [segment] = milvus.archive.snapshot(heads, [row for row in rows if row["position"] == 0]).segments
        assert np.linalg.norm(segment.vectors(np.arange(len(segment))), axis=1).round(3).tolist() == segment.live_passages.tolist()
        assert not segment.live_passages.all()


def test_an_index_that_takes_the_place_of_another_is_told_of_itself(
    small: Path, homes: tuple[Index, Index], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found out while waiting for a node, its manifest and languages are the new ones."""
    push(folder_content(Snapshot.open(small)), parse_place(tmp_path / "small.db"))
    with RemoteIndex.at(tmp_path / "small.db") as index, RemoteIndex.at(tmp_path / "small.db") as other:
        archive, sample = index.archive, homes[1].archive  # type: ignore[attr-defined]
        assert archive.manifest == other.manifest != sample.manifest
        assert archive.languages
        whole = iter([False, True])
        monkeypatch.setattr(archive, "is_whole", lambda: next(whole))
        monkeypatch.setattr(archive, "_found", lambda: sample.collection)
        archive.check_whole()
        assert (archive.manifest, archive.languages) == (sample.manifest, sample.languages)


@pytest.mark.parametrize("place", ["milvus://127.0.0.1:1/archive", "archive.db"])
def test_no_folder_is_made_of_an_address(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What indexes into a folder refuses, with the command that brings one there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text("The harbour was closed.", encoding="utf-8")
    for run in (index_paths, lambda *arguments: next(watch_paths(*arguments))):
        with pytest.raises(UsageError, match=f"newsdex push FOLDER {place}"):
            run([tmp_path / "one.txt"], place, Options(model="hash"))
    assert [path.name for path in tmp_path.iterdir()] == ["one.txt"]


def test_an_excerpt_of_everything_reads_as_the_folder_does(homes: tuple[Index, Index], plain_index: Path) -> None:
    """Columns, texts, passages, sentences, vectors and their signs; what is left out is not live."""
    [mine] = Snapshot.open(plain_index).segments
    archive = homes[1].archive  # type: ignore[attr-defined]
    heads = list(archive.heads_with(""))
    rows = [mine.rows_with("id", head.article.id)[0] for head in heads]
    kept = [(number, index) for number, row in enumerate(rows) for index in range(len(mine.passages(row))) if (row + index) % 5]
    positions = np.array([mine.passages(rows[number])[index] for number, index in kept])
    passages = [
        {"article": key_of(heads[number].article.id), "position": index, "dense": vector}
        for (number, index), vector in zip(kept, mine.vectors(positions), strict=True)
    ]
    [excerpt] = archive.snapshot(heads, passages).segments
    excerpt.read_ahead(range(len(rows)))
    for number, row in enumerate(rows):
        assert excerpt.article(number) == mine.article(row)
        for read in (Segment.title, Segment.published, Segment.days_at, Segment.stored_path, Segment.sentences, Segment.text):
            assert read(excerpt, number) == read(mine, row)
        assert excerpt.rows_with("url", mine.article(row).url) == [number]
        spans = ([s.passage(place, s.article(at)) for place in s.passages(at)] for s, at in ((excerpt, number), (mine, row)))
        assert next(spans) == next(spans)
    places = np.array([excerpt.passages(number)[index] for number, index in kept])
    assert np.array_equal(excerpt.matrix[places], mine.matrix[positions])
    assert np.array_equal(excerpt.planes[:, places], mine.planes[:, positions])
    assert np.array_equal(excerpt.vectors(places[::3]), mine.vectors(positions[::3]))
    assert np.array_equal(np.flatnonzero(excerpt.live_passages), np.sort(places))
    few = np.arange(len(rows)) % 3 == 0
    assert excerpt.passages_of(few).tolist() == sorted(
        place for place, (number, _) in zip(places.tolist(), kept, strict=True) if few[number]
    )
    assert excerpt.count_of(few) == len(excerpt.passages_of(few)) == np.count_nonzero(excerpt.are_of(np.arange(len(excerpt)), few))
    assert (len(excerpt), excerpt.article_count, excerpt.languages) == (len(mine), len(rows), mine.languages)
    assert (excerpt.is_partial, mine.is_partial) == (True, False)

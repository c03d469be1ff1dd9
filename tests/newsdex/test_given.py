"""What Python callers give by mistake is refused with its value, and numbers of every kind are taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from indexes import HASH, index_of

from newsdex import ChatModel, Chunking, Index, IndexClosed, NewsdexError, Options, UsageError, Writer, index_paths, request_of
from newsdex.given import several
from newsdex.search.server.settings import Settings
from newsdex.store.tombstones import Tombstones

FERRY = {"_id": "ferry", "title": "Ferry aground", "text": "A ferry ran aground.", "date": "2024-04-26T12:30:00+08:00", "words": 700}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of two articles."""
    other = {"_id": "bridge", "title": "Bridge", "text": "A bridge was opened.", "date": "2024-05-01"}
    with Index.open(index_of([FERRY, other], tmp_path_factory.mktemp("given"))) as index:
        yield index


def test_the_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written into the current folder, and reading and writing say the same."""
    (tmp_path / "a.txt").write_text("A ferry ran aground.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for use in (lambda: Index.open(""), lambda: index_paths(["a.txt"], "", HASH), lambda: Index.open_generation("", "g000001")):
        with pytest.raises(UsageError, match="the folder of the index is empty: expected a path such as index_data"):
            use()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_secrets_are_not_printed() -> None:
    """Neither by themselves nor as part of a server's settings."""
    model = ChatModel("http://127.0.0.1:1/v1", "n", key="SECRET")
    assert "SECRET" not in repr(Settings(keys=("SECRET",), model=model))
    assert repr(model) == "ChatModel(url='http://127.0.0.1:1/v1', name='n', seconds=60.0)"
    assert "key" not in repr(Tombstones())
    for wrong in (lambda: ChatModel("http://x/v1", "n", key=b"SECRET"), lambda: several("keys", "SECRET", "keys")):
        with pytest.raises(UsageError) as refused:
            wrong()
        assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        pytest.param(lambda index: index.embed("ab"), "texts: one text is not a list", id="embed"),
        pytest.param(lambda index: index.embed([1]), "a text to embed: expected text, not int", id="embed 1"),
        pytest.param(lambda index: index.article("x\ud800"), "the name of the article has a lone surrogate", id="half a character"),
        pytest.param(lambda index: index.check("A ferry.", hits="ferry"), "hits: one text is not a list", id="hits"),
        pytest.param(lambda index: index.search_many("ab"), "questions: one text is not a list", id="search_many"),
        pytest.param(lambda index: index.search_many(None), "questions: NoneType is not a list", id="search_many None"),
        pytest.param(lambda index: index.answer_many("ab"), "requests: one text is not a list", id="answer_many"),
        pytest.param(lambda index: index.answer_many(["ab"]), "expected a Request, not 'ab'", id="answer_many 1"),
        pytest.param(lambda index: index_paths(index.folder, index.folder), "paths: .* is not a list", id="index_paths"),
        pytest.param(lambda index: index_paths([], index.folder, 5), "expected an Options, not int", id="options"),
        pytest.param(lambda index: index.suggest(None), "expected text, not NoneType", id="suggest"),
        pytest.param(lambda index: index.suggest("a", -1), "a limit of -1 is not allowed: expected 0 or more", id="suggest limit"),
        pytest.param(lambda index: index.check("A ferry.", question=None), "the question: expected text", id="question"),
        pytest.param(lambda index: index.page_after("", -1), "a limit of -1 is not allowed", id="page_after"),
        pytest.param(lambda index: index.page_after(5), "the id of an article: expected text", id="page_after id"),
        pytest.param(lambda index: index.examples(-1), "a limit of -1 is not allowed", id="examples"),
        pytest.param(lambda index: index.search("a", recency=True), "a half-life of True days is not allowed", id="recency"),
        pytest.param(lambda index: index.search("a", limit=np.int64(0)), "expected 1 to 10000", id="limit"),
        pytest.param(lambda index: index.search("a", limit=10**5_000), "a limit of thousands of digits is not allowed", id="huge limit"),
        pytest.param(lambda index: index.search("a", min_score=10**400), "a least score of 1000.* is not allowed", id="huge min_score"),
        pytest.param(lambda index: index.search("a", recency=10**400), "a half-life of 1000.* is not allowed", id="huge recency"),
        pytest.param(lambda index: index.search("a", min_score=True), "a least score of True is not allowed", id="min_score"),
        pytest.param(lambda index: Index.open(index.folder, in_memory="no"), "in_memory of 'no' is not allowed", id="in_memory"),
        pytest.param(lambda _: Chunking(max_tokens=0), "a passage of 0 tokens is not allowed", id="max_tokens"),
        pytest.param(lambda _: Chunking(overlap=True), "an overlap of True sentences is not allowed", id="overlap"),
        pytest.param(lambda _: Chunking(title=None), "a title of None is not allowed", id="title"),
        pytest.param(lambda _: Options(wait_seconds=-1), "a wait of -1 seconds is not allowed: expected 0 or more", id="wait_seconds"),
        pytest.param(lambda _: Options(parsers=0), "a number of 0 parsers is not allowed: expected 1 or more", id="parsers"),
        pytest.param(lambda _: Options(precision="x"), "a precision of 'x' is not allowed: expected 'full' or 'int8'", id="precision"),
        pytest.param(lambda _: Options(model=5), "the name of a model: expected text, not int", id="model"),
        pytest.param(lambda _: Options(chunking="x"), "chunking: expected a Chunking, not str", id="chunking"),
        pytest.param(lambda _: Options(limits=None), "limits: expected a Limits, not NoneType", id="limits"),
        pytest.param(lambda _: ChatModel("http://x/v1", None), "the name of a language model: expected text", id="model"),
        pytest.param(lambda _: ChatModel(5, "n"), "the url of a language model: expected text", id="url"),
        pytest.param(lambda _: ChatModel("http://x/v1", "n", seconds=-1), "a silence of -1 seconds is not allowed", id="seconds"),
    ],
)
def test_what_is_refused(index: Index, use: Callable[[Any], object], told: str) -> None:
    """By UsageError, with the value."""
    with pytest.raises(UsageError, match=told):
        use(index)


def test_numbers_of_every_kind_are_taken(index: Index) -> None:
    """Those of numpy, and fractions, mean what Python's own mean."""
    given: dict[str, Any] = {"limit": np.int64(5), "offset": np.uint8(0), "min_score": np.float32(0.5), "recency": np.int64(30)}
    asked = request_of("ferry", **given)
    assert asked == request_of("ferry", limit=5, offset=0, min_score=0.5, recency=30)
    assert [type(value) for value in (asked.limit, asked.min_score, asked.recency)] == [int, float, float]
    assert request_of("ferry", min_score=Fraction(1, 2)).min_score == 0.5
    words = {"type": "gte", "key": "words", "value": np.int64(500)}
    assert [hit.article.id for hit in index.search("ferry", where=words)] == ["ferry"]
    assert len(index.suggest("fer", np.int64(1))) == len(index.examples(np.int8(0))) + 1
    assert Chunking(max_tokens=np.int64(100)) == Chunking(max_tokens=100)


def test_a_publication_date_can_be_given_back(index: Index) -> None:
    """The day of a date and time counts, in the zone that it names, as text and as an object, in options and in filters."""
    article = index.article("ferry")
    assert str(article.published) == "2024-04-26T12:30:00+08:00"
    late = datetime(2024, 4, 26, 23, 59, tzinfo=timezone(timedelta(hours=-11)))
    for day in (
        str(article.published),
        "2024-04-26T23:59:00-11:00",
        "2024-04-26T00:30Z",
        str(late),
        late,
        date(2024, 4, 26),
        np.str_("2024-04-26"),
    ):
        found = [index.search("ferry bridge", on=day), index.search("ferry bridge", where={"type": "eq", "key": "published", "value": day})]
        assert [[hit.article.id for hit in hits] for hits in found] == [["ferry"], ["ferry"]], day
    both = {"type": "in", "key": "published", "value": [date(2024, 4, 26), datetime(2024, 5, 1, 12)]}  # noqa: DTZ001 - without a zone
    assert len(index.search("ferry bridge", where=both)) == 2
    for wrong in ("2024-04-26T25:00:00", "2024-02-30T12:00:00", "2024-04-26Tnoon"):
        with pytest.raises(UsageError, match=re.escape(wrong)):
            index.search("ferry", since=wrong)


async def _closed() -> None:
    async with Writer(ChatModel("http://127.0.0.1:1/v1", "n")) as writer:
        pass
    async for _ in writer.answer(None, "ferry"):  # type: ignore[arg-type]
        pass


def test_what_was_closed(tmp_path: Path) -> None:
    """An index has an error of its own, which is a UsageError too; a writer says so."""
    with Index.open(index_of([FERRY], tmp_path)) as index:
        pass
    with pytest.raises(IndexClosed, match="is closed"):
        index.search("ferry")
    assert issubclass(IndexClosed, UsageError)
    assert issubclass(IndexClosed, NewsdexError)
    pytest.importorskip("openai")
    import asyncio

    with pytest.raises(UsageError, match="this Writer is closed"):
        asyncio.run(_closed())

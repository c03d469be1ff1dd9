"""Models that a server runs: newsdex's own /v1/embeddings, and a server that misbehaves in every way that is thought of."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from http_server import running

from newsdex import Index, delete_articles, index_paths
from newsdex.cli import main, main_search
from newsdex.encoder import HASH_MODEL, MULTILINGUAL_MODEL
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.engines.hashing import HashEncoder
from newsdex.engines.pairs import PAIRS
from newsdex.engines.served import _PROBE, ServedEncoder
from newsdex.errors import ModelError, ModelMismatch, UsageError
from newsdex.following import follow, tell
from newsdex.indexer.build import Options
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.post import post
from newsdex.store.samples import sample, witness
from newsdex.store.snapshot import Snapshot

CARD = replace(HashEncoder().card, pooling="the server's")
MEASURED = [text for pair in (*PAIRS[:1] * 2, *PAIRS) for text in pair]  # what each build sends first
CLOSE = 1e-4  # a cosine distance: what engines may differ by, where a prompt more makes 0.003 and the other kind 0.05
TEXTS = ["The minister said so.", "Nobody else did.", ""]
Answer = Callable[["_Handler", list[str]], None]


class Embeddings(ThreadingHTTPServer):
    """Answers each request with the next of ``answers``, and as what it ``serves`` when there are none left; one with an input_type as
    ``typed`` says, if there is that.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[Answer] = []
        self.typed: Answer | None = None
        self.serves: Answer = good
        self.asked: list[dict[str, Any]] = []

    @property
    def model(self) -> str:
        return f"openai:some@http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def texts(self) -> list[str]:
        """Those that were asked for, without what each request of a build has besides."""
        return [text for asked in self.asked for text in asked["input"] if text != _PROBE]


class _Handler(BaseHTTPRequestHandler):
    server: Embeddings

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked | {"path": self.path, "key": self.headers["Authorization"]})
        if "input_type" in asked and self.server.typed:
            self.server.typed(self, asked["input"])
        else:
            answer = self.server.answers.pop(0) if self.server.answers else self.server.serves
            answer(self, asked["input"])

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def vectors_of(texts: list[str]) -> list[list[float]]:
    return (2 * HashEncoder().encode_passages(texts)).tolist()  # not of unit length


def send(data: object) -> Answer:
    return lambda handler, _texts: handler.reply(200, json.dumps({"data": data}).encode())


def good(handler: _Handler, texts: list[str]) -> None:
    rows = [{"index": number, "embedding": vector} for number, vector in enumerate(vectors_of(texts))]
    handler.reply(200, json.dumps({"data": rows[::-1]}).encode())


def changed(change: Callable[[list[dict[str, Any]]], object]) -> Answer:
    def answer(handler: _Handler, texts: list[str]) -> None:
        rows = [{"index": number, "embedding": vector} for number, vector in enumerate(vectors_of(texts))]
        change(rows)
        handler.reply(200, json.dumps({"data": rows}).encode())

    return answer


def status(code: int, **headers: str) -> Answer:
    return lambda handler, _texts: handler.reply(code, b"not\x1b now", **headers)


def broken(handler: _Handler, _texts: list[str]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    handler.connection.shutdown(socket.SHUT_RDWR)


def endless(handler: _Handler, _texts: list[str]) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * (1 << 16))
    except OSError:  # the client has had enough
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embeddings]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("newsdex.engines.served.WAITS", (0, 0, 0))
    with Embeddings() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([], []),
        ([status(500)], [2]),
        ([status(503), status(500)], [2, 3]),
        ([status(429, Retry_After="7")], [7]),
        ([status(429, Retry_After="100000")], [60]),
        ([status(429, Retry_After="never")], [2]),
        ([broken], [2]),
    ],
    ids=["good", "500", "503, 500", "429", "429, a day", "429, no number", "broken off"],
)
def test_what_passes_is_tried_again(server: Embeddings, answers: list[Answer], waits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit vectors in the order of the texts, whatever order they came in; after a failure, as late as the server asks, within a minute."""
    waited: list[float] = []
    monkeypatch.setattr("newsdex.engines.served.WAITS", (0, 2, 3))
    monkeypatch.setattr("newsdex.engines.served.sleep", waited.append)
    encoder = ServedEncoder(server.model, CARD, patient=True)
    server.answers = answers[:]
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), HashEncoder().encode_passages([*TEXTS[:2], " "]), atol=1e-6)
    assert waited == waits
    assert len(server.asked) == 1 + len(answers)
    assert server.asked[0] == {
        "model": "some",
        "input": [*TEXTS[:2], " ", _PROBE],
        "encoding_format": "float",
        "path": "/v1/embeddings",
        "key": None,
    }


WRONG: dict[str, tuple[Answer, int]] = {
    r"answered 500: not  now \(3 tries\)": (status(500), 3),
    r"answered 401: not  now$": (status(401), 1),
    "answered 307: not  now, a redirect, which is not followed": (status(307, Location="http://127.0.0.1:9/"), 1),
    r"did not answer: .*breaks off \(3 tries\)": (broken, 3),
    "expected at most 1848576": (endless, 1),
    "expected 4 vectors, and it has 3": (changed(lambda rows: rows.pop()), 1),
    "expected 4 vectors, and it has no data": (send("x"), 1),
    "expected each index once": (changed(lambda rows: rows[0].update(index=1)), 1),
    "index is '0', expected a whole number": (changed(lambda rows: rows[0].update(index="0")), 1),
    "expected numbers": (changed(lambda rows: rows[0].update(embedding=["1"])), 1),
    "vectors of several lengths": (changed(lambda rows: rows[0]["embedding"].pop()), 1),
    "not finite, or all 0": (changed(lambda rows: rows[1]["embedding"].__setitem__(0, float("nan"))), 1),
    "not finite, or all 0 *": (changed(lambda rows: rows[1].update(embedding=[0] * 64)), 1),
    "too large": (changed(lambda rows: rows[1]["embedding"].__setitem__(0, 10**400)), 1),
    "with a list of vectors": (lambda handler, _texts: handler.reply(200, b"<html>"), 1),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_told(server: Embeddings, message: str) -> None:
    """As an error that names the server; what will not pass is not tried again."""
    answer, tries = WRONG[message]
    server.answers = [answer] * tries
    with pytest.raises(ModelError, match=rf"the server of embeddings at http://127.0.0.1:\d+/v1/embeddings (?s:.*){message}"):
        ServedEncoder(server.model, CARD, patient=True).encode_passages(TEXTS)
    assert (len(server.asked), server.answers) == (tries, [])


def test_another_dimension_is_another_model(server: Embeddings) -> None:
    """Which an index cannot be searched with."""
    encoder = ServedEncoder(server.model, CARD)
    encoder.encode_passages(TEXTS)
    server.answers = [changed(lambda rows: [row["embedding"].pop() for row in rows])]
    with pytest.raises(ModelError, match=r"vectors of 63 numbers, expected 64.* newsdex rebuild --model openai:some@"):
        encoder.encode_passages(TEXTS)


def test_the_key_is_in_a_variable(server: Embeddings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent, and is in no card and no cached file."""
    monkeypatch.setenv("NEWSDEX_EMBEDDINGS_KEY", "secret-7")
    card = open_build_encoder(server.model).card
    assert {asked["key"] for asked in server.asked} == {"Bearer secret-7"}
    assert "secret-7" not in str(card)
    assert (card.dimension, card.name, card.unrelated < card.related) == (64, server.model, True)


def test_a_card_is_measured_once(server: Embeddings) -> None:
    """For questions; a build measures again. It tells models by name and dimension, and not by where they are served."""
    built = open_build_encoder(server.model).card
    asked = len(server.asked)
    assert open_query_encoder(server.model).card == built
    assert len(server.asked) == asked
    assert open_query_encoder(server.model.replace("127.0.0.1", "localhost")).card.fingerprint == built.fingerprint
    assert open_query_encoder(server.model.replace("some", "other")).card.fingerprint != built.fingerprint


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("openai:", "has no URL that begins with http"),
        ("openai:x", "has no URL that begins with http"),
        ("openai:@http://127.0.0.1/v1", "has no name before the @"),
        ("openai:x@ftp://127.0.0.1/v1", "has no URL that begins with http"),
        ("openai:x@file:///etc/passwd", "has no URL that begins with http"),
        ("openai:x@http://", "has no URL that begins with http:// or https:// and a host"),
        ("openai:x@http://u:secret@127.0.0.1/v1", "its URL has a user or a password"),
        ("openai:x@http://127.0.0.1:99999/v1", "Port out of range 0-65535"),
        ("openai:x@http://127.0.0.1:port/v1", "Port could not be cast to integer value as 'port'"),
        ("openai:x@http://127.0.0.1/v1?key=1", "has a query or a fragment"),
        ("openai:x@http://127.0.0.1/ \r\n", "has characters that no URL has"),
        ("openai:" + "x" * 1_000 + "@http://127.0.0.1/v1", "has more than 1000 characters"),
    ],
)
def test_a_name_that_is_none(name: str, why: str) -> None:
    """The message says why and shows one, but no password."""
    with pytest.raises(UsageError, match=rf"{why}.*\. Expected openai:NAME@URL, such as .* A key goes in NEWSDEX_EMBEDDINGS_KEY") as told:
        open_query_encoder(name)
    assert "secret" not in str(told.value)


def test_other_machines_are_named_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index from elsewhere could name any."""
    with pytest.raises(UsageError, match=r"export NEWSDEX_EMBEDDINGS_HOSTS=example.org"):
        open_query_encoder("openai:x@https://example.org/v1")
    monkeypatch.setenv("NEWSDEX_EMBEDDINGS_HOSTS", "other.example, example.org")
    open_query_encoder("openai:x@https://example.org/v1")


def turned(handler: _Handler, texts: list[str]) -> None:
    """Vectors that are others than good ones."""
    changed(lambda rows: [row.update(embedding=row["embedding"][::-1]) for row in rows])(handler, texts)


def by_kind(handler: _Handler, texts: list[str]) -> None:
    (turned if handler.server.asked[-1]["input_type"] == "query" else good)(handler, texts)


@pytest.mark.parametrize(
    ("typed", "kinds", "prefixes"),
    [
        (by_kind, ("query", "passage"), ("", "")),
        (None, (None, None), ("query: ", "passage: ")),
        (status(400), (None, None), ("query: ", "passage: ")),
        (status(500), (None, None), ("query: ", "passage: ")),
    ],
    ids=["tells them apart", "ignores it", "refuses it", "fails at it"],
)
def test_a_server_is_told_what_a_text_is_if_it_cares(
    server: Embeddings, typed: Answer | None, kinds: tuple[str | None, ...], prefixes: tuple[str, str]
) -> None:
    """If it embeds questions otherwise, by input_type, and by the prefixes of the name if not: never by both."""
    server.typed = typed
    model = server.model.replace("some", "multilingual-e5-small")
    card = open_build_encoder(model).card
    assert (card.question_prefix, card.passage_prefix) == prefixes
    server.asked.clear()
    encoder = open_query_encoder(model, card)
    encoder.encode_questions(["a"])
    encoder.encode_passages(["a"])
    assert [asked.get("input_type") for asked in server.asked] == [*kinds]
    assert server.texts == [f"{prefix}a" for prefix in prefixes]


def test_a_server_that_is_down_for_a_while_still_tells_questions_apart(server: Embeddings, tmp_path: Path) -> None:
    """It fails while the index is made, or updated: what it knows is asked again."""
    path, index = _articles(tmp_path, 3), tmp_path / "index"
    server.typed = by_kind
    server.answers = [status(503)] * 3
    index_paths([path], index, Options(server.model))
    assert server.asked[-1]["input_type"] == "passage"
    server.answers = [status(503)] * 3
    assert index_paths([path], index).unchanged == 3


def test_an_index_of_before_asks_as_before(server: Embeddings, tmp_path: Path) -> None:
    """One that was made without input_type is searched and updated so, until it is rebuilt."""
    path, index = _articles(tmp_path, 3), tmp_path / "index"
    index_paths([path], index, Options(server.model))
    server.typed = by_kind
    server.asked.clear()
    with Index.open(index) as found:
        assert found.search("ward1").hits[0].article.id == "a1"
    assert {asked.get("input_type") for asked in server.asked} == {None}
    assert index_paths([path], index).unchanged == 3
    assert {asked.get("input_type") for asked in server.asked} == {None}
    rebuild_index(index)
    with Index.open(index) as found:
        found.search("ward1")
    assert [asked["input_type"] for asked in server.asked[-2:]] == ["query", "passage"]
    assert index_paths([path], index).unchanged == 3


def test_a_rebuild_takes_the_model_that_is_served_now(server: Embeddings, tmp_path: Path) -> None:
    """Also if its vectors have another length than those of which the card is kept."""
    path, index = _articles(tmp_path, 3), tmp_path / "index"
    index_paths([path], index, Options(server.model))
    server.answers = [changed(lambda rows: [row["embedding"].pop() for row in rows])] * 100
    rebuild_index(index, Options(server.model))
    assert Snapshot.open(index).manifest.model.dimension == 63


def test_a_question_does_not_wait(
    server: Embeddings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is tried twice, and the message names the search that needs no server, on a machine that has never asked it too."""
    monkeypatch.setattr("newsdex.engines.served.WAITS", (0, 1, 2, 4))
    path, index = _articles(tmp_path, 3), str(tmp_path / "index")
    index_paths([path], index, Options(server.model))
    waited: list[float] = []
    monkeypatch.setattr("newsdex.engines.served.sleep", waited.append)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    server.answers = [status(503, Retry_After="50")] * 100
    server.asked.clear()
    seconds: list[float] = []
    monkeypatch.setattr("newsdex.engines.served.post", lambda *given: (seconds.append(given[3]), post(*given))[1])
    assert main_search(["ward1", "--index-dir", index]) == 2
    assert (waited, len(server.asked), seconds) == ([1], 2, [20, 60])
    assert "answered 503: not now (2 tries). To search without it, by keywords alone: --mode lexical" in capsys.readouterr().err
    assert main_search(["ward1", "--index-dir", index, "--mode", "lexical"]) == 0
    assert len(server.asked) == 2


def _articles(folder: Path, count: int) -> Path:
    path = folder / "news.jsonl"
    lines = [json.dumps({"id": f"a{n}", "title": f"Report {n}", "text": f"The council of ward{n} met. " * 30}) for n in range(count)]
    path.write_text("\n".join(lines))
    return path


def test_a_build_goes_on_where_it_was_cut_off(server: Embeddings, tmp_path: Path) -> None:
    """Of what a server has embedded before it failed nothing is asked of it again but what each build begins with, and 4 passages that tell
    whether it is the same model.
    """
    path, index = _articles(tmp_path, 2_000), tmp_path / "index"
    options = Options(server.model)
    index_paths([path], tmp_path / "whole", options)
    whole = len(server.texts)
    server.asked.clear()
    server.answers = [good] * 20 + [status(500)] * 1_000
    with pytest.raises(ModelError, match="answered 500"):
        index_paths([path], index, options)
    server.answers = []
    before = sum(text != _PROBE for asked in server.asked[:20] for text in asked["input"])
    measured = len(MEASURED)
    server.asked.clear()
    index_paths([path], index, options)
    assert len(server.texts) == whole - before + measured + 4
    with Index.open(index) as found:
        assert found.search("ward7").hits[0].article.id == "a7"


def coarse(handler: _Handler, texts: list[str]) -> None:
    """Good vectors as from weights of fewer bits: at a cosine of .9."""
    noise = np.random.default_rng(0).standard_normal(64)
    noise *= 0.48 * 2 / np.linalg.norm(noise)
    rough = lambda row: row.update(embedding=(np.array(row["embedding"]) + noise).tolist())  # noqa: E731
    changed(lambda rows: [rough(row) for row in rows])(handler, texts)


def _stored(index: Path) -> np.ndarray:
    """The vectors of an index of one segment, (p, 64)."""
    [segment] = Snapshot.open(index).file_segments
    return np.asarray(segment.vectors(np.arange(len(segment))))


def test_another_model_of_the_same_width_is_noticed(server: Embeddings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An update stops before it mixes two models, verify blames the server and not the disk, and a rebuild embeds again."""
    path, index = _articles(tmp_path, 40), tmp_path / "index"
    built = index_paths([path], index, Options(server.model))
    before, old = Snapshot.open(index), _stored(index)
    server.serves = turned
    _articles(tmp_path, 41)
    capsys.readouterr()
    assert main(["index", str(path), "--index-dir", str(index)]) == 2
    assert f"newsdex rebuild --model {server.model} --index-dir {index}" in capsys.readouterr().err
    assert Snapshot.open(index).pointer == before.pointer
    found = [*verify(index, sources=False)]
    assert [(each.kind, f"newsdex rebuild --index-dir {index} --model {server.model}" in each.cure) for each in found] == [("model", True)]

    assert rebuild_index(index).embedded == built.embedded
    np.testing.assert_allclose(_stored(index), old[:, ::-1], atol=1e-6)
    assert index_paths([path], index).added == 1
    assert [*verify(index, sources=False)] == []


def test_a_server_in_another_precision_has_the_same_model(server: Embeddings, tmp_path: Path) -> None:
    """An index is updated, verified and rebuilt with vectors of weights in fewer bits, and nothing is embedded again."""
    path, index = _articles(tmp_path, 40), tmp_path / "index"
    index_paths([path], index, Options(server.model))
    server.serves = coarse
    assert index_paths([_articles(tmp_path, 41)], index).added == 1
    assert [*verify(index, sources=False)] == []
    assert rebuild_index(index).embedded == 0


def test_an_interrupted_build_goes_on_with_one_model(server: Embeddings, tmp_path: Path) -> None:
    """What it left is dropped if the server has another model when it goes on."""
    path, index = _articles(tmp_path, 2_000), tmp_path / "index"
    server.answers = [good] * 20 + [status(500)] * 1_000
    with pytest.raises(ModelError, match="answered 500"):
        index_paths([path], index, Options(server.model))
    server.answers, server.serves = [], turned
    index_paths([path], index, Options(server.model))
    [segment] = Snapshot.open(index).file_segments
    texts = [
        f"{article.title}\n{segment.passage(at, article).text}" for at in range(40) for article in [segment.article(segment.article_of(at))]
    ]
    np.testing.assert_allclose(_stored(index)[:40], HashEncoder().encode_passages(texts)[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("typed", [None, by_kind], ids=["of one kind", "tells questions apart"])
def test_a_search_notices_another_model(
    server: Embeddings, tmp_path: Path, typed: Answer | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the first question of a process and then once a minute, in the same request if it can be; a search by keywords does not ask."""
    now = [1_000.0]
    monkeypatch.setattr("newsdex.engines.served.monotonic", lambda: now[0])
    server.typed = typed
    path, index = _articles(tmp_path, 40), tmp_path / "index"
    index_paths([path], index, Options(server.model))
    server.asked.clear()
    with Index.open(index) as found:
        for question in ("ward1", "ward2"):
            assert found.search(question).hits[0].article.title == f"Report {question[-1]}"
        assert [len(asked["input"]) for asked in server.asked] == ([1, 1, 1] if typed else [2, 1])
        server.serves, server.typed = turned, turned if typed else None
        now[0] += 59
        found.search("ward3")
        now[0] += 2
        for _ in range(2):
            with pytest.raises(ModelError, match=r"other vectors than those of the index: it runs another model now.* --mode lexical"):
                found.search("ward4")
        assert found.search("ward4", mode="lexical").hits
        assert main_search(["ward5", "--index-dir", str(index)]) == 2
        assert f"newsdex rebuild --model {server.model} --index-dir {index}" in capsys.readouterr().err
        rebuild_index(index)
        assert found.search("ward6").hits[0].article.title == "Report 6"


@pytest.mark.parametrize("refusal", [400, 413, 422])
@pytest.mark.parametrize("most", [1, 5])
def test_a_server_that_takes_few_texts_at_once(server: Embeddings, tmp_path: Path, most: int, refusal: int) -> None:
    """Builds and answers, and is not asked for more than it takes once that is known; another model is noticed there as well."""

    def few(answer: Answer) -> Answer:
        return lambda handler, texts: (answer if len(texts) <= most else status(refusal))(handler, texts)

    path, index = _articles(tmp_path, 40), tmp_path / "index"
    index_paths([path], tmp_path / "whole", Options(server.model))
    server.serves = few(good)
    server.asked.clear()
    index_paths([path], index, Options(server.model))
    assert sum(len(asked["input"]) > most for asked in server.asked) < 10
    np.testing.assert_allclose(_stored(index), _stored(tmp_path / "whole"), atol=1e-6)
    assert index_paths([_articles(tmp_path, 41)], index).added == 1
    assert [*verify(index, sources=False)] == []
    server.asked.clear()
    with Index.open(index) as found:
        for question in ("ward1", "ward2"):
            assert found.search(question).hits[0].article.title == f"Report {question[-1]}"
    assert [len(asked["input"]) for asked in server.asked] == ([2, 1, 1, 1] if most == 1 else [2, 1])
    server.serves = few(turned)
    with Index.open(index) as found, pytest.raises(ModelError, match="it runs another model now"):
        found.search("ward3")
    with pytest.raises(ModelMismatch, match="it runs another model now"):
        index_paths([_articles(tmp_path, 42)], index)


@pytest.mark.parametrize("after", [100, 105, 110])
def test_a_model_that_changes_between_requests_of_one_text_is_noticed(server: Embeddings, tmp_path: Path, after: int) -> None:
    """Wherever that is: a passage is kept only if a text behind it has the vector of before."""
    one_by_one: Answer = lambda handler, texts: (good if len(texts) == 1 else status(400))(handler, texts)  # noqa: E731
    server.answers, server.serves = [one_by_one] * after, turned
    with pytest.raises(ModelError, match=r"it has changed its model meanwhile\. Run the same command again"):
        index_paths([_articles(tmp_path, 400)], tmp_path / "index", Options(server.model))


def test_what_is_refused_alone_is_told(server: Embeddings) -> None:
    """It need not be the number of texts that a server refuses: one is left then, and later requests are as large as before."""
    encoder = ServedEncoder(server.model, CARD)
    server.answers = [status(400)] * 3
    with pytest.raises(ModelError, match=r"answered 400: not  now$"):
        encoder.encode_passages(["a", "b", "c", "d"])
    encoder.encode_passages(["a", "b", "c", "d"])
    assert [len(asked["input"]) for asked in server.asked] == [4, 2, 1, 4]


def test_a_request_that_was_too_long_leaves_later_ones_large(server: Embeddings) -> None:
    """After half of a request is answered without refusal, the next is twice as large, up to the first size. A server that never takes so
    many refuses one request after each that it answers whole.
    """
    texts = [f"w{number}" for number in range(15)]

    def asked_for(serves: Answer, times: int) -> list[list[int]]:
        server.serves, sizes = serves, []
        for _ in range(times):
            server.asked.clear()
            np.testing.assert_allclose(encoder.encode_passages(texts), expected, atol=1e-6)
            sizes.append([len(asked["input"]) for asked in server.asked])
        return sizes

    encoder = ServedEncoder(server.model, CARD)
    expected = encoder.encode_passages(texts)
    server.answers = [status(413)] * 2
    assert asked_for(good, 5) == [[15, 7, 3, 3, 3, 3, 3], [3] * 5, [6, 6, 3], [12, 3], [15]]
    few: Answer = lambda handler, texts: (good if len(texts) <= 4 else status(413))(handler, texts)  # noqa: E731
    assert asked_for(few, 4) == [[15, 7, 3, 3, 3, 3, 3], [3] * 5, [6, 3, 3, 3, 3, 3], [3] * 5]


def test_a_search_in_milvus_notices_another_model(server: Embeddings, tmp_path: Path) -> None:
    """As one in a folder, by a passage that was embedded so; an archive without articles has none."""
    pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed")
    path, index, archive = _articles(tmp_path, 40), tmp_path / "index", str(tmp_path / "archive.db")
    index_paths([path], index, Options(server.model))
    embedded = {*server.texts}
    assert main(["push", str(index), archive]) == 0
    server.asked.clear()
    with Index.open(archive) as found:
        for question in ("ward1", "ward2"):
            assert found.search(question).hits[0].article.title == f"Report {question[-1]}"
    (_, proof), (_,) = (asked["input"] for asked in server.asked)
    assert proof in embedded
    server.serves = turned
    with Index.open(archive) as found:
        with pytest.raises(ModelError, match=r"other vectors than those of the index: it runs another model now.* --mode lexical"):
            found.search("ward4")
        assert found.search("ward4", mode="lexical").hits
    delete_articles(index, ids=[f"a{n}" for n in range(40)])
    assert main(["push", str(index), archive]) == 0
    with Index.open(archive) as found:
        assert not found.search("ward5").hits


def test_a_later_version_is_proved_by_its_own_passage(server: Embeddings) -> None:
    """Also if it comes, as after a rebuild with another model, while a question to the version before reads that of that one."""
    vectors = HashEncoder().encode_passages(TEXTS[:1])[0]
    encoder, read = ServedEncoder(server.model, CARD), list[str]()

    def later() -> tuple[str, np.ndarray]:
        read.append("later")
        return TEXTS[0], vectors[::-1]

    def earlier() -> tuple[str, np.ndarray]:
        encoder.prove_by(later, "later")
        return TEXTS[0], vectors

    encoder.prove_by(earlier, "earlier")
    server.serves = turned
    with pytest.raises(ModelError, match="it runs another model now"):
        encoder.encode_questions(["Who said so?"])
    for _ in range(2):
        encoder.encode_questions(["Who said so?"])
    assert [len(asked["input"]) for asked in server.asked] == [2, 2, 1]
    assert read == ["later"]


def test_an_index_without_a_known_passage_is_looked_through_once(server: Embeddings) -> None:
    """Not at each question."""
    encoder, read = ServedEncoder(server.model, CARD), list[None]()
    encoder.prove_by(lambda: read.append(None), "index")
    for _ in range(3):
        encoder.encode_questions(["Who said so?"])
    assert len(read) == 1


def test_what_was_measured_in_part_is_measured_again(server: Embeddings) -> None:
    """An encoder that was asked for its card while the server was down has no other card later than one that was not."""
    encoder = open_build_encoder(server.model)
    server.answers = [good, good, *[status(500)] * 3]
    with pytest.raises(ModelError, match="answered 500"):
        encoder.card  # noqa: B018
    assert encoder.card == open_build_encoder(server.model).card


def test_a_search_takes_another_precision(server: Embeddings, tmp_path: Path) -> None:
    """As every command does."""
    path, index = _articles(tmp_path, 40), tmp_path / "index"
    index_paths([path], index, Options(server.model))
    server.serves = coarse
    with Index.open(index) as found:
        assert found.search("ward7").hits


def test_a_model_that_changes_in_a_build_is_noticed(server: Embeddings, tmp_path: Path) -> None:
    """At the next request, of a new index and of an update: no version has vectors of two models."""
    path, index = _articles(tmp_path, 400), tmp_path / "index"
    server.answers = [good] * 10 + [turned] * 1_000
    with pytest.raises(ModelError, match=r"it has changed its model meanwhile\. Run the same command again"):
        index_paths([path], index, Options(server.model))
    server.answers, server.serves = [], turned
    index_paths([path], index, Options(server.model))
    assert [*verify(index, sources=False, deep=True)] == []
    before = Snapshot.open(index)
    server.answers = [turned] * 20 + [good] * 1_000
    with pytest.raises(ModelError, match="it has changed its model meanwhile"):
        index_paths([_articles(tmp_path, 1_000)], index)
    assert Snapshot.open(index).pointer == before.pointer


def test_samples_are_as_the_server_got_them(server: Embeddings, tmp_path: Path) -> None:
    """Also of titles that are too long to be embedded whole, of texts with links, and of articles without a title."""
    titles = ["", "Brief", " ".join(f"word{n}" for n in range(30)), "\u4e2d\u6587" * 40, "The council  of"]
    lines = [
        {"id": f"a{n}", "title": titles[n % len(titles)], "text": f"The council of [ward{n}](https://ward{n}.example/a?b=c) met. " * 9}
        for n in range(40)
    ]
    (path := tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, lines)))
    index_paths([path], tmp_path / "index", Options(server.model))
    snapshot, sent = Snapshot.open(tmp_path / "index"), {*server.texts}
    found = dict(sample(snapshot))
    assert (snapshot.manifest.passages, len(found)) == (40, 14)  # each third
    assert found.keys() < sent
    np.testing.assert_allclose(np.array([*found.values()]), HashEncoder().encode_passages([*found]), atol=1e-6)
    proof = witness(snapshot)
    assert proof
    assert proof[0] in found


def test_a_passage_proves_also_where_the_first_articles_are_deleted(server: Embeddings, tmp_path: Path) -> None:
    """As in an archive that keeps the newest. Those deleted here have 80 passages, whose places the segment still has."""
    index = tmp_path / "index"
    index_paths([_articles(tmp_path, 200)], index, Options(server.model))
    deleted = [f"a{n}" for n in range(40)]
    delete_articles(index, ids=deleted)
    snapshot = Snapshot.open(index)
    [segment] = snapshot.file_segments
    assert (len(segment), snapshot.manifest.passages) == (400, 320)
    proof = witness(snapshot)
    assert proof
    assert proof[0].startswith("Report 40\n")
    assert proof[0] in dict(sample(snapshot))


def test_standing_questions_are_embedded_by_the_model_of_now(server: Embeddings, tmp_path: Path) -> None:
    """After a rebuild with another model under the same name, the kept vectors of questions are not compared with its passages."""
    path, index = _articles(tmp_path, 40), tmp_path / "index"
    index_paths([path], index, Options(server.model))
    follow(index, question := "the council of ward40")
    narrow = changed(lambda rows: [row.update(embedding=[number + 1 for number in row["embedding"]]) for row in rows])
    for count, serves, asked_again in ((41, good, True), (42, good, False), (43, narrow, True)):
        server.serves = serves
        if serves is narrow:
            rebuild_index(index)
        index_paths([_articles(tmp_path, count)], index)
        server.asked.clear()
        tell(index)
        assert (question in server.texts) == asked_again


def test_newsdex_serves_newsdex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An index embedded by the server of another has the same vectors, and is searched while that runs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("newsdex.engines.served.WAITS", (0.0,))
    path, own, other = _articles(tmp_path, 70), tmp_path / "own", tmp_path / "other"
    index_paths([path], own, Options(HASH_MODEL))
    with running(own, "--workers", "1") as server:
        model = f"openai:{HASH_MODEL}@{server.url}/v1"
        texts = [f"The council of ward{n} met." for n in range(130)]
        np.testing.assert_allclose(open_query_encoder(model).encode_passages(texts), HashEncoder().encode_passages(texts), atol=1e-6)
        assert main(["index", str(path), "--index-dir", str(other), "--model", model]) == 0
        capsys.readouterr()
        assert main_search(["ward7", "--mode", "dense", "--all", "--jsonl", "--index-dir", str(other)]) == 0
        found = [json.loads(line)["article_id"] for line in capsys.readouterr().out.splitlines()]
        with Index.open(own) as index:
            assert found == [hit.article.id for hit in index.search("ward7", mode="dense")]
    assert main_search(["another question", "--index-dir", str(other)]) == 2
    assert "did not answer" in capsys.readouterr().err


def test_newsdex_adds_its_prompts_once(tmp_path: Path) -> None:
    """Questions and passages have the vectors and the typical cosines of the model where it is, though its name asks for prefixes."""
    index_paths([_articles(tmp_path, 2)], tmp_path / "own", Options(MULTILINGUAL_MODEL))
    local, texts = open_query_encoder(MULTILINGUAL_MODEL), ["Who won the election?", "The minister met the council."]
    with running(tmp_path / "own", "--workers", "1") as server:
        served = open_build_encoder(f"openai:{MULTILINGUAL_MODEL}@{server.url}/v1")
        assert (served.encode_questions(texts) * local.encode_questions(texts)).sum(axis=1).min() > 1 - CLOSE
        assert (served.encode_passages(texts) * local.encode_passages(texts)).sum(axis=1).min() > 1 - CLOSE
        assert (served.card.related, served.card.unrelated) == pytest.approx((local.card.related, local.card.unrelated), abs=2e-3)

"""The HTTP service for clients that mean no good, or too much: keys, names, sites, sizes, times and numbers."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

import pytest
from command import run
from http_server import Server, raw, refused, running, serving
from indexes import index_of
from waiting import until

from newsdex import Index, Options, index_paths
from newsdex.cli import main
from newsdex.errors import UsageError
from newsdex.records import Results
from newsdex.search.access import Keys, Names, is_loopback, same_site, take_keys
from newsdex.search.request import Request

pytest.importorskip("fastapi")

from newsdex.search.server.security import Buckets
from newsdex.search.server.settings import Limits

SMALL = Limits(body=10_000, target=2_000, headers=4_000, header_count=20, header_seconds=0.5, body_seconds=0.5, idle_seconds=1)
KEY = "a key of course"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small index."""
    home = tmp_path_factory.mktemp("limits")
    lines = [{"_id": f"a/{n}", "text": f"The harbour bridge number {n} reopened to traffic.", "source": "Wire"} for n in range(20)]
    return index_of(lines, home)


@pytest.fixture(scope="module")
def index(folder: Path) -> Index:
    """It, open."""
    return Index.open(folder)


@pytest.fixture(scope="module")
def server(index: Index) -> Iterator[Server]:
    """A server with small limits."""
    with serving(index, limits=SMALL) as started:
        yield started


@pytest.fixture(scope="module")
def locked(index: Index) -> Iterator[Server]:
    """A server with two keys, that goes by another name as well."""
    with serving(index, keys=("first", "sécond ключ"), hosts=("news.example.org",), origins=("https://app.example.org",)) as started:
        yield started


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "query.q"),
        ({"q": ""}, "query.q"),
        ({"q": " \t "}, "query.q"),
        ({"q": "x", "limit": 0}, "query.limit"),
        ({"q": "x", "limit": -1}, "query.limit"),
        ({"q": "x", "k": 10**9}, "query.k"),
        ({"q": "x", "limit": 2**63}, "query.limit"),
        ({"q": "x", "limit": "nan"}, "query.limit"),
        ({"q": "x", "limit": "1e9"}, "query.limit"),
        ({"q": "x", "limit": ""}, "query.limit"),
        ({"q": "x", "limit": "1_0"}, "query.limit"),
        ({"q": "x", "collapse": "yes"}, "query.collapse"),
        ({"q": "x", "since": "1900-02-29"}, "1900-02-29"),
        ({"q": "x", "offset": 10**9}, "query.offset"),
        ({"q": "x", "min_score": "nan"}, "query.min_score"),
        ({"q": "x", "mode": "magic"}, "query.mode"),
        ({"q": "x", "limt": 3}, "query.limt"),
        ({"q": "x", "since": "yesterday-ish"}, "yesterday-ish"),
        ({"q": "x", "since": "2024-02-30"}, "2024-02-30"),
        ({"q": "x", "where": "nonsense"}, "nonsense"),
        ({"q": "x" * 1_900, "source": ["s"] * 0, "rerank": "/etc/passwd"}, "query.rerank"),
    ],
)
def test_impossible_parameters_are_told(server: Server, query: dict[str, Any], told: str) -> None:
    """422, and which of them it is."""
    assert told in refused(server.get("/search", **query), 422)


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 422, "body"),
        (b"{", 400, "not JSON"),
        (b"\x1f\x8b\x08\x00", 400, "UTF-8"),
        (b"[" * 4_000 + b"]" * 4_000, 400, ""),
        (b'{"query":"x","limit":NaN}', 400, "NaN"),
        (b'{"query":"x","min_score":-Infinity}', 400, "Infinity"),
        (b'{"query":"x","min_score":1e999}', 400, "out of range"),
        (b'{"query":"x","limit":' + b"9" * 5_000 + b"}", 422, "5000 digits is too long: expected at most 300"),
        (b'{"query":"x","limit":null}', 422, "body.limit"),
        (b'{"query":"x","k":null}', 422, "body.k"),
        (b'{"query":"x","mode":null}', 422, "body.mode"),
        (b'{"query":"\\ud800"}', 400, "surrogate"),
        (b'{"query":"x","limit":1,"query":"y"}', 400, "an object has 'query' more than once"),
        (b'{"query":"x","filter":{"type":"eq","key":"source","key":"lang","value":1}}', 400, "'key' more than once"),
        (b'{"query":"x","filter":{"type":"eq","key":"source","value":"\\udfff"}}', 400, "surrogate"),
        ('{"query":"x"}'.encode("utf-16"), 400, "UTF-8"),
        (b'{"query":{"a":1},"limit":[]}', 422, "body.query"),
        (b'{"query":"x","limit":"3"}', 422, "body.limit"),
        (b'{"query":"x","limit":true}', 422, "body.limit"),
        (b'{"query":"x","limit":3.5}', 422, "body.limit"),
        (b'{"query":"x","since":"2024-06","until":"2024-05"}', 400, "the start date 2024-06-01 (2024-06) is after the end date"),
        (b'{"query":"x","filter":{"type":"eq","key":"no_such_field","value":1}}', 400, "no_such_field"),
        (b'{"query":"x","limit":1000000000}', 422, "body.limit"),
        (b'{"query":"x","lmit":3}', 422, "body.lmit"),
        (b'{"query":"x","filter":{"type":"eq","key":"source"}}', 422, "value"),
        (b'{"query":"x","filter":{"type":"eq","key":"source","value":[1]}}', 422, "expected text, a number"),
        (b'{"query":"x","rerank":"/etc/passwd"}', 422, "body.rerank"),
        (b'"x"', 422, "body"),
        (json.dumps({"query": "x" * 4_001}).encode(), 422, "body.query"),
        (json.dumps({"query": "x" * 10_001}).encode(), 413, "10000 bytes"),
    ],
)
def test_impossible_bodies_are_told(server: Server, body: bytes, status: int, told: str) -> None:
    """What is no JSON is 400, what is no question 422, what is too large 413; and of what was sent little is said again."""
    detail = refused(server.post("/search", body), status)
    assert told in detail
    assert len(detail) < 1_000


@pytest.mark.parametrize(
    "text", ["\u202eabc\u2066", "a\0b", "\U0001f468\u200d\U0001f469" * 50, "a" + "\u0301" * 300, '"(*:) AND OR ^~/[]{}\\', "x' OR 1=1;--"]
)
def test_strange_questions_are_questions(server: Server, text: str) -> None:
    """Whatever characters a question has, it is answered, and comes back as it was."""
    answer = server.post("/search", {"query": text})
    assert answer.status == 200
    assert answer.json["query"] == text


def test_whole_numbers_may_have_a_point(server: Server) -> None:
    """3.0 is an integer to JSON Schema."""
    assert server.post("/search", b'{"query":"x","limit":3.0,"min_score":0}').json["limit"] == 3
    assert server.get("/search", q="x", limit="3.0").json["limit"] == 3


def test_a_pair_of_surrogates_is_a_character(server: Server) -> None:
    """JSON may write a character beyond the first 65,536 as two escapes."""
    assert server.post("/search", b'{"query":"\\ud83d\\ude00 bridge"}').json["query"] == "\U0001f600 bridge"


def test_bodies_are_json(server: Server) -> None:
    """Another type, or one that is packed, is 415: a form of a foreign page could send it."""
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Encoding": "gzip"}):
        assert "application/json" in refused(server.post("/search", {"query": "x"}, headers), 415)
    assert server.post("/search", {"query": "x"}, {"Content-Type": "application/json; charset=utf-8"}).status == 200


def test_addresses_are_short_and_utf_8(server: Server) -> None:
    """414 says to use a body; bytes that are no text are 400."""
    assert "POST" in refused(server.get("/search", q="x" * 2_000), 414)
    for path in ("/search?q=%FF%FE", "/articles/%C3%28", "/%ff"):
        assert "UTF-8" in refused(server.get(path), 400)


def test_an_address_that_the_parser_of_http_cannot_hold(server: Server, index: Index) -> None:
    """414 as for others, also where it never ends; what it would allow does not matter."""
    for length in (60_000, 70_000, 300_000):
        assert "POST" in refused(server.get("/search", q="x" * length), 414)
    assert b" 414 " in raw(server, b"GET /search?q=" + b"y" * 100_000).split(b"\r\n")[0]
    with serving(index) as usual:
        assert usual.get("/search", q="bridge " * 9_000).status == 422  # as a question, not as an address
        refused(usual.get("/search", q="x" * 70_000), 414)


def test_headers_are_few_and_small(server: Server) -> None:
    """431 for one that is large, for many, and for what never ends, which is not kept until it does."""
    assert "at most 20 headers and 4000 bytes" in refused(server.get("/health", {"X-A": "y" * 5_000}), 431)
    refused(server.get("/health", {f"X-{n}": "y" for n in range(30)}), 431)
    assert b" 431 " in raw(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"y" * 100_000).split(b"\r\n")[0]


def test_bodies_are_refused_before_they_are_sent(server: Server) -> None:
    """A length that is too large is refused at once; one that is not told, as soon as it is too large; one that is no number, too."""
    head = b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert b" 413 " in raw(server, head + b"Content-Length: 99999999999\r\n\r\n").split(b"\r\n")[0]
    chunk = b"%x\r\n%s\r\n" % (6_000, b" " * 6_000)
    assert b" 413 " in raw(server, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2).split(b"\r\n")[0]
    assert b" 400 " in raw(server, head + b"Content-Length: many\r\n\r\n").split(b"\r\n")[0]
    assert b" 400 " in raw(server, b"\x16\x03\x01 this is not HTTP\r\n\r\n").split(b"\r\n")[0]


def test_half_open_connections_end(server: Server) -> None:
    """Headers or a body that do not arrive are waited for so long and no longer, and nobody else waits for them."""
    head = b"POST /search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    sent = [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", head, head + b'{"query":']
    began = time.monotonic()
    with ThreadPoolExecutor(40) as threads:
        waiting = [threads.submit(raw, server, part, wait=60) for part in sent * 8]
        assert server.get("/search", q="bridge").status == 200
        answers = [each.result() for each in waiting]
    assert all(b" 408 " in answer.split(b"\r\n")[0] for answer in answers)
    assert time.monotonic() - began < len(waiting) * SMALL.header_seconds * 0.8  # one after the other, they took longer


def test_a_client_that_dribbles_has_no_more_time(server: Server) -> None:
    """A byte now and then does not make the time for headers longer."""
    with socket.create_connection(server.address, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

        def ended() -> bool:
            if select([connection], [], [], 0.1)[0]:
                return True
            connection.sendall(b"X")
            return False

        until(ended)


def test_idle_connections_end_and_busy_ones_stay(server: Server) -> None:
    """Several requests on a connection are answered, also when they are sent at once; then it is closed."""
    one = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert raw(server, one * 3).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::1", "10.0.0.1", "localhost:80:80"]
)
def test_other_names_are_refused(server: Server, host: str) -> None:
    """A page whose own name leads here (DNS rebinding) is asked by that name."""
    assert "--allowed-host" in refused(server.get("/search", {"Host": host}, q="x"), 421)


def test_a_request_has_one_name(server: Server) -> None:
    """Without a name, or with two, nobody knows who is meant."""
    for hosts in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        assert raw(server, b"GET /health HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n").split(b"\r\n")[0].split()[1] in (
            b"400",
            b"421",
        )


def test_own_names_are_known(server: Server, locked: Server) -> None:
    """Those of this machine, whatever their port, and those that were allowed."""
    for host in ("127.0.0.1", "localhost:1", "[::1]:8000", "LOCALHOST"):
        assert server.get("/health", {"Host": host}).status == 200
    assert locked.get("/health", {"Host": "news.example.org"}).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://app.example.org.evil.example"])
def test_pages_of_other_sites_may_not_ask(server: Server, locked: Server, origin: str) -> None:
    """Nor may they find out whether they may."""
    for each in (server, locked):
        answer = each.get("/search", {"Origin": origin}, q="x")
        assert refused(answer, 403)
        preflight = each.ask("OPTIONS", "/search", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert preflight.status == 403
        assert not {"access-control-allow-origin"} & {*answer.headers, *preflight.headers}


def test_the_server_s_own_page_may_ask(server: Server) -> None:
    """Its origin is the server's address."""
    for headers in (
        {"Origin": server.url},
        {"Origin": server.url, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ):
        assert server.get("/search", headers, q="x").status == 200
    assert refused(server.get("/search", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, q="x"), 403)


def test_pages_of_allowed_sites_may_ask(locked: Server) -> None:
    """With a key; the browser is told so, and that answers differ by site."""
    site = {"Origin": "https://app.example.org"}
    preflight = locked.ask(
        "OPTIONS", "/search", headers={**site, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    )
    assert preflight.status == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    methods = {method.upper() for path in locked.get("/openapi.json").json["paths"].values() for method in path}
    assert methods <= {*preflight.headers["access-control-allow-methods"].split(", ")}
    answer = locked.get("/search", {**site, "Authorization": "Bearer first"}, q="x")
    assert (answer.status, answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (200, site["Origin"], "Origin")
    assert {"Retry-After", "X-Request-ID"} <= {*answer.headers["access-control-expose-headers"].split(", ")}
    assert refused(locked.get("/search", site, q="x"), 401)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer firs", "Bearer firstx", "Bearer FIRST", "Basic first", "first", "Bearer first, Bearer first"],
)
def test_other_keys_do_not_open(locked: Server, header: str) -> None:
    """401, with the scheme that is expected, and whatever is asked for."""
    for path in ("/search?q=x", "/articles/a/1", "/stats", "/metrics", "/suggest?q=x", "/nothing"):
        answer = locked.get(path, {"Authorization": header})
        assert refused(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert refused(locked.get("/search?q=x&key=first&api_key=first"), 401)


def test_each_key_opens(locked: Server) -> None:
    """Also one that is not ASCII, sent as UTF-8. What has nothing of the archive is open to all."""
    for key in (b"first", "sécond ключ".encode()):
        sent = b"GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + key + b"\r\n\r\n"
        assert raw(locked, sent).startswith(b"HTTP/1.1 200 ")
    for path in ("/", "/health", "/readyz", "/docs", "/openapi.json"):
        assert locked.get(path).status == 200
    assert locked.get("/openapi.json").json["security"] == [{"key": []}]


def test_keys_are_compared_as_bytes_and_all_of_them() -> None:
    """Each offer is compared with every key, whichever fits, and one that no text can be is just wrong."""
    keys = Keys(["one", "two"])
    assert [bool(keys.name_of([value])) for value in (b"Bearer one", b"bearer two", b"Bearer \xff", b"Bearer one two", b"")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert not keys.name_of([])
    assert not keys.name_of([b"Bearer one", b"Bearer one"])


def test_keys_are_taken_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several, parted by commas; nothing that this process starts sees them. A variable without a key is a mistake."""
    monkeypatch.setenv("NEWSDEX_API_KEY", " one,, two ,")
    assert take_keys() == ("one", "two")
    assert take_keys() == ()
    for without in (" , ", ""):
        monkeypatch.setenv("NEWSDEX_API_KEY", without)
        with pytest.raises(UsageError, match="NEWSDEX_API_KEY is set but has no key"):
            take_keys()
    monkeypatch.setenv("NEWSDEX_API_KEY", "caf\udce9")
    assert Keys(take_keys()).name_of([b"Bearer caf\xe9"])


def test_names_addresses_and_sites() -> None:
    """By hand: what is local, what is an address, what is the same site."""
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "0.0.0.0", "10.0.0.1", "example.org", "::")] == [
        True
    ] * 4 + [False] * 4
    anywhere = Names((), addresses=True)
    assert [anywhere.has(host) for host in ("10.0.0.1:80", "[fe80::1]:80", "example.org", "1.2.3.4.example.org")] == [
        True,
        True,
        False,
        False,
    ]
    assert same_site("http://localhost:8000", "localhost:8000")
    assert not same_site("http://localhost:8000", "localhost:8001")
    assert not same_site("null", "")
    assert not same_site("http://[", "[")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org"])
def test_other_addresses_need_a_key(folder: Path, host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without one the command refuses, and says what to do."""
    monkeypatch.delenv("NEWSDEX_API_KEY", raising=False)
    assert main(["serve", "--host", host, "--port", "0", "--index-dir", str(folder)]) == 2
    assert "NEWSDEX_API_KEY" in capsys.readouterr().err


def test_any_address_with_a_key(folder: Path) -> None:
    """It can be asked by its address, not by a name, and no key is in what the server says."""
    with running(folder, "--host", "0.0.0.0", NEWSDEX_API_KEY=f"{KEY},other") as there:
        port = there.address[1]
        local = Server(f"http://127.0.0.1:{port}")
        assert refused(local.get("/search", q="x"), 401)
        assert local.get("/search", {"Authorization": f"Bearer {KEY}", "Host": f"192.0.2.7:{port}"}, q="bridge").status == 200
        assert refused(local.get("/search", {"Authorization": f"Bearer {KEY}", "Host": "evil.example"}, q="x"), 421)
        assert local.get("/search", {"Authorization": f"Bearer {KEY}x"}, q="x").status == 401


class Slow(Index):
    """An index that answers when it is let."""

    def __init__(self, index: Index) -> None:
        super().__init__(index.asker().snapshot)
        self.begun = threading.Event()
        self.go = threading.Event()
        self.asked: list[str] = []

    def answer_many(self, requests: Sequence[Request]) -> list[Results]:
        """The answers, later."""
        self.begun.set()
        self.go.wait(30)
        self.asked += [request.question for request in requests]
        return super().answer_many(requests)


@contextmanager
def crowded(index: Index, limits: Limits, asking: int) -> Iterator[tuple[Server, Slow, list[Any]]]:
    """A server that so many wait for."""
    slow = Slow(index)
    with serving(slow, limits=limits, threads=1) as server, ThreadPoolExecutor(asking) as threads:
        try:
            waiting = [threads.submit(server.get, "/search", q="bridge") for _ in range(asking)]
            until(lambda: sum(not each.done() for each in waiting) <= min(limits.per_client, limits.in_flight))
            time.sleep(0.3)
            yield server, slow, waiting
        finally:
            slow.go.set()


@pytest.mark.parametrize(("limits", "status"), [(Limits(per_client=4), 429), (Limits(in_flight=4), 503)])
def test_too_many_at_once_are_told_to_come_back(index: Index, limits: Limits, status: int) -> None:
    """Of ten, four are answered; the others hear at once when to ask again, and whether it is they who ask too much. The server's health
    can be asked.
    """
    with crowded(index, limits, 10) as (server, slow, waiting):
        done = [each.result() for each in waiting if each.done()]
        assert len(done) == 6
        for answer in done:
            refused(answer, status)
            assert answer.headers["retry-after"] == "1"
        assert server.get("/health").status == 200
        flood = raw(server, b"GET /search?q=bridge HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        assert flood.count(b"HTTP/1.1 %d " % status) == flood.count(b"HTTP/1.1 ") == 1  # the rest of them is not looked at
        slow.go.set()
        assert sorted(each.result().status for each in waiting) == [200] * 4 + [status] * 6
        assert server.get("/search", q="bridge").status == 200


def test_what_takes_too_long_is_503(index: Index) -> None:
    """A client does not wait for ever."""
    slow = Slow(index)
    try:
        with serving(slow, limits=Limits(seconds=0.3), threads=1) as server:
            assert "0.3 seconds" in refused(server.get("/search", q="bridge"), 503)
            slow.go.set()
    finally:
        slow.go.set()


def test_questions_that_nobody_waits_for_are_not_worked_out(index: Index) -> None:
    """A question whose time is over before its turn has come is left out."""
    slow = Slow(index)
    try:
        with serving(slow, limits=Limits(seconds=2), threads=1) as server, ThreadPoolExecutor(5) as threads:
            first = threads.submit(server.get, "/search", q="bridge 0")
            assert slow.begun.wait(30)
            others = [threads.submit(server.get, "/search", q=f"bridge {n}") for n in range(1, 5)]
            assert {each.result().status for each in (first, *others)} == {503}
            slow.go.set()
            until(lambda: slow.asked)
            assert server.get("/search", q="last").status == 200
    finally:
        slow.go.set()
    assert slow.asked == ["bridge 0", "last"]


def test_a_rate_is_kept(index: Index) -> None:
    """One client may ask so often, and hears when it may again."""
    with serving(index, limits=Limits(rate=0.5, burst=3)) as server:
        answers = [server.get("/search", q="bridge") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert refused(answers[-1], 429)
        assert answers[-1].headers["retry-after"] == "2"


def test_buckets_fill_by_hand() -> None:
    """Two tokens, one more each ten seconds: worked out by hand."""
    buckets = Buckets(0.1, 2)
    assert [buckets.wait("a", at) for at in (0.0, 0.0, 0.0, 4.0, 10.0, 10.0)] == [0, 0, 10, 6, 0, 10]
    assert buckets.wait("b", 10.0) == 0
    assert Buckets(0, 0).wait("a", 0.0) == 0


def test_connections_are_counted(index: Index) -> None:
    """Those beyond the limit are told so, and served when others have gone."""
    with serving(index, limits=Limits(connections=3, header_seconds=30)) as server:
        held = [socket.create_connection(server.address) for _ in range(3)]
        time.sleep(0.2)
        assert b" 503 " in raw(server, b"")
        for connection in held:
            connection.close()
        until(lambda: server.get("/health").status == 200)


def test_answers_that_are_not_read_are_given_up(tmp_path: Path) -> None:
    """A client that asks and asks and reads nothing holds the server up for so long and no longer."""
    (tmp_path / "long.txt").write_text("The harbour bridge reopened. " * 30_000, encoding="utf-8")
    index_paths([tmp_path / "long.txt"], tmp_path / "index", Options(model="hash"))
    with serving(Index.open(tmp_path / "index"), limits=Limits(seconds=2)) as server, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(server.address)
        deaf.sendall(b"GET /articles/long.txt HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        for waiting in (b"2.0", b"1.0"):  # this one and one of those, then this one
            until(lambda: b"newsdex_requests_in_flight " + waiting in server.get("/metrics").body)  # noqa: B023 - called at once


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v1/embeddings", {"model": "hash", "input": ""}, 422, "body.input: expected at least 1 character, not 0"),
        ("/v1/embeddings", {"model": "hash", "input": 5}, 422, "body.input: expected text, not 5"),
        ("/v1/embeddings", {"model": "hash", "input": ["a", None]}, 422, "body.input.1: expected text, not null"),
        ("/v1/embeddings", {"model": "hash", "input": []}, 422, "body.input: expected at least 1 value, not 0"),
        ("/v1/embeddings", {"model": "x", "input": "x"}, 404, "there is no model 'x': expected the index's, hash"),
        ("/v1/vector_stores/archive/search", {"query": [" "]}, 422, 'body.query.0: expected text that is not blank, not " "'),
        ("/v1/responses", {"model": "m", "input": "x"}, 404, "For passages to give to another, POST /context"),
        ("/search", [], 422, "body: expected a JSON object, not a list"),
        ("/search", {"query": "x", "filter": "a=b"}, 422, 'body.filter: expected a filter such as {"type": "eq"'),
        ("/search", {"query": "x", "filter": {"type": "contians"}}, 422, "'not', not \"contians\"; did you mean 'contains'?"),
        ("/search", {"query": "x", "filter": {"type": "is"}}, 422, "body.filter: type: expected one of 'eq', 'ne', "),
        ("/search", {"query": "x", "filter": {"key": "source"}}, 422, "body.filter: a type is required: expected a filter such as"),
        ("/search", {"query": "x", "collapse": "no"}, 422, 'body.collapse: expected true or false, not "no"'),
        ("/search", {"query": "x", "mode": "m" * 99}, 422, f"expected 'hybrid', 'dense' or 'lexical', not \"{'m' * 39}..."),
        (
            "/search",
            {"query": "x", "limit": 5, "k": 3},
            400,
            "limit says 5 articles and k says 3: expected only one of them, or equal values",
        ),
        ("/search", {"query": "x", "rerank": True}, 400, "leave rerank out"),
        ("/quotes/verify", {"quote": "!"}, 400, 'expected words, as in {"quote": "prices rose in London"}'),
        ("/check", {"answer": "It is so.", "articles": ["none"]}, 404, "Find it first: GET /search?q=..."),
    ],
)
def test_mistakes_are_told_in_words(server: Server, path: str, body: Any, status: int, said: str) -> None:
    """What was expected, what came instead, and what a client of HTTP does: no command of a shell, but for who runs the server."""
    detail = refused(server.post(path, body), status)
    assert said in detail
    assert "newsdex" not in detail or "operator" in detail


def test_limit_and_k_may_say_the_same(server: Server) -> None:
    """Two names of one thing."""
    assert len(server.post("/search", {"query": "bridge", "limit": 3, "k": 3}).json["hits"]) <= 3


def test_other_methods_are_told(server: Server) -> None:
    """405, with those that there are."""
    answer = server.ask("DELETE", "/search")
    assert refused(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert "expected GET or HEAD or POST" in answer.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health", None),
        ("GET", "/stats", None),
        ("GET", "/articles/a%2F1", None),
        ("POST", "/search", {"query": "bridge"}),
        ("POST", "/check", {"answer": "It is so."}),
    ],
)
def test_a_route_without_parameters_takes_none(server: Server, method: str, path: str, body: Any) -> None:
    """A parameter that would change nothing is refused, as one that is misspelt is elsewhere."""
    assert server.ask(method, path, body).status == 200
    answer = server.ask(method, path, body, limit=3, source="Wire")
    refused(answer, 422)
    assert [each["where"] for each in answer.json["errors"]] == ["query.limit", "query.source"]
    assert "query.limit: unknown parameter; /docs lists the known ones" in answer.json["detail"]


def test_the_files_of_the_page_count_for_nobody(index: Index) -> None:
    """A load of the page takes many, and behind a proxy everybody has one address: --rate is for what is asked of the archive."""
    with serving(index, limits=Limits(rate=0.001, burst=3)) as server:
        files = re.findall(r'(?:href|src)="(static/[^"]+)"', server.get("/").body.decode())
        assert len(files) >= 5
        assert {server.get(f"/{each}").status for each in files * 2} == {200}
        assert [server.get("/search", q="bridge").status for _ in range(3)] == [200, 200, 429]


def test_a_trusted_proxy_names_the_client_and_the_scheme(tmp_path: Path) -> None:
    """With the real command: each client has requests of its own, the log has its address, and /docs says https; without the option, or
    from another address, nothing of it is believed.
    """
    (tmp_path / "a.txt").write_text("The bridge reopened.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))

    def clients(*options: str) -> tuple[list[str], bool]:
        with running(tmp_path / "index", "--workers", "1", "--log-level", "info", "--rate", "0.001", *options) as server:
            forwarded = {"X-Forwarded-For": "192.0.2.66, 198.51.100.7", "X-Forwarded-Proto": "https"}
            docs = server.get("/docs", forwarded).body
            assert server.process
            server.process.terminate()
            _, err = server.process.communicate(timeout=20)
        return [line.split()[1] for line in err.splitlines()[:-1]], b"https://127.0.0.1" in docs

    assert clients("--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "::1") == (["198.51.100.7"], True)
    assert clients("--trusted-proxy", "192.0.2.1") == clients() == (["127.0.0.1"], False)


def test_each_client_of_a_trusted_proxy_has_a_rate_of_its_own(index: Index) -> None:
    """One that asks too much is no harm to another."""
    with serving(index, proxies=("127.0.0.1",), limits=Limits(rate=0.001, burst=2)) as server:
        asked = [server.get("/search", {"X-Forwarded-For": each}, q="bridge").status for each in ("192.0.2.1",) * 3 + ("192.0.2.2",) * 3]
        assert asked == [200, 200, 429] * 2


def test_a_proxy_is_an_address() -> None:
    """A name would never be the address that a connection comes from."""
    done = run("serve", "--trusted-proxy", "caddy")
    assert done.code == 2
    assert "'caddy' is not an address or a network: expected for example 127.0.0.1 or 10.0.5.0/24" in done.err

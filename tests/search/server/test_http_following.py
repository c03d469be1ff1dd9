"""Standing questions over HTTP: each key has its own, and the next run of the index reports on them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import Server, running, serving

from newsdex import Index, Options, UsageError, index_paths
from newsdex.following import follow, followed, tell
from newsdex.following.questions import MOST_OF_OWNER as MOST
from newsdex.following.questions import Desk
from newsdex.search.question.filters import parse_filter
from newsdex.search.view import View
from newsdex.store.following import read_state

pytest.importorskip("fastapi")

HASH = Options(model="hash")
KEYS = "one-key,two-key"
ONE, TWO = {"Authorization": "Bearer one-key"}, {"Authorization": "Bearer two-key"}
STRIKE = "A ferry strike in the harbour began on Monday, said the crews of all boats."


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An index of an article on apples."""
    put(tmp_path, "apples", "Many words on apples follow here.")
    return tmp_path / "index_data"


def put(base: Path, name: str, text: str) -> None:
    """An article, and what a run of the index tells of it."""
    (base / "articles").mkdir(exist_ok=True)
    (base / "articles" / f"{name}.md").write_text(f"---\ntitle: About {name}\nsource: Gazette\n---\n\n{text}\n", encoding="utf-8")
    index_paths([base / "articles"], base / "index_data", HASH)
    tell(base / "index_data")


@pytest.fixture
def server(archive: Path) -> Iterator[Server]:
    """A server of it with two keys."""
    with running(archive, "--workers", "1", NEWSDEX_API_KEY=KEYS) as started:
        yield started


def test_what_is_followed_is_reported_once(archive: Path) -> None:
    """A question that is made over HTTP has the notice of the next article that answers, and none after it is stopped, whichever worker is
    asked.
    """
    with running(archive, "--workers", "2", NEWSDEX_API_KEY=KEYS) as server:
        made = server.post("/following", {"query": "ferry strike in the harbour", "name": "ferry", "mode": "lexical"}, ONE)
        assert (made.status, made.json["name"], made.json["notices"]) == (201, "ferry", [])
        put(archive.parent, "strike", STRIKE)
        put(archive.parent, "pears", "Pears were cheap this year.")
        [mine] = server.get("/following", ONE).json["following"]
        assert (mine["name"], mine["question"]) == ("ferry", "ferry strike in the harbour")
        assert [(each["title"], each["update"]) for each in mine["notices"]] == [("About strike", False)]
        assert mine["notices"][0]["answer"].startswith("A ferry strike")
        assert server.ask("DELETE", "/following/ferry", headers=ONE).json["name"] == "ferry"
        assert server.get("/following", ONE).json == {"following": []}
        assert server.ask("DELETE", "/following/ferry", headers=ONE).status == 404
        assert followed(archive) == ()


def test_where_notices_go_is_told(archive: Path) -> None:
    """The kinds of places, none of them by its address, and whether the newest notices are here."""
    follow(archive, "ferry strike", name="mailed", command="true")
    follow(archive, "ferry strike", name="read", feed=archive.parent / "news.atom", jsonl=archive.parent / "news.jsonl")
    follow(archive, "ferry strike", name="printed")
    with running(archive, "--workers", "1") as server:
        server.post("/following", {"query": "ferry strike", "name": "page"})
        told = {each["name"]: each["reported"] for each in server.get("/following").json["following"]}
    assert told == {"mailed": ["command"], "read": ["here", "feed", "jsonl"], "printed": ["output"], "page": ["here"]}


def test_each_key_has_its_own(server: Server, archive: Path) -> None:
    """Another key, and who has the machine, may use the same name; nobody sees or stops what others follow, and the list has no key."""
    for key in (ONE, TWO):
        assert server.post("/following", {"query": "ferry strike", "name": "ferry"}, key).status == 201
    follow(archive, "apples", name="ferry")
    follow(archive, "apples", name="own")
    assert server.post("/following", {"query": "apples", "name": "ferry"}, ONE).status == 409
    assert server.post("/following", {"query": "apples"}, ONE).status == 201
    assert {each["name"] for each in server.get("/following", ONE).json["following"]} == {"apples", "ferry"}
    assert server.ask("DELETE", "/following/apples", headers=TWO).status == 404
    assert server.ask("DELETE", "/following/own", headers=TWO).status == 404
    assert server.ask("DELETE", "/following/ferry", headers=TWO).status == 200
    assert len(server.get("/following", ONE).json["following"]) == 2
    assert [(each.name, bool(each.owner)) for each in followed(archive)] == [
        ("ferry", True),
        ("ferry", False),
        ("own", False),
        ("apples", True),
    ]
    state = (archive / "following" / "state").read_bytes()
    assert b"one-key" not in state
    for method, path, body in (("GET", "/following", None), ("POST", "/following", {"query": "x"}), ("DELETE", "/following/ferry", None)):
        assert server.ask(method, path, body).status == 401


def test_the_newest_notices_are_kept(archive: Path) -> None:
    """The latest 20 of a question that is read over HTTP, however many runs there are; of others, none that was delivered."""
    follow(archive, "ferry strike", name="ferry", mode="lexical", kept=True)
    lines = archive.parent / "lines"
    follow(archive, "ferry strike", name="lines", mode="lexical", jsonl=lines)
    for number in range(5):
        for each in range(6):
            (archive.parent / "articles" / f"{number}-{each}.md").write_text(
                f"The ferry strike at pier {number}-{each} began.", encoding="utf-8"
            )
        put(archive.parent, "apples", f"Apples, report {number}.")
    state = read_state(archive)
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 30
    assert len(state.notices) == 20
    kept = next(each["notices"] for each in Desk(archive).following("") if each["name"] == "ferry")
    assert [each["article_id"].partition("/")[2][0] for each in kept] == list("44444433333322222211")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"query": "x", "jsonl": "/tmp/x"}, 422),
        ({"query": "x", "command": "rm"}, 422),
        ({"query": "x", "webhook": "http://10.0.0.1/"}, 422),
        ({"query": "x", "since": "yesterdayish"}, 422),
        ({"query": "x", "name": "../../etc"}, 400),
        ({"query": "x", "mode": "lexical", "min_score": 2}, 422),
        ({"query": "x", "since": "2024-05", "until": "2024-04"}, 400),
    ],
)
def test_what_cannot_be_followed(archive: Path, body: dict[str, object], status: int) -> None:
    """Neither files, commands and addresses of the machine, nor what cannot be asked."""
    with serving(Index.open(archive), follower=Desk(archive)) as server:
        answer = server.post("/following", body)
        assert answer.status == status, answer.json
        assert followed(archive) == ()


def test_a_key_follows_so_many(archive: Path) -> None:
    """One more is refused, and another client is not."""
    desk = Desk(archive)
    for number in range(MOST):
        desk.follow("a", "apples", f"n{number}", {})
    with serving(Index.open(archive), follower=desk) as server:
        assert server.post("/following", {"query": "apples"}).status == 201
    with pytest.raises(UsageError, match="you follow 100 questions"):
        desk.follow("a", "apples", "more", {})


def test_an_index_that_cannot_be_written_to(archive: Path) -> None:
    """Following is refused with the reason and the command that works; searching goes on."""
    (archive / "following").write_text("", encoding="utf-8")  # where the folder would be: also root cannot make it
    with serving(Index.open(archive), follower=Desk(archive)) as server:
        answer = server.post("/following", {"query": "apples"})
        assert answer.status == 409
        assert "may not write to its index" in answer.json["detail"]
        assert "newsdex follow" in answer.json["detail"]
        assert server.get("/following").json == {"following": []}
        assert server.get("/search", q="apples").status == 200


def test_what_no_article_has_is_told(server: Server) -> None:
    """A misspelt source would never be reported on."""
    made = server.post("/following", {"query": "apples", "source": "Gazete"}, ONE)
    assert (made.status, made.json["remarks"]) == (201, ["No article has source 'Gazete'; the nearest is 'Gazette'."])
    assert server.post("/following", {"query": "apples", "source": "Gazette", "name": "sound"}, ONE).json["remarks"] == []


def test_a_key_for_some_of_the_articles_is_not_offered_it(archive: Path) -> None:
    """The page that it opens has no such mark; that of another key has."""
    with Index.open(archive) as index:
        part = View(index, parse_filter({"type": "eq", "key": "source", "value": "Gazette"}))
        views = {hashlib.sha256(b"part").hexdigest(): part}
        with serving(index, follower=Desk(archive), keys=("one-key",), views=views) as server:
            offered = {
                key: b"data-follows" in server.get("/", {"Authorization": f"Bearer {key}"}, q="x").body for key in ("one-key", "part")
            }
            assert offered == {"one-key": True, "part": False}
            assert server.get("/following", {"Authorization": "Bearer part"}).status == 403


def test_a_server_without_standing_questions(archive: Path) -> None:
    """It says so, and its page does not offer them."""
    with serving(Index.open(archive)) as server:
        assert server.get("/following").status == 404
        assert b"data-follows" not in server.get("/").body
    with serving(Index.open(archive), follower=Desk(archive)) as server:
        assert b"<body data-follows" in server.get("/").body


def test_it_takes_the_filters_of_a_search(server: Server, archive: Path) -> None:
    """One value as one of a list, and the filter of POST /search, which counts at the next run."""
    wanted = {"type": "eq", "key": "source", "value": "Herald"}
    for name, more in (("all", {"source": "Gazette", "lang": "en", "where": "words>=0"}), ("herald", {"filter": wanted})):
        made = server.post("/following", {"query": "ferry strike in the harbour", "name": name, "mode": "lexical", **more}, ONE)
        assert made.status == 201, made.json
    assert (made.json["filter"], made.json["source"]) == (wanted, [])
    put(archive.parent, "strike", STRIKE)
    told = {each["name"]: each for each in server.get("/following", ONE).json["following"]}
    assert told["all"]["source"] == ["Gazette"]
    assert told["herald"]["notices"] == []
    assert server.post("/following", {"query": "ferry", "filter": {"type": "eq", "key": "source"}}, ONE).status == 422


@pytest.mark.parametrize(
    "body",
    [
        {"query": "ferry strike", "name": "ferry"},
        {"query": "ferry strike", "name": "a b"},
        {"query": "ferry", "since": "2024", "on": "2023"},
    ],
)
def test_errors_do_not_name_shell_commands(server: Server, body: dict[str, str]) -> None:
    """A client has no shell there."""
    server.post("/following", {"query": "ferry strike", "name": "ferry"}, ONE)
    found = server.post("/following", body, ONE)
    assert found.status in (400, 409)
    assert "newsdex " not in found.json["detail"]
    assert "--" not in found.json["detail"]

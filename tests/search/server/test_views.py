"""A key that opens some of the articles: through no door is there anything of the others.

The oracle is an archive that never had them. Whatever a client with such a key asks, after one with a key for everything has asked the
same, it gets what that archive answers, to the letter: hits, scores, counts, remarks, errors. So words that only hidden articles have,
which half of the requests are made of, are as unknown as any.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from chat_endpoint import Endpoint, letter_by_letter, speaking
from http_server import Answer, Server, running, serving
from indexes import index_of
from paths import ROOT

from newsdex import Index, Options, index_paths
from newsdex.cli import main
from newsdex.errors import UsageError

pytest.importorskip("fastapi")
pytest.importorskip("mcp")

from starlette.testclient import TestClient

from newsdex.search.access import Opened, read_keys
from newsdex.search.mcp_run import PATH, http_app
from newsdex.search.question.filters import parse_filter
from newsdex.search.server.app import create_app
from newsdex.search.view import View, views_of
from newsdex.search.writing.answer import ChatModel

WHOLE, PART = "key-of-everything", "key-of-some"
# Words that only hidden articles have, in text, titles, ids, addresses, sources, sections, authors, languages; and their dates.
SECRET = re.compile(
    r"quorvix|quorvyx|zembla|zephyrine|ossory|brindlewick|umbrage post|cloistered|grimsditch|tallowmere|zgf|1987|2031|vizconde",
    re.IGNORECASE,
)


class Story(NamedTuple):
    """An article: hidden ones are of the source Umbrage Post, or of its section."""

    name: str
    hidden: bool
    title: str
    text: str
    day: str
    section: str = "World"
    author: str = "Ida Roe"


FERRY = "The harbour ferry Aurelia ran aground on the northern sandbank. Divers inspected the hull for two days and found no leak."
STORIES = (
    Story("ferry", False, "Ferry runs aground in the harbour", FERRY, "2024-03-04"),
    Story(
        "bridge",
        False,
        "Bridge closed for repairs",
        "The Meridian bridge was closed for repairs. The mayor expects it to reopen.",
        "2024-04-02",
    ),
    Story("vote", False, "Council votes on the budget", "The council voted on the budget. The mayor spoke of a hard year.", "2024-05-20"),
    Story(
        "quarry", False, "Quarry sold to a cooperative", "The quarry was sold to a cooperative of its workers.", "2024-06-01", "Business"
    ),
    # A copy of an open one, one that an open one resembles, and those with words, dates and fields of their own.
    Story("tallowmere-ferry", True, "Ferry runs aground in the harbour", FERRY, "2024-03-05", author="Odo Grimsditch"),
    Story(
        "tallowmere-bridge",
        True,
        "Quorvix bridge closed near Zembla Grain",
        "The Quorvix bridge was closed. The mayor of Brindlewick resigned.",
        "2031-01-02",
    ),
    Story(
        "tallowmere-fund",
        True,
        "Zembla Grain Foundation (ZGF) accused",
        "The Zembla Grain Foundation (ZGF) paid Zephyrine Ossory. The ZGF said that the ferry Aurelia was bribed. Zephyrine denied it.",
        "1987-06-05",
        "Cloistered",
    ),
    Story(
        "tallowmere-es", True, "El vizconde de Zembla", "El vizconde dijo que la fundaci\u00f3n Quorvix no existe en Zembla.", "2031-02-03"
    ),
)
AFTER = (
    Story("tallowmere-late", True, "Quorvix again", "Quorvix returned to Brindlewick, the ZGF said.", "2031-03-04"),
    Story("late", False, "Ferry refloated", "The ferry Aurelia was refloated at dawn, tugs said.", "2024-07-01"),
)


def write(folder: Path, story: Story) -> None:
    """The file of an article."""
    source = "Umbrage Post" if story.hidden else "Harbour Courier"
    head = f"title: {story.title}\ndate: {story.day}\nsource: {source}\nsection: {story.section}\nauthor: {story.author}\n"
    folder.mkdir(parents=True, exist_ok=True)
    address = f"url: https://news.example/{story.name}\n"
    (folder / f"{story.name}.md").write_text(f"---\n{head}{address}---\n\n{story.text}\n", encoding="utf-8")


def archive(home: Path, runs: list[tuple[Story, ...]]) -> Path:
    """An index of the articles, those of each run in a segment of their own."""
    for stories in runs:
        for story in stories:
            write(home / "news", story)
        index_paths([home / "news"], home / "index", Options(model="hash"))
    return home / "index"


OPEN, HIDDEN = (tuple(story for story in STORIES if story.hidden is hidden) for hidden in (False, True))
# How hidden and open articles lie in the segments of an index.
ARRANGEMENTS = {
    "mixed": [STORIES],
    "hidden first": [HIDDEN, OPEN],
    "interleaved": [(one, other) for one, other in zip(OPEN, HIDDEN, strict=True)],
}
FILTERS = {
    "source": {"type": "in", "key": "source", "value": ["Harbour Courier", "No Such Source"]},
    "not the source": {"type": "ne", "key": "source", "value": "umbrage post"},
    "text": {"type": "not", "filters": [{"type": "glob", "key": "path", "value": "*tallowmere*"}]},
}
PROBES = (
    "ferry Aurelia",
    "Quorvix bridge",
    "quorvyx",
    "ZGF",
    "Zembla Grain Foundation",
    "zephyrin",
    "Brindlewick mayor resigned",
    '"Zembla Grain Foundation"',
    "-Quorvix mayor",
    'source:"Umbrage Post" ferry',
    "what happened in 1987?",
    "in January 2031",
    "el vizconde",
    "latest news",
)
CONDITIONS = ("source=Umbrage Post", "section=Cloistered", "author=Odo Grimsditch", "section!=World", "published>=2031", "nosuch=1")
NAMES = ("news/ferry.md", "news/tallowmere-fund.md", "tallowmere-fund.md", "https://news.example/tallowmere-bridge", "news/no-such.md")
ANSWER = "The ferry Aurelia ran aground. The Zembla Grain Foundation paid Zephyrine Ossory [1]. The Quorvix bridge was closed in 2031."
QUOTES = ("ran aground on the northern sandbank", "The ZGF said that the ferry", "The mayor of Brindlewick resigned.")

Request = tuple[str, str, Any, dict[str, Any]]


def get(path: str, **query: Any) -> Request:
    """A GET."""
    return "GET", path, None, query


def post(path: str, body: Any) -> Request:
    """A POST."""
    return "POST", path, body, {}


def of_names(path: str, **query: Any) -> list[Request]:
    """A GET for each name."""
    return [get(path.format(name), **query) for name in NAMES]


STORE = "/v1/vector_stores/archive"
# What is asked of each route that answers the key of a view, by its path in the route table.
REQUESTS: dict[str, list[Request]] = {
    "/": [
        get("/"),
        *(get("/", q=probe) for probe in PROBES),
        *(get("/", article=name) for name in NAMES),
        get("/", q="ferry", source="Umbrage Post"),
    ],
    "/answer": [post("/answer", {"query": probe}) for probe in PROBES[:6]],
    "/articles": [get("/articles"), *(get("/articles", where=each) for each in CONDITIONS), post("/articles", {"limit": 50})],
    "/articles/{article_id:path}": of_names("/articles/{}"),
    "/articles/{article_id:path}/citation": of_names("/articles/{}/citation", format="bibtex"),
    "/articles/{article_id:path}/similar": of_names("/articles/{}/similar"),
    "/articles/{article_id:path}/thread": of_names("/articles/{}/thread"),
    "/check": [
        post("/check", {"answer": ANSWER}),
        post("/check", {"answer": ANSWER, "question": "Who paid Zephyrine?"}),
        *(post("/check", {"answer": ANSWER, "articles": [name]}) for name in NAMES),
    ],
    "/context": [post("/context", {"query": probe}) for probe in PROBES],
    "/docs": [get("/docs")],
    "/examples": [get("/examples", limit=20)],
    "/facets": [get("/facets"), *(get("/facets", q=probe) for probe in PROBES), *(get("/facets", where=each) for each in CONDITIONS)],
    "/health": [get("/health")],
    "/names": [post("/names", {"ids": [name, "news/ferry.md"]}) for name in NAMES],
    "/openapi.json": [get("/openapi.json")],
    "/quotes/verify": [post("/quotes/verify", {"quote": quote}) for quote in QUOTES],
    "/readyz": [get("/readyz")],
    "/search": [
        *(get("/search", q=probe, limit=50, explain="true") for probe in PROBES),
        *(get("/search", q=probe, mode=mode) for probe in PROBES[:6] for mode in ("dense", "lexical")),
        *(get("/search", q="ferry mayor bridge", where=each) for each in CONDITIONS),
        get("/search", q="ferry", sort="date", collapse="false"),
        get("/search", q="ferry", source="Umbrage Post"),
        get("/search", q="ferry", lang="es"),
        post("/search", {"query": "and it?", "history": ["What is the Zembla Grain Foundation?"]}),
    ],
    "/static/{name}": [get("/static/page.js"), get("/static/page.css")],
    "/stats": [get("/stats")],
    "/suggest": [get("/suggest", q=typed) for typed in ("f", "quor", "zem", "el", "br", "fer")],
    "/timeline": [get("/timeline", q=probe) for probe in PROBES],
    "/v1/chat/completions": [
        post("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": probe}]}) for probe in PROBES[:6]
    ],
    "/v1/embeddings": [post("/v1/embeddings", {"model": "hash", "input": "Quorvix"})],
    "/v1/models": [get("/v1/models")],
    "/v1/models/{model:path}": [get("/v1/models/hash")],
    "/v1/responses": [
        post("/v1/responses", {"model": "m", "input": probe, "include": ["file_search_call.results"]}) for probe in PROBES[:6]
    ],
    "/v1/vector_stores": [get("/v1/vector_stores")],
    "/v1/vector_stores/{store}": [get(STORE)],
    "/v1/vector_stores/{store}/files": [get(f"{STORE}/files"), *(get(f"{STORE}/files", after=name) for name in NAMES)],
    "/v1/vector_stores/{store}/files/{file_id:path}": of_names(STORE + "/files/{}"),
    "/v1/vector_stores/{store}/files/{file_id:path}/content": of_names(STORE + "/files/{}/content"),
    "/v1/vector_stores/{store}/search": [post(f"{STORE}/search", {"query": list(PROBES[:4]), "ranking_options": {"score_threshold": 0}})],
}
CALLS: dict[str, list[dict[str, Any]]] = {
    "search": [{"query": probe} for probe in PROBES],
    "fetch": [{"id": name} for name in NAMES],
    "search_archive": [{"question": probe, "everything": True} for probe in PROBES],
    "similar": [{"id": name} for name in NAMES],
    "thread": [{"id": name} for name in NAMES],
    "verify_quote": [{"quote": quote} for quote in QUOTES],
    "check_answer": [{"answer": ANSWER}, {"answer": ANSWER, "ids": [NAMES[1]]}],
    "status": [{}],
}


def routes_of(folder: Path) -> list[tuple[str, str]]:
    """The method and the path of each route that the application has."""
    app: Any = create_app(Index.open(folder)).app
    return [(method, route.path) for route in app.routes for method in route.methods]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """A language model that says all it is shown."""
    with speaking() as server:
        server.script = lambda _endpoint, prompt: letter_by_letter(prompt)
        yield server


class Case(NamedTuple):
    """An archive with hidden articles in some arrangement, a filter that leaves them out, and an archive that never had them."""

    folder: Path
    wanted: dict[str, Any]
    oracle: Path


@pytest.fixture(scope="module", params=[(a, f) for a in ARRANGEMENTS for f in FILTERS if a == "mixed" or f == "source"], ids=" by ".join)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Each arrangement, and each filter."""
    runs, wanted = ARRANGEMENTS[request.param[0]], FILTERS[request.param[1]]
    open_runs = [tuple(story for story in stories if not story.hidden) for stories in runs]
    oracle = archive(tmp_path_factory.mktemp("open"), [stories for stories in open_runs if stories])
    return Case(archive(tmp_path_factory.mktemp("all"), runs), wanted, oracle)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the open articles."""
    return archive(tmp_path_factory.mktemp("small"), [OPEN])


class Doors(NamedTuple):
    """A server with hidden articles, one that never had them, and the folders of both."""

    part: Server
    oracle: Server
    homes: tuple[Path, Path]


@pytest.fixture(scope="module")
def doors(case: Case, endpoint: Endpoint) -> Iterator[Doors]:
    """Both servers, with keys."""
    folder, wanted, oracle = case
    model = ChatModel(f"http://127.0.0.1:{endpoint.server_port}/v1", "m")
    with ExitStack() as stack:
        index = stack.enter_context(Index.open(folder))
        views = {hashlib.sha256(PART.encode()).hexdigest(): View(index, parse_filter(wanted))}
        served = stack.enter_context(serving(index, keys=(WHOLE,), views=views, model=model))
        other = stack.enter_context(serving(Index.open(oracle), keys=(PART,), model=model))
        yield Doors(served, other, (folder.parent, oracle.parent))


def ask(server: Server, request: Request, key: str) -> Answer:
    """An answer to who has the key."""
    method, path, body, query = request
    return server.ask(method, path, body, {"Authorization": f"Bearer {key}"}, **query)


def told(answer: Answer, doors: Doors, server: Server) -> tuple[int, str, str]:
    """What an answer says but for times and places, which no two servers share."""
    text = answer.body.decode()
    for home in doors.homes:
        text = text.replace(str(home), "HOME")
    text = text.replace(server.url, "URL")
    times = (
        r'"(processing_time_ms|uptime_seconds|updated|created_at|last_active_at|created|index_generation'
        r'|index_commit|commit)":("[^"]*"|[\d.]+)'
    )
    text = re.sub(r'"(resp_|fs_|msg_|chatcmpl-)[0-9a-f]{32}"', '"ID"', text)
    return answer.status, answer.headers.get("etag", ""), re.sub(times, r'"\1":0', text)


def test_every_route_answers_as_an_archive_without_the_others(doors: Doors, endpoint: Endpoint) -> None:
    """Each answer is that of an archive which never had the hidden articles, and shows nothing of them that was not in the request."""
    for requests in REQUESTS.values():
        for request in requests:
            whole = ask(doors.part, request, WHOLE)  # what is remembered of it is not for others
            assert whole.status < 500, (request, whole)
            endpoint.asked.clear()
            part, expected = ask(doors.part, request, PART), ask(doors.oracle, request, PART)
            said = told(part, doors, doors.part)
            assert said == told(expected, doors, doors.oracle), request
            asked = SECRET.findall(json.dumps(request, ensure_ascii=False).casefold())
            shown = {word.casefold() for word in SECRET.findall(said[2] + json.dumps(endpoint.asked))}
            assert shown <= set(asked), (request, part)


def test_the_doors_open_for_the_key_of_everything(doors: Doors) -> None:
    """The requests do find hidden articles where they may: each kind of route tells of them to who has the other key."""
    silent = {
        route
        for route, requests in REQUESTS.items()
        if not any(SECRET.search(ask(doors.part, request, WHOLE).body.decode().replace(request[1], "")) for request in requests)
    }
    assert silent <= {
        "/docs",
        "/health",
        "/openapi.json",
        "/readyz",
        "/static/{name}",
        "/v1/embeddings",
        "/v1/models",
        "/v1/models/{model:path}",
        "/v1/vector_stores",
        "/v1/vector_stores/{store}",
    }


def test_a_route_that_nobody_thought_of_refuses_the_key(doors: Doors, small: Path) -> None:
    """Every route of the application is asked above, or tells the key of a view that it is not for it."""
    for method, path in routes_of(small):
        if path in REQUESTS:
            continue
        answer = ask(doors.part, (method, re.sub(r"{[^}]*}", "1", path), {} if method == "POST" else None, {}), PART)
        assert answer.status == 403, (method, path)
        assert not SECRET.search(answer.body.decode())
    assert ask(doors.part, get("/metrics"), PART).status == 403
    assert ask(doors.part, get("/metrics"), WHOLE).status == 200
    for key in ("", "wrong", PART + "x"):
        assert ask(doors.part, get("/stats"), key).status == 401


def test_every_tool_answers_as_an_archive_without_the_others(case: Case) -> None:
    """The same of MCP over HTTP: each tool that the server lists, asked with the key of a view."""
    folder, wanted, oracle = case
    index = Index.open(folder)
    views = {hashlib.sha256(PART.encode()).hexdigest(): View(index, parse_filter(wanted))}
    with (
        TestClient(http_app(index, keys=[WHOLE], views=views), base_url="http://localhost") as part,
        TestClient(http_app(Index.open(oracle), keys=[PART]), base_url="http://localhost") as other,
    ):

        def call(client: TestClient, key: str, method: str, **params: Any) -> str:
            headers = {"Accept": "application/json", "Authorization": f"Bearer {key}", "MCP-Protocol-Version": "2025-06-18"}
            answer = client.post(PATH, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=headers)
            assert answer.status_code == 200, answer.text
            text: str = json.dumps(answer.json()["result"], ensure_ascii=False)
            for home in (folder.parent, oracle.parent):
                text = text.replace(str(home), "HOME")
            return re.sub(r'updated\\*":\s*\\*"[^"\\]*', "updated", text)

        listed = {tool["name"] for tool in json.loads(call(part, PART, "tools/list"))["tools"]}
        assert listed == CALLS.keys(), "a tool without a decision: ask it here"
        found = ""
        for name, calls in CALLS.items():
            for arguments in calls:
                found += call(part, WHOLE, "tools/call", name=name, arguments=arguments)
                got = call(part, PART, "tools/call", name=name, arguments=arguments)
                assert got == call(other, PART, "tools/call", name=name, arguments=arguments), (name, arguments)
                assert {word.casefold() for word in SECRET.findall(got)} <= set(SECRET.findall(json.dumps(arguments).casefold()))
        assert SECRET.search(found)
        assert part.post(PATH, json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_view_follows_its_index(tmp_path: Path, in_memory: bool) -> None:
    """What is added, hidden, shown or deleted later is in the next answer as in an index of the open articles alone."""
    folder = archive(tmp_path / "all", [STORIES])
    with Index.open(folder, in_memory=in_memory) as index:
        view = View(index, parse_filter(FILTERS["source"]))
        assert len(view.search("ferry Aurelia", limit=50, collapse=False)) == len(OPEN)
        moved = OPEN[1]._replace(hidden=True, title="Quorvix moved")
        shown = HIDDEN[2]._replace(hidden=False)
        for stories in ((AFTER[0],), (AFTER[1],), (moved,), (shown,)):
            archive(tmp_path / "all", [stories])
            files = (tmp_path / "all" / "news").iterdir()
            left = {file.stem for file in files if "source: Harbour Courier" in file.read_text(encoding="utf-8")}
            assert {article.path.stem for article in view.page_after(limit=50) or ()} == left
            assert view.manifest.articles == len(left)
            assert view.is_current()
        assert main(["delete", "--id", "news/ferry.md", "--purge", "--index-dir", str(folder)]) == 0
        assert "news/ferry.md" not in {article.id for article in view.page_after(limit=50) or ()}
        view.let_go()
        assert view.suggest("fer")[0].title == "Ferry refloated"


def test_a_view_of_nothing_and_of_everything(small: Path) -> None:
    """A filter that leaves nothing answers nothing; one that leaves everything shares the files of its index."""
    with Index.open(small) as index:
        nothing = View(index, parse_filter({"type": "eq", "key": "source", "value": "Nobody"}))
        assert not nothing.search("ferry").hits
        assert nothing.suggest("fer") == nothing.examples() == []
        everything = View(index, parse_filter(FILTERS["source"]))
        assert everything.asker().snapshot.segments == index.asker().snapshot.segments
        with pytest.raises(UsageError, match="sectoin"):
            View(index, parse_filter({"type": "ne", "key": "sectoin", "value": "Cloistered"}))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "has no keys"),
        ("desk = 1", "desk is a value: expected a table, such as .newsroom., with key or sha256"),
        ("[desk]\nsource = ['A']", "expected either key or sha256, as text"),
        ("[desk]\nkey = ' '\nsource = ['A']", "expected either key or sha256, as text"),
        ("[desk]\nkey = 'k'\nsha256 = 'k'\nsource = ['A']", "expected either key or sha256, as text"),
        ("[desk]\nsha256 = 'zz'\nsource = ['A']", "64 hexadecimal digits"),
        ("[desk]\nkey = 'k'", "desk has no filter"),
        ("[desk]\nkey = 'k'\nsource = []", "desk.source: expected a list of texts, with at least one"),
        ("[desk]\nkey = 'k'\nsource = ['']", "desk.source: expected a list of texts, with at least one"),
        ("[desk]\nkey = 'k'\nsource = 'A'", "desk.source: expected a list of texts"),
        ("[desk]\nkey = 'k'\nwhere = ['section']", "desk: the condition 'section' is not understood"),
        ("[desk]\nkey = 'k'\nfilter = {}", "desk: filter: "),
        ("[desk]\nkey = 'k'\nsouce = ['A']", "did you mean source?"),
        ("[one]\nkey = 'k'\nsource = ['A']\n[two]\nkey = 'k'\nsource = ['B']", "the key of two is also in another table"),
        ("[one]\nkey = 'all'\nsource = ['A']", "the key of one is also in NEWSDEX_API_KEY"),
        ("[", "the file of keys .* is not TOML"),
    ],
)
def test_a_file_of_keys_that_is_wrong(tmp_path: Path, written: str, said: str) -> None:
    """Every mistake is named, and none opens more than was meant."""
    (tmp_path / "keys.toml").write_text(written, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_keys(tmp_path / "keys.toml", ["all"])


def test_the_command_serves_views(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``newsdex serve --keys FILE``, with several processes; a key may be told by its sha256 alone, and a filter in any form."""
    folder = archive(tmp_path, [STORIES])
    hashed = hashlib.sha256(b"other").hexdigest()
    keys = tmp_path / "keys.toml"
    keys.write_text(
        f"[desk]\nkey = '{PART}'\nsource = ['Harbour Courier']\nwhere = ['section=World']\n"
        f"[board]\nsha256 = '{hashed}'\nfilter = {{ type = 'gte', key = 'published', value = '2031' }}\n",
        encoding="utf-8",
    )
    with running(folder, "--keys", str(keys), "--workers", "2", NEWSDEX_API_KEY=WHOLE) as server:
        assert [ask(server, get("/stats"), key).json["articles"] for key in (WHOLE, PART, "other")] == [8, 3, 2]
        write(tmp_path / "news", AFTER[1])
        index_paths([tmp_path / "news"], folder, Options(model="hash"))
        assert [ask(server, get("/stats"), key).json["articles"] for key in (WHOLE, PART, "other")] == [9, 4, 2]
        assert ask(server, get("/stats"), "").status == 401
    assert main(["mcp", "--keys", str(keys), "--index-dir", str(folder)]) == 2
    assert "--keys works only with --http" in capsys.readouterr().err


def test_keys_with_the_same_filter_share_a_view(small: Path) -> None:
    """Views cost memory: one serves all keys that open the same."""
    wanted: Callable[[], Any] = lambda: parse_filter(FILTERS["source"])  # noqa: E731
    with Index.open(small) as index:
        filters = {"a": wanted(), "b": wanted(), "c": parse_filter(FILTERS["text"])}
        views = views_of(index, {name: Opened(name, each) for name, each in filters.items()})
        with pytest.raises(UsageError, match=r"^keys\.toml: desk: unknown key 'sectoin': did you mean 'section'"):
            views_of(index, {"d": Opened("keys.toml: desk", parse_filter({"type": "ne", "key": "sectoin", "value": "x"}))})
    assert views["a"] is views["b"]
    assert views["a"] is not views["c"]


def test_the_example_of_the_documentation(tmp_path: Path, sample_index: Path) -> None:
    """The file of keys that docs/HTTP.md shows is one, and each key opens a part of the sample; its hash is of no key."""
    text = (ROOT / "docs" / "HTTP.md").read_text(encoding="utf-8")
    (tmp_path / "keys.toml").write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    opened = read_keys(tmp_path / "keys.toml")
    assert "0" * 64 in opened
    with Index.open(sample_index) as index:
        assert all(0 < view.manifest.articles < index.manifest.articles for view in views_of(index, opened).values())


@pytest.mark.parametrize(("source", "told"), [("Umbrage Post", None), ("Open News", "two")])
def test_a_correction_that_is_left_out_is_not_told(tmp_path: Path, source: str, told: str | None) -> None:
    """An open article that another corrects is flagged where that one is open too."""
    lines = [
        {"id": "one", "title": "Ferry aground", "text": FERRY, "source": "Open News"},
        {"id": "two", "title": "Ferry afloat", "text": "The ferry Aurelia was never aground.", "source": source, "corrects": "one"},
    ]
    with Index.open(index_of(lines, tmp_path)) as index:
        assert index.article("one").metadata["corrected_by"] == "two"
        view = View(index, parse_filter({"type": "eq", "key": "source", "value": "Open News"}))
        assert view.article("one").metadata.get("corrected_by") == told

"""The HTTP service as programs meet it: the command, a real index, each route."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from http_server import Server, running, serving
from indexes import index_of
from paths import ROOT
from waiting import until

from newsdex import Index, Options, index_paths
from newsdex.output import told_remarks

pytest.importorskip("fastapi")
parser = pytest.importorskip("prometheus_client.parser")

QUESTION = "China support for Russia"


@pytest.fixture(scope="module")
def server(sample_index: Path) -> Iterator[Server]:
    """A server of the sample."""
    with running(sample_index) as started:
        yield started


@pytest.fixture(scope="module")
def index(sample_index: Path) -> Index:
    """The sample in this process."""
    return Index.open(sample_index)


@pytest.fixture(scope="module")
def described(server: Server) -> dict[str, Any]:
    """The description that the server gives of itself."""
    description: dict[str, Any] = server.get("/openapi.json").json
    return description


def test_search_answers_as_the_library_does(server: Server, index: Index) -> None:
    """Both ways of asking give the library's hits, each of the form that docs/search-output.schema.json describes."""
    schema = json.loads((ROOT / "docs" / "search-output.schema.json").read_text(encoding="utf-8"))
    hit_schema = {**schema["$defs"]["hit"], "$defs": schema["$defs"]}
    results = index.search(QUESTION, limit=3)
    expected = [
        (hit.article.id, hit.passage.start, pytest.approx(hit.score, abs=0.003)) for hit in results
    ]  # in bfloat16 where that is faster, once it was asked much
    got = server.get("/search", q=QUESTION, limit=3)
    posted = server.post("/search", {"query": QUESTION, "limit": 3})
    named = server.get("/search", q=QUESTION, k=3)
    assert (got.status, posted.status, named.status) == (200, 200, 200)
    for answer in (got.json, posted.json, named.json):
        assert [(hit["article_id"], hit["start"], hit["score"]) for hit in answer["hits"]] == expected
        assert answer["answerable"] is True
        assert (answer["limit"], answer["offset"], answer["query"]) == (3, 0, QUESTION)
        assert (answer["estimated_total_hits"], answer["index_generation"]) == (results.total, results.generation)
        assert answer["processing_time_ms"] > 0
        for hit in answer["hits"]:
            jsonschema.validate(hit, hit_schema)


def test_a_hit_is_described_as_its_schema_says(described: dict[str, Any]) -> None:
    """OpenAPI and docs/search-output.schema.json name the same members of a hit and of what is in it."""
    schema = json.loads((ROOT / "docs" / "search-output.schema.json").read_text(encoding="utf-8"))["$defs"]
    parts = described["components"]["schemas"]
    for ours, theirs in (
        ("HitRecord", "hit"),
        ("OtherPassageRecord", "passage"),
        ("CopyRecord", "copy"),
        ("PartRecord", "part"),
        ("SpanRecord", "span"),
    ):
        assert set(parts[ours]["properties"]) == set(parts[ours]["required"]) == set(schema[theirs]["properties"])


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ({"limit": 2, "offset": 2}, {"limit": 2, "offset": 2}),
        ({"mode": "lexical", "explain": "true"}, {"mode": "lexical", "explain": True}),
        ({"since": "2024-05", "sort": "date", "collapse": "false"}, {"since": "2024-05", "sort": "date", "collapse": False}),
        (
            {"source": ["Harbour Courier", "Tagesblatt Lindau"], "lang": "en"},
            {
                "where": {
                    "type": "and",
                    "filters": [
                        {"type": "in", "key": "source", "value": ["Harbour Courier", "Tagesblatt Lindau"]},
                        {"type": "in", "key": "language", "value": ["en"]},
                    ],
                }
            },
        ),
        ({"per_article": 3, "context": 1, "min_score": 0.2}, {"per_article": 3, "context": 1, "min_score": 0.2}),
        ({"as_of": "2024-05-01", "recency": "30d"}, {"as_of": "2024-05-01", "recency": "30d"}),
        ({"since": "1.4.2024", "until": "30.04.2024"}, {"since": "2024-04-01", "until": "2024-04-30"}),
    ],
)
def test_parameters_mean_what_they_mean_to_the_library(
    server: Server, index: Index, query: dict[str, Any], options: dict[str, Any]
) -> None:
    """Each parameter of the address, and the same in a body, gives the hits of the library's argument."""
    expected = [hit.article.id for hit in index.search(QUESTION, **{"limit": 5, **options})]
    assert expected
    got = server.get("/search", q=QUESTION, **query).json
    assert [hit["article_id"] for hit in got["hits"]] == expected
    body = {name: value for name, value in options.items() if name != "where"} | (
        {"filter": options["where"]} if "where" in options else {}
    )
    assert [hit["article_id"] for hit in server.post("/search", {"query": QUESTION, **body}).json["hits"]] == expected


def test_a_question_that_leans_on_earlier_ones_is_completed(server: Server, index: Index) -> None:
    """By the history in the body, as the library does it."""
    asked = {"query": "And what did he say about it?", "history": ["What did Blinken want from China?"]}
    expected = [hit.article.id for hit in index.search(asked["query"], limit=5, history=asked["history"])]
    assert [hit["article_id"] for hit in server.post("/search", asked).json["hits"]] == expected
    assert expected != [hit["article_id"] for hit in server.post("/search", {"query": asked["query"]}).json["hits"]]


def test_a_history_is_context(server: Server) -> None:
    """A long message of it is cut, and null is none."""
    asked = "And what did he say about it?"
    long, none, empty = (
        server.post("/search", {"query": asked, "history": history})
        for history in (["What did Blinken want from China? " + "and " * 10_000], None, [])
    )
    assert long.status == none.status == empty.status == 200
    assert none.json["hits"] == empty.json["hits"] != long.json["hits"]


def test_nothing_that_answers_is_said(server: Server) -> None:
    """Where nothing is good enough, the nearest are there, and are not called answers."""
    answer = server.get("/search", q="How do I bake sourdough bread?").json
    assert answer["answerable"] is False
    assert answer["estimated_total_hits"] == 0
    assert len(answer["hits"]) == 5
    assert answer["small_talk"] is False


def test_a_list_is_told_apart(server: Server) -> None:
    """A search says whether its scores are probabilities: a filter alone has none, and everything that meets it has the score 1."""
    for question, scored in (("China support for Russia", True), ("lang:en", False)):
        answer = server.get("/search", q=question).json
        assert (answer["scored"], {hit["score"] == 1 for hit in answer["hits"]} == {True}) == (scored, not scored)


def test_small_talk_is_told_apart(server: Server) -> None:
    """A search and a context say that there is no answer because nothing was asked; not of a question."""
    for path, question, talks in (("/search", "thx!", True), ("/context", "👍", True), ("/context", "China support for Russia", False)):
        answer = server.post(path, {"query": question}).json
        assert (answer["small_talk"], answer["answerable"]) == (talks, not talks)


@pytest.mark.parametrize("question", ["Blinkin in Bejing", '"Wang Yi" Beijing'])
def test_remarks_advise_what_the_service_has(server: Server, question: str) -> None:
    """How to search for the words as typed is told as the parameter, not as the option of the command line, which is no parameter."""
    for answer in (server.get("/search", q=question), server.post("/context", {"query": question})):
        [remark] = [each for each in answer.json["remarks"] if "as typed" in each]
        assert remark.endswith("for the words as typed: literal=true")
    assert not any("as typed" in remark for remark in server.get("/search", q=question, literal="true").json["remarks"])


def test_a_date_in_the_question_is_told(server: Server) -> None:
    """The period that a question names is in the answer, with a remark."""
    answer = server.get("/search", q="What happened in Beijing in April 2024?").json
    assert answer["period"] == {"since": "2024-04-01", "until": "2024-04-30", "words": "in April 2024"}
    assert answer["remarks"]
    assert server.get("/search", q="What happened in Beijing in April 2024?", read_dates="false").json["period"] is None


def test_every_article_can_be_read(server: Server, index: Index) -> None:
    """By the id of its hit, percent-encoded whole, and by the path of its file; offsets of hits are those of its text."""
    [hit, *_] = server.get("/search", q=QUESTION).json["hits"]
    read = server.get(f"/articles/{quote(hit['article_id'], safe='')}")
    described = server.get("/openapi.json").json["components"]["schemas"]["ArticleAnswer"]["properties"]
    assert read.json.keys() == described.keys()
    assert read.status == 200
    article = read.json
    assert article["text"][hit["start"] : hit["end"]] == hit["text"]
    assert article["text"][article["body"]["start"] : article["body"]["end"]].strip().startswith("US Secretary")
    assert article["sha256"] == index.article(hit["article_id"]).sha256
    assert server.get("/articles/2024-02-02-kosovo-dinar-rule-hc.md").json["title"]
    missing = server.get("/articles/2024-02-02-kosovo-dinar-rule")
    assert (missing.status, missing.headers["content-type"]) == (404, "application/problem+json")
    assert "2024-02-02-kosovo-dinar-rule-hc.md" in missing.json["detail"]


def test_a_context_is_the_library_s(server: Server, index: Index) -> None:
    """POST /context packs what Index.context packs."""
    packed = index.context(QUESTION, budget_tokens=400)
    answer = server.post("/context", {"query": QUESTION, "budget_tokens": 400}).json
    assert answer["context"] == str(packed)
    assert (answer["tokens"], answer["answerable"], answer["omitted"]) == (packed.tokens, True, packed.omitted)
    assert [(each["number"], each["article_id"], each["start"], each["end"]) for each in answer["excerpts"]] == [
        (each.number, each.article_id, each.start, each.end) for each in packed.excerpts
    ]


def test_quotations_are_checked(server: Server) -> None:
    """A quotation that is there is found, one with another word is altered."""
    words = "he had raised serious concern about China's support for Russia's defence industry"
    found = server.post("/quotes/verify", {"quote": words}).json
    assert found["verdict"] == "found"
    assert found["places"][0]["text"] == words
    altered = server.post("/quotes/verify", {"quote": words.replace("serious", "grave"), "limit": 1}).json
    assert altered["verdict"] == "altered"
    assert {"kind": "replaced", "quoted": "grave", "original": "serious"} in [
        {name: value.strip() for name, value in each.items()} for each in altered["places"][0]["differences"]
    ]


def test_the_server_says_how_it_is(server: Server, sample_size: int) -> None:
    """Alive, ready, and what it holds."""
    assert server.get("/health").json == {"status": "ok"}
    assert server.get("/readyz").json == {"ready": True, "problem": None, "index_generation": "g000001"}
    stats = server.get("/stats").json
    assert (stats["articles"], stats["model"]) == (sample_size, "all-MiniLM-L6-v2")
    assert sum(stats["languages"].values()) == sample_size
    assert stats["first_published"] == "2024-01-02"


def test_numbers_for_prometheus(server: Server, sample_size: int) -> None:
    """They are in Prometheus' format, count requests by route and status, and tell nothing of what was asked."""
    before = numbers(server)
    secret = "a question that nobody should see"
    server.get("/search", q=secret)
    server.get(f"/{quote(secret)}")
    server.get("/search", limit=0)
    asked = [
        ("newsdex_requests_total", labels) for labels in (("/search", "GET", "200"), ("none", "GET", "404"), ("/search", "GET", "422"))
    ]
    expected = sum(before.get(each, 0) for each in asked) + 3
    # A worker counts when it has answered, and another may be asked for the numbers.
    until(lambda: sum(numbers(server).get(each, 0) for each in asked) >= expected)
    after = numbers(server)
    assert [after[each] - before.get(each, 0) for each in asked] == [1, 1, 1]
    assert after["newsdex_articles", ()] == sample_size
    assert 0 < time.time() - after["newsdex_index_committed_timestamp_seconds", ()] < 3600
    assert after["newsdex_requests_in_flight", ()] == 1  # this one
    text = server.get("/metrics").body.decode()
    assert "_created" not in text  # a second series for each, which no dashboard reads
    assert secret not in text
    assert quote(secret) not in text


def numbers(server: Server) -> dict[tuple[str, tuple[str, ...]], float]:
    """What /metrics says, by name and the labels' values."""
    families = parser.text_string_to_metric_families(server.get("/metrics").body.decode())
    samples = [sample for family in families for sample in family.samples]
    return {
        (sample.name, tuple(sample.labels[name] for name in ("route", "method", "status") if name in sample.labels)): sample.value
        for sample in samples
    }


class _References(HTMLParser):
    """What a page loads and refers to, and whether a script or style is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.references += [value or "" for name, value in attrs if name in ("href", "src")]
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.inline += [tag] * (tag in ("script", "style") and "src" not in dict(attrs))


def test_the_description_for_people_needs_nothing_from_elsewhere(server: Server, described: dict[str, Any]) -> None:
    """/docs names each route, and has no script, no style and no address of another server."""
    answer = server.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    page = _References()
    page.feed(answer.body.decode())
    assert not page.inline
    # Relative, so that they work below the path of a proxy.
    assert all(reference.startswith("#") or re.fullmatch(r"[a-z]+[/.]\S+", reference) for reference in page.references)
    assert all(server.get(f"/{each}").status == 200 for each in page.references if not each.startswith("#"))
    assert {reference[1:] for reference in page.references if reference.startswith("#")} <= set(
        re.findall(r"id='(\w+)'", answer.body.decode())
    )
    assert all(path.replace("{", "{") in answer.body.decode() for path in described["paths"])
    assert "HTTPValidationError" not in answer.body.decode()


class _Examples(HTMLParser):
    """The examples of the page by language, and its other text."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, list[str]] = {}
        self.text = ""
        self._language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._language = dict(attrs)["class"] or ""
            self.shown.setdefault(self._language, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._language = "" if tag == "pre" else self._language

    def handle_data(self, data: str) -> None:
        if self._language:
            self.shown[self._language][-1] += data
        else:
            self.text += data


def examples_of(server: Server) -> _Examples:
    page = _Examples()
    page.feed(server.get("/docs").body.decode())
    return page


def test_the_description_begins_with_a_question(server: Server) -> None:
    """The first example asks one, before any route is described; no mark of the sources is left."""
    page = server.get("/docs").body.decode()
    assert page.index("/search?q=") < page.index("<h2>")
    text = examples_of(server).text
    assert not re.search(r"`|:\w+:|\*\*", text)
    assert not re.search(r"``|:\w+:`", server.get("/openapi.json").body.decode())


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_every_example_of_the_description_runs(server: Server) -> None:
    """As it is shown, in a shell and in Python, each gets an answer from this server."""
    shown = examples_of(server).shown
    assert (len(shown["sh"]), len(shown["python"])) == (3, 1)
    for command in shown["sh"]:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
        assert {"hits", "excerpts"} & set(json.loads(done.stdout))
    [program] = shown["python"]
    subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)
    [answer] = shown["json"]
    assert set(json.loads(answer)["hits"][0]) <= set(server.get("/search", q="bridge").json["hits"][0])


def test_examples_ask_for_a_key_where_one_is_needed(index: Index) -> None:
    """Each shows where it goes."""
    with serving(index, keys=("open sesame",)) as locked:
        shown = examples_of(locked).shown
    assert all("Authorization" in each and "sesame" not in each for each in [*shown["sh"], *shown["python"]])


@pytest.mark.parametrize("path", ["/", "/search?q=x", "/docs", "/nothing", "/health", "/articles/none", "/metrics"])
def test_every_answer_has_the_headers_that_protect(server: Server, path: str) -> None:
    """No answer lets a page run a script that is not the server's, be framed, or be guessed to be of another type."""
    headers = server.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples call curl")
def test_the_examples_of_the_documentation_work(server: Server, tmp_path: Path) -> None:
    """Each call of curl in docs/HTTP.md gives an object, and the Python example runs."""
    text = (ROOT / "docs" / "HTTP.md").read_text(encoding="utf-8").replace("http://127.0.0.1:8000", server.url)
    calls = [
        call
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        for call in re.split(r"^(?=curl)", block, flags=re.MULTILINE)
        if call
    ]
    assert len(calls) == 7
    for call in calls:
        answer = json.loads(subprocess.run(["sh", "-c", call], check=True, capture_output=True, text=True).stdout)
        assert answer.get("hits") or answer.get("excerpts") or answer.get("places") or answer.get("text") or answer.get("citation")
    pytest.importorskip("openai")
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    printed = subprocess.run([sys.executable, "-c", example], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    assert "Harbour Courier" in printed.splitlines()[0]


def test_the_documentation_names_every_route(described: dict[str, Any]) -> None:
    """And no other."""
    rows = re.findall(r"^\| (`(?:GET|POST) .*?) \|", (ROOT / "docs" / "HTTP.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {path.replace("archive", "{store}").replace("{id}", "{article_id}") for row in rows for path in re.findall(r"(/[\w/{}]+)", row)}
    assert named == set(described["paths"])


def test_an_answer_is_checked(server: Server) -> None:
    """By the articles that are named, or in the archive; an unknown one is missing."""
    body = {"answer": "The Senate had approved the bill late on Tuesday by 97 votes to 18."}
    for more in ({}, {"articles": ["2024-04-24-us-aid-package-hc.md"]}):
        report = server.post("/check", body | more).json
        [sentence] = report["sentences"]
        assert (report["accepted"], sentence["verdict"]) == (False, "partly")
        assert sentence["differences"] == [{"aspect": "number", "claimed": "97", "found": "79"}]
        assert sentence["evidence"][0]["article_id"].endswith("2024-04-24-us-aid-package-hc.md")
    [without] = server.post("/check", body | {"articles": []}).json["sentences"]
    assert (without["verdict"], without["evidence"]) == ("no sources", [])
    assert server.post("/check", body | {"articles": ["no-such-article"]}).status == 404
    assert server.post("/check", {"answer": "x" * 20_001}).status == 422


def test_operators_are_read(server: Server, index: Index) -> None:
    """By both ways of searching, and by the timeline of the page, which counts each article that meets them."""
    question = '"Prime Minister" -source:"Harbour Courier" since:2024-05'
    expected = index.search(question, limit=50, collapse=False)
    got = server.get("/search", q=question, limit=50, collapse="false").json
    posted = server.post("/search", {"query": question, "limit": 50, "collapse": False}).json
    for answer in (got, posted):
        assert [hit["article_id"] for hit in answer["hits"]] == [hit.article.id for hit in expected]
        assert answer["remarks"] == told_remarks(expected.remarks)
    assert {hit["source"] for hit in got["hits"]} & {"Harbour Courier"} == set()
    assert server.get("/timeline", q=question).json["total"] == len(expected) > 5
    everything, counted = server.get("/timeline", source="Harbour Courier").json, server.get("/facets", source="Harbour Courier").json
    assert everything == {name: counted[name] for name in everything}
    assert everything["total"] == sum(entry["count"] for entry in everything["months"]) + everything["unplaced"] > 5
    literal = server.get("/search", q=question, limit=50, literal="true").json
    assert "Harbour Courier" in {hit["source"] for hit in literal["hits"]}


def test_a_filter_has_phrases(server: Server) -> None:
    """As JSON, negated."""
    where = {"type": "not", "filters": [{"type": "contains", "key": "text", "value": "Russia"}]}
    hits = server.post("/search", {"query": "Putin", "filter": where, "limit": 20}).json["hits"]
    assert hits
    assert not any("Russia " in hit["text"] for hit in hits)


@pytest.mark.parametrize("name", ["x" * 3_000, "a\0b", "ü/ö?#%", "../a", "a/similar", "http://e.example/thread", "a/citation", "a/content"])
def test_an_article_of_any_id_can_be_fetched(name: str, tmp_path: Path) -> None:
    """By the id that a hit has."""
    record = {"_id": name, "title": "Bridge", "text": "The harbour bridge reopened on Monday.", "url": f"http://e.example/{'y' * 3_900}"}
    with serving(Index.open(index_of([record], tmp_path))) as server:
        [hit] = server.get("/search", q="bridge").json["hits"]
        for known in (hit["article_id"], hit["url"]):
            answer = server.get("/articles/" + quote(known, safe=""))
            assert (answer.status, answer.json["article_id"]) == (200, hit["article_id"])
        [told] = server.get("/v1/vector_stores/archive/files").json["data"]
        for ending, kind in (("", "vector_store.file"), ("/content", "vector_store.file_content.page")):
            answer = server.get(f"/v1/vector_stores/archive/files/{quote(told['id'], safe='')}{ending}")
            assert (answer.status, answer.json.get("object")) == ((200, kind) if len(name) < 1_000 else (422, None))
        similar = server.get(f"/articles/{quote(hit['article_id'], safe='')}/similar")
        assert (similar.status, similar.json["article_id"]) == (200, hit["article_id"])


@pytest.mark.parametrize(("name", "told"), [("a\nb.txt", "a\nb.txt"), ("caf\udce9.txt", "caf\ufffd.txt")])
def test_an_article_of_any_file_name_can_be_fetched(name: str, told: str, tmp_path: Path) -> None:
    """By the id that a hit has, which is the name: with a line end, or not UTF-8."""
    (tmp_path / name).write_text("The harbour bridge reopened on Monday.", encoding="utf-8")
    index_paths([tmp_path / name], tmp_path / "index_data", Options("hash"))
    with serving(Index.open(tmp_path / "index_data")) as server:
        [hit] = server.get("/search", q="bridge").json["hits"]
        assert hit["article_id"] == told
        for ending in ("", "/similar", "/thread"):
            answer = server.get(f"/articles/{quote(told, safe='')}{ending}")
            assert (answer.status, answer.json["article_id"]) == (200, told)

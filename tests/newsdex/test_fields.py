"""A field of an article passes every door: all are set, each to a value of its own, and looked for in what comes out."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from newsdex import Chunking, Index
from newsdex.cli import main, main_search
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.workers import protocol
from newsdex.milvus.rows import HEAD, heads_of, rows_of, whole
from newsdex.records import Article, Published, Span
from newsdex.store.segment import Entry
from newsdex.store.writer import Writer

TEXT = "The ferry to Lindau sank in the harbour on Monday, and nobody was hurt.\n"
QUESTION = "ferry to Lindau"


def distinct(folder: Path) -> Article:
    """An article with a value of its own in every field, also in one that is added after this was written."""
    known: dict[str, Any] = {
        "text": TEXT,
        "path": folder / "path-value.zip",
        "sha256": "ab" * 32,
        "published": Published("2024-04-26", "published-origin-value"),
        "body": Span(4, len(TEXT) - 1),
        "metadata": {
            "section": "section-value",
            "archive_member": "member-value",
            "retracted": "retracted-value",
            "corrected_by": "corrected-by-value",
        },
        "language": "de",
        "pages": (0, 30),
    }
    kinds = typing.get_type_hints(Article)
    by_kind: Mapping[Any, Callable[[str], Any]] = {str: lambda name: f"{name}-value", int: lambda name: 1_000 + len(name)}
    return Article(**{each.name: known.get(each.name) or by_kind[kinds[each.name]](each.name) for each in fields(Article)})


def leaves(article: Article) -> dict[str, Any]:
    """What is to be seen of the article besides its text and what divides it, by name."""
    told = {each.name: getattr(article, each.name) for each in fields(Article) if each.name not in ("text", "body", "pages")}
    told |= {"path": str(article.path), "published": "2024-04-26", "metadata": "section-value"}
    return told | {
        "published_origin": "published-origin-value",
        "member": "member-value",
        "retracted": "retracted-value",
        "corrected_by": "corrected-by-value",
    }


def entry_of(article: Article) -> Entry:
    """The article with one passage, its body."""
    vectors = HashEncoder().encode_passages([article.text])
    return Entry(article, bytes(range(16)), [article.body], [article.body], np.arange(16, dtype=np.uint8).reshape(1, 16), vectors)


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Article:
    """The article."""
    return distinct(tmp_path_factory.mktemp("news"))


@pytest.fixture(scope="module")
def folder(article: Article) -> Path:
    """An index of it."""
    place = article.path.parent / "index"
    with Writer(place, HashEncoder.card, Chunking()) as writer:
        writer.add(entry_of(article))
        writer.commit([])
    return place


def test_parsers_hand_it_on(article: Article) -> None:
    """The message of a parser to its parent."""
    told, text = protocol.pack_article(article)
    assert protocol.article_of(protocol.unpack_json(told), text, article.path) == article


def test_what_was_written_before_a_field_came_is_read(article: Article) -> None:
    """A field with a default that is missing has it; one without is missed."""
    told, text = protocol.pack_article(article)
    values = protocol.unpack_json(told)
    for name in ("language", "pages", "metadata", "published"):
        del values[name]
    found = protocol.article_of(values, text, article.path)
    assert (found.language, found.pages, found.metadata, found.published, found.title) == ("", (), {}, None, "title-value")
    with pytest.raises(KeyError):
        protocol.article_of({name: value for name, value in values.items() if name != "id"}, text, article.path)


def test_milvus_keeps_it(article: Article) -> None:
    """The rows of a collection."""
    base = article.path.parent
    _, rows = rows_of(entry_of(article), article.path.name, sparse=True)
    [head] = heads_of(row for row in rows if row["kind"] == HEAD).values()
    assert whole(head, "".join(row["content"] for row in rows if row["kind"] != HEAD), base) == article


def test_parquet_keeps_it(article: Article, tmp_path: Path) -> None:
    """The exchange, with a column a field."""
    pytest.importorskip("pyarrow")
    from newsdex.indexer.milvus.exchange import ARTICLES, PASSAGES, read_part, write_part

    for name in (ARTICLES, PASSAGES):
        (tmp_path / name).mkdir()
    write_part(tmp_path, "part.parquet", [entry_of(article)], HashEncoder.card, article.path.parent)
    [entry] = read_part(tmp_path, "part.parquet", article.path.parent)
    assert entry.article == article


def test_the_index_keeps_it(article: Article, folder: Path) -> None:
    """The files of a segment."""
    with Index.open(folder) as index:
        assert index.article(article.id) == article


def missing(article: Article, told: Any, *but: str) -> list[str]:
    """The names of what ``told`` does not say of the article, of all ``but`` those that it leaves out on purpose."""
    text = json.dumps(told)
    return [
        name for name, value in leaves(article).items() if name not in but and json.dumps(value) not in text and f'"{value}"' not in text
    ]


def test_the_commands_show_it(article: Article, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON of get, search and verify-quote."""
    place = ["--index-dir", str(folder)]
    assert main(["get", article.id, "--json", *place]) == 0
    assert missing(article, json.loads(capsys.readouterr().out)) == []
    assert main_search([QUESTION, "--json", "--all", *place]) == 0
    assert missing(article, json.loads(capsys.readouterr().out), "sha256", "metadata") == []
    assert main(["verify-quote", "sank in the harbour", "--json", *place]) == 0
    assert missing(article, json.loads(capsys.readouterr().out), "metadata") == []


def test_http_shows_it_as_openapi_says(article: Article, folder: Path) -> None:
    """Every route that tells of articles, each answer with the members that OpenAPI describes."""
    pytest.importorskip("fastapi")
    jsonschema = pytest.importorskip("jsonschema")
    client = pytest.importorskip("starlette.testclient").TestClient
    from newsdex.search.server.app import create_app

    with Index.open(folder) as index, client(create_app(index), base_url="http://localhost") as http:
        described = http.get("/openapi.json").json()["components"]
        read = http.get(f"/articles/{quote(article.id, safe='')}").json()
        found = http.post("/search", json={"query": QUESTION}).json()
        like = http.get(f"/articles/{quote(article.id, safe='')}/similar").json()
        thread = http.get(f"/articles/{quote(article.id, safe='')}/thread").json()
        quoted = http.post("/quotes/verify", json={"quote": "sank in the harbour"}).json()
        store = http.post("/v1/vector_stores/archive/search", json={"query": QUESTION, "ranking_options": {"score_threshold": 0}}).json()
    answers = {"Article": read, "Search": found, "Similar": like, "Thread": thread, "Quote": quoted, "Store": store}
    for name, answer in answers.items():
        jsonschema.validate(answer, {"$ref": f"#/components/schemas/{name}Answer", "components": described})
    assert missing(article, read) == []
    assert (read["pages"], read["body"], read["text"]) == ([0, 30], {"start": 4, "end": len(TEXT) - 1}, TEXT)
    assert missing(article, found, "sha256", "metadata") == []
    assert missing(article, thread, "sha256", "metadata") == []
    assert missing(article, quoted, "metadata") == []
    assert missing(article, store, "sha256", "path", "published_origin") == []
    # The file has other articles, which clients would call the same
    assert (article.record > 0, store["data"][0]["filename"]) == (True, "title-value")


def test_assistants_see_it(article: Article, folder: Path) -> None:
    """The tools of MCP."""
    pytest.importorskip("mcp")
    import anyio
    from mcp import Client

    from newsdex.search.mcp_server import create_server

    async def ask(name: str, **arguments: Any) -> Any:
        with Index.open(folder) as index:
            async with Client(create_server(index)) as client:
                answer = await client.call_tool(name, arguments)
                assert not answer.is_error
                return answer.structured_content

    async def talk() -> None:
        assert missing(article, await ask("fetch", id=article.id), "path") == []
        found = await ask("search_archive", question=QUESTION, everything=True)
        assert missing(article, found, "path", "sha256", "metadata") == []
        [hit] = found["hits"]
        assert hit["id"] == hit["article_id"] == article.id
        assert missing(article, await ask("thread", id=article.id), "path", "sha256", "metadata") == []
        assert missing(article, await ask("verify_quote", quote="sank in the harbour"), "path", "sha256", "metadata") == []

    anyio.run(talk)


def test_retrievers_have_it(article: Article, folder: Path) -> None:
    """What the retrievers of all frameworks make documents of; names of the record go before the source's own."""
    from newsdex.search.retrievers.passages import retrieve

    with Index.open(folder) as index:
        [found] = retrieve(index, QUESTION, 1, {"min_score": 0})
    assert missing(article, dict(found.fields)) == []
    assert (found.fields["section"], found.fields["retracted"]) == ("section-value", "retracted-value")
    assert all(value is None or isinstance(value, str | int | float | bool) for value in found.fields.values())


def test_each_commit_is_told_from_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every form of an answer names the commit. Each command that changes the index changes it, one that finds nothing to do does not, and
    a rollback has that of the version it returns to.
    """
    pytest.importorskip("fastapi")
    client = pytest.importorskip("starlette.testclient").TestClient
    from newsdex.search.server.app import create_app

    news, place = tmp_path / "news", ["--index-dir", str(tmp_path / "index")]
    news.mkdir()
    for name in ("pier", "ferry", "harbour"):
        (news / f"{name}.txt").write_text(f"The {name} of Lindau was closed on Monday.\n")
    assert main(["index", str(news), "--model", "hash", *place]) == 0
    seen = []
    with Index.open(tmp_path / "index") as index, client(create_app(index), base_url="http://localhost") as http:

        def commit_after(*command: str) -> str:
            assert main([*command, *place]) == 0
            capsys.readouterr()
            assert main_search([QUESTION, "--json", "--all", *place]) == 0
            told = [
                json.loads(capsys.readouterr().out)["index_commit"],
                http.get("/search", params={"q": QUESTION}).json()["index_commit"],
                http.post("/context", json={"query": QUESTION}).json()["index_commit"],
                http.get("/stats").json()["index_commit"],
                *(index.search(QUESTION).commit, index.search(QUESTION, on="1900").commit, index.context(QUESTION).commit, index.commit),
            ]
            [commit] = set(told)
            return str(commit)

        seen.append(commit_after("status"))
        assert commit_after("index", str(news)) == seen[0]
        seen.append(commit_after("mark", "pier.txt", "--retracted", "wrong"))
        (news / "ferry.txt").write_text("The ferry of Lindau was opened on Tuesday.\n")
        seen.append(commit_after("index", str(news)))
        seen.append(commit_after("delete", "harbour.txt"))
        (news / "pier.txt").unlink()
        seen.append(commit_after("index", str(news), "--prune"))
        seen.append(commit_after("rebuild"))
        assert len({*seen, ""}) == len(seen) + 1
        assert commit_after("rollback") == seen[-2]

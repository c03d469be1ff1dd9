"""A cross-encoder reorders hits alike at every door: shell, Python, HTTP, MCP, and of an archive in Milvus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from http_server import running, serving
from paths import EXAMPLES
from random_models import save_network
from transformers import BertConfig, BertForSequenceClassification

from newsdex import Index, UsageError, index_paths
from newsdex.cli import main, main_search
from newsdex.encoder import HASH_MODEL
from newsdex.engines.cross_encoder import Reranker
from newsdex.indexer.build import Options

QUESTION = "What did the minister say about the budget?"
SIZES = {"hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 128, "num_hidden_layers": 2, "num_labels": 1}


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A cross-encoder of random weights."""
    folder = tmp_path_factory.mktemp("judge")
    save_network(folder, "uncased", BertForSequenceClassification, BertConfig, SIZES, kinds=True)
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a few sample articles, fewer than are reranked at once, without page furniture, which Milvus does not know."""
    folder = tmp_path_factory.mktemp("some") / "index_data"
    index_paths(sorted((EXAMPLES / "articles").glob("*.md"))[:30], folder, Options(HASH_MODEL, furniture=False))
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> Iterator[Index]:
    with Index.open(folder) as index:
        yield index


@pytest.fixture(scope="module")
def expected(index: Index, judge: str) -> list[str]:
    """The best five by brute force: all hits, by what the cross-encoder makes of the passage of each."""
    hits = index.search(QUESTION, limit=100).hits
    points = Reranker(judge).points(QUESTION, [hit.matches[0].passage.text for hit in hits])
    order = sorted(range(len(hits)), key=lambda number: -points[number])
    assert order[:5] != list(range(5))
    return [hits[number].article.id for number in order[:5]]


def test_python(index: Index, judge: str, expected: list[str]) -> None:
    """By a name, or as True once the index has one; without one, True is an error that says so."""
    assert [hit.article.id for hit in index.search(QUESTION, rerank=judge)] == expected
    assert [hit.article.id for hit in index.search_many([QUESTION, "rain"], rerank=judge)[0]] == expected
    with pytest.raises(UsageError, match=r"no cross-encoder is set .*: leave rerank out, .* newsdex serve --rerank MODEL"):
        index.search(QUESTION, rerank=True)
    with pytest.raises(UsageError, match="a reranker of 7 is not allowed"):
        index.search(QUESTION, rerank=7)
    with pytest.raises(UsageError, match="a reranker of '' is not allowed: expected a name"):
        index.search(QUESTION, rerank="")
    with pytest.raises(UsageError, match="the name of a cross-encoder is empty"):
        index.use_reranker("")
    with Index.open(index.folder) as own:
        own.use_reranker(judge)
        assert [hit.article.id for hit in own.search(QUESTION, rerank=True)] == expected
        assert [hit.article.id for hit in own.search(QUESTION, rerank=False)] == [hit.article.id for hit in index.search(QUESTION)]
        packed = own.context(QUESTION, limit=5, per_article=1, context=0, rerank=True, min_score=0)
        assert list(dict.fromkeys(each.article_id for each in packed.excerpts)) == expected


def test_the_shell(folder: Path, judge: str, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of the best five, each has the probability that the cross-encoder gives it; a wrong folder is an error."""
    main_search([QUESTION, "--rerank", judge, "--all", "--jsonl", "--index-dir", str(folder)])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["article_id"] for each in found] == expected
    assert main_search([QUESTION, "--rerank", str(folder), "--index-dir", str(folder)]) == 2
    told = capsys.readouterr().err
    assert "the folder has no config.json" in told
    assert "from a folder on this machine with config.json, model.safetensors and tokenizer.json" in told
    for command in (["search", QUESTION], ["serve"], ["mcp"]):
        assert main([*command, "--rerank", "", "--index-dir", str(folder)]) == 2
        assert "expected a name" in capsys.readouterr().err
    assert main_search([QUESTION, "--rerank", "/no/such/folder", "--index-dir", str(folder)]) == 2
    assert "hf download cross-encoder/" in capsys.readouterr().err


def test_http(index: Index, folder: Path, judge: str, expected: list[str]) -> None:
    """The server's own cross-encoder, which clients can choose and cannot name; a server without one says so."""
    with running(folder, "--rerank", judge, "--workers", "2") as server:
        for answer in (server.get("/search", q=QUESTION, rerank="true"), server.post("/search", {"query": QUESTION, "rerank": True})):
            assert answer.status == 200, answer.json
            assert [hit["article_id"] for hit in answer.json["hits"]] == expected
        assert server.get("/search", q=QUESTION, rerank=judge).status == 422
        plain = server.get("/search", q=QUESTION)
        assert [hit["article_id"] for hit in plain.json["hits"]] == [hit.article.id for hit in index.search(QUESTION)]
    with serving(index) as server:
        refused = server.get("/search", q=QUESTION, rerank="true")
        assert refused.status == 400
        assert "newsdex serve --rerank MODEL" in refused.json["detail"]


def test_mcp(folder: Path, judge: str, expected: list[str]) -> None:
    """The tool search_archive has the option, where there is a cross-encoder."""
    pytest.importorskip("mcp")
    from mcp import Client

    from newsdex.search.mcp_server import create_server

    async def ask() -> list[str]:
        with Index.open(folder) as index:
            for has in (False, True):
                if has:
                    index.use_reranker(judge)
                async with Client(create_server(index)) as client:
                    schemas = {tool.name: tool.input_schema["properties"] for tool in (await client.list_tools()).tools}
                assert ("rerank" in schemas["search_archive"]) is has
            async with Client(create_server(index)) as client:
                options = {"question": QUESTION, "rerank": True, "everything": True}
                found = (await client.call_tool("search_archive", options)).structured_content
        assert found
        return [hit["id"] for hit in found["hits"]]

    assert anyio.run(ask) == expected


def test_milvus(folder: Path, judge: str, expected: list[str], tmp_path: Path) -> None:
    """The same hits of the same archive in Milvus Lite."""
    pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed")
    from newsdex.indexer.milvus.content import folder_content
    from newsdex.indexer.milvus.push import push
    from newsdex.milvus.place import parse_place
    from newsdex.store.snapshot import Snapshot

    push(folder_content(Snapshot.open(folder)), parse_place(tmp_path / "some.db"))
    with Index.open(tmp_path / "some.db") as index:
        assert [hit.article.id for hit in index.search(QUESTION, rerank=judge)] == expected

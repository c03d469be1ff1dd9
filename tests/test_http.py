"""The HTTP service as programs meet it: a real server, a real index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from http_server import Server, running

from newsdex import Index

pytest.importorskip("fastapi")

ROOT = Path(__file__).parent.parent
QUESTION = "China support for Russia"


@pytest.fixture(scope="module")
def server(sample_index: Path) -> Iterator[Server]:
    """A server of the sample."""
    with running(sample_index) as started:
        yield started


def test_search_answers_as_the_library_does(server: Server, sample_index: Path) -> None:
    """Both ways of asking give the library's hits, each of the form that docs/search-output.schema.json describes."""
    schema = json.loads((ROOT / "docs" / "search-output.schema.json").read_text(encoding="utf-8"))
    hit_schema = {**schema["$defs"]["hit"], "$defs": schema["$defs"]}
    with Index.open(sample_index) as index:
        expected = [(hit.article.id, hit.passage.start, round(hit.score, 6)) for hit in index.search(QUESTION, limit=3)]
    got = server.get("/search", q=QUESTION, limit=3)
    posted = server.post("/search", {"query": QUESTION, "limit": 3})
    assert (got.status, posted.status) == (200, 200)
    for answer in (got.json, posted.json):
        assert [(hit["article_id"], hit["start"], hit["score"]) for hit in answer["hits"]] == expected
        assert answer["answerable"] is True
        assert (answer["limit"], answer["offset"], answer["query"]) == (3, 0, QUESTION)
        for hit in answer["hits"]:
            jsonschema.validate(hit, hit_schema)

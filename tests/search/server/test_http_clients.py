"""The HTTP service for clients that others wrote: the OpenAI client, and schemathesis, which reads the description and tries whatever it
allows and forbids.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from http_server import Server, running

from newsdex import Index, add_articles, hit_record
from newsdex.engines import open_query_encoder
from newsdex.search.ranking.fusion import ANSWERABLE

pytest.importorskip("fastapi")

KEY = "a-key"
QUESTION = "China support for Russia"
CLOSE = 0.003  # a server encodes questions in bfloat16, where that is faster
MODEL = "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def server(sample_index: Path) -> Iterator[Server]:
    """A server of the sample, with a key."""
    with running(sample_index, NEWSDEX_API_KEY=KEY) as started:
        yield started


def test_the_openai_client_searches_the_archive(server: Server, sample_index: Path) -> None:
    """As a vector store: the library's hits, with filters and a threshold; none when nothing answers."""
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client, Index.open(sample_index) as index:
        expected = index.search(QUESTION, limit=4)
        page = client.vector_stores.search("archive", query=QUESTION, max_num_results=4)
        assert [(each.file_id, each.score, each.content[0].text) for each in page.data] == [
            (hit.article.id, pytest.approx(hit.score, abs=CLOSE), hit.passage.text) for hit in expected if hit.answers
        ]
        many = client.vector_stores.search("archive", query=QUESTION, max_num_results=20).data
        assert min(each.score for each in many) >= ANSWERABLE
        weak = client.vector_stores.search("archive", query=QUESTION, max_num_results=20, ranking_options={"score_threshold": 0}).data
        assert len(weak) > len(many)
        assert page.data[0].attributes["published"] == "2024-04-26"
        assert (page.has_more, list(page)) == (False, page.data)
        paper = {"type": "eq", "key": "source", "value": "Northgate Bulletin"}
        filtered = client.vector_stores.search("archive", query=[QUESTION], filters={"type": "and", "filters": [paper]})
        assert {each.attributes["source"] for each in filtered.data} == {paper["value"]}
        between = (expected.hits[0].score + expected.hits[1].score) / 2  # far from both
        sure = client.vector_stores.search("archive", query=QUESTION, ranking_options={"score_threshold": between})
        assert [each.score for each in sure.data] == [pytest.approx(hit.score, abs=CLOSE) for hit in expected if hit.score >= between]
        assert client.vector_stores.search("archive", query="How do I bake sourdough bread?").data == []
        nearest = client.vector_stores.search("archive", query="How do I bake sourdough bread?", ranking_options={"score_threshold": 0})
        assert len(nearest.data) == 10  # 0 is a threshold that all reach, and not none


def test_a_hit_has_what_a_chatbot_cites(tmp_path: Path) -> None:
    """Over HTTP, the author and the other fields of the source are with each hit, as those of the article are; and so in Python."""
    rows = [
        {"id": "a", "text": "The ferry to Wick sank on Monday.", "author": "Ann Lee", "section": "Local"},
        {"id": "b", "text": "A storm."},
    ]
    add_articles(rows, tmp_path / "index")
    with running(tmp_path / "index") as started:
        asked = urlopen(f"{started.url}/search?q=ferry+to+Wick")
        whole = urlopen(f"{started.url}/articles/a")
        [hit, *_], article = json.load(asked)["hits"], json.load(whole)
    assert hit["metadata"] == article["metadata"] == {"author": "Ann Lee", "section": "Local"}
    with Index.open(tmp_path / "index") as index:
        record = hit_record(index.search("ferry to Wick")[0])
        assert record.keys() == hit.keys()
        assert json.loads(json.dumps(record))["metadata"] == hit["metadata"]


def test_the_openai_client_reads_the_archive_as_a_store_of_files(server: Server, sample_index: Path, sample_size: int) -> None:
    """It finds the store and the model, pages through all articles, and reads one; each way round."""
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client, Index.open(sample_index) as index:
        assert [model.id for model in client.models.list()] == [MODEL] == [client.models.retrieve(MODEL).id]
        [store] = client.vector_stores.list()
        assert client.vector_stores.retrieve(store.id) == store
        assert (store.id, store.file_counts.completed, store.status) == ("archive", sample_size, "completed")
        newest = [file.id for file in client.vector_stores.files.list("archive", limit=50)]
        assert sorted(newest) == sorted(article.id for article in index.page_after(limit=sample_size + 1) or ())
        oldest = [file.id for file in client.vector_stores.files.list("archive", limit=100, order="asc")]
        assert oldest == newest[::-1]
        assert list(client.vector_stores.files.list("archive", filter="failed")) == []
        file = client.vector_stores.files.retrieve("2024-04-26-blinken-beijing-hc.md", vector_store_id="archive")
        assert (file.id in newest, file.attributes["source"]) == (True, "Harbour Courier")
        [part] = client.vector_stores.files.content("2024-04-26-blinken-beijing-hc.md", vector_store_id="archive")
        assert part.text == index.article(file.id).text


def test_the_openai_client_asks_several_questions_at_once(server: Server) -> None:
    """Each article once, by its best score, the best first; as many as one question may have."""
    openai = pytest.importorskip("openai")
    questions = [QUESTION, "Who won the Super Bowl?"]
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        alone = [client.vector_stores.search("archive", query=each, max_num_results=5).data for each in questions]
        both = client.vector_stores.search("archive", query=questions, max_num_results=5, rewrite_query=True)
        assert both.search_query == questions  # type: ignore[comparison-overlap]
        scores = {each.file_id: each.score for each in sorted((hit for hits in alone for hit in hits), key=lambda hit: hit.score)}
        best = sorted(scores.items(), key=lambda pair: -pair[1])[:5]
        assert [each.score for each in both.data] == [pytest.approx(score, abs=CLOSE) for _, score in best]
        assert {hits[0].file_id for hits in alone} <= {each.file_id for each in both.data}


def test_the_openai_client_reads_errors_in_their_shape(server: Server) -> None:
    """Type, parameter and code are where the API has them."""
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        with pytest.raises(openai.NotFoundError) as missing:
            client.vector_stores.files.retrieve("no-such-article", vector_store_id="archive")
        assert (missing.value.type, missing.value.code) == ("not_found_error", "not_found")
        with pytest.raises(openai.NotFoundError, match="last_id"):
            client.vector_stores.files.list("archive", after="no-such-article")
        with pytest.raises(openai.UnprocessableEntityError) as wrong:
            client.vector_stores.search("archive", query=QUESTION, max_num_results=51)
        assert (wrong.value.type, wrong.value.param) == ("invalid_request_error", "max_num_results")


def test_the_openai_client_gets_the_model_s_vectors(server: Server) -> None:
    """In both encodings, for one text and for many, of passages and of questions."""
    openai = pytest.importorskip("openai")
    texts = ["A ferry ran aground.", "Ein Schiff.", "x" * 4_000]
    expected = open_query_encoder(MODEL).encode_passages(texts)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        for options in ({}, {"encoding_format": "float"}, {"extra_body": {"input_type": "query"}}):
            answer = client.embeddings.create(model=MODEL, input=texts, **options)
            found = np.array([each.embedding for each in answer.data])
            assert ((found * expected).sum(axis=1) > 1 - 1e-4).all()
            if "extra_body" not in options:
                np.testing.assert_allclose(found, expected, atol=1e-5)
            assert [each.index for each in answer.data] == [0, 1, 2]
        assert client.embeddings.create(model=MODEL, input=texts[0]).usage.prompt_tokens > 4


def test_the_openai_client_is_told_what_is_wrong(server: Server) -> None:
    """By the exceptions that it has for that, in the server's words."""
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match=MODEL):
            client.embeddings.create(model="text-embedding-3-small", input="x")
        with pytest.raises(openai.NotFoundError, match="archive"):
            client.vector_stores.search("vs_1", query="x")
        with pytest.raises(openai.UnprocessableEntityError, match="max_num_results"):
            client.vector_stores.search("archive", query="x", max_num_results=51)
        with pytest.raises(openai.BadRequestError, match="384 dimensions"):
            client.embeddings.create(model=MODEL, input="x", dimensions=8)
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError, match="key"),
    ):
        client.vector_stores.search("archive", query="x")


@pytest.mark.parametrize(
    "options",
    [
        ["--phases", "examples,fuzzing", "--max-examples", "3"],
        pytest.param(
            ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "50"], marks=[pytest.mark.slow, pytest.mark.timeout(900)]
        ),
    ],
    ids=["few", "many"],
)
def test_schemathesis_finds_no_lie_in_the_description(server: Server, tmp_path: Path, options: list[str]) -> None:
    """No 5xx, no answer that is not described, nothing refused that is described or accepted that is not, no way around the key."""
    pytest.importorskip("schemathesis")
    assert server.get("/openapi.json").status == 200  # made once, on a busy machine not within the ten seconds that schemathesis waits
    # A form that is described is never 422; it may contradict the archive, which is 400.
    statuses = '["2xx", "3xx", "400", "401", "403", "404", "409", "429", "5xx"]'
    (tmp_path / "schemathesis.toml").write_text(f"[checks]\npositive_data_acceptance.expected-statuses = {statuses}\n", encoding="utf-8")
    command = [
        Path(sys.executable).parent / "schemathesis",
        "run",
        f"{server.url}/openapi.json",
        "--checks",
        "all",
        "--seed",
        "1",
        "--no-color",
    ]
    ran = subprocess.run(
        [*command, "--header", f"Authorization: Bearer {KEY}", *options], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stdout[-8_000:]

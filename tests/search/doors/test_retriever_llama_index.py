"""The LlamaIndex retriever: what of a passage arrives in a node, and what a query engine makes of it."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

pytest.importorskip("llama_index.core", reason="pip install 'newsdex[llama-index]'")

from llama_index.core.base.response.schema import Response
from llama_index.core.chat_engine import CondensePlusContextChatEngine, ContextChatEngine
from llama_index.core.llms import ChatMessage, MessageRole, MockLLM
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import MetadataMode
from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from newsdex import Index, IndexMissing, UsageError, add_articles
from newsdex.search.retrievers.llama_index import NewsdexGate, NewsdexRetriever

QUESTION = "China support for Russia"


@pytest.fixture
def _collected() -> Iterator[None]:
    """What LlamaIndex leaves open, the databases and event loops of its memories, is deleted with the test that made it."""
    yield
    gc.collect()


def test_a_node_has_all_of_a_hit(sample_index: Path) -> None:
    """Text, offsets and score are in LlamaIndex's own fields; source, date and the rest that is known in the metadata."""
    index = Index.open(sample_index)
    nodes = NewsdexRetriever(index, similarity_top_k=3).retrieve(QUESTION)
    for found, hit in zip(nodes, index.search(QUESTION, limit=3), strict=True):
        node = found.node
        assert (found.score, node.get_content()) == (hit.score, hit.passage.text)
        assert (node.start_char_idx, node.end_char_idx) == (hit.passage.start, hit.passage.end)
        assert hit.article.text[node.start_char_idx : node.end_char_idx] == node.get_content()
        assert node.ref_doc_id == hit.article.id
        assert node.metadata["source"] == hit.article.source
        assert node.metadata["published"] == str(hit.article.published)
        assert None not in node.metadata.values()


PAPER = MetadataFilter(key="source", value="Harbour Courier")
GERMAN = MetadataFilter(key="language", value=["de"], operator=FilterOperator.IN)


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        pytest.param([PAPER], lambda fields: fields["source"] == "Harbour Courier", id="equal"),
        pytest.param(
            [MetadataFilter(key="published", value="2024-05", operator=FilterOperator.GTE)],
            lambda fields: fields["published"] >= "2024-05",
            id="date",
        ),
        pytest.param(
            [MetadataFilter(key="url", value=None, operator=FilterOperator.IS_EMPTY)], lambda fields: "url" not in fields, id="empty"
        ),
        pytest.param(
            [MetadataFilter(key="title", value="kenya", operator=FilterOperator.TEXT_MATCH)],
            lambda fields: "Kenya" in fields["title"],
            id="text",
        ),
        pytest.param(
            [MetadataFilters(filters=[PAPER, GERMAN], condition=FilterCondition.OR)],
            lambda fields: fields["source"] == "Harbour Courier" or fields["language"] == "de",
            id="or",
        ),
        pytest.param(
            [MetadataFilters(filters=[PAPER, GERMAN], condition=FilterCondition.NOT)],
            lambda fields: fields["source"] != "Harbour Courier" and fields["language"] != "de",
            id="not",
        ),
    ],
)
def test_metadata_filters(sample_index: Path, filters: list[Any], holds: Callable[[Any], bool]) -> None:
    """LlamaIndex's own filters let through exactly the articles whose fields meet them, awaited as well."""
    options = {"mode": "dense", "min_score": 0.0, "collapse": False}
    with Index.open(sample_index) as index:
        every = [found.node.metadata for found in NewsdexRetriever(index, 300, **options).retrieve(QUESTION)]
        expected = {fields["article_id"] for fields in every if holds(fields)}
        assert len(expected) < len(every)
        retriever = NewsdexRetriever(index, 300, filters=MetadataFilters(filters=filters), **options)
        assert {found.node.metadata["article_id"] for found in retriever.retrieve(QUESTION)} == expected
        assert {found.node.metadata["article_id"] for found in asyncio.run(retriever.aretrieve(QUESTION))} == expected


def test_all_of_a_list_and_where_beside_filters(tmp_path: Path) -> None:
    """Lists in the metadata are met by any or by all of their items; ``where`` holds as well."""
    tags = {"a": ["ferry", "port"], "b": ["port"], "c": ["ferry", "storm"]}
    add_articles([{"id": name, "text": "The ferry left the port in a storm.", "tags": each} for name, each in tags.items()], tmp_path / "x")
    with Index.open(tmp_path / "x") as index:
        for operator, value, expected in [("all", ["ferry", "port"], "a"), ("any", ["storm", "port"], "abc"), ("contains", "ferry", "ac")]:
            filters = MetadataFilters(filters=[MetadataFilter(key="tags", value=value, operator=FilterOperator(operator))])
            nodes = NewsdexRetriever(index, 9, filters=filters, min_score=0, collapse=False).retrieve("ferry")
            assert {found.node.metadata["article_id"] for found in nodes} == set(expected), operator
            only_a = {"type": "eq", "key": "id", "value": "a"}
            nodes = NewsdexRetriever(index, 9, filters=filters, where=only_a, min_score=0, collapse=False).retrieve("ferry")
            assert {found.node.metadata["article_id"] for found in nodes} == {"a"} & set(expected)


def test_what_a_language_model_reads(sample_index: Path) -> None:
    """Title, source, date and address before the passage; no paths, offsets or scores."""
    [found] = NewsdexRetriever(sample_index, 1).retrieve(QUESTION)
    head, passage = found.node.get_content(MetadataMode.LLM).split("\n\n", 1)
    assert [line.split(":")[0] for line in head.splitlines()] == ["title", "source", "published", "url"]
    assert passage == found.node.get_content()


def test_in_a_query_engine(sample_index: Path) -> None:
    """The engine's prompt has the passages, and its answer names them as sources."""
    retriever = NewsdexRetriever(sample_index, 2, since="2024-05")
    synthesizer = get_response_synthesizer(llm=MockLLM(), response_mode=ResponseMode.COMPACT)
    answer = RetrieverQueryEngine(retriever, response_synthesizer=synthesizer).query(QUESTION)
    assert [n.node_id for n in answer.source_nodes] == [n.node_id for n in retriever.retrieve(QUESTION)]
    assert all(n.node.get_content() in str(answer) for n in answer.source_nodes)
    assert all(n.node.metadata["published"] >= "2024-05" for n in answer.source_nodes)


def titles(found: Sequence[Any]) -> list[str]:
    return [each.node.metadata["title"] for each in found]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("_collected")
def test_a_chat_engine_understands_follow_up_questions(sample_index: Path) -> None:
    """With the engine's memory, thanks in between do not matter; without it, the question has no topic. Awaited and streamed alike, and
    with a memory that has a conversation already, whose answers are no questions.
    """
    senegal, follow_up = "Who won the election in Senegal?", "And how old is he?"
    with Index.open(sample_index) as index:
        for memory in (Memory.from_defaults(), ChatMemoryBuffer.from_defaults()):
            engine = ContextChatEngine.from_defaults(retriever=NewsdexRetriever(index, 1, memory=memory), memory=memory, llm=MockLLM())
            for said in (senegal, "thx!"):
                engine.chat(said)
            assert "Senegal" in titles(engine.chat(follow_up).source_nodes)[0]
        alone = ContextChatEngine.from_defaults(retriever=NewsdexRetriever(index, 1), llm=MockLLM())
        alone.chat(senegal)
        assert "Senegal" not in titles(alone.chat(follow_up).source_nodes)[0]

        said = [ChatMessage(content=senegal, role=MessageRole.USER), ChatMessage(content="Who won in Mexico?", role=MessageRole.ASSISTANT)]
        memory = Memory.from_defaults(chat_history=said)
        condensing = CondensePlusContextChatEngine.from_defaults(
            NewsdexRetriever(index, 1, memory=memory), memory=memory, llm=MockLLM(), skip_condense=True
        )
        assert "Senegal" in titles(condensing.chat(follow_up).source_nodes)[0]

        async def chat() -> list[str]:
            memory = Memory.from_defaults()
            engine = ContextChatEngine.from_defaults(retriever=NewsdexRetriever(index, 1, memory=memory), memory=memory, llm=MockLLM())
            await engine.achat(senegal)
            return titles((await engine.achat(follow_up)).source_nodes)

        assert "Senegal" in asyncio.run(chat())[0]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("_collected")
def test_the_documented_chat_engine(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The last answer is about the story of the first."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## LlamaIndex\n", 1)[1].split("```python\n")[2].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    assert "Senegal" in capsys.readouterr().out


def test_awaited(sample_index: Path) -> None:
    """Several questions at once have the answers that each has alone."""
    retriever = NewsdexRetriever(sample_index, 2)
    questions = [QUESTION, "Who won the election in Mexico?"]

    async def ask() -> list[list[str]]:
        return [[n.node_id for n in nodes] for nodes in await asyncio.gather(*map(retriever.aretrieve, questions))]

    assert asyncio.run(ask()) == [[n.node_id for n in retriever.retrieve(question)] for question in questions]


def test_the_example_in_the_documentation(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands and finds what it asks for."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## LlamaIndex\n", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    assert "Blinken" in capsys.readouterr().out


def test_what_is_wrong_is_said(sample_index: Path, tmp_path: Path) -> None:
    """The errors are newsdex's own, at once where there is no index."""
    with pytest.raises(IndexMissing, match="newsdex index"):
        NewsdexRetriever(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="the question is empty"):
        NewsdexRetriever(sample_index).retrieve("")
    with pytest.raises(TypeError, match="colour"):
        NewsdexRetriever(sample_index, colour="red")
    with pytest.raises(UsageError, match="a limit of 0 is not allowed"):
        NewsdexRetriever(sample_index, similarity_top_k=0)
    with pytest.raises(UsageError, match="limit is called similarity_top_k here: expected similarity_top_k=3"):
        NewsdexRetriever(sample_index, limit=3)


def test_the_gate_as_an_evaluator(sample_index: Path) -> None:
    """The nodes of a response are what it is compared with; without them the archive is searched. Feedback is the report."""
    with Index.open(sample_index) as index:
        gate = NewsdexGate(index)
        nodes = NewsdexRetriever(index, 2, where={"type": "eq", "key": "source", "value": "The Meridian Post"}).retrieve(
            "Blinken and Wang Yi"
        )
        said = "Wang Yi spoke with Blinken for over five hours [1]. He spoke with Wang Yi for over three hours [1]."
        result = gate.evaluate_response("How long?", Response(said, source_nodes=nodes))
        assert asyncio.run(gate.aevaluate_response("How long?", Response(said, source_nodes=nodes))) == result
        assert (result.passing, result.score, result.query, result.response) == (False, 0.5, "How long?", said)
        assert [each["verdict"] for each in json.loads(result.feedback)["sentences"]] == ["supported", "partly"]
        alone = "Wang Yi spoke with Blinken for over five hours."
        assert gate.evaluate(response=alone).passing
        assert not gate.evaluate_response(response=Response(alone)).passing
        assert not gate.evaluate_response(response=Response("")).passing
        with pytest.raises(UsageError, match="contexts cannot be compared: call evaluate_response"):
            gate.evaluate(response=alone, contexts=["The weather in Oslo was fine."])
        with pytest.raises(UsageError, match="a threshold of 3 is not allowed: expected 0 to 1"):
            NewsdexGate(index, threshold=3)


def test_the_documented_gate(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the documentation finds the number that differs."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## Checking the answer\n", 1)[1].split("```python\n")[2].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    said = capsys.readouterr().out
    assert said.split()[0] in ("True", "False")

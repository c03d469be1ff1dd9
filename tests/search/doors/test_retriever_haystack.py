"""The Haystack component: what of a passage arrives in a document, filters in Haystack's form, pipelines that are saved and loaded."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["HAYSTACK_DESERIALIZATION_ALLOWLIST"] = "newsdex.search.retrievers.haystack"
pytest.importorskip("haystack", reason="pip install 'newsdex[haystack]'")

from haystack import Document, Pipeline, component
from haystack.components.builders import PromptBuilder
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore

from newsdex import Index, IndexMissing, UsageError
from newsdex.search.retrievers.haystack import NewsdexGate, NewsdexRetriever, to_filter

QUESTION = "China support for Russia"


def test_a_document_has_all_of_a_hit(sample_index: Path) -> None:
    """Text and score are in Haystack's own fields; offsets, source, date and the rest in meta."""
    found = NewsdexRetriever(str(sample_index), top_k=3).run(QUESTION)
    with Index.open(sample_index) as index:
        hits = index.search(QUESTION, limit=3)
    assert found["answerable"] is True
    for document, hit in zip(found["documents"], hits, strict=True):
        assert (document.content, document.score) == (hit.passage.text, hit.score)
        assert (document.meta["start"], document.meta["end"]) == (hit.passage.start, hit.passage.end)
        assert hit.article.text[document.meta["start"] : document.meta["end"]] == document.content
        assert (document.meta["source"], document.meta["published"]) == (hit.article.source, str(hit.article.published))
        assert document.id == f"{hit.article.id}#{hit.passage.start}-{hit.passage.end}"


def test_a_follow_up_question_has_its_topic(sample_index: Path) -> None:
    """From the history of the run, as in a search."""
    asked = {"query": "And how old is he?", "history": ["Who won the election in Senegal?"]}
    retriever = NewsdexRetriever(str(sample_index), top_k=1)
    found = retriever.run(**asked)
    assert "Senegal" in found["documents"][0].meta["title"]
    assert asyncio.run(retriever.run_async(**asked)) == found


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"field": "meta.source", "operator": "==", "value": "Reuters"}, {"type": "eq", "key": "source", "value": "Reuters"}),
        ({"field": "article_id", "operator": "not in", "value": ["a"]}, {"type": "nin", "key": "id", "value": ["a"]}),
        ({"field": "meta.url", "operator": "!=", "value": None}, {"type": "ne", "key": "url", "value": ""}),
        (
            {
                "operator": "AND",
                "conditions": [
                    {"field": "meta.published", "operator": ">=", "value": "2024-05"},
                    {"operator": "OR", "conditions": [{"field": "language", "operator": "in", "value": ["en", "de"]}]},
                ],
            },
            {
                "type": "and",
                "filters": [
                    {"type": "gte", "key": "published", "value": "2024-05"},
                    {"type": "or", "filters": [{"type": "in", "key": "language", "value": ["en", "de"]}]},
                ],
            },
        ),
    ],
    ids=["equal", "not in", "missing", "nested"],
)
def test_filters(filters: dict[str, Any], expected: dict[str, Any]) -> None:
    """Haystack's filters become those of a search."""
    assert to_filter(filters) == expected


def test_not_is_what_haystack_s_own_store_takes_it_for(sample_index: Path) -> None:
    """The same documents pass as in an InMemoryDocumentStore that has them all."""
    everything = {"mode": "dense", "min_score": 0.0, "collapse": False}
    retriever = NewsdexRetriever(str(sample_index), top_k=300, options=everything)
    store = InMemoryDocumentStore()
    store.write_documents(every := retriever.run(QUESTION)["documents"])
    parts = [
        {"field": "meta.source", "operator": "==", "value": "Harbour Courier"},
        {"field": "meta.published", "operator": ">=", "value": "2024-05-01T00:00:00"},
    ]
    for conditions in (parts[:1], parts):
        filters = {"operator": "NOT", "conditions": conditions}
        expected = {document.meta["article_id"] for document in store.filter_documents(filters)}
        assert 0 < len(expected) < len(every)
        assert {document.meta["article_id"] for document in retriever.run(QUESTION, filters=filters)["documents"]} == expected


def test_filters_hold(sample_index: Path) -> None:
    """Only documents that meet the filter come back; that of a question goes before that of the component."""
    retriever = NewsdexRetriever(str(sample_index), filters={"field": "meta.published", "operator": ">=", "value": "2024-05"})
    assert min(d.meta["published"] for d in retriever.run(QUESTION)["documents"]) >= "2024-05"
    early = retriever.run(QUESTION, filters={"field": "meta.published", "operator": "<", "value": "2024-04"})
    assert max(d.meta["published"] for d in early["documents"]) < "2024-04"


def test_in_a_pipeline(sample_index: Path) -> None:
    """A pipeline with the component can be saved, loaded, run and awaited; a prompt gets the passages."""
    pipeline = Pipeline()
    pipeline.add_component("retriever", NewsdexRetriever(str(sample_index), top_k=2, options={"until": "2024-05"}))
    template = "{% for d in documents %}{{ d.meta.source }}, {{ d.meta.published }}: {{ d.content }}\n{% endfor %}"
    pipeline.add_component("prompt", PromptBuilder(template, required_variables=["documents"]))
    pipeline.connect("retriever.documents", "prompt.documents")
    loaded = Pipeline.loads(pipeline.dumps())
    said = pipeline.run({"retriever": {"query": QUESTION}})
    assert loaded.run({"retriever": {"query": QUESTION}}) == said
    documents = NewsdexRetriever(str(sample_index), top_k=2, options={"until": "2024-05"}).run(QUESTION)["documents"]
    assert (
        said["prompt"]["prompt"].splitlines()
        == "\n".join(f"{d.meta['source']}, {d.meta['published']}: {d.content}" for d in documents).splitlines()
    )


@pytest.mark.parametrize(
    "made",
    [NewsdexRetriever("news", 3, {"field": "meta.url", "operator": "!=", "value": ""}, {"since": "30d"}), NewsdexGate("news", 0.5)],
    ids=["retriever", "gate"],
)
def test_saved_alone(made: Any) -> None:
    """A component says what it was made with, and is made of that again."""
    saved = made.to_dict()
    again = type(made).from_dict(saved)
    names = [name for name in vars(made) if not name.startswith("_")]
    assert {name: getattr(again, name) for name in names} == saved["init_parameters"] == {name: getattr(made, name) for name in names}
    assert again.to_dict() == saved


def test_awaited(sample_index: Path) -> None:
    """Several questions at once have the answers that each has alone."""
    retriever = NewsdexRetriever(str(sample_index))
    questions = [QUESTION, "Who won the election in Mexico?"]

    async def ask() -> list[dict[str, Any]]:
        return await asyncio.gather(*(retriever.run_async(question, top_k=2) for question in questions))

    assert asyncio.run(ask()) == [retriever.run(question, top_k=2) for question in questions]


def test_the_example_in_the_documentation(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands and finds what it asks for."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## Haystack\n", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    assert "Blinken" in capsys.readouterr().out


def test_what_is_wrong_is_said(sample_index: Path, tmp_path: Path) -> None:
    """The errors are newsdex's own; an index that is not there is one when it is needed, for a pipeline may be loaded before."""
    with pytest.raises(IndexMissing, match="newsdex index"):
        NewsdexRetriever(str(tmp_path / "nowhere")).run(QUESTION)
    with pytest.raises(TypeError, match="colour"):
        NewsdexRetriever(str(sample_index), options={"colour": "red"})
    with pytest.raises(UsageError, match="a limit of 0"):
        NewsdexRetriever(str(sample_index), top_k=0)
    with pytest.raises(UsageError, match="limit is called top_k here: expected top_k=2"):
        NewsdexRetriever(str(sample_index), options={"limit": 2})
    retriever = NewsdexRetriever(str(sample_index))
    with pytest.raises(UsageError, match="the question is empty"):
        retriever.run("")
    with pytest.raises(UsageError, match=r"the operator 'XOR' in a filter is unknown: expected AND, OR, NOT, =="):
        retriever.run(QUESTION, filters={"operator": "XOR", "conditions": []})
    with pytest.raises(UsageError, match="nofield"):
        retriever.run(QUESTION, filters={"field": "meta.nofield", "operator": "==", "value": "x"})


@component
class Says:
    """A model that says the same whatever it is asked."""

    @component.output_types(replies=list[ChatMessage])
    def run(self, prompt: str) -> dict[str, Any]:
        """The reply."""
        del prompt
        said = "Wang Yi spoke with Blinken for over five hours [1]. He spoke with Wang Yi for over three hours [1]."
        return {"replies": [ChatMessage.from_assistant(said)]}


def test_the_gate_in_a_pipeline(sample_index: Path) -> None:
    """The documents of the retriever are what a model's replies are compared with; a pipeline with it can be saved and loaded."""
    paper = {"field": "meta.source", "operator": "==", "value": "The Meridian Post"}
    pipeline = Pipeline()
    pipeline.add_component("retriever", NewsdexRetriever(str(sample_index), top_k=2, filters=paper))
    pipeline.add_component("model", Says())
    pipeline.add_component("gate", NewsdexGate(str(sample_index)))
    pipeline.connect("retriever.documents", "gate.documents")
    pipeline.connect("model.replies", "gate.replies")
    question = "How long did Blinken speak with Wang Yi?"
    gated = pipeline.run({"retriever": {"query": question}, "model": {"prompt": question}, "gate": {"query": question}})["gate"]
    assert (gated["accepted"], gated["replies"]) == (False, ["Wang Yi spoke with Blinken for over five hours [1]."])
    assert [each["verdict"] for each in gated["reports"][0]["sentences"]] == ["supported", "partly"]

    alone = Pipeline()
    alone.add_component("gate", NewsdexGate(str(sample_index), threshold=0.5))
    replies = ["Wang Yi spoke with Blinken for over five hours."]
    loaded = Pipeline.loads(alone.dumps()).run({"gate": {"replies": replies}})["gate"]
    assert loaded == asyncio.run(NewsdexGate(str(sample_index), threshold=0.5).run_async(replies))
    assert (loaded["accepted"], loaded["replies"]) == (True, replies)
    gate = NewsdexGate(str(sample_index))
    assert [each["verdict"] for each in gate.run(replies, documents=[])["reports"][0]["sentences"]] == ["no sources"]
    assert not gate.run([])["accepted"]
    mixed = gate.run([*replies, ""])
    assert (mixed["accepted"], mixed["replies"], [each["accepted"] for each in mixed["reports"]]) == (False, [*replies, ""], [True, False])
    with pytest.raises(UsageError, match="a threshold of 3 is not allowed: expected 0 to 1"):
        NewsdexGate(str(sample_index), threshold=3)
    with pytest.raises(UsageError, match="document 1 has no article_id"):
        NewsdexGate(str(sample_index)).run(replies, documents=[Document(content="x")])


def test_the_documented_gate(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the documentation finds the number that differs."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## Checking the answer\n", 1)[1].split("```python\n")[3].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    said = capsys.readouterr().out
    assert said == "False ['']\n"

"""The LangChain retriever: the standard tests of langchain-tests, and what of a passage arrives in a document."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

pytest.importorskip("langchain_core", reason="pip install 'newsdex[langchain]' langchain-tests")
standard = pytest.importorskip("langchain_tests.integration_tests", reason="pip install 'newsdex[langchain]' langchain-tests")

from langchain_core.documents import Document  # noqa: E402
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage  # noqa: E402
from langchain_core.prompts import ChatPromptTemplate  # noqa: E402 - the tests need langchain
from langchain_core.runnables import RunnableLambda, RunnablePassthrough  # noqa: E402

from newsdex import Index, IndexMissing, UsageError  # noqa: E402
from newsdex.output import check_record  # noqa: E402
from newsdex.search.retrievers.langchain import NewsdexGate, NewsdexRetriever  # noqa: E402

QUESTION = "China support for Russia"

pytest.mark.anyio(standard.RetrieversIntegrationTests.test_ainvoke_returns_documents)  # it may be marked, but not overridden


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The event loop of the asynchronous test."""
    return "asyncio"


class TestStandard(standard.RetrieversIntegrationTests):
    """What every retriever of LangChain must do."""

    @pytest.fixture(autouse=True)
    def _index(self, sample_index: Path) -> None:
        self._folder = str(sample_index)

    @property
    def retriever_constructor(self) -> type[NewsdexRetriever]:
        """The class under test."""
        return NewsdexRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        """Its arguments."""
        return {"index": self._folder, "k": 2}

    @property
    def retriever_query_example(self) -> str:
        """A question."""
        return QUESTION


def test_a_document_has_all_of_a_hit(sample_index: Path) -> None:
    """Text, offsets, score, source and date are those of the hit, and the offsets are those of the file."""
    index = Index.open(sample_index)
    documents = NewsdexRetriever(index=index, k=3).invoke(QUESTION)
    for document, hit in zip(documents, index.search(QUESTION, limit=3), strict=True):
        metadata = document.metadata
        assert document.page_content == hit.passage.text
        assert (metadata["start"], metadata["end"], metadata["score"]) == (hit.passage.start, hit.passage.end, hit.score)
        assert (metadata["source"], metadata["published"]) == (hit.article.source, str(hit.article.published))
        assert (metadata["title"], metadata["url"], metadata["answerable"]) == (hit.article.title, hit.article.url, True)
        assert document.id == f"{hit.article.id}#{hit.passage.start}-{hit.passage.end}"
        with Path(metadata["path"]).open(encoding="utf-8", newline="") as file:
            text = file.read()
        assert text[metadata["start"] : metadata["end"]] == document.page_content
        assert text[metadata["answer_start"] : metadata["answer_end"]] == hit.answer_text


def test_arguments_of_a_search(sample_index: Path) -> None:
    """Options of the retriever, and of one question before these; several passages an article, with neighbours."""
    retriever = NewsdexRetriever(
        index=str(sample_index), k=4, options={"until": "2024-04", "where": {"type": "eq", "key": "language", "value": "en"}}
    )
    assert {d.metadata["language"] for d in retriever.invoke("Wahl")} == {"en"}
    assert max(d.metadata["published"] for d in retriever.invoke(QUESTION)) < "2024-05"
    assert min(d.metadata["published"] for d in retriever.invoke(QUESTION, until=None, since="2024-05")) >= "2024-05"
    exact = NewsdexRetriever(index=str(sample_index), k=9).invoke('China "red lines" -lang:de')
    assert exact
    assert all("red lines" in d.page_content and d.metadata["language"] != "de" for d in exact)
    wide = retriever.invoke(QUESTION, per_article=2, context=1)
    assert len(wide) == 4
    assert wide[0].metadata["article_id"] == wide[1].metadata["article_id"]
    assert len(wide[0].page_content) > len(retriever.invoke(QUESTION)[0].page_content)
    assert all(len(d.page_content) == d.metadata["end"] - d.metadata["start"] for d in wide)


def test_the_history_of_a_chat(sample_index: Path) -> None:
    """Messages are taken as a chat has them: what the model said is left out."""
    retriever = NewsdexRetriever(index=str(sample_index), k=1)
    question = "Who won the election in Senegal?"
    expected = retriever.invoke("And how old is he?", history=[question])
    assert "Senegal" in expected[0].metadata["title"]
    said = [SystemMessage("You answer about Kenya."), HumanMessage(question), AIMessage("Claudia Sheinbaum won in Mexico.")]
    assert retriever.invoke("And how old is he?", history=said) == expected
    assert asyncio.run(retriever.ainvoke("And how old is he?", history=said)) == expected
    with pytest.raises(UsageError, match=r"a history of .* is not allowed: expected a list"):
        retriever.invoke("And how old is he?", history=question)


def test_nothing_good_enough(sample_index: Path) -> None:
    """The documents say so, and with min_score they are not there."""
    retriever = NewsdexRetriever(index=str(sample_index))
    unrelated = "zygomorphic orchid pollination xylem"
    assert {d.metadata["answerable"] for d in retriever.invoke(unrelated)} == {False}
    assert retriever.invoke(unrelated, min_score=0.5) == []


def test_in_a_chain(sample_index: Path) -> None:
    """It is a runnable: piped into a prompt, asked for several questions at once, awaited, at most k documents each."""
    retriever = NewsdexRetriever(index=str(sample_index), k=2)
    join = RunnableLambda(lambda documents: "\n".join(d.page_content for d in documents))
    chain = {"context": retriever | join, "question": RunnablePassthrough()} | ChatPromptTemplate.from_template("{context}\n\n{question}")
    said = chain.invoke(QUESTION).to_string()
    assert said.endswith(QUESTION)
    assert retriever.invoke(QUESTION)[0].page_content in said
    questions = [QUESTION, "Who won the election in Mexico?", "eclipse"]
    assert retriever.batch(questions) == [retriever.invoke(question) for question in questions]

    async def ask() -> list[Any]:
        return await asyncio.gather(*(retriever.ainvoke(question, k=1) for question in questions))

    assert [documents[0] for documents in asyncio.run(ask())] == [retriever.invoke(question)[0] for question in questions]


def test_the_example_in_the_documentation(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It runs as it stands and finds what it asks for."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## LangChain\n", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    assert "Blinken" in capsys.readouterr().out


def test_what_is_wrong_is_said(sample_index: Path, tmp_path: Path) -> None:
    """The errors are newsdex's own, at once where there is no index."""
    with pytest.raises(IndexMissing, match="newsdex index"):
        NewsdexRetriever(index=tmp_path / "nowhere")
    with pytest.raises(TypeError, match="colour"):
        NewsdexRetriever(index=sample_index, options={"colour": "red"})
    with pytest.raises(UsageError, match="a limit of 0 is not allowed"):
        NewsdexRetriever(index=sample_index, k=0)
    retriever = NewsdexRetriever(index=sample_index)
    with pytest.raises(UsageError, match="the question is empty"):
        retriever.invoke(" ")
    with pytest.raises(UsageError, match="a limit of 0 is not allowed"):
        retriever.invoke(QUESTION, k=0)
    with pytest.raises(TypeError, match="colour"):
        retriever.invoke(QUESTION, colour="red")
    for use in (lambda: retriever.invoke(QUESTION, limit=2), lambda: NewsdexRetriever(index=sample_index, options={"limit": 2})):
        with pytest.raises(UsageError, match="limit is called k here: expected k=2"):
            use()


TRUE = "Wang Yi spoke with Blinken for over five hours [1]."
FALSE = "He spoke with Wang Yi for over three hours [1]."


def test_the_gate_in_a_chain(sample_index: Path) -> None:
    """The documents of the retriever are what the answer is compared with, by their numbers; the report is that of Index.check."""
    with Index.open(sample_index) as index:
        retriever = NewsdexRetriever(index=index, k=2, options={"where": {"type": "eq", "key": "source", "value": "The Meridian Post"}})
        model = RunnableLambda(lambda _question: AIMessage(f"{TRUE} {FALSE}"))
        report = ({"documents": retriever, "answer": model} | NewsdexGate(index=index)).invoke("How long did Blinken speak with Wang Yi?")
        documents = retriever.invoke("How long did Blinken speak with Wang Yi?")
        assert report == check_record(index.check(f"{TRUE} {FALSE}", hits=[each.metadata["article_id"] for each in documents]))
    assert [each["verdict"] for each in report["sentences"]] == ["supported", "partly"]
    assert (report["accepted"], report["rewritten"]) == (False, TRUE)


def test_the_gate_of_an_answer_alone(sample_index: Path) -> None:
    """Text, a message or a mapping; without documents the archive is searched; with none that were found, nothing supports it."""
    gate = NewsdexGate(index=sample_index, threshold=0.5)
    alone = "Wang Yi spoke with Blinken for over five hours."
    assert gate.invoke(alone) == gate.invoke(AIMessage(alone)) == gate.invoke({"answer": alone}) == asyncio.run(gate.ainvoke(alone))
    assert gate.invoke(alone)["accepted"]
    assert [each["verdict"] for each in gate.invoke({"answer": alone, "documents": []})["sentences"]] == ["no sources"]
    assert (gate.invoke(" ")["accepted"], gate.invoke(AIMessage(""))["rewritten"]) == (False, "")
    with pytest.raises(UsageError, match=r"a threshold of 3\.0 is not allowed: expected 0 to 1"):
        NewsdexGate(index=sample_index, threshold=3)
    with pytest.raises(UsageError, match="document 1 has no article_id: expected documents of NewsdexRetriever"):
        gate.invoke({"answer": alone, "documents": [Document("x")]})


def test_the_documented_gate(sample_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the documentation finds the number that differs."""
    page = (ROOT / "docs" / "RETRIEVERS.md").read_text(encoding="utf-8")
    example = page.split("## Checking the answer\n", 1)[1].split("```python\n")[1].split("```", 1)[0]
    monkeypatch.chdir(sample_index.parent)
    exec(example, {})
    said = capsys.readouterr().out
    assert "'claimed': 'three', 'found': 'five'" in said
    assert said.endswith("False \n")

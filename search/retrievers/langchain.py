"""A retriever and a check of answers for LangChain (https://docs.langchain.com): ``pip install '.[langchain]'``.

from newsdex.search.retrievers.langchain import NewsdexRetriever

retriever = NewsdexRetriever(index="index_data", k=5)
for document in retriever.invoke("China support for Russia"):
    print(document.metadata["source"], document.metadata["published"], document.page_content)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict, Field, PrivateAttr

from newsdex.search.index import Index
from newsdex.search.retrievers.passages import IndexOrFolder, check_options, check_threshold, checked, opened, retrieve


class NewsdexRetriever(BaseRetriever):
    """Documents are passages; an article's fields, ``start``, ``end`` and ``score`` are in their metadata.

    ``index`` is an open Index, or a folder that is opened at once. ``k`` is the number of documents, and ``options`` are other arguments of
    Index.search, such as ``{"since": "30d"}``. ``invoke`` and ``ainvoke`` also take ``k`` and these arguments, for one question; the
    ``history`` can be LangChain's messages, of which the user's are read.

    Raises as Index.open and Index.search.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    index: IndexOrFolder = "index_data"
    k: int = 5
    options: dict[str, Any] = Field(default_factory=dict)
    _index: Index = PrivateAttr()

    def model_post_init(self, _context: Any, /) -> None:
        """Open the index, and check the options."""
        check_options(self.k, self.options, "k")
        self._index = opened(self.index)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None, **options: Any
    ) -> list[Document]:
        del run_manager
        if isinstance(history := options.get("history"), list | tuple):
            said = [each for each in history if not isinstance(each, BaseMessage) or each.type == "human"]
            options["history"] = [str(each.text) if isinstance(each, BaseMessage) else each for each in said]
        check_options(self.k if k is None else k, options, "k")
        passages = retrieve(self._index, query, self.k if k is None else k, self.options | options)
        return [Document(page_content=found.text, id=found.id, metadata=dict(found.fields)) for found in passages]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None, **options: Any
    ) -> list[Document]:
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), k=k, **options)


class NewsdexGate(RunnableSerializable[Any, dict[str, Any]]):
    """Checks, sentence by sentence, whether the archive supports an answer. Returns the report of ``newsdex check --json`` with
    ``accepted``, ``rewritten``, ``sentences`` and so on.

    The input is the answer alone, as text or a message, or ``{"answer": ..., "documents": [...], "question": "..."}``; documents and
    question are optional. ``[1]`` in the answer cites the first document. Without ``documents``, the archive is searched; an empty list
    means that there are no sources. ``threshold`` is the fraction of the sentences, 0 to 1, that must be supported.

    Raises as Index.open and Index.check.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    index: IndexOrFolder = "index_data"
    threshold: float = 0.8
    _index: Index = PrivateAttr()

    def model_post_init(self, _context: Any, /) -> None:
        """Open the index, and check the threshold."""
        check_threshold(self.threshold)
        self._index = opened(self.index)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> dict[str, Any]:  # noqa: A002 - the framework's name
        """The report on an answer."""
        report: dict[str, Any] = self._call_with_config(self._report, input, config)
        return report

    def _report(self, given: Any) -> dict[str, Any]:
        asked = given if isinstance(given, Mapping) else {"answer": given}
        answer, documents = asked.get("answer"), asked.get("documents")
        passages = None if documents is None else [document.metadata for document in documents]
        text = str(answer.text) if isinstance(answer, BaseMessage) else answer
        return checked(self._index, text, str(asked.get("question") or ""), passages, self.threshold)

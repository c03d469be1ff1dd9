"""A retriever for LangChain (https://docs.langchain.com): ``pip install 'newsdex[langchain]'``.

from newsdex.search.retrievers.langchain import NewsdexRetriever

retriever = NewsdexRetriever(index="index_data", k=5)
for document in retriever.invoke("China support for Russia"):
    print(document.metadata["source"], document.metadata["published"], document.page_content)
"""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, PrivateAttr

from newsdex.search.index import Index
from newsdex.search.retrievers.passages import IndexOrFolder, opened, retrieve


class NewsdexRetriever(BaseRetriever):
    """Documents are passages; an article's fields, ``start``, ``end`` and ``score`` are in their metadata.

    ``index`` is an open Index, or the folder of one, opened at once; ``k`` is how many documents there shall be, and ``options`` are other
    arguments of Index.search, such as ``{"since": "30d"}``. ``invoke`` and ``ainvoke`` take ``k`` and these arguments as well, for one
    question.

    Raises as Index.open and Index.search.
    """

    index: IndexOrFolder = "index_data"
    k: int = 5
    options: dict[str, Any] = Field(default_factory=dict)
    _index: Index = PrivateAttr()

    def model_post_init(self, _context: Any, /) -> None:
        """Open the index."""
        self._index = opened(self.index)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None, **options: Any
    ) -> list[Document]:
        del run_manager
        passages = retrieve(self._index, query, self.k if k is None else k, self.options | options)
        return [Document(page_content=found.text, id=found.id, metadata=dict(found.fields)) for found in passages]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None, **options: Any
    ) -> list[Document]:
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), k=k, **options)

"""A retriever for LlamaIndex (https://docs.llamaindex.ai): ``pip install 'newsdex[llama-index]'``.

from newsdex.search.retrievers.llama_index import NewsdexRetriever

retriever = NewsdexRetriever("index_data", similarity_top_k=5)
for found in retriever.retrieve("China support for Russia"):
    print(found.score, found.node.metadata["source"], found.node.get_content())
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from newsdex.search.retrievers.passages import Found, IndexOrFolder, opened, retrieve

# The metadata that a language model reads before the passage, in this order; the rest is for programs.
_READ = ("title", "source", "published", "url")


class NewsdexRetriever(BaseRetriever):
    """Nodes are passages, with ``start_char_idx``, ``end_char_idx`` and ``score`` in the places that LlamaIndex has for them.

    The article is the node's source; its fields, as far as they are known, are the metadata.
    """

    def __init__(
        self,
        index: IndexOrFolder = "index_data",
        similarity_top_k: int = 5,
        callback_manager: CallbackManager | None = None,
        **options: Any,
    ) -> None:
        """``index`` is an open Index, or the folder of one, opened at once; ``options`` are other arguments of Index.search, such as
        ``since="30d"``.

        Raises as Index.open.
        """
        super().__init__(callback_manager=callback_manager)
        self.similarity_top_k = similarity_top_k
        self._index = opened(index)
        self._options = options

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(retrieve(self._index, query_bundle.query_str, self.similarity_top_k, self._options))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _nodes(passages: Sequence[Found]) -> list[NodeWithScore]:
    return [NodeWithScore(node=_node(found), score=found.score) for found in passages]


def _node(found: Found) -> TextNode:
    metadata = {name: found.fields[name] for name in (*_READ, *found.fields) if found.fields[name] is not None}
    hidden = [name for name in metadata if name not in _READ]
    return TextNode(
        id_=found.id,
        text=found.text,
        start_char_idx=found.fields["start"],
        end_char_idx=found.fields["end"],
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=found.fields["article_id"])},
    )

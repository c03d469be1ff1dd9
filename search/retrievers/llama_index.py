"""A retriever and a check of answers for LlamaIndex (https://docs.llamaindex.ai): ``pip install '.[llama-index]'``.

from newsdex.search.retrievers.llama_index import NewsdexRetriever

retriever = NewsdexRetriever("index_data", similarity_top_k=5)
for found in retriever.retrieve("China support for Russia"):
    print(found.score, found.node.metadata["source"], found.node.get_content())
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.evaluation import BaseEvaluator, EvaluationResult
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.memory import BaseMemory
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from newsdex.errors import UsageError
from newsdex.search.retrievers.passages import FIELDS, Found, IndexOrFolder, check_options, check_threshold, checked, opened, retrieve

# The metadata that a language model reads before the passage, in this order; the rest is for programs.
_READ = ("flag", "title", "source", "published", "url")
# LlamaIndex's operators as newsdex.search.question.filters calls them.
_COMPARISONS: Mapping[FilterOperator, str] = {
    FilterOperator.EQ: "eq",
    FilterOperator.NE: "ne",
    FilterOperator.GT: "gt",
    FilterOperator.GTE: "gte",
    FilterOperator.LT: "lt",
    FilterOperator.LTE: "lte",
    FilterOperator.IN: "in",
    FilterOperator.NIN: "nin",
    FilterOperator.ANY: "in",
    FilterOperator.CONTAINS: "eq",  # any item of a list
    FilterOperator.IS_EMPTY: "eq",
    FilterOperator.TEXT_MATCH: "contains",
    FilterOperator.TEXT_MATCH_INSENSITIVE: "contains",
}


class NewsdexRetriever(BaseRetriever):
    """Nodes are passages, with LlamaIndex's own ``start_char_idx``, ``end_char_idx`` and ``score``.

    The article is the node's source; its known fields are the metadata.
    """

    def __init__(
        self,
        index: IndexOrFolder = "index_data",
        similarity_top_k: int = 5,
        callback_manager: CallbackManager | None = None,
        memory: BaseMemory | None = None,
        filters: MetadataFilters | None = None,
        **options: Any,
    ) -> None:
        """``index`` is an open Index, or a folder that is opened at once; ``options`` are other arguments of Index.search, such as
        ``since="30d"``. ``filters`` are LlamaIndex's, on the nodes' metadata. ``memory`` is a chat engine's memory with the earlier
        messages; the user's messages in it become the ``history``.

        Raises as Index.open, and as Index.search for options that it does not take.
        """
        super().__init__(callback_manager=callback_manager)
        if filters is not None:
            where = to_filter(filters)
            options["where"] = {"type": "and", "filters": [where, options["where"]]} if options.get("where") else where
        self.similarity_top_k = similarity_top_k
        check_options(similarity_top_k, options, "similarity_top_k")
        self._index = opened(index)
        self._options = options
        self._memory = memory

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(query_bundle, self._memory.get_all() if self._memory else [])

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        said = await self._memory.aget_all() if self._memory else []
        return await asyncio.to_thread(self._nodes, query_bundle, said)

    def _nodes(self, query_bundle: QueryBundle, said: Sequence[ChatMessage]) -> list[NodeWithScore]:
        asked = [message.content for message in said if message.role == MessageRole.USER and message.content]
        options = {**self._options, "history": asked} if self._memory else self._options
        passages = retrieve(self._index, query_bundle.query_str, self.similarity_top_k, options)
        return [NodeWithScore(node=_node(found), score=found.score) for found in passages]


def to_filter(filters: MetadataFilters | MetadataFilter) -> dict[str, Any]:
    """Convert LlamaIndex's ``filters`` to a filter of Index.search."""
    if isinstance(filters, MetadataFilters):
        condition = (filters.condition or FilterCondition.AND).value
        return {"type": condition, "filters": [*map(to_filter, filters.filters)]}
    key, value = FIELDS.get(filters.key, filters.key), "" if filters.value is None else filters.value
    if filters.operator == FilterOperator.ALL:
        each = value if isinstance(value, list) else [value]
        return {"type": "and", "filters": [{"type": "eq", "key": key, "value": one} for one in each]}
    return {"type": _COMPARISONS[filters.operator], "key": key, "value": value}


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


class NewsdexGate(BaseEvaluator):
    """Checks whether the archive supports an answer: ``passing``, ``score`` (the fraction of supported sentences), and ``feedback``, the
    JSON of ``newsdex check --json``.

    ``evaluate_response`` compares with the nodes of the response, of which there may be none; ``[1]`` in the answer cites the first.
    ``evaluate`` searches the archive.
    """

    def __init__(self, index: IndexOrFolder = "index_data", threshold: float = 0.8) -> None:
        """``index`` is an open Index, or a folder that is opened at once; ``threshold`` is the fraction of the sentences, 0 to 1, that must
        be supported.

        Raises as Index.open, and UsageError for the threshold.
        """
        self._threshold = check_threshold(threshold)
        self._index = opened(index)

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        del prompts  # there are none: no model is asked

    async def aevaluate(
        self, query: str | None = None, response: str | None = None, contexts: Sequence[str] | None = None, **_: Any
    ) -> EvaluationResult:
        """Return the report on an answer, compared with the whole archive.

        Raises as Index.check, and UsageError for ``contexts``, because texts do not tell the articles that they are from.
        """
        if contexts is not None:
            raise UsageError("contexts cannot be compared: call evaluate_response with the retriever's nodes, or leave contexts out")
        return await asyncio.to_thread(self._result, query, response, None, None)

    def evaluate_response(self, query: str | None = None, response: Response | None = None, **_: Any) -> EvaluationResult:
        """Return the report on an answer, compared with its nodes.

        Raises as Index.check, and UsageError if a node is not from NewsdexRetriever.
        """
        nodes = response.source_nodes if response else []
        contexts = [found.get_content() for found in nodes]
        return self._result(query, response and response.response, contexts, [found.metadata for found in nodes])

    async def aevaluate_response(self, query: str | None = None, response: Response | None = None, **_: Any) -> EvaluationResult:
        """Run ``evaluate_response`` in another thread, without blocking the event loop."""
        return await asyncio.to_thread(self.evaluate_response, query, response)

    def _result(
        self, query: str | None, response: str | None, contexts: Sequence[str] | None, passages: Sequence[Mapping[str, Any]] | None
    ) -> EvaluationResult:
        report = checked(self._index, response or "", query or "", passages, self._threshold)
        return EvaluationResult(
            query=query,
            contexts=contexts,
            response=response,
            passing=report["accepted"],
            score=report["score"],
            feedback=json.dumps(report),
        )

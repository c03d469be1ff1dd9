"""A retriever and a check of answers for Haystack (https://docs.haystack.deepset.ai): ``pip install '.[haystack]'``.

from newsdex.search.retrievers.haystack import NewsdexRetriever

retriever = NewsdexRetriever("index_data", top_k=5)
for document in retriever.run("China support for Russia")["documents"]:
    print(document.score, document.meta["source"], document.content)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.dataclasses import ChatMessage

from newsdex.errors import UsageError
from newsdex.search.index import Index
from newsdex.search.retrievers.passages import FIELDS, check_options, check_threshold, checked, retrieve

# Haystack's operators as newsdex.search.question.filters calls them.
_COMPARISONS = {"==": "eq", "!=": "ne", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "in": "in", "not in": "nin"}
_COMPOUNDS = {"AND": "and", "OR": "or"}


class _Component:
    """A component of an index. Arguments and attributes have the same names, because Haystack saves components by them."""

    index_dir: str
    _index: Index | None = None

    def warm_up(self) -> None:
        """Open the index now instead of at the first question or answer. Raises as Index.open."""
        self._opened()

    def _opened(self) -> Index:
        if self._index is None:
            self._index = Index.open(self.index_dir)
        return self._index

    def to_dict(self) -> dict[str, Any]:
        """Return the component as plain values."""
        saved: dict[str, Any] = default_to_dict(self, **{name: value for name, value in vars(self).items() if not name.startswith("_")})
        return saved

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any:
        """Return the component from the ``data`` of ``to_dict``."""
        return default_from_dict(cls, data)


@component
class NewsdexRetriever(_Component):
    """Documents are passages, with their score; an article's fields, ``start`` and ``end`` are in their meta.

    All arguments are plain values, so that a pipeline with it can be saved.
    """

    def __init__(
        self, index_dir: str = "index_data", top_k: int = 5, filters: dict[str, Any] | None = None, options: dict[str, Any] | None = None
    ) -> None:
        """``filters``: Haystack's, on the fields in meta; ``options``: other arguments of Index.search, such as ``{"since": "30d"}``.

        Raises as Index.search for options that it does not take.
        """
        check_options(top_k, options or {}, "top_k")
        self.index_dir = index_dir
        self.top_k = top_k
        self.filters = filters
        self.options = options

    @component.output_types(documents=list[Document], answerable=bool)
    def run(
        self, query: str, top_k: int | None = None, filters: dict[str, Any] | None = None, history: list[str] | None = None
    ) -> dict[str, Any]:
        """Return ``documents``, best first, and ``answerable``: whether the best is good enough to count as an answer. ``top_k`` and
        ``filters`` override those of the retriever. ``history`` has the earlier questions of the conversation, oldest first.

        Raises as Index.open and Index.search.
        """
        chosen = self.filters if filters is None else filters
        asked = {**(self.options or {}), **({"where": to_filter(chosen)} if chosen else {}), **({"history": history} if history else {})}
        passages = retrieve(self._opened(), query, self.top_k if top_k is None else top_k, asked)
        documents = [Document(id=found.id, content=found.text, meta=dict(found.fields), score=found.score) for found in passages]
        return {"documents": documents, "answerable": any(found.fields["answerable"] for found in passages)}

    @component.output_types(documents=list[Document], answerable=bool)
    async def run_async(
        self, query: str, top_k: int | None = None, filters: dict[str, Any] | None = None, history: list[str] | None = None
    ) -> dict[str, Any]:
        """Run ``run`` in another thread, without blocking the event loop."""
        return await asyncio.to_thread(self.run, query, top_k, filters, history)


@component
class NewsdexGate(_Component):
    """Checks, sentence by sentence, whether the archive supports answers.

    All arguments are plain values, so that a pipeline with it can be saved.
    """

    def __init__(self, index_dir: str = "index_data", threshold: float = 0.8) -> None:
        """``threshold`` is the fraction of an answer's sentences, 0 to 1, that must be supported. Raises UsageError."""
        self.index_dir = index_dir
        self.threshold = check_threshold(threshold)

    @component.output_types(accepted=bool, replies=list[str], reports=list[dict[str, Any]])
    def run(self, replies: list[str] | list[ChatMessage], documents: list[Document] | None = None, query: str = "") -> dict[str, Any]:
        """Return ``replies`` without unsupported sentences, their ``reports`` as in ``newsdex check --json``, and whether all are
        ``accepted``; without a reply, none is. ``[1]`` in a reply cites the first of ``documents``. If ``documents`` is None, the archive
        is searched; an empty list means that there are no sources.

        Raises as Index.open and Index.check, and UsageError if a document is not from NewsdexRetriever.
        """
        passages = None if documents is None else [document.meta for document in documents]
        texts = [reply if isinstance(reply, str) else reply.text or "" for reply in replies]
        reports = [checked(self._opened(), text, query, passages, self.threshold) for text in texts]
        return {
            "accepted": bool(reports) and all(report["accepted"] for report in reports),
            "replies": [report["rewritten"] for report in reports],
            "reports": reports,
        }

    @component.output_types(accepted=bool, replies=list[str], reports=list[dict[str, Any]])
    async def run_async(
        self, replies: list[str] | list[ChatMessage], documents: list[Document] | None = None, query: str = ""
    ) -> dict[str, Any]:
        """Run ``run`` in another thread, without blocking the event loop."""
        return await asyncio.to_thread(self.run, replies, documents, query)


def to_filter(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Convert Haystack's ``filters`` to a filter of Index.search. Raises UsageError for an operator without a counterpart."""
    sign = filters.get("operator")
    if sign == "NOT":  # as Haystack's own stores: not all of them
        return {"type": "not", "filters": [to_filter({**filters, "operator": "AND"})]}
    if sign in _COMPOUNDS:
        return {"type": _COMPOUNDS[sign], "filters": [to_filter(part) for part in filters.get("conditions", [])]}
    if sign not in _COMPARISONS:
        raise UsageError(f"the operator {sign!r} in a filter is unknown: expected {', '.join((*_COMPOUNDS, 'NOT', *_COMPARISONS))}")
    key = str(filters.get("field", "")).removeprefix("meta.")
    value = filters.get("value")
    return {"type": _COMPARISONS[sign], "key": FIELDS.get(key, key), "value": "" if value is None else value}

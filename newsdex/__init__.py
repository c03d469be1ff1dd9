"""newsdex: a searchable index of articles that answers questions with passages, each with the exact place it comes from.

    from newsdex import Index

    with Index.open("index_data") as index:
        for hit in index.search("China support for Russia", limit=5):
            print(f"{hit.score:.2f}  {hit.article.title}: {hit.answer_text}")

Names are loaded on first use (PEP 562): importing newsdex loads neither numpy nor faiss.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsdex.errors import (
        ArticleMissing as ArticleMissing,
    )
    from newsdex.errors import (
        FilterTooCostly as FilterTooCostly,
    )
    from newsdex.errors import (
        IndexBusy as IndexBusy,
    )
    from newsdex.errors import (
        IndexDamaged as IndexDamaged,
    )
    from newsdex.errors import (
        IndexFolderError as IndexFolderError,
    )
    from newsdex.errors import (
        IndexMissing as IndexMissing,
    )
    from newsdex.errors import (
        IndexTooNew as IndexTooNew,
    )
    from newsdex.errors import (
        IndexTooOld as IndexTooOld,
    )
    from newsdex.errors import (
        IndexUnfinished as IndexUnfinished,
    )
    from newsdex.errors import (
        IndexUnwritable as IndexUnwritable,
    )
    from newsdex.errors import (
        ModelError as ModelError,
    )
    from newsdex.errors import (
        ModelMismatch as ModelMismatch,
    )
    from newsdex.errors import (
        NewsdexError as NewsdexError,
    )
    from newsdex.errors import (
        OutOfTime as OutOfTime,
    )
    from newsdex.errors import (
        ServerError as ServerError,
    )
    from newsdex.errors import (
        ServerRefused as ServerRefused,
    )
    from newsdex.errors import (
        ServerTooOld as ServerTooOld,
    )
    from newsdex.errors import (
        ServerUnreachable as ServerUnreachable,
    )
    from newsdex.errors import (
        SourceError as SourceError,
    )
    from newsdex.errors import (
        UsageError as UsageError,
    )
    from newsdex.indexer.build import Options as Options
    from newsdex.indexer.build import index_paths as index_paths
    from newsdex.indexer.report import Problem as Problem
    from newsdex.indexer.report import Report as Report
    from newsdex.quotation import QuoteReport as QuoteReport
    from newsdex.records import Article as Article
    from newsdex.records import Copy as Copy
    from newsdex.records import Hit as Hit
    from newsdex.records import Match as Match
    from newsdex.records import Passage as Passage
    from newsdex.records import Published as Published
    from newsdex.records import Results as Results
    from newsdex.records import Span as Span
    from newsdex.search.answer.context import Context as Context
    from newsdex.search.answer.context import Excerpt as Excerpt
    from newsdex.search.index import Index as Index
    from newsdex.settings import Chunking as Chunking

_HOMES = {
    "newsdex.errors": (
        "ArticleMissing", "FilterTooCostly", "IndexBusy", "IndexDamaged", "IndexFolderError", "IndexMissing", "IndexTooNew", "IndexTooOld", "IndexUnfinished",
        "IndexUnwritable", "ModelError", "ModelMismatch", "NewsdexError", "OutOfTime", "ServerError", "ServerRefused", "ServerTooOld", "ServerUnreachable", "SourceError",
        "UsageError",
    ),
    "newsdex.indexer.build": ("Options", "index_paths"),
    "newsdex.indexer.report": ("Problem", "Report"),
    "newsdex.quotation": ("QuoteReport",),
    "newsdex.records": ("Article", "Copy", "Hit", "Match", "Passage", "Published", "Results", "Span"),
    "newsdex.search.answer.context": ("Context", "Excerpt"),
    "newsdex.search.index": ("Index",),
    "newsdex.settings": ("Chunking",),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - a list, made from the table above


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]

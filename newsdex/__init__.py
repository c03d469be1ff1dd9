"""newsdex: a searchable index of articles that answers questions with passages and their exact places.

    from newsdex import Index

    with Index.open("index_data") as index:
        for hit in index.search("China support for Russia", limit=5):
            print(f"{hit.score:.2f}  {hit.article.title}: {hit.answer_text}")

Names are loaded on first use (PEP 562): importing newsdex loads neither numpy nor faiss.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# One statement per module, not per name.
# isort: off
if TYPE_CHECKING:
    __version__: str

    from newsdex.errors import (
        ArticleMissing as ArticleMissing, Conflict as Conflict, FilterTooCostly as FilterTooCostly, IndexBusy as IndexBusy,
        IndexClosed as IndexClosed, IndexDamaged as IndexDamaged,
        IndexFolderError as IndexFolderError, IndexMissing as IndexMissing, IndexTooNew as IndexTooNew, IndexTooOld as IndexTooOld,
        IndexUnfinished as IndexUnfinished, IndexUnwritable as IndexUnwritable, ModelError as ModelError, ModelMismatch as ModelMismatch,
        NewsdexError as NewsdexError, OutOfTime as OutOfTime, ServerError as ServerError, ServerRefused as ServerRefused,
        ServerTooOld as ServerTooOld, ServerUnreachable as ServerUnreachable, SourceError as SourceError, UsageError as UsageError,
    )  # fmt: skip
    from newsdex.indexer.build import Options as Options, add_articles as add_articles, index_paths as index_paths
    from newsdex.indexer.report import Problem as Problem, Report as Report
    from newsdex.indexer.upkeep.marking import Marking as Marking, mark_article as mark_article
    from newsdex.indexer.upkeep.rebuild import rebuild_index as rebuild_index, rollback_index as rollback_index
    from newsdex.indexer.upkeep.takedown import Takedown as Takedown, delete_articles as delete_articles
    from newsdex.records import (
        Article as Article, Copy as Copy, Hit as Hit, Match as Match, Part as Part, Passage as Passage, Period as Period,
        Published as Published, Results as Results, Span as Span,
    )  # fmt: skip
    from newsdex.output import hit_record as hit_record
    from newsdex.reports import (
        AnswerReport as AnswerReport, CheckedSentence as CheckedSentence, Discrepancy as Discrepancy, QuoteReport as QuoteReport,
        Thread as Thread,
    )  # fmt: skip
    from newsdex.search.answer.context import Context as Context, Excerpt as Excerpt
    from newsdex.search.index import Index as Index
    from newsdex.search.listing import Listed as Listed
    from newsdex.search.lookups.facets import Facet as Facet, Facets as Facets, Timeline as Timeline
    from newsdex.search.lookups.lookup import Overview as Overview
    from newsdex.search.lookups.suggest import Hint as Hint
    from newsdex.search.options import SearchOptions as SearchOptions
    from newsdex.search.request import Request as Request, request_of as request_of
    from newsdex.search.writing.answer import ChatModel as ChatModel, Event as Event, Writer as Writer
    from newsdex.settings import Chunking as Chunking
# isort: on

_HOMES = {
    "newsdex.errors": (
        "ArticleMissing", "Conflict", "FilterTooCostly", "IndexBusy", "IndexClosed", "IndexDamaged", "IndexFolderError", "IndexMissing",
        "IndexTooNew", "IndexTooOld", "IndexUnfinished", "IndexUnwritable", "ModelError", "ModelMismatch", "NewsdexError",
        "OutOfTime", "ServerError", "ServerRefused", "ServerTooOld", "ServerUnreachable", "SourceError", "UsageError",
    ),
    "newsdex.indexer.build": ("Options", "add_articles", "index_paths"),
    "newsdex.indexer.report": ("Problem", "Report"),
    "newsdex.indexer.upkeep.marking": ("Marking", "mark_article"),
    "newsdex.indexer.upkeep.rebuild": ("rebuild_index", "rollback_index"),
    "newsdex.indexer.upkeep.takedown": ("Takedown", "delete_articles"),
    "newsdex.output": ("hit_record",),
    "newsdex.records": ("Article", "Copy", "Hit", "Match", "Part", "Passage", "Period", "Published", "Results", "Span"),
    "newsdex.reports": ("AnswerReport", "CheckedSentence", "Discrepancy", "QuoteReport", "Thread"),
    "newsdex.search.answer.context": ("Context", "Excerpt"),
    "newsdex.search.index": ("Index",),
    "newsdex.search.listing": ("Listed",),
    "newsdex.search.lookups.facets": ("Facet", "Facets", "Timeline"),
    "newsdex.search.lookups.lookup": ("Overview",),
    "newsdex.search.lookups.suggest": ("Hint",),
    "newsdex.search.options": ("SearchOptions",),
    "newsdex.search.request": ("Request", "request_of"),
    "newsdex.search.writing.answer": ("ChatModel", "Event", "Writer"),
    "newsdex.settings": ("Chunking",),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - a list, made from the table above


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]

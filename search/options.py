"""The options of a search, each defined once: the flags of the command line, the parameters of HTTP and MCP, the checks of a Request and
the table in docs/PYTHON.md are made from these definitions. This module loads nothing else of newsdex.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypedDict, get_args

if TYPE_CHECKING:
    from newsdex.search.question.filters import Filter

Mode = Literal["hybrid", "dense", "lexical"]
Sort = Literal["relevance", "date", "oldest"]
Door = Literal["cli", "http", "mcp"]


class Option(NamedTuple):
    """The description of an option. Its name, type and default are in newsdex.search.request.Request.

    ``flag_help`` replaces ``help`` on the command line, ``served_help`` in HTTP and MCP. ``within`` is the allowed range; HTTP allows at
    most ``http``, MCP at most ``mcp`` (default: ``http``). ``doors`` are the interfaces that offer the option. ``called`` is the name of
    its value in messages, ``see`` a page of docs/. ``flag`` and ``metavar`` replace the usual ones on the command line.
    """

    help: str
    flag_help: str = ""
    within: tuple[int, int] | None = None
    http: int = 0
    mcp: int = 0
    doors: tuple[Door, ...] = ("cli", "http", "mcp")
    called: str = ""
    flag: str = ""
    metavar: str | None = None
    see: str = ""
    served_help: str = ""


_NOT_MCP: tuple[Door, ...] = ("cli", "http")
_FILTER = 'Only articles that match this filter, such as `{"type": "eq", "key": "source", "value": "Harbour Courier"}`.'
_READ_DATES = 'Use a date in the question, such as "in April 2024", as a filter.'
_NO_DATES = 'Do not read dates in the question, such as "in April 2024".'
_RERANK = "Reorder the best hits with a cross-encoder: a name or a folder; true: the one set by Index.use_reranker."
_RERANK_FLAG = "Reorder the best hits with this cross-encoder: a name or a folder."
_RERANK_SERVED = "Reorder the best hits with the server's cross-encoder."
_HISTORY = "Earlier questions of the same person, oldest first. They complete a follow-up question."
_HISTORY_FLAG = "An earlier question, which QUESTION follows up; can be repeated, oldest first."
_WHERE = 'Only articles that meet this condition, such as "section=Sport"; also !=, <, <=, >, >=; can be repeated.'
_SINCE = "Published on that day or later: 2024-04-26, 26.4.2024, 2024-04, 2024, 30d, 2w."
_FOLD = "Fold copies of an article into one hit."
_NO_FOLD = "Show copies of an article as separate hits."
_BESIDE = "Neighbouring passages to add on either side."
_BESIDE_FLAG = "Neighbouring passages to show on either side."


class SearchOptions(TypedDict, total=False):
    """The options of Index.search, without the question."""

    limit: Annotated[int, Option("Articles to find.", "Articles to show.", (1, 10_000), http=100, mcp=50, flag="-n")]
    offset: Annotated[int, Option("Articles to skip at the beginning.", "Skip the first N articles.", (0, 10_000), http=1_000)]
    since: Annotated[str | date | None, Option(_SINCE, see="FILTERS.md#dates")]
    until: Annotated[str | date | None, Option("Published on that day or earlier.")]
    on: Annotated[str | date | None, Option("Published on that day, or in that month or year.")]
    as_of: Annotated[str | date | None, Option("Search the archive as it was on that day.")]
    where: Annotated["Mapping[str, Any] | Filter | None", Option(_FILTER, doors=(), see="FILTERS.md")]
    read_dates: Annotated[bool, Option(_READ_DATES, _NO_DATES, doors=_NOT_MCP, flag="--no-date-parse")]
    literal: Annotated[bool, Option("Search for the words as typed: no operators, no spelling correction, no acronyms.", see="QUERY.md")]
    mode: Annotated[Mode, Option("hybrid: by meaning and keywords; dense: by meaning; lexical: by keywords.")]
    sort: Annotated[Sort, Option("Order of the hits; date: newest first; oldest: oldest first.", called="order")]
    recency: Annotated[
        str | float | None,
        Option(
            "A half-life such as 30d, or a number of days: newer articles win near ties.",
            "Newer articles win near ties; half-life, e.g. 30d.",
            doors=_NOT_MCP,
            metavar="HALF_LIFE",
            served_help="A half-life such as 30d: newer articles win near ties.",
        ),
    ]
    per_article: Annotated[
        int,
        Option("Passages of each article.", "Passages to show of an article.", (1, 100), http=10, called="number of passages an article"),
    ]
    context: Annotated[int, Option(_BESIDE, _BESIDE_FLAG, (0, 100), http=5, called="number of neighbours")]
    collapse: Annotated[bool, Option(_FOLD, _NO_FOLD, doors=_NOT_MCP, flag="--no-collapse", see="COPIES.md")]
    rerank: Annotated[
        str | bool | None, Option(_RERANK, _RERANK_FLAG, served_help=_RERANK_SERVED, metavar="MODEL", see="MODELS.md#reranking")
    ]
    exact: Annotated[bool, Option("Compare every vector, even in a large archive.", doors=("cli",))]
    min_score: Annotated[
        float | None,
        Option(
            "Only hits with at least this probability, 0 to 1. Hits below 0.16 do not count as answers.",
            "",
            (0, 1),
            doors=_NOT_MCP,
            called="least score",
            metavar="S",
        ),
    ]
    explain: Annotated[bool, Option("Explain each hit's score.", doors=_NOT_MCP)]
    history: Annotated[
        Sequence[str] | None, Option(_HISTORY, _HISTORY_FLAG, doors=("cli",), metavar="QUESTION", see="PYTHON.md#follow-up-questions")
    ]


class Conditions(TypedDict, total=False):
    """Short forms of filters, for the command line and for URLs. Each can be repeated."""

    source: Annotated[Sequence[str], Option("Only of this source; can be repeated.", metavar="NAME", doors=_NOT_MCP)]
    lang: Annotated[Sequence[str], Option("Only in this language, e.g. en; can be repeated.", metavar="CODE", doors=_NOT_MCP)]
    where: Annotated[Sequence[str], Option(_WHERE, metavar="KEY=VALUE", doors=_NOT_MCP)]
    path: Annotated[Sequence[str], Option("Only articles from these files or folders; can be repeated.", metavar="GLOB", doors=("cli",))]


# The defaults of Index.context that differ from those of Index.search.
OF_CONTEXT: SearchOptions = {"limit": 10, "per_article": 2, "context": 1}
# Options that Index.similar does not take, and the others that the interfaces offer for it.
OF_QUESTIONS = ("rerank", "history", "read_dates", "literal", "explain", "exact", "mode")
OF_ARTICLES = ("limit", "offset", "since", "until", "on", "as_of", "where", "min_score")
# Options of a list of articles, and those that Index.listing does not take.
OF_LISTS = ("since", "until", "on", "as_of", "where")
NOT_OF_LISTS = tuple(name for name in SearchOptions.__annotations__ if name not in (*OF_LISTS, "limit", "offset", "sort"))


def defined(kind: Any = SearchOptions, door: Door | None = None) -> Iterator[tuple[str, Any, Option]]:
    """Yield name, type and definition of each option of ``kind`` (SearchOptions or Conditions) that ``door`` offers (None: all)."""
    for name, annotation in kind.__annotations__.items():
        hint, option = get_args(annotation)
        if door is None or door in option.doors:
            yield name, hint, option

"""The whole list of hits, of which every page is a slice.

How deep the index is searched changes more than the length of the list: with more candidates, more copies are folded and more corrected
versions are moved. So the list is made in blocks of ranks whose bounds are the same for every page. Each block is ranked and ordered on its
own, and leaves out what an earlier block has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from newsdex.records import Hit
from newsdex.search.answer.corrections import corrections_first
from newsdex.search.answer.hits import HitMaker, Ranked, Shown
from newsdex.search.ranking.rerank import POOL, rerank
from newsdex.search.request import Request
from newsdex.store.copies import names_a_version, version_at
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.engines.cross_encoder import Reranker

_FIRST = 20  # ranks, a page or two: most questions need no more
_FIRST_BY_DATE = 1_000  # so many of the best articles are sorted by date together


class Listed(NamedTuple):
    """A hit of the list before its record is made, unless a reranker needed that already."""

    shown: Shown
    score: float
    maker: HitMaker
    hit: Hit | None = None


@dataclass(slots=True)
class Listing:
    """The list as far as it is known. ``total`` articles seem to answer, of those that were looked at: they score ``least`` or more;
    ``answerable``: one of the first block does.
    """

    items: list[Listed]
    least: float
    total: int = 0
    answerable: bool = False

    def page(self, request: Request) -> list[Hit]:
        """The hits of the page that ``request`` asks for.

        Raises IndexDamaged.
        """
        hits = _hits(self.items[request.offset : request.offset + request.limit])
        return [replace(hit, rank=rank, answers=hit.score >= self.least) for rank, hit in enumerate(hits, request.offset + 1)]


def bounds(request: Request) -> Iterator[int]:
    """The ranks at which the blocks end, ascending, for ever."""
    bound = POOL if request.rerank else _FIRST_BY_DATE if request.sort == "date" else _FIRST
    while True:
        yield bound
        bound *= 2


def reach(request: Request) -> int:
    """The end of the block in which the page of ``request`` ends."""
    return next(bound for bound in bounds(request) if bound >= request.offset + request.limit)


def reranked(question: str, block: Sequence[Listed], reranker: Reranker) -> list[Listed]:
    """A block in the order of a cross-encoder, with its scores."""
    items = {hit.article.id: (item, hit) for item, hit in zip(block, _hits(block), strict=True)}
    found = rerank(question, [hit for _, hit in items.values()], reranker)
    return [items[hit.article.id][0]._replace(score=hit.score, hit=hit) for hit in found]


def ordered(snapshot: Snapshot, block: Sequence[Listed], request: Request, least: float) -> list[Listed]:
    """A block with corrected versions before what they correct, and in the order that ``request`` asks for: by date, what scores less than
    ``least`` comes last.

    Raises IndexDamaged.
    """
    if any(names_a_version(snapshot, item.shown.article.place) for item in block):
        block = corrections_first(block, [version_at(snapshot, item.shown.article.place) for item in block])
    if request.sort == "date":
        block = sorted(block, key=lambda item: (item.score >= least, _day(snapshot, item.shown.article)), reverse=True)
    return list(block)


def _day(snapshot: Snapshot, article: Ranked) -> int:
    """The last day that the date of an article can mean; 0 without a date."""
    return snapshot.segments[article.segment].days_at(article.row)[1]


def _hits(page: Sequence[Listed]) -> Iterator[Hit]:
    for _, items in groupby(page, key=lambda item: id(item.maker)):
        some = list(items)
        made = iter(some[0].maker.hits([item.shown for item in some if item.hit is None]))
        yield from (item.hit or next(made) for item in some)

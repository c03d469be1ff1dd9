"""The last stage of a search: ranked articles become the list of hits. A page is a slice of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from newsdex.encoder import Encoder
from newsdex.records import Hit
from newsdex.search.answer.hits import ANSWERED, FURTHER_SENTENCES, READABLE_SENTENCES, Draft, HitMaker
from newsdex.search.ranking.candidates import Ranked
from newsdex.search.ranking.fusion import ANSWERABLE, CALIBRATIONS, RELEVANT, shifted
from newsdex.search.ranking.ranker import LATEST, HitGroup, Ranking, day_of
from newsdex.search.ranking.rescoring import has_headline
from newsdex.search.request import Request
from newsdex.store.copies import Version, names_a_version, version_at
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.engines.cross_encoder import Reranker

# The least probability of a corrected version that counts as an answer beside what it corrects: the error should not be shown alone.
LIKELY = 0.05
# A corrected version comes before what it corrects unless it is more than so many times less probable: the correction of one detail does
# not answer questions about others.
MUCH_LESS = 8
# The first articles of the list, in which newer reports are looked for.
FIRST = 5
# How many articles are also ordered by how well their sentences answer, and how many a reader reads at most: the next one only if none
# before SURE_ODDS answers, and it is READ_MARGIN the first. READ_MARGIN and SURE_ODDS are in natural log odds.
COMPARED, READ, READ_MARGIN, SURE_ODDS = 8, 5, 2.0, 1.0
# From these points on, a probability of .92, all articles are about the topic of the question, and further points weigh only this much. In
# a large archive, the article whose title has the most words of the question rarely answers it best.
TOPIC_POINTS, BEYOND_SLOPE = 1.5, 2.0
# The remark on a list for a toll until the list is known.
_NEWER = "An article may have newer figures."
_T = TypeVar("_T")


class Item(NamedTuple):
    """A hit of the list before its record is made. ``answers``: it seems to answer. ``draft`` and ``hit`` are set if the order needed them.
    ``moved``: the points of the article whose place it took by its sentences, minus its own.
    """

    group: HitGroup
    score: float
    maker: HitMaker
    answers: bool
    draft: Draft | None = None
    hit: Hit | None = None
    moved: float = 0.0


@dataclass(slots=True)
class Listing:
    """The known part of the list. ``total`` articles among those scored seem to answer. ``answerable``: one of the first block does.
    ``remark`` says why the first hit does not have the highest score, if so. ``dated``: an article of the first block that answers has a
    date, or any of it if none answers. ``penalty``: how much less probable the hits are, in natural log odds, because the sentences of the
    first one seem not to answer. ``nearest``: the highest score of a request with a least score, good enough or not.
    """

    items: list[Item]
    total: int = 0
    answerable: bool = False
    remark: str = ""
    dated: bool = False
    penalty: float = 0.0
    nearest: float = 0.0

    @property
    def best(self) -> float:
        """The score of the first item before its sentences were read; without one, that of the nearest article, which is too low."""
        if not self.items:
            return self.nearest
        draft = self.items[0].draft
        return shifted(self.items[0].score, -(self.penalty + (draft.gain if draft else 0.0)))

    def more(self, request: Request) -> int:
        """How many that seem to answer follow the page that ``request`` asks for, as far as the list is known."""
        return sum(item.answers for item in self.items[request.offset + request.limit :])

    def page(self, request: Request) -> list[Hit]:
        """The hits of the page that ``request`` asks for. Raises IndexDamaged."""
        items = self.items[request.offset : request.offset + request.limit]
        numbered = enumerate(zip(items, _hits(items), strict=True), request.offset + 1)
        return [replace(hit, rank=rank, score=item.score, answers=item.answers) for rank, (item, hit) in numbered]


def list_hits(ranking: Ranking, encoder: Encoder, least: float | None = None) -> Listing:
    """The list to the end of the page, by blocks. ``least``: the score of an answer. Raises IndexDamaged; ModelError for a reranker."""
    query, request = ranking.query, ranking.query.request
    lowest = request.min_score or 0.0
    least = max(RELEVANT if request.rerank else ANSWERABLE, lowest) if least is None else least
    listing = Listing([])
    for number, block in enumerate(ranking.blocks()):
        maker = HitMaker(ranking.snapshot, encoder, query, ranking.search, block.found)
        scores = [float(maker.scores[group.best.candidates[0]]) for group in block.groups]
        items = [Item(group, score, maker, score >= least) for group, score in zip(block.groups, scores, strict=True)]
        remark = block.remark
        if number == 0 and remark == LATEST and not request.rerank:
            items, remark = _with_figure(items, min(block.articles, key=lambda article: article.candidates[0]))
        if request.rerank:
            from newsdex.search.ranking.rerank import open_reranker  # which few questions need

            items = reranked(f"{query.topic} {request.question}".strip(), items, open_reranker(str(request.rerank)), least)
            listing.total += sum(item.answers for item in items)
        else:
            if number == 0 and items:
                items, remark = _by_answers(ranking, items, remark)
                listing.penalty = maker.penalty
            maker.penalty = listing.penalty
            scores = [shifted(item.score, listing.penalty) for item in items]
            items = [item._replace(score=score, answers=score >= least) for item, score in zip(items, scores, strict=True)]
            answering = sum(shifted(float(maker.scores[article.candidates[0]]), listing.penalty) >= least for article in block.articles)
            listing.total = max(answering, sum(item.answers for item in items))
        if number == 0:
            listing.answerable = listing.total > 0
            likely = [item for item in items if item.answers] or items
            listing.dated = any(day_of(ranking.snapshot, item.group.article) for item in likely)
            listing.remark = "" if request.rerank else _undated_last(ranking.snapshot, items) if request.sort == "date" else remark
            if request.min_score is not None:
                listing.nearest = items[0].score if request.rerank and items else float(maker.scores.max(initial=0.0))
        good = [item for item in items if item.score >= lowest]
        listing.items += ordered(ranking.snapshot, good, request)
        if number == 0:
            listing.remark = _remark_on(ranking.snapshot, listing.items, listing.remark, block.articles[:1])
        ended = len(good) < len(items) and not (good and request.rerank)  # what follows is worse, unless a reranker finds otherwise
        if ended or len(listing.items) >= request.offset + request.limit + query.others:
            break
    listing.total = max(listing.total, sum(item.answers for item in listing.items))  # with corrections that answer only as such
    if query.others:
        listing.total -= sum(1 + len(item.group.folded) for item in listing.items[: query.others] if item.answers)
        del listing.items[: query.others]
        listing.answerable = any(item.answers for item in listing.items)
        listing.total = max(listing.total, 0)
    return listing


def _by_answers(ranking: Ranking, items: list[Item], remark: str) -> tuple[list[Item], str]:
    """The ``items`` of the first block in the order of how well they answer, and the remark on it. Raises as ``by_sentences``."""
    question = items[0].maker.question
    several = ranking.by_points and not remark and question.asks_detail
    found = by_sentences(items, COMPARED if several else 1)
    if remark or ranking.query.request.sort == "date":
        return found, remark
    own, *others = (day_of(ranking.snapshot, item.group.article) for item in found[:FIRST])
    # A question for a toll takes patterns that few others need
    if not (ranking.query.reading.newest or max(others, default=0) > own > 0) or not question.asks_toll:
        return found, remark
    if not ranking.query.reading.newest:
        return found, _NEWER
    # Of the first that seem to answer and tell a toll
    place = next((place for place, item in enumerate(found[:FIRST]) if item.answers and item.maker.tells_toll(_draft(item))), 0)
    # Read the article that is first now, so that the penalty of all hits is by its sentences
    return (by_sentences([items[place], *items[:place], *items[place + 1 :]], 1) if place else found), ""


def by_sentences(block: Sequence[Item], count: int) -> list[Item]:
    """Reorder the first ``count`` articles of a block by points and sentences, and the first READ of these also by the reader. Scores stay
    at their ranks, and articles in another language than the first at theirs. Raises IndexDamaged, and ModelError if the reader is damaged.
    """
    first, maker = block[:count], block[0].maker
    if count == 1 and not (maker.reads and READ):
        return list(block)
    drafts = maker.drafts([item.group for item in first])
    points = [float(maker.points[item.group.best.candidates[0]]) for item in first]
    odds = [_topical_odds(own, draft, maker) + draft.odds for own, draft in zip(points, drafts, strict=True)]
    places = [place for place, draft in enumerate(drafts) if draft.article.language == drafts[0].article.language]
    order = sorted(places, key=lambda place: -odds[place])
    answered = dict[int, float]()
    for place in [place for place in order[:READ] if odds[place] >= odds[order[0]] - READ_MARGIN]:
        # An article that lacks a name of the question does not come before one that has it.
        if answered and maker.names_lacking(first[place].group.best) > maker.names_lacking(first[order[0]].group.best):
            continue
        drafts[place], log_odds = maker.read(drafts[place], FURTHER_SENTENCES if answered else READABLE_SENTENCES)
        if log_odds is None:
            break
        # All articles that surely answer count alike.
        answered[place] = log_odds
        odds[place] += min(SURE_ODDS, log_odds)
        if log_odds >= SURE_ODDS:
            break
    read = iter(sorted(answered, key=lambda place: -odds[place]))
    order = [next(read) if place in answered else place for place in order]
    if answered:
        maker.penalise(drafts[order[0]], answered[order[0]])
    found = [item._replace(draft=draft) for item, draft in zip(first, drafts, strict=True)]
    for place, best in zip(places, order, strict=True):
        item = block[place]
        gain = 0.0 if place else maker.gain(drafts[best], answered.get(best), item.score)
        draft, score = drafts[best]._replace(gain=gain), shifted(item.score, gain)
        found[place] = block[best]._replace(score=score, draft=draft, moved=points[place] - points[best])
    return [*found, *block[count:]]


def _topical_odds(points: float, draft: Draft, maker: HitMaker) -> float:
    """The log odds of an article by its ``points``, to be added to those by its sentences, in natural log odds."""
    slope, beyond = CALIBRATIONS["hybrid"].slope, max(0.0, points - TOPIC_POINTS)
    # A pasted headline asks for its article
    return slope * (points - beyond) + (slope if has_headline(maker.question.text, draft.article.title) else BEYOND_SLOPE) * beyond


def reranked(question: str, block: Sequence[Item], reranker: Reranker, least: float) -> list[Item]:
    """A block in the order of a cross-encoder, with its scores, of which ``least`` and more answer."""
    from newsdex.search.ranking.rerank import rerank

    items = {hit.article.id: (item, hit) for item, hit in zip(block, _hits(block), strict=True)}
    found = rerank(question, [hit for _, hit in items.values()], reranker)
    return [items[hit.article.id][0]._replace(score=hit.score, answers=hit.score >= least, hit=hit) for hit in found]


def ordered(snapshot: Snapshot, block: Sequence[Item], request: Request) -> list[Item]:
    """Order a block: answers first, and among these and the others corrected versions before what they correct, or right behind if they
    are MUCH_LESS probable; then by date if ``request`` sorts by it. A LIKELY corrected version of an answer is an answer. Raises
    IndexDamaged.
    """
    if any(names_a_version(snapshot, item.group.article.place) for item in block):
        versions = [version_at(snapshot, item.group.article.place) for item in block]
        block = _with_corrections(block, versions)
        block = [item for answers in (True, False) for item in _with_versions(block, versions, answers=answers)]
    if request.sort == "date":
        sign = 1 if request.oldest_first else -1
        days = [day_of(snapshot, item.group.article) for item in block]
        order = sorted(range(len(block)), key=lambda place: (not block[place].answers, not days[place], sign * days[place]))
        block = [block[place] for place in order]
    return list(block)


def _with_versions(block: Sequence[Item], versions: Sequence[Version], *, answers: bool) -> list[Item]:
    """Those of ``block`` that answer, or do not, with corrected versions before what they correct, or right behind it."""
    some = [(item, version) for item, version in zip(block, versions, strict=True) if item.answers is answers]
    items = [item for item, _ in some]
    return corrections_first(items, [version for _, version in some], lambda new, old: items[new].score * MUCH_LESS < items[old].score)


def corrections_first(
    items: Sequence[_T], versions: Sequence[Version], behind: Callable[[int, int], bool] = lambda _new, _old: False
) -> list[_T]:
    """``items`` with the first corrected version of each moved before the version that it corrects, by their ``versions``, in linear time;
    right behind it where ``behind`` says so of the places of both, the corrected version's first.

    Only items of the list are moved. Articles that correct each other in a circle keep their order.
    """
    # For each name, the first version that has it, and the first that corrects one that has it.
    named: dict[str, int] = {}
    correcting: dict[str, int] = {}
    for number, version in enumerate(versions):
        for name in _names_of(version):
            named.setdefault(name, number)
        correcting.setdefault(version.corrects, number)
    correcting.pop("", None)
    order: dict[int, None] = {}
    # The names of the versions that are placed, and of what they correct.
    placed_names: set[str] = set()
    placed_correcting: set[str] = set()

    def correction(old: int) -> int | None:
        """The first that corrects ``old``, if none is placed that does."""
        corrected_by, names = versions[old].corrected_by, _names_of(versions[old])
        if corrected_by in placed_names or names & placed_correcting:
            return None
        found = [named.get(corrected_by), *map(correcting.get, names)]
        return min((number for number in found if number is not None), default=None)

    for number in range(len(items)):
        chain: dict[int, None] = {}
        at: int | None = number
        while at is not None and at not in order and at not in chain:
            chain[at] = None
            at = correction(at)
        line = list(chain)
        if at in chain:
            start = line.index(at)
            line[start:] = sorted(line[start:], reverse=True)
        # Those that come before the last one, and those behind it, the latest first.
        ahead, after = list[int](), list[int]()
        for old, new in pairwise(line):
            (ahead if behind(new, old) else after).append(old)
        for placed in (*ahead, *line[-1:], *reversed(after)):
            order[placed] = None
            placed_names |= _names_of(versions[placed])
            placed_correcting |= {versions[placed].corrects} - {""}
    return [items[number] for number in order]


def _names_of(version: Version) -> set[str]:
    return {version.id, version.url} - {""}


def _with_corrections(block: Sequence[Item], versions: Sequence[Version]) -> list[Item]:
    """A block whose corrected versions answer if they are LIKELY enough and what they correct answers; ``versions`` are the block's."""
    wrong = [version for item, version in zip(block, versions, strict=True) if item.answers]
    names, corrections = set[str]().union(*map(_names_of, wrong)), {each.corrected_by for each in wrong} - {""}
    return [
        item._replace(answers=True)
        if item.score >= LIKELY and (version.corrects in names or not corrections.isdisjoint((version.id, version.url)))
        else item
        for item, version in zip(block, versions, strict=True)
    ]


def _with_figure(items: list[Item], best: Ranked) -> tuple[list[Item], str]:
    """Return ``items``, which begin with later reports of the event of the ``best`` article, latest first, and that article, and the remark
    on their order. The first of these that has a figure and seems to answer as well as the ``best`` comes first. If they have figures and
    none seems to answer, the order is that of the scores. Raises IndexDamaged, and ModelError if the reader is damaged.
    """
    maker, places = items[0].maker, [place for place, item in enumerate(items[:FIRST]) if item.group.best.place == best.place]
    drafts = maker.drafts([item.group for item in items[: places[0] + 1]]) if places else []
    telling = [place for place, draft in enumerate(drafts) if maker.tells_figure(draft)]
    if len(telling) > 1 and telling[-1] == places[0]:
        # A later report has figures too, but perhaps of something else
        _, own = maker.read(drafts[-1])
        if own is not None:
            odds = [(place, maker.read(drafts[place], FURTHER_SENTENCES)[1]) for place in telling[:-1]]
            telling = [place for place, its in odds if its is None or its >= min(ANSWERED, own)]
        if not telling:
            return sorted(items, key=lambda item: -item.score), ""
    place = telling[0] if telling else 0
    remark = "The latest report that gives a figure comes first." if place else LATEST
    return [items[place], *items[:place], *items[place + 1 :]], remark


def _newer_figure(snapshot: Snapshot, items: Sequence[Item]) -> str:
    """That one of the first ``items`` is newer and tells a toll too; "" if none. Raises IndexDamaged; ModelError for a damaged reader."""
    day = day_of(snapshot, items[0].group.article) if items else 0
    newer = [item for item in _likely(items[0].group.best, items[1:FIRST]) if day_of(snapshot, item.group.article) > day] if day else []
    telling = [(item, draft) for item in newer if item.maker.tells_toll(draft := _draft(item))]
    for item, draft in sorted(telling, key=lambda each: -day_of(snapshot, each[0].group.article)):
        read, odds = item.maker.read(draft, FURTHER_SENTENCES)
        if item.maker.tells_toll(read) and (odds is None or odds >= ANSWERED):
            return f"An article of {date.fromordinal(day_of(snapshot, item.group.article))} may have newer figures."
    return ""


def _draft(item: Item) -> Draft:
    """The draft of ``item``, made if the order of the list did not need one. Raises IndexDamaged."""
    return item.draft or item.maker.drafts([item.group])[0]


def _remark_on(snapshot: Snapshot, items: Sequence[Item], remark: str, first: Sequence[Ranked]) -> str:
    """The ``remark`` on the order of the ``items`` that are left, of which the ``first`` article had the best rank. Raises as those."""
    if remark == LATEST:
        return _latest_first(snapshot, items, first[0])
    return _newer_figure(snapshot, items) if remark == _NEWER else remark


def _latest_first(snapshot: Snapshot, items: Sequence[Item], latest: Ranked) -> str:
    """That the ``latest`` report is first, if so, and the day of a newer, likely one that lacks no more names. Raises IndexDamaged."""
    if not items or items[0].group.best.place != latest.place:
        return ""
    newest = max((day_of(snapshot, item.group.article) for item in _likely(latest, items[1:FIRST])), default=0)
    if newest <= day_of(snapshot, latest):
        return LATEST
    return f"A later report comes first; an article of {date.fromordinal(newest)} may have newer figures."


def _likely(best: Ranked, others: Sequence[Item]) -> list[Item]:
    """Those of ``others`` that seem to answer and lack no more names of the question than the ``best``. Raises IndexDamaged."""
    lacking = others[0].maker.names_lacking(best) if others else 0
    return [item for item in others if item.answers and item.maker.names_lacking(item.group.best) <= lacking]


def _undated_last(snapshot: Snapshot, items: Sequence[Item]) -> str:
    count = sum(item.answers and not day_of(snapshot, item.group.article) for item in items)
    return f"{count:,} of the hits {'has' if count == 1 else 'have'} no date and come{'s' if count == 1 else ''} last." if count else ""


def _hits(page: Sequence[Item]) -> Iterator[Hit]:
    """The hits of ``page``."""
    for _, items in groupby(page, key=lambda item: id(item.maker)):
        some = list(items)
        made = iter(some[0].maker.drafts([item.group for item in some if not (item.hit or item.draft)]))
        for item in some:
            hit = item.hit or item.maker.hit(item.draft or next(made))
            if item.moved and hit.parts:
                from newsdex.search.answer.explain import order_part  # which few questions need

                hit = replace(hit, parts=(*hit.parts, order_part(item.moved)))
            yield hit

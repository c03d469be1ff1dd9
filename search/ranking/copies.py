"""Fold copies of an article into one hit.

The hit shows the earliest copy that contains the matching passage, preferably one with a title, or a later version by the same source. The
other copies are listed with it, those that do not match themselves too. Copies that match with different passages, as roundups may, stay
separate hits, so folding loses no answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timezone
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.records import Copy, Published, is_retraction
from newsdex.search.deadline import check_time
from newsdex.search.ranking.candidates import Ranked
from newsdex.store.columns import coded_at, string_at
from newsdex.store.copies import Found, Place, copies_of, names_a_version, version_at
from newsdex.store.sketches import Shingler, Sketch
from newsdex.store.snapshot import Snapshot
from newsdex.words import NUMBER, dense

# The most copies that a hit lists, the earliest ones.
LISTED = 100
# An article that is a copy of this many hits, each with a passage of its own, becomes a hit without further comparison. Otherwise every
# article of a large family would be compared with every other.
CROWD = 20
# How many articles are looked up in one step. The first may fold the others, whose look-up is wasted then.
_AHEAD = 20
# The share of a passage's shingles that an article must have to contain the passage.
CARRIED = 0.5


class Group(NamedTuple):
    """A future hit, by indices in the ranking: the article ``shown`` and those ``folded`` into it. ``copies`` are listed with it."""

    shown: int
    folded: tuple[int, ...]
    copies: tuple[Found, ...]

    @property
    def best(self) -> int:
        """The best-ranked article of the group, which gives the hit its rank."""
        return min(self.shown, *self.folded) if self.folded else self.shown


class CopyFinder:
    """Finds copies in one snapshot. Results are cached, because a ranking is processed again when it has grown."""

    def __init__(self, snapshot: Snapshot, existing: Sequence[NDArray[np.bool_]] | None = None) -> None:
        """``existing`` has a mask of articles for each segment, for an archive as of an earlier day; None for all that are not deleted."""
        self._snapshot = snapshot
        self._existing = existing
        self._known: dict[Place, list[Found]] = {}
        self._shingler = _shingler()
        self._bodies: dict[Place, str] = {}
        self._shingles: dict[Place, Sketch] = {}
        self._figures: dict[Place, set[str]] = {}
        self._wanted: dict[tuple[int, int], tuple[Sketch, str, set[str]]] = {}
        self._having: dict[tuple[Place, int, int], bool] = {}

    def find(self, places: Sequence[Place]) -> list[list[Found]]:
        """The copies of each of the articles at ``places``. Raises IndexDamaged, as all methods do."""
        new = [place for place in dict.fromkeys(places) if place not in self._known]
        for place, found in zip(new, copies_of(self._snapshot, new) if new else (), strict=True):
            existing = self._existing
            self._known[place] = [copy for copy in found if existing is None or existing[copy.place.segment][copy.place.row]]
        return [self._known[place] for place in places]

    def has_passage(self, place: Place, answer: Ranked) -> bool:
        """Whether the article at ``place`` contains most of the best passage of ``answer``."""
        key = place, answer.segment, answer.passage
        if key not in self._having:
            check_time()
            self._having[key] = self._digest(place) == self._digest(answer.place) or self._carries(place, answer)
        return self._having[key]

    def when(self, place: Place) -> tuple[float, str]:
        """A sort key: earlier articles first, undated ones last, ties by id."""
        segment = self._snapshot.segments[place.segment]
        return instant(segment.published(place.row)), segment.article_id(place.row)

    def is_retracted(self, place: Place) -> bool:
        """Whether the article at ``place`` is marked as retracted."""
        return is_retraction(self._marks(place).get("retracted", ""))

    def _marks(self, place: Place) -> Mapping[str, str]:
        """The metadata of the article at ``place``, if some article of its segment is marked."""
        segment = self._snapshot.segments[place.segment]
        marked = "retracted" in segment.metadata or "corrected_by" in segment.metadata
        return segment.metadata.at(place.row) if marked else {}

    def order(self, place: Place) -> tuple[bool, bool, tuple[float, str]]:
        """A sort key of copies: those that are not retracted first, then those with a title, then as ``when``."""
        return self.is_retracted(place), not self._snapshot.segments[place.segment].title(place.row), self.when(place)

    def source(self, place: Place) -> str:
        """The source of the article at ``place``, or an empty string."""
        return coded_at(self._snapshot.segments[place.segment].tensors, "source", place.row)

    def versions(self, places: Sequence[Place]) -> set[Place]:
        """The places whose articles correct, or are corrected by, another of ``places``."""
        amended = [place for place in places if names_a_version(self._snapshot, place)]
        if not amended:
            return set()
        called, naming = defaultdict(set), defaultdict(set)
        for place in places:
            version = version_at(self._snapshot, place)
            for name in (version.id, version.url):
                called[name].add(place)
            for name in (version.corrects, version.corrected_by):
                naming[name].add(place)
        pairs = [(called[name], naming[name]) for name in called.keys() & naming.keys() if name]
        return {place for new, old in pairs if len(new | old) > 1 for place in new | old}

    def also_in(self, group: Group) -> tuple[Copy, ...]:
        """The records of a group's copies, earliest first, at most LISTED."""
        ordered = sorted(group.copies, key=lambda found: self.when(found.place))
        return tuple(self._record(found) for found in ordered[:LISTED])

    def _record(self, found: Found) -> Copy:
        number, row = found.place
        segment = self._snapshot.segments[number]
        marks = self._marks(found.place)
        return Copy(
            article_id=segment.article_id(row),
            title=segment.title(row),
            source=coded_at(segment.tensors, "source", row),
            url=string_at(segment.tensors, "url", row),
            published=segment.published(row),
            similarity=round(found.similarity, 2),
            retracted=told if is_retraction(told := marks.get("retracted", "")) else "",
            corrected_by=marks.get("corrected_by", ""),
        )

    def _digest(self, place: Place) -> int:
        """A checksum of the article's text."""
        return self._snapshot.segments[place.segment].tensors.item("text.xxh3", place.row)

    def _carries(self, place: Place, answer: Ranked) -> bool:
        key = answer.segment, answer.passage
        if key not in self._wanted:
            segment = self._snapshot.segments[answer.segment]
            text = segment.passage(answer.passage, segment.article(answer.row)).text
            self._wanted[key] = self._shingler.shingles(text), text, _figures(text)
        wanted, text, figures = self._wanted[key]
        if not len(wanted):
            return text.strip() in self._snapshot.segments[place.segment].text(place.row)
        body = self._body(place)
        if _has_verbatim(body, text):
            return True
        # An update repeats the sentence with other figures.
        if figures and not figures <= self._figures_of(place):
            return False
        if place not in self._shingles:
            self._shingles[place] = self._shingler.shingles(body)
        return bool(np.isin(wanted, self._shingles[place], assume_unique=True).mean() >= CARRIED)

    def _figures_of(self, place: Place) -> set[str]:
        if place not in self._figures:
            self._figures[place] = _figures(self._snapshot.segments[place.segment].text(place.row))
        return self._figures[place]

    def _body(self, place: Place) -> str:
        if place not in self._bodies:
            article = self._snapshot.segments[place.segment].article(place.row)
            self._bodies[place] = article.text[article.body.start : article.body.end]
        return self._bodies[place]


def _has_verbatim(body: str, passage: str) -> bool:
    """Whether ``body`` has ``passage`` between spaces, so that it has all of its shingles and figures. False where a letter may be written
    in two ways, or words have no spaces between them.
    """
    start = body.find(passage)
    end = start + len(passage)
    if start < 0 or f"{body[start - 1 : start]}{body[end : end + 1]}".strip():
        return False
    return body.isascii() or (unicodedata.is_normalized("NFKC", body) and not dense().search(body))


def _figures(text: str) -> set[str]:
    """The numbers in ``text``, without trailing full stops and commas."""
    return {figure.strip(".,") for figure in re.findall(NUMBER, text.lower())}


_shingler = cache(Shingler)  # one for all questions, which remembers words


class Seen:
    """What earlier blocks contain: the articles ``shown``, all ``hits`` with the folded ones, and the copies ``listed``."""

    def __init__(self) -> None:
        self.shown: list[Place] = []
        self.hits: set[Place] = set()
        self.listed: set[Place] = set()

    def add(self, shown: Place, folded: Iterable[Place], listed: Iterable[Place]) -> None:
        """Add a hit."""
        self.shown.append(shown)
        self.hits.update((shown, *folded))
        self.listed.update(listed)


def collapse(ranked: Sequence[Ranked], limit: int, finder: CopyFinder, seen: Seen | None = None, *, newest: bool = False) -> list[Group]:
    """The first ``limit`` groups of a ranking, ordered by the best article of each, without the articles in ``seen``. A group shows its
    earliest version, or with ``newest`` the best one: then newer ones are ranked first.

    Fewer than ``limit`` groups mean that every article of ``ranked`` is in one; a longer ranking may have more. Raises IndexDamaged.
    """
    places = {answer.place: number for number, answer in enumerate(ranked)}
    seen = seen or Seen()
    done = {places[place] for place in seen.hits if place in places}
    # How many hits each article is a copy of.
    crowd: Counter[Place] = Counter()
    for place in seen.shown:
        if crowd[place] < CROWD:
            copies, others = _copies_and_ranked(place, places, done, finder)
            crowd.update(copy.place for copy in copies)
            done |= _foldable(place, others, ranked, finder)
    groups: list[Group] = []
    while len(groups) < limit:
        left = list(islice((number for number in range(len(ranked)) if number not in done), min(limit - len(groups), _AHEAD)))
        if not left:
            break
        check_time()
        finder.find([ranked[number].place for number in left if crowd[ranked[number].place] < CROWD])
        for best in left:
            if best in done:
                continue
            if crowd[ranked[best].place] < CROWD:
                group = _group(ranked, best, places, done, finder, newest=newest)
                crowd.update(copy.place for copy in group.copies)
            else:
                group = Group(best, (), ())
            groups.append(group)
            done |= {group.shown, *group.folded}
    return list(_list_once(groups, ranked, seen))


def _list_once(groups: Sequence[Group], ranked: Sequence[Ranked], seen: Seen) -> Iterator[Group]:
    """Remove from ``groups`` the copies that are hits themselves or are listed with another hit."""
    taken = {ranked[number].place for group in groups for number in (group.shown, *group.folded)} | seen.hits | seen.listed
    for group in groups:
        folded = {ranked[number].place for number in group.folded}
        copies = tuple(copy for copy in group.copies if copy.place in folded or copy.place not in taken)
        taken |= {copy.place for copy in copies}
        yield group._replace(copies=copies)


def _foldable(shown: Place, others: Sequence[int], ranked: Sequence[Ranked], finder: CopyFinder) -> set[int]:
    """Those of ``others``, all copies of ``shown``, whose best passage it contains."""
    versions = finder.versions([ranked[number].place for number in others])
    return {number for number in others if ranked[number].place not in versions and finder.has_passage(shown, ranked[number])}


def _copies_and_ranked(place: Place, places: Mapping[Place, int], done: set[int], finder: CopyFinder) -> tuple[list[Found], list[int]]:
    """The copies of the article at ``place``, and the indices of those that are ranked and not done."""
    [copies] = finder.find([place])
    return copies, [places[copy.place] for copy in copies if copy.place in places and places[copy.place] not in done]


def _group(ranked: Sequence[Ranked], best: int, places: Mapping[Place, int], done: set[int], finder: CopyFinder, *, newest: bool) -> Group:
    """The group of the article ``best``. ``places`` has the index of each article in the ranking."""
    copies, others = _copies_and_ranked(ranked[best].place, places, done, finder)
    if not others:
        return Group(best, (), tuple(copies))
    in_order = sorted((best, *others), key=lambda number: finder.order(ranked[number].place))
    having = [number for number in in_order if number == best or finder.has_passage(ranked[number].place, ranked[best])]
    if newest and not finder.is_retracted(ranked[best].place):
        shown = best
    else:
        shown = places[_latest_version([ranked[number].place for number in having], finder)]
    copies, others = _copies_and_ranked(ranked[shown].place, places, done, finder)
    folded = _foldable(ranked[shown].place, others, ranked, finder) | ({best} & set(others))
    return Group(shown, tuple(sorted(folded)), tuple(copies))


def _latest_version(places: Sequence[Place], finder: CopyFinder) -> Place:
    """The latest version by the source of the first of the articles at ``places``, which are ordered, earliest first."""
    shown, source = places[0], finder.source(places[0])
    for place in places if source else ():
        if finder.when(shown)[0] < finder.when(place)[0] < float("inf") and finder.source(place) == source:
            shown = place
    return shown


def instant(published: Published | None) -> float:
    """The time of publication in seconds since 1970. If only a day, month or year is known, its last day begins at that time."""
    if published is None:
        return float("inf")
    if published.precision == "time":
        try:
            known = datetime.fromisoformat(published.iso.replace("Z", "+00:00"))
            return (known if known.tzinfo else known.replace(tzinfo=timezone.utc)).timestamp()
        except ValueError:
            pass
    return datetime.combine(published.latest, time(), timezone.utc).timestamp()

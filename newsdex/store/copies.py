"""Which articles are copies of which: the smaller text is for the most part in the larger one, and they were published within days: a wire
story retitled, cut or extended, or two in one. The rule looks at the two articles alone, the same both ways, when somebody asks, so nothing
stored needs mending. The constants' measurements: docs/COPIES.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import distinct
from newsdex.store.columns import coded_at, string_at
from newsdex.store.segment import Segment
from newsdex.store.sketches import EMPTY, KEYS, SIZE, Overlap, Sketch, last_bits, most_shared, overlap, sorted_keys
from newsdex.store.snapshot import Snapshot

SHARE = 0.5  # of the smaller text, where that is enough words to leave no doubt
SHINGLES = 100  # that are enough
SHORT_SHARE = 0.85  # where they are fewer, for notices made from one mould share up to 0.8; and where a date is not known
FEWEST = 20  # shingles of a text that can be told from a caption
OWN_SHARE = 0.8  # where one source published both: less is the background that its stories on one matter have in common
RATIO = 5.0  # the larger text by the smaller; beyond it, the smaller is but a part
DAYS = 5  # between publication and the last reprint
REMEMBERED = 100_000  # articles whose copies are remembered, some 20 MB
SAMPLE = 1_000  # articles that are looked up to tell how many have copies
# Numbers of sketches that copies share at least. Of the larger text either all SIZE numbers count, or all numbers of both texts do.
_SHARED = min(SHARE * SIZE / RATIO, FEWEST)
LONG = 100  # characters of a text that says what an article is, whatever its title
_ANY = "\0"  # stands for every title
_FEW = 1_000  # copies of an article that are remembered
_PAIRS = 1 << 15  # articles that are compared at once, 1 kB each
_BLOCK = 64  # articles that are compared at once where one copy is enough
_ROW_BITS = 32  # a row has fewer


class Place(NamedTuple):
    """Where an article lies: the number of its segment, and its row there."""

    segment: int
    row: int


class Found(NamedTuple):
    """A copy of an article: where it lies, and the share of the smaller text that both have, in [0, 1]."""

    place: Place
    similarity: float


class Version(NamedTuple):
    """What an article is called, and the ids or addresses of what it corrects and of its corrected version, or ""."""

    id: str
    url: str
    corrects: str
    corrected_by: str

    def goes_with(self, other: Version) -> bool:
        """Whether one of the two is the corrected version of the other."""
        mine, theirs = {self.corrects, self.corrected_by} - {""}, {other.corrects, other.corrected_by} - {""}
        return not (mine.isdisjoint((other.id, other.url)) and theirs.isdisjoint((self.id, self.url)))


def copies_of(snapshot: Snapshot, places: Sequence[Place]) -> list[list[Found]]:
    """The copies of each of ``places`` that are not deleted or corrected versions, in index order; remembered. Raises IndexDamaged."""
    remembered = snapshot.remembered_copies
    known = {place: remembered[place] for place in places if place in remembered}
    new = [place for place in dict.fromkeys(places) if place not in known]
    if new:
        found: dict[Place, list[Found]] = {place: [] for place in new}
        for number, copy in _copies(snapshot, new, _PAIRS):
            found[new[number]].append(copy)
        if len(remembered) < REMEMBERED:
            remembered.update({place: copies for place, copies in found.items() if len(copies) <= _FEW})
        known |= found
    return [known[place] for place in places]


def reprints_of(snapshot: Snapshot, places: Sequence[Place]) -> set[Place]:
    """Where else most of the text of the articles at ``places`` is, whenever it was published: what are copies of them if their dates are
    not known, and what has their whole text, if that is LONG enough or below their title. Raises IndexDamaged.
    """
    found = {copy.place for _, copy in _copies(snapshot, places, _PAIRS, dated=False)}
    titles: dict[int, set[str]] = {}
    for number, row in places:
        segment = snapshot.segments[number]
        is_long = len(segment.text(row)) >= LONG
        titles.setdefault(segment.tensors.item("text.xxh3", row), set()).update({segment.title(row)}, {_ANY} if is_long else ())
    sums = np.array([*titles], np.uint64)
    for number, segment in enumerate(snapshot.file_segments):
        texts = segment.tensors["text.xxh3"]
        for row in np.flatnonzero(np.isin(texts, sums) & segment.live_articles).tolist():
            if titles[int(texts[row])] & {segment.title(row), _ANY}:
                found.add(Place(number, row))
    return found.difference(places)


def _copies(snapshot: Snapshot, places: Sequence[Place], at_once: int, *, dated: bool = True) -> Iterator[tuple[int, Found]]:
    """Each copy of the articles at ``places``, with the place's number, ``at_once`` pairs at a time; dates count if ``dated``."""
    asked, days = _sketches(snapshot, places), _days(snapshot, places) * dated
    (keys, owners), bits = sorted_keys(asked), last_bits(asked)  # sorted keys are found in a third of the time
    for number, segment in enumerate(snapshot.segments):
        # No article is its own copy.
        own = np.array([place.row if place.segment == number else -1 for place in places])
        ones, rows, near = _held(segment, keys, owners, own, days)
        for start in range(0, len(rows), at_once):  # in an archive of articles that are nearly alike, each may be a copy of each
            some = slice(start, start + at_once)
            sketches = segment.sketches.of(rows[some])
            alike = np.flatnonzero(most_shared(bits, ones[some], sketches) >= _SHARED)
            if not len(alike):
                continue
            one, row = ones[some][alike], rows[some][alike]
            shared = overlap(asked[one], sketches[alike])
            kept = are_copies(shared, near[some][alike])
            for mine, other, share in zip(one[kept].tolist(), row[kept].tolist(), shared.share[kept].tolist(), strict=True):
                place = Place(number, other)
                if not _only_background(snapshot, places[mine], place, share) and not is_correction(snapshot, places[mine], place):
                    yield mine, Found(place, share)


def copied_share(snapshot: Snapshot) -> float:
    """The share of the articles that have a copy, in [0, 1]; of more than SAMPLE, by a sample, the same each time. Raises IndexDamaged."""
    living = [np.flatnonzero(segment.live_articles) for segment in snapshot.segments]
    ends = np.cumsum([len(rows) for rows in living])
    chosen = np.arange(ends[-1] if living else 0)
    if len(chosen) > SAMPLE:
        chosen = np.random.default_rng(0).choice(len(chosen), SAMPLE, replace=False)
    numbers = np.searchsorted(ends, chosen, "right").tolist()
    places = [Place(number, int(living[number][at - ends[number]])) for number, at in zip(numbers, chosen.tolist(), strict=True)]
    asked = _sketches(snapshot, places)
    # Most articles have keys that no other has
    others = sum(segment.sketches.count(asked) for segment in snapshot.segments) - np.count_nonzero(asked[:, :KEYS] != EMPTY, axis=1)
    copied = (bool(more) and any(_copies(snapshot, [place], _BLOCK)) for place, more in zip(places, others.tolist(), strict=True))
    return sum(copied) / max(1, len(places))


def are_copies(shared: Overlap, near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rule, for arrays of one length: what two texts share, and whether their dates, which can be close, are so for sure."""
    certain = (shared.share >= SHARE) & (shared.shingles >= SHINGLES) & near
    whole = (shared.share >= SHORT_SHARE) & (shared.shingles >= FEWEST)
    return (certain | whole) & (shared.ratio <= RATIO)


def _only_background(snapshot: Snapshot, one: Place, other: Place, share: float) -> bool:
    """Whether two articles of one source share so little that they may be two stories with paragraphs in common."""
    if share >= OWN_SHARE:
        return False
    first, second = (coded_at(snapshot.segments[place.segment].tensors, "source", place.row) for place in (one, other))
    return first != "" and first == second


def is_correction(snapshot: Snapshot, one: Place, other: Place) -> bool:
    """Whether one of two articles is the corrected version of the other. Raises IndexDamaged."""
    if not (names_a_version(snapshot, one) or names_a_version(snapshot, other)):
        return False
    return version_at(snapshot, one).goes_with(version_at(snapshot, other))


def version_at(snapshot: Snapshot, place: Place) -> Version:
    """What the article at ``place`` is called, and the versions that it names. Raises IndexDamaged."""
    segment, row = snapshot.segments[place.segment], place.row
    told = segment.metadata.at(row)
    return Version(segment.article_id(row), string_at(segment.tensors, "url", row), told.get("corrects", ""), told.get("corrected_by", ""))


def names_a_version(snapshot: Snapshot, place: Place) -> bool:
    """Whether an article names a corrected version of itself, or what it corrects. Raises IndexDamaged."""
    segment = snapshot.segments[place.segment]
    if "corrects" not in segment.metadata and "corrected_by" not in segment.metadata:
        return False
    found = segment.metadata.at(place.row)
    return "corrects" in found or "corrected_by" in found


def _sketches(snapshot: Snapshot, places: Sequence[Place]) -> Sketch:
    """Those of the articles at ``places``, (len(places), SIZE)."""
    found = [snapshot.segments[place.segment].sketches.at(place.row) for place in places]
    return np.array(found, np.uint32).reshape(-1, SIZE)


def _days(snapshot: Snapshot, places: Sequence[Place]) -> NDArray[np.int32]:
    """The first and the last day of each of the articles at ``places``, (2, len(places)), as Segment.published_days."""
    found = [snapshot.segments[place.segment].days_at(place.row) for place in places]
    return np.array(found, np.int32).reshape(-1, 2).T


def _held(
    segment: Segment, keys: Sketch, ones: NDArray[np.int64], own: NDArray[np.int64], days: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Pairs of an article, by its number among ``ones``, which have these ``keys`` and ``days``, and the row of another of ``segment`` that
    may be its copy: not deleted, not at its row in ``own``, with one of its keys and a date that can be close to its own; and whether it
    is close for sure.
    """
    (first, last), span = days, segment.published_span
    if span:
        some = ((first == 0) | ((first - span[1] <= DAYS) & (span[0] - last <= DAYS)))[ones]
        keys, ones = (keys, ones) if some.all() else (keys[some], ones[some])
    at, row = segment.sketches.holders(keys)
    one = ones.take(at)
    # Most keys are those of one article, and an article may have several of them.
    pairs = distinct((one << _ROW_BITS | row)[own.take(one) != row])
    one, row = pairs >> _ROW_BITS, pairs & ((1 << _ROW_BITS) - 1)
    if not len(pairs):
        return one, row, np.empty(0, np.bool_)
    first, last, firsts, lasts = first.take(one), last.take(one), *(each.take(row) for each in segment.published_days)
    # A date may be a month, or unknown.
    known = (first > 0) & (firsts > 0)
    kept = np.flatnonzero(((np.maximum(firsts - last, first - lasts) <= DAYS) | ~known) & segment.live_articles.take(row))
    near = known & (np.maximum(last - firsts, lasts - first) <= DAYS)
    return one[kept], row[kept], near[kept]

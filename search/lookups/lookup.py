"""Articles by name (id, url, or path of the file), and an overview of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from heapq import nlargest
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np

from newsdex.errors import ArticleMissing, IndexDamaged, UsageError
from newsdex.given import as_text
from newsdex.output import as_unicode
from newsdex.records import Article
from newsdex.store.copies import Place
from newsdex.store.manifest import Manifest
from newsdex.store.paths import absolute, stored_path
from newsdex.store.segment import Segment
from newsdex.store.snapshot import Snapshot

_SHORT = 2  # letters of a part of a name that many ids have: "md"
_NEAREST = 3  # ids suggested in an error
_COMPARED = 500  # ids compared letter by letter
_ALIKE = 0.5  # least similarity, by difflib's ratio


def find_article(snapshot: Snapshot, name: str) -> Article:
    """Return the article that ``find_place`` finds. Raises as it does."""
    place = find_place(snapshot, name)
    return snapshot.segments[place.segment].article(place.row)


def find_place(snapshot: Snapshot, name: str) -> Place:
    """Return the place of the article with the id ``name``; else with that url; else whose path is, or ends with, ``name``; else whose id
    clients are told as ``name``. Raises ArticleMissing, which suggests similar ids; UsageError when ``name`` means several articles;
    IndexDamaged.
    """
    as_text(name, "the name of an article")
    if not name:
        raise UsageError("the name of the article is empty: expected an id, a URL or a path, as search shows them")
    try:
        name.encode(errors="surrogateescape")  # it may be the name of a file
    except UnicodeEncodeError:
        raise UsageError("the name of the article has a lone surrogate: expected text that UTF-8 can encode") from None
    for rows in _ways(snapshot, name):
        if len(rows) == 1:
            return rows[0]
        if rows:
            ids = [snapshot.segments[number].article_id(row) for number, row in rows[:_NEAREST]]
            more = ", ..." if len(rows) > len(ids) else ""
            raise UsageError(f"{name!r} names {len(rows)} articles; give the id of one: {', '.join(ids)}{more}")
    with suppress(IndexDamaged):  # also where a writer has removed the file meanwhile
        stones = snapshot.tombstones()
        if stones and any(map(stones.cover_id, (name, *_stored(snapshot, name)))):
            raise ArticleMissing(f"the article {name!r:.200} was withdrawn from this archive")
    nearest = _nearest(snapshot, name)
    hint = f"The nearest ids: {', '.join(nearest)}" if nearest else 'Find it first: search "..."'
    raise ArticleMissing(f"no article has the id, url or path {name!r:.200}. {hint}")


def _ways(snapshot: Snapshot, name: str) -> Iterator[Sequence[Place]]:
    """Yield the articles that ``name`` can mean, the most certain way first; later ways are lazy."""
    if not name.strip() or "\0" in name or not snapshot.segments:
        return
    [path] = _stored(snapshot, name)
    yield _with(snapshot, "id", name)
    yield _with(snapshot, "url", name)
    yield _with(snapshot, "id", path)
    ending = f"/{name.removeprefix('./')}"
    for fits in (lambda other: other == path, lambda other: f"/{other}".endswith(ending)):
        yield [Place(number, row) for number, segment in enumerate(snapshot.segments) for row in _at_paths(segment, fits)]
    if "\ufffd" in name:  # as clients are told an id that is not UTF-8
        yield [Place(number, row) for number, row in snapshot.articles() if as_unicode(snapshot.segments[number].article_id(row)) == name]


def _stored(snapshot: Snapshot, name: str) -> list[str]:
    """Return ``name`` as the path of a file is stored, if there are segments to tell."""
    # One for all segments; that of an archive in Milvus is of the index that was loaded.
    return [] if "\0" in name else [stored_path(segment.base, absolute(Path(name))) for segment in snapshot.segments[:1]]


def _at_paths(segment: Segment, fits: Callable[[str], bool]) -> list[int]:
    """Return the living articles, ascending, whose stored path passes ``fits``."""
    paths = segment.coded["path"]
    codes = [code for code, path in enumerate(paths.values) if fits(path)]
    rows = np.flatnonzero(np.isin(paths.codes, codes)) if codes else np.empty(0, np.int64)
    living: list[int] = rows[segment.live_articles[rows]].tolist()
    return living


def _with(snapshot: Snapshot, column: Literal["id", "url"], value: str) -> list[Place]:
    return [Place(number, row) for number, segment in enumerate(snapshot.segments) for row in segment.rows_with(column, value)]


def _nearest(snapshot: Snapshot, name: str) -> list[str]:
    wanted = name.casefold()
    words = {word for word in re.split(r"[\W_]+", wanted) if len(word) > _SHORT}

    def likeness(other: str) -> int:
        folded = other.casefold()
        return sum(word in folded for word in words) + len(words) * (wanted in folded)

    ids = [ids[row] for ids, live in ((s.column("id"), s.live_articles) for s in snapshot.segments) for row in live.nonzero()[0].tolist()]
    shared = nlargest(_COMPARED, ((likeness(other), other) for other in ids), key=lambda pair: pair[0])
    # Ids of files that are called so: cr-arrest for html/cr-arrest.html
    named = [other for other in ids if PurePosixPath(other.casefold()).stem == wanted]
    close = get_close_matches(name, [other for _, other in shared], _NEAREST, cutoff=_ALIKE)
    return list(dict.fromkeys([*named, *(close or [other for count, other in shared[:_NEAREST] if count])]))[:_NEAREST]


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of living articles by language (ISO 639-1) and by source, the most frequent first, without unknown ones. ``first`` and
    ``last`` are the earliest and the latest day that a publication date can mean; None without any.
    """

    languages: Mapping[str, int]
    sources: Mapping[str, int]
    first: date | None
    last: date | None


def overview(snapshot: Snapshot) -> Overview:
    """Return the overview of ``snapshot``. Raises IndexDamaged."""
    days: list[int] = []
    for segment in snapshot.segments:
        for which in segment.published_days:
            known = which[segment.live_articles & (which > 0)]
            days += [int(known.min()), int(known.max())] if len(known) else []
    first, last = (date.fromordinal(min(days)), date.fromordinal(max(days))) if days else (None, None)
    return Overview(_counted(snapshot, "language"), _counted(snapshot, "source"), first, last)


def holdings(manifest: Manifest, covered: Overview) -> dict[str, Any]:
    """Return what an index holds as plain values; null where unknown."""
    return {
        "articles": manifest.articles,
        "passages": manifest.passages,
        "languages": dict(covered.languages),
        "sources": dict(covered.sources),
        "first_published": str(covered.first) if covered.first else None,
        "last_published": str(covered.last) if covered.last else None,
        "model": manifest.model.name,
        "updated": manifest.created,
    }


def _counted(snapshot: Snapshot, column: str) -> dict[str, int]:
    counts = sorted(snapshot.counts(column).items(), key=lambda each: (-each[1], each[0]))
    return {value: count for value, count in counts if value and count}

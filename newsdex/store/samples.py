"""Some passages of an index with the texts that they were embedded from, by which a served model can prove that it is the index's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

import numpy as np

from newsdex.encoder import Vectors
from newsdex.errors import IndexDamaged
from newsdex.records import UNREAD, Passage
from newsdex.store.segment import FileSegment, Segment, keys_of
from newsdex.store.snapshot import Snapshot
from newsdex.words import unlinked

TITLE_TOKENS = 48  # a longer title is shortened, at a word, in what is embedded; what is stored stays whole
_SAMPLE = 16  # passages, or one for each segment
# Of the first passages of a segment, the one of about so many characters, which a server embeds quickly, and how many are tried.
_FIRST, _CHARACTERS, _TRIED = 64, 200, 4

Sampled = tuple[str, Vectors]  # the text of a passage as it was embedded, and its vector, float32, (d,)


def embedded_text(title: str, passage: str) -> str:
    """What is embedded for a passage."""
    # What is not read may end with a space, and a passage begin or end with the whole of it.
    return _titled(title, passage.replace(UNREAD, "").strip())


def once_embedded(title: str, text: str, passage: Passage) -> list[str]:
    """What may have been embedded for a passage of an article's ``text``: as now; with tags, as before CUTTING 8; and with addresses of
    links, too, as before 7; both with a space at either end if something there was not read.
    """
    readings = unlinked(text), unlinked(text, links_only=True), text
    pieces = [reading[passage.start : passage.end].replace(UNREAD, "") for reading in readings]
    before = [_titled(title, each) for piece in pieces[1:] for each in (piece, piece.strip(), piece.lstrip(), piece.rstrip())]
    return [*dict.fromkeys([embedded_text(title, pieces[0]), *before])]


def _titled(title: str, passage: str) -> str:
    return f"{title}\n{passage}" if title and not passage.startswith(title) else passage


def witness(snapshot: Snapshot) -> Sampled | None:
    """A passage that all of ``sample`` has too; None where none is known as it was embedded."""
    return next((found for segment in snapshot.file_segments for found in _short(segment)), None)


def sample(snapshot: Snapshot) -> Iterator[Sampled]:
    """Some living passages of each segment, evenly spread, and its ``witness``."""
    step = max(1, -(-snapshot.manifest.passages // _SAMPLE))
    for segment in snapshot.file_segments:
        yield from _short(segment)
        with suppress(IndexDamaged):
            yield from as_embedded(segment, segment.live_passages.nonzero()[0][::step].tolist())


def _short(segment: FileSegment) -> Iterator[Sampled]:
    """At most one of its first living passages, a short one."""
    with suppress(IndexDamaged):  # which is told where it is read
        start = segment.passages(int(segment.live_articles.argmax())).start
        near = range(start, min(len(segment), start + _FIRST))
        first = [each for each in near if segment.live_articles[segment.article_of(each)]]
        sizes = {each: end - start for each in first for start, end in [segment.passage_range(each)]}
        first.sort(key=lambda each: abs(sizes[each] - _CHARACTERS))
        yield from islice(as_embedded(segment, first[:_TRIED]), 1)


def as_embedded(segment: Segment, positions: Iterable[int]) -> Iterator[Sampled]:
    """Those at ``positions`` whose texts have the stored keys: not where a title with a very long word was cut."""
    for position in positions:
        article = segment.article(segment.article_of(position))
        passage, words = segment.passage(position, article), article.title.split()[:TITLE_TOKENS]
        # A title was cut to what the tokenizer counted.
        titles = [" ".join(words[:count]) for count in range(len(words), -1, -1)]
        texts = [text for title in titles for text in once_embedded(title, article.text, passage)]
        same = (keys_of(texts) == segment.tensors.rows("passage.key", np.array([position]))).all(axis=1)
        if same.any():
            yield texts[int(same.argmax())], segment.vectors(np.array([position]))[0]

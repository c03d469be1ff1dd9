"""Which articles of an archive in Milvus have a phrase: those with its words are asked for, and their texts are read here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from newsdex.milvus.rows import Head
from newsdex.search.deadline import check_time
from newsdex.search.milvus.archive import Archive, portions
from newsdex.search.question.filters import Comparison, Compound, Filter
from newsdex.search.question.phrases import Phrase, phrase_of, texts_with

_AT_ONCE = 1_000  # articles whose texts are here together


def resolved(archive: Archive, wanted: Filter) -> Filter:
    """The same filter with the ids of the articles that have a phrase in place of the phrase.

    Raises ServerError, IndexDamaged and OutOfTime.
    """
    if isinstance(wanted, Compound):
        return Compound(wanted.type, tuple(resolved(archive, part) for part in wanted.filters))
    if wanted.type != "contains" or wanted.key not in ("text", "title"):
        return wanted
    return Comparison("in", "id", tuple(_holders(archive, phrase_of(str(wanted.value)), title_only=wanted.key == "title")))


def _holders(archive: Archive, phrase: Phrase, *, title_only: bool) -> Iterator[str]:
    for some in portions(_heads(archive, phrase), _AT_ONCE):
        check_time()
        [segment] = archive.snapshot(some).segments
        for row in np.flatnonzero(texts_with(segment, [phrase], title_only=title_only)[0]).tolist():
            yield some[row].article.id


def _heads(archive: Archive, phrase: Phrase) -> Iterator[Head]:
    """The articles that have all of its words that can be looked up."""
    keys = archive.having(phrase.terms(archive.languages))
    if keys is None:
        yield from archive.heads_with("")
    else:
        for some in portions(keys, _AT_ONCE):
            yield from archive.heads(some).values()

"""Which articles of an archive in Milvus have a phrase: those with its words are asked for, and their texts are read here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from newsdex.milvus.rows import Head, article_term_key
from newsdex.search.deadline import check_time
from newsdex.search.milvus.archive import Archive
from newsdex.search.milvus.expressions import any_of, both, one_of
from newsdex.search.question.filters import Comparison, Compound, Filter
from newsdex.search.question.phrases import Phrase, phrase_of, texts_with

_NAMED = 5_000  # articles that an expression names
_FEW = 64  # articles of which it pays to read the texts rather than to ask for another word
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
    heads = _heads(archive, phrase)
    while some := list(islice(heads, _AT_ONCE)):
        check_time()
        [segment] = archive.snapshot(some).segments
        for row in np.flatnonzero(texts_with(segment, phrase, title_only=title_only)).tolist():
            yield some[row].article.id


def _heads(archive: Archive, phrase: Phrase) -> Iterator[Head]:
    """The articles that have all of its words that can be looked up."""
    keys: Sequence[str] | None = None
    for terms in phrase.terms(archive.languages):
        if keys is not None and len(keys) <= _FEW:
            break
        here = any_of("terms", map(article_term_key, terms))
        if keys is not None and len(keys) <= _NAMED:
            here = both(here, one_of("article", keys))
        found = {row["article"] for row in archive.server.every(archive.collection.passages, here, ("article",))}
        keys = sorted(found if keys is None else found.intersection(keys))
    if keys is None:
        yield from archive.heads_with("")
    else:
        for start in range(0, len(keys), _AT_ONCE):
            yield from archive.heads(keys[start : start + _AT_ONCE]).values()

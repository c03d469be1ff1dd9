"""Quotation lookup in Milvus: fetches candidate articles as an excerpt for newsdex.search.quotes.verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from newsdex.errors import UsageError
from newsdex.milvus.rows import key_of, term_key, term_place
from newsdex.reports import QuoteReport
from newsdex.search.milvus.archive import Archive
from newsdex.search.milvus.expressions import any_of
from newsdex.search.milvus.shortlist import weights_of
from newsdex.search.quotes.locate import Sought, sought
from newsdex.search.quotes.verify import Quotation, verify_quote
from newsdex.search.ranking.lexical import QueryWord
from newsdex.store.postings import hash_of
from newsdex.store.snapshot import Snapshot

_RAREST = 8  # words, as in newsdex.search.quotes.locate
_READ_AHEAD = 5_000  # articles whose texts are fetched together
_NEAR = 256  # passages retrieved for the quotation
_NEAR_PART = 32  # passages retrieved for a part of it
_PART = 8  # words of such a part
_COMMON = 20_000  # passages read per word
_EVERYTHING = 10_000  # largest archive that is read whole for a quotation without a searchable word


def verify_quote_in(archive: Archive, quote: str, limit: int | None) -> QuoteReport:
    """Return what quotes.verify.verify_quote does, for an archive in Milvus. Raises as that, and ServerError."""
    base = archive.snapshot()
    words = sought(base, Quotation.read(base, quote).tokens)
    keys = [*dict.fromkeys([*_having(archive, words.words), *_near(archive, words)])]
    return verify_quote(_excerpt(archive, words, keys), quote, limit)


def _having(archive: Archive, words: Sequence[QueryWord]) -> list[str]:
    """Return the keys of all articles that have each of the rarest words."""
    if not words:
        if archive.manifest.articles > _EVERYTHING:
            raise UsageError("the quotation has no word rare enough to look up in an archive this large. Give a longer quotation")
        return [key_of(head.article.id) for head in archive.heads_with("")]
    rarest = sorted(words, key=lambda each: -each.weight)[:_RAREST]
    return archive.having(map(hash_of, word.terms) for word in rarest) or []


def _near(archive: Archive, words: Sought) -> Iterator[str]:
    """Yield the keys of the articles whose passages have most of the words, or of those of a part of the quotation."""
    if not words.words:
        return
    if not archive.server.has_sparse:
        yield from _nearest_by_count(archive, words.words)
        return
    parts = [(list(words.words), _NEAR)]
    if len(words.order) > _PART:
        starts = range(0, len(words.order) - _PART // 2, max(_PART // 2, len(words.order) // 64))
        parts += [([words.words[n] for n in sorted({*words.order[start : start + _PART]})], _NEAR_PART) for start in starts]
    for asked, limit in parts:
        for _, row in archive.server.search(archive.collection.passages, "sparse", weights_of(asked, term_place), "", ("article",), limit):
            yield row["article"]


def _nearest_by_count(archive: Archive, words: Sequence[QueryWord]) -> list[str]:
    """Return the same from a server that cannot rank by words: the passages with most of the rarest words."""
    weights: Counter[tuple[str, str]] = Counter()
    for word in sorted(words, key=lambda each: -each.weight)[:_RAREST]:
        here = any_of("terms", [term_key(hash_of(term)) for term in word.terms])
        for row in islice(archive.server.every(archive.collection.passages, here, ("id", "article")), _COMMON):
            weights[row["id"], row["article"]] += word.weight  # type: ignore[assignment]  # a Counter of shares
    return [article for (_, article), _ in weights.most_common(_NEAR)]


def _excerpt(archive: Archive, words: Sought, keys: Sequence[str]) -> Snapshot:
    """Fetch all passages of the articles with these ``keys``, without their vectors."""
    heads = archive.heads(keys)
    found = archive.passages(heads, ("article", "version", "position", "terms", "impacts"))
    rows = [row for row in found if heads[row["article"]].version == row["version"]]
    snapshot = archive.snapshot(heads.values(), rows, words.words)
    if len(heads) <= _READ_AHEAD:
        snapshot.segments[0].read_ahead(range(len(heads)))
    return snapshot

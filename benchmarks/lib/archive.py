"""A large archive from a small real one, in minutes where embedding it would take days: what the benchmarks of search at size ask their
questions of.

Each made passage is half of the sentences of one real passage and half of another's, with some words replaced by words drawn as often as
they occur, so that no article is a copy; its vector lies between those of the two, with noise. So words and vectors are distributed as in
the real archive, and agree with each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import xxhash

from newsdex import Options, index_paths
from newsdex.encoder import DEFAULT_MODEL, ModelCard, Vectors
from newsdex.records import Article, Published, Span
from newsdex.settings import Chunking
from newsdex.store.segment import Entry, keys_of
from newsdex.store.snapshot import Snapshot
from newsdex.store.sources import SourceFile
from newsdex.store.writer import Writer

PASSAGES = 5  # an article
SHARE = 0.7  # of the first of the two passages in the vector
REPLACED = 0.3  # of the words
NOISE = 0.25  # the length of the noise beside that of a vector, 1
_FIRST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Real:
    """The passages of a real archive: each passage's ``sentences``, and its ``vectors``, float32, (n, d), unit rows; ``words`` as often as
    they occur.
    """

    card: ModelCard
    sentences: list[list[str]]
    vectors: Vectors
    words: list[str]


def real_passages(*folders: Path) -> Real:
    """Those of the English articles of the indexes in ``folders``, all of one model; the made articles say that they are English."""
    sentences, vectors = [], []
    snapshots = [Snapshot.open(folder) for folder in folders]
    for snapshot in snapshots:
        for number, row in snapshot.articles():
            entry = snapshot.segments[number].entry(row)
            for span, vector in zip(entry.passages, entry.vectors, strict=True) if entry.article.language == "en" else ():
                inside = [s for s in entry.sentences if s.start >= span.start and s.end <= span.end] or [span]
                sentences.append([" ".join(entry.article.text[s.start : s.end].split()) for s in inside])
                vectors.append(vector)
    words = re.findall(r"\w+", " ".join(s for passage in sentences for s in passage))
    return Real(snapshots[0].manifest.model, sentences, np.array(vectors), words)


def indexed(folder: Path) -> Iterator[tuple[str, Article, str, Vectors]]:
    """The passages of the index in ``folder``, for another engine: an id, the article, the passage's text and its vector, float32, (d,)."""
    snapshot = Snapshot.open(folder)
    for number, row in snapshot.articles():
        entry = snapshot.segments[number].entry(row)
        for place, (span, vector) in enumerate(zip(entry.passages, entry.vectors, strict=True)):
            yield f"{entry.article.id}#{place}", entry.article, entry.article.text[span.start : span.end], vector


def made_entries(real: Real, articles: int, folder: Path, seed: int = 0, first: int = 0) -> Iterator[Entry]:
    """As many articles of PASSAGES passages, from number ``first`` on; a date in 2000 to 2019, a source of 200, a section of 20 each."""
    random = np.random.default_rng(seed)
    count, dimension = real.vectors.shape
    for number in range(first, first + articles):
        pairs = random.integers(0, count, (PASSAGES, 2))
        noise = random.standard_normal((PASSAGES, dimension)).astype(np.float32) * np.float32(NOISE / np.sqrt(dimension))
        vectors = np.float32(SHARE) * real.vectors[pairs[:, 0]] + np.float32(1 - SHARE) * real.vectors[pairs[:, 1]] + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        passages = _altered([_mixed(real, one, other) for one, other in pairs.tolist()], real.words, random)
        flat = [sentence for passage in passages for sentence in passage]
        starts = [0, *accumulate(len(sentence) + 1 for sentence in flat)]
        sentences = [Span(start, start + len(sentence)) for start, sentence in zip(starts, flat, strict=False)]
        firsts = [0, *accumulate(map(len, passages))]
        spans = [Span(sentences[first].start, sentences[last - 1].end) for first, last in pairwise(firsts)]
        text = " ".join(flat)
        name = f"made/{number:07d}.txt"
        article = Article(
            name, text, folder.parent / name, "0" * 64, " ".join(flat[0].split()[:8]), f"Source {number % 200}",
            f"https://made.up.example/{number}", Published((_FIRST + timedelta(days=number % 7300)).isoformat(), "made up"),
            body=Span(0, len(text)), language="en", metadata={"section": f"Section {number % 20}", "number": str(number)},
        )  # fmt: skip
        keys = keys_of([f"{article.title}\n{text[span.start : span.end]}" for span in spans])
        yield Entry(article, xxhash.xxh3_128_digest(text.encode()), sentences, spans, keys, vectors)


def _mixed(real: Real, one: int, other: int) -> list[str]:
    first, second = real.sentences[one], real.sentences[other]
    return [*first[: -(-len(first) // 2)], *second[len(second) // 2 :]]


def _altered(passages: list[list[str]], words: list[str], random: np.random.Generator) -> list[list[str]]:
    split = [[sentence.split(" ") for sentence in sentences] for sentences in passages]
    replaced = random.random(sum(len(parts) for sentences in split for parts in sentences)) < REPLACED
    others = iter(random.integers(0, len(words), int(replaced.sum())).tolist())
    flags = iter(replaced.tolist())
    # A flag is taken for each word, and another word where it says so.
    return [
        [" ".join([words[next(others)] if flag else part for part, flag in zip(parts, flags, strict=False)]) for parts in sentences]
        for sentences in split
    ]


def build_real(corpus: list[Path], folder: Path) -> Real:
    """The passages of ``corpus``, embedded now if ``folder`` has no index of them yet, with the model that questions are encoded with."""
    if not folder.exists():
        index_paths(corpus, folder, Options(model=DEFAULT_MODEL))
    return real_passages(folder)


def build(real: Real, passages: int, folder: Path) -> None:
    """An index of about as many passages in ``folder``, unless there is one; the sources of its articles are never looked for."""
    if not folder.exists():
        grow(real, passages, folder)


def grow(real: Real, passages: int, folder: Path) -> None:
    """Add about as many passages to the index in ``folder``, in one commit; make it if there is none."""
    first = Snapshot.open(folder).manifest.articles if folder.exists() else 0
    write(made_entries(real, passages // PASSAGES, folder, seed=first, first=first), real.card, folder)


def write(entries: Iterable[Entry], card: ModelCard, folder: Path, *, with_sources: bool = True) -> None:
    """Add ``entries`` to the index in ``folder``, in one commit, with a source for each or without any; make it if there is none."""
    with Writer(folder, card, Chunking()) as writer:
        sources = writer.known.sources.copy()
        for entry in entries:
            writer.add(entry)
            if with_sources:
                sources[entry.article.id] = SourceFile(entry.article.id, len(entry.article.text), 1, 2 * 10**18, "0" * 64)
        writer.commit(sources)

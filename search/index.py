"""An index as its readers see it: open it, ask it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from newsdex.encoder import Encoder, Vectors
from newsdex.engines import open_query_encoder
from newsdex.errors import IndexFolderError, ModelMismatch, UsageError
from newsdex.records import Article, Hit, Match, Span
from newsdex.search.answer import best_sentence
from newsdex.search.corrections import corrections_first
from newsdex.search.dense import cosines
from newsdex.store.manifest import Manifest
from newsdex.store.paths import absolute
from newsdex.store.snapshot import Snapshot

MAX_LIMIT = 10_000


class Index:
    """An open index. Any number of threads may ask it at once.

    Each call answers from one whole version, the newest that could be opened: a commit is seen at the next call. When a newer
    version cannot be opened, the one that is open goes on answering and ``problem`` says why.

        with Index.open("index_data") as index:
            for hit in index.search("China support for Russia", limit=5):
                print(hit.score, hit.article.title, hit.passage.text)
    """

    def __init__(self, snapshot: Snapshot, *, follow: bool = True) -> None:
        """``follow``: answer from newer versions as they come."""
        self._snapshot = snapshot
        self._follow = follow
        self._encoder: Encoder | None = None
        self._lock = threading.Lock()
        self.problem: IndexFolderError | None = None

    @classmethod
    def open(cls, folder: str | os.PathLike[str] = "index_data") -> Index:
        """Open the index in ``folder``.

        Raises IndexMissing when there is none, IndexTooNew when a later newsdex wrote it, and IndexDamaged.
        """
        return cls(Snapshot.open(absolute(Path(folder))))

    @classmethod
    def open_generation(cls, folder: str | os.PathLike[str], generation: str) -> Index:
        """Open a generation of the index in ``folder``, such as ``g000001``, as it stands, whichever is current.

        Raises IndexMissing when there is no such generation, and as ``open``.
        """
        return cls(Snapshot.open_generation(absolute(Path(folder)), generation), follow=False)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model. The index's files are let go when nothing refers to their content any more."""
        self._encoder = None

    @property
    def manifest(self) -> Manifest:
        """What the current version consists of: counts, model, settings, time of its commit."""
        return self._current().manifest

    def search(self, question: str, *, limit: int = 5) -> list[Hit]:
        """The ``limit`` passages that answer ``question`` best, best first; fewer when the index has fewer.

        The corrected version of an article comes before the one that it corrects.

        Raises UsageError when the question is empty or the limit is not from 1 to 10,000; ModelMismatch, ModelError and IndexDamaged.
        """
        question = question.strip()
        if not question:
            raise UsageError('the question is empty. Ask something: search "China support for Russia"')
        if not 1 <= limit <= MAX_LIMIT:
            raise UsageError(f"a limit of {limit} is impossible: expected 1 to {MAX_LIMIT}")
        snapshot = self._current()
        if not snapshot.manifest.passages:
            return []
        encoder = self._encoder_for(snapshot)
        candidates = _nearest(snapshot, encoder.encode_question(question), limit)
        return _hits(snapshot, encoder, question, candidates)

    def _current(self) -> Snapshot:
        with self._lock:
            try:
                if self._follow and not self._snapshot.is_current():
                    self._snapshot = Snapshot.open(self._snapshot.folder)
                self.problem = None
            except IndexFolderError as problem:
                self.problem = problem
            return self._snapshot

    def _encoder_for(self, snapshot: Snapshot) -> Encoder:
        model = snapshot.manifest.model
        with self._lock:
            if self._encoder is None or self._encoder.card.fingerprint != model.fingerprint:
                encoder = open_query_encoder(model.name)
                if encoder.card.fingerprint != model.fingerprint:
                    raise ModelMismatch(
                        f"{snapshot.folder} was built with another version of {model.name} (fingerprint {model.fingerprint}) than the one "
                        f"installed ({encoder.card.fingerprint}). Build it again: newsdex index PATH... --index-dir NEW_FOLDER"
                    )
                self._encoder = encoder
            return self._encoder


class Candidate(NamedTuple):
    segment: int
    position: int
    score: float


def _nearest(snapshot: Snapshot, question: Vectors, limit: int) -> list[Candidate]:
    found = []
    for number, segment in enumerate(snapshot.segments):
        scores = cosines(segment, question)
        found += [Candidate(number, p, float(scores[p])) for p in segment.live_passages.nonzero()[0].tolist()]
    return sorted(found, key=lambda c: (-c.score, c.segment, c.position))[:limit]


def _hits(snapshot: Snapshot, encoder: Encoder, question: str, candidates: list[Candidate]) -> list[Hit]:
    """The records of ``candidates``, each with its answer sentence."""
    articles: dict[tuple[int, int], Article] = {}
    hits = []
    [asked] = encoder.token_vectors([question])
    for rank, candidate in enumerate(candidates, 1):
        segment = snapshot.segments[candidate.segment]
        row = segment.article_of(candidate.position)
        if (candidate.segment, row) not in articles:
            articles[candidate.segment, row] = segment.article(row)
        article = articles[candidate.segment, row]
        passage = segment.passage(candidate.position, article)
        sentences = _within(segment.sentences(row), Span(passage.start, passage.end))
        best = best_sentence(asked, encoder.token_vectors([article.text[s.start : s.end] for s in sentences])) if len(sentences) > 1 else 0
        score = min(1.0, max(0.0, candidate.score))
        hits.append(Hit(rank, score, article, (Match(passage, score, sentences[best]),)))
    return corrections_first(hits)


def _within(sentences: list[Span], passage: Span) -> list[Span]:
    """The parts of ``sentences`` that lie in ``passage``; the whole passage when there are none."""
    parts = [
        Span(max(s.start, passage.start), min(s.end, passage.end)) for s in sentences if s.start < passage.end and s.end > passage.start
    ]
    return parts or [passage]

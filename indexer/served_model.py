"""Whether a server still runs the model that embedded an index: models of one name and width are told apart by their vectors alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from newsdex.encoder import SERVED, Encoder, Vectors
from newsdex.engines.served import same_vectors
from newsdex.errors import IndexDamaged
from newsdex.indexer.chunker import Chunker
from newsdex.store.previous import Journal
from newsdex.store.segment import keys_of
from newsdex.store.snapshot import Snapshot

_SAMPLE = 16  # passages that are embedded again: one request, or one passage for each segment
_LEFT = 4  # of those that an interrupted run has left


def has_changed(snapshot: Snapshot, encoder: Encoder) -> bool:
    """Return whether ``encoder``, a served model by the card of ``snapshot``, gives other vectors for some of its passages. Raises
    ModelError. Always False for any other model, whose card tells.
    """
    if not encoder.card.name.startswith(SERVED) or encoder.card.fingerprint != snapshot.manifest.model.fingerprint:
        return False
    texts, vectors = [], []
    for text, vector in _sample(snapshot, Chunker.of(snapshot.manifest.chunking, encoder)):
        texts.append(text)
        vectors.append(vector)
    return bool(texts) and not same_vectors(encoder.encode_passages(texts), np.array(vectors))


def forget_if_changed(journal: Journal, texts: list[str], keys: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], encoder: Encoder) -> None:
    """Discard the vectors of an interrupted run if the server had another model then: some of ``texts``, with their ``keys``, tell."""
    left, vectors = journal.known(keys)
    rows = left.nonzero()[0][:_LEFT].tolist()
    if journal.proven or not rows:
        return
    if not same_vectors(encoder.encode_passages([texts[row] for row in rows]), vectors[rows]):
        journal.discard()
    journal.proven = True


def _sample(snapshot: Snapshot, chunker: Chunker) -> Iterator[tuple[str, Vectors]]:
    """The embedded texts of some living passages of each segment, evenly spread, with their vectors, float32, (d,)."""
    step = -(-snapshot.manifest.passages // _SAMPLE)
    for segment in snapshot.file_segments:
        with suppress(IndexDamaged):  # which is told where it is read
            for position in segment.live_passages.nonzero()[0][::step].tolist():
                article = segment.article(segment.article_of(position))
                [texts] = chunker.embedded_texts(article, [segment.passage(position, article)])
                same = (keys_of(list(texts)) == segment.tensors.rows("passage.key", np.array([position]))).all(axis=1)
                if same.any():
                    yield texts[int(same.argmax())], segment.vectors(np.array([position]))[0]

"""Whether a server still runs the model that embedded an index: models of one name and width are told apart by their vectors alone."""

from __future__ import annotations

import numpy as np

from newsdex.encoder import SERVED, Encoder
from newsdex.store.previous import Journal
from newsdex.store.samples import sample
from newsdex.store.snapshot import Snapshot

_LEFT = 4  # of those that an interrupted run has left


def has_changed(snapshot: Snapshot, encoder: Encoder) -> bool:
    """Return whether a served ``encoder`` gives other vectors for passages of ``snapshot``; False for other models. Raises ModelError."""
    if not encoder.card.name.startswith(SERVED) or encoder.card.fingerprint != snapshot.manifest.model.fingerprint:
        return False
    from newsdex.engines.served import same_vectors

    found = dict(sample(snapshot))
    return bool(found) and not same_vectors(encoder.encode_passages([*found]), np.array([*found.values()]))


def forget_if_changed(journal: Journal, texts: list[str], keys: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], encoder: Encoder) -> None:
    """Discard the vectors of an interrupted run if the server had another model then: some of ``texts``, with their ``keys``, tell."""
    left, vectors = journal.known(keys)
    rows = left.nonzero()[0][:_LEFT].tolist()
    if journal.proven or not rows:
        return
    from newsdex.engines.served import same_vectors

    if not same_vectors(encoder.encode_passages([texts[row] for row in rows]), vectors[rows]):
        journal.discard()
    journal.proven = True

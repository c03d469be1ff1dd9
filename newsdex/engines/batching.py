"""Texts of like length together, so that little is computed on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions of ``lengths`` in batches, shortest first, each at most ``budget`` once padded to its longest.

    A text longer than the budget is a batch of its own.

    >>> list(batches([5, 2, 9, 2], 10))
    [[1, 3], [0], [2]]
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[position] > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch

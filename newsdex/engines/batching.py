"""Texts of like length together, so that little is computed on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(lengths: Sequence[int], budget: int, *, alike: bool = False) -> Iterator[list[int]]:
    """Positions of ``lengths`` in batches, shortest first, each at most ``budget`` once padded to its longest; ``alike``: of one length
    each.

    A text longer than the budget is a batch of its own.

    >>> list(batches([5, 2, 9, 2], 10)), list(batches([5, 2, 9, 2], 10, alike=True))
    ([[1, 3], [0], [2]], [[1, 3], [0], [2]])
    >>> list(batches([5, 2, 9, 2], 100)), list(batches([5, 2, 9, 2], 100, alike=True))
    ([[1, 3, 0, 2]], [[1, 3], [0], [2]])
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[position]
        if batch and ((len(batch) + 1) * length > budget or (alike and length > longest)):
            yield batch
            batch = []
        batch.append(position)
        longest = length
    if batch:
        yield batch

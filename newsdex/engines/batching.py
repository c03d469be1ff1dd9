"""Texts of like length together, so that little is computed on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(lengths: Sequence[int], budget: int, spared: int | None = None) -> Iterator[list[int]]:
    """Positions of ``lengths`` in batches, shortest first, each at most ``budget`` once padded to its longest.

    A text longer than the budget is a batch of its own. A batch also ends where a longer text would add more than ``spared`` of padding, if that is given: what
    another batch costs.

    >>> list(batches([5, 2, 9, 2], 10))
    [[1, 3], [0], [2]]
    >>> list(batches([5, 2, 9, 2], 100)), list(batches([5, 2, 9, 2], 100, 10))
    ([[1, 3, 0, 2]], [[1, 3, 0], [2]])
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[position]
        full = (len(batch) + 1) * length > budget
        if batch and (full or (spared is not None and (length - longest) * len(batch) > spared)):
            yield batch
            batch = []
        batch.append(position)
        longest = length
    if batch:
        yield batch

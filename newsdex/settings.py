"""Settings that determine the content of an index. They are stored with it; a mismatch is an error."""

from __future__ import annotations

from dataclasses import dataclass

from newsdex.errors import UsageError
from newsdex.given import whole

# Increase this when the same articles and settings give other passages or languages: a rebuild then keeps only vectors.
CUTTING = 8


@dataclass(frozen=True, slots=True)
class Chunking:
    """How articles are cut into passages.

    ``max_tokens``: the largest passage in tokens of the model, with title and special tokens. ``overlap``: sentences repeated from the
    passage before. ``title``: embed the article's title before each passage. The defaults give the smallest index whose nDCG@10 over six
    real collections is within 0.01 of the best: docs/decisions/passages.md. Raises UsageError.
    """

    max_tokens: int = 128
    overlap: int = 0
    title: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_tokens", whole("a passage of {} tokens", self.max_tokens, 1))
        object.__setattr__(self, "overlap", whole("an overlap of {} sentences", self.overlap, 0))
        if type(self.title) is not bool:
            raise UsageError(f"a title of {self.title!r} is not allowed: expected True or False")

"""Settings that change what an index holds. They are stored with it; a mismatch is an error, never a mixture."""

from __future__ import annotations

from dataclasses import dataclass

# To be raised when the same articles with the same settings would be cut into other passages, or told to be in other languages: a rebuild
# then does all anew and takes over no more than vectors.
CUTTING = 4


@dataclass(frozen=True, slots=True)
class Chunking:
    """How articles are cut into passages.

    ``max_tokens`` is the largest passage in tokens of the model, with the title and the special tokens; ``overlap`` is how
    many sentences a passage repeats from the one before; ``title`` puts the article's title before a passage when it is embedded.
    The defaults make the smallest index whose nDCG@10 over six real collections is within 0.01 of the best: docs/QUALITY.md.
    """

    max_tokens: int = 128
    overlap: int = 0
    title: bool = True

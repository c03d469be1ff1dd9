"""Networks of transformers with seeded random weights and small tokenizers, as folders, and what spoils a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import ModernBertConfig, PreTrainedTokenizerFast

from newsdex.engines.known import MINILM

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,%äöüÜé中国"


def _wordpiece(*, lower: bool) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(MINILM.folder() / "tokenizer.json"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _byte_level() -> Tokenizer:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "i")]
    vocabulary = {piece: number for number, piece in enumerate([*pieces, *("".join(pair) for pair in merges), "<mask>"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    return tokenizer


def _unigram() -> Tokenizer:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", *ALPHABET, "▁the", "▁minister", "sia", "con"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(number)) for number, piece in enumerate(pieces)], unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    return tokenizer


TOKENIZERS: dict[str, tuple[Callable[[], Tokenizer], dict[str, str]]] = {
    "uncased": (lambda: _wordpiece(lower=True), {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}),
    "cased": (lambda: _wordpiece(lower=False), {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}),
    "bytes": (_byte_level, {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}),
    "unigram": (_unigram, {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}),
}
SMALL = {"hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536, "num_hidden_layers": 2}
BASE = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072, "num_hidden_layers": 1}
DISTILLED = {"hidden_size": 384, "n_heads": 12, "hidden_dim": 1536, "n_layers": 2}
MODERN = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 576, "num_hidden_layers": 4, "max_position_embeddings": 400}


def save_network(folder: Path, tokens: str, model: type, config: type, settings: dict[str, Any], *, kinds: bool = False) -> None:
    """A network and its tokenizer in ``folder``, with seeded weights of some size; ``kinds``: the texts of a pair are told apart."""
    torch.manual_seed(1)
    build, names = TOKENIZERS[tokens]
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=build(), **names)
    if kinds:
        tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
        tokenizer.init_kwargs["model_input_names"] = tokenizer.model_input_names
    ids = {"pad_token_id": tokenizer.pad_token_id, "bos_token_id": 0, "eos_token_id": 2}
    if config is ModernBertConfig:
        ids |= {"cls_token_id": 0, "sep_token_id": 2}
    network = model(config(vocab_size=len(tokenizer), **{**ids, **settings}))
    with torch.no_grad():
        for parameter in network.parameters():  # far from what a model begins with, whose biases are 0 and whose norms are 1
            parameter.add_(torch.randn_like(parameter) * 0.05)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def with_value(file: str, name: str, value: object) -> Callable[[Path], None]:
    """What puts ``value`` into a JSON ``file`` of a model's folder."""

    def spoil(folder: Path) -> None:
        path = folder / file
        path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))

    return spoil


def with_tensor(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    """What puts the ``change`` of a tensor into a model's folder."""

    def spoil(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        tensors[name] = change(tensors[name])
        save_file(tensors, folder / "model.safetensors")

    return spoil

"""Values in a model's folder, changed one by one: newsdex gives the vectors of sentence-transformers, or refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_models import save_network, with_value
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    RobertaConfig,
    RobertaModel,
)

from newsdex.encoder import Vectors
from newsdex.engines.description import NotKnown
from newsdex.engines.model import Model
from newsdex.engines.numpy_network import NumpyNetwork
from newsdex.errors import ModelError

TINY = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64, "num_hidden_layers": 2, "max_position_embeddings": 64}
NETWORKS: dict[str, tuple[str, type, type, dict[str, Any]]] = {
    "bert": ("uncased", BertModel, BertConfig, TINY),
    "distilbert": ("uncased", DistilBertModel, DistilBertConfig, {"dim": 32, "n_heads": 2, "hidden_dim": 64, "n_layers": 2}),
    "roberta": ("bytes", RobertaModel, RobertaConfig, TINY),
    "mpnet": ("uncased", MPNetModel, MPNetConfig, {**TINY, "pad_token_id": 1}),
    "modernbert": ("bytes", ModernBertModel, ModernBertConfig, {**TINY, "num_hidden_layers": 4, "local_attention": 8}),
}
TEXTS = ["Russia said 12.5% of the MINISTER's", "the", "Überraschung 中国 é [MASK] <s>", " don't there they", "the minister " * 40]
CLOSE = 1e-5  # a cosine distance

CONFIG, POOLING, DENSE = "config.json", "1_Pooling/config.json", "2_Dense/config.json"
TEXT, PROMPTS, TOKENS = "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json"
VALUES: dict[str, dict[tuple[str, str], list[Any]]] = {
    "bert": {
        (CONFIG, "hidden_act"): [
            "gelu_new",
            "gelu_fast",
            "gelu_pytorch_tanh",
            "relu",
            "silu",
            "quick_gelu",
            "gelu_10",
            "mish",
            "tanh",
            None,
        ],
        (CONFIG, "num_attention_heads"): [1, 4, 8, "2", None],
        (CONFIG, "num_hidden_layers"): [1, 3, 0],
        (CONFIG, "layer_norm_eps"): [1e-3, 0.1, 0.0, None],
        (CONFIG, "position_embedding_type"): ["relative_key", None],
        (CONFIG, "pad_token_id"): [5, 1996],
        (CONFIG, "is_decoder"): [True, None],
        (POOLING, "pooling_mode"): ["cls", "lasttoken", "max", "weightedmean", ["mean"], ["cls", "mean"], "x", None],
        (POOLING, "include_prompt"): [False, None],
        (DENSE, "activation_function"): [f"torch.nn.modules.activation.{name}" for name in ("ReLU", "GELU", "SiLU", "Sigmoid")],
        (DENSE, "bias"): [False, None],
        (DENSE, "use_residual"): [True],
        (DENSE, "module_input_name"): ["token_embeddings", None],
        (TEXT, "max_seq_length"): [3, 5, 16],
        (TEXT, "do_lower_case"): [True],
        (TEXT, "modality_config"): [{}, {"text": {"method": "forward", "method_output_name": "pooler_output"}}],
        (TEXT, "processing_kwargs"): [{"text": {"add_special_tokens": False}}],
        (TEXT, "config_args"): [{"num_hidden_layers": 1}],
        (TEXT, "document_length"): [5],
        (PROMPTS, "prompts"): [{"query": "q: "}, {"document": "d: "}, {"x": "y: "}, {}],
        (PROMPTS, "default_prompt_name"): ["query", "x"],
        (PROMPTS, "truncate_dim"): [1, 8, 64, None],
        (PROMPTS, "model_type"): ["CrossEncoder", "x"],
        (TOKENS, "model_max_length"): [2, 5, 10**30, None, -1],
        (TOKENS, "truncation_side"): ["left"],
        (TOKENS, "padding_side"): ["left"],
        (TOKENS, "split_special_tokens"): [True],
        (TOKENS, "model_input_names"): [["input_ids"], ["input_ids", "attention_mask"]],
        (TOKENS, "additional_special_tokens"): [["the"]],
        (TOKENS, "tokenizer_class"): ["BertTokenizer", "MPNetTokenizer", None],
    },
    "bert, its own tokenizer": {
        (TOKENS, "do_lower_case"): [True, False],
        (TOKENS, "strip_accents"): [True, False, None],
        (TOKENS, "tokenize_chinese_chars"): [True, False],
        (TOKENS, "cls_token"): ["[SEP]", "x", None],
        (TOKENS, "sep_token"): ["[CLS]", ""],
        (TOKENS, "mask_token"): ["the"],
        ("tokenizer.json", "normalizer"): [None, {"type": "Lowercase"}, {"type": "Sequence", "normalizers": [{"type": "NFD"}]}],
        ("tokenizer.json", "pre_tokenizer"): [None, {"type": "WhitespaceSplit"}],
        ("tokenizer.json", "post_processor"): [None, {"type": "BertProcessing", "cls": ["[SEP]", 102], "sep": ["[SEP]", 102]}],
        ("tokenizer.json", "added_tokens"): [[]],
        ("tokenizer.json", "truncation"): [{"direction": "Left", "max_length": 7, "strategy": "LongestFirst", "stride": 0}],
    },
    "distilbert": {
        (CONFIG, "activation"): ["relu", "gelu_new", "tanh", None],
        (CONFIG, "n_heads"): [1, 4, 3],
        (CONFIG, "n_layers"): [1, 3],
        (CONFIG, "sinusoidal_pos_embds"): [True],
        (CONFIG, "layer_norm_eps"): [1e-3],
        (CONFIG, "hidden_size"): [16],
        (CONFIG, "num_attention_heads"): [4],
    },
    "roberta": {
        (CONFIG, "pad_token_id"): [0, 2, 5, None],
        (CONFIG, "type_vocab_size"): [1, 3],
        (TOKENS, "tokenizer_class"): ["RobertaTokenizer", "BertTokenizer"],
        (TOKENS, "add_prefix_space"): [True],
        ("tokenizer.json", "normalizer"): [{"type": "Lowercase"}, {"type": "Prepend", "prepend": "a"}],
    },
    "mpnet": {
        (CONFIG, "relative_attention_num_buckets"): [16, 64],
        (CONFIG, "pad_token_id"): [0, 5],
        (CONFIG, "layer_norm_eps"): [1e-3],
    },
    "modernbert": {
        (CONFIG, "local_attention"): [2, 4, 7, 16, None],
        (CONFIG, "sliding_window"): [2, 16],
        (CONFIG, "layer_types"): [["full_attention"] * 4, ["sliding_attention"] * 4, ["x"] * 4, None],
        (CONFIG, "global_attn_every_n_layers"): [1, 2],
        (CONFIG, "rope_parameters"): [
            None,
            {"rope_theta": 500.0, "rope_type": "default"},
            {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 160000.0}},
            {
                "full_attention": {"rope_type": "default", "rope_theta": 77.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 7.0},
            },
        ],
        (CONFIG, "rope_scaling"): [{"rope_type": "linear", "factor": 2.0}],
        (CONFIG, "global_rope_theta"): [77.0],
        (CONFIG, "norm_eps"): [1e-3],
        (CONFIG, "norm_bias"): [True],
        (CONFIG, "attention_bias"): [True],
        (CONFIG, "hidden_activation"): ["gelu_new", "silu", "sigmoid"],
        (CONFIG, "head_dim"): [8],
        (CONFIG, "is_causal"): [True],
        (CONFIG, "embedding_size"): [16],
    },
}


def made(folder: Path, name: str) -> Path:
    """A small model with seeded weights; its window is 64."""
    family, _, own = name.partition(", ")
    tokens, model, config, settings = NETWORKS[family]
    save_network(folder / "network", tokens, model, config, {"max_position_embeddings": 64, **settings})
    modules = [Transformer(str(folder / "network"), max_seq_length=48), Pooling(32, pooling_mode="mean"), Dense(32, 64), Normalize()]
    prompts = {"query": "ask: ", "document": "tell: "}
    SentenceTransformer(modules=modules, device="cpu", prompts=prompts).save(str(folder / "model"))
    if own:
        with_value(TOKENS, "tokenizer_class", "BertTokenizer")(folder / "model")
    return folder / "model"


def reference(folder: Path) -> Vectors | None:
    """By sentence-transformers, unless it refuses; its tokenizers panic by an exception of their own."""
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        return np.concatenate([encode(TEXTS, normalize_embeddings=True) for encode in (model.encode_query, model.encode_document)])
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None


def own(folder: Path) -> Vectors | None:
    """By newsdex, unless it refuses."""
    try:
        model = Model(folder, "tried")
        given = [prefix + text for prefix in (model.description.question_prefix, model.description.passage_prefix) for text in TEXTS]
        return NumpyNetwork(model.network).embed(model.tokens.framed(model.tokens.pieces(given)))
    except (NotKnown, ModelError):
        return None


@pytest.mark.parametrize("name", VALUES)
def test_no_value_is_guessed(name: str, tmp_path: Path) -> None:
    """Of each value the vectors are those of sentence-transformers, or there are none."""
    folder, tried = made(tmp_path, name), tmp_path / "tried"
    assert own(folder) is not None
    other = []
    for (file, key), values in VALUES[name].items():
        for value in values:
            shutil.copytree(folder, tried)
            with_value(file, key, value)(tried)
            found = own(tried)
            expected = None if found is None else reference(tried)
            if found is not None and expected is not None:
                far = found.shape != expected.shape or float((1 - (found * expected).sum(axis=1)).max()) > CLOSE
                if far:
                    other.append(f"{file} {key} = {json.dumps(value)}")
            shutil.rmtree(tried)
    assert other == []

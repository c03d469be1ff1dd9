"""Other models than the default: any sentence-transformers model, and the multilingual one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from random_models import with_tensor, with_value
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Pooling, StaticEmbedding, Transformer
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast

from newsdex.encoder import Vectors
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.engines.known import MINILM
from newsdex.engines.passage_engine import FEW
from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder
from newsdex.errors import ModelError, UsageError
from newsdex.indexer.build import Options, index_paths
from newsdex.search.index import Index
from newsdex.settings import Chunking
from newsdex.store.snapshot import Snapshot

TEXTS = [
    "The minister said on Monday that the talks in Geneva would go on.",
    "x",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
]
WINDOW = 100


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer with seeded weights, prompts, a window of 100 tokens and a README, as sentence-transformers saves it."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(1)
    tokenizer = BertTokenizerFast(str(MINILM.folder() / "vocab.txt"))
    config = BertConfig(vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=WINDOW), Pooling(32)]
    model = SentenceTransformer(modules=modules, device="cpu", prompts={"query": "ask: ", "passage": "tell: "})
    model.save(str(folder / "model"))
    (folder / "model" / "README.md").write_text("---\nlanguage:\n- en\n- de\n---\n\n# Tiny\n")
    return folder / "model"


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of token embeddings without any layer."""
    folder = tmp_path_factory.mktemp("static")
    torch.manual_seed(1)
    tokenizer = Tokenizer.from_file(str(MINILM.folder() / "tokenizer.json"))
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)], device="cpu").save(str(folder))
    return folder


def _unit(rows: Vectors) -> Vectors:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_prefixes_are_those_of_the_configuration(tiny: Path) -> None:
    """A question and a passage have the prompts of the model before them: the vectors are those of the joined texts."""
    encoder = open_build_encoder(str(tiny))
    many = [*TEXTS, *["More."] * FEW]  # which OpenVINO embeds
    assert (encoder.card.question_prefix, encoder.card.passage_prefix) == ("ask: ", "tell: ")
    plain = SentenceTransformer(str(tiny), device="cpu")
    expected = _unit(plain.encode([f"tell: {text}" for text in TEXTS], prompt=""))
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected, atol=1e-5)
    assert (1 - (encoder.encode_passages(many)[: len(TEXTS)] * expected).sum(axis=1)).max() < 1e-4  # bfloat16, where that is faster
    asker = open_query_encoder(str(tiny))
    np.testing.assert_allclose(asker.encode_questions([TEXTS[0]])[0], _unit(plain.encode([f"ask: {TEXTS[0]}"], prompt=""))[0], atol=1e-5)


@pytest.mark.parametrize(
    ("prompts", "default", "expected"),
    [
        pytest.param({}, None, ("", ""), id="none"),
        pytest.param({"query": "q ", "document": "d "}, None, ("q ", "d "), id="query and document"),
        pytest.param({"query": "q ", "corpus": "c "}, None, ("q ", "c "), id="query and corpus"),
        pytest.param({"query": "q "}, None, ("q ", ""), id="query alone"),
        pytest.param({"both": "b "}, "both", ("", ""), id="a default behind the empty ones that the library saves"),
        pytest.param({"query": "q ", "both": "b "}, "both", ("q ", ""), id="a default behind one"),
        pytest.param({"document": "d "}, "document", ("", "d "), id="that of passages as a default"),
    ],
)
def test_how_prompts_are_named(tiny: Path, tmp_path: Path, prompts: dict[str, str], default: str | None, expected: tuple[str, str]) -> None:
    """All the names by which models call their prompts."""
    model = SentenceTransformer(str(tiny), device="cpu")
    SentenceTransformer(modules=list(model), device="cpu", prompts=prompts, default_prompt_name=default).save(str(tmp_path))
    for card in (SentenceTransformersEncoder(str(tmp_path)).card, open_query_encoder(str(tmp_path)).card):
        assert (card.question_prefix, card.passage_prefix) == expected
    if "corpus" not in prompts:  # which encode_document does not look at
        encoder, library = open_query_encoder(str(tmp_path)), SentenceTransformer(str(tmp_path), device="cpu")
        np.testing.assert_allclose(encoder.encode_questions(TEXTS), _unit(library.encode_query(TEXTS)), atol=1e-5)
        np.testing.assert_allclose(encoder.encode_passages(TEXTS), _unit(library.encode_document(TEXTS)), atol=1e-5)


def test_a_default_prompt_is_for_what_has_none(tiny: Path, tmp_path: Path) -> None:
    """Of models of before there were prompts for questions and passages: one that is there counts, even if it is empty."""
    shutil.copytree(tiny, folder := tmp_path / "model")
    for prompts, expected in (
        ({}, ("b ", "b ")),
        ({"query": ""}, ("", "b ")),
        ({"passage": "p "}, ("b ", "p ")),
        ({"query": None}, ("b ", "b ")),
    ):
        told = {"prompts": {"both": "b ", **prompts}, "default_prompt_name": "both"}
        (folder / "config_sentence_transformers.json").write_text(json.dumps(told))
        for card in (SentenceTransformersEncoder(str(folder)).card, open_query_encoder(str(folder)).card):
            assert (card.question_prefix, card.passage_prefix) == expected


def test_a_model_of_the_e5_family_has_its_prefixes(tiny: Path, tmp_path: Path) -> None:
    """They are part of the model, though its configuration does not name them, or the library has written empty ones into it. Others that
    it states are taken; so is what a folder of another name says.
    """
    model = SentenceTransformer(str(tiny), device="cpu")
    folder = tmp_path / "multilingual-e5-base"
    SentenceTransformer(modules=list(model), device="cpu").save(str(folder))
    told = folder / "config_sentence_transformers.json"
    assert json.loads(told.read_text())["prompts"] == {"query": "", "document": ""}
    renamed = shutil.copytree(folder, tmp_path / "e5-base-of-mine")
    _check_prefixes(folder, "query: ", "passage: ")
    _check_prefixes(renamed, "", "")
    told.write_text(json.dumps({"prompts": {"query": "q: ", "document": ""}}))
    _check_prefixes(folder, "q: ", "")
    told.unlink()
    _check_prefixes(folder, "query: ", "passage: ")


def _check_prefixes(folder: Path, question: str, passage: str) -> None:
    """In both engines, whose vectors are those of sentence-transformers with these prompts."""
    library = SentenceTransformer(str(folder), device="cpu")
    for encoder in (SentenceTransformersEncoder(str(folder)), open_query_encoder(str(folder))):
        assert (encoder.card.question_prefix, encoder.card.passage_prefix) == (question, passage)
        np.testing.assert_allclose(encoder.encode_questions(TEXTS), _unit(library.encode(TEXTS, prompt=question)), atol=1e-5)
        np.testing.assert_allclose(encoder.encode_passages(TEXTS), _unit(library.encode(TEXTS, prompt=passage)), atol=1e-5)


def test_languages_are_those_of_the_readme(tiny: Path, static: Path) -> None:
    """A model that names its languages speaks those; of one that does not, nothing is known."""
    assert open_query_encoder(str(tiny)).card.languages == "en de"
    assert open_query_encoder(str(static)).card.languages == ""


def _max_pooled(tiny: Path, folder: Path, without: str) -> str:
    """A copy of ``tiny`` that only sentence-transformers runs, less the tensors whose names begin so."""
    shutil.copytree(tiny, folder)
    with_value("1_Pooling/config.json", "pooling_mode", "max")(folder)
    tensors = {name: tensor for name, tensor in load_file(folder / "model.safetensors").items() if not name.startswith(without)}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return str(folder)


def test_weights_that_are_missing_are_named(tiny: Path, tmp_path: Path) -> None:
    """Also where sentence-transformers runs the model, which would make them of random numbers; no index is made of those."""
    model = _max_pooled(tiny, tmp_path / "model", "encoder.layer.0.output.")
    (tmp_path / "a.txt").write_text(TEXTS[0])
    with pytest.raises(ModelError, match=r"lack tensors .*: encoder\.layer\.0\.output\.\S+, encoder.* and 1 more\. Fetch the model again"):
        index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model=model))
    assert not (tmp_path / "index" / "CURRENT").exists()
    with_value("config.json", "intermediate_size", 48)(Path(_max_pooled(tiny, tmp_path / "narrow", "none")))
    with pytest.raises(ModelError, match=r"have tensors of other shapes than its config\.json asks for\. Fetch the model again"):
        open_query_encoder(str(tmp_path / "narrow"))
    with_value("config.json", "model_type", "deberta-v2")(Path(_max_pooled(tiny, tmp_path / "other", "none")))
    with pytest.raises(ModelError, match="lack tensors"):
        open_query_encoder(str(tmp_path / "other"))


def test_a_token_that_the_model_has_not(tiny: Path, tmp_path: Path) -> None:
    """An error that names the model, as in the other engines."""
    model = _max_pooled(tiny, tmp_path / "model", "none")
    with_tensor("embeddings.word_embeddings.weight", lambda table: table[:1500])(tmp_path / "model")
    with_value("config.json", "vocab_size", 1500)(tmp_path / "model")
    with pytest.raises(ModelError, match="has tokens that the model has not"):
        open_query_encoder(model).card  # noqa: B018 - it is computed


def test_weights_that_no_vector_depends_on_may_be_missing(tiny: Path, tmp_path: Path) -> None:
    """As those of the pooler in a network that was trained without one: each process knows the index again."""
    model = _max_pooled(tiny, tmp_path / "model", "pooler.")
    assert len({SentenceTransformersEncoder(model).card.fingerprint for _ in range(2)}) == 1


def test_every_passage_fits_the_window(tiny: Path, tmp_path: Path) -> None:
    """With prefix, title and special tokens no passage has more tokens than the model reads, and none can be asked for."""
    (tmp_path / "a.md").write_text("# A title of some words\n\n" + "The talks go on, said the minister of the interior on Monday. " * 60)
    options = Options(model=str(tiny), chunking=Chunking(max_tokens=WINDOW))
    report = index_paths([tmp_path / "a.md"], tmp_path / "index", options)
    assert report.passages > 5
    [segment] = Snapshot.open(tmp_path / "index").segments
    article = segment.article(0)
    tokenizer = SentenceTransformer(str(tiny), device="cpu").tokenizer
    passages = [segment.passage(position, article) for position in segment.passages(0)]
    texts = [p.text if p.text.startswith(article.title) else f"{article.title}\n{p.text}" for p in passages]
    lengths = [len(tokenizer(f"tell: {text}", verbose=False)["input_ids"]) for text in texts]
    assert WINDOW // 2 < max(lengths) <= WINDOW
    with pytest.raises(UsageError, match=f"expected 64 to {WINDOW}"):
        index_paths([tmp_path / "a.md"], tmp_path / "other", Options(model=str(tiny), chunking=Chunking(max_tokens=WINDOW + 1)))


@pytest.mark.parametrize("model", ["tiny", "static"])
def test_a_local_folder_from_index_to_answer(
    model: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder given by a relative path is found again when the question is asked from another folder."""
    folder: Path = request.getfixturevalue(model)
    lines = [json.dumps({"_id": str(n), "text": text}) for n, text in enumerate(TEXTS)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    monkeypatch.chdir(folder.parent)
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model=folder.name, chunking=Chunking(WINDOW)))
    monkeypatch.chdir(tmp_path)
    with Index.open(tmp_path / "index") as index:
        assert index.search(TEXTS[0], mode="dense")[0].article.id == "0"


def test_static_tokens_are_rows_of_the_table(static: Path) -> None:
    """The vectors of tokens are the unit rows of the model's table."""
    encoder = open_query_encoder(str(static))
    tokenizer = Tokenizer.from_file(str(MINILM.folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    ids = tokenizer.encode(TEXTS[0], add_special_tokens=False).ids
    table = SentenceTransformer(str(static), device="cpu")[0].embedding.weight.detach().numpy()
    tokens = encoder.tokens(TEXTS[:1])
    np.testing.assert_allclose(tokens.vectors[tokens.places], _unit(table[ids]), atol=1e-6)
    assert encoder.count_tokens(TEXTS[:1]) == [len(ids)]


def test_no_hub_is_asked_for_a_model_that_is_not_here() -> None:
    """In a process of its own in which no name can be looked up and no address reached: each attempt would be told."""
    program = """
import socket
asked = []
def refuse(*address, **_):
    asked.append(address)
    raise OSError("no network")
socket.getaddrinfo = refuse
from newsdex.engines.cross_encoder import Reranker
from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder
for kind in (Reranker, SentenceTransformersEncoder):
    try:
        kind("nobody/no-such-model")
    except Exception as error:
        print(type(error).__name__)
print(asked)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ModelError", "ModelError", "[]"], done.stderr


def test_half_precision_stays_near(tiny: Path) -> None:
    """What a GPU computes with, tried on the processor: bfloat16 within a cosine distance of 1e-3, under the same fingerprint."""
    exact, reduced = SentenceTransformersEncoder(str(tiny)), SentenceTransformersEncoder(str(tiny), reduced=True)
    found, expected = reduced.encode_passages(TEXTS), exact.encode_passages(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (1 - (found * expected).sum(axis=1)).max() < 1e-3
    assert not np.array_equal(found, expected)
    assert exact.card == reduced.card


def _without_safetensors(folder: Path) -> None:
    weights = folder / "model.safetensors"
    torch.save({"x": torch.zeros(1)}, folder / "pytorch_model.bin")
    weights.unlink()


def _with_code(folder: Path) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["model_type"] = "unheard-of"
    config["auto_map"] = {"AutoConfig": "code.Config", "AutoModel": "code.Model"}
    path.write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit('this code must never run')\n")


def _of(kind: object) -> Callable[[Path], None]:
    """A model one of whose modules is of this kind, with a file of code beside that it may mean."""

    def spoil(folder: Path) -> None:
        modules = json.loads((folder / "modules.json").read_text())
        modules[-1]["type"] = kind
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "modeling_own.py").write_text("raise SystemExit('this code must never run')\n")

    return spoil


def _of_modules(*kinds: str) -> Callable[[Path], None]:
    """A model of these modules, with a dense layer among its folders."""

    def spoil(folder: Path) -> None:
        (folder / "2_Dense").mkdir()
        Dense(32, 16).save(str(folder / "2_Dense"))
        places = {"Transformer": "", "Pooling": "1_Pooling", "Dense": "2_Dense"}
        modules = [
            {"idx": n, "name": str(n), "path": places[kind], "type": f"sentence_transformers.models.{kind}"} for n, kind in enumerate(kinds)
        ]
        (folder / "modules.json").write_text(json.dumps(modules))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(_of("modeling_own.Module"), "needs code of its own", id="a module in a file of its own"),
        pytest.param(_of("subprocess.Popen"), "needs code of its own", id="a class of Python"),
        pytest.param(_of("sentence_transformers.util.import_from_string"), "needs code of its own", id="a function of the library"),
        pytest.param(_of("sentence_transformers.models.Pooling.__class__"), "needs code of its own", id="an attribute of a module"),
        pytest.param(_of(["x"]), "needs code of its own", id="no name"),
        pytest.param(lambda folder: (folder / "modules.json").write_text("[" * 100_000), "nested too deeply", id="deep modules"),
        pytest.param(lambda folder: (folder / "modules.json").write_text("{}"), "not a list of modules", id="no modules"),
        pytest.param(_of_modules("Transformer"), "lists Transformer, expected .*; it lists no Pooling", id="no pooling"),
        pytest.param(
            _of_modules("Transformer", "Dense", "Pooling"),
            "lists Transformer, Dense, Pooling, expected .*; a module needs 'sentence_embedding', which none before it makes",
            id="a layer before the pooling",
        ),
        pytest.param(_without_safetensors, "weights only in pytorch_model.bin", id="pickled weights"),
        pytest.param(_with_code, "needs code of its own", id="code of its own"),
        pytest.param(lambda folder: (folder / "config.json").write_text("{"), "cannot read .*config.json", id="damaged"),
    ],
)
def test_what_is_refused(tiny: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    """Nothing is unpickled and no code of a model is run; each is an error that names the model."""
    folder = tmp_path / "model"
    shutil.copytree(tiny, folder)
    spoil(folder)
    with pytest.raises(ModelError, match=message):
        assert open_build_encoder(str(folder)).card

"""The reader against transformers' BERT with the same weights, and what it is for."""

from __future__ import annotations

from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, BertModel

import newsdex.engines.reader as reader_module
from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL
from newsdex.engines import open_query_encoder, open_reader, prepare, reads
from newsdex.engines.hashing import HashEncoder
from newsdex.engines.known import MINILM
from newsdex.engines.model import open_model
from newsdex.engines.openvino_network import StatesNetwork
from newsdex.engines.question_engine import NumpyEncoder, Shared
from newsdex.engines.reader import Reader

# Where transformers has what the reader's file calls so.
PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
}
NORMS = {"attention_norm": "attention.output.LayerNorm", "wide_norm": "output.LayerNorm"}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return NumpyEncoder().reader


@pytest.fixture(scope="module")
def multilingual() -> Reader:
    return NumpyEncoder(open_model(MULTILINGUAL_MODEL)).reader


def reference(question: str, sentences: list[str], folder: Path, file: str, begin: int, end: int) -> list[float]:
    """The points of each sentence, and behind them the log odds that one answers, by transformers in float64. ``begin`` and ``end`` are
    the ids of the marks around a text.
    """
    weights = {name: tensor.double() for name, tensor in load_file(Path(reader_module.__file__).with_name(file)).items()}
    model = BertModel.from_pretrained(folder, add_pooling_layer=False).double().eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        for number, layer in enumerate(model.encoder.layer):
            for name, path in PARTS.items():
                linear = layer.get_submodule(path)
                linear.weight += weights[f"{number}.{name}.up"] @ weights[f"{number}.{name}.down"]
                linear.bias.copy_(weights[f"{number}.{name}.bias"])
            for name, path in NORMS.items():
                layer.get_submodule(path).load_state_dict({part: weights[f"{number}.{name}.{part}"] for part in ("weight", "bias")})
        asked, *pieces = [tokenizer.encode(text, add_special_tokens=False) for text in (question, *sentences)]
        asked, pieces = asked[:24], [each[:48] for each in pieces]
        ids = [begin, *asked, end, *chain.from_iterable(pieces), end]
        kinds = [int(place >= len(asked) + 2) for place in range(len(ids))]
        states = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([kinds])).last_hidden_state[0]
        gelu = torch.nn.functional.gelu
        told = gelu(states @ weights["token.weight"].T + weights["token.bias"]) @ weights["token_out.weight"].T
        ends = np.cumsum([len(asked) + 2, *map(len, pieces)]).tolist()
        points = [float(told[start:end, 0].mean() + told[start:end, 1].max()) for start, end in pairwise(ends)]
        whole = torch.cat([gelu(states[0] @ weights["whole.weight"].T + weights["whole.bias"]), torch.tensor([max(points)])])
        return [*points, float(whole @ weights["whole_out.weight"][0] + weights["whole_out.bias"][0])]


@pytest.mark.parametrize(
    ("question", "sentences"),
    [
        ("Who won?", ["Leverkusen beat Kaiserslautern."]),
        (
            "when will the bridge open again",
            ["The bridge was closed in May.", "It is to reopen in September, the city said.", "Nobody was hurt."],
        ),
        ("how " * 40, ["It rained. " * 40, "A short one.", "Δ and 北 are there, too.", "5", "The last sentence of the five."]),
    ],
    ids=["one", "three", "longer than is read"],
)
def test_it_computes_what_transformers_compute(reader: Reader, question: str, sentences: list[str]) -> None:
    read = reader.read(question, sentences)
    expected = reference(question, sentences, MINILM.folder(), "reader.safetensors", 101, 102)
    assert [*read.points, read.answered] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("question", "sentences"),
    [
        ("Wer gewann?", ["Leverkusen schlug Kaiserslautern."]),
        ("\u00bfcu\u00e1ndo abre el puente?", ["Il a plu.", "Die Br\u00fccke \u00f6ffnet im Mai wieder, sagte die Stadt."]),
        ("wie " * 40, ["Es regnete. " * 40, "Ein kurzer.", "\u0394 \u5317 \u0438 5"]),
    ],
    ids=["one", "three languages", "longer than is read"],
)
def test_the_multilingual_one_computes_what_transformers_compute(multilingual: Reader, question: str, sentences: list[str]) -> None:
    read = multilingual.read(question, sentences)
    folder = open_model(MULTILINGUAL_MODEL).folder
    expected = reference(question, sentences, folder, "reader-multilingual.safetensors", 0, 2)
    assert [*read.points, read.answered] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("question", "sentences", "answer"),
    [
        (
            "Womit verdiente Tom Ruiz fr\u00fcher sein Geld?",
            [
                "Tom Ruiz ist am Montag als B\u00fcrgermeister von Elston vereidigt worden.",
                "Der ehemalige Lehrer will die Schule am Fluss wieder aufbauen.",
                "Vor der Wahl sagte er, er wolle mehr zuh\u00f6ren als reden.",
            ],
            1,
        ),
        (
            "when does the bridge open again",
            [
                "El puente se cerr\u00f3 en mayo por las grietas.",
                "Volver\u00e1 a abrir en septiembre, seg\u00fan el Ayuntamiento.",
                "Nadie result\u00f3 herido.",
            ],
            1,
        ),
        (
            "wie viele Arbeiter entkamen dem Feuer in der M\u00fchle",
            [
                "The fire at the mill broke out at 3 a.m. on Sunday.",
                "Anybody who saw the fire is asked to call the police.",
                "All twelve workers escaped without a scratch.",
            ],
            2,
        ),
    ],
    ids=["German", "a Spanish story", "an English story"],
)
def test_the_multilingual_one_reads_what_is_not_english(multilingual: Reader, question: str, sentences: list[str], answer: int) -> None:
    assert int(multilingual.read(question, sentences).points.argmax()) == answer


@pytest.mark.parametrize(
    ("question", "sentences", "answer"),
    [
        (
            "what did Tom Ruiz do for a living before",
            [
                "Tom Ruiz was sworn in as mayor of Elston on Monday.",
                "The former teacher has promised to rebuild the school by the river.",
                "Before the vote, he said, he would listen more than he talks.",
            ],
            1,
        ),
        (
            "was anybody hurt in the fire at the mill",
            [
                "The fire at the mill broke out at 3 a.m. on Sunday.",
                "Anybody who saw the fire is asked to call the police.",
                "All twelve workers escaped without a scratch.",
            ],
            2,
        ),
    ],
)
def test_it_finds_what_is_said_in_other_words(reader: Reader, question: str, sentences: list[str], answer: int) -> None:
    assert int(reader.read(question, sentences).points.argmax()) == answer


@pytest.mark.parametrize(
    ("answered", "other"),
    [
        ("what was the job of Tom Ruiz before he was mayor", "what was the name of the mayor before Tom Ruiz"),
        ("what will the mayor of Elston rebuild", "what will the mayor of Elston earn"),
        ("when was Tom Ruiz sworn in", "when was Tom Ruiz born"),
    ],
)
def test_it_tells_whether_any_sentence_answers(reader: Reader, answered: str, other: str) -> None:
    """Of two queries of the same form, to the one that the sentences answer it gives the higher odds."""
    sentences = [
        "Tom Ruiz was sworn in as mayor of Elston on Monday.",
        "The former teacher has promised to rebuild the school by the river.",
        "Before the vote, he said, he would listen more than he talks.",
        "Voters chose him by a margin of 212 votes.",
    ]
    assert reader.read(answered, sentences).answered > reader.read(other, sentences).answered + 1


def test_openvino_computes_the_same_states(reader: Reader) -> None:
    ids = [101, *range(2_000, 2_037), 102, *range(3_000, 3_111), 102]
    kinds = [int(place > 38) for place in range(len(ids))]
    states = StatesNetwork(reader._adapted).states(ids, kinds)
    assert np.abs(states - reader._network.states(ids, kinds)).max() < 1e-4


def test_what_was_read_before_loading_stays_the_same_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Shared(StatesNetwork)
    monkeypatch.setattr(reader_module, "_shared", lambda _name: shared)
    reader, sentences = NumpyEncoder().reader, ["It rained.", "The bridge opens in May, the city said."]
    before = reader.read("when does the bridge open", sentences)
    reader.load()
    assert shared.network is not None
    assert reader.read("when does the bridge open", sentences) is before
    again = reader._read("when does the bridge open", sentences)
    assert [*again.points, again.answered] == pytest.approx([*before.points, before.answered], abs=1e-4)


def test_much_reading_is_done_by_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    shared = Shared(StatesNetwork)
    monkeypatch.setattr(shared, "begin", begun.append)
    monkeypatch.setattr(reader_module, "_shared", lambda _name: shared)
    monkeypatch.setattr(reader_module, "MANY", 3)
    reader = NumpyEncoder().reader
    for number in range(5):
        reader.read("what", [f"It was number {number}."])
        assert bool(begun) == (number >= 2)


def test_every_model_but_that_of_tests_has_it() -> None:
    encoder = NumpyEncoder()
    assert open_reader(encoder) is encoder.reader
    other = open_query_encoder(MULTILINGUAL_MODEL)
    assert isinstance(open_reader(other), Reader)
    assert open_reader(other) is open_reader(other)
    assert open_reader(HashEncoder()) is None


def test_what_is_not_english_is_read_in_archives_of_the_multilingual_model() -> None:
    english, other = NumpyEncoder(), open_query_encoder(MULTILINGUAL_MODEL)
    assert open_reader(english, "en", "de") is open_reader(english, "de") is None
    assert not reads(english, "de")
    mine = open_reader(other, "de", "en")
    assert mine is open_reader(other, "", "es")
    assert mine is not None
    assert mine is not open_reader(other, "en", "en")
    assert open_reader(other, "", "en") is open_reader(other, "en")


def test_preparing_loads_both_in_an_archive_of_the_multilingual_model(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = {name: Shared(StatesNetwork) for name in (DEFAULT_MODEL, MULTILINGUAL_MODEL)}
    monkeypatch.setattr(reader_module, "_shared", shared.__getitem__)
    prepare(open_query_encoder(MULTILINGUAL_MODEL))
    assert [each.network is not None for each in shared.values()] == [True, True]

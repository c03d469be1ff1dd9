"""Which model a new index takes where nobody names one."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from newsdex.cli import main
from newsdex.encoder import DEFAULT_MODEL, FULL, INT8, MULTILINGUAL_MODEL, Encoder
from newsdex.errors import UsageError
from newsdex.indexer import build
from newsdex.indexer.build import Options, index_paths
from newsdex.indexer.language import choose, read_ahead
from newsdex.indexer.milvus.exchange import read_about
from newsdex.indexer.ray import ray_build
from newsdex.indexer.ray.ray_build import build_on_ray
from newsdex.records import Article, Span
from newsdex.store.snapshot import Snapshot

GERMAN = "Die Verhandlungen über den Haushalt gehen am {}. Mai in Berlin weiter, sagte die Ministerin."
ENGLISH = "The talks about the budget go on in London on {} May, the minister said to reporters."


def _write(folder: Path, german: int, english: int = 0) -> Path:
    texts = [GERMAN.format(day + 1) for day in range(german)] + [ENGLISH.format(day + 1) for day in range(english)]
    path = folder / "a.jsonl"
    path.write_text("\n".join(json.dumps({"_id": str(number), "text": text}) for number, text in enumerate(texts)) + "\n")
    return path


@pytest.mark.parametrize(
    ("languages", "model"),
    [
        pytest.param({"en": 256}, DEFAULT_MODEL, id="English"),
        pytest.param({"": 9}, DEFAULT_MODEL, id="too short to tell"),
        pytest.param({"de": 2, "en": 2}, DEFAULT_MODEL, id="a few articles"),
        pytest.param({"de": 1, "": 1}, DEFAULT_MODEL, id="half, and one too short to tell"),
        pytest.param({"de": 1}, MULTILINGUAL_MODEL, id="one, in German"),
        pytest.param({"de": 2, "en": 1}, MULTILINGUAL_MODEL, id="most of a few"),
        pytest.param({"de": 8, "en": 192}, DEFAULT_MODEL, id="a twenty-fifth"),
        pytest.param({"de": 30, "en": 60, "zh": 10}, MULTILINGUAL_MODEL, id="two fifths"),
        pytest.param({"fr": 256}, MULTILINGUAL_MODEL, id="French"),
    ],
)
def test_the_model_fits_the_languages(languages: dict[str, int], model: str) -> None:
    """Either is taken and told with the option that takes the other."""
    encoder, why = choose(Counter(languages), FULL, "newsdex rebuild --index-dir there")
    other = MULTILINGUAL_MODEL if model == DEFAULT_MODEL else DEFAULT_MODEL
    assert encoder.card.name == model
    assert f"the model is {model}" in why
    assert f"For another: newsdex rebuild --index-dir there --model {other}" in why


def test_two_first_runs_at_once_end_with_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that another writer makes while a model is being chosen keeps its model, and gets the articles of both."""
    english = tmp_path / "english"
    english.mkdir()
    _write(english, 0, 3)
    (tmp_path / "b.txt").write_text(ENGLISH)

    def while_another_writes(languages: Counter[str], precision: str, rebuild: str) -> tuple[Encoder, str]:
        index_paths([tmp_path / "b.txt"], tmp_path / "index", Options("hash"))
        return choose(languages, precision, rebuild)

    monkeypatch.setattr(build, "choose", while_another_writes)
    report = index_paths([english], tmp_path / "index")
    assert (report.model, report.choice, report.added) == ("hash", "", 3)
    assert Snapshot.open(tmp_path / "index").manifest.articles == 4


def test_the_look_ahead_is_bounded_and_loses_nothing() -> None:
    """Of a thousand articles some hundred are read before the choice, of long ones fewer; all come in their order."""
    read = 0

    def articles(length: int) -> Iterator[tuple[Article, bytes]]:
        nonlocal read
        for number in range(1000):
            read += 1
            text = GERMAN.format(number).ljust(length)
            yield Article(str(number), text, Path("/a.txt"), "", body=Span(0, len(text))), b""

    languages, every = read_ahead(articles(100))
    assert 100 <= read == languages["de"] <= 500
    assert [article.id for article, _ in every] == [str(number) for number in range(1000)]
    read = 0
    read_ahead(articles(1_000_000))
    assert read < 10


def test_a_new_index_takes_it_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once, in one line; later runs keep the model and say no more."""
    command = ["index", str(_write(tmp_path, german=6, english=6)), "--index-dir", str(tmp_path / "index")]
    assert main(command) == 0
    told = capsys.readouterr().err
    assert f"newsdex: the model is {MULTILINGUAL_MODEL}: 6 of the first 12 articles are not in English (de 6)." in told
    assert Snapshot.open(tmp_path / "index").manifest.model.name == MULTILINGUAL_MODEL
    _write(tmp_path, german=0, english=20)
    assert main(command) == 0
    assert "the model is" not in capsys.readouterr().err
    assert Snapshot.open(tmp_path / "index").manifest.model.name == MULTILINGUAL_MODEL


def test_an_index_keeps_its_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that was English and receives German articles is told of with the command that changes it."""
    path = _write(tmp_path, german=0, english=6)
    report = index_paths([path], tmp_path / "index")
    assert (report.model, report.added) == (DEFAULT_MODEL, 6)
    _write(tmp_path, german=6, english=6)
    assert main(["index", str(path), "--index-dir", str(tmp_path / "index")]) == 0
    assert f"newsdex rebuild --index-dir {tmp_path / 'index'} --model {MULTILINGUAL_MODEL}" in capsys.readouterr().err
    assert Snapshot.open(tmp_path / "index").manifest.model.name == DEFAULT_MODEL


def test_a_share_is_told_of_when_it_is_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once, with the articles of the whole index: at nine in a hundred nothing, at ten a line, and no more after that."""
    told = []
    for german in (1, 9, 10, 11):
        path = _write(tmp_path, german, 100 - german)
        assert main(["index", str(path), "--index-dir", str(tmp_path / "index"), "--model", DEFAULT_MODEL]) == 0
        told.append("does not support" in (said := capsys.readouterr().err))
        assert not told[-1] or "10 articles are in a language that all-MiniLM-L6-v2 does not support (de 10)" in said
    assert told == [False, False, True, False]


def test_the_command_for_another_model_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it is told after the first run, and when articles come that the model does not support; it names the folder if the run did."""
    place = ["--index-dir", str(tmp_path / "the index")]
    for german, found, model in ((1, "For another", DEFAULT_MODEL), (6, "To support them", MULTILINGUAL_MODEL)):
        assert main(["index", str(_write(tmp_path, german)), *place]) == 0
        [command] = re.findall(rf"{found}: newsdex (.*)", capsys.readouterr().err)
        assert main(shlex.split(command)) == 0
        assert Snapshot.open(tmp_path / "the index").manifest.model.name == model


def test_what_is_named_is_taken(tmp_path: Path) -> None:
    """Whatever the languages; there is nothing to explain then."""
    report = index_paths([_write(tmp_path, german=6)], tmp_path / "index", Options(DEFAULT_MODEL))
    assert (report.model, report.choice) == (DEFAULT_MODEL, "")


def test_a_model_that_cannot_be_made_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default is taken, and the reason told."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    report = index_paths([_write(tmp_path, german=6)], tmp_path / "index")
    assert report.model == DEFAULT_MODEL
    assert str(tmp_path / "file") in report.choice
    assert report.unspoken == {"de": 6}


def test_a_new_index_in_integers_has_the_model_that_fits(tmp_path: Path) -> None:
    """As one in full precision."""
    report = index_paths([_write(tmp_path, 8)], tmp_path / "index", Options(precision=INT8))
    model = Snapshot.open(tmp_path / "index").manifest.model
    assert (model.name, model.precision) == (MULTILINGUAL_MODEL, INT8)
    assert "8 of the first 8 articles are not in English" in report.choice


def test_a_build_on_a_cluster_takes_the_model_that_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As newsdex index does, and it keeps the one that it was begun with. The command for another is that of its output."""
    told = []

    def chosen(*given: Any) -> tuple[Encoder, str]:
        told.append((found := choose(*given))[1])
        return found

    def without_ray(*_: object) -> NoReturn:
        raise UsageError("no Ray here")

    monkeypatch.setattr(ray_build, "run", without_ray)
    monkeypatch.setattr(ray_build, "choose", chosen)
    outputs = [str(tmp_path / "an index"), "milvus://127.0.0.1:9/archive"]
    for number, (german, english, model) in enumerate([(8, 2, MULTILINGUAL_MODEL), (0, 9, DEFAULT_MODEL)]):
        articles, exchange = tmp_path / f"articles{number}", tmp_path / f"exchange{number}"
        articles.mkdir()
        _write(articles, german, english)
        for _ in range(2):
            with pytest.raises(UsageError, match="no Ray here"):
                build_on_ray("local", [articles], outputs[number], exchange=exchange)
            assert read_about(exchange, unfinished=True).model.name == model
            _write(articles, english, german)
    for line, command in zip(told, (f"newsdex rebuild --index-dir '{outputs[0]}'", "newsdex build --output milvus://"), strict=True):
        assert f"For another: {command}" in line

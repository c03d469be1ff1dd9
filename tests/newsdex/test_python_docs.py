"""docs/PYTHON.md: its examples run, in order, and print what it says."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

BLOCK = re.compile(r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?", re.DOTALL)


def test_the_examples_of_the_python_api(tmp_path: Path, demo_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each prints what stands below it, on an index of the sample as `make demo` makes it."""
    shutil.copytree(demo_index, tmp_path / "index_data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = BLOCK.findall((ROOT / "docs" / "PYTHON.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 9
    for code, expected in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)
        assert printed.getvalue() == expected

"""Small indexes of a few records or files, each made for a test."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from newsdex import Options, index_paths

HASH = Options(model="hash")  # the model that needs no files
LONG_AGO = 1_000_000_000  # seconds; files of that age are settled


def put(path: Path, text: str, seconds: int = LONG_AGO) -> Path:
    """A source file that was last changed at this time."""
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (seconds, seconds))
    return path


def index_of(records: Iterable[Mapping[str, object]], folder: Path, options: Options = HASH) -> Path:
    """The folder of an index of ``records``, which are lines of a file beside it."""
    path = folder / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    index_paths([path], folder / "index", options)
    return folder / "index"

"""Small indexes of a few records, each made for a test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from newsdex import Options, index_paths

HASH = Options(model="hash")  # the model that needs no files


def index_of(records: Iterable[Mapping[str, object]], folder: Path, options: Options = HASH) -> Path:
    """The folder of an index of ``records``, which are lines of a file beside it."""
    path = folder / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    index_paths([path], folder / "index", options)
    return folder / "index"

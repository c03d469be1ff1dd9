"""What scripts have in common: their options, the files that they read, and the result that they write, with its machine."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SAMPLE = EXAMPLES / "articles"


# The arguments that mean the same in several scripts.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "scratch": {"type": Path, "metavar": "SCRATCH", "help": "keeps the indexes for the next run"},
    "folders": {"type": Path, "nargs": "+", "metavar": "FOLDER", "help": "a collection in BEIR format"},
    "--data": {"type": Path, "metavar": "FOLDER", "help": "the folder with the collections [default: only the sample archive]"},
    "--work": {"type": Path, "metavar": "FOLDER", "help": "where the indexes are built [default: a temporary folder]"},
    "--model": {"help": "of the indexes [default: what the program takes]"},
    "--unseen": {"action": "store_true", "help": "the half that is kept for the final figure"},
    "--held-out": {"action": "store_true", "help": "the other half too"},
    "--show": {"action": "store_true", "help": "print what fails"},
    "--plot": {"type": Path, "metavar": "FILE", "help": "draw them there"},
    "--json": {"type": Path, "metavar": "FILE", "help": "write the results there"},
}


def parser_of(about: str | None, *shared: str) -> argparse.ArgumentParser:
    """A parser with those of ARGUMENTS that are ``shared``, and ``--json``, which describes itself by the script's docstring."""
    name = f"benchmarks/run.py {Path(sys.argv[0]).stem}"
    parser = argparse.ArgumentParser(name, description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for argument in (*shared, "--json"):
        parser.add_argument(argument, **ARGUMENTS[argument])
    return parser


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def questions_in(path: Path) -> list[str]:
    """The "text" or the "question" of each of the JSON lines."""
    return [row.get("text") or row["question"] for row in json_lines(path)]


@contextmanager
def workplace(folder: Path | None) -> Iterator[Path]:
    """``folder``, made if there is none, or a temporary one."""
    with TemporaryDirectory() as scratch:
        (folder or Path(scratch)).mkdir(exist_ok=True, parents=True)
        yield folder or Path(scratch)


def save(path: Path | None, content: Mapping[str, Any], *packages: str, beside: bool = False) -> None:
    """Write ``content`` to ``path``, if there is one, with the machine and the versions of ``packages``; ``beside`` what it has."""
    if path:
        known = json.loads(path.read_text(encoding="utf-8")) if beside and path.exists() else {}
        text = json.dumps({**known, "machine": describe(*packages), **content}, indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


def describe(*packages: str) -> dict[str, object]:
    """The processor, its cores, memory in GB, Python, and the versions of ``packages``."""
    information = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in information.splitlines() if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    flags = named.get("flags", "").split()
    return {
        "processor": named.get("model name", platform.processor()),
        "instructions": [flag for flag in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16") if flag in flags],
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in packages},
    }

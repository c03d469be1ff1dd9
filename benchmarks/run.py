"""Run a benchmark by its name: ``python benchmarks/run.py cold_start --quick``; without a name, list them."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = ("speed", "quality", "peers", "lib")


def scripts() -> dict[str, Path]:
    """Each script by its name; the modules in lib/ are no scripts."""
    return {path.stem: path for folder in FOLDERS[:-1] for path in sorted((HERE / folder).glob("*.py"))}


def main() -> None:
    known = scripts()
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        for name, path in known.items():
            summary = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n", 1)[0]
            print(f"{path.parent.name:8} {name:20} {summary}", file=sys.stderr)
        sys.exit(f"No benchmark is called {sys.argv[1]!r}. Choose one of those above." if len(sys.argv) > 1 else 2)
    # The scripts import one another, in processes that they start too.
    paths = [str(HERE / folder) for folder in FOLDERS]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])}
    os.execve(sys.executable, [sys.executable, str(known[sys.argv[1]]), *sys.argv[2:]], environment)


if __name__ == "__main__":
    main()

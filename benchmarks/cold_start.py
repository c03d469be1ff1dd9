"""How long from Enter to the answer? `search` from a cold shell, beside the same question through sentence-transformers and FAISS.

    python benchmarks/cold_start.py INDEX_FOLDER [--repeat N] [--json FILE]

Each run is a process of its own, its files in the page cache, measured whole: CPU seconds, wall seconds and the peak of its resident memory, which
counts the pages of memory-mapped files too. The sides take turns. The other side reads the same vectors from a FAISS file and encodes the question with
the same model; it neither reads passages nor looks for an answer sentence.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from machine import describe
from process import run

from newsdex.engines import minilm
from newsdex.store.snapshot import Snapshot

QUESTION = "China support for Russia"
REFERENCE = """
import sys, faiss
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
index = faiss.read_index(sys.argv[2])
print(index.search(model.encode([sys.argv[3]], normalize_embeddings=True), 5)[1])
"""


def imports(folder: Path) -> list[tuple[int, str]]:
    """The ten imports of a search that take longest, in microseconds of their own."""
    code = (
        f"import sys; sys.argv = ['search', '--index-dir', {str(folder)!r}, {QUESTION!r}]; from newsdex.cli import run_search; run_search()"
    )
    printed = subprocess.run([sys.executable, "-X", "importtime", "-c", code], check=True, capture_output=True, text=True).stderr
    rows = [
        line.removeprefix("import time:").split("|")
        for line in printed.splitlines()
        if line.startswith("import time:") and "self" not in line
    ]
    return sorted(((int(own), name.strip()) for own, _, name in rows), reverse=True)[:10]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path, metavar="INDEX_FOLDER")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    folder = arguments.index.resolve()
    snapshot = Snapshot.open(folder)
    [segment] = snapshot.segments
    vectors = folder / snapshot.manifest.generation / segment.record.files["vectors"].name
    program = Path(sys.executable).parent / "search"
    sides = {
        "search": [str(program), "--index-dir", str(folder), QUESTION],
        "sentence-transformers + FAISS": [sys.executable, "-c", REFERENCE, str(minilm.model_folder()), str(vectors), QUESTION],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    for command in sides.values():
        run(command)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for _ in range(arguments.repeat):
        for name, command in sides.items():
            runs[name].append(run(command))
    results = {
        name: {
            f"{kind}_{what}": round(function(r[kind] for r in measured), 3)
            for kind in ("cpu", "wall", "peak_mb")
            for what, function in (("median", statistics.median), ("min", min))
        }
        for name, measured in runs.items()
    }
    for name, result in results.items():
        print(f"{name:<32}{result}")
    if arguments.json:
        machine = describe("faiss-cpu", "numpy", "sentence-transformers", "tokenizers", "torch")
        content = {
            "machine": machine,
            "passages": snapshot.manifest.passages,
            "repeat": arguments.repeat,
            "results": results,
            "imports_us": imports(folder),
        }
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""How fast are web pages parsed, beside trafilatura alone, and does parsing keep the encoder busy?

    python benchmarks/run.py parsing FOLDER [--names PATTERN] [--pages N] [--index-pages N] [--repeat N] [--json FILE]

The files below FOLDER whose names match PATTERN (*.html) are copied under new names until there are N. Measured, taking turns: trafilatura
in one process (text and metadata); the parsers of newsdex, one and two, without anything after them, in pages a second of the clock and of
all processors together, and one on as many copies of the pages that are neither among the quarter that is smallest nor the quarter that is
largest; and `index_paths`, whole, with the time in which the encoder computes as a part of the time from its first batch to the end of its
last, on the first of the pages only, for that takes much longer.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from machine import describe

from newsdex.encoder import DEFAULT_MODEL, Vectors
from newsdex.engines import open_build_encoder
from newsdex.errors import SourceError
from newsdex.indexer.build import Options, index_paths
from newsdex.indexer.discover import discover
from newsdex.indexer.workers.pool import Parsers, ahead

ALONE = """
import json, sys, time
from pathlib import Path
import trafilatura
paths = sorted(Path(sys.argv[1]).iterdir())
def extract(path):
    return trafilatura.extract(path.read_bytes(), output_format="json", with_metadata=True)
extract(paths[0])
cpu, wall, texts = time.process_time(), time.perf_counter(), 0
for path in paths:
    texts += extract(path) is not None
print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "articles": texts}))
"""


class Timed:
    """The encoder that indexing takes, with the times at which it began and ended each batch."""

    def __init__(self) -> None:
        self._encoder = open_build_encoder(DEFAULT_MODEL)
        self.times: list[tuple[float, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        began = time.perf_counter()
        vectors = self._encoder.encode_passages(texts)
        self.times.append((began, time.perf_counter()))
        return vectors

    def busy(self) -> float:
        """The part of the time from first to last in which something was computed."""
        return sum(end - began for began, end in self.times) / (self.times[-1][1] - self.times[0][0])


def used() -> float:
    """Processor seconds of this process and of those that it has ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measured(run: Callable[[], dict[str, float]]) -> dict[str, float]:
    """One run, with its processor and clock seconds."""
    cpu, wall = used(), time.perf_counter()
    result = run()
    return {"cpu": used() - cpu, "wall": time.perf_counter() - wall, **result}


def alone(pages: Path) -> dict[str, float]:
    """Trafilatura by itself."""
    return dict(json.loads(subprocess.run([sys.executable, "-c", ALONE, str(pages)], check=True, capture_output=True, text=True).stdout))


def parse(pages: Path, parsers: int) -> dict[str, float]:
    """The parsers by themselves, their start included."""
    articles = 0
    with Parsers(most=parsers) as those:
        for parsing in ahead(those.parse(file, file.path.name, "") for file in discover([pages], Path("/")).files):
            try:
                parsing.sha256()
                articles += sum(not isinstance(item, SourceError) for item in parsing.items())
            except SourceError:  # a page without text
                continue
    return {"articles": articles}


def index(pages: Path, parsers: int) -> dict[str, float]:
    """All of indexing."""
    encoder = Timed()
    encoder.encode_passages(["The model is compiled when it is first used."])
    encoder.times.clear()
    with tempfile.TemporaryDirectory() as folder:
        report = index_paths([pages], Path(folder, "index"), Options(encoder=encoder, parsers=parsers))
    return {"articles": report.added, "passages": report.passages, "encoder_busy": encoder.busy()}


def rates(runs: list[dict[str, float]], pages: int) -> dict[str, float]:
    """Medians: pages a second, and what else was counted."""
    found = {f"pages_per_{kind}_second": round(pages / statistics.median(run[kind] for run in runs), 1) for kind in ("cpu", "wall")}
    return found | {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0] if name not in ("cpu", "wall")}


def copies(originals: Sequence[Path], folder: Path, count: int) -> Path:
    """A new ``folder`` of the originals, one after the other until there are so many."""
    folder.mkdir()
    for number in range(count):
        shutil.copyfile(originals[number % len(originals)], folder / f"{number:06}.html")
    return folder


def mean_size(folder: Path) -> int:
    """Of its files, in bytes."""
    return round(statistics.fmean(path.stat().st_size for path in folder.iterdir()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--names", default="*.html", metavar="PATTERN")
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--index-pages", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    originals = sorted(arguments.folder.rglob(arguments.names))
    with tempfile.TemporaryDirectory() as scratch:
        pages = copies(originals, Path(scratch, "pages"), arguments.pages)
        first_pages = copies(originals, Path(scratch, "first"), arguments.index_pages)
        quarter = len(originals) // 4
        middle = sorted(originals, key=lambda path: path.stat().st_size)[quarter : len(originals) - quarter]
        middle_pages = copies(middle, Path(scratch, "middle"), arguments.pages)
        sides: dict[str, Callable[[], dict[str, float]]] = {
            "trafilatura alone": lambda: alone(pages),
            "1 parser": lambda: measured(lambda: parse(pages, 1)),
            "1 parser, middle pages": lambda: measured(lambda: parse(middle_pages, 1)),
            "2 parsers": lambda: measured(lambda: parse(pages, 2)),
            "index, 1 parser": lambda: measured(lambda: index(first_pages, 1)),
            "index, 2 parsers": lambda: measured(lambda: index(first_pages, 2)),
        }
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for _ in range(arguments.repeat):
            for name, run in sides.items():
                runs[name].append(run())
        size, middle_size = mean_size(pages), mean_size(middle_pages)
    counts = {name: arguments.index_pages if name.startswith("index") else arguments.pages for name in runs}
    results = {name: rates(measured_runs, counts[name]) for name, measured_runs in runs.items()}
    print(json.dumps(results, indent=1))
    if arguments.json:
        machine = describe("trafilatura", "lxml", "openvino", "tokenizers", "sentencex")
        content = {
            "machine": machine, "pages": arguments.pages, "index_pages": arguments.index_pages,
            "different_pages": min(arguments.pages, len(originals)),
            "bytes_a_page": size, "bytes_a_middle_page": middle_size, "repeat": arguments.repeat, "results": results, "runs": runs,
        }  # fmt: skip
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

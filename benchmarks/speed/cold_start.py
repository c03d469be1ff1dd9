"""How long from Enter to the answer? `search` from a cold shell, beside the same question through other libraries.

CORPUS, files that `newsdex index` reads, is embedded once; an archive of each size is made of its passages (benchmarks/lib/archive.py) and
of the sample articles, which hold the answer. Each run is a process of its own, its files in the page cache, measured whole: CPU seconds,
wall seconds and the peak of its resident memory, which counts the pages of memory-mapped files too. The sides take turns. The other
libraries (benchmarks/peers/peer_indexes.py), in PYTHON's environment, have the smallest archive's passages and vectors, and embed the
question with the same model; none of them searches words, folds copies or looks for an answer sentence.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from functools import partial
from itertools import chain
from pathlib import Path

from archive import PASSAGES, Real, build_real, made_entries, write
from peer_indexes import PEERS, SCRIPT, give
from plots import bars
from process import run, told
from script import SAMPLE, parser_of, save, workplace
from timing import turns

from newsdex import index_paths
from newsdex.engines.known import MINILM
from newsdex.store.snapshot import Snapshot

QUESTION = "China support for Russia"
IMPORTS = 12


def build(real: Real, passages: int, folder: Path, sample: Snapshot) -> None:
    """An index of the sample articles and about ``passages`` made ones, unless there is one."""
    if not folder.exists():
        own = (sample.segments[number].entry(row) for number, row in sample.articles())
        write(chain(own, made_entries(real, passages // PASSAGES, folder)), real.card, folder, with_sources=False)


def imports(command: list[str]) -> list[tuple[int, str]]:
    """The imports of a search that take longest, in microseconds of their own."""
    code = f"import sys; sys.argv = {['search', *command[1:]]!r}; from newsdex.cli import run_search; run_search()"
    printed = subprocess.run([sys.executable, "-X", "importtime", "-c", code], check=True, capture_output=True, text=True).stderr
    rows = [
        line.removeprefix("import time:").split("|")
        for line in printed.splitlines()
        if line.startswith("import time:") and "self" not in line
    ]
    return sorted(((int(own), name.strip()) for own, _, name in rows), reverse=True)[:IMPORTS]


def main() -> None:
    parser = parser_of(__doc__, "--plot")
    parser.add_argument("corpus", type=Path, nargs="*", default=[SAMPLE], metavar="CORPUS")
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000], metavar="N")
    parser.add_argument("--folder", type=Path, help="where the archives are made, or are already")
    parser.add_argument("--peers", metavar="PYTHON", help="the Python of an environment with the other libraries")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="one small archive, three runs")
    arguments = parser.parse_args()
    sizes, repeat = ([1000], 3) if arguments.quick else (sorted(arguments.passages), arguments.repeat)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installed program's, our modules shall be compiled
    with workplace(arguments.folder) as folder:
        index_paths([SAMPLE], folder / "sample")
        real, sample = build_real(arguments.corpus, folder / "real"), Snapshot.open(folder / "sample")
        program = str(Path(sys.executable).parent / "search")
        sides = {}
        for size in sizes:
            build(real, size, folder / f"made{size}", sample)
            sides[f"search, {size:,} passages"] = [program, "--index-dir", str(folder / f"made{size}"), QUESTION]
        breakdown = imports(next(iter(sides.values())))
        versions: dict[str, str] = {}
        if arguments.peers:
            give(arguments.peers, folder / f"made{sizes[0]}", folder / "peers")
            for name in PEERS:
                sides[name] = [arguments.peers, str(SCRIPT), "ask", name, str(MINILM.folder()), str(folder / "peers"), QUESTION]
            versions = told([arguments.peers, str(SCRIPT), "versions"])
        sides["python -c pass"] = [sys.executable, "-c", "pass"]
        results = measure(sides, repeat)
    for name, result in results.items():
        print(f"{name:<32}{result}")
    for own, name in breakdown:
        print(f"{own:>8} us  {name}")
    content = {"peers": versions, "peers_passages": sizes[0], "repeat": repeat, "results": results, "imports_us": breakdown}
    save(arguments.json, content, "click", "numpy", "xxhash")
    if arguments.plot:
        label = "CPU seconds from a cold process to the answer (less is better)"
        bars({name: result["cpu_median"] for name, result in results.items()}, "search", label, "{:.2f} s", arguments.plot, log=True)


def measure(sides: dict[str, list[str]], repeat: int) -> dict[str, dict[str, float]]:
    """The median and the least of CPU seconds, wall seconds and peak memory of each side; the sides take turns."""
    for command in sides.values():
        run(command)
    runs = turns({name: partial(run, command) for name, command in sides.items()}, repeat)
    return {
        name: {
            f"{kind}_{what}": round(function(r[kind] for r in measured), 3)
            for kind in ("cpu", "wall", "peak_mb")
            for what, function in (("median", statistics.median), ("min", min))
        }
        for name, measured in runs.items()
    }


if __name__ == "__main__":
    main()

"""How long does a question take in a process that asks many, beside other libraries? One by one, 16 at once, and some ninety at once.

CORPUS and FILE are as for latency.py. The other libraries (benchmarks/peers/peer_indexes.py), in PYTHON's environment, have the same
passages and vectors and embed the questions with the same model; they rank by meaning alone, and none of them folds copies or looks for an
answer sentence. newsdex does all that; beside it stands newsdex by meaning alone, and by meaning alone with every vector compared. Each
side is a process of its own whose mathematics has one thread; newsdex encodes in another when it is asked more than 32 questions at once.
The sides take turns, and of each figure, which is a median, a percentile or a mean over questions, the least of the runs is told, since
what a machine's other tenants do only adds to it. The questions are half of them claims and half the first six words of others, and none is
asked twice.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from archive import build, build_real
from latency import QUESTIONS, WORDS
from peer_indexes import PEERS, SCRIPT, give
from process import told
from script import SAMPLE, parser_of, questions_in, save, workplace
from timing import Ask, measured, turns

from newsdex import Index
from newsdex.engines.known import MINILM
from newsdex.search.options import SearchOptions

TOGETHER = 16
OURS: dict[str, SearchOptions] = {
    "newsdex": {},
    "newsdex, by meaning alone": {"mode": "dense"},
    "newsdex, by meaning alone, exact": {"mode": "dense", "exact": True},
}


def open_newsdex(folder: Path, options: SearchOptions) -> Ask:
    """Its search, for many at once too."""
    index = Index.open(folder)
    index.prepare()

    def ask(questions: Sequence[str]) -> list[list[str]]:
        found = [index.search(questions[0], **options)] if len(questions) == 1 else index.search_many(questions, **options)
        return [[hit.passage.text for hit in results.hits] for results in found]

    return ask


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("corpus", nargs="*", type=Path, metavar="CORPUS")
    parser.add_argument("--peers", metavar="PYTHON", help="the Python of an environment with the other libraries")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, metavar="FILE", help="[default: those about the sample articles]")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000])
    parser.add_argument("--folder", type=Path, help="where the archives are made and kept  [default: a temporary folder]")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="1,000 passages, once")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        name, folder, questions = arguments.measure
        lines = Path(questions).read_text(encoding="utf-8").splitlines()
        print(json.dumps(measured(open_newsdex(Path(folder), OURS[name]), lines, TOGETHER)))
        return
    if arguments.quick:
        arguments.sizes, arguments.repeat = [1_000], 1
    claims = [" ".join(question.split()) for question in questions_in(arguments.questions)]
    mixed = [claim if number % 2 else " ".join(claim.split()[:WORDS]) for number, claim in enumerate(claims)]
    results: dict[str, dict[str, dict[str, float]]] = {}
    with workplace(arguments.folder) as folder:
        real = build_real(arguments.corpus or [SAMPLE], folder / "base")
        questions = folder / "questions.txt"
        questions.write_text("\n".join(dict.fromkeys(mixed)), encoding="utf-8")
        for size in arguments.sizes:
            made = folder / f"made{size}"
            build(real, size, made)
            sides = {name: [sys.executable, __file__, "--measure", name, str(made), str(questions)] for name in OURS}
            if arguments.peers:
                theirs = folder / f"peers{size}"
                give(arguments.peers, made, theirs)
                for name in PEERS:
                    command = [arguments.peers, str(SCRIPT), "time", name, str(MINILM.folder())]
                    sides[name] = [*command, str(theirs), str(questions), str(TOGETHER)]
            runs = turns({name: partial(told, command, one_thread=True) for name, command in sides.items()}, arguments.repeat)
            results[str(size)] = {
                name: {key: round(min(each[key] for each in found), 2) for key in found[0]} for name, found in runs.items()
            }
            for name, found in results[str(size)].items():
                print(size, name, found, flush=True)
    versions = told([arguments.peers, str(SCRIPT), "versions"]) if arguments.peers else {}
    content = {"peers": versions, "together": TOGETHER, "repeat": arguments.repeat, "results": results}
    save(arguments.json, content, "numpy", "openvino")


if __name__ == "__main__":
    main()

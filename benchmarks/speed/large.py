"""What does a large index cost? One article added to it, changed, marked and deleted, one question asked of it, each in a process of its
own; and what does one article cost a process that stays, as ``newsdex watch``?

The index is made up: articles of 300 random words in five passages, with random unit vectors, written by the store itself in minutes where
embedding would take hours. It needs about 2 GB for the default 200,000 articles (1,000,000 passages).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import xxhash
from archive import write
from process import run
from script import parser_of, save
from timing import cpu_and_wall, medians

from newsdex import Index, Options, index_paths
from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_build_encoder, open_query_encoder
from newsdex.records import Article, Published, Span
from newsdex.store.segment import Entry

PASSAGES = 5
# All that a process needs which embeds a text.
_MODEL = """
import newsdex.cli
from newsdex import index_paths
from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_build_encoder
encoder = open_build_encoder(DEFAULT_MODEL)
encoder.count_tokens(["A ferry ran aground."])
encoder.encode_passages(["A ferry ran aground."])
"""
_LETTERS = str.maketrans("0123456789", "abcdefghij")


def made_up(articles: int, dimension: int, folder: Path) -> Iterator[Entry]:
    """Made-up articles, whose sources are never looked for."""
    random = np.random.default_rng(0)
    for number in range(articles):
        # Words of letters: lines that differ in nothing but digits would all be page furniture.
        text = " ".join(f"word{n}" for n in random.integers(0, 20_000, 300)).translate(_LETTERS)
        size = len(text) // PASSAGES
        spans = [Span(i * size, (i + 1) * size) for i in range(PASSAGES)]
        vectors = random.standard_normal((PASSAGES, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        keys = random.integers(0, 256, (PASSAGES, 16)).astype(np.uint8)
        name = f"made-up/{number:07d}.txt"
        article = Article(
            name, text, folder.parent / name, "0" * 64, f"Title {number}", "Source", f"https://made.up.example/{number}",
            Published("2024-04-26", "made up"), body=Span(0, len(text)),
        )  # fmt: skip
        yield Entry(article, xxhash.xxh3_128_digest(text.encode()), spans, spans, keys, vectors)


def _stays(index: Path, article: Path, repeat: int) -> list[dict[str, float]]:
    """An article by the library, with an encoder that is open; once before it is measured."""
    encoder = open_build_encoder(DEFAULT_MODEL)
    runs = []
    for number in range(repeat + 1):
        article.write_text(f"A storm warning was given for the {number}th time.", encoding="utf-8")
        runs.append(_timed(lambda: index_paths([article], index, Options(encoder=encoder))))
    return runs[1:]


def _timed(work: Callable[[], object]) -> dict[str, float]:
    cpu, wall = cpu_and_wall(work)
    return {"cpu": cpu / 1000, "wall": wall / 1000}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to build, about 2 GB  [default: a temporary folder]")
    parser.add_argument("--index", type=Path, help="take a copy of this index, which was built so, and do not build one")
    parser.add_argument("--before", metavar="NEWSDEX", help="the command of another version, which adds an article in turns with this one")
    parser.add_argument("--quick", action="store_true", help="2,000 articles, once")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.articles, arguments.repeat = 2_000, 1
    search, measured = str(Path(sys.executable).parent / "search"), defaultdict(list)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        index = Path(scratch, "index")
        if arguments.index:
            shutil.copytree(arguments.index, index)
        else:
            card = open_query_encoder(DEFAULT_MODEL).card
            write(made_up(arguments.articles, card.dimension, index), card, index)
        newsdex = [sys.executable, "-m", "newsdex"]
        there = ["--index-dir", str(index)]
        for number in range(arguments.repeat):
            if arguments.before:
                other = Path(scratch, f"other{number}.txt")
                other.write_text(f"A ferry ran aground near the coast, for the {number}th time.", encoding="utf-8")
                measured["add one article, before"].append(run([arguments.before, "index", str(other), *there]))
            article = Path(scratch, f"article{number}.txt")  # an id that was deleted is left out
            article.write_text(f"A ferry ran aground near the island, for the {number}th time.", encoding="utf-8")
            measured["add one article"].append(run([*newsdex, "index", str(article), *there]))
            measured["ask one question"].append(run([search, *there, "ferry aground"]))
            article.write_text(f"The ferry was towed away, for the {number}th time.", encoding="utf-8")
            measured["change one article"].append(run([*newsdex, "index", str(article), *there]))
            measured["mark one article"].append(run([*newsdex, "mark", article.name, "--retracted", f"reason {number}", *there]))
            measured["delete one article"].append(run([*newsdex, "delete", "--id", article.name, *there]))
            measured["no command"].append(run([*newsdex, "--version"]))
            measured["the model for one article"].append(run([sys.executable, "-c", _MODEL]))
            measured["status"].append(run([*newsdex, "status", *there]))
        measured["add one article, in a process that stays"] = _stays(index, Path(scratch, "more.txt"), arguments.repeat)
        measured["open the index, in a process that stays"] = [_timed(lambda: Index.open(index).close()) for _ in range(arguments.repeat)]
    results = {name: medians(runs) for name, runs in measured.items()}
    print(json.dumps(results, indent=1))
    save(
        arguments.json,
        {"passages": arguments.articles * PASSAGES, "repeat": arguments.repeat, "results": results},
        "faiss-cpu",
        "numpy",
        "openvino",
    )


if __name__ == "__main__":
    main()

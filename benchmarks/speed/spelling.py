"""How long does it take to find the words that a misspelt one may have been meant for, in the vocabulary of a large archive?

    python benchmarks/run.py spelling INDEX [--words N] [--segments N] [--json FILE]

INDEX is a folder with an index, whose words are taken, and varied until there are N different ones (500,000 by default, about what a
million passages of news have). They are written as the vocabularies of so many segments (16 by default, as many as a million passages
have), each with the commonest 50,000 and a sixth of the others. Then 200 words are typed with one error or two. "first" is the first word
asked of newly opened files, with the import of the library of distances; "median" and "p95" are of the words after it, one thread.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from machine import describe

from newsdex.search.question.spelling import candidates
from newsdex.store import files
from newsdex.store.checked import CheckedFile, CheckedTensors
from newsdex.store.columns import pack_strings, unpack_strings
from newsdex.store.snapshot import Snapshot
from newsdex.store.vocabulary import LAYOUT, Vocabulary, pack_sounds
from newsdex.tensors import pack_tensors

TYPED = 200
COMMON = 50_000
RARE = 6  # one of so many segments has a rarer word
LETTERS = "etaonrishdlfcmugypwbvkjxqz"


def altered(word: str, draw: random.Random) -> str:
    """``word`` with a letter left out, added or replaced."""
    place = draw.randrange(1, len(word))
    return word[:place] + draw.choice(["", draw.choice(LETTERS), draw.choice(LETTERS) + word[place]]) + word[place + 1 :]


def words_like(folder: Path, count: int, draw: random.Random) -> list[str]:
    """So many different words: those of the index in ``folder``, then variants of them."""
    known = list(dict.fromkeys(w for segment in Snapshot.open(folder).file_segments for w in unpack_strings(segment._words, "word")))  # noqa: SLF001 - every word, which no question needs
    draw.shuffle(known)
    words = dict.fromkeys(known[:count])
    while len(words) < count:
        word = draw.choice(known)
        for _ in range(draw.randint(2, 4)):
            word = altered(word, draw)
            if len(word) < 4:
                break
        else:
            words.setdefault(word)
    return list(words)


def write(words: list[str], segments: int, folder: Path, draw: random.Random) -> list[Any]:
    """The files of the vocabularies, and what opens them."""
    records = []
    for number in range(segments):
        mine = sorted(words[:COMMON] + [word for word in words[COMMON:] if not draw.randrange(RARE)], key=str.encode)
        tensors = {**pack_strings("word", mine), "word.articles": np.ones(len(mine), np.uint32), **pack_sounds(mine)}
        records.append(files.write_new(folder, f"s{number:06d}.postings", pack_tensors(tensors)))
    return records


def measure(records: list[Any], folder: Path, typed: list[str]) -> dict[str, Any]:
    """The times in milliseconds, and for how many words there were candidates."""
    opened = [CheckedTensors(CheckedFile(folder, record), LAYOUT, {"articles": 1 << 20}) for record in records]
    snapshot: Any = SimpleNamespace(segments=[SimpleNamespace(vocabulary=Vocabulary(tensors)) for tensors in opened])
    times, found = [], 0
    for word in typed:
        began = time.process_time()
        found += bool(candidates(snapshot, word))
        times.append(1_000 * (time.process_time() - began))
    rest = np.array(times[1:])
    return {
        "first_ms": round(times[0], 1),
        "median_ms": round(float(np.median(rest)), 2),
        "p95_ms": round(float(np.quantile(rest, 0.95)), 2),
        "with_candidates": found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument("--words", type=int, default=500_000, metavar="N")
    parser.add_argument("--segments", type=int, default=16, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    arguments = parser.parse_args()
    draw = random.Random(0)
    words = words_like(arguments.index, arguments.words, draw)
    typed = [altered(word, draw) for word in draw.sample([word for word in words if len(word) > 4], TYPED)]
    with tempfile.TemporaryDirectory() as scratch:
        records = write(words, arguments.segments, Path(scratch), draw)
        size = sum(record.size for record in records)
        results = {"words": len(words), "segments": arguments.segments, "bytes": size, **measure(records, Path(scratch), typed)}
    print(json.dumps(results))
    if arguments.json:
        content = {"machine": describe("numpy", "rapidfuzz"), **results}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How long does it take to find the words that a misspelt one may have been meant for, in the vocabulary of a large archive?

INDEX is a folder with an index, whose words are taken, and varied until there are N different ones (500,000 by default, about what a
million passages of news have). They are written as the vocabularies of so many segments (16 by default, as many as a million passages
have), each with the commonest 50,000 and a sixth of the others. Then 200 words are typed with one error or two. "first" is the first word
asked of newly opened files, with the import of the library of distances; "median" and "p95" are of the words after it. All are CPU
milliseconds, one thread.

``--others`` measures other ways beside it, each over all N words in one list, up to two edits: rapidfuzz over every word, rapidfuzz over
the words of the same first letter and nearly the same length, a trie, and SymSpell (symspellpy, if it is installed).
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from script import parser_of, save
from timing import milliseconds

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
    found: list[bool] = []

    def find(word: str) -> None:
        found.append(bool(candidates(snapshot, word)))

    first = milliseconds(lambda: find(typed[0]))
    return {"first_ms": round(first, 1), **(timed(find, typed[1:])), "with_candidates": sum(found)}


def timed(find: Callable[[str], object], typed: list[str]) -> dict[str, float]:
    """CPU milliseconds a word."""
    times = [milliseconds(lambda word=word: find(word)) for word in typed]
    return {"median_ms": round(float(np.median(times)), 2), "p95_ms": round(float(np.quantile(times, 0.95)), 2)}


def trie_of(words: list[str]) -> dict[str, Any]:
    """The words letter by letter; the end of one is at an empty key."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = word
    return root


def within(node: dict[str, Any], word: str, row: list[int], most: int) -> list[str]:
    """The words below ``node`` in ``most`` edits of ``word``; ``row`` is that of the recurrence at the node."""
    found = [node[""]] if "" in node and row[-1] <= most else []
    for letter, child in node.items():
        if letter:
            new = [row[0] + 1]
            for place, own in enumerate(word):
                new.append(min(new[place] + 1, row[place + 1] + 1, row[place] + (own != letter)))
            if min(new) <= most:
                found += within(child, word, new, most)
    return found


def others(words: list[str], typed: list[str]) -> dict[str, Any]:
    """What other ways cost."""
    from rapidfuzz import process
    from rapidfuzz.distance.OSA import distance

    slices: dict[tuple[str, int], list[str]] = {}
    for word in words:
        slices.setdefault((word[0], len(word)), []).append(word)

    def near(word: str) -> object:
        own = [other for size in range(len(word) - 2, len(word) + 3) for other in slices.get((word[0], size), ())]
        return process.extract(word, own, scorer=distance, score_cutoff=2, limit=None)

    results: dict[str, Any] = {
        "rapidfuzz": timed(lambda word: process.extract(word, words, scorer=distance, score_cutoff=2, limit=None), typed[:40]),
        "rapidfuzz_slices": timed(near, typed),
    }
    began = time.process_time()
    root = trie_of(words)
    made = round(time.process_time() - began, 1)
    results["trie"] = {"made_s": made, **timed(lambda word: within(root, word, list(range(len(word) + 1)), 2), typed[:10])}
    try:
        from symspellpy import SymSpell, Verbosity
    except ImportError:
        return results
    speller = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    began = time.process_time()
    for word in words:
        speller.create_dictionary_entry(word, 1)
    made = round(time.process_time() - began, 1)
    keys = sum(len(entries) for entries in speller._deletes.values())  # noqa: SLF001 - how large its index is
    results["symspell"] = {
        "made_s": made,
        "entries": keys,
        **timed(lambda word: speller.lookup(word, Verbosity.CLOSEST, max_edit_distance=2), typed),
    }
    return results


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument("--words", type=int, default=500_000, metavar="N")
    parser.add_argument("--segments", type=int, default=16, metavar="N")
    parser.add_argument("--others", action="store_true", help="measure other ways beside it")
    arguments = parser.parse_args()
    draw = random.Random(0)
    words = words_like(arguments.index, arguments.words, draw)
    typed = [altered(word, draw) for word in draw.sample([word for word in words if len(word) > 4], TYPED)]
    with tempfile.TemporaryDirectory() as scratch:
        records = write(words, arguments.segments, Path(scratch), draw)
        size = sum(record.size for record in records)
        results = {"words": len(words), "segments": arguments.segments, "bytes": size, **measure(records, Path(scratch), typed)}
    if arguments.others:
        results["others"] = others(words, typed)
    print(json.dumps(results))
    save(arguments.json, {**results}, "numpy", "rapidfuzz")


if __name__ == "__main__":
    main()

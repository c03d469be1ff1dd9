"""Which index of words? newsdex's postings beside SQLite's FTS5 and tantivy, on the same passages and terms.

    python benchmarks/run.py lexical INDEX [--questions FILE] [--json FILE]
    python benchmarks/run.py lexical --made FOLDER [--passages N ...] [--json FILE]
    python benchmarks/run.py lexical --quality BEIR_FOLDER

INDEX is a folder with an index (benchmarks/speed/latency.py makes some). All three are given the terms that newsdex's analyzer makes of
each passage, so that they differ in the index alone, and are asked for the hundred best passages. "build_s" is CPU seconds without the
analysis, "cold_ms" the CPU time of a new process's first question beyond its imports, on one thread. --made compares newsdex with tantivy
and with the sum of all lists ("exhaustive", of which the best hundred are sorted out then) on made-up words that are as frequent as those
of English, little words included, in articles of five passages on a topic each; the postings stay in FOLDER. --quality compares nDCG@10 on
a collection in the format of BEIR. tantivy must be installed (PyPI: tantivy).
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from beir import load, ndcg
from numpy.typing import NDArray
from process import told
from script import describe, parser_of, questions_in
from timing import milliseconds, percentiles

from newsdex.search.question.terms import words_of
from newsdex.search.ranking.fusion import best_first
from newsdex.search.ranking.lexical import MaxScore, bm25_shares, look_up
from newsdex.store import files
from newsdex.store.checked import CheckedFile, CheckedTensors, block_sums
from newsdex.store.files import FileRecord
from newsdex.store.postings import LAYOUT, SCALE, ArticleTerms, Posting, Postings, hash_of, pack_postings
from newsdex.store.segment import terms_of
from newsdex.store.snapshot import Snapshot
from newsdex.tensors import pack_tensors
from newsdex.words import Analyzer

BEST = 100
PASSAGES = 5  # of a made-up article
Terms = Sequence[str]
Ask = Callable[[Terms], list[int]]


def passages_of(snapshot: Snapshot) -> Iterable[list[str]]:
    """The terms of each passage, segment after segment."""
    analyzer = Analyzer("en")
    for segment in snapshot.segments:
        for row in range(segment.record.articles):
            entry = segment.entry(row)
            yield from terms_of(entry.article, entry.passages, analyzer).passages


def quoted(terms: Terms) -> str:
    return " OR ".join(f'"{term}"' for term in terms)


def ask_own(snapshot: Any) -> Ask:
    sizes = [len(segment) for segment in snapshot.segments]
    first = np.cumsum([0, *sizes])

    def ask(terms: Terms) -> list[int]:
        gathered = MaxScore(look_up(snapshot, [(term,) for term in terms]), BEST)
        found = [(first[number] + places, values) for number, size in enumerate(sizes) for places, values in [gathered.of(number, size)]]
        places, values = (np.concatenate(column) for column in zip(*found, strict=True))
        return places[best_first(values, BEST)][:BEST].tolist()  # type: ignore[no-any-return]

    return ask


def exhaustive(snapshot: Any) -> Ask:
    """Every posting of every word added up, and all sums compared."""

    def ask(terms: Terms) -> list[int]:
        asked = look_up(snapshot, [(term,) for term in terms])
        joined = np.concatenate([bm25_shares(asked, number, len(segment)) for number, segment in enumerate(snapshot.segments)])
        found = np.argpartition(-joined, min(BEST, len(joined) - 1))[:BEST]
        return found[np.argsort(-joined[found], kind="stable")].tolist()  # type: ignore[no-any-return]

    return ask


def open_sqlite(folder: Path) -> Ask:
    database = sqlite3.connect(folder / "fts.sqlite")
    query = f"SELECT rowid FROM p WHERE p MATCH ? ORDER BY bm25(p) LIMIT {BEST}"
    return lambda terms: [row - 1 for (row,) in database.execute(query, (quoted(terms),))]


def open_tantivy(folder: Path) -> Ask:
    import tantivy

    index = tantivy.Index.open(str(folder / "tantivy"))
    searcher = index.searcher()

    def ask(terms: Terms) -> list[int]:
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "terms", term)) for term in terms]
        )
        return [searcher.doc(place)["number"][0] for _, place in searcher.search(query, BEST).hits]

    return ask


def build_own(passages: Sequence[list[str]], folder: Path) -> None:
    for start in range(0, len(passages), 65_536):
        content = pack_tensors(pack_postings([ArticleTerms([], passages[start : start + 65_536])]))
        (folder / f"{start}.postings").write_bytes(b"".join(bytes(part) for part in content))


def build_sqlite(passages: Sequence[list[str]], folder: Path) -> None:
    database = sqlite3.connect(folder / "fts.sqlite")
    database.execute("CREATE VIRTUAL TABLE p USING fts5 (terms, content='', detail=full, tokenize=\"unicode61 remove_diacritics 0\")")
    database.executemany(
        "INSERT INTO p (rowid, terms) VALUES (?, ?)", ((number + 1, " ".join(terms)) for number, terms in enumerate(passages))
    )
    database.execute("INSERT INTO p (p) VALUES ('optimize')")
    database.commit()
    database.close()


def build_tantivy(passages: Iterable[list[str]], folder: Path) -> None:
    import tantivy

    place = folder / "tantivy"
    place.mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    builder.add_integer_field("number", stored=True)
    index = tantivy.Index(builder.build(), path=str(place))
    writer = index.writer(heap_size=300_000_000, num_threads=1)
    for number, terms in enumerate(passages):
        writer.add_document(tantivy.Document(terms=" ".join(terms), number=number))
    writer.commit()
    writer.wait_merging_threads()


OPEN = {"newsdex": lambda folder: ask_own(Snapshot.open(folder)), "sqlite": open_sqlite, "tantivy": open_tantivy}
BUILD = {"newsdex": build_own, "sqlite": build_sqlite, "tantivy": build_tantivy}


VOCABULARY, LITTLE = 400_000, 120  # made-up words; so many of them are too frequent to be asked for
TOPIC = 60  # words that an article has more often
SEGMENT = 65_535  # passages, whole articles; newsdex cuts at 65,536


def made_passages(count: int) -> Iterator[NDArray[np.int32]]:
    """The words of each passage, by their rank: 56 on average, drawn as Zipf and Mandelbrot say, two fifths of them from the topic."""
    random = np.random.default_rng(0)
    odds = np.cumsum(1 / (np.arange(VOCABULARY) + 2.7) ** 1.05)

    def draw(size: int) -> NDArray[np.int64]:
        return np.searchsorted(odds, random.random(size) * odds[-1])

    for _ in range(count // PASSAGES):
        topic = draw(TOPIC)
        lengths = np.clip(random.normal(56, 14, PASSAGES), 12, 90).astype(int)
        words, own = draw(int(lengths.sum())), topic[random.integers(0, TOPIC, int(lengths.sum()))]
        words = np.where((random.random(len(words)) < 0.4) & (np.minimum(words, own) >= LITTLE), own, words).astype(np.int32)
        yield from np.split(words, np.cumsum(lengths)[:-1])


@dataclass
class MadeSegment:
    """What a search by words reads of a segment."""

    postings: Postings
    size: int
    article_count: int
    is_partial: bool = False

    def __len__(self) -> int:
        return self.size


def made_snapshot(passages: Sequence[NDArray[np.int32]], folder: Path, size: int) -> Any:
    """Postings of ``passages`` in segments of ``size``."""
    segments = []
    for start in range(0, len(passages), size):
        articles = [
            range(first, min(first + PASSAGES, len(passages))) for first in range(start, min(start + size, len(passages)), PASSAGES)
        ]
        held, name = sum(map(len, articles)), folder / f"{start}-{len(passages)}-{size}.postings"
        if not name.exists():
            parts = pack_tensors(pack_postings(ArticleTerms([], [written(passages[number]) for number in each]) for each in articles))
            files.write_new(folder, name.name, parts)
        sums = block_sums([name.read_bytes()])
        file = CheckedFile(folder, FileRecord(name.name, name.stat().st_size, "", ""), sums)
        tensors = CheckedTensors(file, LAYOUT, {"passages": held, "articles": len(articles)})
        segments.append(MadeSegment(Postings(tensors), held, len(articles)))
    counts = SimpleNamespace(passages=len(passages), articles=sum(segment.article_count for segment in segments))
    return SimpleNamespace(segments=segments, manifest=counts)


def written(words: NDArray[np.int32]) -> list[str]:
    return [f"w{word}" for word in words.tolist()]


def made_questions(passages: Sequence[NDArray[np.int32]], kind: str, count: int) -> list[list[str]]:
    """``short``: two or three words of a passage; ``claim``: eight of one and about as many of others; ``frequent``: four of the
    most frequent ones.
    """
    random = np.random.default_rng(1)
    asked: list[list[str]] = []
    while len(asked) < count:
        telling, other = (
            [word for word in dict.fromkeys(passages[random.integers(len(passages))].tolist()) if word >= LITTLE] for _ in "ab"
        )
        if len(telling) >= 8:
            mixed = random.permutation(telling)
            words = {"short": mixed[: random.integers(2, 4)], "claim": [*mixed[:8], *other[:8]], "frequent": random.integers(40, 400, 4)}[
                kind
            ]
            asked.append([f"w{word}" for word in dict.fromkeys(words)])
    return asked


def compare_made(count: int, folder: Path, asked: int, segment: int) -> dict[str, Any]:
    """CPU milliseconds of each kind of question, in turns, each asked once before."""
    passages = list(made_passages(count))
    snapshot = made_snapshot(passages, folder, segment)
    theirs = folder / f"tantivy-{count}"
    if not theirs.exists():
        theirs.mkdir()
        build_tantivy((written(words) for words in passages), theirs)
    asks = {"newsdex": ask_own(snapshot), "exhaustive": exhaustive(snapshot), "tantivy": open_tantivy(theirs)}
    results: dict[str, Any] = {}
    pooled: dict[str, list[float]] = {name: [] for name in asks}
    for kind in ("short", "claim", "frequent"):
        times: dict[str, list[float]] = {name: [] for name in asks}
        for terms in made_questions(passages, kind, asked):
            for ask in asks.values():
                ask(terms)
            for name, ask in asks.items():
                times[name].append(milliseconds(lambda ask=ask, terms=terms: ask(terms)))
        results[kind] = {name: percentiles(values, 3) for name, values in times.items()}
        for name, values in times.items():
            pooled[name] += values
        print(count, kind, json.dumps(results[kind]), flush=True)
    results["all"] = {name: percentiles(values, 3) for name, values in pooled.items()}
    print(count, "all", json.dumps(results["all"]), flush=True)
    return results


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cold(kind: str, folder: Path, terms: Terms) -> float:
    """CPU milliseconds of the first question in a new process, imports left out; the median of five."""
    command = [sys.executable, __file__, "--cold", kind, "--folder", str(folder), "--terms", json.dumps(terms)]
    return float(np.median([told(command) for _ in range(5)]))


def compare(snapshot: Snapshot, index: Path, questions: Sequence[Terms]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    passages = list(passages_of(snapshot))
    with tempfile.TemporaryDirectory() as scratch:
        folders = {}
        for kind, build in BUILD.items():
            folder = folders[kind] = Path(scratch, kind)
            folder.mkdir()
            began = time.process_time()
            build(passages, folder)
            results[kind] = {"build_s": time.process_time() - began, "megabytes": size_of(folder) / 1e6}
        del passages
        folders["newsdex"] = index
        asks = {kind: OPEN[kind](folders[kind]) for kind in OPEN}
        times: dict[str, list[float]] = {kind: [] for kind in OPEN}
        for terms in [*questions[:10], *questions]:
            for kind, ask in asks.items():  # in turns
                clock = time.process_time if kind == "tantivy" else time.thread_time
                times[kind].append(milliseconds(lambda ask=ask, terms=terms: ask(terms), clock))
        for kind, values in times.items():
            results[kind] |= percentiles(values[10:])
            results[kind]["cold_ms"] = cold(kind, folders[kind], questions[0])
            print(kind, json.dumps({key: round(value, 2) for key, value in results[kind].items()}), flush=True)
    return results


def quality(folder: Path, scratch: Path) -> dict[str, float]:
    """nDCG@10 of each, on documents cut to what one passage can hold: all of it."""
    collection, analyzer = load(folder), Analyzer("en")
    passages = [analyzer.terms(f"{document['title']} {document['text']}") for document in collection.documents]
    packed = pack_postings([ArticleTerms([], passages)])
    terms, ends = packed["term"], np.concatenate([[0], packed["passage.ends"]])

    def own(words: Terms) -> list[int]:
        total = np.zeros(len(passages))
        for word in words:
            row = int(np.searchsorted(terms, np.uint64(hash_of(word))))
            if row < len(terms) and int(terms[row]) == hash_of(word):
                found = Posting(packed["passage"][ends[row] : ends[row + 1]], packed["passage.impact"][ends[row] : ends[row + 1]])  # type: ignore[arg-type]
                count = len(found.places)
                total[found.places] += np.log(1 + (len(passages) - count + 0.5) / (count + 0.5)) * found.impacts / SCALE
        return np.argsort(-total, kind="stable")[:10].tolist()  # type: ignore[no-any-return]

    build_sqlite(passages, scratch)
    build_tantivy(passages, scratch)
    asks = {"newsdex": own, "sqlite": open_sqlite(scratch), "tantivy": open_tantivy(scratch)}
    gains = {}
    for kind, ask in asks.items():
        scores = []
        for question in collection.questions:
            words = [variants[0] for variants in words_of(question["text"], ["en"])]
            scores.append(ndcg([collection.documents[number]["_id"] for number in ask(words)], collection.grades[question["_id"]]))
        gains[kind] = round(float(np.mean(scores)), 4)
    return gains


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", type=Path, nargs="?", metavar="INDEX")
    parser.add_argument("--questions", type=Path, metavar="FILE")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--made", type=Path, help="where the made-up postings are kept")
    parser.add_argument("--passages", type=int, nargs="+", default=[250_000, 500_000, 1_000_000])
    parser.add_argument("--segment", type=int, default=SEGMENT, help="made-up passages in a segment, whole articles")
    parser.add_argument("--quality", type=Path)
    parser.add_argument("--cold", choices=list(OPEN), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--terms", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cold:
        if arguments.cold == "tantivy":
            import tantivy  # noqa: F401
        began = time.process_time()
        OPEN[arguments.cold](arguments.folder)(arguments.terms)
        print(1000 * (time.process_time() - began))
        return
    results: dict[str, Any] = {}
    if arguments.quality:
        with tempfile.TemporaryDirectory() as scratch:
            results["ndcg_at_10"] = quality(arguments.quality, Path(scratch))
        print(results)
    if arguments.made:
        arguments.made.mkdir(exist_ok=True)
        made = {str(count): compare_made(count, arguments.made, arguments.count, arguments.segment) for count in arguments.passages}
        results["made" if arguments.segment == SEGMENT else f"made in segments of {arguments.segment}"] = {
            "machine": describe("numpy", "tantivy"),
            "load": os.getloadavg()[0],
            **made,
        }
    if arguments.index:
        snapshot = Snapshot.open(arguments.index)
        texts = questions_in(arguments.questions)[: arguments.count]
        questions = [[variants[0] for variants in words_of(text, ["en"])] for text in texts]
        results[str(snapshot.manifest.passages)] = compare(snapshot, arguments.index, questions)
    if arguments.json:
        known = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
        if arguments.index or arguments.quality:  # what is made up names its own machine
            known |= {"machine": describe("numpy"), "sqlite": sqlite3.sqlite_version, "load": os.getloadavg()[0]}
        arguments.json.write_text(json.dumps(known | results, indent=1) + "\n")


if __name__ == "__main__":
    main()

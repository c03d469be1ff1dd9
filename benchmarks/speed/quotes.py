"""What does it cost to verify a quotation in a large archive?

The archive is made up: articles of three passages, of words as frequent as in a language (Mandelbrot 1953: 1 / (rank + 2.7)). Quotations
are taken from it and treated as people do. Beside newsdex.Index.verify_quote runs what needs no index: the same folding of every text in
turn, and rapidfuzz's partial_ratio_alignment over every text, where rapidfuzz is installed.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import xxhash
from archive import write
from script import parser_of, save
from timing import milliseconds

from newsdex import Index
from newsdex.engines.hashing import HashEncoder
from newsdex.records import Article, Span
from newsdex.search.quotes.folding import fold
from newsdex.store.segment import Entry

PASSAGES = 3
VOCABULARY = 100_000
SENTENCES = 4  # of a passage
WORDS = 20  # of a sentence
FEW = 2  # quotations that are put to what reads everything


def sentence(numbers: Sequence[int]) -> str:
    return " ".join(f"w{number}" for number in numbers).capitalize() + "."


def build(folder: Path, articles: int) -> list[str]:
    """An index of made-up articles; their texts."""
    dimension = HashEncoder.card.dimension
    chance = np.random.default_rng(0)
    frequency = np.cumsum(1 / (np.arange(1, VOCABULARY + 1) + 2.7))
    entries = []
    for number in range(articles):
        words = 1 + np.searchsorted(frequency, chance.random((PASSAGES, SENTENCES, WORDS)) * frequency[-1])
        passages = [" ".join(sentence(row) for row in passage.tolist()) for passage in words]
        text = "\n".join(passages)
        ends = np.cumsum([len(passage) + 1 for passage in passages]).tolist()
        spans = [Span(end - len(passage) - 1, end - 1) for passage, end in zip(passages, ends, strict=True)]
        vectors = np.zeros((PASSAGES, dimension), np.float32)
        vectors[:, number % dimension] = 1
        article = Article(f"a{number}", text, Path(f"/made-up/{number}.txt"), "0" * 64, body=Span(0, len(text)))
        keys = chance.integers(0, 256, (PASSAGES, 16)).astype(np.uint8)
        entries.append(Entry(article, xxhash.xxh3_128_digest(text.encode()), [], spans, keys, vectors))
    write(entries, HashEncoder.card, folder, with_sources=False)
    return [entry.article.text for entry in entries]


def quotations(texts: Sequence[str], count: int) -> dict[str, list[str]]:
    """By what was done to them."""
    chance = random.Random(1)
    made: dict[str, list[str]] = {"found": [], "found, of common words": [], "altered": [], "stitched": [], "not found": []}
    for _ in range(count):
        first, second = (chance.choice(texts).split() for _ in range(2))
        start = chance.randrange(len(first) - 24)
        words = first[start : start + 24]
        made["found"].append(" ".join(words))
        made["found, of common words"].append(" ".join(chance.sample(["w1", "w2", "w3", "w4", "w5"], 2)))
        made["altered"].append(" ".join([*words[:11], "never", *words[12:]]))
        made["stitched"].append(" ".join([*words[:12], *second[20:32]]))
        made["not found"].append(" ".join(chance.sample([*first, *second], 24)))
    return made


def seconds(verify: Callable[[str], object], quotes: Sequence[str]) -> dict[str, float]:
    """The median and the longest."""
    taken = [milliseconds(lambda quote=quote: verify(quote)) / 1000 for quote in quotes]
    return {"median": round(statistics.median(taken), 4), "longest": round(max(taken), 4)}


def fold_everything(texts: Sequence[str]) -> Callable[[str], object]:
    def verify(quote: str) -> object:
        wanted = " ".join(token.key for token in fold(quote))
        return [number for number, text in enumerate(texts) if wanted in " ".join(token.key for token in fold(text))]

    return verify


def compare_everything(texts: Sequence[str]) -> Callable[[str], object]:
    from rapidfuzz import fuzz

    return lambda quote: max(found.score for text in texts if (found := fuzz.partial_ratio_alignment(quote, text)))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--articles", type=int, default=12_000)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        texts = build(Path(name) / "index", options.articles)
        result: dict[str, object] = {"articles": len(texts), "passages": PASSAGES * len(texts)}
        with Index.open(Path(name) / "index") as index:
            first = time.process_time()
            index.verify_quote("w1 w2")
            result["first quotation of a process, CPU seconds"] = round(time.process_time() - first, 4)
            for kind, quotes in quotations(texts, options.repeat).items():
                result[f"newsdex, {kind}, CPU seconds"] = seconds(index.verify_quote, quotes)
                result[f"verdicts, {kind}"] = sorted({index.verify_quote(quote).verdict for quote in quotes})
        few = quotations(texts, FEW)["found"]
        result["folding every text, found, CPU seconds"] = seconds(fold_everything(texts), few)
        if find_spec("rapidfuzz"):
            result["rapidfuzz over every text, CPU seconds"] = seconds(compare_everything(texts), few)
    print(json.dumps(result, indent=2))
    save(options.json, result)


if __name__ == "__main__":
    main()

"""Which passages answer best? Settings of the chunker against nDCG@10 and against answers marked in long documents.

    python benchmarks/chunking.py FOLDER... [--json FILE]

Each FOLDER is a collection in BEIR format (corpus.jsonl, queries.jsonl, qrels/test.tsv). A document's score is that of its best
passage, by exact search. Where the questions carry the characters that answer them (`spans`, or `answer` and `start`),
`found` is how much of those characters lies in the best passages, when passages are read from the top until 500 tokens are read.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from pathlib import Path

import numpy as np

from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_build_encoder
from newsdex.indexer.chunker import Chunker
from newsdex.records import Article, Span
from newsdex.settings import Chunking

GRID = [
    Chunking(max_tokens=tokens, overlap=overlap, title=title)
    for tokens, overlap, title in [
        (64, 0, True), (96, 0, True), (128, 0, True), (160, 0, True), (192, 0, True), (256, 0, True),
        (128, 0, False), (192, 0, False), (256, 0, False), (128, 1, True), (192, 1, True), (256, 1, True),
    ]
]  # fmt: skip
READ_TOKENS = 500


def lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def load(folder: Path) -> tuple[list[dict], list[dict], dict[str, dict[str, int]]]:
    qrels: dict[str, dict[str, int]] = {}
    for row in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, document, grade = row.split("\t")
        qrels.setdefault(question, {})[document] = int(grade)
    questions = [q for q in lines(folder / "queries.jsonl") if q["_id"] in qrels]
    return lines(folder / "corpus.jsonl"), questions, qrels


def ndcg(ranked: list[str], grades: dict[str, int], k: int = 10) -> float:
    """Järvelin and Kekäläinen 2002, with the grade itself as gain, as BEIR reports it."""
    gain = sum(grades.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(ranked[:k]))
    ideal = sum(g / math.log2(rank + 2) for rank, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return gain / ideal if ideal else 0.0


def answers(question: dict) -> list[tuple[int, int]]:
    if "spans" in question:
        return [(a, b) for a, b in question["spans"]]
    return [(start, start + len(text)) for start, text in zip(question.get("start", []), question.get("answer", []), strict=False)]


def measure(folder: Path, settings: Chunking, encoder) -> dict:
    corpus, questions, qrels = load(folder)
    chunker = Chunker(settings, encoder.count_tokens, encoder.card.max_tokens)
    owners, spans, sizes, texts = [], [], [], []
    for document in corpus:
        text = document["text"]
        article = Article(document["_id"], text, Path(), "", title=document.get("title", ""), body=Span(0, len(text)))
        for chunk in chunker.cut(article).chunks:
            owners.append(document["_id"])
            spans.append(chunk.span)
            sizes.append(chunk.tokens)
            texts.append(chunk.embedded)
    began = time.perf_counter()
    vectors = encoder.encode_passages(texts)
    seconds = time.perf_counter() - began
    scores = encoder.encode_passages([q["text"] for q in questions]) @ vectors.T
    quality, found = [], []
    for question, row in zip(questions, scores, strict=True):
        order = np.argsort(-row, kind="stable")[:2000]
        quality.append(ndcg(list(dict.fromkeys(owners[i] for i in order)), qrels[question["_id"]]))
        if wanted := answers(question):
            document = question.get("doc") or next(iter(qrels[question["_id"]]))
            read, seen = 0, set()
            for i in order:
                if read and read + sizes[i] > READ_TOKENS:
                    break
                read += sizes[i]
                if owners[i] == document:
                    seen.update(c for a, b in wanted for c in range(max(a, spans[i].start), min(b, spans[i].end)))
            found.append(len(seen) / max(1, len({c for a, b in wanted for c in range(a, b)})))
    result = {
        "collection": str(folder.parent.name + "/" + folder.name if folder.parent.name == "xquad" else folder.name),
        "max_tokens": settings.max_tokens, "overlap": settings.overlap, "title": settings.title,
        "passages": len(texts), "ndcg@10": round(float(np.mean(quality)), 4), "encode_seconds": round(seconds, 1),
    }  # fmt: skip
    if found:
        result["found@500"] = round(float(np.mean(found)), 4)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--json", type=Path, help="write the results there")
    arguments = parser.parse_args()
    encoder = open_build_encoder(DEFAULT_MODEL)
    results = []
    for folder in arguments.folders:
        for settings in GRID:
            results.append(measure(folder, settings, encoder))
            print(results[-1], flush=True)
            if arguments.json:
                machine = {"processor": platform.processor() or platform.machine(), "python": platform.python_version()}
                arguments.json.write_text(json.dumps({"machine": machine, "model": DEFAULT_MODEL, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()

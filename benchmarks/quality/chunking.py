"""Which passages answer best? Settings of the chunker against nDCG@10 and against answers marked in long documents.

Each FOLDER is a collection in BEIR format (corpus.jsonl, queries.jsonl, qrels/test.tsv). A document's score is that of its best
passage, by exact search. Where the questions carry the characters that answer them (`spans`, or `answer` and `start`),
`found` is how much of those characters lies in the best passages, when passages are read from the top until 500 tokens are read.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from beir import Collection, answers, load, ndcg, passages
from script import parser_of, save

from newsdex.encoder import DEFAULT_MODEL, Encoder
from newsdex.engines import open_build_encoder
from newsdex.indexer.chunker import Chunker
from newsdex.settings import Chunking

GRID = [
    Chunking(max_tokens=tokens, overlap=overlap, title=title)
    for tokens, overlap, title in [
        (64, 0, True), (96, 0, True), (128, 0, True), (160, 0, True), (192, 0, True), (256, 0, True),
        (128, 0, False), (192, 0, False), (256, 0, False), (128, 1, True), (192, 1, True), (256, 1, True),
    ]
]  # fmt: skip
READ_TOKENS = 500


def measure(collection: Collection, settings: Chunking, encoder: Encoder) -> dict[str, Any]:
    """The quality of one setting on one collection."""
    chunker = Chunker(settings, encoder.count_tokens, encoder.card.max_tokens)
    owners, chunks = zip(*passages(collection, chunker), strict=True)
    texts = [chunk.embedded for chunk in chunks]
    began = time.perf_counter()
    vectors = encoder.encode_passages(texts)
    seconds = time.perf_counter() - began
    scores = encoder.encode_passages([q["text"] for q in collection.questions]) @ vectors.T
    quality, found = [], []
    for question, row in zip(collection.questions, scores, strict=True):
        order = np.argsort(-row, kind="stable")[:2000]
        quality.append(ndcg(list(dict.fromkeys(owners[i] for i in order)), collection.grades[question["_id"]]))
        if wanted := answers(question):
            document = question.get("doc") or next(iter(collection.grades[question["_id"]]))
            read, seen = 0, set()
            for i in order:
                if read and read + chunks[i].tokens > READ_TOKENS:
                    break
                read += chunks[i].tokens
                if owners[i] == document:
                    seen.update(c for a, b in wanted for c in range(max(a, chunks[i].span.start), min(b, chunks[i].span.end)))
            found.append(len(seen) / max(1, len({c for a, b in wanted for c in range(a, b)})))
    result = {
        "collection": collection.name,
        "max_tokens": settings.max_tokens, "overlap": settings.overlap, "title": settings.title,
        "passages": len(texts), "ndcg@10": round(float(np.mean(quality)), 4), "encode_seconds": round(seconds, 1),
    }  # fmt: skip
    if found:
        result["found@500"] = round(float(np.mean(found)), 4)
    return result


def main() -> None:
    arguments = parser_of(__doc__, "folders").parse_args()
    encoder = open_build_encoder(DEFAULT_MODEL)
    results = []
    for collection in map(load, arguments.folders):
        for settings in GRID:
            results.append(measure(collection, settings, encoder))
            print(results[-1], flush=True)
            save(arguments.json, {"model": DEFAULT_MODEL, "results": results}, "openvino", "sentencex", "tokenizers")


if __name__ == "__main__":
    main()

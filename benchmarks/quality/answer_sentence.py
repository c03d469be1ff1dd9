"""Which sentence of a passage answers the question? Ways to choose it, against answers marked in long documents.

FOLDER is a collection in BEIR format whose questions mark the characters that answer them. For each question a window of 900
characters around the answer plays the passage. The ways:

- interaction: newsdex.search.answer.sentence, the closest input embeddings, weighted by rarity; no forward pass
- words: the share of the question's words in the sentence, weighted by rarity in the collection
- model: the cosine of question and sentence, each sentence encoded by the whole model: what would cost most
- pooled: the cosine of question and the mean of the sentence's token states in one forward pass over the passage
- sums of two of them
"""

from __future__ import annotations

import math
import random
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
from beir import Collection, answers, load
from script import parser_of, save

from newsdex.encoder import Vectors
from newsdex.engines.numpy_network import NumpyNetwork
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.records import Span
from newsdex.search.answer.sentence import closest
from newsdex.sentences import split_sentences

WINDOW = 900


def rarity(collection: Collection) -> dict[str, float]:
    """The inverse document frequency of each word, paragraphs as documents."""
    paragraphs = [p for document in collection.documents for p in document["text"].split("\n")]
    counts = Counter(word for paragraph in paragraphs for word in set(words(paragraph)))
    return {word: math.log(1 + len(paragraphs) / count) for word, count in counts.items()}


def words(text: str) -> list[str]:
    """Words in lower case."""
    return re.findall(r"\w+", text.lower())


def pooled(encoder: NumpyEncoder, passage: str, sentences: list[Span], question: Vectors) -> Vectors:
    """Cosines of ``question`` with each sentence's mean token state in the passage's own forward pass."""
    tokens = encoder.model.tokens.library(encoder.card.max_tokens).encode(passage)
    states = NumpyNetwork(encoder.model.network).states(tokens.ids, [0] * len(tokens.ids))
    means = []
    for sentence in sentences:
        rows = [row for row, (start, end) in enumerate(tokens.offsets) if start < end and sentence.start <= start and end <= sentence.end]
        means.append(states[rows or slice(None)].mean(axis=0))
    vectors = np.stack(means)
    return np.asarray(vectors @ question / np.linalg.norm(vectors, axis=1), np.float32)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=400)
    arguments = parser.parse_args()
    encoder, collection, chance = NumpyEncoder(), load(arguments.folder), random.Random(1)
    texts = {document["_id"]: document["text"] for document in collection.documents}
    idf = rarity(collection)
    asked = chance.sample(collection.questions, min(arguments.questions, len(collection.questions)))
    right: dict[str, list[bool]] = {}
    seconds: Counter[str] = Counter()
    for question in asked:
        text = texts[question.get("doc") or next(iter(collection.grades[question["_id"]]))]
        start, end = answers(question)[0]
        first = max(0, start - chance.randint(100, 500))
        passage = text[first : first + WINDOW]
        sentences = split_sentences(passage, Span(0, len(passage)))
        wanted = {i for i, s in enumerate(sentences) if min(s.end + first, end) - max(s.start + first, start) > 5}
        if len(sentences) < 3 or not wanted:
            continue
        contents = [passage[s.start : s.end] for s in sentences]
        scores, began = {}, time.process_time()

        def clock(name: str) -> None:
            nonlocal began
            seconds[name] += time.process_time() - began
            began = time.process_time()

        vector = encoder.encode_questions([question["text"]])[0]
        clock("question")
        tokens = encoder.tokens([question["text"], *contents])
        weights = tokens.weights[tokens.places[: tokens.ends[0]]]
        scores["interaction"] = closest(tokens) @ weights / weights.sum()
        clock("interaction")
        mine = set(words(question["text"]))
        total = sum(idf.get(w, 0.0) for w in mine) or 1.0
        scores["words"] = np.array([sum(idf.get(w, 0.0) for w in mine & set(words(c))) for c in contents]) / total
        clock("words")
        scores["model"] = encoder.encode_passages(contents) @ vector
        clock("model")
        scores["pooled"] = pooled(encoder, passage, sentences, vector)
        clock("pooled")
        for one, other in (("model", "interaction"), ("pooled", "interaction"), ("model", "words")):
            scores[f"{one} + {other}"] = scores[one] + scores[other]
        for name, values in scores.items():
            right.setdefault(name, []).append(int(np.argmax(values)) in wanted)
        right.setdefault("chance", []).extend([True] * len(wanted) + [False] * (len(sentences) - len(wanted)))
    count = len(right["interaction"])
    results = {
        name: {
            "right": round(float(np.mean(values)), 3),
            "cpu_ms_a_passage": round(1000 * seconds[name] / count, 2) if seconds[name] else None,
        }
        for name, values in right.items()
    }
    for name, result in results.items():
        print(f"{name:<22}{result}")
    save(arguments.json, {"collection": collection.name, "questions": count, "results": results}, "numpy", "tokenizers")


if __name__ == "__main__":
    main()

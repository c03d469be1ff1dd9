"""Collections in BEIR format: corpus.jsonl, queries.jsonl, qrels/test.tsv (question, document, grade)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from script import json_lines

from newsdex.indexer.chunker import Chunk, Chunker
from newsdex.records import Article, Span


@dataclass(frozen=True)
class Collection:
    """``grades`` has, by question id, the grade of each judged document; only judged questions are in ``questions``."""

    name: str
    documents: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    grades: dict[str, dict[str, int]]


def load(folder: Path) -> Collection:
    """The collection in ``folder``."""
    grades: dict[str, dict[str, int]] = {}
    for row in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, document, grade = row.split("\t")
        grades.setdefault(question, {})[document] = int(grade)
    questions = [question for question in json_lines(folder / "queries.jsonl") if question["_id"] in grades]
    name = f"{folder.parent.name}/{folder.name}" if len(folder.name) == len("en") else folder.name
    return Collection(name, json_lines(folder / "corpus.jsonl"), questions, grades)


def passages(collection: Collection, chunker: Chunker) -> Iterator[tuple[str, Chunk]]:
    """The passages that ``newsdex index`` embeds, each after its document's id."""
    for document in collection.documents:
        text = document["text"]
        article = Article(document["_id"], text, Path(), "", title=document.get("title", ""), body=Span(0, len(text)))
        for chunk in chunker.cut(article).chunks:
            yield document["_id"], chunk


def ndcg(ranked: list[str], grades: dict[str, int], k: int = 10) -> float:
    """Järvelin and Kekäläinen 2002, with the grade itself as gain, as BEIR reports it."""
    gain = sum(grades.get(document, 0) / math.log2(rank + 2) for rank, document in enumerate(ranked[:k]))
    ideal = sum(g / math.log2(rank + 2) for rank, g in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return gain / ideal if ideal else 0.0


def answers(question: dict[str, Any]) -> list[tuple[int, int]]:
    """The ranges of characters that answer ``question``, where the collection marks them."""
    if "spans" in question:
        return [(start, end) for start, end in question["spans"]]
    return [(start, start + len(text)) for start, text in zip(question.get("start", []), question.get("answer", []), strict=False)]

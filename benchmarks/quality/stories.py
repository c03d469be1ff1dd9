"""Is the right story first in a real archive, and its sentence right, with and without what the sentences say, and with the reader?

FOLDER has the 2,225 stories of 2004 and 2005 of Greene and Cunningham (2006, Practical Solutions to the Problem of Diagonal Dominance in
Kernel Document Clustering), http://mlg.ucd.ie/datasets/bbc.html, as plain text: business/001.txt and on. The questions are in
benchmarks/stories/: "everyday", 130 queries, with ``--unseen`` another 130, which nothing was built with in view; and "details", 1,000
questions for a detail of one story. newsdex.search.answer.sentence.ARTICLE_WEIGHTS were fitted on 2,500 other questions like these. Several
stories tell of the same event, so a right first hit to a detail may count as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from script import json_lines, parser_of, save, workplace

from newsdex import Index, index_paths
from newsdex.records import Hit
from newsdex.search.answer import paging

QUERIES = Path(__file__).parents[1] / "stories"
SECTIONS = ("business", "entertainment", "politics", "sport", "tech")
LISTED = 10


def judge(index: Index, data: Path, queries: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The shares of the queries that are right."""
    counts, asked, rank = Counter[str](), Counter[str](), 0.0
    for query in queries:
        results = index.search(query["query"], limit=LISTED)
        if query.get("kind") in ("off", "unanswered"):
            asked[f"{query['kind']} refused"] += 1
            counts[f"{query['kind']} refused"] += not results.answerable
            continue
        right = {title_of(data / name) for name in query["articles"]}
        place = next((number for number, hit in enumerate(results, 1) if hit.article.title in right), 0)
        rank += 1 / place if place else 0
        told = {"first": place == 1, "kept": results.answerable}
        if answers := query.get("answer"):
            told["sentence"] = place == 1 and holds(results[0], [answers] if isinstance(answers, str) else answers)
        for name, value in told.items():
            asked[name] += 1
            counts[name] += value
    return {name: round(counts[name] / count, 3) for name, count in asked.items()} | {"mrr": round(rank / asked["first"], 3)}


def title_of(path: Path) -> str:
    """The title of a story: a few are in the collection twice."""
    return path.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0].strip()


def holds(hit: Hit, answers: Sequence[str]) -> bool:
    """Whether the highlighted sentence has one of the answers."""
    text = " ".join(hit.answer_text.split())
    return any(" ".join(answer.split()) in text for answer in answers)


def main() -> None:
    parser = parser_of(__doc__, "--work", "--unseen")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    with workplace(arguments.work) as place:
        index_paths([arguments.data / section for section in SECTIONS], place)
        everyday = "everyday_unseen" if arguments.unseen else "everyday"
        found: dict[str, Any] = {}
        ways = {"without": (1, 0), "with": (paging.FIRST, 0), "read": (paging.FIRST, paging.READ)}
        for name in (everyday, "details"):
            for label, (paging.FIRST, paging.READ) in ways.items():
                with Index.open(place) as index:
                    found[f"{name} {label}"] = judge(index, arguments.data, json_lines(QUERIES / f"{name}.jsonl"))
                print(f"{name} {label}", found[f"{name} {label}"], flush=True)
    save(arguments.json, {"stories": found}, "numpy")


if __name__ == "__main__":
    main()

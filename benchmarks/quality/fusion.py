"""Meaning, words, and ways to combine them: nDCG@10 on each collection, and whether a weight chosen on the others holds there.

Each FOLDER is a collection in BEIR format; SCRATCH keeps the indexes and both legs for the next run. A document's score is that of its best
passage, by exact search. Weights are fitted apart for collections in languages that the model speaks and for others, as they are used.

The bar: hybrid is on every collection at most 0.005 below the better of its legs, and on average 0.03 above dense.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from legs import ndcg, open_archive, own_legs
from numpy.typing import NDArray
from script import parser_of, save

from newsdex.encoder import DEFAULT_MODEL, Vectors
from newsdex.search.ranking.fusion import BY_FOREIGN, WORD_WEIGHTS

RRF = 60  # the constant of Cormack, Clarke and Büttcher 2009
# Times what newsdex.search.ranking.fusion.WORD_WEIGHTS says that words weigh beside a cosine of 1.
GRID = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
ALLOWED, WANTED = 0.005, 0.03


@dataclass(frozen=True)
class Measured:
    """nDCG@10 of a collection: ``by_way``, and by the weight of words in the order of GRID. ``spoken``: the model speaks all of it, none of
    it, or None.
    """

    name: str
    questions: int
    spoken: bool | None
    by_way: dict[str, float]
    by_weight: NDArray[np.float64]


def by_rank(scores: Vectors) -> NDArray[np.float64]:
    """1 / (RRF + rank) of each article, 0 for those that were not found."""
    rank = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1) + 1
    return np.where(np.isfinite(scores), 1 / (RRF + rank), 0)


def measure(folder: Path, scratch: Path, count: int | None, model: str = DEFAULT_MODEL) -> Measured:
    """All ways on one collection."""
    archive = open_archive(folder, scratch, model)
    asked, legs = own_legs(archive, scratch, count)
    grades, spoken = archive.grades(asked), archive.spoken
    dense = archive.best(legs.cosines)
    lexical = archive.best(np.where(legs.worth > 0, legs.worth, -np.inf))
    hybrid = archive.best(legs.points(spoken))
    ways = {"dense": dense, "lexical": lexical, "hybrid": hybrid, "rrf": (by_rank(dense) + by_rank(lexical)).astype(np.float32)}
    weighted = [ndcg(archive.best(legs.cosines + np.float32(weight) * legs.worth), grades).mean() for weight in GRID]
    found = {way: float(ndcg(scores, grades).mean()) for way, scores in ways.items()}
    return Measured(archive.name, len(asked), bool(spoken[0]) if len(set(spoken.tolist())) == 1 else None, found, np.array(weighted))


def left_out(group: list[Measured]) -> list[dict[str, object]]:
    """For each collection the weight that is best on the others, what it achieves there, and what would have been the best."""
    table = np.array([measured.by_weight for measured in group])  # (collections, weights)
    rows: list[dict[str, object]] = []
    for number, measured in enumerate(group):
        chosen = int(np.delete(table, number, axis=0).mean(axis=0).argmax())
        best = int(table[number].argmax())
        better = max(measured.by_way["dense"], measured.by_way["lexical"])
        rows.append(
            {
                "collection": measured.name,
                "weight": GRID[chosen],
                "ndcg@10": round(float(table[number, chosen]), 4),
                "above_better_leg": round(float(table[number, chosen]) - better, 4),
                "best_weight": GRID[best],
                "best_ndcg@10": round(float(table[number, best]), 4),
            }
        )
    return rows


def main() -> None:
    parser = parser_of(__doc__, "scratch", "folders")
    parser.add_argument("--questions", type=int, help="of each collection, chosen at random but the same each time  [default: all]")
    arguments = parser.parse_args()
    measured = []
    print(f"{'':<20}{'dense':>8}{'lexical':>8}{'hybrid':>8}{'rrf':>8}   above the better leg")
    for folder in arguments.folders:
        found = measure(folder, arguments.scratch, arguments.questions)
        measured.append(found)
        margin = found.by_way["hybrid"] - max(found.by_way["dense"], found.by_way["lexical"])
        print(f"{found.name:<20}" + "".join(f"{value:8.3f}" for value in found.by_way.values()) + f"   {margin:+.4f}", flush=True)
    means = {way: float(np.mean([found.by_way[way] for found in measured])) for way in measured[0].by_way}
    margins = [found.by_way["hybrid"] - max(found.by_way["dense"], found.by_way["lexical"]) for found in measured]
    met = min(margins) >= -ALLOWED and means["hybrid"] >= means["dense"] + WANTED
    print(f"{'mean':<20}" + "".join(f"{value:8.3f}" for value in means.values()) + f"   the bar is {'met' if met else 'MISSED'}")
    groups = {"spoken": [found for found in measured if found.spoken], "foreign": [found for found in measured if found.spoken is False]}
    tables = {name: left_out(group) for name, group in groups.items() if len(group) > 1}
    for name, rows in tables.items():
        print(f"\n{name}: a weight chosen on the others; in use is {'1' if name == 'spoken' else BY_FOREIGN}")
        for row in rows:
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))
    content = {
        "in_use": {"words": WORD_WEIGHTS._asdict(), "foreign": BY_FOREIGN._asdict()},
        "rrf": RRF,
        "weights": GRID,
        "collections": [
            {
                "collection": found.name,
                "questions": found.questions,
                "spoken": found.spoken,
                "ndcg@10": {way: round(value, 4) for way, value in found.by_way.items()},
                "by_weight": [round(value, 4) for value in found.by_weight.tolist()],
            }
            for found in measured
        ],
        "mean": {way: round(value, 4) for way, value in means.items()},
        "bar_met": met,
        "left_out": tables,
    }
    save(arguments.json, content, "numpy")


if __name__ == "__main__":
    main()

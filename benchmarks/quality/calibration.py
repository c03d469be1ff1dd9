"""Is a score the probability that it answers? Fits the calibrations of newsdex.search.ranking.fusion, and tests them on collections left
out of the fit.

Each FOLDER is a collection in BEIR format; SCRATCH keeps the indexes. Every archive is asked three kinds of questions: its own (half of the
weight); its own with the articles that answer taken out, and those of the other collections (a quarter each). Looked at is the first
passage of each answer: it is right when its article was judged to answer. Every archive weighs the same. Judgements are incomplete: an
unjudged article that answers counts as wrong.

Collections of one family, such as a collection in several languages, are left out together, and are not asked each other's questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, get_args

import logistic
import numpy as np
from legs import Archive, Legs, open_archive, question_vectors
from numpy.typing import NDArray
from script import parser_of, save

from newsdex.encoder import Vectors
from newsdex.engines import open_query_encoder
from newsdex.evaluation.collection import sample_of
from newsdex.search.ranking.fusion import ANSWERABLE, CALIBRATIONS, Calibration, Mode

OWN, REMOVED, OTHER = 0, 1, 2
WEIGHTS = {OWN: 0.5, REMOVED: 0.25, OTHER: 0.25}
BINS = 10


class Answers(NamedTuple):
    """The first passage of each answer of an archive: its ``points`` and its ``cosine``, float64; whether it is ``right``; the ``kind`` of
    its question; its ``weight`` in the fit. Arrays of one length.
    """

    points: NDArray[np.float64]
    right: NDArray[np.bool_]
    kind: NDArray[np.int8]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """An archive with the legs of its own questions and of other collections'."""

    archive: Archive
    grades: NDArray[np.int8]
    own: Legs
    other: Legs

    @property
    def family(self) -> str:
        """The collection without its language."""
        return self.archive.name.split("/")[0]


def points_of(mode: Mode, legs: Legs, spoken: NDArray[np.bool_]) -> Vectors:
    """The points of each passage, as a search in ``mode`` has them."""
    if mode == "dense":
        return legs.cosines
    if mode == "lexical":
        return legs.worth
    return legs.points(spoken)


def answers(asked: Asked, mode: Mode) -> Answers:
    """What each question finds first."""
    archive, grades = asked.archive, asked.grades
    own = archive.best(points_of(mode, asked.own, archive.spoken))
    other = archive.best(points_of(mode, asked.other, archive.spoken))
    removed = np.where(grades > 0, -np.inf, own)
    first = own.argmax(axis=1)
    right = grades[np.arange(len(own)), first] > 0
    parts = []
    for kind, points, truth in ((OWN, own, right), (REMOVED, removed, False), (OTHER, other, False)):
        count = len(points)
        columns = np.broadcast_to(truth, count), np.full(count, kind, np.int8), np.full(count, WEIGHTS[kind] / count)
        parts.append(Answers(points.max(axis=1).astype(np.float64), *columns))
    answered = joined(parts)
    there = np.isfinite(answered.points)  # an archive may be nothing but answers
    return Answers(*(column[there] for column in answered))


def joined(parts: Sequence[Answers]) -> Answers:
    """All of them."""
    return Answers(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def fit(found: Answers) -> Calibration:
    """Slope and offset of the logistic regression of ``right`` on ``points``, by Newton's method."""
    design = np.stack([found.points, np.ones(len(found.points))], axis=1)
    return Calibration(*logistic.fit(design, found.right, found.weight).tolist())


def scores(found: Answers, calibration: Calibration) -> NDArray[np.float64]:
    """The probabilities."""
    return np.asarray(1 / (1 + np.exp(-(calibration.slope * found.points + calibration.offset))))


def reliability(found: Answers, scored: NDArray[np.float64]) -> tuple[float, list[dict[str, float]]]:
    """The expected calibration error (Naeini, Cooper and Hauskrecht 2015), and what it sums: of the scores in each of BINS bins of one
    width the mean, the share that is right, and the weight.
    """
    place = np.minimum((scored * BINS).astype(int), BINS - 1)
    rows = []
    for number in range(BINS):
        weight = found.weight * (place == number)
        if weight.sum():
            rows.append(
                {
                    "score": round(float(weight @ scored / weight.sum()), 4),
                    "right": round(float(weight @ found.right / weight.sum()), 4),
                    "weight": round(float(weight.sum() / found.weight.sum()), 4),
                }
            )
    return sum(row["weight"] * abs(row["score"] - row["right"]) for row in rows), rows


def threshold(found: Answers) -> float:
    """The points from which on to call it an answer, so that own questions are kept and those of other collections are refused most
    often.
    """
    tried = np.unique(found.points[found.kind != REMOVED])
    return float(max(tried, key=lambda least: sum(decided(found, least)[:2])))


def decided(found: Answers, least: float) -> tuple[float, float, float]:
    """Of the own questions the share that is kept, of others and of those whose answers were taken out the share that is refused."""
    shown = found.points >= least

    def share(kind: int, right: NDArray[np.bool_]) -> float:
        weight = found.weight * (found.kind == kind)
        return float(weight @ right / weight.sum()) if weight.sum() else float("nan")

    return share(OWN, shown), share(OTHER, ~shown), share(REMOVED, ~shown)


def ranked_right(found: Answers) -> float:
    """How often an answer that is right has more points than one that is wrong, of any question and any archive: the area under the ROC
    curve.
    """
    order = np.argsort(found.points, kind="stable")
    right, weight = found.right[order], found.weight[order]
    below = np.cumsum(weight * ~right)
    return float((weight * right) @ below / ((weight @ right) * (weight @ ~right)))


def least_points(calibration: Calibration) -> float:
    """The points of ANSWERABLE."""
    return float((np.log(ANSWERABLE / (1 - ANSWERABLE)) - calibration.offset) / calibration.slope)


def tested(everything: Sequence[Asked], mode: Mode) -> dict[str, Any]:
    """A mode's calibration from all collections, and what one from the others says of each."""
    found = {asked.archive.name: answers(asked, mode) for asked in everything}
    rows, parts, predicted = [], [], []
    for asked in everything:
        others = joined([found[other.archive.name] for other in everything if other.family != asked.family])
        mine, calibration = found[asked.archive.name], fit(others)
        probabilities = scores(mine, calibration)
        kept, refused, removed = decided(mine, least_points(calibration))
        by_threshold = decided(mine, threshold(others))
        rows.append(
            {
                "collection": asked.archive.name,
                "first_right": round(float((mine.weight * (mine.kind == OWN)) @ mine.right / WEIGHTS[OWN]), 3),
                "slope": round(calibration.slope, 2),
                "offset": round(calibration.offset, 2),
                "ece": round(reliability(mine, probabilities)[0], 3),
                "kept": round(kept, 3),
                "refused": round(refused, 3),
                "refused_removed": round(removed, 3),
                "threshold_accuracy": round((by_threshold[0] + by_threshold[1]) / 2, 3),
            }
        )
        parts.append(mine)
        predicted.append(probabilities)
    whole = joined(parts)
    ece, curve = reliability(whole, np.concatenate(predicted))
    calibration = fit(whole)
    return {
        "fitted": {"slope": round(calibration.slope, 2), "offset": round(calibration.offset, 2)},
        "in_use": CALIBRATIONS[mode]._asdict(),
        "auc": round(ranked_right(whole), 4),
        "ece_left_out": round(ece, 4),
        "curve_left_out": curve,
        "threshold": round(threshold(whole), 3),
        "ece_in_use": round(reliability(whole, scores(whole, CALIBRATIONS[mode]))[0], 4),
        "left_out": rows,
    }


def ask_all(folders: Sequence[Path], scratch: Path, count: int) -> list[Asked]:
    """Every archive with the legs of ``count`` of its own questions, and as many of all others together for each of them."""
    archives = [open_archive(folder, scratch) for folder in folders]
    encoder = open_query_encoder(archives[0].snapshot.manifest.model.name)
    chosen = {archive.name: sample_of(list(archive.collection.questions), count) for archive in archives}
    texts = {archive.name: [archive.collection.questions[question] for question in chosen[archive.name]] for archive in archives}
    vectors = {name: question_vectors(encoder, asked) for name, asked in texts.items()}
    found = []
    for archive in archives:
        names = [name for name in texts if name.split("/")[0] != archive.name.split("/")[0]]
        other = archive.legs([text for name in names for text in texts[name]], np.concatenate([vectors[name] for name in names]))
        own = archive.legs(texts[archive.name], vectors[archive.name])
        found.append(Asked(archive, archive.grades(chosen[archive.name]), own, other))
    return found


def draw(results: dict[str, Any], path: Path) -> None:
    """The reliability curves of the modes, on collections left out of the fit."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "newsdex", "svg.fonttype": "none", "font.family": "sans-serif"})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for mode, style in (("hybrid", "o-"), ("dense", "s--"), ("lexical", "^:")):
        curve = results[mode]["curve_left_out"]
        error = results[mode]["ece_left_out"]
        axes.plot([row["score"] for row in curve], [row["right"] for row in curve], style, label=f"{mode}, error {error:.3f}")
    axes.set(xlabel="score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(frameon=False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def main() -> None:
    parser = parser_of(__doc__, "scratch", "folders")
    parser.add_argument(
        "--questions", type=int, default=100, help="of each collection, chosen at random but the same each time  [default: 100]"
    )
    parser.add_argument("--plot", type=Path, help="draw the reliability curves there, SVG")
    arguments = parser.parse_args()
    everything = ask_all(arguments.folders, arguments.scratch, arguments.questions)
    results = {mode: tested(everything, mode) for mode in get_args(Mode)}
    for mode, result in results.items():
        rows = result.pop("left_out")
        print(f"{mode}: " + "  ".join(f"{key} {value}" for key, value in result.items() if key != "curve_left_out"))
        for row in rows:
            print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))
        result["left_out"] = rows
    if arguments.plot:
        draw(results, arguments.plot)
    save(arguments.json, {"questions": arguments.questions, "answerable": round(ANSWERABLE, 4), "modes": results}, "numpy")


if __name__ == "__main__":
    main()

"""How often is nothing called an answer where there is none, and what should the evidence weigh that tells? Fits the hybrid calibration and
the weights of newsdex.search.ranking.fusion.EVIDENCE.

DATA has the open collections in BEIR format; SCRATCH keeps the indexes. Archives: the sample archive, three small collections together
(``open``), news, pages and blogs together (``broad``), squad2_dev, anthropic_docs, XQuAD in four languages, and news in two foreign ones
that is asked for in English. Each is asked questions of three kinds, which weigh 0.5, 0.25 and 0.25 in the fit: answerable ones (everyday
queries, a collection's own, words of titles); those that its articles do not answer (marked so, or with the articles taken out that
answer); those of another topic (benchmarks/everyday/elsewhere.jsonl, and those of other collections). Archives weigh the same.

An answerable question is right when its first article is one that was judged to answer. Reported is, by five-fold cross-validation, how
many answerable questions are kept at a probability of ANSWERABLE and how many others are refused, and the area under the ROC curve of the
answerable ones against those on the topic, and how many right ones have 0.5 and more; then the same with the constants in use, and with
these but without ``apart``. ``--unseen`` only measures the constants in use, on elsewhere_unseen.jsonl.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from beir import load
from everyday import QUERIES, queries
from logistic import fit, probabilities
from numpy.typing import NDArray
from script import SAMPLE, json_lines, parser_of, save

from newsdex import Options, index_paths
from newsdex.encoder import DEFAULT_MODEL
from newsdex.engines import open_query_encoder
from newsdex.search.pipeline import Asker
from newsdex.search.question.reader import Query
from newsdex.search.question.terms import texts_of, words_of
from newsdex.search.ranking.candidates import Search
from newsdex.search.ranking.fusion import ANSWERABLE, CALIBRATIONS, EVIDENCE, Calibration, Evidence, evidence_points
from newsdex.search.ranking.lexical import look_up
from newsdex.search.ranking.ranker import Ranker, depth_of
from newsdex.search.ranking.rescoring import first_evidence
from newsdex.search.request import request_of
from newsdex.store.snapshot import Snapshot

ELSEWHERE, UNANSWERED, ANSWERED = 0, 1, 2
WEIGHTS = {ELSEWHERE: 0.25, UNANSWERED: 0.25, ANSWERED: 0.5}
FOLDS, _RIDGE = 5, 1e-5

Items = list[tuple[str, str | None, set[str], int, set[str]]]  # a question, its day, the articles that answer, its kind, those taken out


class Case(NamedTuple):
    """The first hit of a question: its ``points`` and ``evidence``, whether it is ``right``, and the question's archive and ``kind``."""

    archive: str
    kind: int
    right: bool
    points: float
    evidence: Evidence


class Watching(Ranker):
    """Keeps what it finds first, of an archive without some articles."""

    removed: frozenset[str] = frozenset()
    seen: tuple[float, Evidence, set[str]] | None = None

    def prepared(self, query: Query, *arguments: Any) -> Search:
        """As Ranker.prepared, without these articles."""
        search = super().prepared(query, *arguments)
        if self.removed:
            masks = [np.array([s.article_id(row) not in self.removed for row in range(s.article_count)]) for s in self.snapshot.segments]
            search = search._replace(allowed=[m if a is None else m & a for m, a in zip(masks, search.allowed, strict=True)])
        found = self.find(search, depth_of(query.request, 1, newest=False))
        if len(found.position) and not search.listed and (self.seen is None or not self._answers(self.seen)):
            segment = self.snapshot.segments[int(found.segment[0])]
            row = segment.article_of(int(found.position[0]))
            names = {segment.article_id(row), segment.article(row).path.name}
            self.seen = float(found.points[0]), first_evidence(self.snapshot, search, found), names
        return search

    def _answers(self, seen: tuple[float, Evidence, set[str]]) -> bool:
        slope, offset = CALIBRATIONS["hybrid"]
        return slope * (seen[0] + evidence_points(seen[1])) + offset >= np.log(ANSWERABLE / (1 - ANSWERABLE))


def cases(name: str, folder: Path, items: Items) -> Iterable[Case]:
    """What the archive in ``folder`` finds first for each of ``items``."""
    snapshot = Snapshot.open(folder)
    encoder = open_query_encoder(snapshot.manifest.model.name)
    for question, day, right, kind, removed in items:
        asker, watching = Asker(snapshot, encoder), Watching(snapshot, encoder.card)
        asker.ranker, watching.removed = watching, frozenset(removed)
        asker.answer(request_of(question, as_of=day), today=date(2024, 12, 31))
        if watching.seen:
            points, evidence, names = watching.seen
            yield Case(name, kind, kind == ANSWERED and not names.isdisjoint(right), points, evidence)


def design(found: Sequence[Case]) -> NDArray[np.float64]:
    """What the fit weighs, (cases, 2 + len(Evidence)): points, the constant, the evidence."""
    return np.array([[case.points, 1.0, *map(float, case.evidence)] for case in found])


def weights(found: Sequence[Case]) -> NDArray[np.float64]:
    """Of each case, 1 in all."""
    groups = [(case.archive, case.kind) for case in found]
    each = np.array([WEIGHTS[kind] / groups.count((archive, kind)) for archive, kind in groups])
    return np.asarray(each / each.sum())


def cross_validated(found: Sequence[Case]) -> NDArray[np.float64]:
    """The probability of each case, by a fit to the other folds."""
    rows, right, weight = design(found), np.array([case.right for case in found]), weights(found)
    fold, scores = np.arange(len(found)) % FOLDS, np.zeros(len(found))
    for number in range(FOLDS):
        mine = fold == number
        scores[mine] = probabilities(rows[mine], fit(rows[~mine], right[~mine], weight[~mine], _RIDGE))
    return scores


def in_use(found: Sequence[Case]) -> NDArray[np.float64]:
    """The probability of each case by the constants of the program."""
    slope, offset = CALIBRATIONS["hybrid"]
    points = np.array([case.points + evidence_points(case.evidence) for case in found])
    return np.asarray(1 / (1 + np.exp(-(slope * points + offset))))


def area(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """How often one that is ``right`` has a higher score than one that is not, ties counting half."""
    yes, no = scores[right][:, None], scores[~right][None]
    return float((yes > no).mean() + (yes == no).mean() / 2)


def shares(found: Sequence[Case], scores: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """By archive: the share of answerable questions that is kept, of others that is refused, and the area under the ROC curve."""
    archive, kind = np.array([case.archive for case in found]), np.array([case.kind for case in found])
    table = {}
    for name in dict.fromkeys(archive.tolist()):
        row: dict[str, float] = {}
        for label, which in (("kept", ANSWERED), ("refused", ELSEWHERE), ("refused_on_topic", UNANSWERED)):
            mine = scores[(archive == name) & (kind == which)]
            if len(mine):
                row[label] = round(float(np.mean(mine >= ANSWERABLE if which == ANSWERED else mine < ANSWERABLE)), 3)
        right = (archive == name) & np.array([case.right for case in found])
        row["right_and_even"] = round(float(np.mean(scores[right] >= 0.5)), 3)
        topic = (archive == name) & (kind != ELSEWHERE)
        if len(set(kind[topic].tolist())) > 1:
            row["auc"] = round(area(scores[topic], kind[topic] == ANSWERED), 3)
        table[name] = row
    return table


def judged(folder: Path, count: int) -> Items:
    """``count`` questions of a collection, chosen at random but the same each time; and the same with the articles that answer taken
    out.
    """
    collection = load(folder)
    texts = {question["_id"]: question["text"] for question in collection.questions}
    graded = {name: {article for article, grade in collection.grades[name].items() if grade > 0} for name in texts}
    right = {name: articles for name, articles in graded.items() if articles}
    chosen = random.Random(0).sample(sorted(right), min(count, len(right)))
    none: set[str] = set()
    return [(texts[q], None, right[q], ANSWERED, none) for q in chosen] + [(texts[q], None, none, UNANSWERED, right[q]) for q in chosen]


def marked(folder: Path, count: int) -> Items:
    """``count`` answerable questions and as many that are marked to have no answer."""
    asked = json_lines(folder / "queries.jsonl")
    random.Random(1).shuffle(asked)
    with_answer = [({a["doc"] for a in line["answers"]}, line["text"]) for line in asked if line["answerable"]][:count]
    without = [line["text"] for line in asked if not line["answerable"]][:count]
    return [(text, None, right, ANSWERED, set()) for right, text in with_answer] + [(t, None, set(), UNANSWERED, set()) for t in without]


def daily(name: str) -> Items:
    """The half for building of the everyday queries."""
    kinds = {"off_topic": ELSEWHERE, "unanswered": UNANSWERED}
    return [
        (q["query"], q.get("as_of"), {a.split("/")[-1] for a in q["articles"]}, kinds.get(q["kind"], ANSWERED), set())
        for q in queries(name, unseen=False)
    ]


def title_words(folder: Path, count: int) -> Items:
    """The one to three rarest words of some English titles, as somebody types them who looks for the article."""
    snapshot, chance = Snapshot.open(folder), random.Random(2)
    places = list(snapshot.articles())
    chance.shuffle(places)
    found: Items = []
    for number, row in places:
        article = snapshot.segments[number].article(row)
        words = look_up(snapshot, words_of(article.title, ["en"]), "article") if article.language == "en" else []
        kept = {word.terms for word in sorted(words, key=lambda word: -word.weight)[: chance.randint(1, 3)]}
        query = " ".join(text for terms, text in texts_of(article.title, ["en"]).items() if terms in kept)
        if query and len(found) < count:
            found.append((query, None, {article.id}, ANSWERED, set()))
    return found


def archives(data: Path, scratch: Path, count: int, model: str, wanted: Sequence[str], *, unseen: bool) -> Mapping[str, tuple[Path, Items]]:
    """The folder of each archive's index, made where it is missing, and what it is asked."""
    sources = {
        "sample": [SAMPLE],
        "open": [data / name / "corpus.jsonl" for name in ("ntrex/en", "gum_wikinews", "squad2_dev")],
        "broad": [data / "ntrex/en/corpus.jsonl", data / "gum_wikinews/corpus.jsonl", data / "messy/readability"],
        **{name: [data / name / "corpus.jsonl"] for name in ("squad2_dev", "anthropic_docs")},
        **{f"xquad/{code}": [data / "xquad" / code / "corpus.jsonl"] for code in ("en", "de", "es", "zh")},
        **{f"ntrex/{code}": [data / "ntrex" / code / "corpus.jsonl"] for code in ("de", "es")},
    }
    folders = {name: scratch / name.replace("/", "-") for name in sources if name in wanted or not wanted}
    for name, folder in folders.items():
        if not folder.exists():
            index_paths(sources[name], folder, Options(model))
    none: set[str] = set()
    off: Items = [(q["query"], None, none, ELSEWHERE, none) for q in json_lines(QUERIES / f"elsewhere{'_unseen' if unseen else ''}.jsonl")]
    if unseen:
        return {name: (folders[name], off) for name in ("sample", "open", "broad") if name in folders}

    def other(*names: str) -> Items:
        return [(q, None, none, ELSEWHERE, none) for name in names for q, _, right, *_ in judged(data / name, 25) if right]

    asked: dict[str, Callable[[Path], Items]] = {
        "sample": lambda index: daily("sample") + title_words(index, 60) + other("scifact", "anthropic_docs", "covidqa", "xquad/en",
        "xquad/de", "xquad/es"),
        "open": lambda index: daily("open") + title_words(index, 60) + other("scifact", "anthropic_docs", "covidqa"),
        "broad": lambda index: judged(data / "gum_wikinews", count) + judged(data / "ntrex/en", count) + title_words(index, count)
        + other("scifact", "anthropic_docs", "covidqa", "xquad/en"),
        "squad2_dev": lambda _: marked(data / "squad2_dev", 5 * count) + other("scifact", "anthropic_docs", "covidqa", "gum_wikinews"),
    }  # fmt: skip

    def own(name: str) -> Items:
        own_language = [f"xquad/{name[-2:]}"] if name.startswith("ntrex/") else []
        return judged(data / name, count) + other("scifact", "covidqa", "gum_wikinews", *own_language)

    return {name: (index, (asked[name](index) if name in asked else own(name)) + off) for name, index in folders.items()}


def main() -> None:
    parser = parser_of(__doc__, "--unseen")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("scratch", type=Path, metavar="SCRATCH")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="of the indexes that are made  [default: %(default)s]")
    parser.add_argument("--archives", default="", help="only these, with commas between them  [default: all]")
    parser.add_argument("--questions", type=int, default=100, help="of each collection  [default: 100]")
    arguments = parser.parse_args()
    wanted = [name for name in arguments.archives.split(",") if name]
    places = archives(arguments.data, arguments.scratch, arguments.questions, arguments.model, wanted, unseen=arguments.unseen)
    found = [case for name, (folder, items) in places.items() for case in cases(name, folder, items)]
    alone = [case._replace(evidence=case.evidence._replace(apart=0.0)) for case in found]
    results: dict[str, Any] = {"in_use": shares(found, in_use(found)), "in_use_without_apart": shares(found, in_use(alone))}
    if not arguments.unseen:
        slope, offset, *evidence = fit(design(found), np.array([case.right for case in found]), weights(found), _RIDGE).tolist()
        results["fitted"] = {
            "calibration": Calibration(round(slope, 2), round(offset, 2))._asdict(),
            "evidence": Evidence(*(round(each / slope, 2) for each in evidence))._asdict(),
        }
        results["used"] = {"calibration": CALIBRATIONS["hybrid"]._asdict(), "evidence": EVIDENCE._asdict()}
        results["cross_validated"] = shares(found, cross_validated(found))
    print(json.dumps(results, indent=1))
    save(arguments.json, {"unseen" if arguments.unseen else "building": results}, "numpy", beside=True)


if __name__ == "__main__":
    main()

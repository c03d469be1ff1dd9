"""Which articles is a standing topic reported on, and which of them are on the topic?

The 40 topics of benchmarks/topics are such as an editor follows ("floods", "bridge or building
collapses"). The articles are those in English of the sample archive and of ntrex/en and gum_wikinews below FOLDER, in one index. They were
marked by their titles and first sentences, before anything was measured: ``relevant`` to a topic, or ``either``, which counts neither way.
Two reviews of a whole year and week count neither way. The rule was chosen on the first half.

"default" is what `newsdex follow` does. The others are by what a search of the archive gives: from a score on ("0.5" is the rule of
earlier versions); "parts": from 0.5 on for the topic or one of its parts at "and", "or" and commas; "meaning": by the cosine alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from indexes import index_of
from script import SAMPLE, json_lines, parser_of, save

from newsdex import Index
from newsdex.encoder import DEFAULT_MODEL
from newsdex.errors import UsageError
from newsdex.records import Hit
from newsdex.search.question.filters import parse_filter
from newsdex.search.ranking.ranker import filter_mask
from newsdex.search.request import Request, request_of
from newsdex.search.standing import MOST, answered_by, least_of

COLLECTIONS = ("ntrex/en", "gum_wikinews")
TOPICS = Path(__file__).parents[1] / "topics"
REVIEWS = {"2024-08-30-newsletter-hc", "2024-12-31-year-in-review-hc"}
SCORES = (0.5, 0.2, 0.1, 0.05)
COSINES = (0.4, 0.35, 0.3)
_ENGLISH = parse_filter({"type": "eq", "key": "language", "value": "en"})
_PARTS = re.compile(r",\s*(?:and |or )?|\s+(?:and|or)\s+")

Topic = dict[str, Any]


def name_of(article_id: str) -> str:
    """The name that the topics have for an article."""
    return article_id.rsplit("/", maxsplit=1)[-1].removesuffix(".md")


def names(hits: list[Hit]) -> set[str]:
    """Those of the articles of ``hits`` and of their copies."""
    return {name_of(each) for hit in hits for each in (hit.article.id, *(copy.article_id for copy in hit.also_in))}


def asked(topic: str, score: float | None) -> Request:
    """The request for a topic, of the default's lowest score or another."""
    return request_of(topic, limit=MOST, min_score=least_of(score, "hybrid"), where=_ENGLISH, exact=True)


def reported(index: Index, topic: str) -> set[str]:
    """What a standing question reports by default where all articles are new."""
    asker, request = index.asker(), asked(topic, None)
    fresh = []
    for segment in asker.snapshot.segments:
        mask = filter_mask(segment, request)
        fresh.append(segment.passages_of(segment.live_articles if mask is None else mask & segment.live_articles))
    [(_, hits)] = answered_by(asker, [request], fresh, date.today())
    if isinstance(hits, UsageError):
        raise hits
    return names(hits)


def nearness(index: Index, topic: str) -> dict[str, float]:
    """The cosine of the nearest passage of each article."""
    asker = index.asker()
    vector = asker.encoder.encode_questions([topic])[0]
    cosines: dict[str, float] = {}
    for number, row in asker.snapshot.articles():
        entry = asker.snapshot.segments[number].entry(row)
        if entry.article.language == "en":
            cosines[name_of(entry.article.id)] = max(float(each @ vector) for each in entry.vectors)
    return cosines


def ways(index: Index, topic: str) -> dict[str, set[str]]:
    """What each rule reports."""
    found = {"default": reported(index, topic)}
    for score in SCORES:
        found[f"{score}"] = names(list(index.answer(asked(topic, score))))
    parts = [topic, *filter(None, _PARTS.split(topic))]
    found["parts"] = {name for part in parts for name in names(list(index.answer(asked(part, 0.5))))}
    cosines = nearness(index, topic)
    return found | {f"meaning {least}": {name for name, cosine in cosines.items() if cosine >= least} for least in COSINES}


def figures(outcomes: list[tuple[Topic, Mapping[str, set[str]]]], way: str) -> dict[str, float]:
    """Recall and precision of a way over all pairs of a topic and an article."""
    right = wrong = missed = 0
    for topic, found in outcomes:
        relevant = set(topic["relevant"])
        right += len(found[way] & relevant)
        wrong += len(found[way] - relevant - set(topic["either"]) - REVIEWS)
        missed += len(relevant - found[way])
    precision = right / max(1, right + wrong)
    return {
        "recall": round(right / (right + missed), 3),
        "precision": round(precision, 3),
        "right": right,
        "wrong": wrong,
        "missed": missed,
    }


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the folder with the collections")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="an index of the articles, made if missing [default: a temporary one]")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="the model of the index [default: %(default)s]")
    parser.add_argument("--show", action="store_true", help="print what the default misses and reports wrongly")
    arguments = parser.parse_args()
    halves: dict[str, dict[str, dict[str, float]]] = {}
    sources = [SAMPLE, *(arguments.data / name / "corpus.jsonl" for name in COLLECTIONS)]
    with index_of(sources, arguments.model, arguments.work) as index:
        for half, file in (("building", "tuning.jsonl"), ("unseen", "unseen.jsonl")):
            topics = json_lines(TOPICS / file)
            outcomes = [(topic, ways(index, topic["topic"])) for topic in topics]
            halves[half] = {way: figures(outcomes, way) for way in outcomes[0][1]}
            for way, known in halves[half].items():
                print(f"{half:10}{way:14}" + "  ".join(f"{name} {value}" for name, value in known.items()))
            for topic, found in outcomes if arguments.show else ():
                relevant, either = set(topic["relevant"]), set(topic["either"]) | REVIEWS
                print(
                    topic["topic"],
                    "missed:",
                    sorted(relevant - found["default"]),
                    "wrong:",
                    sorted(found["default"] - relevant - either),
                )
    save(arguments.json, {"model": arguments.model, **halves}, "numpy")


if __name__ == "__main__":
    main()

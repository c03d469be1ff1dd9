"""How much does each kind of evidence count for the sentence that answers? Fits the weights of newsdex.search.answer.sentence.

The questions, each with its marked answer: the everyday queries of the halves for building and examples/questions.jsonl, and, below FOLDER,
squad2_dev without those that benchmarks/quality/answers.py asks, and covidqa. A question whose first article is right tells which of the
sentences that are compared there hold the answer. The weights are those of a conditional logit (McFadden 1974) with a ridge. Printed: the
weights, and the share of questions whose best sentence holds the answer by today's weights, by those fitted, and by ones that were fitted
without the question's fifth.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import answers
import everyday
import numpy as np
from beir import load
from indexes import index_of
from numpy.typing import NDArray
from script import EXAMPLES, SAMPLE, json_lines, parser_of, save, workplace

from newsdex import Index, Span
from newsdex.encoder import DEFAULT_MODEL, Encoder
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.records import Hit
from newsdex.search.answer.hits import PASSAGES_IF_LIKELY
from newsdex.search.answer.mentions import is_statement
from newsdex.search.answer.question import Question
from newsdex.search.answer.sentence import WEIGHTS, Features, QueryTokens, Sentence, closest, features_of, with_forms
from newsdex.search.question.reading import read
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.fusion import CALIBRATIONS
from newsdex.sentences import split_sentences

# The sets and what a question of each counts: news are what is searched, and few.
SETS = {"everyday": 3.0, "paraphrased": 3.0, "squad2_dev": 0.6, "covidqa": 0.4}
RIDGE = 1.0
FOLDS = 5


class Case(NamedTuple):
    """A question's sentences: what speaks for each, float64, (sentences, features), and which hold the answer."""

    found: NDArray[np.float64]
    right: NDArray[np.bool_]


class Marked(NamedTuple):
    """A question, the day it is asked on if that is told, whether a hit's article is right, and whether a range of its text holds the
    answer.
    """

    text: str
    today: date | None
    is_first: Callable[[Hit], bool]
    holds: Callable[[Hit, Span], bool]


def cases(index: Index, questions: Sequence[Marked]) -> Iterator[Case]:
    """Those of questions whose first article is right and has sentences of both kinds."""
    encoder = NumpyEncoder()
    for marked in questions:
        results = index.search(marked.text, as_of=marked.today, min_score=0, limit=1, per_article=PASSAGES_IF_LIKELY)
        if not results or not marked.is_first(results[0]):
            continue
        reading = read(marked.text, marked.today or date(2025, 1, 15), {"en", "de", "es"})
        _, spans, found = features(encoder, Question(reading.text, reading.period), results[0])
        right = np.array([marked.holds(results[0], span) for span in spans])
        if right.any() and not right.all():
            yield Case(found, right)


def features(encoder: Encoder, question: Question, hit: Hit) -> tuple[list[Sentence], list[Span], NDArray[np.float64]]:
    """The sentences that are compared, where they are, and what speaks for each, float64, (sentences, features)."""
    (sentences, spans), article, count = compared(hit), hit.article, len(question.words)
    texts = [article.title, *(each.text for each in sentences)]
    tokens = encoder.tokens([*question.words, *texts])
    asked = QueryTokens.of(tokens, count)
    cosines = with_forms(closest(tokens, count), question.words, asked, texts, analyzer(article.language).terms)
    return sentences, spans, features_of(question, asked, sentences, cosines[1:], cosines[0])


def compared(hit: Hit) -> tuple[list[Sentence], list[Span]]:
    """The sentences of the hit's passages, as a search compares them, and where they are."""
    article, slope = hit.article, CALIBRATIONS["hybrid"].slope
    odds = [math.log(match.score / (1 - match.score)) / slope for match in hit.matches]
    whole = split_sentences(article.text, article.body)
    lead = next((number for number, s in enumerate(whole[:5]) if is_statement(article.text[s.start : s.end])), 0)
    sentences, spans = [], []
    for match, points in zip(hit.matches, odds, strict=True):
        for number, s in enumerate(whole):
            span = Span(max(s.start, match.passage.start), min(s.end, match.passage.end))
            if span.start < span.end:
                spans.append(span)
                text = article.text[span.start : span.end]
                sentences.append(Sentence(text, points - max(odds), span.start, max(0, number - lead)))
    return sentences, spans


def fit(sets: Sequence[Sequence[Case]], worth: Sequence[float]) -> NDArray[np.float64]:
    """The weights under which the right sentences are likeliest, (features,), by Newton's method."""
    weights = np.zeros(len(Features._fields))
    for _ in range(30):
        slope, curve = RIDGE * weights, RIDGE * np.eye(len(weights))
        for some, value in zip(sets, worth, strict=True):
            for found, right in some:
                odds = np.exp(found @ weights - (found @ weights).max())
                every, those = odds / odds.sum(), odds * right / (odds * right).sum()
                slope += value * (every - those) @ found
                # Of the concave part alone, so that each step goes down.
                curve += value * (found.T * every @ found - np.outer(every @ found, every @ found))
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def share(some: Sequence[Case], weights: NDArray[np.float64]) -> float:
    """How often the best sentence is right."""
    return float(np.mean([right[np.argmax(np.round(found @ weights, 6))] for found, right in some])) if some else math.nan


def of_everyday(query: dict[str, Any]) -> Marked:
    today = date.fromisoformat(query["as_of"]) if query.get("as_of") else None

    def is_first(hit: Hit) -> bool:
        return everyday.named(hit.article.id, hit.article.path) in query["articles"]

    return Marked(
        query["query"], today, is_first, lambda hit, span: everyday.holds(hit.article.text[span.start : span.end], query["answer"])
    )


def of_quotes(question: dict[str, Any]) -> Marked:
    quotes = question["answers"]

    def holds(hit: Hit, span: Span) -> bool:
        return any(q["article"] == hit.article.path.name and q["quote"] in hit.article.text[span.start : span.end] for q in quotes)

    return Marked(question["question"], None, lambda hit: hit.article.path.name in {quote["article"] for quote in quotes}, holds)


def of_spans(text: str, article: str, spans: Sequence[tuple[int, int]], *, whole: bool) -> Marked:
    """``whole``: the whole answer must be in the sentence, else some of it."""

    def holds(_: Hit, span: Span) -> bool:
        if whole:
            return any(span.start <= start and end <= span.end for start, end in spans)
        return any(min(end, span.end) - max(start, span.start) > min(5, end - start - 1) for start, end in spans)

    return Marked(text, None, lambda hit: hit.article.id == article, holds)


def questions(data: Path) -> dict[str, list[tuple[str, list[Marked]]]]:
    """The questions of each set, by the sources that they are asked of."""
    sample, opened = (
        [
            of_everyday(query)
            for file in ("everyday", "newsroom", "wh")
            for query in everyday.queries(name, unseen=False, file=file)
            if query["answer"]
        ]
        for name in ("sample", "open")
    )
    quoted = [of_quotes(question) for question in json_lines(EXAMPLES / "questions.jsonl")]
    squad = answers.questions(data / "squad2_dev", 10_000)
    kept = {question["_id"] for question in answers.questions(data / "squad2_dev", 400)}
    rest = [question for question in squad if question["_id"] not in kept]
    covid = load(data / "covidqa")
    spans = [
        of_spans(q["text"], q["answers"][0]["doc"], [(a["start"], a["end"]) for a in q["answers"]], whole=True)
        for q in rest[:: len(rest) // 500]
    ]
    papers = [
        of_spans(
            q["text"],
            next(iter(covid.grades[q["_id"]])),
            [(start, start + len(answer.strip())) for start, answer in zip(q["start"], q["answer"], strict=True)],
            whole=False,
        )
        for q in covid.questions[::4]
    ]
    return {
        "everyday": [("sample", sample), ("open", opened)],
        "paraphrased": [("sample", quoted)],
        "squad2_dev": [("squad2_dev", spans)],
        "covidqa": [("covidqa", papers)],
    }


def main() -> None:
    parser = parser_of(__doc__, "--work")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the folder that has the collections")
    arguments = parser.parse_args()
    sources = {
        "sample": [SAMPLE],
        "open": [arguments.data / name / "corpus.jsonl" for name in everyday.COLLECTIONS],
        "squad2_dev": [arguments.data / "squad2_dev" / "corpus.jsonl"],
        "covidqa": [arguments.data / "covidqa" / "corpus.jsonl"],
    }
    sets: dict[str, list[Case]] = {}
    with workplace(arguments.work) as work:
        for name, parts in questions(arguments.data).items():
            sets[name] = []
            for archive, asked in parts:
                with index_of(sources[archive], DEFAULT_MODEL, work / archive) as index:
                    sets[name] += cases(index, asked)
    worth = [SETS[name] for name in sets]
    fitted = fit(list(sets.values()), worth)
    apart = dict.fromkeys(sets, 0.0)
    for fold in range(FOLDS):
        others = [[case for place, case in enumerate(some) if place % FOLDS != fold] for some in sets.values()]
        weights = fit(others, worth)
        for name, some in sets.items():
            apart[name] += share(some[fold::FOLDS], weights) * len(some[fold::FOLDS]) / len(some)
    rows = {
        name: {
            "questions": len(some),
            "today": round(share(some, np.array(WEIGHTS)), 3),
            "fitted": round(share(some, fitted), 3),
            "apart": round(apart[name], 3),
        }
        for name, some in sets.items()
    }
    results = {"weights": dict(zip(Features._fields, fitted.round(2).tolist(), strict=True)), "sets": rows}
    print(json.dumps(results, indent=1))
    save(arguments.json, {**results}, "numpy", "tokenizers")


if __name__ == "__main__":
    main()

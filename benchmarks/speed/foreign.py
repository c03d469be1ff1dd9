"""What does ranking cost in a large archive where the model does not speak the language of some articles?

FILE is a list of questions in JSON. In INDEX a fifth of the articles counts as of such a language, whichever they are. Each question is
ranked as a sentence and as keywords, and with all articles in the model's language, in turns: CPU ms, p50 and p99 of the least of each
question, on one thread.
"""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path

import numpy as np
from script import parser_of, save
from threadpoolctl import threadpool_limits
from timing import milliseconds, percentiles

from newsdex import Index
from newsdex.search.ranking.candidates import Search
from newsdex.search.ranking.fusion import BY_NAMES, NEUTRAL
from newsdex.search.ranking.retrieval import find
from newsdex.search.request import Request

WANTED = 84  # passages, as for a page of hits
SHARE = 0.8  # of the articles are in a language that the model speaks


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", type=Path, metavar="INDEX")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    questions = json.loads(arguments.questions.read_text(encoding="utf-8"))
    with Index.open(arguments.index) as index, threadpool_limits(1):
        asker, random = index.asker(), np.random.default_rng(0)
        snapshot = asker.snapshot
        spoken = [random.random(segment.article_count) < SHARE for segment in snapshot.segments]
        times: dict[str, list[float]] = {"one language": [], "several, a sentence": [], "several, keywords": []}
        for question in questions:
            queries = asker.reader.read([Request(question)], date(2026, 1, 1))
            search: Search = next(asker.ranker.rank(queries))[1].search
            foreign = (search.question._replace(foreign=each) for each in (NEUTRAL, BY_NAMES))
            cases = (search, *(search._replace(native=spoken, question=question) for question in foreign))
            least = [np.inf] * len(cases)
            for _ in range(arguments.repeat):
                for place, case in enumerate(cases):
                    taken = milliseconds(lambda case=case: find(snapshot, case, WANTED), time.thread_time)
                    least[place] = min(least[place], taken)
            for name, value in zip(times, least, strict=True):
                times[name].append(value)
        passages = snapshot.manifest.passages
    results = {name: percentiles(each, 1) for name, each in times.items()}
    print(json.dumps(results, indent=1))
    save(arguments.json, {"passages": passages, "questions": len(questions), "results": results}, "numpy")


if __name__ == "__main__":
    main()

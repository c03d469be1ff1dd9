"""Which questions are thought to have a date, and which have one? Beside it dateparser, where it is installed.

DATA holds collections in the BEIR format (https://github.com/beir-cellar/beir), each a folder with queries.jsonl. The sample is every nth
question of six of them; LABELLED are those that say when, in a phrase of its own, as a reader judged: not "the 1918 pandemic", not
"2019-nCoV", but "for the years 2016, 2017, and 2018" and "in the last two decades".
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from script import json_lines, parser_of, save

from newsdex.search.question.reading import read_period

TODAY = date(2024, 5, 15)
SAMPLE = {"anthropic_docs": 20, "chunking_eval": 40, "covidqa": 40, "gum_wikinews": 40, "limit_small": 20, "scifact": 40}
LABELLED = {
    *(("chunking_eval", name) for name in ("q77", "q220", "q231", "q242", "q253", "q264", "q275", "q286", "q297", "q308")),
    *(("covidqa", name) for name in ("q136", "q952", "q1054", "q1122")),
    *(("gum_wikinews", f"GUM_interview_{name}") for name in ("libertarian-summary1", "libertarian-summary2", "messina-summary1")),
    *(("gum_wikinews", f"GUM_news_{name}") for name in ("clock-summary1", "crane-summary1", "defector-summary1")),
}


def sample(data: Path) -> list[tuple[tuple[str, str], str]]:
    """The questions, by collection and name."""
    chosen = []
    for name, count in SAMPLE.items():
        records = json_lines(data / name / "queries.jsonl")
        chosen += [((name, record["_id"]), record["text"]) for record in records[:: max(1, len(records) // count)][:count]]
    return chosen


def loading(module: str) -> float:
    """Milliseconds that a new process takes to load it, more than one that loads only what any search does."""
    code = f"import time, numpy, newsdex.search.index; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    return round(1000 * sorted(times)[2], 1)


def judge(finds: Callable[[str], object], questions: list[tuple[tuple[str, str], str]]) -> dict[str, float]:
    """How many are found, how many of them rightly, and what a question costs."""
    finds(questions[0][1])
    began = time.process_time()
    found = {name for name, text in questions if finds(text)}
    spent = time.process_time() - began
    right = len(found & LABELLED)
    return {
        "found": len(found),
        "right": right,
        "precision": round(right / len(found), 3),
        "recall": round(right / len(LABELLED), 3),
        "ms_a_question": round(1000 * spent / len(questions), 3),
    }


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("data", type=Path, metavar="DATA")
    arguments = parser.parse_args()
    questions = sample(arguments.data)
    results = {"newsdex": judge(lambda text: (read_period(text, TODAY, ["en"]) or (None,))[0], questions)}
    results["newsdex"]["ms_to_load"] = loading("newsdex.search.question.date_reader")
    packages = []
    try:
        from dateparser.search import search_dates
    except ImportError:
        print("dateparser is not installed: pip install dateparser", file=sys.stderr)
    else:
        settings = {"RELATIVE_BASE": datetime(TODAY.year, TODAY.month, TODAY.day), "PREFER_DATES_FROM": "past"}  # noqa: DTZ001 - a day
        results["dateparser"] = judge(lambda text: search_dates(text, languages=["en"], settings=settings), questions)
        results["dateparser"]["ms_to_load"] = loading("dateparser.search")
        packages.append("dateparser")
        print("dateparser", importlib.metadata.version("dateparser"))
    print(json.dumps(results, indent=1))
    save(arguments.json, {"questions": len(questions), "with_a_date": len(LABELLED), "results": results}, *packages)


if __name__ == "__main__":
    main()

"""Does the gate tell what the archive says from what it does not?

INDEX is an index of examples/articles. benchmarks/quality/claims has claims about some of them in two halves, by article: true ones in
other words and literally, and false ones with a number, name or date changed, negated, turned into the opposite, or of which the archive
has nothing; written by hand, but for the literal ones. Each is checked with the five hits of its article's title, as a model would have
been given them, or with --archive without hits. The time is that of answers of five claims, in a warm process.
For the halves languages_*, INDEX is an index of benchmarks/quality/claims/languages.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

from script import json_lines, parser_of

from newsdex import Index
from newsdex.reports import CheckedSentence

CLAIMS = Path(__file__).parent / "claims"
_TRUE = ("paraphrase", "literal")
_HITS = 5
_SENTENCES = 5


def hits_of(index: Index, name: str) -> list[str]:
    """The ids of the articles that a model would have been given."""
    article = index.article(name)
    found = [hit.article.id for hit in index.search(article.title, limit=_HITS)]
    return found if article.id in found else [article.id, *found[: _HITS - 1]]


def checked(index: Index, row: dict[str, str], hits: list[str] | None) -> CheckedSentence:
    """What became of the claim."""
    sentences = index.check(row["claim"], hits=hits).sentences
    return next(each for each in sentences if each.verdict != "no claim")


def milliseconds(index: Index, rows: list[dict[str, str]], hits: dict[str, list[str]]) -> list[float]:
    """How long answers of five sentences take, each with five hits, which are of the first of its articles."""
    index.prepare()
    taken = []
    for start in range(0, len(rows) - _SENTENCES, _SENTENCES):
        some = rows[start : start + _SENTENCES]
        began = time.perf_counter()
        index.check(" ".join(row["claim"] for row in some), hits=hits[some[0]["article"]])
        taken.append((time.perf_counter() - began) * 1000)
    return taken[len(taken) // 4 :]


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", metavar="INDEX")
    parser.add_argument("--half", choices=sorted(path.stem for path in CLAIMS.glob("*.jsonl")), default="open")
    parser.add_argument("--archive", action="store_true")
    parser.add_argument("--show", action="store_true", help="Print the claims that are judged wrongly.")
    options = parser.parse_args()
    rows = json_lines(CLAIMS / f"{options.half}.jsonl")
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    with Index.open(options.index) as index:
        hits = {name: hits_of(index, name) for name in dict.fromkeys(row["article"] for row in rows)}
        for row in rows:
            found = checked(index, row, None if options.archive else hits[row["article"]])
            verdicts[row["kind"]][found.verdict] += 1
            if options.show and (found.verdict == "supported") != (row["kind"] in _TRUE):
                print(
                    row["kind"], found.verdict, found.score, row["claim"], found.differences, [each.text[:120] for each in found.evidence]
                )
        taken = milliseconds(index, rows, hits)
        model = index.manifest.model.name
    right = [sum(found["supported"] for kind, found in verdicts.items() if (kind in _TRUE) == true) for true in (True, False)]
    counts = [sum(sum(found.values()) for kind, found in verdicts.items() if (kind in _TRUE) == true) for true in (True, False)]
    told, refused = right[0] / counts[0], 1 - right[1] / counts[1]
    result = {
        "half": options.half,
        "model": model,
        "against": "the archive" if options.archive else "five hits",
        "claims": sum(counts),
        "supported_recognised": round(told, 4),
        "others_recognised": round(refused, 4),
        "balanced_accuracy": round((told + refused) / 2, 4),
        "verdicts": {kind: dict(found) for kind, found in verdicts.items()},
        "milliseconds_of_five_sentences": {"median": round(median(taken), 1), "most": round(max(taken), 1)},
    }
    print(json.dumps(result, indent=2))
    if options.json:
        known = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else []
        options.json.write_text(json.dumps([*known, result], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

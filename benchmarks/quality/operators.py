"""Are operators in a question obeyed: exactly the articles that they mean, each shown where it has the phrase?

The queries are those of benchmarks/everyday/operators.jsonl over the sample archive, 30 of them, and with ``--unseen`` the other half. Each
names all articles that it means, as a reader of the articles' text found them who knows nothing of the parser.

- exact: the articles among the hits are those, no more and no fewer
- passage, sentence: of the articles whose text has a phrase of the query within a passage, or a sentence, the first passage or the
  highlighted sentence has one

``--json`` writes to FILE, beside the other half if that is there.
"""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

from indexes import index_of
from script import SAMPLE, json_lines, parser_of, save

from newsdex import Hit, Index
from newsdex.search.question.filters import phrases_of
from newsdex.search.question.operators import read_operators
from newsdex.search.question.phrases import Phrase

QUERIES = Path(__file__).parents[1] / "everyday"
ALL = 1_000  # hits, which are more than the sample archive has articles


def ask(index: Index, query: dict[str, Any]) -> dict[str, Any]:
    """How ``query`` is answered."""
    start = time.process_time()
    results = index.search(query["query"], limit=ALL, collapse=False)
    seconds = time.process_time() - start
    read = read_operators(query["query"], date.today(), lambda: ())
    phrases = [Phrase(text) for text in phrases_of(read.where)] if read and read.where else []
    shown = [told for hit in results if (told := _shown(index, hit, phrases))]
    found = sorted(hit.article.path.name for hit in results)
    return {"id": query["id"], "exact": found == query["articles"], "passage": [p for p, _ in shown],
        "sentence": [s for _, s in shown if s is not None], "seconds": seconds}  # fmt: skip


def _shown(index: Index, hit: Hit, phrases: list[Phrase]) -> tuple[bool, bool | None] | None:
    """Whether the first passage and the highlighted sentence have a phrase; None where no passage, or no sentence, of the article has."""
    text = hit.article.text
    segment = index._current().segments[0]  # noqa: SLF001 - a benchmark of what is in it
    [row] = segment.rows_with("id", hit.article.id)
    passages = [text[slice(*segment.passage_range(position))] for position in segment.passages(row)]
    if not any(phrase.is_in(passage) for phrase in phrases for passage in passages):
        return None
    sentences = [text[span.start : span.end] for span in segment.sentences(row)]
    answer = hit.matches[0].answer
    told = any(phrase.is_in(text[answer.start : answer.end]) for phrase in phrases)
    within = any(phrase.is_in(sentence) for phrase in phrases for sentence in sentences)
    return any(phrase.is_in(hit.passage.text) for phrase in phrases), told if within else None


def main() -> None:
    parser = parser_of(__doc__, "--unseen")
    parser.add_argument("--index", type=Path, help="an index of the sample archive; one is made otherwise")
    options = parser.parse_args()
    path = QUERIES / f"operators{'_unseen' if options.unseen else ''}.jsonl"
    with index_of([SAMPLE], folder=options.index) as index:
        index.search("warm")
        outcomes = [ask(index, query) for query in json_lines(path)]
    passages, sentences = ([value for each in outcomes for value in each[name]] for name in ("passage", "sentence"))
    wrong = [each["id"] for each in outcomes if not each["exact"]]
    report = {
        "queries": len(outcomes),
        "exact": 1 - len(wrong) / len(outcomes),
        "passage": sum(passages) / len(passages),
        "sentence": sum(sentences) / len(sentences),
        "hits with a phrase": len(passages),
        "median CPU ms": round(sorted(each["seconds"] for each in outcomes)[len(outcomes) // 2] * 1000, 1),
    }
    print(json.dumps(report, indent=1))
    if wrong and not options.unseen:
        print("not exact:", ", ".join(wrong))
    save(options.json, {"unseen" if options.unseen else "seen": report}, beside=True)


if __name__ == "__main__":
    main()

"""Is a question answered by the first hit where many reports tell of the same event: with no, one and several articles read?

FOLDER has train_bodies.csv and competition_test_bodies.csv of the Fake News Challenge (https://github.com/FakeNewsChallenge/fnc-1). The
archive is their 2,278 reports that have 700 to 9,000 characters; most events are told by 5 to 40 of them. The 100 questions of
benchmarks/quiz/quiz.jsonl, with ``--unseen`` 100 others on other events, have the strings by which a sentence is known to answer: all of
one alternative, in small letters. A few passing mentions count as answers too. It is told how often the first hit's article, its passage
and its highlighted sentence answer, and how often a sentence of the first five hits does. The reader was trained on other questions about
these reports.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from script import json_lines, parser_of, save, workplace

from newsdex import Index, Options, Span, index_paths
from newsdex.records import Hit
from newsdex.search.answer import paging
from newsdex.sentences import split_sentences

QUESTIONS = Path(__file__).parents[1] / "quiz"
LEAST, MOST = 700, 9000
LISTED = 5
_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
Keys = Sequence[Sequence[str]]


def reports(folder: Path) -> Iterator[tuple[str, str]]:
    """The id and the text of each report."""
    csv.field_size_limit(10**7)
    for name, file in (("train", "train_bodies.csv"), ("test", "competition_test_bodies.csv")):
        with (folder / file).open(encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                yield f"{name}/{row['Body ID']}", row["articleBody"].strip()


def answers(text: str, keys: Keys) -> bool:
    """Whether a sentence has all strings of one of the alternatives."""
    told = " ".join(text.lower().translate(_STRAIGHT).split())
    return any(all(key in told for key in alternative) for alternative in keys)


def has_one(text: str, part: Span, keys: Keys) -> bool:
    """Whether a sentence in a part of a text answers."""
    return any(answers(text[each.start : each.end], keys) for each in split_sentences(text, part))


def judge(hits: Sequence[Hit], keys: Keys) -> Counter[str]:
    """What the hits of a question have of its answer."""
    found = Counter(five=any(answers(hit.answer_text, keys) for hit in hits[:LISTED]))
    for hit in hits[:1]:
        text, passage = hit.article.text, hit.matches[0].passage
        found["article"] = has_one(text, Span(0, len(text)), keys)
        found["passage"] = has_one(text, Span(passage.start, passage.end), keys)
        found["sentence"] = answers(hit.answer_text, keys)
    return found


def main() -> None:
    parser = parser_of(__doc__, "--work", "--unseen")
    parser.add_argument("--claims", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    name = "quiz_unseen" if arguments.unseen else "quiz"
    questions = json_lines(QUESTIONS / f"{name}.jsonl")
    told: dict[str, Any] = {"questions": len(questions)}
    reading = (0, 1, paging.READ)
    with workplace(None) as scratch, workplace(arguments.work) as place:
        every = [{"id": name, "text": text, "language": "en"} for name, text in reports(arguments.claims) if LEAST <= len(text) <= MOST]
        lines = [json.dumps(each) for each in every]
        (scratch / "reports.jsonl").write_text("\n".join(lines), encoding="utf-8")
        index_paths([scratch / "reports.jsonl"], place / "index", Options())
        for paging.READ in reading:
            counts = Counter[str]()
            with Index.open(place / "index") as index:
                for each in questions:
                    results = index.search(each["query"], limit=LISTED)
                    counts += judge(list(results), each["keys"])
                    counts["kept"] += results.answerable
            told[f"{paging.READ} read"] = {key: round(count / len(questions), 3) for key, count in sorted(counts.items())}
            print(f"{name}, {paging.READ} read", told[f"{paging.READ} read"], flush=True)
    save(arguments.json, {name: told}, "numpy")


if __name__ == "__main__":
    main()

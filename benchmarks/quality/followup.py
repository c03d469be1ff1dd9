"""What are the user's earlier messages worth for the answer to a question that leans on them, and what do they cost one that does not?

The dialogs are those of examples/followups.jsonl over the sample archive, in English, German and Spanish; the rules of
newsdex.search.question.followup were written with those in view that are not ``held_out``, and the held-out ones were written afterwards;
they had been measured once, with EARLIER at 0.4, when it was set to 0.5 for the sake of the first group. An answer counts as found when one
of the sentences that give it is in one of the three best passages of the first five articles (``recall_at_5``), or in the best passage of
the first article (``first``). The ways:

- question: the question as it stands
- newsdex: Index.search with the history
- joined: the last message and the question in one text, as is often done
- always: as newsdex, but with the history whether the question leans on it or not
- EARLIER other than 0.5, for questions that lean: how the weight was chosen
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

from indexes import index_of
from script import EXAMPLES, SAMPLE, json_lines, parser_of, questions_in, save

from newsdex import Hit, Index
from newsdex.encoder import DEFAULT_MODEL
from newsdex.search.question import followup
from newsdex.search.ranking import points

GROUPS = {
    "leaning": lambda d: d["leans"] and not d["held_out"],
    "leaning_held_out": lambda d: d["leans"] and d["held_out"],
    "not_leaning": lambda d: not d["leans"] and not d["held_out"],
    "not_leaning_held_out": lambda d: not d["leans"] and d["held_out"],
}

Dialog = dict[str, Any]
Asking = Callable[[str, Sequence[str]], tuple[str, Sequence[str]]]
# A question and what was asked before it, as they are put.
WAYS: dict[str, Asking] = {
    "question": lambda question, _: (question, ()),
    "newsdex": lambda question, history: (question, history),
    "joined": lambda question, history: (" ".join([*history[-1:], question]), ()),
}


def answers(dialog: Dialog, hit: Hit, passages: int) -> bool:
    """Whether one of the hit's best ``passages`` has one of the sentences."""
    return any(
        a["article"] == hit.article.path.name and a["quote"] in match.passage.text
        for a in dialog["answers"]
        for match in hit.matches[:passages]
    )


def measure(index: Index, asked: Sequence[Dialog], asking: Asking) -> dict[str, float]:
    """How often an answer is found, how often there is thought to be one, and the median of what a question costs."""
    found, first, answerable, spent = 0, 0, 0, []
    for dialog in asked:
        question, history = asking(dialog["question"], dialog["history"])
        began = time.process_time()
        results = index.search(question, history=history, limit=5, per_article=3, collapse=False)
        spent.append(time.process_time() - began)
        found += any(answers(dialog, hit, 3) for hit in results)
        first += answers(dialog, results[0], 1)
        answerable += results.answerable
    return {
        "recall_at_5": round(found / len(asked), 3),
        "first": round(first / len(asked), 3),
        "answerable": round(answerable / len(asked), 3),
        "cpu_ms_a_question": round(1000 * sorted(spent)[len(spent) // 2], 1),
    }


def decisions(asked: Sequence[Dialog]) -> dict[str, Any]:
    """How often the rules are right: among the dialogs, and among the questions of examples/questions.jsonl, all of which stand by
    themselves.
    """
    alone = questions_in(EXAMPLES / "questions.jsonl")
    wrong = {
        name: [d["question"] for d in asked if chosen(d) and followup.leans(d["question"]) != d["leans"]] for name, chosen in GROUPS.items()
    }
    return {
        "wrong": {**wrong, "questions": [question for question in alone if followup.leans(question)]},
        "of": {**{name: sum(map(chosen, asked)) for name, chosen in GROUPS.items()}, "questions": len(alone)},
    }


def main() -> None:
    arguments = parser_of(__doc__).parse_args()
    asked = json_lines(EXAMPLES / "followups.jsonl")
    results: dict[str, Any] = {}
    with index_of([SAMPLE], DEFAULT_MODEL) as index:
        index.search("warm up")
        for name, chosen in GROUPS.items():
            group = [dialog for dialog in asked if chosen(dialog)]
            results[name] = {way: measure(index, group, asking) for way, asking in WAYS.items()}
            with mock.patch.object(followup, "leans", return_value=True):
                results[name]["always"] = measure(index, group, lambda question, history: (question, history[-1:]))
                for weight in (0.2, 0.3, 0.4, 0.6, 0.7) if name == "leaning" else ():
                    with mock.patch.object(points, "EARLIER", weight):
                        results[name][f"EARLIER {weight}"] = measure(index, group, WAYS["newsdex"])
    for name, ways in results.items():
        print(name)
        for way, values in ways.items():
            print(f"  {way:<14}{values}")
    content = {"decisions": decisions(asked), "results": results}
    print(json.dumps(content["decisions"], indent=1, ensure_ascii=False))
    save(arguments.json, content, "numpy", "faiss-cpu")


if __name__ == "__main__":
    main()

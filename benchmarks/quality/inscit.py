"""Does the history of a conversation find the passage that its last question asks for? Measured on INSCIT.

``dev.json`` is data/dev.json of https://github.com/ellenmellon/INSCIT (Wu et al. 2023): people ask about Wikipedia, and others answer from
its passages. The pool is all passages that any of its answers names, each an article with the title of its page; a turn counts where one of
the passages of its answers is among the first five (``recall_at_5``). Agents' answers are not used, as newsdex takes none. The ways are
those of followup.py. Half of the dialogs, by their names, are held out: they were
measured after the rules had been changed, and not read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from followup import WAYS, Asking
from indexes import index_of
from script import parser_of, save, workplace

from newsdex import Index
from newsdex.encoder import DEFAULT_MODEL
from newsdex.search.question.followup import leans


class Turn(NamedTuple):
    """A question, what the same person asked before, the passages that answer it, and whether its dialog is held out."""

    question: str
    history: tuple[str, ...]
    passages: frozenset[str]
    held_out: bool


def read(path: Path) -> tuple[list[Turn], dict[str, dict[str, Any]]]:
    """The turns that passages answer, and the passages by their ids."""
    turns, pool = [], {}
    for name, dialog in json.loads(path.read_text(encoding="utf-8")).items():
        for turn in dialog["turns"]:
            evidence = [passage for label in turn["labels"] for passage in label["evidence"]]
            pool |= {passage["passage_id"]: passage for passage in evidence}
            if evidence:
                *before, question = turn["context"][::2]
                held_out = bool(zlib.crc32(name.encode()) % 2)
                turns.append(Turn(question, tuple(before), frozenset(each["passage_id"] for each in evidence), held_out))
    return turns, pool


def measure(index: Index, turns: Sequence[Turn], way: Asking) -> dict[str, float]:
    """The share of the turns with a passage of the answer among the first five, by how many questions came before."""
    found: dict[str, list[bool]] = {"all": []}
    for turn in turns:
        question, history = way(turn.question, turn.history)
        hits = index.search(question, history=history, limit=5, collapse=False, min_score=0, read_dates=False)
        right = any(hit.article.id in turn.passages for hit in hits)
        for group in ("all", min(len(turn.history), 5)):
            found.setdefault(str(group), []).append(right)
    return {name: round(sum(right) / len(right), 3) for name, right in sorted(found.items())} | {"turns": len(turns)}


def main() -> None:
    parser = parser_of(__doc__, "--held-out")
    parser.add_argument("dialogs", type=Path, metavar="dev.json", help="INSCIT's dev.json")
    arguments = parser.parse_args()
    turns, pool = read(arguments.dialogs)
    results: dict[str, Any] = {"passages": len(pool)}
    with workplace(None) as folder:
        rows = [{"_id": name, "title": " - ".join(each["passage_titles"]), "text": each["passage_text"]} for name, each in pool.items()]
        (folder / "pool.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        with index_of([folder / "pool.jsonl"], DEFAULT_MODEL) as index:
            for half in (False, True) if arguments.held_out else (False,):
                chosen = [turn for turn in turns if turn.held_out == half]
                name = "held_out" if half else "open"
                results[name] = {way: measure(index, chosen, asked) for way, asked in WAYS.items()}
                follow = [turn for turn in chosen if turn.history]
                results[name]["leaning"] = round(sum(leans(turn.question) for turn in follow) / len(follow), 3)
    print(json.dumps(results, indent=1))
    save(arguments.json, {"model": DEFAULT_MODEL, "results": results}, "numpy", "faiss-cpu")


if __name__ == "__main__":
    main()

"""Are misspelt names and words, transliterations and acronyms understood: is the right article first, as it is for the correct form?

The 90 queries are those of benchmarks/everyday/names_*.jsonl: over the sample archive and, with ``--data``, over ntrex/en and gum_wikinews
in one index, below FOLDER. Half of them are in names_*_unseen.jsonl: they were written before anything was measured, and are for the figure
in the end (``--unseen``). A query names the articles that are right, and its correct form: without the errors, in the spelling of the
archive, or with the long form in place of the acronym. Every query is put to the Python API with its defaults.

"typed": the first article is right, for the query as it is typed; "kept": and it is called an answer. "correct": for its correct form.
"literal": for the query as typed, with ``literal=True``.
"""

from __future__ import annotations

from typing import Any

from everyday import QUERIES, archives, build, named
from script import json_lines, parser_of, save, workplace

from newsdex import Index

MEASURES = ("typed", "kept", "correct", "literal")

Query = dict[str, Any]


def judge(index: Index, query: Query) -> dict[str, bool]:
    """What holds for the ways to put a query."""
    typed = index.search(query["query"])
    ways = {
        "typed": typed,
        "correct": index.search(query["correct"]),
        "literal": index.search(query["query"], literal=True),
    }
    right = {
        name: bool(found) and named(found[0].article.id, found[0].article.path).split("/")[-1] in query["articles"]
        for name, found in ways.items()
    }
    return {**right, "kept": right["typed"] and typed.answerable}


def main() -> None:
    arguments = parser_of(__doc__, "--data", "--work", "--unseen", "--show").parse_args()
    outcomes: list[tuple[str, dict[str, bool]]] = []
    with workplace(arguments.work) as work:
        for name, paths in archives(arguments.data).items():
            with Index.open(build(paths, work / name)) as index:
                for query in json_lines(QUERIES / f"names_{name}{'_unseen' if arguments.unseen else ''}.jsonl"):
                    outcome = judge(index, query)
                    outcomes.append((query["kind"], outcome))
                    if arguments.show and not (outcome["kept"] and outcome["correct"]):
                        print(query["id"], repr(query["query"]), outcome, index.search(query["query"]).remarks)
    results: dict[str, dict[str, Any]] = {}
    for kind in (*dict.fromkeys(kind for kind, _ in outcomes), "all"):
        mine = [outcome for its, outcome in outcomes if kind in (its, "all")]
        results[kind] = {"queries": len(mine), **{name: round(sum(each[name] for each in mine) / len(mine), 3) for name in MEASURES}}
        print(f"{kind:<16}{len(mine):>4}" + "".join(f"  {name} {results[kind][name]:.3f}" for name in MEASURES))
    save(arguments.json, {"unseen" if arguments.unseen else "building": results}, "numpy", "rapidfuzz", beside=True)


if __name__ == "__main__":
    main()

"""Of a story that is there in several languages, is the report in the question's language first? And is a foreign one found alone?

    python benchmarks/run.py translated --data FOLDER [--work FOLDER] [--model NAME] [--json FILE]

FOLDER has ntrex/en, ntrex/de and ntrex/es: the same 123 news stories in three languages, here in one index. The English queries are those
of benchmarks/everyday/translated.jsonl, typed as people do. "own": an English report of the story is first. "foreign": without the English
report of the story, its German or Spanish one is first; asked with the same queries and with the first sentence of every other story.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from everyday import QUERIES
from machine import describe

from newsdex import Index, Options, index_paths
from newsdex.encoder import MULTILINGUAL_MODEL

LANGUAGES = ("en", "de", "es")


def build(data: Path, work: Path, model: str) -> Path:
    """An index of the stories in all LANGUAGES; an article's id begins with its language."""
    sources = []
    for language in LANGUAGES:
        lines = (json.loads(line) for line in (data / "ntrex" / language / "corpus.jsonl").open(encoding="utf-8"))
        sources.append(work / f"{language}.jsonl")
        content = (json.dumps({**line, "_id": f"{language}:{line['_id']}", "language": language}) + "\n" for line in lines)
        sources[-1].write_text("".join(content), encoding="utf-8")
    index_paths(sources, work / "index", Options(model))
    return work / "index"


def is_first(index: Index, query: str, articles: Sequence[str], without: Sequence[str] = ()) -> bool:
    """Whether one of ``articles`` is first, of the archive ``without`` some."""
    where = {"type": "nin", "key": "id", "value": list(without)} if without else None
    hits = index.search(query, min_score=0, where=where, limit=1).hits
    return bool(hits) and hits[0].article.id in articles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the folder that has the collections")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where the index is built [default: a temporary folder]")
    parser.add_argument("--model", default=MULTILINGUAL_MODEL)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    arguments = parser.parse_args()
    typed = [json.loads(line) for line in (QUERIES / "translated.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [(query["query"], query["articles"]) for query in typed]
    lines = (arguments.data / "ntrex" / "en" / "queries.jsonl").read_text(encoding="utf-8").splitlines()[::2]
    sentences = [(line["text"], [line["_id"].removeprefix("q-")]) for line in map(json.loads, lines)]
    with TemporaryDirectory() as scratch, Index.open(build(arguments.data, arguments.work or Path(scratch), arguments.model)) as index:
        own = [is_first(index, query, [f"en:{name}" for name in names]) for query, names in asked]
        foreign = [
            is_first(index, query, [f"{code}:{name}" for code in LANGUAGES[1:] for name in names], [f"en:{name}" for name in names])
            for query, names in [*asked, *sentences]
        ]
    results = {
        "model": arguments.model,
        "own": {"queries": len(own), "first": round(sum(own) / len(own), 3)},
        "foreign": {"queries": len(foreign), "first": round(sum(foreign) / len(foreign), 3)},
    }
    print(json.dumps(results, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": describe("numpy"), **results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Is a story found that is there in several languages, or only in another language than the question's?

FOLDER has ntrex/en, ntrex/de and ntrex/es: the same 123 news stories in three languages, here in one index. The English queries are those
of benchmarks/everyday/translated.jsonl, typed as people do. "own": an English report of the story is first. "foreign": without the English
report of the story, its German or Spanish one is first; asked with the same queries and with the first sentence of every other story.

"scattered": each of the 123 stories is there in one of ten languages, every fifth in English, and is asked for with the first 2, 3 and 4
words of its English title, or with all, without stop words. "first": it is the first hit; "kept": and called an answer. "elsewhere": how
many queries of benchmarks/everyday/elsewhere.jsonl, on other topics, are answered there. "across": the short queries of across.jsonl to the
sample archive, English ones for German and Spanish stories, and German and Spanish ones for any. The ranking was built with these in view.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from everyday import QUERIES
from script import SAMPLE, json_lines, parser_of, save, workplace

from newsdex import Index, Options, index_paths
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.fusion import ANSWERABLE

LANGUAGES = ("en", "de", "es")
SCATTERED = ("en", "de", "es", "fr", "ru", "zh", "en", "pt", "tr", "ar")
LENGTHS = (2, 3, 4, None)  # words of a title


def build(data: Path, work: Path, model: str) -> Path:
    """An index of the stories in all LANGUAGES; an article's id begins with its language."""
    sources = []
    for language in LANGUAGES:
        lines = json_lines(data / "ntrex" / language / "corpus.jsonl")
        sources.append(work / f"{language}.jsonl")
        content = (json.dumps({**line, "_id": f"{language}:{line['_id']}", "language": language}) + "\n" for line in lines)
        sources[-1].write_text("".join(content), encoding="utf-8")
    index_paths(sources, work / "index", Options(model))
    return work / "index"


def found_by(index: Index, query: str, names: Collection[str]) -> tuple[bool, bool]:
    """Whether an article of ``names``, by id or file, is first, and called an answer."""
    results = index.search(query, min_score=0, limit=1)
    first = bool(results) and not {results[0].article.id, results[0].article.path.name}.isdisjoint(names)
    return first, first and results[0].score >= ANSWERABLE


def counts(found: Sequence[tuple[bool, bool]]) -> dict[str, int]:
    """How many of the queries find what they should."""
    first, kept = zip(*found, strict=True)
    return {"queries": len(found), "first": sum(first), "kept": sum(kept)}


def is_first(index: Index, query: str, articles: Sequence[str], without: Sequence[str] = ()) -> bool:
    """Whether one of ``articles`` is first, of the archive ``without`` some."""
    where = {"type": "nin", "key": "id", "value": list(without)} if without else None
    hits = index.search(query, min_score=0, where=where, limit=1).hits
    return bool(hits) and hits[0].article.id in articles


def scatter(data: Path, work: Path, model: str) -> dict[str, Any]:
    """What is found of the stories in one language each, by the length of the query and whether the story is in English."""
    stories = {
        language: {story["_id"]: story for story in json_lines(data / "ntrex" / language / "corpus.jsonl")}
        for language in sorted({*SCATTERED})
    }
    language_of = dict(zip(sorted(stories["en"]), cycle(SCATTERED)))
    source = work / "scattered.jsonl"
    content = (json.dumps({**stories[language][name], "language": language}) + "\n" for name, language in language_of.items())
    source.write_text("".join(content), encoding="utf-8")
    index_paths([source], work / "scattered", Options(model))
    results: dict[str, Any] = {}
    with Index.open(work / "scattered") as index:
        for length in LENGTHS:
            found: dict[str, list[tuple[bool, bool]]] = {"English": [], "others": []}
            for name, language in language_of.items():
                words = [word for word in re.findall(r"\w[\w'\u2019-]*", stories["en"][name]["title"]) if word.casefold() not in STOPWORDS]
                found["English" if language == "en" else "others"].append(found_by(index, " ".join(words[:length]), {name}))
            results[str(length or "all")] = {group: counts(some) for group, some in found.items()}
        off = [query["query"] for query in json_lines(QUERIES / "elsewhere.jsonl")]
        results["elsewhere"] = {"queries": len(off), "answered": sum(index.search(query, limit=1).answerable for query in off)}
    return results


def across(work: Path, model: str) -> dict[str, int]:
    """What the short queries to the sample archive find."""
    index_paths([SAMPLE], work / "sample", Options(model))
    with Index.open(work / "sample") as index:
        return counts([found_by(index, query["query"], query["articles"]) for query in json_lines(QUERIES / "across.jsonl")])


def main() -> None:
    parser = parser_of(__doc__, "--work")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the folder that has the collections")
    parser.add_argument("--model", default=MULTILINGUAL_MODEL)
    arguments = parser.parse_args()
    asked = [(query["query"], query["articles"]) for query in json_lines(QUERIES / "translated.jsonl")]
    every_other = json_lines(arguments.data / "ntrex" / "en" / "queries.jsonl")[::2]
    sentences = [(line["text"], [line["_id"].removeprefix("q-")]) for line in every_other]
    with workplace(arguments.work) as work, Index.open(build(arguments.data, work, arguments.model)) as index:
        more = {"scattered": scatter(arguments.data, work, arguments.model), "across": across(work, arguments.model)}
        own = [is_first(index, query, [f"en:{name}" for name in names]) for query, names in asked]
        foreign = [
            is_first(index, query, [f"{code}:{name}" for code in LANGUAGES[1:] for name in names], [f"en:{name}" for name in names])
            for query, names in [*asked, *sentences]
        ]
    results = {
        "model": arguments.model,
        "own": {"queries": len(own), "first": round(sum(own) / len(own), 3)},
        "foreign": {"queries": len(foreign), "first": round(sum(foreign) / len(foreign), 3)},
        **more,
    }
    print(json.dumps(results, indent=1))
    save(arguments.json, {**results}, "numpy")


if __name__ == "__main__":
    main()

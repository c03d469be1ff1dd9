"""Are everyday queries answered: the right article first, the answer in its passage and in the highlighted sentence, and nothing where
there is nothing?

SET names files of benchmarks/everyday, by default "everyday": queries in ten kinds over the sample archive and, with ``--data``, over three
open collections in BEIR format below FOLDER in one index (ntrex/en, gum_wikinews, squad2_dev). Other sets need ``--data`` and also ask real
news stories and web pages in one index (ntrex/en, gum_wikinews, messy/readability). ``--unseen`` asks the other half of each set, which is
for a final figure: nothing is built with it in view.

A query names the articles that are right and, where one sentence can answer it, a string that this sentence must hold, or several. Every
query is put to the Python API with its defaults. By kind:

- first: the first article is a right one
- passage, sentence: it is, and its first passage, or the highlighted sentence, holds the answer; of the queries that have one
- kept: something is called an answer (``Results.answerable``); refused: nothing is, of off-topic and unanswered queries
- furniture: the highlighted sentence of the first hit holds a line of furniture.txt, which a site puts on many pages: a newsletter, a
  credit, a remark on updates

``--json`` writes to FILE, beside the other sets and the other half if these are there.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from script import SAMPLE, json_lines, parser_of, save, workplace

from newsdex import Index, Options, Results, index_paths

QUERIES = Path(__file__).parents[1] / "everyday"
COLLECTIONS = ("ntrex/en", "gum_wikinews", "squad2_dev")
PAGES = "messy/readability/test/test-pages"
OPEN, BOTH, REAL, ABROAD, TABLES = ("sample", "open"), ("sample", "real"), ("real",), ("abroad",), ("tables",)  # archives
# The languages of the archive "abroad": of 123 stories, each is in one of them, in turn.
LANGUAGES = ("de", "es", "fr", "pt")
# What each set asks, and of which archives.
SETS = {
    "everyday": ("the first set, in ten kinds", OPEN),
    "fresh": ("written later, only with --unseen", OPEN),
    "newsroom": ('what journalists type: many "when", and names of other stories', OPEN),
    "wh": ("why, how many, when and who, in other words than the stories", OPEN),
    "real": ("written from the stories, without a look at what is found", REAL),
    "paraphrased": ("shares no words with the stories but names", REAL),
    "unanswered": ("details, two of five of which no story tells, though one is on the topic", REAL),
    "visitor": ("what someone asks who has no text before him, three in ten of which no story tells", REAL),
    "journalist": ("short, in lower case, with comparisons, half-remembered quotations, requests and chit-chat", BOTH),
    "desk": ("roles in place of names, why, results, phone numbers, from stories that other sets ask little about", BOTH),
    "street": ("articles drawn at random, asked in other words by someone who half remembers them", BOTH),
    "chat": ("whole sentences, as one asks an assistant", BOTH),
    "press": ("articles drawn at random, in all kinds", BOTH),
    "bulletin": ("details from anywhere in a story, as in a news quiz", BOTH),
    "turns": ("short follow-up questions, each with the user's earlier messages", BOTH),
    "languages": ("half in a story's own language, German, Spanish, French or Portuguese, half in another", ABROAD),
    "tables": ("what rows of tables tell: results, timetables, fact boxes", TABLES),
}
REFUSED = ("off_topic", "unanswered")  # kinds that no article answers
KINDS = ("name", "few_words", "wh", "who", "when", "where", "how_many", "why_how", "date", "acronym", "misspelt", "foreign", "furniture")
KINDS += REFUSED
MEASURES = ("first", "passage", "sentence", "kept", "refused", "furniture")

Query = dict[str, Any]
Outcome = dict[str, bool]


def queries(name: str, *, unseen: bool, file: str = "everyday") -> list[Query]:
    """One half of the queries of a set (``file``) over the archive ``name``."""
    stem = name if file == "everyday" else file
    path = QUERIES / f"{stem}{'_unseen' if unseen else ''}.jsonl"
    found = json_lines(path)
    return [query for query in found if query.get("archive", name) == name]


def normalised(text: str) -> str:
    """Its words in lower case without accents, one space between them."""
    letters = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", "".join(letters)))


def holds(text: str, answer: str | list[str]) -> bool:
    """Whether the words of an ``answer`` are in ``text`` one after the other; a last word that is no number may go on there."""
    answers = [answer] if isinstance(answer, str) else answer
    return any(re.search(rf"\b{normalised(each)}(?!\d)", normalised(text)) is not None for each in answers)


def judge(query: Query, results: Results, found: Sequence[str], furniture: Sequence[str]) -> Outcome:
    """What holds for the ``results`` of a query; ``found`` names their articles as the query does."""
    kept = bool(results) and results.answerable
    outcome = {"refused": not kept} if query["kind"] in REFUSED else {"kept": kept, "first": bool(found) and found[0] in query["articles"]}
    if query["answer"] is not None:
        hit = results[0] if outcome["first"] else None
        outcome["passage"] = hit is not None and holds(hit.passage.text, query["answer"])
        outcome["sentence"] = hit is not None and holds(hit.answer_text, query["answer"])
    # What is refused shows nothing as an answer.
    outcome["furniture"] = kept and any(holds(results[0].answer_text, line) for line in furniture)
    return outcome


def shares(outcomes: Sequence[Outcome]) -> dict[str, float | int]:
    """The share of those that hold, of each measure that applies, and the number of queries."""
    judged = {name: [outcome[name] for outcome in outcomes if name in outcome] for name in MEASURES}
    return {"queries": len(outcomes), **{name: round(sum(values) / len(values), 3) for name, values in judged.items() if values}}


def by_kind(kinds: Sequence[str], outcomes: Sequence[Outcome]) -> dict[str, dict[str, float | int]]:
    """The shares of every kind that is there, and of all together."""
    groups = {kind: [o for k, o in zip(kinds, outcomes, strict=True) if k == kind] for kind in KINDS}
    return {**{kind: shares(group) for kind, group in groups.items() if group}, "all": shares(outcomes)}


def ask(folder: Path, asked: Sequence[Query], *, show: bool) -> list[Outcome]:
    """What holds for each query on the index in ``folder``; prints those that fail."""
    furniture = (QUERIES / "furniture.txt").read_text(encoding="utf-8").splitlines()
    outcomes = []
    with Index.open(folder) as index:
        for query in asked:
            results = index.search(query["query"], as_of=query.get("as_of"), history=query.get("history", ()))
            found = [named(hit.article.id, hit.article.path) for hit in results]
            outcome = judge(query, results, found, furniture)
            outcomes.append(outcome)
            failed = [name for name, value in outcome.items() if value == (name == "furniture")]
            if show and failed:
                score = f"{results[0].score:.2f} {found[0]}: {results[0].answer_text[:300]!r}" if results else "nothing"
                said = " / ".join((*query.get("history", ()), query["query"]))
                print(
                    f"{query['id']} {said!r} fails: {', '.join(failed)}\n    expected {query['articles']}, {query['answer']!r}\n "
                    f"   found {score}"
                )
    return outcomes


def named(article_id: str, path: Path) -> str:
    """The name that the queries have for an article: that of its file, or its page's, or collection and id."""
    if path.name == f"{ABROAD[0]}.jsonl":
        return f"ntrex/{article_id}"
    if path.name == "source.html":
        return f"readability/{path.parent.name}"
    if path.name != "corpus.jsonl":
        return path.name
    collection = next(name for name in COLLECTIONS if path.parent.as_posix().endswith(name))
    return f"{collection}/{article_id}"


def build(sources: Sequence[Path], folder: Path, model: str | None = None) -> Path:
    """An index of ``sources`` by the program as it is, in place of one that is there."""
    shutil.rmtree(folder, ignore_errors=True)
    index_paths(sources, folder, Options(model))
    return folder


def abroad(data: Path, work: Path) -> Path:
    """A file with the stories of the archive "abroad", made of those in ``data``."""
    told = {language: json_lines(data / "ntrex" / language / "corpus.jsonl") for language in LANGUAGES}
    chosen = [told[LANGUAGES[number % len(LANGUAGES)]][number] for number in range(len(told[LANGUAGES[0]]))]
    path = work / f"{ABROAD[0]}.jsonl"
    path.write_text("\n".join(map(json.dumps, chosen)), encoding="utf-8")
    return path


def archives(data: Path | None) -> dict[str, list[Path]]:
    """The sources of the sample archive and, with ``data``, of the news among the open collections below it."""
    return {"sample": [SAMPLE]} | ({"open": [data / name / "corpus.jsonl" for name in COLLECTIONS[:2]]} if data else {})


def print_table(name: str, table: dict[str, dict[str, float | int]]) -> None:
    """One line a kind."""
    print(f"\n{name:<12}{'queries':>8}" + "".join(f"{measure:>11}" for measure in MEASURES))
    for kind, row in table.items():
        cells = (f"{row[measure]:>11.3f}" if measure in row else f"{'':>11}" for measure in MEASURES)
        print(f"{kind:<12}{row['queries']:>8}" + "".join(cells), flush=True)


def main() -> None:
    about = "\n".join(f"  {name:<12}{content}" for name, (content, _) in SETS.items())
    parser = parser_of(f"{__doc__}\nSets:\n{about}", "--data", "--work", "--model", "--unseen", "--show")
    parser.add_argument("sets", nargs="*", metavar="SET", help='[default: everyday; "all" for all of them]')
    arguments = parser.parse_args()
    sets = [name for name in SETS if arguments.unseen or name != "fresh"] if arguments.sets == ["all"] else arguments.sets or ["everyday"]
    if unknown := [name for name in sets if name not in SETS]:
        parser.error(f"there is no set {unknown[0]!r}: expected some of {', '.join(SETS)}, or all")
    if "fresh" in sets and not arguments.unseen:
        parser.error("fresh has only an unseen half: add --unseen")
    sources: dict[str, list[Path]] = {"sample": [SAMPLE], "tables": [SAMPLE, QUERIES / "tables"]}
    if arguments.data:
        sources["open"] = [arguments.data / name / "corpus.jsonl" for name in COLLECTIONS]
        if missing := [path for path in sources["open"] if not path.is_file()]:
            parser.error(f"there is no {missing[0]}: expected the collections {', '.join(COLLECTIONS)} below --data")
        sources["real"] = [*sources["open"][:2], *sorted((arguments.data / PAGES).glob("*/source.html"))]
    elif needing := [name for name in sets if name not in ("everyday", "tables")]:
        parser.error(f"{needing[0]} needs --data: the folder that has the collections")
    results = {}
    with workplace(arguments.work) as work:
        if arguments.data:
            sources["abroad"] = [abroad(arguments.data, work)]
        asked_of = {archive for name in sets for archive in SETS[name][1]} & sources.keys()
        built = {name: build(sources[name], work / name, arguments.model) for name in sorted(asked_of)}
        for name in sets:
            kinds, outcomes = list[str](), list[Outcome]()
            for archive in SETS[name][1]:
                if archive in built:
                    asked = queries(archive, unseen=arguments.unseen, file=name)
                    kinds += [query["kind"] for query in asked]
                    outcomes += ask(built[archive], asked, show=arguments.show)
            results[name] = by_kind(kinds, outcomes)
            print_table(name, results[name])
    half = "unseen" if arguments.unseen else "building"
    there = json.loads(arguments.json.read_text(encoding="utf-8")) if arguments.json and arguments.json.exists() else {}
    save(arguments.json, {half: {**there.get(half, {}), **results}}, "numpy", "tokenizers", beside=True)


if __name__ == "__main__":
    main()

"""Are everyday queries answered: the right article first, the answer in its passage and in the highlighted sentence, and nothing where
there is nothing?

    python benchmarks/run.py everyday [--data FOLDER] [--work FOLDER] [--model NAME] [--unseen | --fresh]
    [--newsroom | --wh | --real | --paraphrased | --unanswered | --visitor | --journalist | --desk | --street | --chat | --press |
    --bulletin | --turns] [--show] [--json FILE]

The queries are those of benchmarks/everyday, in ten kinds: sample.jsonl over the sample archive and, with ``--data``, open.jsonl over three
open collections in BEIR format (ntrex/en, gum_wikinews, squad2_dev, in one index) below FOLDER. Half of the queries of each kind are in
sample_unseen.jsonl and open_unseen.jsonl: they are for the figure in the end (``--unseen``), and nothing is built with them in view.
``--fresh`` asks the 80 of fresh_unseen.jsonl, which were written later, over both archives, and are for one figure, too. ``--newsroom``
asks those of newsroom.jsonl, or of its unseen half, over both archives: what journalists type, among it many "when" and names of other
stories. ``--wh`` asks those of wh.jsonl, or of its unseen half, over both archives: why, how many, when and who, in other words than the
stories. ``--real`` asks those of real.jsonl, or of its unseen half, over real news stories and web pages in one index (ntrex/en,
gum_wikinews, messy/readability): they were written from the stories, without a look at what is found. ``--paraphrased`` asks those of
paraphrased.jsonl there, which share no words with the stories but names. ``--unanswered`` asks those of unanswered.jsonl there: details,
two of five of which no story tells, though one is on the topic. ``--visitor`` asks those of visitor.jsonl there, three in ten of which no
story tells: what someone asks who has no text before him, in everyday words. ``--journalist`` asks those of journalist.jsonl over the
sample archive and the real stories: short, in lower case, with comparisons, quotations half remembered and requests; and chit-chat, most of
it over both.
``--desk`` asks those of desk.jsonl there, from stories that the other sets ask little about: roles in place of names, "why", results, phone
numbers. ``--street`` asks those of street.jsonl there: articles drawn at random, asked as by someone who half remembers them, in other
words. ``--chat`` asks those of chat.jsonl there: whole sentences, as one asks an assistant. ``--press`` asks those of press.jsonl there:
articles drawn at random, asked by one who has never seen what is found, in all kinds. ``--bulletin`` asks those of bulletin.jsonl there:
details from anywhere in a story, as in a news quiz. ``--turns`` asks those of turns.jsonl there: short follow-up questions, each with the
user's earlier messages.

A query names the articles that are right and, where one sentence can answer it, a string that this sentence must hold, or several. Every
query is put to the Python API with its defaults. By kind:

- first: the first article is a right one
- passage, sentence: it is, and its first passage, or the highlighted sentence, holds the answer; of the queries that have one
- kept: something is called an answer (``Results.answerable``); refused: nothing is, of off-topic and unanswered queries
- furniture: the highlighted sentence of the first hit holds a line of furniture.txt, which a site puts on many pages: a newsletter, a
  credit, a remark on updates

``--json`` writes to FILE, beside the other half if that is there.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from machine import describe

from newsdex import Index, Options, Results, index_paths

QUERIES = Path(__file__).parents[1] / "everyday"
ARTICLES = Path(__file__).parents[2] / "examples" / "articles"
COLLECTIONS = ("ntrex/en", "gum_wikinews", "squad2_dev")
PAGES = "messy/readability/test/test-pages"
# The sets of queries that an option asks for. Those behind "wh" are over real stories and pages, too, and the first four of them over
# nothing else.
SETS = {
    "newsroom": "the queries of journalists",
    "wh": "why, how many, when and who",
    "real": "the queries over real stories and pages",
    "paraphrased": "those in other words than the stories",
    "unanswered": "details over real stories and pages, many of which none tells",
    "visitor": "what a visitor asks real stories and pages, in everyday words",
    "journalist": "short queries and chit-chat over both archives",
    "desk": "queries of a news desk over both archives",
    "street": "half-remembered stories, over both archives",
    "chat": "whole sentences, over both archives",
    "press": "articles drawn at random, over both archives",
    "bulletin": "details of stories, over both archives",
    "turns": "questions in a conversation, over both archives",
}
WITH_REAL = tuple(SETS)[2:]
ON_REAL = WITH_REAL[:4]
REFUSED = ("off_topic", "unanswered")  # kinds that no article answers
KINDS = (
    "name",
    "few_words",
    "wh",
    "who",
    "when",
    "where",
    "how_many",
    "why_how",
    "date",
    "acronym",
    "misspelt",
    "foreign",
    "furniture",
    *REFUSED,
)
MEASURES = ("first", "passage", "sentence", "kept", "refused", "furniture")

Query = dict[str, Any]
Outcome = dict[str, bool]


def queries(name: str, *, unseen: bool, file: str = "") -> list[Query]:
    """One half of the queries over the sample archive (``sample``) or the open collections (``open``), or those of a ``file`` over both."""
    path = QUERIES / f"{file or name}{'_unseen' if unseen else ''}.jsonl"
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
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


def options() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="the folder that has the open collections [default: only the sample archive]"
    )
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where the indexes are built [default: a temporary folder]")
    half = parser.add_mutually_exclusive_group()
    half.add_argument("--unseen", action="store_true", help="the half that is kept for the final figure")
    half.add_argument("--fresh", action="store_true", help="the later queries that are kept for a final figure")
    other = parser.add_mutually_exclusive_group()
    for name, content in SETS.items():
        other.add_argument(f"--{name}", action="store_true", help=f"{content}, or their unseen half")
    parser.add_argument("--model", help="of the indexes [default: what the program takes]")
    parser.add_argument("--show", action="store_true", help="print every query that fails")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    return parser


def main() -> None:
    parser = options()
    arguments = parser.parse_args()
    file = next((name for name in SETS if getattr(arguments, name)), "")
    if arguments.fresh and file:
        parser.error("--fresh is a set of its own: choose one")
    if file in WITH_REAL and not arguments.data:
        parser.error(f"--{file} needs --data: the folder that has the stories and pages")
    file = "fresh" if arguments.fresh else file
    unseen = arguments.unseen or arguments.fresh
    sources = {"sample": [ARTICLES]}
    if arguments.data:
        sources["open"] = [arguments.data / name / "corpus.jsonl" for name in COLLECTIONS]
        if missing := [path for path in sources["open"] if not path.is_file()]:
            parser.error(f"there is no {missing[0]}: expected the collections {', '.join(COLLECTIONS)} below --data")
    if file in WITH_REAL:
        real = [*sources["open"][:2], *sorted((arguments.data / PAGES).glob("*/source.html"))]
        sources = {"real": real} if file in ON_REAL else {"sample": sources["sample"], "real": real}
    kinds, outcomes, results = [], [], {}
    with TemporaryDirectory() as scratch:
        for name, paths in sources.items():
            asked = queries(name, unseen=unseen, file=file)
            mine = ask(build(paths, (arguments.work or Path(scratch)) / name, arguments.model), asked, show=arguments.show)
            results[name] = by_kind([query["kind"] for query in asked], mine)
            kinds += [query["kind"] for query in asked]
            outcomes += mine
    results["together"] = by_kind(kinds, outcomes)
    for name, table in results.items():
        print(f"\n{name:<12}{'queries':>8}" + "".join(f"{measure:>11}" for measure in MEASURES))
        for kind, row in table.items():
            print(
                f"{kind:<12}{row['queries']:>8}"
                + "".join(f"{row[measure]:>11.3f}" if measure in row else f"{'':>11}" for measure in MEASURES)
            )
    if arguments.json:
        there = json.loads(arguments.json.read_text(encoding="utf-8")) if arguments.json.exists() else {}
        half_name = "_".join(filter(None, [file, "unseen" if arguments.unseen else "" if file else "building"]))
        content = {**there, "machine": describe("numpy", "tokenizers"), half_name: results}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

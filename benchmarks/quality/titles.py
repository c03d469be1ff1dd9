"""Is the article first that has all words of a short query in its title, or side by side in its text, rather than scattered?

A query is one, two or three neighbouring words of an article's title, without stop words and words of three letters, each of them in other
articles too. One word must be in at most eight articles, and in no other title. Over the sample archive and, with ``--data``, over ntrex/en
and gum_wikinews in one index, below FOLDER. "first": the first hit, or a copy that is folded into it, has all words of the query in its
title; "kept": and it is called an answer. "headlines" are whole titles with an outlet's name behind, "fragments" three to six neighbouring
words of a sentence, two of them as above, which the first hit must contain. TITLED and PHRASED in newsdex.search.ranking.fusion were chosen
on every other article; ``--unseen`` asks for the others.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from everyday import archives, build
from script import parser_of, save, workplace

from newsdex import Article, Index
from newsdex.encoder import DEFAULT_MODEL
from newsdex.search.question.stopwords import STOPWORDS

LENGTHS = (1, 2, 3)
OUTLET = "The Guardian"
RARE = 8  # articles with the word of a query of one
LETTERS = 4
FRAGMENT = 3, 6  # words
TELLING = 2  # of them


def words_of(text: str) -> list[str]:
    """The words that a query may have, in order."""
    found = (word.casefold() for word in re.findall(r"[^\W\d_][\w\u2019'-]*", text))
    return [word for word in found if len(word) >= LETTERS and word not in STOPWORDS]


def queries(articles: Sequence[Article], *, unseen: bool) -> Iterator[tuple[str, str, set[str]]]:
    """Each query's kind, its text, and the ids of the articles whose titles have its words."""
    titles = {article.id: words_of(article.title) for article in articles}
    titled = Counter(word for words in titles.values() for word in set(words))
    there = Counter(word for article in articles for word in {*titles[article.id], *words_of(article.text)})
    for article in sorted(articles, key=lambda article: article.id)[unseen::2]:
        yield "headlines", f"{article.title} - {OUTLET}", {other.id for other in articles if other.title == article.title}
    for name in sorted(titles)[unseen::2]:
        words = [word for word in titles[name] if there[word] > 1]
        for length in LENGTHS:
            runs = [words[start : start + length] for start in range(len(words) - length + 1)]
            if length == 1:
                runs = [[word] for [word] in runs if titled[word] == 1 and there[word] <= RARE]
            if runs:
                run = runs[len(runs) // 2]
                yield f"{length} words", " ".join(run), {other for other, words in titles.items() if set(run) <= set(words)}
    texts = {article.id: " ".join(article.text.split()) for article in articles}
    for name in sorted(texts)[unseen::2]:
        if fragment := fragment_of(texts[name], Random(Path(name).name)):
            yield "fragments", fragment, {other for other, text in texts.items() if fragment in text}


def fragment_of(text: str, random: Random) -> str:
    """Neighbouring words of a sentence of ``text``; "" if too few of them tell anything."""
    words = random.choice(re.split(r"(?<=[.!?]) ", text)).split()
    length = random.randint(*FRAGMENT)
    start = random.randrange(max(1, len(words) - length))
    fragment = " ".join(words[start : start + length]).strip(".,;:!?\u2014\u2013-")
    return "" if len(words_of(fragment)) < TELLING or re.search(r"[^\w ,.'\u2019-]", fragment) else fragment


def judge(index: Index, query: str, right: set[str]) -> tuple[bool, bool]:
    """Whether the first hit is one of ``right``, and called an answer."""
    results = index.search(query, limit=1)
    first = bool(results) and not right.isdisjoint([results[0].article.id, *(copy.article_id for copy in results[0].also_in)])
    return first, first and results.answerable


def main() -> None:
    parser = parser_of(__doc__, "--data", "--work", "--unseen")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    half: dict[str, Any] = {}
    with workplace(arguments.work) as work:
        for archive, paths in archives(arguments.data).items():
            with Index.open(build(paths, work / archive, arguments.model)) as index:
                asked = list(queries(index.page_after(limit=index.manifest.articles) or [], unseen=arguments.unseen))
                judged = [(kind, *judge(index, query, right)) for kind, query, right in asked]
            for kind in dict.fromkeys(kind for kind, *_ in judged):
                some = [each for each in judged if each[0] == kind]
                half[f"{archive}, {kind}"] = {
                    "queries": len(some),
                    "first": sum(first for _, first, _ in some),
                    "kept": sum(kept for *_, kept in some),
                }
    print(json.dumps(half, indent=1))
    save(arguments.json, {"model": arguments.model, "unseen" if arguments.unseen else "tuning": half}, beside=True)


if __name__ == "__main__":
    main()

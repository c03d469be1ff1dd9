"""Questions from an archive's own titles: which article was it that had this headline?

A known-item search: each title is a question, and the articles that bear it are what should be found. The index puts the title before each
passage, so that the question would find itself; therefore the articles are indexed anew without their titles, and without the title at the
head of their text.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from newsdex.errors import UsageError
from newsdex.evaluation.collection import Collection, identifier, sample_of
from newsdex.output import as_unicode
from newsdex.records import Article
from newsdex.store.copies import Place, copies_of
from newsdex.store.snapshot import Snapshot
from newsdex.values import amount
from newsdex.words import Analyzer

FEWEST_TERMS = 3  # "Correction" or "Weather today" could be any article's


def from_titles(
    archive: Path, folder: Path, count: int | None = None, *, articles: int | None = None, characters: int | None = None
) -> Collection:
    """The known-item questions of the index in ``archive``, or ``count`` of them; the articles without their titles are written to
    ``folder``, all or a sample of so many ``articles``, each with its first ``characters``.

    The articles that bear a title answer it, and so do their copies under other titles.

    Raises UsageError when no title can be asked, and as Snapshot.open.
    """
    snapshot = Snapshot.open(archive)
    corpus = folder / "corpus.jsonl"
    titles: dict[str, str] = {}
    bearers: dict[str, list[Place]] = {}
    left_out: Counter[str] = Counter()
    places = sample_of(list(itertools.starmap(Place, snapshot.articles())), articles)
    with corpus.open("w", encoding="utf-8") as file:
        for place in places:
            article = snapshot.segments[place.segment].article(place.row)
            text = text_without_title(article)[:characters]
            file.write(json.dumps({"_id": _id_of(article.id), "text": text, "language": article.language}) + "\n")
            if reason := _unfit(article, text):
                left_out[reason] += 1
                continue
            key = " ".join(article.title.casefold().split())
            titles.setdefault(key, article.title)
            bearers.setdefault(key, []).append(place)
    remarks = [f"left out {amount(number, 'article')} {reason}" for reason, number in left_out.most_common()]
    if not titles:
        raise UsageError(f"no title in {archive} can be asked: {', '.join(remarks) or 'it has no articles'}")
    there = set(places)
    asked = {_id_at(snapshot, bearers[key][0]): key for key in sample_of(list(titles), count)}
    return Collection(
        name=f"{archive} by its titles",
        corpus=corpus,
        questions={question: titles[key] for question, key in asked.items()},
        grades={
            question: {_id_at(snapshot, place): 1 for place in _with_copies(snapshot, bearers[key]) if place in there}
            for question, key in asked.items()
        },
        remarks=tuple(remarks),
    )


def _with_copies(snapshot: Snapshot, places: Sequence[Place]) -> list[Place]:
    return list(dict.fromkeys([*places, *(copy.place for found in copies_of(snapshot, places) for copy in found)]))


def _id_at(snapshot: Snapshot, place: Place) -> str:
    return _id_of(snapshot.segments[place.segment].article_id(place.row))


def _id_of(article_id: str) -> str:
    """An article's id as it comes back when the corpus has been indexed."""
    return identifier(as_unicode(article_id))


def text_without_title(article: Article) -> str:
    """What is searched of ``article``, without its title where it begins with that: as a first line or a Markdown heading."""
    body = article.text[article.body.start : article.body.end]
    if not article.title:
        return body
    title = r"\s+".join(map(re.escape, article.title.split()))
    return re.sub(rf"\A[\s#]*{title}(?!\w)(?:[^\S\n]*#+)?\s*", "", body, count=1, flags=re.IGNORECASE)


def _unfit(article: Article, text: str) -> str:
    if not article.title:
        return "without a title"
    if not text.strip():
        return "that are nothing but a title"
    if len(set(Analyzer(article.language).terms(article.title))) < FEWEST_TERMS:
        return f"with a title of fewer than {FEWEST_TERMS} words"
    return ""

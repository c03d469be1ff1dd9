"""Questions from an archive's own titles, and ``newsdex doctor --quality``: how well an index finds its articles by them in each mode, and
the loss with int8. It is a known-item search: articles with that title are right. As a title precedes each embedded passage, articles are
indexed again without titles, also at the beginning of their text.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from newsdex.encoder import FULL, INT8
from newsdex.errors import ModelError, UsageError
from newsdex.evaluation.collection import Collection, identifier, sample_of
from newsdex.evaluation.evaluate import MEASURES, falling, index_corpus, measure, options_like
from newsdex.indexer.build import Progress
from newsdex.output import as_unicode
from newsdex.records import Article
from newsdex.search.index import Index
from newsdex.search.ranking.fusion import Mode
from newsdex.store.copies import Place, copies_of
from newsdex.store.snapshot import Snapshot
from newsdex.values import amount
from newsdex.words import Analyzer

FEWEST_TERMS = 3  # "Correction" or "Weather today" could be any article's
# What bounds the time, to a minute or two with the packaged models.
_ARTICLES, _CHARACTERS = 300, 6_000
_LIMIT = 10  # hits


def from_titles(
    archive: Path, folder: Path, count: int | None = None, *, articles: int | None = None, characters: int | None = None
) -> Collection:
    """The known-item questions of the index in ``archive``, or ``count`` of them, answered by articles of that title and their copies.
    Articles, or a sample of so many, are written to ``folder`` without titles, cut to ``characters``. Raises UsageError without a usable
    title, and as Snapshot.open.
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
        raise UsageError(f"no title in {archive} can be used as a question: {', '.join(remarks) or 'it has no articles'}")
    there = set(places)
    asked = {_id_at(snapshot, bearers[key][0]): key for key in sample_of(list(titles), count)}
    return Collection(
        name=f"{archive} by its titles",
        corpus=corpus,
        questions={question: titles[key] for question, key in asked.items()},
        grades={
            question: {
                _id_at(snapshot, place): 1
                for place in [*bearers[key], *(copy.place for found in copies_of(snapshot, bearers[key]) for copy in found)]
                if place in there
            }
            for question, key in asked.items()
        },
        remarks=tuple(remarks),
    )


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


def titles_quality(index_folder: Path, on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    """The quality of the index in ``index_folder``, by a sample of its articles that is the same each time, as JSON holds it.

    ``found`` has means over the questions, in [0, 1], for each mode in the index's own ``precision``, then in the other one, if any;
    ``recall_1`` is the fraction of questions whose first hit is right. ``articles`` were indexed without their titles. ``on_progress`` is
    called for each run. Raises UsageError if no title can be used as a question, and as Snapshot.open.
    """
    own = Snapshot.open(index_folder).manifest.model
    with TemporaryDirectory(prefix="newsdex-quality-") as temporary:
        collection = from_titles(index_folder, Path(temporary), articles=_ARTICLES, characters=_CHARACTERS)
        found: list[dict[str, Any]] = []
        remarks, counts = list(collection.remarks), (0, 0)
        for precision in (own.precision, INT8 if own.precision == FULL else FULL):
            folder = Path(temporary) / precision
            options = replace(options_like(index_folder, None, {}), precision=precision, on_progress=on_progress)
            try:
                index_corpus(collection, folder, options)
            except (ModelError, UsageError) as error:
                if precision == own.precision:
                    raise
                remarks.append(f"not measured in {precision}: {error}")
                continue
            with Index.open(folder) as index:
                manifest = index.asker().snapshot.manifest
                counts = counts if any(counts) else (manifest.articles, manifest.passages)
                found += [_found(index, collection, precision, mode) for mode in ("dense", "lexical", "hybrid")]
    return {
        "model": own.name,
        "precision": own.precision,
        "articles": counts[0],
        "passages": counts[1],
        "questions": len(collection.questions),
        "found": found,
        "remarks": remarks,
    }


def _found(index: Index, collection: Collection, precision: str, mode: Mode) -> dict[str, Any]:
    titles = list(collection.questions.values())
    # As newsdex eval asks: any article may be the one that is sought.
    answers = index.search_many(titles, mode=mode, limit=_LIMIT, collapse=False, read_dates=False, literal=True)
    rankings = {
        name: falling([(hit.article.id, hit.score) for hit in hits]) for name, hits in zip(collection.questions, answers, strict=True)
    }
    ndcg = measure(rankings, collection.grades)[:, list(MEASURES).index("nDCG@10")]
    first = [bool(ranking) and ranking[0][0] in collection.grades[name] for name, ranking in rankings.items()]
    measures = {"ndcg_10": round(float(ndcg.mean()), 4), "recall_1": round(sum(first) / len(first), 4)}
    return {"precision": precision, "mode": mode, **measures}

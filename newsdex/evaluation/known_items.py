"""Questions from an archive's own titles: which article was it that had this headline?

A known-item search: each title is a question, and the articles that bear it are what should be found. The index puts the title before each
passage, so that the question would find itself; therefore the articles are indexed anew without their titles, and without the title at the head
of their text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from newsdex.errors import UsageError
from newsdex.evaluation.collection import Collection, identifier
from newsdex.output import as_unicode
from newsdex.records import Article
from newsdex.store.snapshot import Snapshot
from newsdex.words import Analyzer

FEWEST_TERMS = 3  # "Correction" or "Weather today" could be any article's


def from_titles(archive: Path, folder: Path) -> Collection:
    """The known-item questions of the index in ``archive``; the articles without their titles are written to ``folder``.

    Raises UsageError when no title can be asked, and as Snapshot.open.
    """
    snapshot = Snapshot.open(archive)
    corpus = folder / "corpus.jsonl"
    questions: dict[str, str] = {}
    grades: dict[str, dict[str, int]] = {}
    first_with: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    with corpus.open("w", encoding="utf-8") as file:
        for number, row in snapshot.articles():
            article = snapshot.segments[number].article(row)
            text = text_without_title(article)
            article_id = identifier(as_unicode(article.id))
            file.write(json.dumps({"_id": article_id, "text": text, "language": article.language}) + "\n")
            if reason := _unfit(article, text):
                left_out[reason] += 1
                continue
            question = first_with.setdefault(" ".join(article.title.casefold().split()), article_id)
            questions.setdefault(question, article.title)
            grades.setdefault(question, {})[article_id] = 1
    remarks = [f"{count} articles {reason} are not asked for" for reason, count in left_out.most_common()]
    if not questions:
        raise UsageError(f"no title in {archive} can be asked: {', '.join(remarks) or 'it has no articles'}")
    return Collection(f"{archive} by its titles", corpus, questions, grades, tuple(remarks))


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

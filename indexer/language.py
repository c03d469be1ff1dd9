"""The language of an article: the declared one, unless the text is clearly in another; else the detected one (newsdex.indexer.detector).
And the default model of a new index, by the languages of its first articles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, ModelCard, speaks
from newsdex.engines import open_build_encoder
from newsdex.errors import ModelError
from newsdex.indexer.detector import letters_of, recognised
from newsdex.records import Article
from newsdex.values import amount

# Characters of the body that are looked at, with the title; more make it no surer.
_LOOK = 1500
# Letters in UTF-8 bytes: 40 of the Latin script, 20 of the Greek, 13 of the Chinese, whose letters tell more. On less, it is often wrong.
_LEAST_BYTES = 40
_LEAST_SCORE = 0.5
# The same where the source names another language: publishers write lang="en" on pages of any language.
_SURE_BYTES = 200
_SURE_SCORE = 0.8
# Languages nearer than this are close enough to stand for each other (langcodes.tag_distance, by the Unicode CLDR): Croatian and Bosnian.
_ONE = 10
_CODE = re.compile(r"[a-z]{2}")
# The share of articles from which on it is worth saying that the model does not speak their language, and taking one that does:
# docs/decisions/models.md has what either model finds where a tenth, a fifth and half of the articles are foreign.
_MANY = 0.1
# So many articles, or characters of them, are read before a model is chosen. Fewer articles than _FEW in languages that the default model
# does not speak are too few to decide by, unless they are more than half.
_ARTICLES = 256
_CHARACTERS = 1 << 22
_FEW = 5

_Item = TypeVar("_Item")


def with_language(article: Article) -> Article:
    """``article`` with the language that its source says, unless its text is surely in another; without any, with that of its text."""
    told = article.language
    found = _judged(article, _SURE_BYTES, _SURE_SCORE) if told else detect(article)
    return replace(article, language=found) if found and not (told and _are_one(told, found)) else article


@cache
def _are_one(told: str, found: str) -> bool:
    """Return whether two codes are of one language in effect, such as Norwegian and Bokmål, which the detector confuses."""
    from langcodes import tag_distance

    return tag_distance(told, found) < _ONE


def detect(article: Article) -> str:
    """The ISO 639-1 code of the language of the title and the beginning of the body, or empty where it cannot be told.

    >>> from pathlib import Path
    >>> from newsdex.records import Span
    >>> text = "Die Verhandlungen gehen am Montag in Genf weiter."
    >>> detect(Article("1", text, Path("1.txt"), "", body=Span(0, len(text))))
    'de'
    """
    return _judged(article, _LEAST_BYTES, _LEAST_SCORE)


def _judged(article: Article, least_bytes: int, least_score: float) -> str:
    body = article.text[article.body.start : min(article.body.end, article.body.start + _LOOK)]
    letters = letters_of(body if body.startswith(article.title) else f"{article.title} {body}")
    if len(letters.replace(" ", "").encode()) < least_bytes:
        return ""
    code, score = recognised(letters)
    return code if score >= least_score and _CODE.fullmatch(code) else ""


def unspoken(languages: Counter[str], model: ModelCard | str) -> Counter[str]:
    """Return the ``languages``, with their numbers of articles, that ``model`` does not support; none if they are rare."""
    found = Counter({language: count for language, count in languages.items() if not speaks(model, language)})
    return found if found.total() >= _MANY * max(1, languages.total()) else Counter()


def remark(found: Counter[str], model: str, rebuild: str) -> str:
    """Return a message on the articles ``found`` whose language ``model`` does not support; ``rebuild`` is the command for that index."""
    verb, they_are = ("is", "it is") if found.total() == 1 else ("are", "they are")
    where = "a language" if len(found) == 1 else "languages"
    return (
        f"{amount(found.total(), 'article')} {verb} in {where} that {model} does not support ({counted(found)}): {they_are} found by "
        f"keywords, hardly by meaning. To support them: {rebuild} --model {MULTILINGUAL_MODEL}"
    )


def counted(languages: Counter[str]) -> str:
    """The languages with their numbers of articles, the most frequent first.

    >>> counted(Counter({"de": 20, "en": 1203, "": 3}))
    'en 1,203, de 20, unknown 3'
    """
    ordered = sorted(languages.items(), key=lambda item: (not item[0], -item[1], item[0]))
    return ", ".join(f"{language or 'unknown'} {count:,}" for language, count in ordered)


def read_ahead(items: Iterator[_Item], article_of: Callable[[Any], Article | None] = itemgetter(0)) -> tuple[Counter[str], Iterator[_Item]]:
    """The languages of the first articles of ``items``, bounded, and all ``items``. ``article_of`` gives the article in an item."""
    first: list[_Item] = []
    languages = Counter[str]()
    left = _CHARACTERS
    for item in items:
        first.append(item)
        if article := article_of(item):
            languages[with_language(article).language] += 1
            left -= len(article.text)
        if left <= 0 or languages.total() >= _ARTICLES:
            break
    return languages, chain(first, items)


def choose(languages: Counter[str], precision: str, rebuild: str) -> tuple[Encoder, str]:
    """Open the model for a new index whose first articles are in ``languages``; also return a message on why it was chosen and how to
    choose another, by the command ``rebuild``. If the multilingual model cannot be opened, the default one is used. Raises ModelError if
    that is missing.
    """
    foreign = unspoken(languages, DEFAULT_MODEL)
    missing = ""
    if foreign.total() >= _FEW or foreign.total() * 2 > languages.total():
        found = f"{foreign.total()} of the first {languages.total()} articles are not in English ({counted(foreign)})"
        try:
            encoder = open_build_encoder(MULTILINGUAL_MODEL, precision)
        except ModelError as error:
            missing = f". {found}, but {error}"
        else:
            return encoder, f"the model is {MULTILINGUAL_MODEL}: {found}. For another: {rebuild} --model {DEFAULT_MODEL}"
    encoder = open_build_encoder(DEFAULT_MODEL, precision)
    return (
        encoder,
        f"the model is {DEFAULT_MODEL}, which speaks English. For another: {rebuild} --model {MULTILINGUAL_MODEL}{missing}",
    )

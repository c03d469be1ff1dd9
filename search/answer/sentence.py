"""Choose the sentence of an article that answers the question best.

*Match features*: each word of the question is compared with every token of a sentence by the model's input embeddings. The closest token
counts, and rare words weigh more: the late interaction of ColBERT (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832) without a
forward pass. *Answer features*: whether the sentence has what the question asks for (question.py). Vectors of whole sentences hardly help:
docs/decisions/answer-sentence.md. In the first article, newsdex.engines.reader chooses among the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import products
from newsdex.encoder import Tokens, Vectors
from newsdex.records import Article
from newsdex.search.answer import mentions
from newsdex.search.answer.mentions import is_statement, leaves_answer_to
from newsdex.search.answer.question import Question, has_holder, has_place, has_reason, has_somebody, is_of_others, says_when
from newsdex.search.question.terms import other_forms

Scores: TypeAlias = NDArray[np.float64]


class Features(NamedTuple):
    """The features of a sentence, or their ``WEIGHTS`` in natural log odds.

    - ``likeness``: the weighted share of the question's words that it has
    - ``before``: what the sentence before it adds to that share, AFTER_QUESTION times if that one is a question or announces a quotation
    - ``passage``: the score of its passage minus that of the article's best passage; half of it if a number is asked for
    - ``place``: the logarithm of its distance from the article's beginning times the share of the query that the title has, because other
      words ask for more than the beginning says; 0 if the query has a question word
    - ``lead``: it is the article's first statement, and the query has a question word and so asks for more than the topic
    - ``no_statement``: it is a heading, a question or a fragment; or it says that something is not known, and the query has a question word
    - ``other_year``: it has years, but none that the question names; or it is of an ``earlier`` case, or begins with a year, as a list of
      such cases does, the question names none, and asks for a number or has no question word
    - ``who``, ``when``, ``where``, ``why``, ``number``: it has the kind of thing that the question asks for; a year alone counts less as
      a time. Without a question word, ``who`` is somebody beside a word of the query: "Lakers coach"
    - ``explains``: it says what the thing, or who the person, is that the question wants explained
    - ``unit``, ``counted``: its number is in the unit, or of the thing, that the question asks for
    - ``others``: it speaks of others than the question: of a predecessor or of somebody outgoing, and the question asks who and does not;
      or of men where it asks about women
    """

    likeness: float = 0.0
    before: float = 0.0
    passage: float = 0.0
    place: float = 0.0
    lead: float = 0.0
    no_statement: float = 0.0
    other_year: float = 0.0
    who: float = 0.0
    number: float = 0.0
    unit: float = 0.0
    counted: float = 0.0
    when: float = 0.0
    where: float = 0.0
    why: float = 0.0
    others: float = 0.0
    explains: float = 0.0


# Fitted on questions with marked answers by benchmarks/quality/answer_weights.py. ``no_statement`` is set by hand, because the data has too
# few headings and questions, which are never an answer, ``others`` and ``explains``, because it has too few or none of these, ``where``,
# because .8, which fits those questions, is too little for news: sentences that repeat the question beat the one with the place, and
# ``passage``, because 3.8 hides answers in an article's second passage.
WEIGHTS = Features(8.2, 2.0, 3.0, -1.4, -0.5, -4.0, -2.1, 1.7, 2.0, 3.6, 1.5, 2.2, 2.0, 2.0, -2.0, 3.0)


class ArticleWeights(NamedTuple):
    """Weights, in natural log odds, for ranking articles by their sentences: of the best sentence's ``score``, and of the shares of the
    question that this ``sentence`` has together with the title, and that all sentences have. Fitted: docs/decisions/ranking.md.
    """

    score: float = 0.4
    sentence: float = 1.0
    article: float = 1.2


ARTICLE_WEIGHTS = ArticleWeights()

# Factors for the weight of a name, because later sentences say "he" or "the group", and of a word that the title has too.
NAME = 0.6
TITLE = 0.5
# Factor for the score of the passage if a number is asked for: the counted thing identifies the sentence.
OF_NUMBERS = 0.5
# Factor for the number in a sentence that names a year, if the question names none.
OF_A_YEAR = 0.75
# The share of the question from which a sentence's answer features count in full, and below in proportion: the time in "07:00 Good morning"
# answers nothing.
FULL_FROM = 0.1
# The cosine from which two tokens count as the same word, and that of unrelated tokens.
_SAME = 0.9
_UNLIKE = 0.3
# The weight of tokens that occur in any text.
_COMMON = 4.0
# Articles put a question and answer it: "Why was it closed? Rust had eaten the cables."
AFTER_QUESTION = 3.5
# The last month of a year in which articles are about events of the year before.
_RECENT = 3
# How many sentences begin an article.
_BEGINNING = 3
# The distance from the article's beginning, in sentences, from which ``place`` is constant.
_FAR = 8
# Sentences whose answer features are computed at once. It only affects speed.
_AT_ONCE = 4
# Non-breaking spaces, which French and Spanish put between a number and its unit.
_SPACES = {0xA0: " ", 0x202F: " "}
# More than the rounding of ``best_of``, so that sentences with equal scores are all scored.
_EQUAL = 2e-6
# The answer features that count in full only from FULL_FROM on, and the tests for all kinds of answers but numbers.
_ANSWER_FEATURES = frozenset({"who", "number", "unit", "counted", "when", "where", "why", "explains"})
_ANSWER_TESTS = {"who": has_somebody, "when": says_when, "where": has_place, "why": has_reason}
_COLUMNS = {name: column for column, name in enumerate(Features._fields)}
_LIKENESS, _BEFORE, _PASSAGE, _PLACE, _LEAD = (_COLUMNS[name] for name in ("likeness", "before", "passage", "place", "lead"))


class Sentence(NamedTuple):
    """A candidate: its text, the score of its passage minus that of the article's best one, its ``start`` in the article, its distance in
    sentences from the article's first statement, and whether it tells of an ``earlier`` case than the one asked about.
    """

    text: str
    passage: float = 0.0
    start: int = 0
    place: int = 0
    earlier: bool = False


def with_earlier(question: Question, sentences: list[Sentence], article: Article) -> list[Sentence]:
    """Mark the ``sentences`` of ``article`` on an ``earlier`` event, if the question asks for the casualties of one and the article's title
    or beginning has their number: the sentence's years are all before the event, and its words of the question are in the title or
    beginning too.
    """
    if not (article.published and question.asks_toll):
        return sentences
    own = [article.title, *(each.text for each in sentences if each.place < _BEGINNING)]
    if not any(mentions.numbers_beside(text, words) for text in own for words in question.quantity.casualties):
        return sentences
    # In the first months of a year, the event may have been in the year before
    day = article.published.earliest
    year = day.year - (day.month <= _RECENT)
    elsewhere = question.stems - question.stems_in(own) - question.toll_stems

    def is_earlier(each: Sentence) -> bool:
        return each.place > 0 and mentions.is_of_earlier_years(each.text, year) and elsewhere.isdisjoint(question.stems_in([each.text]))

    return [each._replace(earlier=is_earlier(each)) for each in sentences]


def closest(tokens: Tokens, count: int = 1) -> Vectors:
    """The highest cosine of each text after the first ``count`` with each token of those: float32, (texts - count, their tokens)."""
    first = tokens.ends[count - 1] if count else 0
    asked, rest, ends = tokens.places[:first], tokens.places[first:], np.concatenate([[0], tokens.ends[count:] - first])
    found = np.zeros((len(ends) - 1, len(asked)), np.float32)
    some = ends[1:] > ends[:-1]
    if len(asked) and len(rest):
        cosines = products(tokens.vectors, tokens.vectors[asked])  # (u, q)
        found[some] = np.maximum.reduceat(cosines[rest], ends[:-1][some])
    return found


def with_forms(
    cosines: Vectors, words: Sequence[str], asked: QueryTokens, texts: Sequence[str], terms: Callable[[str], Sequence[str]]
) -> Vectors:
    """Set the ``cosines``, (texts, tokens), to 1 where a text has another form of a word: "met", "meet". ``terms`` stems texts."""
    if not words or not texts:
        return cosines
    stems = _stems(tuple(words), terms)
    wanted = frozenset().union(*stems)
    same = [[not stem.isdisjoint(found) for stem in stems] for found in (wanted.intersection(terms(text)) for text in texts)]
    return np.where(np.array(same, np.bool_)[:, asked.words], np.float32(1), cosines)


@lru_cache(maxsize=64)  # asked for every article that is shown
def _stems(words: tuple[str, ...], terms: Callable[[str], Sequence[str]]) -> list[frozenset[str]]:
    return [frozenset(terms(" ".join((word, *other_forms(word))))) for word in words]


class QueryTokens(NamedTuple):
    """The tokens of a question's words: their ``weights``, float32, (tokens,), and the index of each one's word, (tokens,)."""

    weights: Vectors
    words: NDArray[np.intp]

    @classmethod
    def of(cls, tokens: Tokens, count: int) -> QueryTokens:
        """The tokens of the first ``count`` texts, each a word. Common tokens weigh 0 if there are others."""
        ends = tokens.ends[:count]
        weights = tokens.weights[tokens.places[: ends[-1] if count else 0]]
        rare = np.maximum(weights - np.float32(_COMMON), 0)
        return cls(rare if rare.any() else weights, np.repeat(np.arange(count), np.diff(ends, prepend=0)))


def features_of(question: Question, asked: QueryTokens, sentences: Sequence[Sentence], cosines: Vectors, title: Vectors) -> Scores:
    """The features of each of an article's ``sentences``, float64, (sentences, features). ``cosines``, (sentences, tokens), and ``title``,
    (tokens,), are the highest cosines of the sentences and of the title with the question's tokens.
    """
    matched = _match_features(question, asked, sentences, cosines, title)
    return matched + _answer_features(question, sentences, matched)


def sentence_scores(
    question: Question,
    asked: QueryTokens,
    sentences: Sequence[Sentence],
    cosines: Vectors,
    title: Vectors,
    boosts: Scores,
    *,
    wanted: int = 1,
) -> Scores:
    """The score of each sentence with ``boosts`` added, float64, (sentences,); -inf if it was skipped, because it cannot be among the
    ``wanted`` best. Other arguments are as in ``features_of``.
    """
    matched = _match_features(question, asked, sentences, cosines, title)
    upper = points(matched) + boosts + _most_answer_score(question) * _answer_factor(matched)
    order = np.argsort(-upper, kind="stable")
    scores, least = np.full(len(sentences), -np.inf), -np.inf
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        if upper[some[0]] < least:
            break
        read = matched[some]
        scores[some] = points(read + _answer_features(question, [sentences[place] for place in some], read)) + boosts[some]
        least = np.sort(scores)[-min(wanted, len(scores))] - _EQUAL
    return scores


def article_odds(scores: Scores, asked: QueryTokens, cosines: Vectors, title: Vectors) -> float:
    """How well an article's sentences answer, in natural log odds. ``scores``: (sentences,); the rest is as in ``features_of``."""
    best = best_of(scores)
    weights = asked.weights / max(float(asked.weights.sum()), 1e-9)
    here, everywhere = np.maximum(cosines[best], title), cosines.max(axis=0)
    shares = ARTICLE_WEIGHTS.sentence * _shares(here) + ARTICLE_WEIGHTS.article * _shares(everywhere)
    odds = ARTICLE_WEIGHTS.score * scores[best] + float(shares @ weights)
    return odds if math.isfinite(odds) else 0.0


def points(features: Scores) -> Scores:
    """The score of each sentence, float64, (sentences,), from its ``features``."""
    return np.asarray(features @ np.array(WEIGHTS), np.float64)


def token_weights(cosines: Vectors, title: Vectors, weights: Vectors, names: NDArray[np.bool_]) -> Vectors:
    """The final weight of each token of the question, float32, (tokens,). They add up to 1 if no token is a name or in the title.

    A token weighs more the fewer sentences have it by its ``cosines``, (sentences, tokens), and less if it is in the ``title``,
    (tokens,), or part of a name: a sentence should answer the question rather than repeat it.
    """
    having = (cosines >= _SAME).sum(axis=0)
    counted = weights * (1 + np.log((1 + len(cosines)) / (1 + having)))
    return np.asarray(counted * np.where(title >= _SAME, TITLE, 1) * np.where(names, NAME, 1) / max(float(counted.sum()), 1e-9), np.float32)


def likeness(cosines: Vectors, counted: Vectors, order: Sequence[int]) -> tuple[Vectors, Vectors]:
    """The share of the question that each sentence has, float32, (sentences,), and what the sentence before it in ``order`` adds to it.
    ``cosines``: (sentences, tokens); ``counted``: the tokens' weights, (tokens,).
    """
    shares = _shares(cosines)
    both = shares.copy()
    both[order[1:]] = np.maximum(shares[order[1:]], shares[order[:-1]])
    alike, more = (np.einsum("tq,q->t", each, counted) for each in (shares, both))
    return alike, more - alike


def _shares(cosines: Vectors) -> Vectors:
    """How far tokens with these ``cosines`` are the same word, in [0, 1], linearly from _UNLIKE to _SAME."""
    shares: Vectors = (cosines - np.float32(_UNLIKE)) / np.float32(_SAME - _UNLIKE)
    np.minimum(np.maximum(shares, 0, out=shares), 1, out=shares)
    return shares


def _order(sentences: Sequence[Sentence]) -> list[int]:
    starts = [each.start for each in sentences]
    return sorted(range(len(starts)), key=starts.__getitem__)


def _are_names(question: Question, asked: QueryTokens, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Which tokens belong to a word that is capitalised in the middle of a sentence."""
    names = {name.casefold() for text in texts for name in mentions.name_within().findall(text)}
    return np.array([word.casefold() in names for word in question.words], np.bool_)[asked.words]


def _match_features(question: Question, asked: QueryTokens, sentences: Sequence[Sentence], cosines: Vectors, title: Vectors) -> Scores:
    """The match features, float64, (sentences, features), with 0 for the answer features."""
    texts = [each.text for each in sentences]
    names = _are_names(question, asked, texts)
    weights = asked.weights * ~np.isin(asked.words, question.anybody) if question.anybody else asked.weights
    order = _order(sentences)
    alike, before = likeness(cosines, token_weights(cosines, title, weights, names), order)
    behind = (
        sentences[second].place == sentences[first].place + 1 and leaves_answer_to(texts[first], texts[second])
        for first, second in pairwise(order)
    )
    before[order[1:]] *= [AFTER_QUESTION if each else 1 for each in behind]
    values = np.zeros((len(sentences), len(WEIGHTS)))
    values[:, _LIKENESS], values[:, _BEFORE] = alike, before
    values[:, _PASSAGE] = [each.passage * (OF_NUMBERS if question.kind.number else 1) for each in sentences]
    if question.asks:
        values[:, _LEAD] = [not each.place for each in sentences]
    else:
        # The share of the query that the title has
        titled = float(asked.weights[title >= _SAME].sum() / max(asked.weights.sum(), 1e-9))
        values[:, _PLACE] = titled * np.log1p([min(each.place, _FAR) for each in sentences])
    return values


def _answer_features(question: Question, sentences: Sequence[Sentence], matched: Scores) -> Scores:
    """The answer features of ``sentences``, as far as the question asks for them, with 0 for others. ``matched``: their match features."""
    kind, quantity, texts = question.kind, question.quantity, [each.text.translate(_SPACES) for each in sentences]
    values = np.zeros((len(texts), len(WEIGHTS)))
    columns: dict[str, Sequence[float]] = {
        "no_statement": [not is_statement(text) or mentions.is_untold(text, question.asking_words) for text in texts]
    }
    if not question.asks:
        columns["who"] = [has_holder(text, question) for text in texts]
    columns |= _year_features(question, sentences, texts)
    if kind.number:
        columns |= _number_features(question, texts)
    if quantity.units:
        columns["unit"] = [quantity.has_unit(text) for text in texts]
    present = kind.who and not mentions.predecessor().search(question.text)
    if present or question.excluding:
        columns["others"] = [
            (present and mentions.predecessor().search(text) is not None) or is_of_others(text, question) for text in texts
        ]
    if question.thing:
        columns["explains"] = [mentions.explains(text, question.thing) for text in texts]
    for name, tells in _ANSWER_TESTS.items():
        if getattr(kind, name):
            columns[name] = [tells(text, question) for text in texts]
    shares = _answer_factor(matched).tolist()
    for name, column in columns.items():
        asked_for = name in _ANSWER_FEATURES
        values[:, _COLUMNS[name]] = [value * share for value, share in zip(column, shares, strict=True)] if asked_for else column
    return values


def _year_features(question: Question, sentences: Sequence[Sentence], texts: Sequence[str]) -> dict[str, Sequence[float]]:
    """Whether each of ``sentences`` tells of another year than the question, where that counts."""
    if question.period is not None:
        return {"other_year": [mentions.is_of_other_years(text, question.period) for text in texts]}
    if (question.kind.number or not question.asks) and not any(map(mentions.is_year, question.words)):
        return {"other_year": [each.earlier or mentions.begins_with_year(each.text) for each in sentences]}
    return {}


def _number_features(question: Question, texts: Sequence[str]) -> dict[str, Sequence[float]]:
    """Whether each of ``texts`` has a number that may be asked for, and of the thing that is counted."""
    quantity = question.quantity
    counting = [quantity.counting(text) for text in texts]
    # A sentence that names a year mostly tells of an earlier case
    asked = mentions.year().search(question.text) is not None
    dated = [not asked and mentions.year().search(text) is not None for text in texts]
    told = [quantity.is_told(each) * (OF_A_YEAR if earlier else 1) for each, earlier in zip(counting, dated, strict=True)]
    return {"number": told, "counted": [quantity.is_counted(each) for each in counting]}


def _answer_factor(matched: Scores) -> Scores:
    """The factor of each sentence's answer features, by its match features: float64, (sentences,), in [0, 1]."""
    return np.minimum((matched[:, _LIKENESS] + matched[:, _BEFORE]) / FULL_FROM, 1)


def _most_answer_score(question: Question) -> float:
    """An upper bound of what answer features add to a sentence's score."""
    kind, weights = question.kind, WEIGHTS
    # As in ``_answer_features``: only these may find somebody
    who = not question.names_person if kind.who else not question.asks and question.has_attribute
    most = weights.who * who + weights.when * kind.when + weights.where * kind.where + weights.why * kind.why
    most += (weights.number + weights.counted) * kind.number + weights.unit * bool(question.quantity.units)
    return most + weights.explains * bool(question.thing)


def best_of(scores: Vectors | Scores) -> int:
    """The index of the largest score, the first of equals."""
    return int(scores.round(6).argmax())

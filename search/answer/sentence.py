"""Choose the sentence of an article that answers the question best.

Each word of the question is compared with every token of a sentence by the model's input embeddings. The closest token counts, and rare
words weigh more: the late interaction of ColBERT (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832) without a forward pass. The
second kind of feature is whether the sentence tells what the question asks for (question.py). Vectors of whole sentences were measured and
hardly help: docs/decisions/answer-sentence.md. In the first article, newsdex.engines.reader chooses among the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from newsdex.arrays import products
from newsdex.encoder import Tokens, Vectors
from newsdex.records import Article
from newsdex.search.answer import mentions
from newsdex.search.answer.mentions import is_statement, leaves_answer_to
from newsdex.search.answer.question import Question, has_holder, has_place, has_reason, has_somebody, is_of_others, says_when
from newsdex.search.question.terms import other_forms


class Evidence(NamedTuple):
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
WEIGHTS = Evidence(8.2, 2.0, 3.0, -1.4, -0.5, -4.0, -2.1, 1.7, 2.0, 3.6, 1.5, 2.2, 2.0, 2.0, -2.0, 3.0)


class Told(NamedTuple):
    """Weights, in natural log odds, of what an article's best sentence says for the article: its ``score``, and the shares of the question
    that the ``sentence`` has together with the title, and that all the article's sentences have. Fitted: docs/decisions/ranking.md.
    """

    score: float = 0.4
    sentence: float = 1.0
    article: float = 1.2


TOLD = Told()

# Factors for the weight of a name, because later sentences say "he" or "the group", and of a word that the title has too.
NAME = 0.6
TITLE = 0.5
# The points of passages count less where a number is asked for: what is counted tells the sentence.
OF_NUMBERS = 0.5
# What the number in a sentence that names a year counts, if the question names none.
OF_A_YEAR = 0.75
# The share of the question from which a sentence's person, number, time, place or reason counts in full; below, in proportion: that of
# "07:00 Good morning" is of nothing that was asked.
TOLD_FROM = 0.1
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
# How many sentences are read at once: reading one costs time, and so does each step. It changes no choice.
_AT_ONCE = 4
# French and Spanish have them between a number and its unit.
_SPACES = {0xA0: " ", 0x202F: " "}
# More than scores can differ that ``best_of`` takes for equal, so that none of these is left unread.
_EQUAL = 2e-6
# Features that count in full only from TOLD_FROM on, and whether a sentence tells a thing of each kind but numbers.
_ASKED_FOR = frozenset({"who", "number", "unit", "counted", "when", "where", "why", "explains"})
_TELLING = {"who": has_somebody, "when": says_when, "where": has_place, "why": has_reason}
_COLUMNS = {name: column for column, name in enumerate(Evidence._fields)}
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
    """The ``sentences`` of ``article``, with those that tell of an ``earlier`` event, if the question asks for the casualties of one: their
    years are all before that of the event, the article's title or beginning numbers such casualties, and they have no word of the question
    that is not there.
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


def with_forms(found: Vectors, words: Sequence[str], asked: Asked, texts: Sequence[str], terms: Callable[[str], Sequence[str]]) -> Vectors:
    """Set the cosines ``found``, (texts, tokens), to 1 where a text has another form of a word: "met", "meet". ``terms`` stems texts."""
    if not words or not texts:
        return found
    stems = _stems(tuple(words), terms)
    wanted = frozenset().union(*stems)
    same = [[not stem.isdisjoint(there) for stem in stems] for there in (wanted.intersection(terms(text)) for text in texts)]
    return np.where(np.array(same, np.bool_)[:, asked.words], np.float32(1), found)


@lru_cache(maxsize=64)  # asked for every article that is shown
def _stems(words: tuple[str, ...], terms: Callable[[str], Sequence[str]]) -> list[frozenset[str]]:
    return [frozenset(terms(" ".join((word, *other_forms(word))))) for word in words]


class Asked(NamedTuple):
    """The tokens of a question's words: their ``weights``, float32, (tokens,), and the index of each one's word, (tokens,)."""

    weights: Vectors
    words: NDArray[np.intp]

    @classmethod
    def of(cls, tokens: Tokens, count: int) -> Asked:
        """The tokens of the first ``count`` texts, each a word. Common tokens weigh 0 if there are others."""
        ends = tokens.ends[:count]
        weights = tokens.weights[tokens.places[: ends[-1] if count else 0]]
        rare = np.maximum(weights - np.float32(_COMMON), 0)
        return cls(rare if rare.any() else weights, np.repeat(np.arange(count), np.diff(ends, prepend=0)))


def evidence(question: Question, asked: Asked, sentences: Sequence[Sentence], found: Vectors, title: Vectors) -> NDArray[np.float64]:
    """The features of each of an article's ``sentences``, float64, (sentences, features). ``found``, (sentences, tokens), and ``title``,
    (tokens,), are the highest cosines of the sentences and of the title with the question's tokens.
    """
    placed = _placed(question, asked, sentences, found, title)
    return placed + _told(question, sentences, placed)


def best_points(
    question: Question,
    asked: Asked,
    sentences: Sequence[Sentence],
    found: Vectors,
    title: Vectors,
    more: NDArray[np.float64],
    *,
    wanted: int = 1,
) -> NDArray[np.float64]:
    """The score of each sentence, float64, (sentences,), with ``more`` added, (sentences,); -inf if it was skipped, because it cannot be
    among the best ``wanted``. The others are as in ``evidence``.
    """
    placed = _placed(question, asked, sentences, found, title)
    most = points(placed) + more + _most_told(question) * _asked_share(placed)
    order = np.argsort(-most, kind="stable")
    scores, least = np.full(len(sentences), -np.inf), -np.inf
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        if most[some[0]] < least:
            break
        read = placed[some]
        scores[some] = points(read + _told(question, [sentences[place] for place in some], read)) + more[some]
        least = np.sort(scores)[-min(wanted, len(scores))] - _EQUAL
    return scores


def told_odds(scores: NDArray[np.float64], asked: Asked, found: Vectors, title: Vectors) -> float:
    """How well an article's best sentence answers, in natural log odds. ``scores``: (sentences,); the rest is as in ``evidence``."""
    best = best_of(scores)
    weights = asked.weights / max(float(asked.weights.sum()), 1e-9)
    here, everywhere = np.maximum(found[best], title), found.max(axis=0)
    told = TOLD.score * scores[best] + float((TOLD.sentence * _shares(here) + TOLD.article * _shares(everywhere)) @ weights)
    return told if math.isfinite(told) else 0.0


def points(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of each sentence, float64, (sentences,), from its features ``found``."""
    return np.asarray(found @ np.array(WEIGHTS), np.float64)


def counted_weights(found: Vectors, title: Vectors, weights: Vectors, names: NDArray[np.bool_]) -> Vectors:
    """The final weight of each token of the question, float32, (tokens,). They add up to 1 if no token is a name or in the title.

    A token weighs more the fewer sentences have it by their cosines ``found``, (sentences, tokens), and less if it is in the ``title``,
    (tokens,), or part of a name: a sentence should answer the question rather than repeat it.
    """
    having = (found >= _SAME).sum(axis=0)
    counted = weights * (1 + np.log((1 + len(found)) / (1 + having)))
    return np.asarray(counted * np.where(title >= _SAME, TITLE, 1) * np.where(names, NAME, 1) / max(float(counted.sum()), 1e-9), np.float32)


def likeness(found: Vectors, counted: Vectors, order: Sequence[int]) -> tuple[Vectors, Vectors]:
    """The share of the question that each sentence has, float32, (sentences,), and what the sentence before it in ``order`` adds to it.
    ``found``, (sentences, tokens), has cosines, ``counted`` the tokens' weights.
    """
    shares = _shares(found)
    both = shares.copy()
    both[order[1:]] = np.maximum(shares[order[1:]], shares[order[:-1]])
    alike, more = (np.einsum("tq,q->t", each, counted) for each in (shares, both))
    return alike, more - alike


def _shares(cosines: Vectors) -> Vectors:
    """How far tokens with these ``cosines`` are the same word, in [0, 1]."""
    shares: Vectors = (cosines - np.float32(_UNLIKE)) / np.float32(_SAME - _UNLIKE)
    np.minimum(np.maximum(shares, 0, out=shares), 1, out=shares)
    return shares


def _order(sentences: Sequence[Sentence]) -> list[int]:
    starts = [each.start for each in sentences]
    return sorted(range(len(starts)), key=starts.__getitem__)


def _are_names(question: Question, asked: Asked, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Which tokens belong to a word that is capitalised in the middle of a sentence."""
    names = {name.casefold() for text in texts for name in mentions.name_within().findall(text)}
    return np.array([word.casefold() in names for word in question.words], np.bool_)[asked.words]


def _placed(question: Question, asked: Asked, sentences: Sequence[Sentence], found: Vectors, title: Vectors) -> NDArray[np.float64]:
    """The features that do not depend on what a sentence tells, float64, (sentences, features), with 0 for the others."""
    texts = [each.text for each in sentences]
    names = _are_names(question, asked, texts)
    weights = asked.weights * ~np.isin(asked.words, question.anybody) if question.anybody else asked.weights
    order = _order(sentences)
    alike, before = likeness(found, counted_weights(found, title, weights, names), order)
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


def _told(question: Question, sentences: Sequence[Sentence], placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The features that depend on what ``sentences`` tell, as far as that is asked for; else 0. ``placed``: their other features."""
    kind, quantity, texts = question.kind, question.quantity, [each.text.translate(_SPACES) for each in sentences]
    values = np.zeros((len(texts), len(WEIGHTS)))
    found: dict[str, Sequence[float]] = {
        "no_statement": [not is_statement(text) or mentions.is_untold(text, question.asking_words) for text in texts]
    }
    if not question.asks:
        found["who"] = [has_holder(text, question) for text in texts]
    found |= _other_years(question, sentences, texts)
    if kind.number:
        found |= _numbers_told(question, texts)
    if quantity.units:
        found["unit"] = [quantity.has_unit(text) for text in texts]
    present = kind.who and not mentions.predecessor().search(question.text)
    if present or question.excluding:
        found["others"] = [(present and mentions.predecessor().search(text) is not None) or is_of_others(text, question) for text in texts]
    if question.thing:
        found["explains"] = [mentions.explains(text, question.thing) for text in texts]
    for name, tells in _TELLING.items():
        if getattr(kind, name):
            found[name] = [tells(text, question) for text in texts]
    shares = _asked_share(placed).tolist()
    for name, column in found.items():
        asked_for = name in _ASKED_FOR
        values[:, _COLUMNS[name]] = [value * share for value, share in zip(column, shares, strict=True)] if asked_for else column
    return values


def _other_years(question: Question, sentences: Sequence[Sentence], texts: Sequence[str]) -> dict[str, Sequence[float]]:
    """Whether each of ``sentences`` tells of another year than the question, where that counts."""
    if question.period is not None:
        return {"other_year": [mentions.is_of_other_years(text, question.period) for text in texts]}
    if (question.kind.number or not question.asks) and not any(map(mentions.is_year, question.words)):
        return {"other_year": [each.earlier or mentions.begins_with_year(each.text) for each in sentences]}
    return {}


def _numbers_told(question: Question, texts: Sequence[str]) -> dict[str, Sequence[float]]:
    """Whether each of ``texts`` has a number that may be asked for, and of the thing that is counted."""
    quantity = question.quantity
    counting = [quantity.counting(text) for text in texts]
    # A sentence that names a year mostly tells of an earlier case
    asked = mentions.year().search(question.text) is not None
    dated = [not asked and mentions.year().search(text) is not None for text in texts]
    told = [quantity.is_told(each) * (OF_A_YEAR if earlier else 1) for each, earlier in zip(counting, dated, strict=True)]
    return {"number": told, "counted": [quantity.is_counted(each) for each in counting]}


def _asked_share(placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far what each sentence tells counts, by its features ``placed``: float64, (sentences,), in [0, 1]."""
    return np.minimum((placed[:, _LIKENESS] + placed[:, _BEFORE]) / TOLD_FROM, 1)


def _most_told(question: Question) -> float:
    """The most that what a sentence tells can add to its score, if it counts in full."""
    kind = question.kind
    when, where, why = kind.when, kind.where, kind.why
    # As in ``_told``: only these may find somebody
    who = not question.names_person if kind.who else not question.asks and question.has_attribute
    return (
        WEIGHTS.who * who
        + WEIGHTS.when * when
        + WEIGHTS.where * where
        + WEIGHTS.why * why
        + (WEIGHTS.number + WEIGHTS.counted) * kind.number
        + WEIGHTS.unit * bool(question.quantity.units)
        + WEIGHTS.explains * bool(question.thing)
    )


def best_of(scores: Vectors | NDArray[np.float64]) -> int:
    """The index of the largest score, the first of equals."""
    return int(scores.round(6).argmax())

"""Explain a score: its parts, whose points add up to the points of the score, each with a sentence for the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from newsdex.encoder import RELATED, UNRELATED, ModelCard, speaks
from newsdex.records import Article, Part, Passage
from newsdex.search.question.terms import analyzer, is_written, languages_of, texts_of
from newsdex.search.ranking.candidates import Candidates, Ranked, Search
from newsdex.search.ranking.fusion import CALIBRATIONS, NAMELESS, YEARLESS, is_native, points_for
from newsdex.search.ranking.lexical import QueryWord, QueryWords
from newsdex.search.request import Request
from newsdex.store.snapshot import Snapshot
from newsdex.words import unlinked

_LIMITS = (
    (NAMELESS, "the article lacks a name in the question, or has only its names"),
    (YEARLESS, "the article lacks a year in the question, or the question is small talk"),
)
_EQUAL = 1e-4  # points
_NAMED = 6  # words that are named; of a longer question those that tell most


def parts_of(
    snapshot: Snapshot,
    model: ModelCard,
    request: Request,
    search: Search,
    found: Candidates,
    best: Ranked,
    shown: Passage | None,
    copies: int,
    shift: float,
) -> Iterator[Part]:
    """The parts of the score of ``best``, an article of the candidates ``found``. ``shown`` is the passage shown, None if it is of a copy,
    whose offsets are others; ``shift`` is what a reader adds, in natural log odds. Raises IndexDamaged.
    """
    place, segment = best.candidates[0], snapshot.segments[best.segment]
    article = segment.article(best.row)
    passage = segment.passage(int(found.position[place]), article)
    if request.mode != "lexical":
        native = request.mode == "dense" or is_native(model, article.language, search.question.foreign)
        times = 1.0 if native else float(search.question.foreign.cosine)
        yield _meaning_part(float(found.meaning[place]), article, times, spoken=speaks(model, article.language))
    if request.mode != "dense":
        texts = texts_of(request.question, languages_of(snapshot), partial(is_written, snapshot))
        yield _words_part(float(found.words[place]), search.question.words, texts, article, passage)
    if found.earlier[place]:
        yield Part("earlier", float(found.earlier[place]), "how well the article answers the earlier questions")
    if request.recency is not None:
        yield _date_part(float(found.recency[place]), article)
    if found.evidence[place]:
        # Evidence of an earlier question has a limit of its own.
        total = 0.0 if search.topic else float(found.points[place] + found.evidence[place])
        yield _evidence_part(float(found.evidence[place]), total, first=not place)
    if shift:
        answers = "one of its sentences seems to answer the question"
        doubt = "the best sentences of the first hit seem not to answer the question"
        yield Part("reading", shift / CALIBRATIONS[request.mode].slope, answers if shift > 0 else doubt)
    if shown and passage.index != shown.index:
        where = f"[{passage.start}:{passage.end}]"
        yield Part("passage", 0.0, f"the points are those of {where}; the passage shown has the sentence that answers best")
    if copies:
        listed = "1 copy is listed here, not as a separate hit"
        yield Part("copies", 0.0, listed if copies == 1 else f"{copies} copies are listed here, not as separate hits")


def _meaning_part(points: float, article: Article, times: float, *, spoken: bool) -> Part:
    """What the meaning adds, which counts so many ``times``; ``spoken``: the model speaks the article's language."""
    if not spoken:
        words = f"the model does not support the article's language ({article.language}), so its meaning says little"
    elif points >= times * RELATED:
        words = "the passage is as close to the question in meaning as an answer usually is"
    elif points >= times * (RELATED + UNRELATED) / 2:
        words = "the passage is somewhat close to the question in meaning, less than an answer usually is"
    else:
        words = "the passage is hardly related to the question in meaning"
    return Part("meaning", points, words)


def _words_part(points: float, words: QueryWords, texts: Mapping[tuple[str, ...], str], article: Article, passage: Passage) -> Part:
    """What the words of the passage and of its article add; ``texts`` are the words of the question as it has them, by their terms."""
    asked, counted, read = words.article, words.terms_in(article.language), analyzer(article.language)
    text, body = unlinked(article.text), article.body
    own = counted.intersection(read.terms(text[passage.start : passage.end]))
    whole = own.union(counted.intersection([*read.terms(article.title), *read.terms(text[body.start : body.end])]))
    found = [word for word in asked if not own.isdisjoint(word.terms)]
    elsewhere = [word for word in asked if own.isdisjoint(word.terms) and not whole.isdisjoint(word.terms)]
    lacking = [word for word in asked if whole.isdisjoint(word.terms)]
    if not asked:
        said = "the question has no words"
    elif not (found or elsewhere):
        said = f"none of the question's words is in it: {_listed(lacking, texts)}"
    elif len(found) == len(asked):
        said = f"all of the question's words are in it: {_listed(found, texts)}"
    else:
        parts = (("has", found), ("elsewhere in the article:", elsewhere), ("lacks", lacking))
        named = "; ".join(f"{what} {_listed(some, texts)}" for what, some in parts if some)
        said = f"{len(found) + len(elsewhere)} of the question's {len(asked)} words: {named}"
    title = set(read.terms(article.title))
    if asked and not any(title.isdisjoint(word.terms) for word in asked):
        said += "; its title has all of them"
    return Part("words", points, said)


def _date_part(points: float, article: Article) -> Part:
    """What the date adds, where newer articles are to win near ties."""
    if article.published is None:
        return Part("date", points, "no date is known, which counts neither way")
    return Part("date", points, f"published {article.published}, which counts {'for' if points >= 0 else 'against'} it a little")


def _evidence_part(points: float, total: float, *, first: bool) -> Part:
    """What the evidence says for or against the hit. ``total``: its points with it, those of a limit if it limits the probability."""
    limits = (f"; {why}: a score of at most {most:.2f}" for most, why in _LIMITS if abs(total - points_for(most, "hybrid")) < _EQUAL)
    covers = f"how much of the question {'this hit covers' if first else 'the best hit and this one cover'}"
    return Part("evidence", points, covers + next(limits, ""))


def order_part(points: float) -> Part:
    """What the order by answer sentences adds to the hit: it has the score of its place there."""
    than = "better than those of articles that had more points" if points > 0 else "less well than those of an article with fewer points"
    return Part("sentences", points, f"the article's sentences answer {than}")


def _listed(words: Sequence[QueryWord], texts: Mapping[tuple[str, ...], str]) -> str:
    telling = {word.terms for word in sorted(words, key=lambda word: -word.weight)[:_NAMED]}
    named = ", ".join(_text_of(word, texts) for word in words if word.terms in telling)
    return named + (f" and {len(words) - _NAMED} more" if len(words) > _NAMED else "")


def _text_of(word: QueryWord, texts: Mapping[tuple[str, ...], str]) -> str:
    """``word`` as the question has it. Where a name beside it was spelled out, it has lost the terms of a compound such as "COP29-led"."""
    alike = (text for terms, text in texts.items() if not set(terms).isdisjoint(word.terms))
    return texts.get(word.terms) or next(alike, word.terms[0])

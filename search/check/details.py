"""Numbers, dates and names of a claim beside those of its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsdex.checking import Discrepancy
from newsdex.records import Article
from newsdex.search.check import dates, names, numbers

_COMMON_ORDINAL = 3  # "first" to "third" say many things; they count where the article has another one
_SMALL = 12  # numbers up to it are in every article


def differing(claim: str, texts: Sequence[str], around: Sequence[str], article: Article, language: str) -> Iterator[Discrepancy]:
    """What of the claim's numbers, dates and names ``texts`` say otherwise, the nearest sentences of the article, the nearest first. What
    these do not say, those ``around`` may.
    """
    said = dates.dates(claim, [language])
    yield from _dates(claim, said, texts, article, language)
    yield from _numbers(claim, said, texts, around, article, language)
    yield from _names(claim, texts, article)


def _dates(claim: str, said: Sequence[dates.Date], texts: Sequence[str], article: Article, language: str) -> Iterator[Discrepancy]:
    near = [(found, text) for text in texts for found in dates.dates(text, [language])]
    for each in said:
        agreeing = [text for other, text in near if dates.agree(each, other, article.published)]
        # In the nearest sentence, a date of the same kind that is none of the claim's.
        first = [
            (other, text)
            for other, text in near
            if text == texts[0] and _alike(each, other) and not any(dates.agree(one, other, article.published) for one in said)
        ]
        if texts[0] in agreeing or (agreeing and not first):
            continue
        published = article.published and dates.agree(each, dates.published_date(article.published), article.published)
        if published and not first:
            continue
        other = first or [pair for pair in near if _alike(each, pair[0])] or near
        yield Discrepancy("date", claim[each.start : each.end], other[0][1][other[0][0].start : other[0][0].end] if other else "")


def _alike(a: dates.Date, b: dates.Date) -> bool:
    """Whether the two say as much."""
    return (bool(a.year), bool(a.month), bool(a.day)) == (bool(b.year), bool(b.month), bool(b.day))


def _numbers(
    claim: str, said: Sequence[dates.Date], texts: Sequence[str], around: Sequence[str], article: Article, language: str
) -> Iterator[Discrepancy]:
    near = [pair for text in [*texts, article.title] for pair in _quantities(text, language)]
    for each in numbers.quantities(dates.mask(claim, said)):
        ranked = [pair for pair in near if pair[0].unit == "th" and pair[1] == texts[0]] if each.unit == "th" else []
        equal = [pair for pair in ranked or near if numbers.agree(each, pair[0])]
        counted = [pair for pair in near if numbers.comparable(each, pair[0]) and not each.things.isdisjoint(pair[0].things)]
        here = {text for _, text in counted}
        of_others = not each.unit and all(
            other.things and each.things.isdisjoint(other.things) and (text in here or texts[0] in here) for other, text in equal
        )
        if equal and not of_others:
            continue
        others = counted or [pair for pair in near if pair[0].unit == each.unit and (each.unit or pair[1] == texts[0])]
        if each.unit == "th" and each.values[0] <= _COMMON_ORDINAL and not (counted or (others and not each.things)):
            continue
        if not each.unit and not claim[each.start].isdigit() and not counted:
            continue
        rare = each.unit not in ("", "th") or min(each.values) > _SMALL
        if rare and not others and any(numbers.agree(each, other) for text in around for other, _ in _quantities(text, language)):
            continue
        yield Discrepancy("number", claim[each.start : each.end], others[0][1][others[0][0].start : others[0][0].end] if others else "")


def _quantities(text: str, language: str) -> list[tuple[numbers.Quantity, str]]:
    return [(each, text) for each in numbers.quantities(dates.mask(text, dates.dates(text, [language])))]


def _names(claim: str, texts: Sequence[str], article: Article) -> Iterator[Discrepancy]:
    everything = f"{article.title}\n{article.text}\n{article.source}"
    capitals, initials = names.capitals_of(everything), names.initials_of(everything)
    for name in names.names(claim):
        elsewhere = _in_its_place(claim, name, texts, initials)
        if elsewhere:
            yield Discrepancy("name", claim[name.start : name.end], elsewhere)
        elif name.opens and not capitals & set(name.words):
            continue
        elif not names.has_name(everything, name, initials) and not names.has_initials(everything, name):
            yield Discrepancy("name", claim[name.start : name.end], "")


def _in_its_place(claim: str, name: names.Name, texts: Sequence[str], initials: frozenset[str]) -> str:
    """The name that a text, which lacks the claim's, has beside the same words; empty where none has."""
    own, beside = names.words_of(claim), names.slots(claim, name)
    if not beside or names.has_name(texts[0], name, initials):
        return ""
    for text in texts:
        if names.has_name(text, name, initials):
            continue
        for other in names.names(text):
            if own.isdisjoint(other.words) and beside & names.slots(text, other):
                return text[other.start : other.end]
    return ""

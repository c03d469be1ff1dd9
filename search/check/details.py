"""Compares the numbers, dates and names of a claim with those of its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from newsdex.checking import Discrepancy
from newsdex.records import Article
from newsdex.search.check import dates, names, numbers, owners, shares, years
from newsdex.search.question.inflection import other_forms
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.ranking.lexical import analyzer

_COMMON_ORDINAL = 3  # "first" to "third" have many uses: they count only if the article has another ordinal
_VERB = 40  # characters after a name in which its verb is expected
# Languages in which the subject stands before its verb, and what makes that passive.
_SUBJECT_FIRST = frozenset({"fr", "es", "it"})
_BEEN = re.compile(r" (?:[^\W\d_]{1,6} )?(?:été|fut|furent|fue|fueron|sido|stat[oaie]|fu|furono|venne|vennero)\b", re.IGNORECASE)
_AUXILIARY = 12  # characters between a name and its verb, such as " a été "
_DASHES = ("-", "\N{EN DASH}", "\N{EM DASH}")  # these follow a dateline
_OPENS = 20  # a subject begins within so many characters
_ALL = re.compile(r"\b(?:all|every one)(?: of)?(?: the)? $", re.IGNORECASE)
_KILLED = re.compile(r"\b(?:kill(?:ed|s|ing)?|injur(?:ed|ing)|wounded|wounding)(?: about| at least| some)? $", re.IGNORECASE)
_DIED = re.compile(r" (?:[a-z]{3,12} )?(?:were |was |have |had )?(?:been )?(?:killed|died|dead|injured|wounded)\b", re.IGNORECASE)
_SOME_OF = re.compile(r"\b(?:\d[\d.,]{0,15}|[^\W\d_]{3,12}) (?:out )?of (?:the |its |their )?$")
_TO = re.compile(r" (?:[^\W\d_]{1,12} )?(?:to|zu|gegen|contre|a|contro) ", re.IGNORECASE)
_ENUMERATED = 4  # things that an article may list without stating their number
_MOST = 20  # shares and scores of a claim that are compared
_SMALL = 12  # numbers up to this are in every article


def differing(claim: str, texts: Sequence[str], around: Sequence[str], contexts: Sequence[str], article: Article) -> Iterator[Discrepancy]:
    """Yield the numbers, dates and names of the claim that ``texts``, the article's nearest sentences, contradict or lack.

    ``around``: less near sentences, which may supply what these lack. ``contexts``: the texts, each with the sentence before it.
    """
    language = article.language
    said = dates.dates(claim, [language])
    yield from _dates(claim, said, texts, article, language)
    stated = shares.in_words(claim, language)
    for share in stated[:_MOST]:
        other = shares.differing(share, [*texts, article.title], around, language)
        if other is not None:
            yield Discrepancy("number", shares.told(share, claim), other)
    yield from (
        Discrepancy("number", *each) for each in (*shares.of_another_part(claim, texts, language), *_scores(claim, texts, language))
    )
    counted = shares.mask(dates.mask(claim, said), stated)
    whose = {number.start: other for number, other in owners.compared(claim, texts, language)}
    yield from _numbers(claim, counted, texts, around, contexts, article, whose)
    yield from _names(claim, texts, contexts, article)


def _dates(claim: str, said: Sequence[dates.Date], texts: Sequence[str], article: Article, language: str) -> Iterator[Discrepancy]:
    near = [(found, text) for text in texts for found in dates.dates(text, [language])]
    for each in said:
        agreeing = [text for other, text in near if dates.agree(each, other, article.published)]
        # a date of the same precision in the nearest sentence that matches none of the claim's
        first = [
            (other, text)
            for other, text in near
            if text == texts[0] and _alike(each, other) and not any(dates.agree(one, other, article.published) for one in said)
        ]
        if texts[0] in agreeing or (agreeing and not first):
            continue
        if any(dates.agree(each, other, article.published) for other in dates.dates(article.title, [language])):
            continue
        published = article.published and dates.agree(each, dates.published_date(article.published), article.published)
        if published and not first:
            continue
        other = first or [pair for pair in near if _alike(each, pair[0])] or near
        yield Discrepancy("date", claim[each.start : each.end], _day_of(*other[0], article) if other else _publication(each, article))


def _day_of(said: dates.Date, text: str, article: Article) -> str:
    """Return the words of a date; for a weekday also the calendar date."""
    words = text[said.start : said.end]
    if said.weekday and article.published:
        return f"{words} ({dates.weekday_before(said.weekday, article.published).isoformat()})"
    return words


def _publication(said: dates.Date, article: Article) -> str:
    """Return the date of publication of an article that states no date, for a claim with a year."""
    return f"published {article.published.earliest.isoformat()}" if said.year and article.published else ""


def _alike(a: dates.Date, b: dates.Date) -> bool:
    """Return whether the two dates have the same precision."""
    return (bool(a.year), bool(a.month), bool(a.day)) == (bool(b.year), bool(b.month), bool(b.day))


def _numbers(
    claim: str,
    counted_in: str,
    texts: Sequence[str],
    around: Sequence[str],
    contexts: Sequence[str],
    article: Article,
    whose: Mapping[int, str],
) -> Iterator[Discrepancy]:
    """Yield the numbers of ``counted_in``, the claim without its dates and shares, that differ. ``whose`` has, by their places, those that
    are their name's in the texts, with "", and those that are another's, with what is right.
    """
    language = article.language
    near = [pair for text in [*texts, article.title] for pair in _quantities(text, language)]
    said = numbers.quantities(counted_in, language)
    own = years.dated(claim, said, language, claim, article.published)
    for each, date, besides in own:
        if other := whose.get(each.start):
            yield Discrepancy("number", claim[each.start : each.end], other)
            continue
        ranked = [pair for pair in near if pair[0].unit == "th" and pair[1] == texts[0]] if each.unit == "th" else []
        equal = [pair for pair in ranked or near if numbers.agree(each, pair[0])]
        if date and equal and not besides and (other := _of_other_time(claim, each, date, texts, contexts, article)):
            yield Discrepancy("number", claim[each.start : each.end], other)
            continue
        counted = [pair for pair in near if numbers.comparable(each, pair[0]) and not each.things.isdisjoint(pair[0].things)]
        here = {text for _, text in counted}
        others_are = [other for other, text in equal if (each.unit not in ("", "th") and counted) or text in here or texts[0] in here]
        of_others = len(others_are) == len(equal) and all(
            each.things.isdisjoint(other.things) and (other.things or each.unit not in ("", "th")) for other in others_are
        )
        if equal and (not of_others or each.start in whose):
            if part := _part_of_all(claim, each, equal):
                yield part
            continue
        if not equal and not counted and not each.unit and (single := _single(each, texts)):
            yield Discrepancy("number", claim[each.start : each.end], single)
            continue
        others = counted or [pair for pair in near if pair[0].unit == each.unit and (each.unit or pair[1] == texts[0])]
        if each.unit == "th" and each.values[0] <= _COMMON_ORDINAL and not (counted or (others and not each.things)):
            continue
        spelled = not each.unit and not claim[each.start].isdigit()
        if spelled and not counted and (each.unit == "th" or max(each.values) <= _ENUMERATED or _anywhere(each, article, language)):
            continue
        rare = each.unit not in ("", "th") or min(each.values) > _SMALL
        if rare and not others and any(numbers.agree(each, other) for text in around for other, _ in _quantities(text, language)):
            continue
        yield _differs(claim, each, *others[0]) if others else Discrepancy("number", claim[each.start : each.end], "")


def _differs(claim: str, each: numbers.Quantity, other: numbers.Quantity, text: str) -> Discrepancy:
    """Return the difference of two numbers, with what they count if the numbers alone look the same: "six days", "six hours"."""
    claimed, found = claim[each.start : each.end], text[other.start : other.end]
    if claimed.casefold() == found.casefold():
        claimed, found = claim[each.start : each.until], text[other.start : other.until]
    return Discrepancy("number", claimed, found)


def _of_other_time(
    claim: str, each: numbers.Quantity, date: dates.Date, texts: Sequence[str], contexts: Sequence[str], article: Article
) -> str:
    """Return the article's number of the claim's ``date``, or else the claim's number with its own date; "" if both have the same."""
    known = [
        (one, text)
        for text, context in zip(texts, contexts, strict=True)
        for one in years.dated(
            text, [quantity for quantity, _ in _quantities(text, article.language)], article.language, context, article.published
        )
    ]
    same = [(one, text) for one, text in known if numbers.agree(each, one.quantity)]
    comparable = [one for one, _ in known if numbers.comparable(each, one.quantity) and one.quantity.unit == each.unit]
    least = 0 if years.is_relative(claim) else years.latest_of(date, comparable, article.published)
    if not same or not all(one.conflicts(date) or one.is_before(least, article.published) for one, _ in same):
        return ""
    right = [
        (one.quantity.start, one.quantity.end, text)
        for one, text in known
        if one.date and one in comparable and not one.conflicts(date) and not one.is_before(least, article.published)
    ]
    start, end, text = next(iter(right), (0, 0, ""))
    if not text:
        one, text = same[0]
        start, end = one.quantity.start, max(one.quantity.until, one.date.end if one.date else 0)
    return text[start:end]


def _scores(claim: str, texts: Sequence[str], language: str) -> Iterator[tuple[str, str]]:
    """Yield each "523 votes to 49" in ``claim`` of which ``texts`` have only the first number with another one, "523 votes to 46"."""
    own = [*_pairs(claim, language)][:_MOST]
    known = [pair for text in texts for pair in _pairs(text, language)] if own else []
    for first, second, said in own:
        alike = [pair for pair in known if numbers.agree(first, pair[0])]
        if alike and not any(numbers.agree(second, pair[1]) for pair in alike):
            yield said, alike[0][2]


def _pairs(text: str, language: str) -> Iterator[tuple[numbers.Quantity, numbers.Quantity, str]]:
    for (first, _), (second, _) in pairwise(_quantities(text, language)):
        if _TO.fullmatch(text, first.end, second.start):
            yield first, second, text[first.start : second.end]


def _single(each: numbers.Quantity, texts: Sequence[str]) -> str:
    """What "a farmer" is, where the claim counts several and no text has more than one."""
    for thing in sorted(each.things):
        plural = re.compile(rf"\b{re.escape(thing)}s\b", re.IGNORECASE)
        one = next(filter(None, (re.search(rf"\b(?:an?|one) {re.escape(thing)}\b", text, re.IGNORECASE) for text in texts)), None)
        if one and not any(plural.search(text) for text in texts):
            return one[0]
    return ""


def _anywhere(each: numbers.Quantity, article: Article, language: str) -> bool:
    return any(numbers.agree(each, other) for other, _ in _quantities(f"{article.title}\n{article.text}", language))


def _part_of_all(claim: str, each: numbers.Quantity, equal: Sequence[tuple[numbers.Quantity, str]]) -> Discrepancy | None:
    """Return the difference if the claim says "all 181" or "killed 181" and every text "179 of the 181"."""
    every = _ALL.search(claim[: each.start]) or _KILLED.search(claim[: each.start]) or _DIED.match(claim[each.end :])
    parts = [(_SOME_OF.search(text[: other.start]), other, text) for other, text in equal]
    if not every or not all(some for some, _, _ in parts):
        return None
    some, other, text = parts[0]
    first = every.start() if every.re is _ALL else each.start
    return Discrepancy("number", claim[first : each.end], text[some.start() if some else 0 : other.end])


def _quantities(text: str, language: str) -> list[tuple[numbers.Quantity, str]]:
    return [(each, text) for each in numbers.quantities(dates.mask(text, dates.dates(text, [language])), language)]


def _names(claim: str, texts: Sequence[str], contexts: Sequence[str], article: Article) -> Iterator[Discrepancy]:
    everything = f"{article.title}\n{article.text}\n{article.source}"
    capitals, initials = names.capitals_of(everything), names.initials_of(everything)
    # Not the rest of the article: supporting sentences name the same people.
    near = [*contexts, article.title, article.source]
    said = names.names(claim)
    for name in said:
        elsewhere = _in_its_place(claim, name, texts, initials) or _other_subject(claim, name, texts, initials, capitals, article)
        if elsewhere and not _is_headline(claim, name, initials, article):
            yield Discrepancy("name", claim[name.start : name.end], elsewhere)
        elif _only_opens(name, capitals):
            continue
        elif not any(names.has_name(text, name, initials) or names.has_initials(text, name) for text in near):
            yield Discrepancy("name", claim[name.start : name.end], "")


def _is_headline(claim: str, name: names.Name, initials: frozenset[str], article: Article) -> bool:
    """Return whether the title says it of the same name, with the verb in the present: "Oppenheimer wins seven Oscars"."""
    stem = analyzer(article.language).terms
    behind = re.findall(r"[^\W\d_]+", claim[name.end : name.end + _VERB])[:1]
    forms = stem(" ".join((*behind, *(form for verb in behind for form in other_forms(verb)))))
    return names.has_name(article.title, name, initials) and not frozenset(stem(article.title)).isdisjoint(forms)


def _other_subject(
    claim: str, name: names.Name, texts: Sequence[str], initials: frozenset[str], capitals: frozenset[str], article: Article
) -> str:
    """Return the name that does, in the texts, what the claim says of its first name; "" if a text says it of the same name."""
    stem = analyzer(article.language).terms
    behind = [word for word in re.findall(r"[^\W\d_]+", claim[name.end : name.end + _VERB]) if word.casefold() not in STOPWORDS][:1]
    verb = frozenset(stem(" ".join(behind))) if behind and not behind[0][0].isupper() else frozenset()
    if name.start > _OPENS or names.PLACED.search(claim[: name.start]) or not verb or _only_opens(name, capitals):
        return ""
    found = [text for text in texts if verb <= frozenset(stem(text))]
    if article.language in _SUBJECT_FIRST and (other := _before_verb(name, verb, found, claim, stem)):
        return other
    if any(names.has_name(text, name, initials) for text in found):
        return ""
    # A text with the name and more of the rest of the claim says it in other words.
    rest = frozenset(stem(claim)) - {term for word in name.words for term in stem(word)}
    named = max((len(rest & frozenset(stem(text))) for text in texts if names.has_name(text, name, initials)), default=0)
    own = names.words_of(claim)
    for text in found:
        first = next(iter(names.names(text)), None)
        subject = first is not None and first.start <= _OPENS and text[first.end :].lstrip()[:1] not in _DASHES
        if (
            first
            and subject
            and not names.PLACED.search(text[: first.start])
            and own.isdisjoint(first.words)
            and not _only_opens(first, capitals)
            and len(rest & frozenset(stem(text))) > named
        ):
            return text[first.start : first.end]
    return ""


def _before_verb(name: names.Name, verb: frozenset[str], texts: Sequence[str], claim: str, stem: Callable[[str], Sequence[str]]) -> str:
    """Return the name before the verb, in the same voice, of the texts that have the claim's name only behind it; "" if there is none."""
    passive, found = _BEEN.match(claim, name.end) is not None, ""
    for text in texts:
        for word in re.finditer(r"[^\W\d_]+", text):
            if not verb.isdisjoint(stem(word[0])):
                before = [each for each in names.names(text) if each.end < word.start()]
                if any(set(each.words) & set(name.words) for each in before):
                    return ""
                subject = before[-1] if before and word.start() - before[-1].end <= _AUXILIARY else None
                behind = names.has_name(text[word.end() :], name, frozenset())
                if subject and behind and passive == (_BEEN.match(text, subject.end) is not None):
                    found = text[subject.start : subject.end]
    return found


def _only_opens(name: names.Name, capitals: frozenset[str]) -> bool:
    """Return whether a word is capitalised only because it begins a sentence."""
    return name.opens and not capitals & set(name.words)


def _in_its_place(claim: str, name: names.Name, texts: Sequence[str], initials: frozenset[str]) -> str:
    """Return the name that a text without the claim's name has beside the same words; "" if there is none."""
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

"""Compares the numbers, dates and names of a claim with those of its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile

from newsdex.records import Article
from newsdex.reports import Discrepancy
from newsdex.search.check import dates, names, numbers, owners
from newsdex.search.check.evidence import Nearby
from newsdex.search.check.languages import LISTS
from newsdex.search.check.names import fold
from newsdex.search.check.predicate import AUXILIARIES, main_verb
from newsdex.search.languages import NOUNS_IN_CAPITALS
from newsdex.search.question.stopwords import STOPWORDS, words_in
from newsdex.search.question.terms import analyzer

_COMMON_ORDINAL = 3  # "first" to "third" have many uses: they count only if the article has another ordinal
_SUPERLATIVE = re.compile(r"[ -](?:[a-z]{2,15}est|most|least)\b")
_LEADING = 2  # words before a date, or on each side of a number, that tell of what it is
_CLAUSE_BREAK = re.compile(r"[;:()!?]|[,.](?!\d)|\b(?:and|but|und|aber|et|mais|y|e|pero|ma)\b")
_VERB = 40  # characters after a name in which its verb is expected
# Languages in which the subject stands before its verb, and what makes that passive.
_SUBJECT_FIRST = frozenset({"fr", "es", "it"})
_BEEN = re.compile(r" (?:[^\W\d_]{1,6} )?(?:été|fut|furent|fue|fueron|sido|stat[oaie]|fu|furono|venne|vennero)\b", re.IGNORECASE)
_AUXILIARY = 12  # characters between a name and its verb, such as " a été "
_DASHES = ("-", "\N{EN DASH}", "\N{EM DASH}")  # these follow a dateline
_OPENING = re.compile(r"([^\W\d_]+(?:['\u2019-][^\W\d_]+)*) ([a-z]+)\b")  # the first two words
_NEXT = re.compile(r" ([^\W\d_A-Z][^\W\d_]*)")
_OPENS = 20  # a subject begins within so many characters
# A word, perhaps with a date behind it, and a place.
_IN_PLACE = re.compile(
    r"([^\W\d_]{2,40})\s+(?:(?:on|am|el|en|im)\s+)?(?:in|at|near|en|bei)\s+(?:(?:the|der|dem|la|el)\s+)?$", re.IGNORECASE
)
_WITH_TO = words_in("according due thanks owing compared next close prior similar related")  # no verbs before "to"
# A verb with what moves, or the place it leaves, and the place to which it goes.
_TOWARDS = re.compile(
    r"\b([^\W\d_]{2,20})(?: (?:(?:back|from|the|von|aus|der|de|da|du) ){0,2}[A-Z][\w'\u2019-]{0,30}){0,3}"
    r" (?:to|into|towards?|nach|vers|hacia|verso) (?:the |den |la |les |los )?$"
)
_PLACE = re.compile(r"\b(?:in|at|near|en|bei) (?:the |der |dem |la |el )?$", re.IGNORECASE)
_ALL = re.compile(r"\b(?:all|every one)(?: of)?(?: the)? $", re.IGNORECASE)
_KILLED = re.compile(r"\b(?:kill(?:ed|s|ing)?|injur(?:ed|ing)|wounded|wounding)(?: about| at least| some)? $", re.IGNORECASE)
_DIED = re.compile(r" (?:[a-z]{3,12} )?(?:were |was |have |had )?(?:been )?(?:killed|died|dead|injured|wounded)\b", re.IGNORECASE)
_SOME_OF = re.compile(r"\b(?:\d[\d.,]{0,15}|[^\W\d_]{3,12}) (?:out )?of (?:the |its |their )?$")
_WORD = re.compile(r"[^\W\d_]+")
# What is before a day on which something else happens than what the sentence tells.
_OTHER_DAY = re.compile(rf"{LISTS.pattern('other days')}[^,;.]{{0,30}}$", re.IGNORECASE)
_BEFORE_DAY = 64  # characters among which it is sought: more than it can have
_TODAY = re.compile(LISTS.pattern("today"), re.IGNORECASE)
_ENDINGS = ("", "s", "n", "en")  # of German nouns; "er" makes another surname
_LIFE = words_in("born died dies geboren gestorben starb né née mort morte décédé décédée nació murió falleció nato nata morì morto morta")
_ANYONE = words_in("people person live life menschen mensch personen persona personne persone")
_MARGIN = 1  # more words of the claim that a sentence must have than another to tell its number
# What did not happen: "we could have scored three goals".
_COULD_HAVE = re.compile(
    r"\b(?:could|would|should|might)(?:n['\u2019]t| not)?(?:['\u2019]ve| have)\b(?:(?! (?:but|and|which|that|who|after) )[^,;:.!?]){1,80}",
    re.IGNORECASE,
)
_RESULT = re.compile(r"(?<![\d.,])\d{1,3} ?[-\u2013\u2014] ?\d{1,3}\b(?![.,]\d)")
_CLAUSE_END = re.compile(r"[;!?]|[.:](?!\d)")
_ENUMERATED = 4  # things that an article may list without stating their number


def differing(claim: str, near: Nearby) -> Iterator[Discrepancy]:
    """Yield the numbers, dates and names of the claim that the article's nearest sentences contradict or lack."""
    yield from _dates(claim, dates.dates(claim, [near.article.language]), near)
    yield from _numbers(claim, numbers.quantities(claim, near.article.language), near)
    yield from _names(claim, near)


def _dates(claim: str, said: Sequence[dates.Date], near: Nearby) -> Iterator[Discrepancy]:
    article = near.article
    known = [found for text in near.texts for found in dates.dates_of_report(text, article.language, article.published)]
    for each in said:
        agreeing = {other.text for other in known if dates.agree(each, other, article.published)}
        # Of the sentences with such a date, the one that says most of what the claim says of its names.
        dated = {other.text for other in known if other.text in agreeing or _alike(each, other)}
        shared = _shared(dates.mask(claim, said), dated, article.language) if len(dated) > 1 else {}
        order = [near.texts[0], *sorted(near.texts[1:], key=lambda text: text not in agreeing)]
        nearest = max((text for text in order if text in dated), key=lambda text: shared.get(text, 0), default=near.texts[0])
        if other := _of_another_event(each, [other for other in known if other.text == nearest], article):
            yield Discrepancy("date", each.words, _day_of(other, article))
            continue
        # a date of the same precision in that sentence that matches none of the claim's
        first = [
            other
            for other in known
            if other.text == nearest and _alike(each, other) and not any(dates.agree(one, other, article.published) for one in said)
        ]
        if nearest in agreeing or (agreeing and not first):
            continue
        # The day of the report is that of its event, unless the sentence names another.
        days = _of_events([other for other in known if other.text == nearest], nearest, article) if each.day else []
        published = article.published and dates.agree(each, dates.published_date(article.published), article.published)
        only = None if first or not each.day else _only_day(article)
        if not first and (dates.agree(each, only, article.published) if only else published and not days):
            continue
        if others := first or days or ([only] if only else []) or [other for other in known if _alike(each, other)] or known:
            stated = _day_of(others[0], article)
        else:
            stated = f"published {article.published.earliest.isoformat()}" if each.year and article.published else ""
        yield Discrepancy("date", each.words, stated)


def _of_another_event(each: dates.Date, known: Sequence[dates.Date], article: Article) -> dates.Date | None:
    """Return the date, of the claim's precision, that a sentence has beside what the claim has its date beside, if only others agree, and
    beside something else: "an operation in January" for "said on 22 March that the disease was found after an operation in January".
    """
    ours = _leading(each, article.language)
    agreeing = [other for other in known if dates.agree(each, other, article.published)]
    others = [other for other in known if _alike(each, other) and other not in agreeing]
    if not agreeing or any(ours.intersection(_leading(other, article.language)) for other in agreeing):
        return None
    return next((other for other in others if ours.intersection(_leading(other, article.language))), None)


def _leading(said: dates.Date, language: str) -> frozenset[str]:
    """Return the terms of the words that lead to a date in its clause."""
    before = _CLAUSE_BREAK.split(said.text[: said.start])[-1]
    words = [word for word in _WORD.findall(before) if word.casefold() not in STOPWORDS]
    return frozenset(analyzer(language).terms(" ".join(words[-_LEADING:])))


def _of_events(found: Iterable[dates.Date], text: str, article: Article) -> list[dates.Date]:
    """Return days on which what a ``text`` tells happened: none that begin or end something, are to come, or of a text on today."""
    if article.published is None or _TODAY.search(text):
        return []
    day = article.published.earliest

    def is_past(said: dates.Date) -> bool:
        return not said.day or (said.year or day.year, said.month, said.day) <= (day.year, day.month, day.day)

    days = (said for said in found if (said.day or said.weekday) and is_past(said))
    return [said for said in days if not _OTHER_DAY.search(text[max(0, said.start - _BEFORE_DAY) : said.start])]


def _only_day(article: Article) -> dates.Date | None:
    """Return the only day that the article names by a weekday or as yesterday, if it names one on which something happened."""
    named = dates.dates_of_report(article.text, article.language, article.published)
    told = [each for each in named if each.weekday or (each.day and not any(map(str.isdigit, each.words)))]
    told = _of_events(told, article.text, article)
    return told[0] if len({each.words for each in told}) == 1 else None


def _shared(claim: str, texts: Iterable[str], language: str) -> dict[str, int]:
    """Map each of ``texts`` to how many words of the claim it has, besides names."""
    stem = analyzer(language).terms
    rest = {term for term in stem(dates.mask(claim, names.names(claim))) if term not in STOPWORDS}
    return {text: len(rest.intersection(stem(text))) for text in texts}


def _day_of(said: dates.Date, article: Article) -> str:
    """Return the words of a date; for a weekday, and yesterday, also the calendar date."""
    if said.day and not any(map(str.isdigit, said.words)):
        return f"{said.words} ({said.year}-{said.month:02}-{said.day:02})"
    if said.weekday and article.published:
        return f"{said.words} ({dates.weekday_before(said.weekday, article.published).isoformat()})"
    return said.words


def _alike(a: dates.Date, b: dates.Date) -> bool:
    """Return whether the two dates have the same precision."""
    return (bool(a.year), bool(a.month), bool(a.day)) == (bool(b.year), bool(b.month), bool(b.day))


def _numbers(claim: str, said: Sequence[numbers.Quantity], near: Nearby) -> Iterator[Discrepancy]:
    """Yield the numbers of the claim, ``said``, that differ."""
    article, nearest = near.article, near.texts[0]
    known = _known(claim, near)
    others_own = dict(owners.exchanged(claim, near.texts, article.language))
    for each in said:
        if other_number := others_own.get(each.start) or _of_other_things(each, known, near):
            yield Discrepancy("number", each.counted if other_number.startswith(each.words) else each.words, other_number)
            continue
        ranked = [other for other in known if other.unit == "th" and other.text == nearest] if each.unit == "th" else []
        # "came second" is not "came third in the second fastest time"
        ranked = [other for other in ranked if bool(other.things) == bool(each.things)] or ranked
        best = _SUPERLATIVE.match(each.text, each.end)
        equal = [other for other in ranked or known if numbers.agree(each, other)]
        # "third-largest" is not "third-generation"
        equal = [other for other in equal if not best or _SUPERLATIVE.match(other.text, other.end)]
        counted = [other for other in known if numbers.comparable(each, other) and not each.things.isdisjoint(other.things)]
        here = {other.text for other in counted}
        measured = each.unit not in ("", "th")
        titled = measured and any(other.text == article.title for other in equal)
        others_are = [other for other in equal if (measured and counted) or other.text in here or nearest in here]
        of_others = (
            not titled
            and not _are_people(each, equal, counted, article.language)
            and len(others_are) == len(equal)
            and all(each.things.isdisjoint(other.things) and (other.things or each.unit not in ("", "th")) for other in others_are)
        )
        if equal and not of_others:
            if other := owners.of_another(each, known, article.language):
                yield _differs(each, other)
                continue
            if part := _part_of_all(each, equal) or (None if titled else _nearer(each, said, known, near)):
                yield part
            continue
        if not equal and not counted and not each.unit and (single := _single(each, near.texts)):
            yield Discrepancy("number", each.words, single)
            continue
        if each.unit == numbers.PART and not any(other.unit == numbers.PART for other in known):
            continue
        others = counted or [other for other in known if other.unit == each.unit and (each.unit or other.text == nearest)]
        # "17 years in prison", not "28-year-old", for "19 years in prison"
        ours = _beside(each, article.language) if measured else frozenset()
        others.sort(key=lambda other: (any(numbers.agree(one, other) for one in said), -len(ours & _beside(other, article.language))))
        if each.unit == "th" and each.values[0] <= _COMMON_ORDINAL and not best and not (counted or (others and not each.things)):
            continue
        spelled = not each.unit and not each.words[0].isdigit()
        small = each.unit == "th" or max(each.values) <= _ENUMERATED
        if spelled and not counted and not best and (small or _has(names.whole(article), each, article.language)):
            continue
        yield _differs(each, others[0]) if others else Discrepancy("number", each.words, "")


def _beside(number: numbers.Quantity, language: str) -> frozenset[str]:
    """Return the terms of the words around a number in its clause, not of its unit."""
    before, behind = _CLAUSE_BREAK.split(number.text[: number.start])[-1], _CLAUSE_BREAK.split(number.text[number.until :])[0]
    words = [[word for word in _WORD.findall(part) if word.casefold() not in STOPWORDS] for part in (before, behind)]
    return frozenset(analyzer(language).terms(" ".join((*words[0][-_LEADING:], *words[1][:_LEADING]))))


def _known(claim: str, near: Nearby) -> list[numbers.Quantity]:
    """Return the numbers to compare, of the nearest sentences and the title; times of day also of less near ones, if these have none."""
    language = near.article.language
    known = [each for text in (*near.texts, near.article.title) for each in numbers.quantities(text, language)]
    if not any(each.unit == numbers.CLOCK for each in known):
        known += (each for text in near.around for each in numbers.quantities(text, language) if each.unit == numbers.CLOCK)
    return [other for other in known if not (_is_unreal(other, claim) or _is_of_another_match(other, claim))]


def _are_people(each: numbers.Quantity, equal: Sequence[numbers.Quantity], counted: Sequence[numbers.Quantity], language: str) -> bool:
    """Return whether both count people of one fate, and no other number does: "two people" for "two attendants survived"."""
    fates = [[owners.same_fate(each, other, language) for other in those] for those in (equal, counted)]
    return _thing(each) in _ANYONE and any(fates[0]) and not any(fates[1])


def _is_unreal(number: numbers.Quantity, claim: str) -> bool:
    """Return whether a number is of what could have been, "we could have scored three goals", and the claim of what was."""
    return not _COULD_HAVE.search(claim) and any(part.start() < number.start < part.end() for part in _COULD_HAVE.finditer(number.text))


def _is_of_another_match(number: numbers.Quantity, claim: str) -> bool:
    """Return whether a number is of a result, "3 - 0", between others than the claim's names."""
    result = next((found for found in _RESULT.finditer(number.text) if found.start() <= number.start < found.end()), None)
    if result is None:
        return False
    clause = _CLAUSE_END.split(number.text[: result.start()])[-1] + _CLAUSE_END.split(number.text[result.start() :])[0]
    said = names.names(claim)
    return bool(said and names.names(clause)) and not any(names.has_name(clause, name) for name in said)


def _nearer(
    each: numbers.Quantity, said: Sequence[numbers.Quantity], known: Sequence[numbers.Quantity], near: Nearby
) -> Discrepancy | None:
    """Return the difference of a number from one of the same things in the sentence that says most of what the claim says, besides names,
    if only others have the claim's, and nothing of the claim that it lacks: "sentenced to six years" for "was sentenced to four years",
    where "the prosecutor asked for six years".
    """
    measured = each.unit not in ("", "th")
    alike = [other for other in known if other.unit == each.unit and (measured or not each.things.isdisjoint(other.things))]
    equal = {other.text for other in known if numbers.agree(each, other)}
    agreeing = equal.intersection(other.text for other in alike)
    others = [other for other in alike if other.text not in equal and not any(numbers.agree(one, other) for one in said)]
    if not agreeing or not others:
        return None
    stem = analyzer(near.article.language).terms
    capitals = names.capitals_of(names.whole(near.article))
    named = [] if near.article.language == NOUNS_IN_CAPITALS else [one for one in names.names(each.text) if not _only_opens(one, capitals)]
    rest = _WORD.findall(dates.mask(dates.mask(each.text, said), named))
    # "Entrée" is no stop word, though its stem is "entre".
    ours = set(stem(" ".join(word for word in rest if word.casefold() not in STOPWORDS)))
    shared = {text: ours.intersection(stem(text)) for text in {other.text for other in alike}}
    nearer = max(others, key=lambda other: len(shared[other.text]))
    most = all(shared[text] <= shared[nearer.text] and len(shared[text]) + _MARGIN < len(shared[nearer.text]) for text in agreeing)
    return _differs(each, nearer) if most else None


def _of_other_things(each: numbers.Quantity, known: Sequence[numbers.Quantity], near: Nearby) -> str:
    """Return what the texts have instead of a number of the claim that they have of other things only: "15,600" for "537 cases" if 537
    died, and "Six officers" for "Six prisoners" if the article speaks of prisoners elsewhere; "" if it is right.
    """
    thing, equal = _thing(each), [] if each.unit else [other for other in known if numbers.agree(each, other)]
    said_too = each.text.casefold().split()
    same = any(not other.things or thing in other.things or _thing(other) in said_too for other in equal)
    if same or not equal or not thing.isalpha() or thing in _ANYONE:
        return ""
    if others := [other.words for other in known if thing in other.things]:
        return others[0]
    spoken = re.search(rf"\b{thing}", near.article.text, re.IGNORECASE)
    if not spoken or any(thing in other.text.casefold() for other in equal):
        return ""
    first = equal[0].text[equal[0].start :].split()
    return " ".join(takewhile(lambda word: word.casefold() not in STOPWORDS, first)).rstrip(",.;:")


def _thing(number: numbers.Quantity) -> str:
    """Return the first thing that a number counts."""
    return numbers.singular(number.text[number.end : number.until].strip().casefold())


def _differs(each: numbers.Quantity, other: numbers.Quantity) -> Discrepancy:
    """Return the difference of two numbers, with what they count if the numbers alone look the same: "six days", "six hours"."""
    if each.words.casefold() == other.words.casefold():
        return Discrepancy("number", each.counted, other.counted)
    return Discrepancy("number", each.words, other.words)


def _single(each: numbers.Quantity, texts: Sequence[str]) -> str:
    """What "a farmer" is, where the claim counts several and no text has more than one."""
    for thing in sorted(each.things):
        plural = re.compile(rf"\b{re.escape(thing)}s\b", re.IGNORECASE)
        one = next(filter(None, (re.search(rf"\b(?:an?|one) {re.escape(thing)}\b", text, re.IGNORECASE) for text in texts)), None)
        if one and not any(plural.search(text) for text in texts):
            return one[0]
    return ""


def _part_of_all(each: numbers.Quantity, equal: Sequence[numbers.Quantity]) -> Discrepancy | None:
    """Return the difference if the claim says "all 181" or "killed 181" and every text "179 of the 181"."""
    before, behind = each.text[: each.start], each.text[each.end :]
    every = _ALL.search(before) or _KILLED.search(before) or _DIED.match(behind)
    parts = [_SOME_OF.search(other.text[: other.start]) for other in equal]
    if not every or not all(parts):
        return None
    first, some = every.start() if every.re is _ALL else each.start, parts[0]
    return Discrepancy("number", each.text[first : each.end], equal[0].text[some.start() if some else 0 : equal[0].end])


def _has(text: str, number: numbers.Quantity, language: str) -> bool:
    """Return whether ``text`` has a number, of the same things or of none."""
    known = [other for other in numbers.quantities(text, language) if numbers.agree(number, other)]
    return any(not (number.things and other.things) or not number.things.isdisjoint(other.things) for other in known)


def _names(claim: str, near: Nearby) -> Iterator[Discrepancy]:
    article = near.article
    everything = f"{article.title}\n{article.text}\n{article.source}"
    capitals, initials = names.capitals_of(everything), names.initials_of(everything)
    capitals |= {near.opening} - names.words_of(everything)
    # Not the rest of the article: supporting sentences name the same people.
    places = [*near.contexts, article.title, article.source]
    german = article.language == NOUNS_IN_CAPITALS
    for name in names.names(claim):
        elsewhere = (
            _in_its_place(claim, name, near.texts, initials)
            or _other_subject(claim, name, near.texts, initials, capitals, article)
            or _other_place(claim, name, near)
        )
        if elsewhere:
            yield Discrepancy("name", claim[name.start : name.end], elsewhere)
        elif _only_opens(name, capitals) or (german and (numbers.is_unit(" ".join(name.words)) or _inflected(claim, name, places))):
            continue
        elif not any(names.has_name(text, name, initials) or names.has_initials(text, name) for text in places):
            yield Discrepancy("name", claim[name.start : name.end], "")


def _inflected(claim: str, name: names.Name, texts: Iterable[str]) -> bool:
    """Return whether a text has a form of each word of a German name, which may be a noun: "Bär" for "Bären"."""
    said = _WORD.findall(claim[name.start : name.end])
    known = [_WORD.findall(text) for text in texts]
    return any(all(any(_is_form(word, other) for other in words) for word in said) for words in known)


def _is_form(word: str, other: str) -> bool:
    """Return whether two words are the same but for an ending of one."""
    shorter, longer = sorted((word, other), key=len)
    return longer.startswith(shorter) and longer[len(shorter) :] in _ENDINGS


def opening(claim: str) -> str:
    """Return the first word of ``claim`` if its verb follows, perhaps a name; "" for none, a plural ("Miners"), an adverb ("Nearly")."""
    found = _OPENING.match(claim)
    if found is None or not found[1][0].isupper() or found[1].endswith(("s", "ly")) or fold(found[1]) in STOPWORDS:
        return ""
    return found[1] if found[2] in AUXILIARIES or found[2] == main_verb(claim) else ""


def _other_place(claim: str, name: names.Name, near: Nearby) -> str:
    """Return where the texts have the claim's birth or death, if they have its place for the other: "died" for "born in Velden"; or ""."""
    language, stem = near.article.language, analyzer(near.article.language).terms
    said = frozenset(stem(_before_place(claim, name, language)))
    there, elsewhere = False, ""
    for text in near.texts if said else ():
        for other in names.names(text):
            before = frozenset(stem(_before_place(text, other, language)))
            same = names.has_name(text[other.start : other.end], name)
            if same and not said.isdisjoint(before):
                return ""
            there = there or (same and (bool(before) or not names.PLACED.search(text[: other.start])))
            elsewhere = elsewhere or ("" if same or said.isdisjoint(before) else text[other.start : other.end])
    return elsewhere if there else ""


def _before_place(text: str, name: names.Name, language: str) -> str:
    """Return "died" of "died on 12 May in Velden", "fled" of "fled Velden to"; "" for other words before "in" and a name."""
    before = text[: name.start]
    if (towards := _TOWARDS.search(before[-_BEFORE_DAY:])) and towards[1].casefold() not in _WITH_TO:
        return towards[1]
    found = _IN_PLACE.search(dates.mask(before, dates.dates(before, [language]))) if _PLACE.search(before) else None
    return found[1] if found and found[1].casefold() in _LIFE else ""


def _other_subject(
    claim: str, name: names.Name, texts: Sequence[str], initials: frozenset[str], capitals: frozenset[str], article: Article
) -> str:
    """Return the name that does, in the texts, what the claim says of its first name; "" if a text says it of the same name."""
    stem = analyzer(article.language).terms
    behind = [word for word in re.findall(r"[^\W\d_]+", claim[name.end : name.end + _VERB]) if word.casefold() not in STOPWORDS][:1]
    verb = frozenset(stem(" ".join(behind))) if behind and not behind[0][0].isupper() else frozenset()
    if name.start > _OPENS or names.PLACED.search(claim[: name.start]) or not verb or _only_opens(name, capitals):
        return ""
    # "North Korean defections fell"
    if article.language in ("en", "") and behind[0].casefold() != (main_verb(claim) or behind[0].casefold()):
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
        for first in names.names(text)[:1]:
            subject = first.start <= _OPENS and text[first.end :].lstrip()[:1] not in _DASHES and not _only_opens(first, capitals)
            subject = subject and not _is_attribute(text[first.end :], verb, stem)
            another = own.isdisjoint(first.words) and not names.PLACED.search(text[: first.start])
            if subject and another and len(rest & frozenset(stem(text))) > named:
                return text[first.start : first.end]
    return ""


def _is_attribute(behind: str, verb: frozenset[str], stem: Callable[[str], Sequence[str]]) -> bool:
    """Return whether what follows a name shows it to be of a noun: "The Nordic country became", but not "Velden quickly became"."""
    found = _NEXT.match(behind)
    word = found[1] if found else ""
    return bool(word) and word not in STOPWORDS and not word.endswith("ly") and verb.isdisjoint(stem(word))


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
                behind = names.has_name(text[word.end() :], name)
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

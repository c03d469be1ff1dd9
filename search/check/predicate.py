"""Whether an article says what a claim says of its subject: its verb must have its own counterpart, of the same subject, as a fact.

A claim of a name and a verb would else be covered by its name alone. The counterpart is the same word, a form of it, or a word that is near
in meaning. Where it is a form of the same word, the subject stands on the same side of it, or in the other voice on the other side, and
it is no mere plan or possibility, if the claim states a fact.
"""

# ruff: noqa: RUF001 - quotation marks and dashes

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, takewhile
from typing import NamedTuple

from newsdex.encoder import Encoder
from newsdex.reports import Discrepancy
from newsdex.search.answer.sentence import closest
from newsdex.search.check import dates, names, numbers
from newsdex.search.check.evidence import Nearby
from newsdex.search.check.languages import LISTS, opposites
from newsdex.search.question.stopwords import STOPWORDS, language_of, words_in
from newsdex.search.question.terms import base_form, other_forms
from newsdex.words import Analyzer

_NEAR = 0.36  # the cosine of a token with one that may mean the same
_LONGEST = 1_000  # characters of a sentence that are read
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[,;:.()!?—–]")
_BREAKS = frozenset(";:.()!?—–")
PREPOSITIONS = LISTS.words("prepositions")
DETERMINERS = LISTS.words("articles")
_CLAUSES = words_in("after when while although because")
_BE = words_in("is are was were be been being am")
_CAPITALS = ("May", "Will")  # a month and a name
_ADVERBS = words_in("first also later again once still then since already soon")  # between "was" and its verb
_BEHIND_PASSIVE = _BREAKS | words_in("in by after when as during near from")  # with no object before them
_REPORTED = words_in("confirmed reported found declared left believed feared presumed")
_FUTURE = words_in("will shall won't")
_POSSIBLE = words_in("would could might may should must ought wouldn't shouldn't allegedly supposedly")
AUXILIARIES = _BE | _FUTURE | _POSSIBLE | words_in("has have had do does did can cannot")
# What governs a verb that then tells no fact: "wants to sue", "a hard look at running".
_UNREAL = LISTS.words("unreal")
_FAR, _CLOSE = 14, 4  # words before a verb, and before one in the past, among which such a word is
# Verbs that say little, or whose object says it.
_LIGHT = LISTS.words("light")
# Irregular words that are no verbs.
_NOUNS = words_in(
    "child man woman foot tooth mouse wife wolf knife thief crisis center theater fiber defense offense license program gray jail"
)
_FEW = 2  # other words of a claim, besides its names, with which its verb may be none of the article's
_BESIDE = 16  # characters between a name and its verb
_ASIDE = re.compile(r"(?:, \d{1,3})?, ([^,;:]{1,200}),(?: [a-z]{2,5}){0,2} ?$")
_IN_BRACKETS = re.compile(r" \([^()]{1,40}\) (?=(?:[a-z]{2,5} ){0,2}$)")
# Between a verb and its object, or between "by" and the doer; "the death of" somebody who was killed.
_ARTICLE = r"(?:(?:the|an?|his|her|its|their) )?"
_OBJECT = re.compile(rf" (?:and [a-z]{{2,15}}ed )?(?:over |against )?{_ARTICLE}(?:\d{{1,3}}-year-old |\d{{4}} )?")
_DOER = re.compile(rf" by {_ARTICLE}")
_IN_DATE = re.compile(r" (?:(?:in|on|early|late|last|this) ){0,2}")
_SUFFERED = re.compile(rf" (?:death )?of {_ARTICLE}")
_DEFEATED_BY = re.compile(rf"(?: \d{{1,3}} ?[-–] ?\d{{1,3}})? (?:by|to|at|against) {_ARTICLE}")
_LOST = words_in("defeat lost")
_SUFFERING = _LOST | words_in("death murder killing assassination arrest shooting stabbing dead")
_KIN = re.compile(rf"\b(?:{'|'.join(LISTS.entries('en', 'kin')[0].split())})\b")
# "Ann's elder" of "Ann's elder daughter"
_OWNER = re.compile(rf"(?:\b[A-Z][\w.-]* ){{0,3}}\b[A-Z][\w.-]*['’]s (?=(?i:(?:\w+ ){{0,2}}{_KIN.pattern}))")
# Between a name and "father": "was Ann's ", ", her ".
_IS = re.compile(r" (?:is|was) (?:[^\s,;]{1,30} ){1,3}|, (?:his|her|their) ")
# What both do to each other.
_MUTUAL = words_in("meet met meets marry married marries face faced faces play played plays fight fought join joined joins")
# What A does with B, B does with A: "A spoke with B", "A married B"; the latter may do without "with". An actress plays a queen.
_TOGETHER = words_in("speak speaks spoke speaking talk talks talked talking negotiate negotiates negotiated negotiating")
_PAIRED = _MUTUAL - words_in("join joined joins play plays played")
_WITH = re.compile(rf" with {_ARTICLE}")
_WITH_OR_TO = re.compile(rf" (?:with|to) {_ARTICLE}")
_HIM = re.compile(r" (?:with )?(?:him|her|them)\b")
_PRONOUN = words_in("he she it they him them his her its their")
_PERSON = words_in("he she they")
_RELATIVE = words_in("who which that")
_JOINING = _RELATIVE | words_in("he she it they and")


class Word(NamedTuple):
    """A word, in small letters, its stems, where it is, and whether its form is one of the past."""

    text: str
    terms: frozenset[str]
    start: int
    past: bool


class Predicate(NamedTuple):
    """The word that a claim says of its subject, by its place among the words; ``passive``: the subject suffers it.
    ``fact``: 2 for a fact, 1 for what will be, 0 for what may be. ``main``: it is of the claim's first subject. ``acts``: it has an
    object; ``object``: that, if it is a name. ``owned``: the claim is of a name's relative. ``suffers``: it is
    "lost" or the like.
    """

    place: int
    passive: bool
    fact: int
    main: bool
    acts: bool
    object: names.Name | None
    owned: bool
    suffers: bool


@cache
def _table(name: str) -> dict[str, frozenset[str]]:
    """Return, by the stems of the first word of each line of a list, those of the others."""
    found: dict[str, frozenset[str]] = {}
    for line in LISTS.entries("en", name):
        first, *others = (_terms(word) for word in line.split())
        for term in first:
            found[term] = found.get(term, frozenset()).union(*others)
    return found


@cache
def _terms(word: str) -> frozenset[str]:
    """The stems of a word and of its irregular forms."""
    whole = (word[:-1],) if word.endswith("ued") else ()  # "sued", the stem of which is not that of "sue"
    return frozenset(Analyzer("en").terms(" ".join((word, *whole, *other_forms(word)))))


def same_in_news(word: str) -> frozenset[str]:
    """Return the stems of English words that mean the same in the news, such as those of "victory" for "beat"."""
    return frozenset(chain.from_iterable(_table("synonyms").get(term, ()) for term in _terms(word)))


@lru_cache(maxsize=4096)  # the sentences of an article are looked at for each claim
def _words(text: str) -> tuple[Word, ...]:
    found = []
    for token in _TOKEN.finditer(text[:_LONGEST]):
        word = token[0].casefold().replace("’", "'")
        if token[0] in _CAPITALS and token.start():
            word = token[0]
        terms = _terms(word) if word[0].isalpha() else frozenset()
        found.append(Word(word, terms, token.start(), _is_past(word)))
    return tuple(found)


@cache
def _is_past(word: str) -> bool:
    base = base_form(word)
    irregular = base not in ("", word) and base not in _NOUNS
    regular = len(word) > 3 and word.endswith("ed")  # noqa: PLR2004 - "red", "bed"
    return regular or (irregular and not word.endswith(("ing", "s")))


def _predicates(text: str) -> Iterator[Predicate]:
    """The verb of a claim, that behind a "will", and those of its other clauses, as far as their form and place tell."""
    words, at = _words(text), _verb(text)
    found = [] if at is None else [(at, True)]
    for place, word in enumerate(words[:-1]):
        later = (
            _behind(words, place) if word.text in AUXILIARIES else place + 1 if word.text in _JOINING and words[place + 1].past else None
        )
        if later is not None and later != at:
            found.append((later, word.text in _FUTURE))
    for place, main in found:
        one = _roles(text, place)[1]
        name = one if one and text[one.start].isupper() else None
        owned, suffers = _OWNER.search(text[: words[place].start]) is not None, words[place].text in _SUFFERING
        yield Predicate(place, _passive(words, place), _fact(words, place), main, one is not None, name, owned, suffers)


def _verb(text: str) -> int | None:
    """Return the place of the verb of a claim's first subject, among its words."""
    words = _words(text)
    capitals = [range(name.start, name.end) for name in names.names(text) if not name.opens or name.start == 0]
    counts = {each.start for each in numbers.quantities(text)}
    named = [word.start not in counts and any(word.start in each for each in capitals) for word in words]
    for place, word in enumerate(words):
        if word.text in _BREAKS:
            return None
        if word.text in AUXILIARIES:
            return _behind(words, place)
        if word.text in STOPWORDS or not word.terms or named[place]:
            continue
        if place + 1 < len(words) and words[place + 1].text in AUXILIARIES:
            continue
        follows = place > 0 and named[place - 1] and not words[place - 1].text.endswith(("'s", "s'"))
        # "US ambassador Terry Branstad accused"
        follows = follows and not word.text.endswith("ing") and (word.past or not _goes_on(words, place))
        if follows or (place and word.past and words[place - 1].text not in DETERMINERS):
            return place
    return None


def _goes_on(words: Sequence[Word], place: int) -> bool:
    """Return whether a verb in the past or an auxiliary follows a word in the same phrase, so that it is a noun."""
    rest = takewhile(lambda word: word.text not in DETERMINERS | PREPOSITIONS | _BREAKS, words[place + 1 :])
    return any(word.past or word.text in AUXILIARIES for word in rest)


def _behind(words: Sequence[Word], place: int) -> int | None:
    """The verb, or the adjective, behind an auxiliary; none where an object or a place follows."""
    for at in range(place + 1, len(words)):
        word = words[at]
        if word.text in DETERMINERS | PREPOSITIONS | _BREAKS or not word.terms:
            return None
        if word.text not in STOPWORDS | AUXILIARIES and not word.text.endswith("ly"):
            state = not _BE.isdisjoint((words[place].text, words[at - 1].text)) and not (word.past or word.text.endswith(("ing", "n")))
            return None if state and word.terms.isdisjoint(_table("synonyms")) else at
    return None


def _passive(words: Sequence[Word], at: int) -> bool:
    before = [word.text for word in words[max(0, at - _CLOSE) : at] if not (word.text.endswith("ly") or word.text in _ADVERBS)]
    # "were confirmed killed"
    if len(before) > 1 and before[-1] in _REPORTED and before[-2] in _BE:
        before.pop()
    return words[at].past and bool(before) and (before[-1] in _BE or (at + 1 < len(words) and words[at + 1].text == "by"))


def _is_left_out(words: Sequence[Word], at: int, *, people: bool, title: bool) -> bool:
    """Return whether a verb can be passive without "were": of a number of ``people``, "107 killed in Mecca", or in a ``title``."""
    counted = people and at > 0 and (words[at - 1].text[0].isdigit() or numbers.is_number(words[at - 1].text))
    return words[at].past and (title or counted) and (at + 1 == len(words) or words[at + 1].text in _BEHIND_PASSIVE)


def _fact(words: Sequence[Word], at: int) -> int:
    """How sure a verb is: 2 for a fact, 1 for what will be, 0 for what is possible, wanted, or ought to have been."""
    found = 2
    # Not in "wants it to be protected" and "is alleged to have then paid".
    before = " ".join(word.text for word in words[max(0, at - _CLOSE) : at])
    past = words[at].past and words[at - 1].text != "be" and "to have" not in before
    reach = _CLOSE if past else _FAR
    for back, word in enumerate(reversed(words[max(0, at - reach) : at])):
        if word.text in _BREAKS or word.text in _CLAUSES:
            break
        if word.text.removesuffix("'ve") in _POSSIBLE or (word.text in _UNREAL and not past):
            return 0
        # "has not independently verified", but "not only won"
        if back < _CLOSE and _negates(word) and words[at - back].text not in ("only", "just"):
            return 0
        if word.text in _FUTURE:
            found = 1
    to = at > 1 and words[at - 1].text == "to" and words[at - 2].text in _BE  # "is to consider"
    return min(found, 1) if to else found


def _negates(word: Word) -> bool:
    return word.text in ("not", "never") or word.text.endswith("n't")


def main_verb(claim: str) -> str:
    """Return the verb of an English claim, in small letters; "" if none is found."""
    at = _verb(claim)
    return _words(claim)[at].text if at is not None else ""


def unsaid(claim: str, near: Nearby, encoder: Encoder) -> str:
    """Return the verb of ``claim`` that no sentence near it says of its subject; "" if one does, or if the claim has no such verb."""
    if any(names.upright(claim) in names.upright(text) for text in near.texts):
        return ""
    words, title = _words(claim), near.article.title
    whole = near.article.text
    read = [_Text(text, context, title, whole) for text, context in zip((*near.texts, title), (*near.contexts, title), strict=True)]
    behind = [_Text(text, context, title, whole) for text, context in near.behind]
    for each in _predicates(claim):
        verb = words[each.place]
        if near.article.language not in ("en", ""):
            english = verb.past or language_of(claim) == "en" or not verb.terms.isdisjoint(_table("synonyms"))
            return verb.text if english else ""
        denied = any(_negates(word) or word.text == "no" for word in words[: each.place])
        if verb.text not in _LIGHT and not denied and not _said(claim, each, read, encoder):
            # "A man was convicted. The defendant is Ann Roe. She was convicted": the nearest sentences may be the first two.
            subject = _subject(claim, each.place) if each.main else None
            of_her = [text for text in behind if subject and subject.name and not subject.among(text.text)]
            if not any(
                _states(verb, subject, each, text, at) for text in of_her for at, word in enumerate(text.words) if word.past == verb.past
            ):
                return verb.text
    return ""


def of_others(claim: str, near: Nearby) -> Iterator[Discrepancy]:
    """Yield the subject of ``claim`` with its verb if a sentence near it has the verb of another name."""
    at = _verb(claim) if near.article.language in ("en", "") else None
    subject = _subject(claim, at) if at is not None else None
    if at is None or subject is None or subject.name is None:
        return
    verb, passive, fact = _words(claim)[at], _passive(_words(claim), at), _fact(_words(claim), at)
    for text in (*near.texts, near.article.title):
        words = _words(text)
        for place, word in enumerate(words):
            if verb.terms.isdisjoint(word.terms) or _passive(words, place) != passive or _fact(words, place) < fact:
                continue
            other = _subject(text, place)
            if other and other.name and not names.has_name(text[other.one.start : other.one.end], subject.name):
                claimed, found = claim[subject.one.start : verb.start + len(verb.text)], text[other.one.start : word.start + len(word.text)]
                yield Discrepancy("name", claimed, found)
                return


def swapped(claim: str, near: Nearby) -> Iterator[Discrepancy]:
    """Yield the doer of ``claim`` if the article has it as the one done to, "A beat B" for "B defeated A", or has another doer."""
    at, words = _verb(claim) if near.article.language in ("en", "") else None, _words(claim)
    if at is None or words[at].text in _MUTUAL:
        return
    subject = _subject(claim, at)
    doer, done_to = (each or (subject.one if subject else None) for each in _roles(claim, at))
    if doer is None or done_to is None or doer == done_to:
        return
    said = claim[min(doer.start, done_to.start) : max(doer.end, done_to.end)]
    verbs, found = words[at].terms | same_in_news(words[at].text), ""
    texts = (*near.texts, near.article.title)
    acts = [(text, *act) for text in texts for act in _acts_on(text, verbs, done_to)]
    # One that is nowhere may be there by another name: "the State Department" for "the US".
    others = [phrase for text, _, phrase in acts if names.has_name(text, doer)]
    if others and not any(names.has_name(text[:place], doer) for text, place, _ in acts):
        yield Discrepancy("name", said, others[0])
        return
    for text in texts:
        for place, word in enumerate(_words(text)):
            own, other = _roles(text, place) if not verbs.isdisjoint(word.terms) else (None, None)
            for role, right, wrong in ((own, doer, done_to), (other, done_to, doer)):
                one = text[role.start : role.end] if role else ""
                if names.has_name(one, right):
                    return
                # "Monday will bring Ann a chance" is not about "Ann brought a case".
                other_thing = right is done_to and claim[right.start].islower() and not names.has_name(text, right)
                if role and names.has_name(one, wrong) and not other_thing:
                    found = text[word.start : role.end]
    if found:
        yield Discrepancy("name", said, found)


def _acts_on(text: str, verbs: frozenset[str], done_to: names.Name) -> Iterator[tuple[int, str]]:
    """Yield where ``text`` has one of ``verbs`` with a name before it and ``done_to`` behind it, and all three: "Velden won the cup"."""
    for place, word in enumerate(_words(text)):
        other = None if verbs.isdisjoint(word.terms) else _roles(text, place)[1]
        actor = _actor(text, place) if other and names.has_name(text[other.start : other.end], done_to) else None
        if other and actor:
            yield word.start, text[actor.start : other.end]


def _actor(text: str, at: int) -> names.Name | None:
    """The name before a verb that tells what it did: "Velden" of "Velden won the cup"."""
    subject = None if _passive(_words(text), at) else _subject(text, at)
    name = subject.name if subject else None
    # "Warplanes struck", "Officers arrested": of what kind a word at the beginning is, its capital does not tell
    return None if name and name.opens and len(name.words) == 1 and name.words[0].endswith("s") else name


def otherwise_related(claim: str, near: Nearby) -> Iterator[Discrepancy]:
    """Yield what ``claim`` calls a relative, "her husband Tom", if the article calls him something else: "her father Tom"."""
    if near.article.language not in ("en", ""):
        return
    for kin, relative in _relatives(claim):
        others = [other for other in names.names(claim) if other != relative]
        known = [
            (other, text[other.start() : max(other.end(), name.end)])
            for text in near.texts
            if all(names.has_name(text, each) for each in others)
            for other, name in _relatives(text)
            if names.has_name(text[name.start : name.end], relative)
        ]
        if known and all(other[0] != kin[0] for other, _ in known):
            yield Discrepancy("name", kin[0], known[0][1])


def _relatives(text: str) -> Iterator[tuple[re.Match[str], names.Name]]:
    """Yield each word for a relative with the name of that relative, behind it or else before it."""
    named = names.names(text)
    for kin in _KIN.finditer(text[:_LONGEST]):
        behind = (name for name in named if text[kin.end() : name.start] in (" ", ", ") and name.start > kin.end())
        before = (name for name in named if _IS.fullmatch(text, name.end, kin.start()))
        if name := next(chain(behind, before), None):
            yield kin, name


def _roles(text: str, at: int) -> tuple[names.Name | None, names.Name | None]:
    """Return the name or noun behind a word if it is that of the doer, and if it is that of the one to whom it is done."""
    words = _words(text)
    end = words[at].start + len(words[at].text)
    noun, passive = words[at].text in _SUFFERING, _passive(words, at)
    doer = (_DEFEATED_BY if noun else _DOER).match(text, _behind_date(text, end) if passive else end)
    link = doer or (noun and _SUFFERED.match(text, end)) or _OBJECT.match(text, end)
    one = _one(text, link.end()) if link else None
    if doer:
        return (one if noun or passive else None), None
    return None, (None if passive and not noun else one)


def _behind_date(text: str, start: int) -> int:
    """Return where the date that begins at a place ends, if "by" follows it: "proposed in May by Ann"; otherwise the place."""
    told = dates.dates(text, ()) if _DOER.search(text, start) else ()
    return next((each.end for each in told if _IN_DATE.fullmatch(text, start, each.start)), start)


def _one(text: str, start: int) -> names.Name | None:
    """Return the last name of the nouns that begin at a place, "US golf legend Ann", or the last noun; None if there is none."""

    def continues(word: Word) -> bool:
        begins = word.start == start or not (word.past or word.text.endswith("ing"))
        return bool(word.terms) and (text[word.start].isupper() or (begins and word.text not in STOPWORDS | PREPOSITIONS))

    phrase = {word.start: word for word in takewhile(continues, (word for word in _words(text) if word.start >= start))}
    places = phrase.keys() if start in phrase else {start}
    name = next((name for name in reversed(names.names(text)) if name.start in places), None)
    return name or (_as_name([*phrase.values()][-1]) if start in phrase else None)


def _as_name(noun: Word) -> names.Name:
    return names.Name((names.fold(noun.text),), noun.start, noun.start + len(noun.text), opens=False)


class _Text(NamedTuple):
    """A sentence of an article, or its title, with the sentence before it, the title and the ``whole`` text."""

    text: str
    context: str
    title: str
    whole: str

    @property
    def words(self) -> Sequence[Word]:
        """The words of the text."""
        return _words(self.text)


class _Subject(NamedTuple):
    """Of whom a claim says something: ``one``, a name, or a noun with its stems."""

    one: names.Name
    terms: frozenset[str]

    @property
    def name(self) -> names.Name | None:
        """The name, if it is one."""
        return None if self.terms else self.one

    def among(self, text: str) -> bool:
        """Whether a text speaks of it."""
        return names.has_name(text, self.name) if self.name else any(not self.terms.isdisjoint(w.terms) for w in _words(text))


def _subject(claim: str, at: int) -> _Subject | None:
    words = _words(claim)
    own = len(_without_aside(claim[: words[at].start]))
    named = [name for name in names.names(claim) if name.end <= own]
    before = [name for name in names.unplaced(claim) if name.end <= own and not _opens(name)]
    if before:
        return _Subject(before[-1], frozenset())
    placed = [range(name.start, name.end) for name in named if not _opens(name)]
    # "A guitar that belonged to him sold"
    own_words = [*takewhile(lambda word: word.start < own and word.text not in _RELATIVE, words)]
    nouns = [word for word in own_words if word.terms and not any(word.start in each for each in placed)]
    nouns = [word for word in nouns if word.text not in STOPWORDS | AUXILIARIES and not word.text.endswith("ly")]
    return _Subject(_as_name(nouns[-1]), nouns[-1].terms) if nouns else None


def _opens(name: names.Name) -> bool:
    return name.opens and name.words[0] in STOPWORDS


def _said(claim: str, said: Predicate, read: Sequence[_Text], encoder: Encoder) -> bool:
    words = _words(claim)
    verb, subject, same = words[said.place], _subject(claim, said.place) if said.main else None, False
    others = {
        word.text
        for word in words
        if word.terms
        and word.text not in STOPWORDS | AUXILIARIES | names.TITLES
        and not (numbers.is_number(word.text) and claim[word.start].isupper())
        and not any(name.start <= word.start < name.end and not word.text.endswith("ly") for name in names.names(claim))
    }
    partner = _partner(claim, said.place, _WITH_OR_TO)
    few = said.main and len(others) - 1 <= _FEW
    # A sentence with the number of the doers tells more than others.
    noun = subject is not None and subject.name is None
    counts = [count for count in numbers.quantities(claim) if noun and not count.unit and count.end < verb.start]
    if counted := [each for each in read[:-1] if counts and all(_has_number(each.text, count) for count in counts)]:
        read = counted
    for each in read:
        for at, other in enumerate(each.words):
            if verb.terms.isdisjoint(other.terms) or (said.passive and _counts_others(each, at, counts)):
                continue
            same = same or ((few or each is read[0]) and (subject is None or subject.among(each.text)))
            if _states(verb, subject, said, each, at) or (
                partner and subject and _fact(each.words, at) >= said.fact and _of_partner(subject, said, each, at, partner)
            ):
                return True
    if same or not (few or same_in_news(verb.text)):
        return not same
    return any(_speaks_of(subject, each) and _nearby(verb, said, each, subject, counts, encoder) for each in read)


def _states(verb: Word, subject: _Subject | None, said: Predicate, each: _Text, at: int) -> bool:
    """Whether a word of a text is the claim's ``verb``, as a fact, of the same subject and object."""
    if verb.terms.isdisjoint(each.words[at].terms) or _fact(each.words, at) < said.fact:
        return False
    return _of_subject(subject, said, each, at) and _of_object(said, each, at)


def _has_number(text: str, number: numbers.Quantity) -> bool:
    return any(other.things and numbers.agree(number, other) for other in numbers.quantities(text))


def _counts_others(each: _Text, at: int, counts: Sequence[numbers.Quantity]) -> bool:
    """Return whether the number behind a verb is none of these ``counts``: "pulled nine out" is not of eleven."""
    start = each.words[at].start + len(each.words[at].text) + 1
    behind = [number for number in numbers.quantities(each.text) if number.start == start] if counts else []
    return bool(behind) and not any(numbers.agree(count, behind[0]) for count in counts)


def _speaks_of(subject: _Subject | None, each: _Text) -> bool:
    """Whether a text has the subject, or a pronoun that can be for it."""
    if subject is None or subject.name is None or subject.among(each.text):
        return True
    return any(word.text in _PRONOUN for word in each.words) and (subject.among(each.context) or subject.among(each.title))


def _of_object(said: Predicate, each: _Text, at: int) -> bool:
    """Whether a text, the sentence before it or the title has the object, if that is a name; behind the verb if a name is there."""
    if not said.object:
        return True
    other = _roles(each.text, at)[1]
    named = other is not None and each.text[other.start].isupper() and each.words[at].text not in _MUTUAL
    return any(names.has_name(text, said.object) for text in ([each.text[each.words[at].start :]] if named else [each.context, each.title]))


def _partner(text: str, at: int, link: re.Pattern[str] = _WITH) -> names.Name | None:
    """Return the name behind a verb of what two do with each other: "Ann" of "spoke with Ann" and "met Ann"."""
    word = _words(text)[at]
    end = word.start + len(word.text)
    told = word.text in _PAIRED | _TOGETHER and (link.match(text, end) or (word.text in _PAIRED and _OBJECT.match(text, end)))
    one = _one(text, told.end()) if told else None
    return one if one and text[one.start].isupper() else None


def _of_partner(subject: _Subject, said: Predicate, each: _Text, at: int, partner: names.Name) -> bool:
    """Whether a text says of the ``partner`` what the claim says of the subject, and the subject is the partner's partner there: the name
    behind the verb, or "him" for a name that the article has before.
    """
    if subject.name is None or not _of_subject(_Subject(partner, frozenset()), said._replace(object=subject.name), each, at):
        return False
    if other := _partner(each.text, at):
        return names.has_name(each.text[other.start : other.end], subject.name)
    word = each.words[at]
    before = each.whole.partition(each.text)[0]
    return _HIM.match(each.text, word.start + len(word.text)) is not None and names.has_name(before, subject.name)


def _of_subject(subject: _Subject | None, said: Predicate, each: _Text, at: int) -> bool:
    """Whether the verb of a text can be the subject's: on the same side of it, or in the other voice on the other one."""
    if subject is None:
        return True
    verb, passive = each.words[at], _passive(each.words, at)
    # The doer behind "by", or the object, decides.
    role = None if said.suffers else _roles(each.text, at)[1 if said.passive else 0]
    if role and subject.name and each.text[role.start].isupper():
        return names.has_name(re.split("[,;:]", each.text[role.start :])[0], subject.name)
    same = said.passive == passive or (passive and subject.name is None and not said.acts)
    same = same or (said.passive and _is_left_out(each.words, at, people=subject.name is None, title=each.text == each.title))
    doer = _without_aside(each.text[: verb.start])
    near = [name for name in names.unplaced(doer) if len(doer) - name.end <= _BESIDE]
    # "crashed in South Korea, killing 179"; "told Velden officials he won"
    apart = (doer.endswith(", ") and verb.text.endswith("ing")) or (at > 0 and each.words[at - 1].text in _PERSON)
    near = [] if apart else near
    if not subject.among(each.text):
        return _speaks_of(subject, each) and (subject.name is None or not near) and (same or not verb.past)
    if same and near and subject.name:
        named = names.has_name(each.text[near[-1].start : near[-1].end], subject.name)
        if not (named and set(near[-1].words) & set(subject.name.words)):
            return named
    if not (said.passive or verb.past or verb.text.endswith("ing")):
        # "Velden sent Marum home with a victory"
        one, other = (_first(each.text, name) for name in (subject.name, said.object))
        return one <= other or re.match(r" (?:for|by) (?:the )?$", each.text[verb.start + len(verb.text) : one]) is not None
    before, behind = re.split("[:;]", doer)[-1], re.split("[:;]", each.text[verb.start :])[0]
    if subject.name and not said.owned:
        before = _OWNER.sub("", before)
    return subject.among(before if same else behind)


def _without_aside(before: str) -> str:
    """``before``, the text before a verb, without an apposition or a relative clause at its end: "Warde, the mayor of Velden, has"."""
    before = _IN_BRACKETS.sub(" ", before)
    aside = _ASIDE.search(before)
    return before[: aside.start()] if aside and not STOPWORDS.isdisjoint(aside[1].casefold().split()) else before


def _first(text: str, name: names.Name | None) -> int:
    """Where a text has the first word of a name; its length if it has not."""
    return next((each.start for each in names.names(text) if name and not set(each.words).isdisjoint(name.words)), len(text))


def _nearby(
    verb: Word, said: Predicate, each: _Text, subject: _Subject | None, counts: Sequence[numbers.Quantity], encoder: Encoder
) -> bool:
    """Whether a text has a word that may mean the same, and is neither its opposite nor known to mean something else. "Their defeat" does
    not tell that they beat somebody; nor is it said of them that "Ann won by beating them".
    """
    other = frozenset(chain.from_iterable(opposites(term) for term in verb.terms)) | verb.terms
    alike = same_in_news(verb.text)
    facts = [
        (at, word)
        for at, word in enumerate(each.words)
        if word.text not in STOPWORDS
        and not (said.acts and word.text in _LOST and not _roles(each.text, at)[0])
        and _fact(each.words, at) >= said.fact
        and (each.words[at - 1].text != "to" or not at)
        and not (said.passive and _counts_others(each, at, counts))
    ]
    facts = [(at, word) for at, word in facts if _of_object(said, each, at)]
    if alike:
        return any(not word.terms.isdisjoint(alike) and (not said.object or _of_subject(subject, said, each, at)) for at, word in facts)
    rest = " ".join(word.text for _, word in facts if word.terms.isdisjoint(other))
    if not rest:
        return False
    tokens = encoder.tokens([verb.text, rest])
    # The rarest piece of the verb: any past tense has its "ed".
    rarest = int(tokens.weights[tokens.places[: tokens.ends[0]]].argmax())
    return float(closest(tokens)[0, rarest]) >= _NEAR

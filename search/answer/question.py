"""What a question asks for, and whether a text tells it: a person, a number, a time, a place, a reason.

A text tells only what it has and the question has not: "the mayor, Anna Berg" is no answer to "when did Anna Berg resign".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property, lru_cache
from itertools import dropwhile, pairwise
from typing import NamedTuple

from newsdex.records import Period
from newsdex.search.answer import mentions
from newsdex.search.answer.mentions import is_statement, numbers_beside, numbers_in
from newsdex.search.languages import LISTS, lazily
from newsdex.search.question.stopwords import language_of
from newsdex.words import NUMBER

# What a day of the week in other languages than English and "yesterday" count as a time, and what a year alone counts: in news it mostly
# dates the background. A day counts 1. Measured with the everyday queries.
LESS_SURE, BACKGROUND = 0.7, 0.4
_MOST_WORDS = 256  # of a question, that sentences are compared with
# Signs of currencies: Latin-1, the baht, and the block of the others, in a class of a pattern.
_CURRENCIES = "$£¥\u0e3f\u20a0-\u20cf"
# The most words of a query without a question word that names a topic, or a number by "death toll" or "cost"; more tell what happened.
_FEW_WORDS = 6
_NAME_WORDS = (2, 3)
# The most words of a thing that is to be explained.
_LONGEST_THING = 8
# The least length of a word that can name the thing asked for.
_ASKED_LETTERS = 4
_VAGUE = frozenset(("dozens", "hundreds", "thousands", "millions", "billions"))
# The words before a name, and between it and those behind it, among which its role is sought: "is the youngest coach".
_ROLE_NEAR = 3
# The characters around a number among which its unit is sought, and the words after it among which the thing counted is.
_UNIT_BEFORE, _UNIT_NEAR, _COUNTED_NEAR = 2, 24, 4


class Kind(NamedTuple):
    """The kinds of things that a question asks for."""

    when: bool
    number: bool
    who: bool
    where: bool = False
    why: bool = False


def kind_of(question: str) -> Kind:
    """The kinds of things that ``question`` asks for, by its question words."""
    folded = question.casefold()
    begun, english = re.findall(r"\w+", folded), _is_english(question)

    def asks(kind: str) -> bool:
        starts = tuple(LISTS.words(f"{kind} starts"))
        return any(word.startswith(starts) for word in begun) and _asking(kind, english=english).search(folded) is not None

    return Kind(*map(asks, Kind._fields))


def _is_english(question: str) -> bool | None:
    """True if ``question`` is in English, so that what asks in other languages is not sought: each pattern takes time to compile."""
    return language_of(question) == "en" or None


@cache
def _asking(kind: str, *, english: bool | None) -> re.Pattern[str]:
    """The pattern of what asks for a thing of this kind, in English or in all languages."""
    asking = LISTS.any_of(kind, english=english)
    if kind == "number":
        quantities = LISTS.any_of("quantities", english=english).replace(" ", "|")
        asking += rf"|(?:{LISTS.any_of('what is', english=english)}) ?(?:[\w-]+ ){{0,2}}(?:{quantities})"
    return re.compile(rf"\b(?:{asking})\b")


@cache
def _explanation(name: str, *, english: bool | None) -> re.Pattern[str]:
    """The pattern of what asks for an explanation of what is behind it ("what is the"), or before it ("meaning")."""
    asking = LISTS.any_of(name, english=english)
    return re.compile(rf"\W*(?:{asking})\s+" if name == "asks identity" else rf"\s+(?:{asking})\W*\Z", re.IGNORECASE)


def thing_in(question: str, *, english: bool | None = None) -> str:
    """Return what ``question`` wants explained, if it asks what a thing or who a person is; else "". ``english``: whether to know only
    what asks in English; None for all languages.

    >>> thing_in("What is the AUKUS pact?"), thing_in("fedramp meaning"), thing_in("When was AUKUS signed?")
    ('AUKUS pact', 'fedramp', '')
    """
    words = re.findall(r"\w+", question.casefold())
    before = behind = None
    if words and words[0] in LISTS.words("identity starts"):
        before = _explanation("asks identity", english=english).match(question)
    if words and words[-1] in LISTS.words("identity ends"):
        behind = _explanation("asks meaning", english=english).search(question)
    if not (before or behind):
        return ""
    thing = question[before.end() if before else 0 : behind.start() if behind else len(question)].strip(" ?!.\"'")
    first, _, rest = thing.partition(" ")
    if rest and first.casefold() in LISTS.words("definite") | LISTS.words("explanation starts"):
        thing = rest
    return thing if all(len(form.split()) <= _LONGEST_THING for form in mentions.forms_of(thing)) else ""


class Question:
    """A query: its ``text`` without the words that became a filter, its ``words``, the ``kind`` of thing it asks for, whether it ``asks``
    (has a question word or mark), and the ``period`` it names. ``asking``: what was before ``text`` and says what is asked of it, such as
    "is it true that", or the question that "and in Finland?" goes on with. What sentences are compared with is derived once.
    """

    def __init__(self, text: str, period: Period | None = None, topic: str = "", asking: str = "") -> None:
        """Parse ``text``. It may lean on a ``topic``, as "and when was that?" does: sentences are compared with the words of both."""
        self.asking = asking
        self.text, self.folded, self.period = text, text.casefold(), period
        asks = not LISTS.words("question words").isdisjoint(re.findall(r"\w+", self.folded))
        self.asks = asks or not mentions.QUESTION_MARKS.isdisjoint(text)
        own = mentions.words().findall(text)[:_MOST_WORDS]
        self.words = (*own, *mentions.words().findall(topic)[: _MOST_WORDS - len(own)])
        self.kind = kind_of(text)
        # "death toll of the storm that hit the coast" names it first
        named, listed = (own, "quantities") if len(own) <= _FEW_WORDS else (own[:2], "tolls")
        if not self.asks and not LISTS.words(listed).isdisjoint(map(str.casefold, named)):
            self.kind = self.kind._replace(number=True)
            # "Tom Daley age" is answered by "the 24-year-old" rather than by "at such a young age"
            if 1 < len(own) <= _FEW_WORDS and re.fullmatch(LISTS.any_of("asks age", english=_is_english(text)), own[-1], re.IGNORECASE):
                self.words = (*own[:-1], *self.words[len(own) :])

    @property
    def asks_detail(self) -> bool:
        """Whether it says what it wants to know ("who founded X", "founder of X"), unlike a name, few keywords or a pasted sentence."""
        return (self.asks or self.has_attribute or len(self.words) > _FEW_WORDS) and not is_statement(self.text)

    @cached_property
    def has_attribute(self) -> bool:
        """Whether it has a word for what a person or thing has beside others: "founder of X"."""
        own = mentions.words().findall(self.folded)
        return len(own) > 1 and not _attributes().isdisjoint((*own, *map(_singular, own)))

    @property
    def asks_more(self) -> bool:
        """Whether it asks for a detail, or for yes or no."""
        asks_yes_or_no = self.folded.partition(" ")[0] in LISTS.words("yes or no") and not is_statement(self.text)
        return bool(self.asking) or self.asks_detail or asks_yes_or_no

    @property
    def read(self) -> str:
        """The question as it is read together with sentences."""
        return f"{self.asking} {self.text}" if self.asking else self.text

    @cached_property
    def longer_words(self) -> frozenset[str]:
        """The longer ``words``, without capitals."""
        return frozenset(word.casefold() for word in self.words if len(word) >= _ASKED_LETTERS)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The ``longer_words`` in the singular."""
        return frozenset(map(_singular, self.longer_words))

    def stems_in(self, texts: Iterable[str]) -> frozenset[str]:
        """Those of the ``stems`` that any of ``texts`` has."""
        return self.stems.intersection(_singular(word) for text in texts for word in mentions.words().findall(text))

    def has(self, word: str) -> bool:
        """Whether ``word`` is one of the ``longer_words``, but for number."""
        return _singular(word) in self.stems

    def lacks(self, text: str) -> bool:
        """Whether none of the words of ``text`` is one of the ``longer_words``."""
        return all(word.casefold() not in self.longer_words for word in mentions.words().findall(text))

    @cached_property
    def name(self) -> str:
        """X, if it asks "who is X" and X has two or three words; else ""."""
        return self.thing if self.kind.who and len(self.thing.split()) in _NAME_WORDS else ""

    @cached_property
    def thing(self) -> str:
        """What it wants explained, if it asks what a thing or who a person is; else ""."""
        return thing_in(self.text, english=_is_english(self.text))

    @cached_property
    def asking_words(self) -> frozenset[str]:
        """Its question words."""
        return LISTS.words("question words").intersection(_plain_words(self.text))

    @property
    def names_person(self) -> bool:
        """Whether it asks "who is X" of a name, and so for no other one."""
        return self.name[:1].isupper()

    @cached_property
    def excluding(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        """Words of the question that exclude others, such as "women", with these."""
        words = _plain_words(self.text)
        return [(asked, others) for asked, others in _others() if not asked.isdisjoint(words) and others.isdisjoint(words)]

    @cached_property
    def asks_ahead(self) -> bool:
        """Whether it asks when something comes: reports name the month of what is to come, and the day of what came."""
        asking = LISTS.any_of("asks ahead", english=_is_english(self.text))
        return re.search(rf"\b(?:{asking})\b", self.folded) is not None

    @cached_property
    def quantity(self) -> Quantity:
        """The number that it asks for, if it does."""
        in_unit = (self.asks or self.kind.number) and LISTS.words("tolls").isdisjoint(self.longer_words)
        return Quantity(self.text, in_unit=in_unit)

    @cached_property
    def toll_stems(self) -> frozenset[str]:
        """Those of the ``stems`` that are of words for people or casualties."""
        people = LISTS.words("anybody") | LISTS.words("tolls")
        return frozenset(_singular(word) for word in self.longer_words if word in people or any(each.match(word) for each in casualties()))

    @cached_property
    def asks_toll(self) -> bool:
        """Whether it asks for the casualties of an event, and names neither a year nor earlier events."""
        if not (self.kind.number and self.period is None and self.quantity.casualties):
            return False
        return mentions.year().search(self.text) is None and LISTS.words("asks earlier").isdisjoint(_plain_words(self.text))

    @cached_property
    def anybody(self) -> list[int]:
        """Places of ``words`` for people in general, if a number is asked: "345 pilgrims were killed" tells how many people died."""
        people = LISTS.words("anybody")
        return [place for place, word in enumerate(self.words) if word.casefold() in people] if self.kind.number else []


@cache
def _attributes() -> frozenset[str]:
    """What a query of a few words may ask for. A death is an event rather than a quantity."""
    return (LISTS.words("quantities") - {"death", "deaths"}) | LISTS.words("attributes")


@lru_cache(maxsize=4_096)
def _singular(word: str) -> str:
    return re.sub("(?:ies|es|s|y)$", "", word.casefold())


# Numbers


class Quantity:
    """The number that the question ``text`` asks for; ``in_unit``: it may ask for a unit. "How high is the death toll" asks for none."""

    def __init__(self, text: str, *, in_unit: bool) -> None:
        self._text, self._folded = text, text.casefold()
        self._in_unit, self._english = in_unit, _is_english(text)

    def _has(self, pattern: str) -> bool:
        return re.search(rf"\b(?:{pattern})\b", self._folded) is not None

    def _asks(self, what: str) -> bool:
        """Whether it asks for ``what``, in English or in any language."""
        return self._has(LISTS.any_of(f"asks {what}", english=self._english))

    @cached_property
    def _numbers(self) -> frozenset[str]:
        """The numbers that the question has."""
        return frozenset(found[0].casefold() for found in numbers_in(self._text))

    @cached_property
    def _things(self) -> frozenset[str]:
        """The things that it counts."""
        asked = _counted_thing().search(self._folded)
        return frozenset(_singular(word) for word in (asked[1].split() if asked else ()) if len(word) >= _ASKED_LETTERS)

    @cached_property
    def units(self) -> list[re.Pattern[str]]:
        """The units that it asks for."""
        if not self._in_unit:
            return []
        units = _units(english=self._english is not None).items()
        return [re.compile(unit) for asked, unit in units if self._asks(asked)]

    @cached_property
    def _units_before(self) -> list[re.Pattern[str]]:
        """Those of ``units`` that come before their number, with a digit of it."""
        if not self.units:
            return []
        strength = rf"{LISTS.pattern('strengths before')}(?: [a-z]+){{0,2}} \d"
        money = rf"\b(?:{LISTS.any_of('money before')})\.? ?\d"
        before = {"strength": strength, "age": LISTS.pattern("ages before", bounded=False), "cost": money, "amount": money}
        return [re.compile(unit) for asked, unit in before.items() if self._asks(asked)]

    @cached_property
    def _other_dimensions(self) -> re.Pattern[str] | None:
        """The words of other dimensions than those that it asks for, if it asks for any: "56 metres long" does not answer "how deep"."""
        dimensions = ["|".join(words) for words in zip(*LISTS.lines("dimensions"), strict=True)]
        other = [words for words in dimensions if not self._has(words)]
        return re.compile(rf"\b(?:{'|'.join(other)})\b", re.IGNORECASE) if 0 < len(other) < len(dimensions) else None

    @cached_property
    def casualties(self) -> list[re.Pattern[str]]:
        """Patterns of the words for the casualties that it asks about."""
        return [words for words in casualties() if words.search(self._text)]

    @cached_property
    def _other_casualties(self) -> list[re.Pattern[str]]:
        """Patterns of the words for others, if it asks about any."""
        return [words for words in casualties() if words not in self.casualties] if self.casualties else []

    @cached_property
    def _number_of_others(self) -> re.Pattern[str]:
        """A number of whom the text says that they are other casualties than those asked about: "29 people were injured"."""
        other = "|".join(words.pattern for words in self._other_casualties)
        said = "|".join(sorted({*LISTS.words("auxiliaries"), "who", "suffered"}))
        return re.compile(rf"{NUMBER}(?: [^\W\d_]+){{0,2}} (?:{said})(?: [^\W\d_]+){{0,2}} (?:{other})\b", re.IGNORECASE)

    def _numbers_asked(self, text: str) -> bool:
        """Whether ``text`` numbers casualties that it asks about, if any."""
        if self._other_casualties:
            text = self._number_of_others.sub(" " * (mentions.BESIDE + 1), text)
        return any(numbers_beside(text, words) for words in self.casualties)

    @cached_property
    def _is_count(self) -> bool:
        """Whether it asks how many there are of a thing, and not how much something measures."""
        return bool(self._things) and not self.units and not self._has(_measures())

    @cached_property
    def _is_duration(self) -> bool:
        """Whether it has a unit of time."""
        return not LISTS.words("time units").isdisjoint(_plain_words(self._text)) or self._asks("lasting")

    @cached_property
    def _is_change(self) -> bool:
        """Whether it asks by how much something changed."""
        return self._has("|".join(LISTS.any_of(name, english=self._english) for name in ("asks change", "changes")))

    def counting(self, text: str) -> str:
        """What counts in ``text``: not dates and, unless asked for, durations, changes, money, lengths, ages; "" without a number."""
        if not (re.search(r"\d", text) or numbers_in(text)):
            return ""
        if self._is_count:
            text = _uncounted().sub(" ", text)
        if not self._is_change and not LISTS.words("by").isdisjoint(text.casefold().split()):
            text = _change().sub(" ", text)
        timeless = mentions.time().sub(" ", text)
        return timeless if self._is_duration else _without_durations(timeless)

    def is_told(self, counting: str) -> bool:
        """Whether ``counting``, of the method above, has a number that the question has not."""
        return any(found[0].casefold() not in self._numbers for found in numbers_in(counting))

    def tells_figure(self, text: str) -> bool:
        """Whether ``text`` has a number that may be asked for, and an exact one: not "tens of thousands"."""
        exact = any(found[0].casefold() not in self._numbers | _VAGUE for found in numbers_in(self.counting(text)))
        return exact and not self.counts_others(text)

    def tells_toll(self, text: str) -> bool:
        """Whether ``text`` also has a word for the casualties that it asks about."""
        return self.tells_figure(text) and any(words.search(text) for words in self.casualties)

    def is_counted(self, counting: str) -> bool:
        """Whether a number in ``counting`` precedes the thing counted, or is near a word for the casualties asked about."""
        near = [counting[found.end() : found.end() + 2 * _UNIT_NEAR] for found in numbers_in(counting)]
        if not near:
            return False
        if self._numbers_asked(counting):
            return True
        # "How many people died" does not ask how many people were detained.
        things = self._things - LISTS.words("anybody") if self.casualties else self._things
        return any(_singular(word) in things for each in near for word in mentions.words().findall(each)[:_COUNTED_NEAR])

    def has_unit(self, text: str) -> bool:
        """Whether ``text`` has a number with a unit that is asked for."""
        other = self._other_dimensions
        near = [text[max(0, found.start() - _UNIT_BEFORE) : found.end() + _UNIT_NEAR] for found in numbers_in(text)]
        return any(unit.search(each) for each in near if not (other and other.search(each)) for unit in self.units) or (
            bool(near) and any(unit.search(text) for unit in self._units_before)
        )

    def counts_others(self, text: str) -> bool:
        """Whether ``text`` numbers other casualties than those asked about, and not these: the injured, not the dead."""
        others = bool(numbers_in(text)) and any(numbers_beside(text, words) for words in self._other_casualties)
        return others and not self._numbers_asked(text)


def _units(*, english: bool) -> dict[str, str]:
    """The units beside a number that answer what asks for them. "How long" may ask in English for a length."""
    any_of = LISTS.any_of
    money, lengths = any_of("money"), any_of("lengths")
    lasting = rf"(?i:{'|'.join(sorted(LISTS.words('time units')))})(?![- ]old){f'|{lengths}' * english}"
    return {
        "cost": rf"[{_CURRENCIES}]|\b(?:{money})\b",
        "amount": rf"[{_CURRENCIES}%]|\b(?:{money}|per ?cent)\b",
        "duration": rf"\b(?:{lasting})\b",
        "age": rf"\b(?:{any_of('ages')})\b|, *\d{{1,3}},",
        "size": rf"\b(?:{lengths}|{any_of('sizes')})\b",
        "strength": any_of("strengths"),
        "speed": rf"\b(?:{any_of('speeds')})",
        "temperature": rf"°|\b(?:{any_of('temperatures')})\b",
        "share": rf"%|\b(?:{any_of('shares')})\b",
    }


def _without_durations(text: str) -> str:
    """``text`` without the numbers of units of time."""
    for number in reversed(numbers_in(text)):
        unit = _word_behind().match(text, number.end())
        if unit and unit[1].casefold() in LISTS.words("time units"):
            text = f"{text[: number.start()]} {text[unit.end() :]}"
    return text


_word_behind = lazily(lambda: r"[- ]([^\W\d_]+)")


def _measures() -> str:
    return f"{LISTS.any_of('measures')}|{LISTS.any_of('lengths')}"


@cache
def casualties() -> tuple[re.Pattern[str], ...]:
    """Patterns of the words for the dead, for those who got away, and for the injured."""
    return tuple(re.compile(LISTS.pattern(name), re.IGNORECASE) for name in ("dead", "survivors", "injured"))


@lazily
def _counted_thing() -> str:
    """The words after "how many", one or two. "How many were hurt" does not name what is counted."""
    none = "|".join(sorted(LISTS.words("auxiliaries")))
    return rf"\b(?:{LISTS.any_of('how many')})(?:\s+|(?<=['\u2019]))((?!(?:{none}) )(?:[\w'-]+\s*){{1,2}})"


@lazily
def _change() -> str:
    by = "|".join(sorted(LISTS.words("by")))
    return rf"(?i:\b(?:{LISTS.any_of('changes')})(?: \w+)? (?:{by}) (?:\w+ ){{0,2}}{NUMBER})"


def _uncounted_pattern() -> str:
    large = rf"(?:[ -](?:{LISTS.any_of('scales')}|bn|m))*"
    # An age between commas, and a telephone number.
    bare = r", \d\d,|\baged \d+|\b\d+(?:-\d+)+\b"
    money = rf"(?:[{_CURRENCIES}]|\b(?:{LISTS.any_of('money before')})\.?)"
    return rf"{money} ?{NUMBER}{large}|{NUMBER}{large}(?: ?[{_CURRENCIES}%]|[ -](?:{_measures()})\b)|{bare}"


_uncounted = lazily(_uncounted_pattern, re.IGNORECASE)


# Persons, times, places and reasons


def has_somebody(text: str, question: Question) -> bool:
    """Whether ``text`` has two adjacent capitalised words that are not in the question. None is asked for by "Who is Anna Berg?"."""
    return not question.names_person and any(question.lacks(found[0]) for found in mentions.name().finditer(text))


def has_holder(text: str, question: Question) -> bool:
    """Whether ``text`` has two adjacent capitalised words that are not in the question beside one of its longer words, if it has an
    attribute: "coach Luke Walton", "Joe Mazzulla is the youngest coach".
    """
    folded = text.casefold()
    if not question.has_attribute or not any(stem in folded for stem in question.stems):
        return False
    for found in mentions.name().finditer(text):
        words = found[0].split()
        name = list(dropwhile(question.has, words))
        if len(name) > 1 and not any(map(question.has, name)):
            before = ["", *text[: found.start()].split()][-_ROLE_NEAR - 1 :]
            # "League" in "Europa League" is a part of another name
            ahead = [word for other, word in pairwise(before) if word[:1].islower() or not other[:1].isupper()]
            behind = text[found.end() :].split()[: _ROLE_NEAR + 1]
            # What somebody said or did is no role
            if text[found.end() : found.end() + 1] != "," and LISTS.words("is").isdisjoint(behind[:1]):
                behind = []
            if name != words or any(question.has(word.strip(mentions.CLAUSE)) for word in (*ahead, *behind)):
                return True
    return False


def says_when(text: str, question: Question) -> float:
    """How well ``text`` tells a time that is not in the question: 1 for a day, a day of the week (the report's date completes it), a time
    of day, a month if the question asks when something comes, or a year if one is asked for; LESS_SURE for a day of the week in another
    language than English or a day such as "yesterday"; BACKGROUND for another year; else 0. "Until Wednesday" tells only when something
    comes or ends.
    """
    if not question.asks_ahead:
        text = mentions.ending_time().sub(" ", text)

    def is_new(times: re.Pattern[str]) -> bool:
        return any(found[0].casefold() not in question.folded for found in times.finditer(text))

    if is_new(mentions.day()) or (question.asks_ahead and is_new(mentions.coming_month())):
        return 1.0
    if is_new(mentions.less_sure_day()):
        return LESS_SURE
    asks_year = not LISTS.words("asks year").isdisjoint(_plain_words(question.text))
    return (1.0 if asks_year else BACKGROUND) if is_new(mentions.year()) else 0.0


def has_place(text: str, question: Question) -> bool:
    """Whether ``text`` has a name after a word such as "in" that is not in the question and no date."""
    return any(question.lacks(found[1]) and not mentions.has_time(found[1]) for found in mentions.place().finditer(text))


@cache
def _others() -> list[tuple[frozenset[str], frozenset[str]]]:
    pairs = (entry.partition(" / ") for entry in LISTS.phrases("others"))
    return [(frozenset(asked.split()), frozenset(others.split())) for asked, _, others in pairs]


def is_of_others(text: str, question: Question) -> bool:
    """Whether ``text`` has a word such as "men's", and not the one in the question that excludes it, "women's"."""
    if not question.excluding:
        return False
    words = _plain_words(text)
    return any(asked.isdisjoint(words) and not others.isdisjoint(words) for asked, others in question.excluding)


def _plain_words(text: str) -> frozenset[str]:
    """The words of ``text`` without capitals, and without an "'s"."""
    return frozenset(re.findall(r"\w+", text.casefold()))


def has_reason(text: str, _: Question) -> bool:
    """Whether ``text`` has a word such as "because"."""
    return mentions.reason().search(text) is not None

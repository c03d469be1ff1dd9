"""Numbers in a text, in figures or in words, with their units, and whether two of them agree."""

# ruff: noqa: RUF001 - dashes; lists of words

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import product
from typing import Literal, NamedTuple

from newsdex.search.check import clock
from newsdex.search.check.dates import ORDINALS, dates, mask
from newsdex.search.check.languages import LISTS
from newsdex.search.question.stopwords import STOPWORDS, words_in

Slack = Literal["", "about", "over", "under", "exactly"]

# The languages with a list of numbers in words.
NUMBERED = LISTS.languages_with("digits")
_ONES = frozenset({"eins", "un", "une", "uno", "una"})  # also articles: they count only behind a ten
_AND = frozenset({"et", "y"})
_PER = frozenset({"pour", "por", "per"})  # a hundred or thousand behind these is a rate: "per cento", "pour mille"
_RATES = (100, 1_000)
_HUNDRED = {"de": "hundert", "it": "cento"}
_WORD_FOR_THOUSAND = {"de": "tausend", "it": "mila"}
_QUATRE_VINGTS, _SOIXANTE = 4, (60, 80)


@cache
def values_of(language: str) -> Mapping[str, int]:
    """Map the number words of a language to their values; in German and Italian up to 999, and whole thousands, as they are one word."""
    if language not in NUMBERED:
        return {}
    digits, teens, tens, more = (" ".join(LISTS.entries(language, name)).split() for name in ("digits", "teens", "tens", "numbers"))
    others = {word: int(value) for word, value in (each.split("=") for each in more)}
    found = {word: n for n, word in enumerate([*digits, *teens], 1)}
    found |= {word: 10 * n for n, word in enumerate(tens, 2)}
    if language == "de":
        found |= {
            f"{digit.removesuffix('s') if n == 1 else digit}und{ten}": found[ten] + n for ten in tens for n, digit in enumerate(digits, 1)
        }
    if language == "it":
        found |= {f"{ten[:-1] if digit[0] in 'uo' else ten}{digit}": found[ten] + found[digit] for ten in tens for digit in digits}
        found |= {f"{ten}tré": found[ten] + 3 for ten in tens}
    if language == "es":
        found |= {f"{word[:-2]}as": value for word, value in others.items() if word.endswith("cientos") or word == "quinientos"}
    if hundred := _HUNDRED.get(language):
        below = {"": 0, **found}
        for n, digit in enumerate(["", *digits[1:]], 1):
            found |= {f"{digit}{hundred}{rest}": 100 * n + value for rest, value in below.items()}
        found |= {f"ein{hundred}{rest}": 100 + value for rest, value in below.items() if language == "de"}
        found |= {f"{word}{_WORD_FOR_THOUSAND[language]}": 1_000 * value for word, value in found.items() if value > 1}
    return found | others


def number_at(words: Sequence[str], at: int, language: str) -> tuple[int, int] | None:
    """Return the number in words below 1,000, or 1,000, that begins at a place, and the place behind it; None if there is none."""
    values = values_of(language)
    value = values.get(words[at])
    if value is None or words[at] in _ONES or (language != "en" and value in _RATES and at and words[at - 1] in _PER):
        return None
    at += 1
    while language in ("en", "fr", "es") and at < len(words):
        joined = words[at] in _AND and value % 100 >= 20 and value % 10 == 0 and at + 1 < len(words)  # noqa: PLR2004 - treinta y cuatro
        following = values.get(words[at + joined], 0)
        if language == "fr" and value % 100 == _QUATRE_VINGTS and following == 20:  # noqa: PLR2004
            value += 76
        elif following == 100 and 1 < value < 10:  # noqa: PLR2004 - deux cents
            value *= 100
        elif joined and not following < 12:  # noqa: PLR2004 - between thirty and forty
            break
        elif following and _adds(value, following, language):
            value += following
        else:
            break
        at += 1 + joined
    return value, at


def _adds(value: int, following: int, language: str) -> bool:
    """Return whether a smaller number is added to the one before: "cent vingt", "soixante-dix", "dix-sept"."""
    rest = value % 100
    if language == "en":
        return following < 10 and rest % 10 == 0 and rest > 10  # noqa: PLR2004
    if rest == 0:
        return following < 100 and value < 1_000  # noqa: PLR2004
    if rest in _SOIXANTE and language == "fr":
        return following < 20  # noqa: PLR2004
    return following < 10 and rest % 10 == 0 and (rest > 10 or following > 6)  # noqa: PLR2004


# Those of English, and of other languages those that are no other words.
_VALUES = {
    **values_of("en"),
    **{word: values_of(each)[word] for each in NUMBERED for line in LISTS.entries(each, "elsewhere") for word in line.split()},
}
_SCALES = {word: int(value) for word, value in LISTS.words_with_values("scales")}
_ARTICLES = frozenset({"a", "an", "several", "ein", "eine", "un", "una", "une"})
_A_HALF = 0.5
# An age is no term: "a 28-year-old" is not "28 years in prison".
_AGE = {"months": "age in months", "time": "age in seconds"}
_AGED, _NAMED = re.compile(r"\baged $"), re.compile(r"\b[A-Z][\w'’-]*, $")
_OLDEST = 120
PART = "part"  # the unit of fractions in words
_BEFORE_PART = _ARTICLES | {"one"}
_BEHIND_PART = words_in(
    "of more less fewer higher lower larger smaller bigger cheaper in at by from since early late this last de des du del di más menos plus"
    " moins"
)
_ONLY_GLUED = frozenset({"k", "m"})  # "5m", but "5 m" is a length
_ORDINAL_ENDINGS = ("st", "nd", "rd", "th", "º", "ª")
_ENDINGS_IN = {"fr": ("e", "er", "re", "ère", "ème", "eme"), "es": ("er",)}
_ORDINALS = {word: n for n, word in enumerate(ORDINALS[:15], 1)}
# Before "3." in German, which is "third" there.
_BEFORE_ORDINAL = words_in(
    "der die das dem den des am ans beim im ins vom zum zur ein eine einem einen einer eines kein keine sein seine seinem seinen seiner"
    " ihr ihre ihrem ihren ihrer unser unsere jede jedem jeden jeder jedes diese diesem diesen dieser dieses"
)
# Each unit's dimension, and its size in that dimension.
_LABELS = LISTS.words("labels")
_MONEY = dict(LISTS.words_with_values("money"))
_UNITS = {word: (of, float(size)) for word, unit in LISTS.words_with_values("units") for of, size in [unit.split()]}
_UNITS |= {word: (money, 1.0) for word, money in _MONEY.items()}
# The words before a number that say how exact it is; the first kind counts.
_SLACKS: tuple[tuple[Slack, frozenset[str]], ...] = (
    ("exactly", words_in("exactly precisely genau exactamente exactement")),
    ("under", words_in("nearly almost under fewer less most fast casi presque barely")),
    ("about", words_in("about around roughly approximately some circa estimated etwa rund unos alrededor environ")),
    ("over", words_in("over than exceeding least more minimum über mehr mindestens más plus")),
)
CLOCK = "clock"  # the unit of times of day
_CLOCK_SLACKS: tuple[tuple[Slack, frozenset[str]], ...] = (
    ("under", words_in("before vor avant antes prima")),
    ("over", words_in("after nach après después dopo")),
    ("about", words_in("about around roughly approximately circa etwa gegen kurz rund vers environ hacia sobre alrededor verso intorno")),
)
_LETTERS = re.compile(r"[^\W\d_]+")
_BESIDE, _CLOSE = 32, 2  # characters and words before a time that tell how exact it is
_LONGEST = 12  # words of a number
_THOUSAND = 1_000
_NEAR = 4  # words after a number that may include its unit
_ENDING = frozenset({"and", "und", "y", "et", "to", "in"})
_SEVERAL = 2  # letters up to which a word keeps its final s
_SMALL = 12  # numbers up to this are in every article
_APPROXIMATE, _LOOSE = 0.1, 0.34
_EXACT = 1e-9
_LEAST_ROUNDED = 10  # multiples of its last digit from which a number can be a rounded one without "about": 1,300, but not 1,000
# Between thousands, besides comma and full stop: "28'000" in Switzerland, "12 400" in France.
_APART = "['’ \u00a0\u2009\u202f]"
# A number in figures with its currency sign and suffix, or a word.
_TOKEN = re.compile(
    r"(?P<money>[$€£¥₹])?(?<![^\W\d_][-–—])(?<![\w.])"
    rf"(?P<figure>[1-9]\d{{0,2}}(?P<apart>{_APART})\d{{3}}(?:(?P=apart)\d{{3}}){{0,3}}(?!\d|(?P=apart)\d)(?:[.,]\d{{1,9}})?"
    r"|\d{1,15}(?:[.,]\d{1,9}){0,5})"
    r"(?:\.(?=er\b|[ºª]))?(?P<suffix>[^\W\d_]{0,12})(?!\w)"
    r"|(?P<word>[^\W\d_]{1,40})|(?P<mark>[%°$€£¥₹])|(?P<stop>[.;:()]|,(?!\d))"
)
# Also as in India: 4,80,652
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:\.\d{3})+")


class Quantity(NamedTuple):
    """A number of a ``text``, from ``start`` to ``end``: its possible ``values``, ``unit`` and the size of one (``factor``), and the
    ``things`` that it counts, or only what it is the label of: "day five". ``until``: the end of its unit, or of the first thing that it
    counts.
    """

    values: tuple[float, ...]
    factor: float
    unit: str
    things: frozenset[str]
    slack: Slack
    start: int
    end: int
    until: int
    text: str

    @property
    def words(self) -> str:
        """Its words."""
        return self.text[self.start : self.end]

    @property
    def is_label(self) -> bool:
        """Whether it counts nothing: "day five"."""
        return not self.unit and bool(self.things) and self.until == self.end

    @property
    def is_rare(self) -> bool:
        """Whether few other things in an article have this number: with a unit, or above twelve."""
        return self.unit not in ("", "th") or min(self.values) > _SMALL

    @property
    def bare(self) -> Quantity:
        """The same as its figures have it, not in the dimension of its unit."""
        return self._replace(values=tuple(value / self.factor for value in self.values), factor=1.0)

    @property
    def counted(self) -> str:
        """Its words with its unit, or the first thing that it counts."""
        return self.text[self.start : self.until]


@lru_cache(maxsize=4096)  # the sentences of an article are looked at for each claim
def quantities(text: str, language: str = "") -> tuple[Quantity, ...]:
    """Return the numbers of ``text``, but those of its dates. "One" counts only before a scale or a unit: it is also a pronoun. A time of
    day has the unit CLOCK, in minutes. ``language``: that of numbers in words which are words of another language, too, such as "once" in
    Spanish.
    """
    masked = mask(text, dates(text, [language]))
    times = clock.times(masked, language)
    tokens = list(_TOKEN.finditer(mask(masked, times)))
    found, at = [_of_clock(text, each) for each in times], 0
    while at < len(tokens):
        read = _number(tokens, at, language)
        if read is None:
            at += 1
            continue
        values, stop = read
        kind = (PART if _is_part(tokens, at) else "th") if _is_ordinal(tokens, at, language) else ""
        quantity = _with_unit(tokens, at, stop, values, text, kind)
        if language in ("en", "") and _is_age(quantity):
            quantity = _of_age(quantity)
        if quantity.unit or values != (1.0,):
            found.append(quantity)
        at = stop
    return tuple(sorted(found, key=lambda each: each.start))


def _of_clock(text: str, time: clock.Time) -> Quantity:
    before = [word.casefold() for word in _LETTERS.findall(text[max(0, time.start - _BESIDE) : time.start])][-_CLOSE:]
    slack: Slack = next((kind for kind, words in _CLOCK_SLACKS if not words.isdisjoint(before)), "")
    return Quantity(tuple(map(float, time.minutes)), 1.0, CLOCK, frozenset(), slack, time.start, time.end, time.end, text)


def _word(token: re.Match[str]) -> str:
    return (token["word"] or token["mark"] or "").casefold()


def _number(tokens: Sequence[re.Match[str]], at: int, language: str) -> tuple[tuple[float, ...], int] | None:
    """Return the readings of the number that begins at a token, and the token after it."""
    if tokens[at]["figure"]:
        return _in_figures(tokens, at, language)
    word = _word(tokens[at])
    if value := _ordinals(language).get(word):
        return (1 / value if _is_part(tokens, at) else float(value),), at + 1
    following = _word(tokens[at + 1]) if at + 1 < len(tokens) else ""
    if word in _ARTICLES and following in _SCALES and following not in _ONLY_GLUED:
        return _scaled((1.0,), tokens, at + 1)
    words, here = [_word(token) for token in tokens[max(0, at - 1) : at + _LONGEST]], min(at, 1)
    for each in dict.fromkeys((language, "en")):
        if spelt := number_at(words, here, each):
            values, stop = _scaled((float(spelt[0]),), tokens, at - here + spelt[1])
            more = each != "en" and values[0] % _THOUSAND == 0 and stop < at + len(words) - 1
            rest = number_at(words, stop - at + here, each) if more else None
            return ((values[0] + rest[0],), at - here + rest[1]) if rest and rest[0] < _THOUSAND else (values, stop)
    return _scaled((float(_VALUES[word]),), tokens, at + 1) if word in _VALUES else None


@cache
def _ordinals(language: str) -> Mapping[str, int]:
    """Map the ordinals of English and of a language to their values."""
    return _ORDINALS | {word: int(value) for words, value in LISTS.values(language, "ordinals") for word in words.split()}


def _is_ordinal(tokens: Sequence[re.Match[str]], at: int, language: str) -> bool:
    token = tokens[at]
    if not token["figure"]:
        return _word(token) in _ordinals(language)
    if suffix := token["suffix"].casefold():
        return suffix in (*_ORDINAL_ENDINGS, *_ENDINGS_IN.get(language, ()))
    return language == "de" and _has_stop(tokens, at) and at > 0 and _word(tokens[at - 1]) in _BEFORE_ORDINAL


def _is_part(tokens: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether an ordinal is a part: "a third of", "a fifth more", but not "a third man"."""
    behind = _word(tokens[at + 1]) if at + 1 < len(tokens) else ""
    return at > 0 and _word(tokens[at - 1]) in _BEFORE_PART and (not behind or behind in _BEHIND_PART)


def _has_stop(tokens: Sequence[re.Match[str]], at: int) -> bool:
    """Return whether a full stop and another word follow a token."""
    return at + 2 < len(tokens) and tokens[at + 1]["stop"] == "." and tokens[at + 1].start() == tokens[at].end()


def _in_figures(tokens: Sequence[re.Match[str]], at: int, language: str) -> tuple[tuple[float, ...], int] | None:
    token = tokens[at]
    suffix = token["suffix"].casefold()
    if _is_ordinal(tokens, at, language):
        return _readings(token["figure"]), at + (1 if suffix else 2)
    if suffix and suffix not in _SCALES and singular(suffix) not in _UNITS:
        return None
    scale = _SCALES.get(suffix, 1)
    return _scaled(tuple(value * scale for value in _readings(token["figure"])), tokens, at + 1)


def _scaled(values: tuple[float, ...], tokens: Sequence[re.Match[str]], at: int) -> tuple[tuple[float, ...], int]:
    if [_word(token) for token in tokens[at : at + 3]] == ["and", "a", "half"]:
        values, at = tuple(value + _A_HALF for value in values), at + 3
    while at < len(tokens):
        # "7,9 millones de millones"
        at += at + 1 < len(tokens) and _word(tokens[at]) == "de" and _word(tokens[at - 1]) in _SCALES and _word(tokens[at + 1]) in _SCALES
        word = _word(tokens[at])
        if word not in _SCALES or word in _ONLY_GLUED:
            break
        values = tuple(value * _SCALES[word] for value in values)
        at += 1
    return values, at


def _readings(figure: str) -> tuple[float, ...]:
    """Return the values that a number in figures can have: 1.900 has two, depending on the language."""
    figure = re.sub(_APART, "", figure)
    whole = float(re.sub("[.,]", "", figure))
    if not _THOUSANDS.fullmatch(figure):
        *before, last = re.split("[.,]", figure)
        return (float(f"{''.join(before)}.{last}") if before else whole,)
    return (whole,) if "," in figure or figure.count(".") > 1 else (float(figure), whole)


def singular(word: str) -> str:
    """Return a word without its final s."""
    return word[:-1] if len(word) > _SEVERAL and word.endswith("s") else word


def _with_unit(tokens: Sequence[re.Match[str]], first: int, stop: int, values: tuple[float, ...], text: str, unit: str) -> Quantity:
    """Return the number of some tokens with its unit, the things it counts, and its qualifier."""
    suffix = (tokens[first]["suffix"] or "").casefold()
    factor = 1.0
    things: list[str] = []
    until = tokens[stop - 1].end()
    if tokens[first]["money"]:
        unit = _MONEY[tokens[first]["money"]]
    if suffix not in _SCALES and singular(suffix) in _UNITS:
        unit, factor = _UNITS[singular(suffix)]
    for word, end in _behind(tokens[stop : stop + _NEAR]):
        measured = bool(unit)
        if not unit and word in ("cent", "ciento", "cento"):
            unit = "%"
        elif not unit and not (things and word == "m") and singular(word) in _UNITS:
            unit, factor = _UNITS[singular(word)]
        if measured != bool(unit):
            until = end
        elif word not in STOPWORDS:
            until = until if things or unit else end
            things.append(singular(word))
    before = [_word(token) for token in tokens[max(0, first - 2) : first]]
    # "Stage five: A, B win", but not "flight 318 landed"
    alone = not things or text[tokens[stop - 1].end() :][:1] in (":", ";", ",", ".", ")")
    if not unit and before and (before[-1] in _UNITS or (alone and before[-1] in _LABELS)):
        things, until = [before[-1]], tokens[stop - 1].end()
    slack: Slack = next((kind for kind, words in _SLACKS if not words.isdisjoint(before)), "")
    return Quantity(
        tuple(value * factor for value in values),
        factor,
        unit,
        frozenset(things),
        slack,
        tokens[first].start(),
        tokens[stop - 1].end(),
        until,
        text,
    )


def _of_age(number: Quantity) -> Quantity:
    """Return a number, of years if it has no unit, as an age."""
    if not number.unit:
        years = _UNITS["year"][1]
        number = number._replace(values=tuple(value * years for value in number.values), factor=years, unit=_UNITS["year"][0])
    return number._replace(unit=_AGE[number.unit])


def _is_age(number: Quantity) -> bool:
    """Return whether an English number is an age: "a 28-year-old", "aged 28", and "Ann Roe, 28,"."""
    if number.unit not in ("", *_AGE):
        return False
    aside = not number.things and number.words.isdecimal() and number.bare.values[0] <= _OLDEST
    before = number.text[max(0, number.start - _BESIDE) : number.start]
    return (
        "old" in number.things
        or (aside and _AGED.search(before) is not None)
        or (aside and number.text.startswith(",", number.until) and _NAMED.search(before) is not None)
    )


def _behind(tokens: Sequence[re.Match[str]]) -> Iterator[tuple[str, int]]:
    """Yield the words after a number that may say what it counts, also those of "five of the six people", and where each ends."""
    counted = False
    for token in tokens:
        word = _word(token)
        number = bool(token["figure"]) or word in _VALUES
        if number and counted:
            continue
        if token["stop"] or number or not word or word in _ENDING:
            return
        counted = counted or word == "of"
        if word not in ("per", "of"):
            yield word, token.end()


def is_number(word: str) -> bool:
    """Return whether ``word``, in small letters, is a number in words in one of the languages with a list of them."""
    return word in _SCALES or any(word in values_of(language) for language in NUMBERED)


def is_unit(word: str) -> bool:
    """Return whether ``word``, in small letters, is a unit or a currency in one of the languages."""
    return singular(word) in _UNITS


def comparable(claim: Quantity, other: Quantity) -> bool:
    """Return whether both can measure one thing. A unit may be left out, "65 per cent to 29", but not for "six people", "six metres"."""
    if claim.unit == other.unit:
        return not (claim.things and other.things) or claim.is_label == other.is_label
    if (claim.unit and other.unit) or not {"th", CLOCK, PART}.isdisjoint((claim.unit, other.unit)):
        return False
    counting, measured = (other, claim) if claim.unit else (claim, other)
    # "65 per cent to 29", but not an age, "is 54": beside a share, a number without a unit is one only after another share.
    if measured.unit == "%" and not any(each.unit == "%" for each in quantities(counting.text)):
        return False
    first = counting.text[counting.end : counting.until].split()[:1]
    if not first or (first[0] in STOPWORDS and first[0] != "of"):
        return True
    return measured.unit != "%" and not counting.things.isdisjoint(measured.things)


def agree(claim: Quantity, other: Quantity) -> bool:
    """Return whether the other number is the claim's, rounded to its digits or not. A unit may be left out: "Ann, 21, who"."""
    if claim.unit != other.unit:
        claim, other = claim.bare, other.bare
    return comparable(claim, other) and any(_near(claim, other, a, b) for a, b in product(claim.values, other.values))


def _near(claim: Quantity, other: Quantity, ours: float, theirs: float) -> bool:
    if claim.unit == CLOCK:
        return clock.agree(ours, theirs, claim.slack)
    apart = abs(ours - theirs)
    difference = apart / max(abs(theirs), _EXACT)
    if difference <= _EXACT or claim.slack == "exactly":
        return difference <= _EXACT
    if claim.slack == "over":
        return ours < theirs and difference <= _LOOSE
    if claim.slack == "under":
        return ours > theirs and difference <= _LOOSE
    digit = _last_digit(ours, claim.factor)
    if claim.factor != other.factor:  # 100 miles are 160 km
        return difference <= _APPROXIMATE and apart <= max(digit, _last_digit(theirs, other.factor)) / 2
    rounded = apart <= digit / 2 * (1 + _EXACT)
    return rounded and difference <= _APPROXIMATE and (claim.slack == "about" or abs(ours) >= _LEAST_ROUNDED * digit * (1 - _EXACT))


def _last_digit(value: float, factor: float) -> float:
    """Return the unit of a number's last significant digit: 100 for 1,300, 0.01 for 2.85."""
    mantissa, exponent = f"{abs(value / factor):.11e}".split("e")
    digits = mantissa.replace(".", "").rstrip("0")
    return factor * 10.0 ** (int(exponent) - max(len(digits) - 1, 0))

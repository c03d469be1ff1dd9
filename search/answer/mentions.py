"""What a text mentions, whatever is asked: numbers, times, names, reasons; and whether it is a statement."""

# ruff: noqa: RUF001 - the stops of several scripts

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from itertools import islice

from newsdex.records import Period
from newsdex.search.languages import LISTS, lazily
from newsdex.words import WORD_NUMBERS

_CAPITAL = r"[^\W\d_a-z]"
_REST = r"[\w'’-]"
words = lazily(lambda: rf"[^\W\d_]{_REST}*|\d[\d.,]*")


# Statements

# How a sentence or clause ends, and what may follow.
_ENDING = frozenset(".!…;,:。！？؟۔।")
CLAUSE = "".join(_ENDING)
_CLOSING = "\"'”’»)]」』"
QUESTION_MARKS = frozenset("?\uff1f\u061f\u037e")
_OPENING = ('"', "'", "“", "„", "‘", "«", "»", "「", "『")
# A dateline has fewer characters than this, and a credit fewer words.
_DATELINE, _CREDIT_WORDS = 60, 9
_credit = lazily(lambda: rf"\b(?:{LISTS.any_of('credits')})s?(?: credit)?: ?\w", re.IGNORECASE)
# How many words before a question word a negation may be, and a word such as "known".
_FAR_BEFORE, _NEAR_BEFORE = 6, 2
_bare_number = lazily(lambda: r"(?:[^\W\d_]+ )?\d+\W*")


def is_question(text: str) -> bool:
    """Whether ``text`` ends with a question mark, whatever closes it: Markdown's asterisks too."""
    return text.rstrip(f"{_CLOSING}*_ ")[-1:] in QUESTION_MARKS


def is_untold(text: str, asked: frozenset[str]) -> bool:
    """Return whether ``text`` says that what one of the question words ``asked`` stands for is not known: "unclear why"."""
    words = [word.strip(CLAUSE) for word in text.casefold().split()]
    for place, word in enumerate(words):
        if word in asked:
            before = words[max(0, place - _FAR_BEFORE) : place]
            near = before[-_NEAR_BEFORE:]
            if not LISTS.words("unknown").isdisjoint(near):
                return True
            negated = any(each in LISTS.words("negating") or each.endswith(("n't", "n\u2019t")) for each in before)
            if negated and not LISTS.words("known").isdisjoint(near):
                return True
    return False


def leaves_answer_to(text: str, following: str) -> bool:
    """Whether ``text`` leaves the answer to the ``following`` sentence: a question, or what announces a quotation."""
    return is_question(text) or (text.endswith((":", "\uff1a")) and following.startswith(_OPENING))


def is_statement(text: str) -> bool:
    """Whether ``text`` ends like a sentence or clause and begins like one: no heading, question or fragment, no bare number with its
    article, such as "Zur 73.", no name alone, such as "Image: Jane Doe.", no dateline, such as "Cali, 3 de mayo de 2024.", and no credit
    of a few words: "Ann Lee, photo: Jane Doe.".
    """
    ends = text.rstrip(_CLOSING)[-1:] in _ENDING and not is_question(text)
    if len(text) < _DATELINE and any(map(str.isdigit, text)):
        rest = words().findall(time().sub(" ", text))
        if all(word[0].isupper() or word in LISTS.words("in dates") for word in rest):
            return False
    if not ends or text[:1].islower() or not any(map(str.isalnum, text)) or _bare_number().fullmatch(text):
        return False
    if ":" in text and text.count(" ") < _CREDIT_WORDS and _credit().search(text):
        return False
    return text.isupper() or not all(word[0][0].isupper() for word in words().finditer(text))


# Names

# Two to four words with capitals, which the first word of a sentence is not.
name = lazily(lambda: rf"\b(?={_CAPITAL})(?!(?:{LISTS.any_of('no name')})\b)(?:{_CAPITAL}{_REST}+ ){{1,3}}{_CAPITAL}{_REST}+")
# A word with a capital in the middle of a sentence. The word behind it begins no other, and a search for what is no letter skips most
# characters.
name_within = lazily(lambda: rf"\W(?<=\w\W)\W*({_CAPITAL}\w+)\W*")
place = lazily(
    lambda: rf"\b(?:{LISTS.any_of('before places')}) (?:the )?({_CAPITAL}{_REST}+(?: {_CAPITAL}{_REST}+){{0,3}})",
)


# Explanations: "AUKUS is a pact", "AUKUS, a pact of three states", "the envoy Ann Berg". Words are compared in sets: a pattern of all that
# may stand around a name would take longer to compile than a search takes.

# What may enclose a name: quotation marks, and Markdown for bold.
_MARKS = "\"'*_\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
# How many mentions of it are looked at, and how much of the text around each, in characters and in words.
_MENTIONS, _BEFORE, _BEHIND, _FEW = 20, 90, 200, 7
_LONGEST_ADDED = 80  # characters between parentheses
_CLAUSE_ENDS = ".,;:()\n"


def forms_of(thing: str) -> list[str]:
    """The names of ``thing``: one, or also those in parentheses that were added to it: "ECB (European Central Bank)"."""
    forms = thing.replace("(", ",").replace(")", ",").split(",")
    return [form.strip() for form in forms if form.strip()]


def explains(text: str, thing: str) -> bool:
    """Return whether ``text`` says what or who ``thing`` is."""
    if not thing:
        return False
    return any(
        _explained_behind(text[found.end() : found.end() + _BEHIND])
        or _explained_before(text[max(0, found.start() - _BEFORE) : found.start()], text[found.end() :][:1])
        for found in islice(_name(thing).finditer(text), _MENTIONS)
    )


@lru_cache(maxsize=16)
def _name(thing: str) -> re.Pattern[str]:
    # Between its words are spaces, hyphens and marks
    names = (r"\W{1,6}".join(map(re.escape, form.split())) for form in forms_of(thing))
    return re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", re.IGNORECASE)


def _explained_behind(behind: str) -> bool:
    """Whether what is ``behind`` a name explains it: "is a", ", a", ", the mayor of Sorrel,", "stands for"."""
    rest = behind.lstrip(_MARKS)
    if rest.lstrip(" ").startswith("(") and (closed := rest.find(")", 0, _LONGEST_ADDED)) > 0:
        rest = rest[closed + 1 :].lstrip(_MARKS)
    if rest.lstrip(f"{_MARKS}, ").casefold().startswith(_phrases("means")):
        return True
    is_apposition = rest.startswith((",", " \u2013 ", " \u2014 ", " - "))
    words = rest.lstrip(",\u2013\u2014- ").split()[: _FEW + 1]
    if words and words[0].strip(",") in LISTS.words("relatives"):
        words, is_apposition = words[1:], False
    folded = [word.casefold() for word in words]
    if is_apposition:
        first = folded[0] if folded else ""
        ended = any(word.endswith((",", ".", ";")) for word in folded[1:])
        return first in LISTS.words("explanation starts") or (first in LISTS.words("definite") and ended)
    starts = LISTS.words("explanation starts") | LISTS.words("definite")
    return bool(folded) and rest[:1] in (" ", ",") and folded[0] in LISTS.words("is") and not starts.isdisjoint(folded[1:3])


def _explained_before(before: str, following: str) -> bool:
    """Whether what is ``before`` a name explains it, which has ``following`` behind it: "called", "envoy", "his wife,", "Long Name ("."""
    bare = before.rstrip(f"{_MARKS} ")
    if bare.endswith("("):
        return following == ")" and any(word[0].isupper() for word in _last_clause(bare[:-1]).split())
    is_apposition = bare.endswith(",")
    words = _last_clause(bare.rstrip(",")).casefold().split()
    starts = LISTS.words("explanation starts") | LISTS.words("definite")
    if is_apposition:
        led = not (starts | LISTS.words("owners")).isdisjoint(words[-_FEW:-1])
        return not LISTS.words("attributes").isdisjoint(words) or (led and following in (",", "."))
    while words and words[-1] in starts:
        words.pop()
    return bool(words) and (words[-1] in LISTS.words("attributes") or " ".join(words).endswith(_phrases("called")))


def _last_clause(text: str) -> str:
    return text[max(map(text.rfind, _CLAUSE_ENDS)) + 1 :]


@cache
def _phrases(name: str) -> tuple[str, ...]:
    return tuple(LISTS.phrases(name))


# Numbers

_FIGURES = r"(?<!\.)\d[\d.,]*(?![\d.,]|(?:st|nd|rd|th)\b)"  # but for ordinals
_figures_or_word = lazily(lambda: rf"\b(?:({_FIGURES})|[^\W\d]\w*)")
# The most characters between a number and a word that tells what it counts.
BESIDE = 60


@lru_cache(maxsize=64)  # of a sentence, four features are about these
def numbers_in(text: str) -> tuple[re.Match[str], ...]:
    """The numbers in ``text``, in digits or words, in a tenth of the time of one pattern, which tries all words at each one's beginning."""
    return tuple(found for found in _figures_or_word().finditer(text) if found[1] or _is_number_word(found[0]))


@lru_cache(maxsize=4_096)
def _is_number_word(word: str) -> bool:
    return word.casefold() in LISTS.words("number words") or re.fullmatch(WORD_NUMBERS, word, re.IGNORECASE) is not None


def numbers_beside(text: str, listed: re.Pattern[str]) -> bool:
    """Whether ``text`` has a number near a word that is ``listed``, and no figure between them: "139 dead", "killed at least 139"."""
    numbers = numbers_in(text)
    starts, ends = [found.start() for found in numbers], [found.end() for found in numbers]
    for found in listed.finditer(text) if numbers else ():
        # Only the nearest number on either side that does not touch it: what is before a farther one has all that is before the nearest.
        last, next_one = bisect_left(ends, found.start()), bisect_right(starts, found.end())
        between = [(ends[last - 1], found.start())] * (last > 0) + [(found.end(), start) for start in starts[next_one : next_one + 1]]
        if any(end - start <= BESIDE and not any(map(str.isdigit, text[start:end])) for start, end in between):
            return True
    return False


# Times

_YEAR = r"\b(?:1\d|20)\d\ds?\b"
_YEAR_DIGITS, _FIRST_YEAR, _CENTURIES = 4, 1900, ("17", "18", "19", "20")
year = lazily(lambda: _YEAR)


def _clock() -> str:
    """The pattern of a time of day: 14:30, 14h30, 14 h, 14.30 Uhr."""
    return rf"\d\d?(?:[:h]\d\d\b|(?:\.\d\d)? (?:{LISTS.any_of('hours')})\b)"


def _months() -> str:
    return LISTS.any_of("months", english=True)


def _word_months() -> str:
    return LISTS.any_of("word months")


def _months_and_days_elsewhere() -> str:
    return f"{LISTS.any_of('months', english=False)}|{LISTS.any_of('weekdays', english=False)}"


@lazily
def time() -> str:
    """A year, month, weekday or time of day. All begin at a word boundary, where the search ends at most characters."""
    also, of = _word_months(), LISTS.any_of("month of")
    days = rf"{LISTS.any_of('weekdays', english=True)}|{LISTS.any_of('other times')}|\d{{1,2}}(?:\.\d\d)? ?[ap]\.?m\b\.?|[ap]\.m\."
    sure = rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_months()}|{also})|{_months()}"
    month = rf"(?:{sure}|(?:{LISTS.any_of('before word months')})\s+(?:{also})|(?:{also})(?=\.?\s+\d))\b\.?(?:\s+\d{{1,2}}\b)?"
    elsewhere = rf"(?:\d{{1,2}}\.?\s+(?:{of}\s+)?)?(?:{_months_and_days_elsewhere()})\b"
    return rf"\b(?=\w)(?:{month}(?:,?\s+{_YEAR})?|{_YEAR}|{_clock()}|{days}|{elsewhere})"


@lazily
def day() -> str:
    """A time of day, a day of a month, or an English day of the week."""
    months = f"{_months()}|{_word_months()}"
    elsewhere = _months_and_days_elsewhere()
    of = LISTS.any_of("month of")
    of_month = rf"\d{{1,2}}(?:st|nd|rd|th)?\.? (?:{of} )?(?:{months}|{elsewhere})\b|(?:{months})\.? \d{{1,2}}\b"
    return rf"\b(?:{_clock()}|\d{{1,2}}(?:[:.]\d\d)? ?[ap]\.?m\b|\d{{1,2}}\.\d\d\b|{of_month}|{LISTS.any_of('weekdays', english=True)}\b)"


@lazily
def coming_month() -> str:
    """A month, or a day of the week in other languages than English."""
    word_month = rf"(?:{LISTS.any_of('before coming months')}) (?:{_word_months()})"
    return rf"\b(?:{_months()}|{word_month}|{_months_and_days_elsewhere()})\b"


less_sure_day = lazily(lambda: rf"\b(?:{LISTS.any_of('weekdays', english=False)}|{LISTS.any_of('relative days')})\b")
ending_time = lazily(lambda: rf"{LISTS.pattern('until', bounded=False)} [\w.:]+(?: \d{{1,2}}\b)?", re.IGNORECASE)


def has_time(text: str) -> bool:
    """Whether ``text`` has a year, a month, a day of the week or a time of day."""
    return time().search(text) is not None


def is_year(word: str) -> bool:
    """Whether ``word`` is a year from 1700 to 2099."""
    return len(word) == _YEAR_DIGITS and word.isdecimal() and word[:2] in _CENTURIES


def begins_with_year(text: str) -> bool:
    """Whether ``text`` begins with a year, after a word such as "in" or before a mark: "1800 people" are no year."""
    first = text.split(maxsplit=3)[:3]
    years = [at for at, word in enumerate(first) if is_year(word.strip(CLAUSE)) and (at or word[-1] in CLAUSE)]
    return bool(years) and LISTS.words("before years").issuperset(map(str.casefold, first[: years[0]]))


def is_of_other_years(text: str, period: Period) -> bool:
    """Whether ``text`` has years, but none in ``period``."""
    years = [int(found[0].rstrip("s")) for found in year().finditer(text)]
    first, last = period.since.year if period.since else 0, period.until.year if period.until else 9999
    return bool(years) and not any(first <= each <= last for each in years)


def is_of_earlier_years(text: str, latest: int) -> bool:
    """Whether ``text`` has dates with years, all before ``latest``: not "Since 2016", no date of an event, nor "2000 people"."""
    years = [found for found in year().finditer(text) if int(found[0][:_YEAR_DIGITS]) >= _FIRST_YEAR]
    if any(int(found[0][:_YEAR_DIGITS]) >= latest for found in years):
        return False
    of_months = [(found.start(), found.end()) for found in time().finditer(text) if len(found[0]) > _YEAR_DIGITS + 1]

    def dates(found: re.Match[str]) -> bool:
        before, behind = text[: found.start()].casefold().split()[-1:], text[found.end() :].casefold().split()[:1]
        counts = not LISTS.words("anybody").isdisjoint(behind)
        return not counts and (not LISTS.words("dating").isdisjoint(before) or any(start < found.start() < end for start, end in of_months))

    return any(map(dates, years))


# Reasons and predecessors

reason = lazily(lambda: LISTS.pattern("reasons"), re.IGNORECASE)
predecessor = lazily(lambda: LISTS.pattern("predecessors"), re.IGNORECASE)

"""Whether a text says what a thing is, or who a person is: "AUKUS, a pact of three states", "AUKUS is a pact", "the envoy Ann Berg"."""

from __future__ import annotations

import re
from functools import lru_cache

from newsdex.search.languages import LISTS, lazily

# The most words of what is asked about.
_MOST_WORDS = 8
# What may enclose a name: quotation marks, and Markdown for bold.
_MARKS = "[\"'*_\u00ab\u00bb\u2018-\u201f]{0,3}"
# What may stand between a role and the name: "the mayor of Sorrel, Ann Berg".
_NEAR = 40  # characters


@lazily
def _asked_before() -> str:
    """What asks for an explanation of what is behind it: "what is the"."""
    return rf"(?i:\W*(?:{LISTS.any_of('asks identity')})\s+)"


@lazily
def _asked_behind() -> str:
    """What asks for an explanation of what is before it: "meaning"."""
    return rf"(?i:\s+(?:{LISTS.any_of('asks meaning')})\W*\Z)"


def thing_in(question: str) -> str:
    """Return what ``question`` wants explained, if it asks what a thing or who a person is; else "".

    >>> thing_in("What is the AUKUS pact?"), thing_in("fedramp meaning"), thing_in("When was AUKUS signed?")
    ('AUKUS pact', 'fedramp', '')
    """
    words = re.findall(r"\w+", question.casefold())
    starts = words and words[0] in LISTS.words("identity starts")
    if not starts and not (words and words[-1] in LISTS.words("identity ends")):
        return ""
    before, behind = _asked_before().match(question), _asked_behind().search(question)
    if not (before or behind):
        return ""
    thing = question[before.end() if before else 0 : behind.start() if behind else len(question)].strip(" ?!.\"'")
    return thing if all(len(form.split()) <= _MOST_WORDS for form in _forms(thing)) else ""


def _forms(thing: str) -> list[str]:
    """The names of ``thing``: one, or also those in parentheses that were added to it: "ECB (European Central Bank)"."""
    return [form for form in re.split(r"\s*[(),]\s*", thing) if form]


def explains(text: str, thing: str) -> bool:
    """Return whether ``text`` says what or who ``thing`` is."""
    return bool(thing) and _explained(thing).search(text) is not None


@lru_cache(maxsize=16)
def _explained(thing: str) -> re.Pattern[str]:
    """The pattern of an explanation: "X (...) is a", "X, a", "called X", "X stands for", "Long Name (X)", "envoy X", "the mayor, X,"."""
    names = (rf"{_MARKS}[\s-]+{_MARKS}".join(map(re.escape, form.split())) for form in _forms(thing))
    name = rf"(?:{'|'.join(names)})"
    an, definite, copula, roles, owners = (
        "|".join(sorted(LISTS.words(each))) for each in ("explanation starts", "definite", "is", "attributes", "owners")
    )
    few = r"(?:[\w'\u2019-]{1,40} ){0,6}[\w'\u2019-]{1,40}"
    behind = rf"{_MARKS}(?:\s?\([^()]{{1,80}}\))?{_MARKS}(?:,? (?:which|who|that),?)?"
    return re.compile(
        rf"(?i:(?<!\w){name}{behind} (?:{copula}) (?:\w+ )?(?:{an}|{definite})\b"
        rf"|(?<!\w){name}{behind}(?:,| [\u2013\u2014-]) (?:(?:{an}) |(?:{definite}) {few}[,.;])"
        rf"|(?<!\w){name}\W{{1,4}}(?:{LISTS.any_of('means')})\b"
        rf"|\b(?:{LISTS.any_of('called')}) (?:(?:{an}|{definite}) )?{_MARKS}{name}(?!\w)"
        rf"|\b(?:{roles})(?: [^.,;:]{{0,{_NEAR}}},)? {name}(?!\w)"
        rf"|\b(?:{an}|{definite}|{owners}) {few}, {name}[,.])"
        rf"|\b[^\W\d_a-z][^.;:()\n]{{3,80}} \({name}\)"
    )

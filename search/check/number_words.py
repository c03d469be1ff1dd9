"""Numbers in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from newsdex.search.check.languages import languages_with, listed

# The languages with a list of numbers in words.
NUMBERED = languages_with("digits")
_ONES = frozenset({"eins", "un", "une", "uno", "una"})  # also articles: they count only behind a ten
_AND = frozenset({"et", "y"})
_PER = frozenset({"pour", "por", "per"})  # "per cent" is no hundred
_HUNDRED = {"de": "hundert", "it": "cento"}
_THOUSAND = {"de": "tausend", "it": "mila"}
_QUATRE_VINGTS, _SOIXANTE = 4, (60, 80)


@cache
def values_of(language: str) -> Mapping[str, int]:
    """Map the number words of a language to their values; in German and Italian up to 999, and whole thousands, as they are one word."""
    if language not in NUMBERED:
        return {}
    digits, teens, tens, more = (" ".join(listed(language, name)).split() for name in ("digits", "teens", "tens", "numbers"))
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
        found |= {f"{word}{_THOUSAND[language]}": 1_000 * value for word, value in found.items() if value > 1}
    return found | others


def number_at(words: Sequence[str], at: int, language: str) -> tuple[int, int] | None:
    """Return the number in words below 1,000, or 1,000, that begins at a place, and the place behind it; None if there is none."""
    values = values_of(language)
    value = values.get(words[at])
    if value is None or words[at] in _ONES or (language != "en" and at and words[at - 1] in _PER):
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

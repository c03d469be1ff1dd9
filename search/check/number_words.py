"""Numbers in words in German, French, Spanish and Italian."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

# The languages besides English with a list of numbers in words, by their digits.
NUMBERED = {
    "de": "eins zwei drei vier fünf sechs sieben acht neun",
    "fr": "un deux trois quatre cinq six sept huit neuf",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve",
    "it": "uno due tre quattro cinque sei sette otto nove",
}
_TEENS = {
    "de": "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "fr": "dix onze douze treize quatorze quinze seize",
    "es": "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "it": "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
}
_TENS = {
    "de": "zwanzig dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "fr": "vingt trente quarante cinquante soixante septante huitante nonante",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
_MORE = {
    "fr": {"une": 1, "vingts": 20, "octante": 80, "cent": 100, "cents": 100, "mille": 1_000},
    "es": {
        "veintiuno": 21, "veintiún": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26,
        "veintisiete": 27, "veintiocho": 28, "veintinueve": 29, "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300,
        "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900,
        "un": 1, "una": 1, "mil": 1_000,
    },
    "it": {"mille": 1_000},
    "de": {"tausend": 1_000},
}  # fmt: skip
_ONES = frozenset({"eins", "un", "une", "uno", "una"})  # also articles: they count only behind a ten
_AND = frozenset({"et", "y"})
_HUNDRED = {"de": "hundert", "it": "cento"}
_THOUSAND = {"de": "tausend", "it": "mila"}
_QUATRE_VINGTS, _SOIXANTE = 4, (60, 80)


@cache
def values_of(language: str) -> Mapping[str, int]:
    """Map the number words of a language to their values; in German and Italian up to 999, and whole thousands, as they are one word."""
    if language not in NUMBERED:
        return {}
    digits, tens = NUMBERED[language].split(), _TENS[language].split()
    found = {word: n for n, word in enumerate([*digits, *_TEENS[language].split()], 1)}
    found |= {word: 10 * n for n, word in enumerate(tens, 2)}
    if language == "de":
        found |= {
            f"{digit.removesuffix('s') if n == 1 else digit}und{ten}": found[ten] + n for ten in tens for n, digit in enumerate(digits, 1)
        }
    if language == "it":
        found |= {f"{ten[:-1] if digit[0] in 'uo' else ten}{digit}": found[ten] + found[digit] for ten in tens for digit in digits}
        found |= {f"{ten}tré": found[ten] + 3 for ten in tens}
    if language == "es":
        found |= {f"{word[:-2]}as": value for word, value in _MORE["es"].items() if word.endswith("cientos") or word == "quinientos"}
    if hundred := _HUNDRED.get(language):
        below = {"": 0, **found}
        for n, digit in enumerate(["", *digits[1:]], 1):
            found |= {f"{digit}{hundred}{rest}": 100 * n + value for rest, value in below.items()}
        found |= {f"ein{hundred}{rest}": 100 + value for rest, value in below.items() if language == "de"}
        found |= {f"{word}{_THOUSAND[language]}": 1_000 * value for word, value in found.items() if value > 1}
    return found | _MORE[language]


def number_at(words: Sequence[str], at: int, language: str) -> tuple[int, int] | None:
    """Return the number in words below 1,000, or 1,000, that begins at a place, and the place behind it; None if there is none."""
    values = values_of(language)
    value = values.get(words[at])
    if value is None or words[at] in _ONES or (at and words[at - 1] in ("pour", "por", "per")):
        return None
    at += 1
    while language in ("fr", "es") and at < len(words):
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
    if rest == 0:
        return following < 100 and value < 1_000  # noqa: PLR2004
    if rest in _SOIXANTE and language == "fr":
        return following < 20  # noqa: PLR2004
    return following < 10 and rest % 10 == 0 and (rest > 10 or following > 6)  # noqa: PLR2004

"""Sentences of corrections that repeat the error: no answer, and no support of a claim."""

# ruff: noqa: RUF001 - apostrophes

from __future__ import annotations

import re
from collections.abc import Sequence

from newsdex.records import Article, Span

_LONGEST = 1_000  # characters of a sentence that are tested
# A sentence on an earlier version of its article.
_EARLIER = (
    r"\b(?:earlier|previous|original) (?:version|edition)s? of (?:this|the|our) (?:story|article|report|page)\b"
    r"|\bversi[oó]n anterior de est[ea]\b|\bfrüheren? (?:Version|Fassung)\b|\bversion précédente de cet\b"
)
_OF_EARLIER = re.compile(_EARLIER, re.IGNORECASE)
# A sentence that reports an error; the next one has the correction.
_DISOWNS = re.compile(
    rf"{_EARLIER}|^(?:correction: )?(?:a|an|the|our) (?:report|story|article|caption|headline)\b.{{0,120}}"
    r"\b(?:said|stated|gave|named|misstated)\b",
    re.IGNORECASE,
)
# The same in a correction.
_OUTLET = (
    r"est[ea] (?:diario|medio|periódico|redacción)|la nota|el (?:artículo|reportaje)|(?:this|the) (?:newspaper|site|article|report)"
    r"|diese Zeitung|der (?:Artikel|Bericht)|ce journal|l.article|este jornal|a reportagem|questo giornale|l.articolo"
)
_STATED = (
    r"inform(?:ó|amos)|publi(?:có|camos)|dijo|dijimos|afirm(?:ó|amos)|señaló|indicó|said|reported|wrote|stated|published"
    r"|gave|put|named|called|misstated|misspelled|dimos|ciframos|nannten|schrieben"
    r"|berichtete[nt]?|meldete[nt]?|hieß|affirmait|écrivait|annoncé|affirmé|écrit|informou|publicou|scritto|pubblicato"
)
_OWN_ERROR = re.compile(
    rf"\b(?:{_OUTLET})\b.{{0,120}}\b(?:{_STATED})\b|\b(?:se|we|nous avons|abbiamo|es|por error) (?:{_STATED})\b"
    rf"|\b(?:we|wir) \w{{1,20}} (?:{_STATED})\b|\bwir (?:{_STATED})\b"
    rf"|\b(?:{_STATED}|gaben) wir\b|\bwir (?:\w{{1,20}} )?gaben\b|\b(?:{_STATED}) por error\b"
    r"|\b(?:informamos|publicamos|dijimos|afirmamos|dimos|ciframos)\b",
    re.IGNORECASE,
)
# Where a sentence that reports an error goes on with what is right: "we gave the vote as 34 to 21; it was 34 to 20".
_GOES_ON = re.compile(
    r"\s*[;–—]\s*|,\s*(?=(?:but|when|while|whereas|in fact|instead|rather|(?:it|they|he|she|the \w{1,20}) (?:is|was|are|were|should)"
    r"|aber|sondern|tatsächlich|richtig|es (?:ist|war|waren|sind)|pero|sino|cuando|en realidad|es|era|eran|fue|fueron|son)\b)"
    r"|\s+(?=(?:when (?:it|they|he|she|the)|instead of|rather than|statt|anstatt|cuando|en lugar de|en vez de)\b)",
    re.IGNORECASE,
)
_NOT_SO = re.compile(r"(?:[\w'’]+\W+){0,4}(?:not|\w+n['’]t|false|wrong|untrue|incorrect|nicht|kein\w*|falsch|no|falso)\b", re.IGNORECASE)
# The other way round: "34 to 20, not 34 to 21 as we reported".
_NOT_AS = re.compile(
    rf",\s+(?:and |und |y )?(?:not|nicht|no)\s+((?:[^;.]|\.(?=\d)){{1,100}}?),?\s+(?:as|wie|como)\s[^;.]{{0,60}}"
    rf"\b(?:{_STATED}|berichtet|gemeldet|angegeben)\b",
    re.IGNORECASE,
)
# A sentence that calls the one before it false.
_FALSE = re.compile(
    r"(?:(?:pero )?(?:est?o )?(?:es falso|no es (?:cierto|verdad|así|correcto)|es (?:incorrecto|un error))"
    r"|(?:this|that|it) (?:is|was) (?:false|untrue|not true|incorrect|wrong)|das ist (?:falsch|nicht (?:wahr|richtig))|das stimmt nicht"
    r"|(?:c['’]est|cela est) faux|ce n['’]est pas vrai|(?:isso )?é falso|(?:isso )?não é verdade|è falso|non è vero)\s*(?:[.,;:!]|$)",
    re.IGNORECASE,
)
# A sentence that has what is right instead.
_RIGHT = re.compile(
    r"(?:(?:la|el|lo) (?:\w{1,20} )?correct[oa]|the correct \w{1,20}|richtig|die (?:richtige|korrekte) \w{1,20}"
    r"|le \w{1,20} (?:correct|exact)|[oa] \w{1,20} corret[oa]|(?:la|il) \w{1,20} corrett[oa])\b (?:es|era|son|is|was|ist|war|est|é|è)\b"
    r"|debe decir\b|il fallait lire\b",
    re.IGNORECASE,
)
_REPORTING = re.compile(
    r"\b(?:said|says|claim\w*|reported|wrote|dijo|dice|inform[óa]|afirm[óa]|publicó|sagte|behaupte\w*|a dit|affirm\w*|"
    r"disse|detto)\b",
    re.IGNORECASE,
)


def reports_error(article: Article, text: str) -> bool:
    """Return whether a sentence says what an earlier report, or the outlet of a correction, had, and does not put it right."""
    return _cue(article, text) is not None and error_and_right(article, text) is None


def error_and_right(article: Article, text: str) -> tuple[Span, Span] | None:
    """Return the error and what is right in a sentence with both; None for another sentence."""
    end = min(len(text), _LONGEST)
    if found := _NOT_AS.search(text, 0, end):
        return Span(*found.span(1)), Span(0, found.start())
    cue = _cue(article, text)
    behind = _GOES_ON.search(text, cue.end(), end) if cue else None
    if cue is None or behind is None or _NOT_SO.match(text, behind.end()):
        return None
    return Span(cue.end(), behind.start()), Span(behind.end(), len(text))


def _cue(article: Article, text: str) -> re.Match[str] | None:
    own = _OWN_ERROR.search(text[:_LONGEST]) if article.corrects or article.is_correction else None
    return own or _DISOWNS.search(text[:_LONGEST])


def is_of_error(text: str) -> bool:
    """Return whether a claim is about an error in a report."""
    return _has(text, _DISOWNS) or _has(text, _OWN_ERROR)


def calls_false(text: str) -> bool:
    """Return whether a sentence calls the one before it false."""
    return _FALSE.match(text) is not None


def is_put_right(following: str) -> bool:
    """Return whether the sentence before ``following`` is called false or put right by it."""
    return calls_false(following) or _RIGHT.match(following) is not None


def is_of_report(text: str) -> bool:
    """Return whether a claim or question is about what somebody said or reported."""
    return _has(text, _REPORTING)


def disowned(article: Article, sentences: Sequence[str]) -> list[bool]:
    """Return for each of the ``sentences`` of an article that corrects another, in order, whether it repeats the error or only says that it
    was one. Under another title than that of a correction, "the report said" may be of any report.
    """

    def repeats(text: str) -> bool:
        return reports_error(article, text) if article.is_correction else _has(text, _OF_EARLIER)

    following = (*sentences[1:], "")
    return [repeats(text) or calls_false(text) or is_put_right(after) for text, after in zip(sentences, following, strict=True)]


def _has(text: str, pattern: re.Pattern[str]) -> bool:
    return pattern.search(text[:_LONGEST]) is not None

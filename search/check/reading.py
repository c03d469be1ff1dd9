"""Splits an answer into claims: its sentences without markup and citations, each with what it cites."""

# ruff: noqa: RUF001 - dashes and quotation marks

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsdex.records import Span
from newsdex.search.question.stopwords import STOPWORDS, language_of, stop_words
from newsdex.sentences import split_sentences, trim

# All patterns are linear.
_CITED = r"\[\^?\d{1,3}(?:[,;\s–-]{1,3}\^?\d{1,3}){0,9}\]"
_CITATION = re.compile(_CITED)
_LEADING = re.compile(rf"(?:[.!?\"”’]*\s*{_CITED})+[.]?")
_LINK = re.compile(r"\[([^\[\]\n]{0,400})\]\(\s*<?([^\s<>()]{1,1000})>?(?:\s+\"[^\"\n]{0,200}\")?\s*\)")
_ADDRESS = re.compile(r"<?\b(https?://[^\s<>\"')\]]{1,1000}|newsdex:article/[^\s<>\"')\]]{1,1000})>?")
_DEFINITION = re.compile(r"^[ \t]{0,8}(?:[-*][ \t]{1,4})?(?:\[\^?(\d{1,3})\][:.]?|(\d{1,3})[.)])[ \t]{1,8}(\S.{0,1200})$", re.MULTILINE)
_HEADING = re.compile(r"\s{0,3}#{1,6}\s|\s{0,3}(?:={3,}|-{3,}|\*{3,})\s*$")
_ITEM = re.compile(r"\s{0,8}(?:[-*+•>]|\d{1,3}[.)])\s+")
_MARKS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`{1,3}|~~")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")
# Sentences about the answer itself, and greetings.
_TALK = re.compile(
    r"(?:I|we)\b.{0,40}\b(?:found|find|know|sure|think|hope|help|could|can|cannot|can't|do not|don't|searched|looked)\b"
    r"|(?:here (?:is|are)|let me|sources?\b|references?\b|note that|hope this|in summary\W*$|thank|hello|hi\b|sure\b|of course|yes\W*$"
    r"|no\W*$)|(?:the|this) (?:archive|articles?|sources?|documents?|context|passages?|excerpts?) (?:do|does|did) not",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?…;,][\s\"'”’»)*_]*$")
_BOLD = re.compile(r"(\*\*|__)[^\n]+\1")
_NEXT_LINE = re.compile(r"([^\S\n]*\n\s*)(\S[^\n]*)")
_UNENDED = re.compile(r"[?:][.\s]*$")  # a question, or an introduction to the next line
_FEWEST = 2  # content words of a claim


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer: its place, text, citations, if it is checkable; a ``title`` may state nothing: "Floods in Kenya"."""

    span: Span
    text: str
    labels: tuple[str, ...]
    checkable: bool
    title: bool = False


def read(answer: str, languages: Iterable[str] = ()) -> tuple[list[Claim], dict[str, str]]:
    """Return the claims of ``answer``, plain text or Markdown, in order, and what its numbered list of sources, which is no claim, gives
    for each number. ``languages``: those of the articles, of which an answer is in one if its words do not tell.
    """
    targets, defined = {}, []
    for found in _DEFINITION.finditer(answer):
        number, text = found[1] or found[2], found[3]
        link = _LINK.search(text)
        address = _ADDRESS.search(link[2] if link else text)
        if address or (found[1] and not re.search(r"[.!?]\s*$", text)):
            targets[number] = link[2] if link else address[1] if address else text.strip()
            defined.append(Span(found.start(), found.end()))
    spans = [
        span
        for span in _sentences(answer, _language(answer[:2_000], languages))
        if not any(each.start <= span.start < each.end for each in defined)
    ]
    return [_claim(answer, span) for span in spans], targets


def _language(text: str, languages: Iterable[str]) -> str:
    """Return the language of ``text``: of a short one, that of the ``languages`` which has most of its words as stop words; "" if none."""
    told = language_of(text)
    if told not in ("", "und"):
        return told
    words = {word.casefold() for word in _WORD.findall(text)}
    known = {language: len(words & stop_words(language)) for language in sorted(languages)}
    return max(known, key=lambda language: known[language], default="") if any(known.values()) or len(known) == 1 else ""


def _sentences(answer: str, language: str) -> Iterator[Span]:
    """Yield the sentences of ``answer``, each with the citations after it."""
    spans = split_sentences(answer, Span(0, len(answer)), language)
    before: Span | None = None
    for span in spans:
        leading = _LEADING.match(answer, span.start, span.end)
        same_line = before is not None and "\n" not in answer[before.end : span.start]
        if before and leading and same_line and leading.end() > span.start:
            before = Span(before.start, leading.end())
            rest = trim(answer, Span(leading.end(), span.end))
            if not len(rest):
                continue
        else:
            rest = span
        if before:
            yield before
        before = rest
    if before:
        yield before


def _claim(answer: str, span: Span) -> Claim:
    text = answer[span.start : span.end]
    labels = [found[2] for found in _LINK.finditer(text)]
    bare = _LINK.sub(lambda m: "" if _NUMBER.fullmatch(m[1].strip("[]^ ")) else m[1], text)
    labels += [found[1].rstrip(".,;:") for found in _ADDRESS.finditer(bare)]
    bare = _ADDRESS.sub("", bare)
    labels += [number for found in _CITATION.findall(bare) for number in _numbers(found)]
    bare = _CITATION.sub("", bare)
    line = _own_line(answer, span)
    heading = _HEADING.match(text) is not None or (line is not None and (text.isupper() or _BOLD.fullmatch(text) is not None))
    title = line is not None and not answer[: span.start].strip() and line[0].count("\n") > 1 and len(line[1]) > len(text)
    said = _SPACE.sub(" ", _MARKS.sub("", bare[item.end() :] if (item := _ITEM.match(bare)) else bare)).strip()
    said = re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\(\s*\)|\[\s*\]", "", said)).strip()
    return Claim(span, said, tuple(dict.fromkeys(labels)), not heading and _says_something(said), title)


def _own_line(answer: str, span: Span) -> tuple[str, str] | None:
    """Return what is between a sentence without a final mark that has its line alone and the next line, and that; None for another one."""
    before = answer[: span.start].rpartition("\n")[2]
    behind = _NEXT_LINE.match(answer, span.end)
    if before.strip() or behind is None or _ENDED.search(answer, span.start, span.end) or _ITEM.match(answer, span.start, span.end):
        return None
    return behind[1], behind[2]


def _numbers(citation: str) -> list[str]:
    """Return the numbers of "[1, 3]" or "[2-4]"."""
    numbers = _NUMBER.findall(citation)
    if len(numbers) == 2 and re.search(r"\d\s*[–-]\s*\^?\d", citation) and 0 < int(numbers[1]) - int(numbers[0]) < 10:  # noqa: PLR2004 - a range
        return [str(n) for n in range(int(numbers[0]), int(numbers[1]) + 1)]
    return numbers


def _says_something(text: str) -> bool:
    said = _WORD.findall(text)
    words = [word for word in said if word.casefold() not in STOPWORDS]
    # "He is 95."
    is_number = len(said) > _FEWEST and any(map(str.isdigit, words))
    return (len(words) >= _FEWEST or is_number) and not _UNENDED.search(text) and _TALK.match(text) is None

"""Alternative names: "WCK" is also searched as World Central Kitchen where an article says that both are the same, and vice versa
(newsdex.store.forms); and "ECB" as "EZB" in an archive that has it.

institutions.txt has the names that readers know and articles need not explain, above all those that differ by language: a group a line,
which goes on in lines that begin with spaces, acronyms first. Acronyms that mean something else elsewhere are left out: in English, "CPI"
is a price index.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from newsdex.search.question.spelling import WORD, in_case_of, quotations
from newsdex.search.question.stopwords import STOPWORDS
from newsdex.search.question.terms import analyzer, codes_of, is_shouted, languages_of, term_languages_in, texts_of, words_of
from newsdex.search.ranking.lexical import NameForms, QueryWords, article_words_in, look_up_all
from newsdex.store.forms import Taught, is_acronym, keys_of_runs
from newsdex.store.snapshot import Snapshot
from newsdex.values import grouped

_WORD = re.compile(r"\w+")
_INSTITUTIONS = Path(__file__).with_name("institutions.txt")
_LONGEST = 1_000  # characters of a question; a longer one is a text
_MOST = 3  # alternative forms searched for a name, the most frequent ones
_LEAST = 0.1  # share of the articles for the most common form that another form needs
_TOLD = 1 / 3  # share that a form needs to be encoded with the question
_SHORTEST_SMALL = 3  # letters of an acronym typed in lower case
_JOINING = (".", "@", "&")  # parts of a name
_SERIES = 3  # digits of a number that may belong to a name, unlike a year


class Name(NamedTuple):
    """A name in a question, at ``start`` to ``end``. ``others``: its alternative forms, the most common first, each with its share of the
    articles that give one. ``adds``: these are added to the question, as the long forms of an acronym are.
    """

    start: int
    end: int
    others: tuple[tuple[str, float], ...]
    adds: bool


def names_in(snapshot: Snapshot, text: str, is_word: Callable[[str], bool]) -> list[Name]:
    """Return the names of ``text`` that living articles also give in another form, in order, except quoted ones. An acronym counts in
    capitals, or in lower case if it is not a word (``is_word``). Raises IndexDamaged.
    """
    if len(text) > _LONGEST:
        return []
    runs, shouted = _runs(text, languages_of(snapshot)), is_shouted(text)
    keys = np.array([key for key, _, _ in runs], np.uint64)

    def is_meant(number: int, short: str) -> bool:
        if not is_acronym(short):
            return True
        _, start, end = runs[number]
        return _is_typed(text[start:end], short, shouted, is_word) and not _is_part(text[:start], text[end:])

    # For each name, its other forms in lower case: their spelling, and how many articles give them.
    found: defaultdict[tuple[int, int, bool], dict[str, tuple[str, int]]] = defaultdict(dict)
    for segment in snapshot.segments:
        for number, taught in segment.forms.of(keys, is_meant) if segment.forms else ():
            living = int(np.count_nonzero(segment.live_articles[taught.rows])) if segment.is_partial else len(taught.rows)
            if living and _is_name(taught):
                _, start, end = runs[number]
                forms, folded = found[start, end, not taught.is_long], taught.other.casefold()
                written, count = forms.get(folded, (taught.other, 0))
                forms[folded] = written, count + living
    names: list[Name] = []
    for start, end, is_short in sorted(found, key=lambda place: (place[0], -place[1])):
        if any(start < name.end for name in names):
            continue
        ranked = sorted(found[start, end, is_short].values(), key=lambda form: (-form[1], form[0]))
        common = [form for form in ranked if form[1] >= _LEAST * ranked[0][1]][:_MOST]
        total = sum(count for _, count in common)
        names.append(Name(start, end, tuple((written, count / total) for written, count in common), is_short))
    return names


def with_institutions(snapshot: Snapshot, text: str, names: list[Name]) -> list[Name]:
    """Add to the ``names`` of ``text`` known ones that articles have in another form, except quoted ones. An acronym that articles have
    stays alone: whoever types "EU" finds it. One that they have not counts in lower case too, whatever else it means: "sec", "boj".
    Raises IndexDamaged.
    """
    shouted = is_shouted(text)

    def is_there(name: str) -> bool:
        return all(any(word.postings) for word in article_words_in(snapshot, name).article)

    taken = [*((name.start, name.end) for name in names), *quotations(text)]
    more: list[Name] = []
    for start, end, others in institutions_in(text):
        word = text[start:end]
        is_free = not any(start < until and begin < end for begin, until in taken)
        if is_free and (" " in word or (_is_typed(word, word, shouted, lambda _: False) and not is_there(word))):
            there = [other for other in others if is_there(other)][:_MOST]
            more += [Name(start, end, tuple((other, 1.0) for other in there), adds=True)] if there else []
    return sorted([*names, *more])


def institutions_in(text: str) -> list[tuple[int, int, list[str]]]:
    """The known institutions in ``text``, the longest where several begin with one word: where each begins and ends, and its other names.

    >>> [others[:2] for _, _, others in institutions_in("EZB senkt Zinsen")]
    [['ECB', 'BCE']]
    """
    words = [(found.start(), found.end(), found[0].casefold()) for found in _WORD.finditer(text)]
    found: list[tuple[int, int, list[str]]] = []
    for place, (start, _, word) in enumerate(words):
        if found and start < found[-1][1]:
            continue
        for name, group in _institutions().get(word, ()):
            here = words[place : place + len(name)]
            if tuple(each for _, _, each in here) == name:
                found.append((start, here[-1][1], [other for other in group if _words(other) != name]))
                break
    return found


def _words(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(name.casefold()))


@cache
def _institutions() -> dict[str, list[tuple[tuple[str, ...], list[str]]]]:
    """The names by their first word in lower case, the longest first, each in words, with its group."""
    groups = [line.split(", ") for line in _INSTITUTIONS.read_bytes().decode().replace("\n  ", " ").splitlines()]
    names = [(_words(name), group) for group in groups for name in group]
    return grouped((name[0][0], name) for name in sorted(names, key=lambda each: -len(each[0])))


def _is_typed(word: str, short: str, shouted: bool, is_word: Callable[[str], bool]) -> bool:
    """Whether ``word`` is the acronym ``short``: in capitals, or in lower case if it is no word; a stop word only if it is not shouted."""
    if word.casefold() in STOPWORDS:
        return word.isupper() and not shouted
    return is_acronym(word) or (len(word) >= _SHORTEST_SMALL and word.casefold() == short.casefold() and not is_word(word))


def _is_name(taught: Taught) -> bool:
    """Whether a form is a name; an earlier newsdex stored some that are not."""
    short, long = (taught.other, taught.form) if taught.is_long else (taught.form, taught.other)
    return not any(bracket in long for bracket in "()[]") and (long[:1].isupper() or is_acronym(short))


def _is_part(before: str, behind: str) -> bool:
    """Whether what is ``before`` or ``behind`` an acronym makes it another name: "SOC 2", "SOC-2", "nsf.gov"."""
    number = behind[1:].split(" ", 1)[0].rstrip(".,;:?!")
    numbered = behind[:1] in ("-", " ") and number.isdecimal() and len(number) <= _SERIES
    return numbered or before[-1:] in _JOINING or (behind[:1] in _JOINING and behind[1:2].isalpha())


def with_spellings(text: str, names: Sequence[Name], others: Mapping[str, Sequence[str]]) -> list[Name]:
    """Return the ``names`` of ``text``, and its other words that ``others``, by lower case, has more spellings of, in order."""
    found = [
        Name(word.start(), word.end(), tuple((in_case_of(word[0], spelling), 1.0) for spelling in spellings), adds=True)
        for word in WORD.finditer(text)
        if (spellings := others.get(word[0].casefold())) and not any(word.start() < name.end and name.start < word.end() for name in names)
    ]
    return sorted([*names, *found])


def _runs(text: str, languages: Iterable[str]) -> list[tuple[int, int, int]]:
    """The key of each run of words of ``text``, in any of the languages, and its place, in ascending order."""
    runs: set[tuple[int, int, int]] = set()
    for language in codes_of(languages):
        words = list(analyzer(language).words(text))
        runs.update((key, words[first].start, words[last].end) for key, first, last in keys_of_runs([word.terms for word in words]))
    for start, end in quotations(text):
        runs = {run for run in runs if end <= run[1] or run[2] <= start}
    return sorted(runs)


def spelled_out(text: str, names: Sequence[Name]) -> str:
    """Insert long forms after the acronyms in ``text``, except after one it explains: "WCK (World Central Kitchen)"."""
    parts, end = [], 0
    for name in names:
        forms = [other for other, share in name.others if share >= _TOLD]
        explained = text[: name.start].endswith("(") or any(form.casefold() in text.casefold() for form in forms)
        if name.adds and forms and not explained:
            parts += [text[end : name.end], f" ({', '.join(forms)})"]
            end = name.end
    return "".join([*parts, text[end:]])


def look_up_names(snapshot: Snapshot, text: str, names: Sequence[Name], asked: QueryWords) -> QueryWords:
    """Look up the words of ``text``, ``asked`` in articles; another form of a name counts as having its words. Raises IndexDamaged."""
    languages = languages_of(snapshot)
    words = dict.fromkeys(word.terms for word in asked.article)
    others: dict[tuple[str, ...], NameForms] = {}
    for name in names:
        written = text[name.start : name.end]
        forms = [(tuple(words_of(other, languages)), share) for other, share in name.others]
        mine = words_of(written, languages)
        # An acronym that is also a stop word: the word itself is everywhere.
        alone = not mine
        for terms in mine or texts_of(written, languages):
            words.setdefault(terms)
            before = others.get(terms, NameForms((), alone=alone))
            others[terms] = NameForms((*before.forms, *(form for form in forms if form[0])), alone=alone)
    written = " ".join([text, *(other for name in names for other, _ in name.others)])
    return look_up_all(snapshot, list(words), others, term_languages_in(written, languages))

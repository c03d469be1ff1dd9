"""Words of languages, in a file for each: lists/de.txt. To add a language to the answer sentence, add a file.

A file has lists, each a name and its entries, which " | " separates; a list goes on in lines that begin with spaces. Entries are words, or
patterns (regular expressions). A language may lack any list. Letters have the case in which they are compared: small ones in lists for
questions.

What a question asks for (answer/question.py):

    question words            patterns; one of them makes a query a question
    when, number, who, where, why     patterns of what asks for a time, a number, a person, a place or a reason
    when starts, number starts, ...   how a word begins that each pattern of the list above needs: most questions need few of them
    who is                    patterns before a name that ask who its bearer is
    yes or no                 words that begin a question for yes or no
    quantities, attributes    words for numbers, and other words for what a person or thing has: "death toll", "founder of Librivox"
    how many, auxiliaries     patterns before the thing that is counted; words that are no such thing: "how many were hurt"
    anybody                   words for people in general
    tolls                     words of a question for a number without a unit
    asks ahead, asks year     patterns of what asks when something comes, and for a year
    asks lasting, asks change     patterns of what asks for a duration or an age, and by how much something changed
    asks cost, asks amount, asks duration, asks age, asks size, asks strength, asks speed, asks temperature, asks share
                              patterns of what asks for a unit
    dimensions                patterns for the dimensions of a thing, in questions and beside numbers

Units and numbers (answer/question.py, answer/told.py):

    money, lengths, sizes, strengths, speeds, temperatures, shares, ages, durations       patterns of units beside a number
    strengths before, ages before     patterns of units before their number
    time units                words for durations that count nothing else: "for 3 days". Those in ``durations`` may
    measures                  patterns of units of what is measured rather than counted
    scales                    patterns for large numbers behind figures
    changes                   patterns before "by" and the number by which something changed
    number words              patterns of numbers in words, besides those of newsdex/words.py. No articles: German "ein"
    dead, survivors, injured  patterns of words before or after a number of casualties, or of those who got away

What a sentence tells (answer/told.py):

    no name                   words that begin a sentence with a capital and are no part of the name that may follow
    is                        words between a name and its role
    predecessors              patterns for who was in office before
    months, weekdays          patterns; word months: months that are also other words, and count only beside a number or a preposition
    before word months, before coming months      patterns of those prepositions: for any time; for one that comes
    month of                  patterns between a day and its month: "3 de mayo"
    other times               patterns of times besides days and months
    hours                     words behind the hour: "14 Uhr"
    relative days             patterns of days by their distance from today
    until                     patterns before the end of a time
    before years              words before a year that begins a sentence
    in dates                  words in a dateline
    before places             words before the name of a place
    reasons                   patterns of what tells a reason
    credits                   patterns of what precedes the name of a photographer
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from pathlib import Path

ENGLISH = ("en",)


class WordLists:
    """The lists in a folder with a file for each language. They are read at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words: dict[str, frozenset[str]] = {}

    @cached_property
    def _files(self) -> dict[str, dict[str, str]]:
        """The lists of each language, by name, with their entries in one text."""
        files = sorted(file for file in self._folder.iterdir() if file.suffix == ".txt")
        texts = {file.stem: file.read_text(encoding="utf-8").replace("\n  ", " ") for file in files}
        return {language: dict(line.split(": ", 1) for line in text.splitlines()) for language, text in texts.items()}

    @cached_property
    def elsewhere(self) -> tuple[str, ...]:
        """The languages other than English."""
        return tuple(language for language in self._files if language not in ENGLISH)

    def entries(self, language: str, name: str) -> list[str]:
        """The entries of a list of a language; none if it has no such list."""
        listed = self._files.get(language, {}).get(name)
        return listed.split(" | ") if listed else []

    def values(self, language: str, name: str) -> list[tuple[str, str]]:
        """The entries of a list, each with its value: "words = value"."""
        pairs = (entry.rpartition(" = ") for entry in self.entries(language, name))
        return [(words, value) for words, _, value in pairs]

    def words_with_values(self, name: str) -> list[tuple[str, str]]:
        """The words of a list in all languages, each with the value of its entry."""
        return [(word, value) for language in self._files for words, value in self.values(language, name) for word in words.split()]

    def words(self, name: str) -> frozenset[str]:
        """The words of a list in all languages."""
        if name not in self._words:
            self._words[name] = frozenset(word for each in self._files for entry in self.entries(each, name) for word in entry.split())
        return self._words[name]

    def any_of(self, name: str, languages: Iterable[str] = ()) -> str:
        """A pattern of any entry of a list in ``languages``, in all by default; "" if there is none."""
        return "|".join(dict.fromkeys(entry for language in languages or self._files for entry in self.entries(language, name)))

    def pattern(self, name: str, *, bounded: bool = True) -> str:
        """A pattern of any entry of a list in all languages, from the beginning of a word and, if ``bounded``, to the end of one."""
        return rf"\b(?:{self.any_of(name)})" + r"\b" * bounded

    def languages_with(self, name: str) -> frozenset[str]:
        """The languages that have a list."""
        return frozenset(language for language, lists in self._files.items() if name in lists)


LISTS = WordLists(Path(__file__).parent / "lists")


def lazily(pattern: Callable[[], str], flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """Return what compiles ``pattern`` at the first use, so that a query that does not need it does not pay for it."""
    return cache(lambda: re.compile(pattern(), flags))

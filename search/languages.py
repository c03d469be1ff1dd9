"""Lists of words by language, a file for each; lists/README.md explains the format and those of questions and answer sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path

_ENGLISH = "en"
NOUNS_IN_CAPITALS = "de"  # the language in which a capital does not mark a name


class WordLists:
    """The lists in a folder with a file for each language. They are read at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words: dict[str, frozenset[str]] = {}

    @cached_property
    def _lists(self) -> dict[str, dict[str, str]]:
        """For each list, the entries in each language that has it, in one text."""
        found: dict[str, dict[str, str]] = {}
        for file in sorted(file for file in self._folder.iterdir() if file.suffix == ".txt"):
            language = file.stem
            # Decoded at once, which takes half the time of reading text
            for line in file.read_bytes().decode().replace("\n  ", " ").splitlines():
                name, _, entries = line.partition(": ")
                found.setdefault(name, {})[language] = entries
        return found

    def entries(self, language: str, name: str) -> list[str]:
        """The entries of a list of a language; none if it has no such list."""
        listed = self._lists[name].get(language)
        return listed.split(" | ") if listed else []

    def values(self, language: str, name: str) -> list[tuple[str, str]]:
        """The entries of a list, each with its value: "words = value"."""
        pairs = (entry.rpartition(" = ") for entry in self.entries(language, name))
        return [(words, value) for words, _, value in pairs]

    def words_with_values(self, name: str) -> list[tuple[str, str]]:
        """The words of a list in all languages, each with the value of its entry."""
        return [(word, value) for language in self._lists[name] for words, value in self.values(language, name) for word in words.split()]

    def words(self, name: str) -> frozenset[str]:
        """The words of a list in all languages."""
        if name not in self._words:
            self._words[name] = frozenset(" ".join(self._lists[name].values()).replace(" | ", " ").split())
        return self._words[name]

    def phrases(self, name: str) -> list[str]:
        """The entries of a list in all languages."""
        return [entry for entries in self.lines(name) for entry in entries]

    def lines(self, name: str) -> list[list[str]]:
        """The entries of a list in each language that has it."""
        return [listed.split(" | ") for listed in self._lists[name].values()]

    def any_of(self, name: str, *, english: bool | None = None) -> str:
        """A pattern of any entry of a list: of all languages, of ``english`` alone, or of the others; "" if there is none."""
        chosen = (listed for language, listed in self._lists[name].items() if english in (None, language == _ENGLISH))
        return "|".join(dict.fromkeys(entry for listed in chosen for entry in listed.split(" | ")))

    def pattern(self, name: str, *, bounded: bool = True) -> str:
        """A pattern of any entry of a list in all languages, from the beginning of a word and, if ``bounded``, to the end of one."""
        return rf"\b(?:{self.any_of(name)})" + r"\b" * bounded

    def kinds(self, beginning: str) -> dict[str, dict[str, str]]:
        """For each language, the text of each of its lists whose name has this ``beginning``, by the rest of the name."""
        found: dict[str, dict[str, str]] = {}
        for name, listed in self._lists.items():
            for language, text in listed.items() if name.startswith(beginning) else ():
                found.setdefault(language, {})[name.removeprefix(beginning)] = text
        return found

    def languages_of(self, name: str) -> dict[str, str]:
        """The language of each word of a list."""
        return {word: language for language, listed in self._lists[name].items() for word in listed.split()}

    def languages_with(self, name: str) -> frozenset[str]:
        """The languages that have a list."""
        return frozenset(self._lists[name])


LISTS = WordLists(Path(__file__).parent / "lists")


def lazily(pattern: Callable[[], str], flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """Return what compiles ``pattern`` at the first use, so that a query that does not need it does not pay for it."""
    return cache(lambda: re.compile(pattern(), flags))

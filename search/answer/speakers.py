"""Who speaks in an interview or a transcript: the labels before what each one says, such as "Anna Berg:" or "**Q:**".

A label tells who speaks, not what is said. So what is said is compared without it, and its words count like those of the title: all that
the article says is by somebody whom it names.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# The longest label, in characters and in words, with the marks around it.
_LONGEST, _MOST_WORDS = 48, 5
# How often a speaker begins, and how many speakers there are, in what is an interview.
_TURNS, _SPEAKERS = 3, 2
# How many words what is said has, mostly; a list of facts ("Price: 5 euros") has fewer.
_SAID = 4
# Marks of emphasis, of a heading, of a list and of an escape before or behind a label.
_MARKS = "*_#>-\u2013\u2014 \t\n"


class Turns(NamedTuple):
    """The ``labels`` of an article's speakers; who speaks from each of ``starts`` on, ascending, is in ``who``."""

    labels: frozenset[str]
    starts: Sequence[int]
    who: Sequence[str]

    def at(self, place: int) -> str:
        """Return the label of whoever speaks at ``place``, "" before all turns."""
        turn = bisect_right(self.starts, place) - 1
        return self.who[turn] if turn >= 0 else ""

    def named(self, words: Iterable[str]) -> frozenset[str]:
        """Return the labels whose last word is one of ``words``, in any case: "Berg" for "Anna Berg"."""
        lowered = {word.casefold() for word in words}
        return frozenset(label for label in self.labels if label.split()[-1].casefold() in lowered)


def turns_of(sentences: Sequence[str], starts: Sequence[int]) -> Turns | None:
    """Return who says which of the ``sentences`` of an article, each from one of ``starts`` on; None if it is no interview."""
    begun, longer, told = list[tuple[int, str]](), Counter[str](), Counter[str]()
    for start, (label, said) in zip(starts, map(_split_label, sentences), strict=True):
        if label:
            begun.append((start, label))
            told[label] += 1
            longer[label] += len(said.split()) >= _SAID or not said.strip(_MARKS)
    labels = frozenset(label for label, count in told.items() if count >= _TURNS and 2 * longer[label] >= count)
    # Below an article, such labels are of its sources
    if len(labels) < _SPEAKERS or min(start for start, label in begun if label in labels) > starts[len(starts) // 2]:
        return None
    turns = [(start, label) for start, label in begun if label in labels]
    return Turns(labels, [start for start, _ in turns], [label for _, label in turns])


def said_by(labels: frozenset[str], sentences: Sequence[str]) -> list[str]:
    """Return what is said in each of the ``sentences``, without one of ``labels`` before it; nothing else than one is left as it is.

    >>> said_by(frozenset({"Berg"}), ["**Berg:** The pier is sound.", "Berg: ", "It is: see below."])
    ['The pier is sound.', 'Berg: ', 'It is: see below.']
    """
    split = [(*_split_label(sentence), sentence) for sentence in sentences]
    return [said.lstrip(_MARKS) if label in labels and said.strip(_MARKS) else sentence for label, said, sentence in split]


def _split_label(sentence: str) -> tuple[str, str]:
    """The label that ``sentence`` begins with, "" without one, and what is behind it."""
    head, colon, said = sentence[:_LONGEST].partition(":")
    label = head.strip(_MARKS)
    words = label.split()
    if not colon or not 0 < len(words) <= _MOST_WORDS or not all(word[0].isupper() for word in words):
        return "", sentence
    return label, said + sentence[_LONGEST:]

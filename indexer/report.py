"""The report of an indexing run: what it did, or would do, and its problems."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsdex.indexer.readers.bounds import count_of
from newsdex.output import as_unicode, plain
from newsdex.store.marks import Mark
from newsdex.store.sources import told
from newsdex.values import amount, grouped

# So many problems are told one by one; of more, so many kinds, each with so many examples.
_MOST_PROBLEMS = 50
_MOST_KINDS = 20
_EXAMPLES = 3
# With which a problem begins whose article has the id of another
DUPLICATE = "duplicate id"
# What differs between problems of one kind: a quotation, a number, the place in a file or an archive, the names of fields.
_PLACE = re.compile(r"\A(?:[^:]*: )?line \d+: ")
_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|/\S+|\d+|with a name of: .*")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not indexed or, if not ``lost``, only partly: the file, and the reason in words."""

    path: Path
    reason: str
    lost: bool = True

    @classmethod
    def of(cls, path: Path, line: str) -> Problem:
        """Parse a problem of a file from its stored ``line``."""
        return cls(path, *told(line))

    @property
    def count(self) -> int:
        """The number of problems it counts for; the last one of a file may stand for others that are not listed."""
        return count_of(self.reason)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    def record(self) -> dict[str, Any]:
        """The problem as plain values, for programs."""
        return {"path": as_unicode(str(self.path)), "reason": as_unicode(self.reason), "lost": self.lost}


@dataclass(slots=True)
class Report:
    """Counts of articles; ``vanished`` ones are no longer in their sources but kept, ``removed`` ones were pruned, ``withheld`` ones were
    deleted or purged and stay out; an unchanged file that only has such articles counts once. ``emptied`` counts other unchanged, non-empty
    files without an article in the index, for example after a deletion.

    Pruning keeps articles that may be on a disk that is not mounted. ``kept`` has the missing or empty folders, each with the number of
    articles that stay; ``held`` counts those that stay because they are more than half. ``restored`` has the ids of deleted and purged
    articles that came back, ``purged`` those that did not because they were purged. ``renamed`` maps new ids to old ones, for articles of
    an index that was imported below another folder. ``decisions`` says what a new index took over from another. ``known_problems`` are
    those of ``problems`` that the index already knew.

    ``languages`` counts the articles that were read, by language; ``unspoken`` those of the whole index whose languages the ``model`` does
    not support, if this run made them frequent. ``unmet_corrections`` maps new articles to what they correct, if no article has that id.
    ``choice`` says why a new index has its model, if none was named, or why a rebuilt one has a different precision. ``marks`` maps
    articles that took over a mark to the articles that had it (newsdex.indexer.upkeep.carrying); ``marks_apart`` has the marks whose story
    was not found, by their old ids; ``marks_unlinked`` maps articles whose corrected version was not found to its id; ``marks_doubtful``
    has those that keep a mark only because the publisher's id is the same.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    vanished: int = 0
    withheld: int = 0
    emptied: int = 0
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    known_problems: set[Problem] = field(default_factory=set)
    missing: list[Path] = field(default_factory=list)
    other_formats: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    model: str = ""
    choice: str = ""
    unmet_corrections: dict[str, str] = field(default_factory=dict)
    unspoken: Counter[str] = field(default_factory=Counter)
    marks: dict[str, str] = field(default_factory=dict)
    marks_apart: dict[str, Mark] = field(default_factory=dict)
    marks_unlinked: dict[str, str] = field(default_factory=dict)
    marks_doubtful: list[str] = field(default_factory=list)
    kept: dict[Path, int] = field(default_factory=dict)
    held: int = 0
    restored: list[str] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    decisions: str = ""

    @property
    def seen(self) -> int:
        """Number of articles in the given paths."""
        return self.added + self.updated + self.unchanged + self.withheld

    @property
    def changed(self) -> bool:
        """Whether the run has changed the articles of the index, or with a dry run would."""
        return bool(self.added or self.updated or self.removed or self.marks)

    @property
    def skipped(self) -> int:
        """Files and articles that were not indexed."""
        return sum(problem.count for problem in self.problems if problem.lost)

    @property
    def has_duplicates(self) -> bool:
        """Whether articles were not indexed because of duplicate ids."""
        return any(f"{DUPLICATE} " in problem.reason for problem in self.problems)

    def note(self, path: Path, lines: Iterable[str], before: Iterable[str]) -> None:
        """Add problems of a file, given as stored lines; the index already has those ``before``."""
        found = [Problem.of(path, line) for line in lines]
        self.problems.extend(found)
        self.known_problems.update({Problem.of(path, line) for line in before}.intersection(found))

    def record(self) -> dict[str, Any]:
        """The report as plain values, for programs."""
        counts = ("added", "updated", "unchanged", "removed", "vanished", "withheld", "emptied", "passages", "embedded", "skipped")
        return {
            **{name: getattr(self, name) for name in counts},
            "seconds": round(self.seconds, 3),
            "model": self.model or None,
            "problems": [{**problem.record(), "new": problem not in self.known_problems} for problem in self.problems],
            "missing": plain(self.missing),
            "other_formats": plain(self.other_formats),
            "languages": {language or "unknown": count for language, count in self.languages.items()},
            "unmet_corrections": plain(self.unmet_corrections),
            "marks": plain(self.marks),
            "marks_apart": {as_unicode(name): mark.fields for name, mark in self.marks_apart.items()},
            **{
                name: plain(getattr(self, name))
                for name in ("marks_unlinked", "marks_doubtful", "kept", "held", "restored", "purged", "renamed")
            },
        }


def problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield lines for ``problems``: one by one if they are few, else by kind, most frequent first."""
    if len(problems) <= _MOST_PROBLEMS:
        yield from map(str, problems)
        return
    kinds = grouped((_DETAIL.sub("", _PLACE.sub("", problem.reason)), problem) for problem in problems)
    ordered = sorted(kinds.values(), key=len, reverse=True)
    for alike in ordered[:_MOST_KINDS]:
        names = list(dict.fromkeys(str(problem.path) for problem in alike))
        more = f" and {amount(len(names) - _EXAMPLES, 'more file')}" if len(names) > _EXAMPLES else ""
        yield f"{amount(len(alike), 'time')}: {alike[0].reason}: {', '.join(names[:_EXAMPLES])}{more}"
    if rest := sum(map(len, ordered[_MOST_KINDS:])):
        yield f"{amount(rest, 'time')}: other reasons"

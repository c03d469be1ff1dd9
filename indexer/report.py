"""What an indexing run did, or would do; and what it could not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsdex.indexer.readers.bounds import count_of
from newsdex.store.marks import Mark
from newsdex.store.sources import told
from newsdex.values import amount, grouped

# So many problems are told one by one; of more, so many kinds, each with so many examples.
_MOST_PROBLEMS = 50
_MOST_KINDS = 20
_EXAMPLES = 3
# With which a problem begins whose article has the id of another
DUPLICATE = "duplicate id"
# What differs between problems of one kind: a quotation, a number, the place in a file or an archive.
_PLACE = re.compile(r"\A(?:[^:]*: )?line \d+: ")
_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|/\S+|\d+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not indexed, or where it is not ``lost``, not wholly: the file, and the reason in words for a person."""

    path: Path
    reason: str
    lost: bool = True

    @classmethod
    def of(cls, path: Path, line: str) -> Problem:
        """The problem of a file that is kept as ``line``."""
        return cls(path, *told(line))

    @property
    def count(self) -> int:
        """How many problems it stands for; the last of a file may stand for those that are not told one by one."""
        return count_of(self.reason)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(slots=True)
class Report:
    """Counts of articles; ``vanished`` ones are no longer in their sources but kept, ``removed`` ones were pruned,
    ``withheld`` ones were deleted or purged and stay out; an unchanged file that is known to have no other article counts once. ``emptied``
    counts other unchanged files, not empty, of which the index has no article, as after a deletion.

    ``languages`` counts those that were read by their languages, and ``unspoken`` has those of them that the ``model`` does not speak,
    where they are many. ``unmet_corrections`` has what new articles correct that no article is, by their ids. ``choice`` says why a new
    index has that model, where nobody named one. ``marks`` has the ids of articles that took over a mark, with those they have it from, and
    ``marks_apart``, ``marks_unlinked`` and ``marks_doubtful`` what newsdex.indexer.upkeep.carrying.Carrying says.
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

    @property
    def seen(self) -> int:
        """Articles that the named paths hold."""
        return self.added + self.updated + self.unchanged + self.withheld

    @property
    def skipped(self) -> int:
        """Files and articles that were not indexed."""
        return sum(problem.count for problem in self.problems if problem.lost)

    @property
    def has_duplicates(self) -> bool:
        """Whether articles were not indexed because others have their ids."""
        return any(f"{DUPLICATE} " in problem.reason for problem in self.problems)

    def note(self, path: Path, lines: Iterable[str]) -> None:
        """Add problems of a file, as they are kept."""
        self.problems.extend(Problem.of(path, line) for line in lines)


def problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """``problems`` for a person: one by one if they are few, else by kind, the most frequent first."""
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

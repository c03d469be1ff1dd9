"""What an indexing run did, or would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not indexed, or not wholly: the file, and the reason in words for a person."""

    path: Path
    reason: str


@dataclass(slots=True)
class Report:
    """Counts of articles; ``vanished`` ones are no longer in their sources but kept, ``removed`` ones were pruned.

    ``languages`` counts those that were read by their languages, and ``unspoken`` has those of them that the ``model`` does not speak, where
    they are many.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    vanished: int = 0
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    other_formats: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    model: str = ""
    unspoken: Counter[str] = field(default_factory=Counter)

    @property
    def seen(self) -> int:
        """Articles that the named paths hold."""
        return self.added + self.updated + self.unchanged

    def note(self, path: Path, reasons: Iterable[str]) -> None:
        """Add problems of a file."""
        self.problems.extend(Problem(path, reason) for reason in reasons)

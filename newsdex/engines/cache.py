"""What is made once of a model and kept for this user: $XDG_CACHE_HOME/newsdex, or ~/.cache/newsdex."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from newsdex import foreign
from newsdex.encoder import ModelCard
from newsdex.errors import ModelError

_LARGEST = 1 << 16  # bytes of a card


def cache_folder() -> Path:
    """Where it is kept. Raises ModelError where there is no such place."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "newsdex"
    except RuntimeError as error:
        raise ModelError(f"there is no folder to keep what is made of a model ({error}). Set XDG_CACHE_HOME to one") from error


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder ``name`` there, whole or not at all; where it is missing ``make`` fills it first. Raises ModelError if it cannot."""
    folder = cache_folder() / name
    if os.access(folder, os.R_OK | os.X_OK):
        return folder
    from tempfile import TemporaryDirectory  # takes milliseconds to load

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".making-", dir=folder.parent) as making:
            made = Path(making) / "made"
            made.mkdir()
            make(made)
            try:
                made.rename(folder)
            except OSError:
                # Unless another process was first.
                if not os.access(folder, os.R_OK | os.X_OK):
                    raise
    except OSError as error:
        raise ModelError(f"cannot write {folder}: {error}. Set XDG_CACHE_HOME to a folder that can be written") from error
    return folder


def kept_card(stamp: str, measure: Callable[[], ModelCard], *, fresh: bool = False) -> ModelCard:
    """The card kept under ``stamp``; without one, or if a ``fresh`` one is asked for, that of ``measure``, which is kept if it can be."""
    path = cache_folder() / "cards" / f"{stamp}.json"
    with suppress(OSError, ValueError):
        if not fresh:
            return foreign.made(ModelCard, foreign.parsed(path.read_bytes(), _LARGEST))
    card = measure()
    from tempfile import NamedTemporaryFile  # takes milliseconds to load

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(json.dumps(asdict(card)).encode())
        Path(file.name).replace(path)
    return card

"""What is made once of a model and kept for this user: $XDG_CACHE_HOME/newsdex, or ~/.cache/newsdex."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from newsdex.errors import ModelError


def cache_folder() -> Path:
    """Where it is kept. Raises ModelError where there is no such place."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "newsdex"
    except RuntimeError as error:
        raise ModelError(f"there is no folder to keep what is made of a model ({error}). Set XDG_CACHE_HOME to one") from error


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder ``name`` there; where it is missing ``make`` fills it first, and it is there whole or not at all.

    Raises ModelError when it cannot be written.
    """
    folder = cache_folder() / name
    if folder.is_dir():
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
                if not folder.is_dir():  # else another process was first
                    raise
    except OSError as error:
        raise ModelError(f"cannot write {folder}: {error}. Set XDG_CACHE_HOME to a folder that can be written") from error
    return folder

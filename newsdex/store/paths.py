"""Paths in an index: relative if the file is beside or below the index folder, so that both can be moved together."""

from __future__ import annotations

import os
from pathlib import Path

from newsdex.errors import UsageError


def named_folder(folder: object) -> str:
    """The text of a path that names the folder of an index. Raises UsageError for an empty one, one with a NUL and for what is no path."""
    if not isinstance(folder, str | os.PathLike):
        raise UsageError(f"the folder of the index is {folder!r}: expected a path such as index_data")
    if not (text := str(os.fspath(folder))):
        raise UsageError("the folder of the index is empty: expected a path such as index_data")
    if "\0" in text:
        raise UsageError(f"the folder of the index is {text!r}: a path has no NUL character")
    return text


def base_of(index_folder: Path) -> Path:
    """The folder that stored paths are relative to: the one that contains the index folder."""
    return absolute(index_folder).parent


def absolute(path: Path) -> Path:
    """``path`` from the root, without "..", its links left as they are: the same file has the same path in every run."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links as well


def stored_path(base: Path, path: Path) -> str:
    """A path as it is stored and as it names an article, with forward slashes: relative where it lies below ``base``.

    >>> stored_path(Path("/archive"), Path("/archive/2024/a.txt")), stored_path(Path("/archive"), Path("/else/b.txt"))
    ('2024/a.txt', '/else/b.txt')
    """
    return path.as_posix().removeprefix(f"{base.as_posix().rstrip('/')}/")


def is_called_after(article_id: str, path: str) -> bool:
    """Whether an id only names a place: the file with this stored ``path``, or a row or record in it, as it does without an id of its own.

    >>> is_called_after("2024/e.jsonl#2", "2024/e.jsonl"), is_called_after("A-1", "2024/e.jsonl")
    (True, False)
    """
    return f"{article_id}#".startswith(f"{path}#")

"""All exceptions that newsdex raises on purpose: the value, what was expected, the remedy. The command line prints them on stderr."""

from __future__ import annotations

import errno
from typing import ClassVar


class NewsdexError(Exception):
    """Base class of all errors that newsdex raises on purpose."""

    exit_code: ClassVar[int] = 2


class UsageError(NewsdexError):
    """The request is invalid, such as an empty question or a limit of 0."""


class FilterTooCostly(UsageError):
    """The filter would take too long in this archive."""


class Conflict(UsageError):
    """The request is valid, but not as things stand, such as a name that is taken."""


class IndexClosed(UsageError):
    """The index was closed before the call."""


class OutOfTime(NewsdexError):
    """The answer was not ready in time; the caller no longer waits for it."""


class ArticleMissing(NewsdexError):
    """The index has no article with this id, url or path."""

    exit_code: ClassVar[int] = 1


class SourceError(NewsdexError):
    """A source file, or a record in it, cannot be read; the run goes on without it. ``reason`` fits a summary line. Of a remark, ``lost``
    is False: something in an indexed article was not understood. ``passing``: the cause is not the file, a retry may succeed.
    """

    def __init__(self, reason: str, *, lost: bool = True, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lost = lost
        self.passing = passing


class ModelError(NewsdexError):
    """The embedding model cannot be loaded, or its files are not as expected."""


class IndexFolderError(NewsdexError):
    """Base class of errors about an index folder."""


class IndexMissing(IndexFolderError):
    """There is no index in the folder."""


class IndexTooNew(IndexFolderError):
    """The index has a format that is newer than this newsdex."""


class IndexTooOld(IndexFolderError):
    """The index has an older format that this newsdex no longer reads."""


class IndexDamaged(IndexFolderError):
    """A file of the index is missing or differs from its commit."""


class IndexBusy(IndexFolderError):
    """Another process is writing to the index."""


class IndexUnwritable(IndexFolderError):
    """No permission, no space or an I/O error while writing; the previous version is intact."""


class ModelMismatch(IndexFolderError):
    """The index was built with another model or other settings than requested."""


class IndexUnfinished(IndexFolderError):
    """The collection in Milvus was never completely loaded."""


class ServerError(IndexFolderError):
    """The Milvus server that holds the index failed."""


class ServerUnreachable(ServerError):
    """Nothing listens at the address, or it does not answer in time."""


class ServerRefused(ServerError):
    """The server rejected the user, password or key."""


class ServerTooOld(ServerError):
    """The server's version lacks a required feature."""


# What to do if memory is short.
MORE_MEMORY = (
    "give the process more (ulimit -v, or the limit of its container or unit); newsdex serve takes less with --workers 1 or --mapped"
)
_REFUSED = ("Cannot allocate memory", "bad_alloc", "can't start new thread", "failed to map segment", "Resource temporarily unavailable")


def lacks_memory(error: BaseException | None) -> bool:
    """Return whether the system refused memory, or a thread, for which it needs some; libraries say so in their own words."""
    if isinstance(error, NewsdexError):
        return lacks_memory(error.__cause__)
    if isinstance(error, OSError):  # whose text may name a file
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or any(words in str(error) for words in _REFUSED)


def cause_of(error: BaseException) -> str:
    """Return what happened, for a person, in a line; of an error that was not foreseen, its name as well."""
    if lacks_memory(error):
        return f"not enough memory: {MORE_MEMORY}"
    if "No usable temporary directory" in str(error):
        return f"{error}. Set TMPDIR to a folder that can be written"
    return str(error) if isinstance(error, NewsdexError | OSError) else " ".join(f"{type(error).__name__}: {error}".split())[:500]


# How a newer version is installed.
UPGRADE = "pip install . in a newer checkout of newsdex"


def extra(name: str) -> str:
    """Return the command that installs the optional packages ``name`` of setup.cfg. No package registry has newsdex."""
    return f"pip install '.[{name}]' in the checkout of newsdex"


def command(words: str, folder: object) -> str:
    """Return the command ``newsdex words`` for the index in ``folder``, for a shell; "" is the folder of the configuration.

    >>> command("rebuild", "the archive")
    "newsdex rebuild --index-dir 'the archive'"
    """
    from shlex import quote

    return f"newsdex {words}" + (f" --index-dir {quote(str(folder))}" if folder else "")


def remedy(folder: object = "THIS_FOLDER") -> str:
    """Return what to do about a damaged index in ``folder``, in one sentence."""
    named = "the folder" if folder == "THIS_FOLDER" else folder
    return (
        f"Restore {named} from a backup, or index again beside it: newsdex index PATH --index-dir NEW_FOLDER --keep-decisions-of {folder} "
        "(removing it first would lose deletions, purges, marks and followed questions)"
    )

"""Everything that newsdex raises on purpose.

    NewsdexError                  exit code 2, if nothing else is said; the message names the value, the expectation, the cure
    ├── UsageError                what the caller asked for makes no sense (an empty question, a limit of 0)
    │   └── FilterTooCostly       a filter that would take too long in this archive
    ├── OutOfTime                 the caller no longer waits for the answer
    ├── ArticleMissing            exit code 1: the index has no article of this name
    ├── SourceError               one source file cannot be read; the run goes on without it
    ├── ModelError                the embedding model is missing, damaged or not the expected one
    └── IndexFolderError          something about the index folder
        ├── IndexMissing          there is no index there
        ├── IndexTooNew           written by a later newsdex
        ├── IndexTooOld           written by an earlier newsdex, in a format that is read no more
        ├── IndexDamaged          a file is missing, or is not what the commit says it is
        ├── IndexBusy             another process holds the writer's lock
        ├── IndexUnwritable       no permission, no space, an I/O error while writing
        ├── ModelMismatch         built with another model or other settings than those asked for
        ├── IndexUnfinished       in Milvus: it has not been loaded to the end yet
        └── ServerError           in Milvus: the server gives no answer
            ├── ServerUnreachable     nothing listens there, or it does not answer in time
            ├── ServerRefused         the token is missing or wrong
            └── ServerTooOld          it lacks what was asked for

The command line prints ``str(error)`` on stderr and leaves with ``error.exit_code``.
"""

from __future__ import annotations

from typing import ClassVar


class NewsdexError(Exception):
    """Base of all errors that newsdex raises on purpose."""

    exit_code: ClassVar[int] = 2


class UsageError(NewsdexError):
    """The caller's request cannot be meant as it stands."""


class FilterTooCostly(UsageError):
    """The filter would take too long in this archive."""


class OutOfTime(NewsdexError):
    """The answer was not ready when the time for it was over."""


class ArticleMissing(NewsdexError):
    """The index has no article of the id, url or path that was asked for."""

    exit_code: ClassVar[int] = 1


class SourceError(NewsdexError):
    """One source file, or one record in it, cannot be read. ``reason`` is short and fit for a summary line.

    ``lost`` is false for a remark: the article is indexed, but something of it could not be understood. ``passing`` is true where the file
    is not the cause, so that another try may end otherwise.
    """

    def __init__(self, reason: str, *, lost: bool = True, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lost = lost
        self.passing = passing


class ModelError(NewsdexError):
    """The embedding model cannot be loaded, or its files are not the expected ones."""


class IndexFolderError(NewsdexError):
    """Base of the errors about an index folder."""


class IndexMissing(IndexFolderError):
    """There is no index in the folder."""


class IndexTooNew(IndexFolderError):
    """The index was written in a format that this newsdex does not know."""


class IndexTooOld(IndexFolderError):
    """The index was written in an earlier format, which this newsdex reads no more."""


class IndexDamaged(IndexFolderError):
    """A file of the index is missing or differs from what its commit recorded."""


class IndexBusy(IndexFolderError):
    """Another process is writing to the index."""


class IndexUnwritable(IndexFolderError):
    """The index could not be written; the previous version is untouched."""


class ModelMismatch(IndexFolderError):
    """The index was built with another model or other settings than those asked for."""


class IndexUnfinished(IndexFolderError):
    """The collection has been begun, and not been loaded to the end."""


class ServerError(IndexFolderError):
    """The server that holds the index does not give what was asked for."""


class ServerUnreachable(ServerError):
    """Nothing listens at the address, or it does not answer in time."""


class ServerRefused(ServerError):
    """The server wants a user and a password, or a key, other than those it was given."""


class ServerTooOld(ServerError):
    """The server's version lacks what was asked for."""

"""Every change of the file system that the store makes, and nothing else. A file is written under a name that nobody reads yet, flushed,
then published, and never changed. A failed write is removed and raises IndexUnwritable: what was published stays.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import xxhash

from newsdex.errors import IndexBusy, IndexUnwritable

_SCRATCH = ".newsdex-export-"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file must be: its name, its size in bytes, and two checksums of its content in hexadecimal."""

    name: str
    size: int
    sha256: str
    xxh3: str


def write_new(folder: Path, name: str, parts: Iterable[bytes | memoryview]) -> FileRecord:
    """Write a file that does not exist yet and bring it to the disk; its name is durable after ``sync_folder``. ``parts`` are taken one by
    one. Raises IndexUnwritable, having removed the file, when anything fails.
    """
    import hashlib  # takes milliseconds to load, and no reader needs it

    path, size, sha256, xxh3 = folder / name, 0, hashlib.sha256(), xxhash.xxh3_128()
    with _explained(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            for part in parts:
                size += memoryview(part).nbytes
                sha256.update(part)
                xxh3.update(part)
                _write_all(descriptor, part)
            os.fsync(descriptor)
        except BaseException:
            with suppress(OSError):
                os.unlink(path)
            raise
        finally:
            os.close(descriptor)
    return FileRecord(name, size, sha256.hexdigest(), xxh3.hexdigest())


def _write_all(descriptor: int, content: bytes | memoryview) -> None:
    rest = memoryview(content).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """A folder in ``beside`` that is gone afterwards. Those that killed processes left there are removed: nobody holds their locks."""
    import shutil  # which take a question milliseconds to load
    import tempfile

    for left in beside.glob(f"{_SCRATCH}*"):
        with suppress(OSError):
            descriptor = _locked(left)
            shutil.rmtree(left, ignore_errors=True)
            os.close(descriptor)
    with tempfile.TemporaryDirectory(dir=beside, prefix=_SCRATCH, ignore_cleanup_errors=True) as name:
        descriptor = _locked(Path(name))  # fails if another export took it for one that was left, in the instant before
        try:
            yield Path(name)
        finally:
            os.close(descriptor)


def _locked(folder: Path) -> int:
    """A descriptor that holds the lock of ``folder`` until it is closed. Raises OSError when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sync_folder(folder: Path) -> None:
    """Bring the names in ``folder`` to the disk."""
    with _explained(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def replacing(folder: Path, name: str, content: bytes) -> Iterator[None]:
    """Replace ``name`` by ``content`` in one durable step. Until then it is on the disk as ``prepared(name)``."""
    temporary = f"{name}.tmp"
    for left in (temporary, prepared(name)):
        remove(folder / left)
        write_new(folder, left, [content])
    sync_folder(folder)
    yield
    with _explained(folder / name):
        os.replace(folder / temporary, folder / name)
    sync_folder(folder)
    remove(folder / prepared(name))


def replace(folder: Path, name: str, content: bytes) -> None:
    """Replace ``name``, if it exists, by ``content`` in one durable step. Raises IndexUnwritable; the old content then stays."""
    temporary = f"{name}.tmp"
    remove(folder / temporary)
    write_new(folder, temporary, [content])
    with _explained(folder / name):
        os.replace(folder / temporary, folder / name)
    sync_folder(folder)


def append(path: Path, size: int, content: bytes, *, durably: bool = True) -> None:
    """Cut the file at ``path`` to ``size`` bytes and append ``content``; a missing file is made. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        if os.fstat(descriptor).st_size > size:
            os.ftruncate(descriptor, size)
        _write_all(descriptor, content)
        if durably:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_records(path: Path, record_size: int, content: bytes) -> None:
    """Append records of ``record_size`` bytes without flushing. One that a crash has torn is cut off. Raises IndexUnwritable."""
    with _explained(path):
        size = path.stat().st_size if path.exists() else 0
        append(path, size - size % record_size, content, durably=False)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file that is not part of an index by ``content``, once that is on the disk. Raises OSError."""
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    with waiting.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)


def prepared(name: str) -> str:
    """The temporary name of a file that is about to replace ``name``."""
    return f"{name}.new"


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents, durably."""
    missing = [p for p in folder.parents if not p.exists()]
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)
    with suppress(IndexUnwritable):  # it may be somebody else's
        sync_folder(folder.parent)


def remove(path: Path) -> None:
    """Remove an unreferenced file, if it exists and can be removed."""
    with suppress(OSError):
        os.unlink(path)


def remove_folder(folder: Path, last: str) -> None:
    """Remove a folder of unreferenced files, as far as possible. Those like ``last`` go last: a half-removed folder has one."""
    with suppress(OSError, IndexUnwritable):
        for path in set(folder.iterdir()) - set(folder.glob(last)):
            os.unlink(path)
        sync_folder(folder)
        for path in folder.iterdir():
            os.unlink(path)
        folder.rmdir()


class WriterLock(AbstractContextManager["WriterLock"]):
    """The right to write to an index: one process at a time, released when that process ends in any way."""

    def __init__(self, folder: Path, wait_seconds: float | None = None, on_wait: Callable[[str], None] | None = None) -> None:
        """Wait for ``wait_seconds`` (None: no limit); ``on_wait`` is told once who holds the lock. Raises IndexBusy, which names it."""
        from newsdex.values import utc_now  # which no question needs

        self._path, self._descriptor = folder / "LOCK", -1
        try:
            while not self._is_in_place():  # not yet, or removed with a folder that came to nothing
                self.release()
                with _explained(self._path):
                    self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
                self._acquire(wait_seconds, on_wait)
            with _explained(self._path):
                holder = {"pid": os.getpid(), "host": os.uname().nodename, "since": utc_now()}
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, json.dumps(holder).encode() + b"\n", 0)
        except BaseException:
            self.release()
            raise

    def _is_in_place(self) -> bool:
        with suppress(OSError):
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        return False

    def remove_folder(self) -> None:
        """Remove the folder if nothing is in it but empty folders; the lock is kept until it is given up."""
        folder = self._path.parent
        with suppress(OSError):
            for inner in folder.iterdir():
                if inner.is_dir():
                    inner.rmdir()
            if [*folder.iterdir()] == [self._path]:
                os.unlink(self._path)
                folder.rmdir()

    def _acquire(self, wait_seconds: float | None, on_wait: Callable[[str], None] | None) -> None:
        began, told, folder = time.monotonic(), False, self._path.parent
        while True:
            try:
                with _explained(self._path, BlockingIOError):
                    fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if wait_seconds is not None and time.monotonic() - began >= wait_seconds:
                    raise IndexBusy(
                        f"{folder} is being written to by {lock_holder(folder)}. Try again when it is done, or wait longer: --wait SECONDS"
                    ) from error
                if on_wait and not told:
                    on_wait(lock_holder(folder))
                    told = True
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Release the lock. The file stays: removing it would let two writers hold two locks of the same name."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1


def lock_holder(folder: Path) -> str:
    """Who holds, or last held, the lock, in words for a message."""
    try:
        holder = json.loads((folder / "LOCK").read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def lock_is_held(folder: Path) -> bool:
    """Whether a process has the lock. The process that LOCK names may have failed and live on, or its number may be another's now."""
    try:
        descriptor = os.open(folder / "LOCK", os.O_RDONLY)
    except OSError:
        return False
    try:
        # For microseconds, which a writer that waits does not notice
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _explained(path: Path, *left: type[OSError]) -> Iterator[None]:
    """OSError, but for those ``left`` to the caller, as IndexUnwritable with the cure."""
    try:
        yield
    except left:
        raise
    except OSError as error:
        raise IndexUnwritable(f"{_why(path, error, ' with --index-dir')}; what was indexed before is untouched") from error


def unwritable(path: Path, error: OSError) -> IndexUnwritable:
    """Return what to raise if ``path``, which is not a part of an index, cannot be written."""
    if error.errno == errno.ENOENT and not path.parent.exists():
        return IndexUnwritable(f"cannot write {path}: the folder {path.parent} does not exist. Make it, or choose another")
    return IndexUnwritable(_why(path, error))


def _why(path: Path, error: OSError, option: str = "") -> str:
    """Why ``path`` cannot be written, with the cure; ``option``: how another folder is chosen."""
    space = "free some space (newsdex status names what an interrupted run has left) and run the same command again"
    cures = {
        errno.ENOSPC: f"The disk is full: {space}",
        errno.EDQUOT: f"The disk quota is used up: {space}",
        errno.EFBIG: "The file would be larger than this system allows: raise the limit (ulimit -f) and run the same command again",
        errno.EACCES: f"Check the folder's permissions, or choose another{option}",
        errno.EPERM: f"Check the folder's permissions, or choose another{option}",
        errno.EROFS: f"The file system is read-only: choose another folder{option}",
        errno.ENOTDIR: f"Part of that path is a file: choose another folder{option}",
        errno.EEXIST: f"A file has that name: choose another folder{option}",
    }
    return f"cannot write {path}: {error.strerror or error}. {cures.get(error.errno or 0, 'Run the same command again')}"

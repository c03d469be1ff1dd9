"""Whether a served index is what it should be, on the disk as well."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import xxhash

from newsdex.output import as_unicode
from newsdex.search.index import Index
from newsdex.store.checked import DAMAGED
from newsdex.store.files import FileRecord

log = logging.getLogger("newsdex.serve")

_SECONDS = 1.0  # for which an answer holds
_CHUNK = 1 << 20

_State = tuple[int, int, int, int]


class Watch:
    """Looks after the files of the version that answers. What has not changed since it was checked is not read again."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._sound: dict[Path, _State] = {}  # as the files were when their content was found right
        self._told = ""
        self._until = 0.0

    def problem(self) -> str:
        """Why answers do not come from the newest version of the index, or what has become of its files; else "". Logged once."""
        if time.monotonic() >= self._until:
            before, self._told = self._told, self.look()
            if self._told not in ("", before):
                log.error("%s", as_unicode(self._told))
            self._until = time.monotonic() + _SECONDS
        return self._told

    def look(self) -> str:
        """As ``problem``, looked for now."""
        try:
            manifest = self._index.manifest
            if self._index.problem:
                return str(self._index.problem)
            folder = self._index.folder / manifest.generation
            sound = {}
            for record in manifest.file_records():
                path = folder / record.name
                sound[path] = state = _state(path)
                if self._sound.get(path) != state and not _is_sound(path, record):
                    return f"{path} is damaged: its content is not what was written. {DAMAGED}"
        except OSError as error:
            # A file that is missing may be one of a version that a later commit has replaced meanwhile.
            return "" if self._index.manifest is not manifest else f"{error.filename} cannot be read: {error.strerror}. {DAMAGED}"
        self._sound = sound
        return ""


def _state(path: Path) -> _State:
    """What changes whenever the content of a file does."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _is_sound(path: Path, record: FileRecord) -> bool:
    hasher = xxhash.xxh3_128()
    size = 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            hasher.update(part)
            size += len(part)
    return size == record.size and hasher.hexdigest() == record.xxh3

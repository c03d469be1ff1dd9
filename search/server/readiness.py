"""Whether a served index is what it should be, on the disk as well."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from newsdex.errors import IndexDamaged
from newsdex.output import as_unicode
from newsdex.search.index import Index
from newsdex.store.checked import DAMAGED, checked_parts

log = logging.getLogger("newsdex.serve")

_SECONDS = 1.0  # for which an answer holds

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
        manifest, sound = self._index.manifest, {}
        if self._index.problem:
            return str(self._index.problem)
        folder = self._index.folder / manifest.generation
        try:
            for record in manifest.file_records():
                path = folder / record.name
                sound[path] = state = _state(path)
                for _ in checked_parts(folder, record) if self._sound.get(path) != state else ():
                    pass
        except (OSError, IndexDamaged) as error:
            reason = error.__cause__ or error
            if not isinstance(reason, OSError):
                return str(error)
            # A file that is missing may be one of a version that a later commit has replaced meanwhile.
            return "" if self._index.manifest is not manifest else f"{reason.filename} cannot be read: {reason.strerror}. {DAMAGED}"
        self._sound = sound
        return ""


def _state(path: Path) -> _State:
    """What changes whenever the content of a file does."""
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns

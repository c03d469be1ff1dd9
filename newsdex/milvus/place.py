"""Addresses of indexes in Milvus: ``milvus://host:19530/collection``, or for Milvus Lite ``archive.db[/collection]``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from newsdex.errors import UsageError
from newsdex.store.manifest import POINTER
from newsdex.store.paths import named_folder

COLLECTION = "newsdex"  # of a file of Milvus Lite, where no other is named
PORT = 19530
TOKEN_VARIABLE = "NEWSDEX_MILVUS_TOKEN"  # noqa: S105 - the name of the variable, "user:password" or a key in it

# pathlib makes one slash of two, so that an address given as a Path has one.
_SERVER = re.compile(
    r"milvus(?P<tls>\+tls)?:/{1,2}(?P<host>[^/@:\s]+|\[[^\]]+\])(?::(?P<port>\d{1,5}))?/(?:(?P<database>\w+)/)?(?P<collection>\w+)/?"
)
_FILE = re.compile(r"(?P<file>.*\.db)(?:/(?P<collection>\w+))?/?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w{0,240}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """``uri`` is what pymilvus connects to, ``name`` the collection or an alias of it; ``given`` is how the user wrote it."""

    given: str
    uri: str
    name: str
    database: str = ""

    @property
    def is_file(self) -> bool:
        """Whether Milvus Lite serves it, in this process."""
        return not self.uri.startswith("http")


def is_remote(place: str | os.PathLike[str]) -> bool:
    """Whether ``place`` means an index in Milvus and not a folder.

    >>> is_remote("milvus://127.0.0.1:19530/archive"), is_remote("archive.db"), is_remote("index_data")
    (True, True, False)
    """
    text = os.fspath(place)
    if text.startswith(("milvus:/", "milvus+tls:/")):
        return True
    return _FILE.fullmatch(text) is not None and not (Path(text) / POINTER).exists()


def written(place: str | os.PathLike[str]) -> str:
    """``place`` as users write it, with the slash that pathlib takes away."""
    return re.sub(r"^(milvus(?:\+tls)?:)/{1,2}(?!/)", r"\1//", os.fspath(place))


def folder_at(place: str | os.PathLike[str]) -> Path:
    """``place`` as that of a folder, for what works on folders alone. Raises UsageError where it means an index in Milvus."""
    return _folder(place, "this works on a folder", "Index into a folder and load it there:")


def followed_at(place: str | os.PathLike[str]) -> Path:
    """The same for standing questions, of which Milvus has none."""
    cure = "Give --index-dir FOLDER, the folder that you push from; newsdex index tells there what is new. Then load it:"
    return _folder(place, "standing questions are kept in a folder", cure)


def _folder(place: str | os.PathLike[str], what: str, cure: str) -> Path:
    if is_remote(text := named_folder(place)):
        there = written(place)
        raise UsageError(f"{what}, and {there} is in Milvus. {cure} newsdex push FOLDER {there}")
    return Path(text)


def parse_place(place: str | os.PathLike[str]) -> Place:
    """The place that a user's words mean. Raises UsageError."""
    text = os.fspath(place)
    if text.startswith("milvus"):
        found = _SERVER.fullmatch(text)
        if found is None or not 0 < int(found["port"] or PORT) < 1 << 16 or not _NAME.fullmatch(found["collection"]):
            hidden = (
                ""
                if "@" not in text
                else f". A user or token goes into the environment, not the address: export {TOKEN_VARIABLE}=USER:PASSWORD"
            )
            shown = re.sub("//[^/]*@", "//...@", text)
            raise UsageError(f"{shown!r} is not the address of a collection: expected milvus://HOST:{PORT}/COLLECTION{hidden}")
        scheme = "https" if found["tls"] else "http"
        return Place(written(text), f"{scheme}://{found['host']}:{found['port'] or PORT}", found["collection"], found["database"] or "")
    found = _FILE.fullmatch(text)
    if found is None or not _NAME.fullmatch(found["collection"] or COLLECTION):
        raise UsageError(f"{text!r} is not an index in Milvus: expected milvus://HOST:{PORT}/COLLECTION or a file such as archive.db")
    return Place(text, os.path.abspath(found["file"]), found["collection"] or COLLECTION)  # noqa: PTH100 - as newsdex.store.paths

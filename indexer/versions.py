"""What a file that cannot be read was read with: it is tried again when that has changed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from newsdex.indexer.limits import Limits

# newsdex, and the libraries that parse, so that a file for which one was missing is read when it is there
_PACKAGES = (
    "newsdex", "charset-normalizer", "feedparser", "lxml", "pyarrow", "pypdfium2", "python-docx", "PyYAML", "trafilatura", "warcio",
)  # fmt: skip


@lru_cache(maxsize=8)
def readers_version(limits: Limits) -> str:
    """Eight characters that change with the version of a reader, and with the limits of a file."""
    told = [f"{name} {_version(name)}" for name in _PACKAGES]
    return hashlib.sha256(repr((told, limits)).encode()).hexdigest()[:8]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

"""Access to a server: keys, host names, and the sites whose pages may send requests."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newsdex import configuration
from newsdex.errors import UsageError
from newsdex.search.question.filters import Filter, filter_from_options

KEY_VARIABLE = "NEWSDEX_API_KEY"
LOCAL = ("127.0.0.1", "localhost", "[::1]")
_SHORT_FORMS = ("source", "lang", "where")  # of a filter
_MEMBERS = ("key", "sha256", "filter", *_SHORT_FORMS)
_KINDS = f"key or sha256, and filter or {', '.join(_SHORT_FORMS)}"
_SHA256 = re.compile("[0-9a-f]{64}")


class Keys:
    """The keys of a server. A presented key is compared with each of them in constant time."""

    def __init__(self, keys: Iterable[str], names: Iterable[str] = ()) -> None:
        """``names``: of further keys, as ``name_of`` gives them."""
        self._digests = [bytes.fromhex(_digest(key)) for key in keys] + [bytes.fromhex(name) for name in names]

    def __len__(self) -> int:
        return len(self._digests)

    def name_of(self, values: Sequence[bytes]) -> str:
        """The sha256, in hex, of the key in ``values``, all headers Authorization; "" unless they are one known ``Bearer KEY``."""
        if len(values) != 1:
            return ""
        scheme, _, key = values[0].partition(b" ")
        offered = hashlib.sha256(key.strip(b" ")).digest()
        opens = sum(hmac.compare_digest(offered, digest) for digest in self._digests) > 0 and scheme.lower() == b"bearer"
        return offered.hex() if opens else ""


def take_keys() -> tuple[str, ...]:
    """The comma-separated keys in NEWSDEX_API_KEY, which is taken out of the environment. Raises UsageError when it is set and has none."""
    told = os.environ.pop(KEY_VARIABLE, None)
    keys = tuple(key.strip() for key in (told or "").split(",") if key.strip())
    if told is not None and not keys:  # also empty, as where the program that should have made a key is missing
        raise UsageError(f"{KEY_VARIABLE} is set but has no key: expected one or more, comma-separated")
    return keys


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()  # the bytes of a variable that is not UTF-8


class Opened(NamedTuple):
    """What a key opens, and where and under which name this is defined."""

    where: str
    filter: Filter
    name: str = ""


def read_keys(path: Path, whole: Iterable[str] = ()) -> dict[str, Opened]:
    """Read a file of keys: return what each key opens, by its sha256 in hex. A key is a table of any name with ``key`` or ``sha256``, and
    with a ``filter`` or the lists ``source``, ``lang`` and ``where`` as in filter_from_options. Keys must not be in ``whole``, which open
    everything. Raises UsageError.
    """
    found: dict[str, Opened] = {}
    others = {*map(_digest, whole)}
    for name, table in configuration.read(str(path), "the file of keys", "").items():
        where = f"{path}: {name[:100]}"
        digest, wanted = _read_key(where, table)
        if digest in found or digest in others:
            other = KEY_VARIABLE if digest in others else "another table"
            raise UsageError(f"{path}: the key of {name[:100]} is also in {other}: expected each key once")
        found[digest] = Opened(where, wanted, name[:100])
    if not found:
        raise UsageError(f"{path} has no keys: expected a table for each, such as [newsroom], with {_KINDS}")
    return found


def _read_key(where: str, table: Any) -> tuple[str, Filter]:
    if not isinstance(table, dict):
        raise UsageError(f"{where} is a value: expected a table, such as [newsroom], with {_KINDS}")
    if unknown := [name for name in table if name not in _MEMBERS]:
        raise UsageError(f"{where} has {unknown[0][:100]!r}, which is not known{configuration.nearest(unknown[0], _MEMBERS)}")
    key, digest = table.get("key"), table.get("sha256")
    # An empty key would open to whoever sends none.
    if not isinstance(key or digest, str) or (key and (digest or not key.strip())):
        raise UsageError(f"{where}: expected either key or sha256, as text")
    digest = _digest(key.strip()) if key else str(digest).lower()
    if not _SHA256.fullmatch(digest):
        raise UsageError(f"{where}.sha256 is not 64 hexadecimal digits: printf %s KEY | sha256sum")
    return digest, _read_filter(where, {name: value for name, value in table.items() if name not in ("key", "sha256")})


def _read_filter(where: str, told: dict[str, Any]) -> Filter:
    for form, values in told.items():
        # An empty list would leave everything.
        if form != "filter" and not (isinstance(values, list) and values and all(isinstance(value, str) and value for value in values)):
            raise UsageError(f"{where}.{form}: expected a list of texts, with at least one")
    try:
        if wanted := filter_from_options(**told):
            return wanted
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    raise UsageError(f"{where} has no filter: expected filter, source, lang or where. A key for all of the archive is in {KEY_VARIABLE}")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address or name ``host``."""
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


class Names:
    """The host names of a server, against DNS rebinding. With ``addresses``, any IP address is one: it cannot be redirected."""

    def __init__(self, names: Iterable[str], *, addresses: bool = False) -> None:
        self._names = {name.lower() for name in (*LOCAL, *names)}
        self._addresses = addresses

    def has(self, host: str) -> bool:
        """Whether the header Host ``host``, with or without a port, is one of the names."""
        name, port = host.lower(), ""
        if not name.endswith("]") and ":" in name:
            name, _, port = name.rpartition(":")
            if not (port.isascii() and port.isdigit()):
                return False
        return name in self._names or (self._addresses and _address(name.removeprefix("[").removesuffix("]")) is not None)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(name)
    return None


def same_site(origin: str, host: str) -> bool:
    """Whether a page of ``origin`` came from the server called ``host``."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False

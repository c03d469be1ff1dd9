"""Who may ask a server of an index: keys, the names it goes by, the sites whose pages may ask."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from newsdex.errors import UsageError

KEY_VARIABLE = "NEWSDEX_API_KEY"
LOCAL = ("127.0.0.1", "localhost", "[::1]")


class Keys:
    """The keys that open a server. Each offer is compared with each of them, in a time that tells nothing of either."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    def __len__(self) -> int:
        return len(self._digests)

    def name_of(self, values: Sequence[bytes]) -> str:
        """A name of the key in ``values``, those of all headers Authorization, the same however the header is written; "" unless they are
        one ``Bearer KEY``.
        """
        if len(values) != 1:
            return ""
        scheme, _, key = values[0].partition(b" ")
        offered = hashlib.sha256(key.strip(b" ")).digest()
        opens = sum(hmac.compare_digest(offered, digest) for digest in self._digests) > 0 and scheme.lower() == b"bearer"
        return offered.hex() if opens else ""


def take_keys() -> tuple[str, ...]:
    """The comma-separated keys in NEWSDEX_API_KEY, which is taken out of the environment.

    Raises UsageError when it is set and has none.
    """
    told = os.environ.pop(KEY_VARIABLE, None)
    keys = tuple(key.strip() for key in (told or "").split(",") if key.strip())
    if told and not keys:
        raise UsageError(f"{KEY_VARIABLE} is set but has no key: expected one or more, comma-separated")
    return keys


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address or name ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Names:
    """The names under which a server is asked. A page on the web that has its own name lead here (DNS rebinding) does not know them.

    A name has no port; with ``addresses``, any IP address is one, for nobody can have that lead elsewhere.
    """

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
        return name in self._names or (self._addresses and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def same_site(origin: str, host: str) -> bool:
    """Whether a page of ``origin`` came from the server that is asked as ``host``."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False

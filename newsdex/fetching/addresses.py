"""Web addresses: parsing, which ones name the same page, which computers may be contacted, and what robots.txt allows (RFC 9309).

urllib.robotparser ignores ``*`` and ``$`` in paths and takes the first rule instead of the longest. Protego builds regular expressions, on
which a hostile file can hang. Here a path is matched in linear time, piece by piece.
"""

from __future__ import annotations

import re
import socket
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urlsplit

LONGEST = 2_000  # longest address, in characters
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+")
_HOST_AND_PORT = re.compile(r"[^/?#]{1,253}:\d{1,5}(?:[/?#]|$)")
_SAFE = "/%:@!$&'()*+,;=~-._"
# Prefixes for IPv4 translation (RFC 6052, RFC 8215); the last four bytes are an IPv4 address.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
LARGEST_ROBOTS = 500 << 10  # bytes read, the least that the RFC requires
LONGEST_DELAY = 60.0  # longest delay that a host can ask for, in seconds
_ESCAPED = re.compile("%[0-9a-fA-F]{2}")
_AGENT = re.compile(r"[a-zA-Z_-]+")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(eq=False)
class Failed(Exception):
    """A page that could not be fetched: ``reason`` is for a person. ``passing``: a retry may succeed. ``wait``: seconds for which ``host``
    asks for no contact. ``left``: nothing was tried.
    """

    reason: str
    _: KW_ONLY
    passing: bool = False
    wait: float = 0.0
    host: str = ""
    left: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address; ``host`` is ASCII in lower case, ``target`` is the quoted path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def site(self) -> str:
        """Host and port, without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.site}"

    @property
    def url(self) -> str:
        """The whole address, without a fragment."""
        return f"{self.origin}{self.target}"


@lru_cache(maxsize=4_096)
def parsed(url: str) -> Address:
    """Parse ``url``. Raises Failed for an address that cannot be fetched.

    >>> parsed("HTTP://Example.org:80/a b?q=ü#part").url
    'http://example.org/a%20b?q=%C3%BC'
    """
    if len(url) > LONGEST:
        raise Failed(f"an address of {len(url):,} characters: expected at most {LONGEST:,}")
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if host.isascii() else host.encode("idna").decode()
        url.encode()
    except ValueError:  # also UnicodeError
        raise Failed("not an address: expected one such as https://example.org/news.rss") from None
    if not url.strip():
        raise Failed("the address is empty: expected one such as https://example.org/news.rss")
    if not parts.scheme or (parts.scheme not in _PORTS and _HOST_AND_PORT.match(url.strip())):
        example = "example.org/news.rss" if len(url.split()) > 1 else url.strip()[:200].lstrip("/")
        raise Failed(f"an address without http:// or https://: expected one such as https://{example}")
    if parts.scheme not in _PORTS:
        raise Failed(f"the scheme {parts.scheme[:20]!r}: only http and https are fetched")
    if parts.username is not None or parts.password is not None:
        raise Failed("an address with a user name or password in it")
    if not _HOST.fullmatch(host):
        raise Failed("an address without a valid host name")
    query = f"?{quote(parts.query, safe=_SAFE + '?[]')}" if parts.query else ""
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], quote(parts.path or "/", safe=_SAFE) + query)


@lru_cache(maxsize=4_096)
def cleaned(url: str) -> str:
    """Remove tracking parameters and the fragment from ``url``. Raises Failed.

    >>> cleaned("https://example.org/story?utm_source=rss&id=4#comments")
    'https://example.org/story?id=4'
    """
    from courlan import normalize_url

    whole = parsed(url).url
    try:
        return parsed(normalize_url(whole, strict=False)).url
    except (ValueError, Failed):
        return whole


def key_of(url: str) -> str:
    """Return the key shared by variants of an address: scheme, ``www.``, tracking parameters, a slash at the end. Raises Failed."""
    return f"{parsed(url).site.removeprefix('www.')}{parsed(cleaned(url)).target.rstrip('/')}"


def same_host(url: str, other: str) -> bool:
    """Return whether two addresses have the same host, ignoring ``www.``. Raises Failed."""
    return parsed(url).site.removeprefix("www.") == parsed(other).site.removeprefix("www.")


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet, also if it embeds an IPv4 address.

    >>> [is_public(address) for address in ("93.184.215.14", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "100.64.0.1", "224.0.0.1")]
    [True, False, False, False, False, False]
    """
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and any(found in network for network in _TRANSLATED):
            inner = IPv4Address(found.packed[-4:])
        if inner is not None:
            found = inner
        elif found.teredo or found.is_site_local or found.packed[:12] == bytes(12):  # the last is the deprecated IPv4-compatible form
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def resolved(address: Address, *, allow_private: bool) -> list[str]:
    """Resolve a host to IP addresses, which must all be public unless ``allow_private``. Raises Failed."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failed(
            f"no such host: {address.host}", passing=isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
        ) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not allow_private and (private := next((each for each in addresses if not is_public(each)), None)):
        named = address.host if address.host == private else f"{address.host} ({private})"
        raise Failed(f"{named} is not a public address. To allow a private one that you trust: --allow-private")
    return addresses


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host lets a crawler fetch: ``paths`` are patterns, each with whether it allows; ``delay`` is in seconds."""

    paths: tuple[tuple[str, bool], ...] = ()
    delay: float = 0.0

    def allow(self, target: str) -> bool:
        """Return whether the path and query ``target`` may be fetched: the longest matching pattern decides; of equals, allow wins."""
        path = _normal(target)
        return max(((len(pattern), allowed) for pattern, allowed in self.paths if matches(pattern, path)), default=(0, True))[1]


def rules_of(content: bytes, agent: str) -> Rules:
    """Return the rules for the crawler ``agent``: of all groups that name it, else of those for all."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    delays: dict[str, float] = {}
    named: list[str] = []
    begun = False
    for line in re.split(r"\r\n|\r|\n", content[:LARGEST_ROBOTS].decode("utf-8-sig", "replace")):
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        match name.lower():
            case "user-agent":
                named = [] if begun else named
                begun = False
                found = _AGENT.match(value)
                named.append("*" if value.startswith("*") else found[0].lower() if found else "")
                groups.setdefault(named[-1], [])
            case "allow" | "disallow":
                begun = True
                if value:
                    for each in named:
                        groups[each].append((_normal(value), name.lower() == "allow"))
            case "crawl-delay":
                begun = True
                if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", value):
                    delays |= dict.fromkeys(named, min(float(value), LONGEST_DELAY))
    mine = agent.lower() if agent.lower() in groups else "*"
    return Rules(tuple(groups.get(mine, ())), delays.get(mine, 0.0))


def matches(pattern: str, path: str) -> bool:
    """Return whether ``path`` begins with ``pattern``: ``*`` matches anything, ``$`` at its end the end of the path."""
    anchored = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    if not others:
        return not anchored or place == len(path)
    last = others.pop() if anchored else ""
    for piece in others:
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return not anchored or (len(path) - len(last) >= place and path.endswith(last))


def _normal(path: str) -> str:
    """Normalise percent-encoding in ``path``."""

    def one_form(found: re.Match[str]) -> str:
        char = chr(int(found[0][1:], 16))
        return char if _UNRESERVED.fullmatch(char) else found[0].upper()

    return _ESCAPED.sub(one_form, quote(path, safe="/%:@!$&'()*+,;=~-._?[]"))

"""robots.txt by RFC 9309.

urllib.robotparser ignores ``*`` and ``$`` in paths and takes the first rule instead of the longest. Protego builds regular expressions, on
which a hostile file can hang. Here a path is matched in linear time, piece by piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

LARGEST = 500 << 10  # bytes read, the least that the RFC requires
LONGEST_DELAY = 60.0  # longest delay that a host can ask for, in seconds
_ESCAPED = re.compile("%[0-9a-fA-F]{2}")
_AGENT = re.compile(r"[a-zA-Z_-]+")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


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
    for line in re.split(r"\r\n|\r|\n", content[:LARGEST].decode("utf-8-sig", "replace")):
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

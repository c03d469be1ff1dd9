"""The objects that are whole in JSON that is not: an object that is cut off, or has a wrong character, costs itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

_FIRST_KEY = re.compile(r'\s*\{\s*"([^"\\]{0,100})"\s*:')
_FIRST_KEY_IN_LIST = re.compile(r'\[\s*\{\s*"([^"\\]{0,100})"\s*:')
_LISTS = 1000  # that are looked at for the keys that their objects begin with
_EFFORT = 20  # times the length of the text may be read in vain


def first_key(text: str) -> str | None:
    """The key that ``text``, which is an object, begins with."""
    found = _FIRST_KEY.match(text)
    return found[1] if found else None


def first_keys_in_lists(text: str) -> list[str]:
    """The keys that the first objects of the lists in ``text`` begin with, in the order of the lists."""
    return list(dict.fromkeys(found[1] for found in islice(_FIRST_KEY_IN_LIST.finditer(text), _LISTS)))


def whole_objects(text: str, key: str) -> Iterator[dict[str, object] | None]:
    """The objects in ``text`` that begin with ``key`` and are in no other such, in order; None for each that is broken."""
    beginning = re.compile(rf'\{{\s*"{re.escape(key)}"\s*:')
    decoder = json.JSONDecoder()
    effort, start = _EFFORT * len(text), 0
    while effort >= 0 and (found := beginning.search(text, start)):
        start = found.end()
        try:
            value, start = decoder.raw_decode(text, found.start())
            yield value
            continue
        except json.JSONDecodeError as error:
            effort -= error.pos - found.start()
        except (ValueError, RecursionError):  # a number of too many digits, or objects in each other
            effort -= len(text)
        yield None

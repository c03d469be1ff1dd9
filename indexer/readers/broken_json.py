"""Complete objects in invalid JSON: an object that is truncated or malformed costs no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

_FIRST_KEY = re.compile(r'\s*\{\s*"([^"\\]{0,100})"\s*:')
_FIRST_KEY_IN_LIST = re.compile(r'\[\s*\{\s*"([^"\\]{0,100})"\s*:')
_LISTS = 1000  # lists whose objects' first keys are read
_EFFORT = 20  # characters read in vain, in multiples of the text's length


def first_key(text: str) -> str | None:
    """Return the first key of ``text``, which is an object."""
    found = _FIRST_KEY.match(text)
    return found[1] if found else None


def first_keys_in_lists(text: str) -> list[str]:
    """Return the first key of the first object in each list in ``text``, in order."""
    return list(dict.fromkeys(found[1] for found in islice(_FIRST_KEY_IN_LIST.finditer(text), _LISTS)))


def whole_objects(text: str, key: str) -> Iterator[dict[str, object] | None]:
    """Yield the outermost objects in ``text`` that begin with ``key``, in order; None for each broken one."""
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
        except (ValueError, RecursionError):  # a number with too many digits, or nested too deeply
            effort -= len(text)
        yield None

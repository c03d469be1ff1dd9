"""What a request may say only in one way. Bodies are JSON as RFC 8259 has it: in UTF-8, without NaN, numbers out of range, and halves of
characters. A parameter of an address that is no list is given once.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from newsdex.output import as_unicode
from newsdex.search.options import Conditions
from newsdex.search.server.faults import in_one
from newsdex.search.server.problems import Problem

_DEEPEST = 900  # arrays and objects in each other; how many Python's parser can read depends on its version
_TOO_DEEP = "the body is nested too deeply"
_MOST_TWICE = 20  # parameters that are named
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class _StrictRequest(Request):
    """A request whose body is read strictly."""

    async def json(self) -> Any:
        return parse_json(await self.body())


class StrictRoute(APIRoute):
    """A route whose address and body are read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a stricter request."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            _check_once(request)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


def _check_once(request: Request) -> None:
    """Raises Problem 422 for a parameter that is given twice and may not be: clients and proxies disagree about which one counts."""
    counts = Counter(name for name, _ in request.query_params.multi_items() if name not in Conditions.__annotations__)
    if twice := [
        (f"query.{as_unicode(name[:100])}", f"expected once, not {count} times")
        for name, count in counts.most_common(_MOST_TWICE)
        if count > 1
    ]:
        raise Problem(422, in_one(twice), errors=twice)


def parse_json(body: bytes) -> Any:
    """The value that ``body`` is.

    Raises Problem 400.
    """
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_no_number, parse_float=_number)
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise Problem(400, f"the body is not UTF-8 (byte {error.start})") from error
    except UnicodeEncodeError as error:
        raise Problem(400, "the body has half of a surrogate pair, which is no character") from error
    except json.JSONDecodeError as error:
        raise Problem(400, f"the body is not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise Problem(400, _TOO_DEEP) from error
    except ValueError as error:
        raise Problem(400, f"the body is not JSON: {str(error)[:200]}") from error
    if text.count("[") + text.count("{") > _DEEPEST and _is_deep(value):
        raise Problem(400, _TOO_DEEP)
    return value


def _is_deep(value: Any) -> bool:
    """Whether more than _DEEPEST arrays and objects are in each other."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        parts = (part for each in level for part in (each.values() if isinstance(each, dict) else each))
        level = [part for part in parts if isinstance(part, dict | list)]
    return bool(level)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _number(digits: str) -> float:
    """The number; 10.0 is the whole number 10, as JSON Schema has it."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return int(value) if value.is_integer() else value

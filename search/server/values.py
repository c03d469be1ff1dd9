"""The kinds of values that clients send, each checked as its description says, so that what is described is what is accepted."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationInfo, model_validator
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from newsdex.errors import UsageError
from newsdex.output import as_unicode
from newsdex.search.options import Conditions
from newsdex.search.question.filters import check_size
from newsdex.search.server.faults import ONE, SEVERAL, UNKNOWN, in_one
from newsdex.search.server.problems import Problem

_DEEPEST = 900  # arrays and objects in each other; how many Python's parser can read depends on its version
_TOO_DEEP = "the body is nested too deeply"
_MOST_NAMED = 20  # parameters that are named
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
MOST_QUESTION = 4_000  # characters

# Dates that exist: the years 0001 to 9999, months and days of the Gregorian calendar; or how long ago.
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_DOTTED = r"(?:(?:0?[1-9]|1[0-9]|2[0-8])\.(?:0?[1-9]|1[0-2])|(?:29|30)\.(?:0?[13-9]|1[0-2])|31\.(?:0?[13578]|1[02]))"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_ISO = f"{_YEAR}(?:-{_MONTH})?|(?:{_YEAR}-{_DAY}|{_LEAP}-02-29)(?:[T ]{_CLOCK})?"
_DATE = rf"{_ISO}|{_DOTTED}\.{_YEAR}|29\.0?2\.{_LEAP}|[0-9]{{1,4}}[dwm]|[0-9]{{1,3}}y|today|yesterday"
_LENGTH = "[1-9][0-9]{0,3}[dwmy]"
_CONDITION = r"\s*[^<>=!\s][^<>=!]*(?:>=|<=|!=|==?|>|<)[\s\S]*"  # in one way only: what can be read in two takes time
_MOST_DIGITS = 300  # of a whole number: more than a float has
_MOST_TEXT = 1_000  # characters of a value that is checked by a pattern
_SPARE = 10  # members that are not known, which are all named
_WHOLE = re.compile(r"-?[0-9]{1,18}(?:\.0{1,18})?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)


class Bounded(BaseModel):
    """No member that is not known; of many, one mistake is made and not one each."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _is_small(cls, given: Any) -> Any:
        if isinstance(given, dict) and len(given) > len(cls.model_fields) + _SPARE:
            raise ValueError(f"{len(given)} names are too many: expected at most {len(cls.model_fields)}")
        return given


class Strict(Bounded):
    """A body: no member that is not known, and no value of another type."""

    model_config = ConfigDict(strict=True)


def _fitting(pattern: str, expected: str) -> Any:
    """A text that fits ``pattern``; of any other it is told what was ``expected``."""
    form = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if len(text) > _MOST_TEXT or not form.fullmatch(text):  # the length first, whatever the pattern
            raise ValueError(f"{text[:40]!r} is not understood: expected {expected}")
        return text

    shown = Field(max_length=_MOST_TEXT, json_schema_extra={"pattern": f"^(?:{pattern})$"})
    return Annotated[str, shown, AfterValidator(check)]


def _from_text(form: re.Pattern[str], read: Callable[[str], float], expected: str) -> BeforeValidator:
    def convert(value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str) or (info.config or {}).get("strict"):  # a body has numbers of its own
            return value
        if len(value) > _MOST_TEXT or not form.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return read(value)

    return BeforeValidator(convert)


def plain(given: Comparison | Membership | Compound | None) -> dict[str, Any] | None:
    """The filter as newsdex.search.question.filters reads it."""
    return None if given is None else given.model_dump()


def _scalar(value: Any) -> Any:
    """``value``, or one mistake instead of one for each type that it could have had."""
    if not isinstance(value, str | int | float):
        raise ValueError("expected text, a number, true or false")  # noqa: TRY004 - what pydantic expects
    return value


def one_or_more(kind: Any, most: int) -> Any:
    """A value of ``kind``, or a list of at most ``most``: of what is wrong it is told once, and not once for each of the two."""
    several = Annotated[list[kind], Field(min_length=1, max_length=most), Tag(SEVERAL)]
    return Annotated[Annotated[kind, Tag(ONE)] | several, Discriminator(lambda value: SEVERAL if isinstance(value, list) else ONE)]


# In an address everything is text: as JSON writes it, and not also "yes", " 3 " or "1_000".
WHOLE = _from_text(_WHOLE, lambda text: int(text.partition(".")[0]), "a whole number")
NUMBER = _from_text(_NUMBER, float, "a number")
TRUTH = _from_text(re.compile("true|false"), lambda text: text == "true", "true or false")

Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MOST_QUESTION,
        pattern=r"\S",
        description="The question, in plain language.",
        examples=["China support for Russia"],
    ),
]
_DAYS = "a valid date, such as 2024-04-26, 2024-04, 2024 or 26.4.2024, or a time ago such as 30d, 2w, 6m or 1y, today or yesterday"
Day = _fitting(_DATE, _DAYS)
HalfLife = _fitting(_LENGTH, "one such as 30d, 2w, 6m or 1y")
Condition = _fitting(_CONDITION, 'KEY=VALUE, or with !=, <, <=, > or >=, such as "section=Sport"')
Name = Annotated[str, Field(min_length=1, max_length=200)]
Language = Annotated[str, Field(min_length=2, max_length=20)]

Scalar = Annotated[Annotated[str, Field(max_length=10_000)] | int | float | bool, BeforeValidator(_scalar)]


class Comparison(Strict):
    """A condition on a field: id, title, source, url, path, language, published, retracted, or one of the metadata; glob is for path.
    contains, the words one after another, is also for text: the title or the text.
    """

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "glob", "contains"]
    key: Name
    value: Scalar


class Membership(Strict):
    """The field has one of some values, or none of them."""

    type: Literal["in", "nin"]
    key: Name
    value: list[Scalar]


class Compound(Strict):
    """Conditions that all hold, of which one does, or of which none does."""

    type: Literal["and", "or", "not"]
    filters: list[_Part] = Field(min_length=1)


_Part = Annotated[Comparison | Membership | Compound, Field(discriminator="type")]  # by the type, one mistake and not one for each kind
Compound.model_rebuild()


def _bounded(given: Any) -> Any:
    try:
        check_size(given)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return given


AnyFilter = Annotated[
    Comparison | Membership | Compound,
    Field(discriminator="type", examples=[{"type": "eq", "key": "source", "value": "Reuters"}]),
    BeforeValidator(_bounded),
]


class _StrictRequest(Request):
    async def json(self) -> Any:
        return parse_json(await self.body())


class StrictRoute(APIRoute):
    """A route whose address and body are read strictly. What stands in for an id may have line ends, and if it is percent-encoded also end
    as the address of another route: the article ``a/thread`` is no thread.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)
        self._ending = path.rpartition("}")[2].encode() if "{" in path else b""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette, whose ``path`` is decoded."""
        if not scope.get("raw_path", self._ending).endswith(self._ending):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a stricter request."""
        handle = super().get_route_handler()
        # Clients of the OpenAI API send all kinds, LibreChat with /v1/models too.
        takes = bool(self.dependant.query_params) or self.path.startswith("/v1/")

        async def strict(request: Request) -> Response:
            _check_parameters(request, takes=takes)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


def _check_parameters(request: Request, *, takes: bool) -> None:
    """Raise Problem 422 for a parameter if none is taken, and for one given twice: clients and proxies differ on which counts."""
    counts = Counter(name for name, _ in request.query_params.multi_items() if not takes or name not in Conditions.__annotations__)
    if wrong := [
        (f"query.{as_unicode(name[:100])}", f"expected once, not {count} times" if takes else UNKNOWN)
        for name, count in counts.most_common(_MOST_NAMED)
        if count > 1 or not takes
    ]:
        raise Problem(422, in_one(wrong), errors=wrong)


def parse_json(body: bytes) -> Any:
    """The value that ``body`` is. Raises Problem 400."""
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_no_number, parse_int=_whole, parse_float=_number, object_pairs_hook=_object)
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise Problem(400, f"the body is not UTF-8 (byte {error.start})") from error
    except UnicodeEncodeError as error:
        raise Problem(400, "the body has half of a surrogate pair, which is not a character") from error
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


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) < len(members):
        [(twice, _)] = Counter(name for name, _ in members).most_common(1)
        raise ValueError(f"an object has {as_unicode(twice[:100])!r} more than once")
    return made


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise Problem(422, f"a number of {len(digits)} digits is too long: expected at most {_MOST_DIGITS}")
    return int(digits)


def _number(digits: str) -> float:
    """The number; 10.0 is the whole number 10, as JSON Schema has it."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is out of range")
    return int(value) if value.is_integer() else value

"""XPaths that choose descendants by their names and attributes, as functions of a name and attributes: of a few letters each, they are asked tens of thousands of times.

    path      = choice ('|' choice)*            choice = '(' step ')' | step
    step      = './/' ('*' | name) ('[' or ']')*
    or        = and ('or' and)*                 and    = equal ('and' equal)*
    equal     = value ('=' value)?
    value     = string | '@' name ('|' '@' name)* | 'self::' name | '(' or ')' | function '(' (or (',' or)*)? ')'

Values are as XPath 1.0 has them (https://www.w3.org/TR/1999/REC-xpath-19991116/): attributes as a string are the first that there is, or empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Condition = Callable[[str, Mapping[str, str]], bool]  # of the name of an element, and of its attributes in their order

_TOKEN = re.compile(r"""\s*(?:('[^']*'|"[^"]*")|([A-Za-z_][\w.-]*(?:::?[A-Za-z_][\w.-]*)?)|(\.//|[()\[\]|=,@*]))""")


def condition(path: str) -> Condition:
    """Whether ``path`` chooses an element. Raises ValueError where it is of another kind.

    >>> chooses = condition(".//*[self::p or self::div][contains(@class, 'foot')]|.//footer")
    >>> chooses("div", {"class": "footer"}), chooses("span", {"class": "footer"}), chooses("footer", {})
    (True, False, True)
    """
    reader = _Reader(path)
    chooses = reader.path()
    reader.expect("")
    return chooses


@dataclass(frozen=True, slots=True)
class _Value:
    """A part of a condition: as a truth, and as a string; ``attributes`` are those whose values it is, if it is one."""

    true: Condition
    string: Callable[[Mapping[str, str]], str] | None = None
    attributes: tuple[str, ...] = ()

    def text(self) -> Callable[[Mapping[str, str]], str]:
        if self.string is None:
            raise ValueError("a string is expected")
        return self.string


class _Reader:
    def __init__(self, path: str) -> None:
        self._tokens: list[str] = []
        place, path = 0, path.rstrip()
        while place < len(path):
            found = _TOKEN.match(path, place)
            if found is None:
                raise ValueError(f"not understood: {path[place : place + 40]!r}")
            self._tokens.append(found[0].strip())
            place = found.end()
        self._tokens.append("")
        self._place = 0

    def _take(self, *wanted: str) -> bool:
        """Go on behind the next token if it is one of those."""
        there = self._tokens[self._place] in wanted
        self._place += there
        return there

    def _next(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]

    def expect(self, wanted: str) -> None:
        if self._tokens[self._place] != wanted:
            raise ValueError(f"expected {wanted!r}: {self._tokens[self._place]!r}")
        self._place += wanted != ""

    def path(self) -> Condition:
        choices = [self._choice()]
        while self._take("|"):
            choices.append(self._choice())
        return _any_of(choices)

    def _choice(self) -> Condition:
        if self._take("("):
            chooses = self._choice()
            self.expect(")")
            return chooses
        self.expect(".//")
        wanted = self._next()
        conditions: list[Condition] = [] if wanted == "*" else [lambda name, _: name == wanted]
        while self._take("["):
            conditions.append(self._or().true)
            self.expect("]")
        return _all_of(conditions)

    def _or(self) -> _Value:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else _Value(_any_of([part.true for part in parts]))

    def _and(self) -> _Value:
        parts = [self._equal()]
        while self._take("and"):
            parts.append(self._equal())
        return parts[0] if len(parts) == 1 else _Value(_all_of([part.true for part in parts]))

    def _equal(self) -> _Value:
        left = self._value()
        if not self._take("="):
            return left
        right = self._value()
        if len(left.attributes) != 1 or right.attributes:
            raise ValueError("only one attribute is compared with a string")
        [name], text = left.attributes, right.text()({})
        return _Value(lambda _, attributes: attributes.get(name) == text)

    def _value(self) -> _Value:
        there = self._next()
        if there[:1] in ("'", '"'):
            text = there[1:-1]
            return _Value(lambda _, __: text != "", lambda _: text)
        if there == "@":
            names = [self._next()]
            while self._take("|"):
                self.expect("@")
                names.append(self._next())
            return _attributes(tuple(names))
        if there == "(":
            inside = self._or()
            self.expect(")")
            return inside
        if there.startswith("self::"):
            return self._names(there.removeprefix("self::"))
        return self._function(there)

    def _names(self, first: str) -> _Value:
        """Whether the element is called ``first``, or as one of the names that follow; not across an ``and``, which comes before an ``or``."""
        wanted = {first}
        after_and = self._tokens[max(0, self._place - 2)] == "and"
        while not after_and and self._tokens[self._place] == "or":
            name, behind = self._tokens[self._place + 1 : self._place + 3]
            if not name.startswith("self::") or behind not in ("or", "]"):
                break
            wanted.add(name.removeprefix("self::"))
            self._place += 2
        return _Value(lambda name, _: name in wanted)

    def _function(self, name: str) -> _Value:
        self.expect("(")
        given: list[_Value] = []
        while not self._take(")"):
            if given:
                self.expect(",")
            given.append(self._or())
        match name, given:
            case "true", []:
                return _Value(lambda _, __: True)
            case "not", [what]:
                return _Value(lambda name, attributes: not what.true(name, attributes))
            case "contains", [where, what]:
                text, part = where.text(), what.text()({})
                return _Value(lambda _, attributes: part in text(attributes))
            case "starts-with", [where, what]:
                text, part = where.text(), what.text()({})
                return _Value(lambda _, attributes: text(attributes).startswith(part))
            case "translate", [where, before, after]:
                text, table = where.text(), str.maketrans(before.text()({}), after.text()({}))
                return _Value(lambda _, attributes: text(attributes) != "", lambda attributes: text(attributes).translate(table))
            case "re:test", [where, pattern, *flags]:
                text, found = (
                    where.text(),
                    re.compile(pattern.text()({}), re.IGNORECASE if any("i" in flag.text()({}) for flag in flags) else 0).search,
                )
                return _Value(lambda _, attributes: found(text(attributes)) is not None)
            case _:
                raise ValueError(f"not known: {name} of {len(given)}")


def _attributes(names: tuple[str, ...]) -> _Value:
    if len(names) == 1:
        [only] = names
        return _Value(lambda _, attributes: only in attributes, lambda attributes: attributes.get(only, ""), names)
    return _Value(
        lambda _, attributes: any(name in attributes for name in names),
        lambda attributes: next((value for name, value in attributes.items() if name in names), ""),
        names,
    )


def _any_of(conditions: list[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]

    def chooses(name: str, attributes: Mapping[str, str]) -> bool:
        for one in conditions:  # noqa: SIM110 - any() takes twice as long
            if one(name, attributes):
                return True
        return False

    return chooses


def _all_of(conditions: list[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]

    def chooses(name: str, attributes: Mapping[str, str]) -> bool:
        for one in conditions:  # noqa: SIM110 - all() takes twice as long
            if not one(name, attributes):
                return False
        return True

    return chooses

"""trafilatura's choice of elements, asked once for each combination of a name and attributes instead of once for each element.

A third of trafilatura's time goes into XPaths such as ``.//*[self::div][re:test(@class, 'sidebar|footer')]``, which libxml2 works out anew for each element. What
they say of an element rests on its name and a few of its attributes, and those repeat, within a page and from one page of a site to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from itertools import accumulate, chain, permutations
from typing import TYPE_CHECKING, Any, cast

from newsdex.indexer.readers.conditions import Condition, condition

if TYPE_CHECKING:
    from lxml.etree import XPath
    from lxml.etree import _Element as Element

_Key = tuple[Any, ...]  # the name of an element, and the values of its attributes, None for those that it has not

_MOST = 20_000  # combinations that are kept
_BY_ORDER = -1
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_START = re.compile(r"(?:^|\|)\s*\(?\s*\.//[\w*-]+")  # of a path, and of each that it is united with
_BEYOND = re.compile(
    r"/|\.\.|\btext\(|\b(?!self\b)[a-z-]+::|\b(?:position|last|count|string)\("
)  # what looks at more than the element itself
_INSIDE = "not(.//h1)"  # that an element has no heading within it
_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}  # as trafilatura's have them
# Lists of paths that trafilatura asks one after the other of the same element, to drop what they choose
_TOGETHER = (
    ("RAW_TREE_PRUNE_XPATH", "REMOVE_COMMENTS_AND_LISTS_XPATH"),
    ("OVERALL_DISCARD_XPATH", "DISCARD_IMAGE_ELEMENTS", "TEASER_DISCARD_XPATH"),
)


class Remembered:
    """XPaths that choose descendants by their names and attributes, asked all at once. Called with an element, it gives for each of them what it chooses: all of them in the order of the
    document, also of a path that ends in ``[1]``. Raises ValueError for a path that looks at more.
    """

    def __init__(self, *xpaths: XPath) -> None:
        paths = [_QUOTED.sub("''", xpath.path) for xpath in xpaths]
        for path, xpath in zip(paths, xpaths, strict=True):
            if _BEYOND.search(_START.sub("", path.replace(_INSIDE, "true()"))):
                raise ValueError(f"not by names and attributes alone: {xpath.path}")
        whole = " ".join(paths)
        self._every = [_whole(xpath) for xpath in xpaths]
        self._asked = [_condition(xpath) for xpath in xpaths]
        self._inexact = [number for number, path in enumerate(paths) if _INSIDE in path]
        self._attributes = sorted(set(re.findall(r"@([\w-]+)", whole)), key=lambda name: (name not in ("class", "id"), name))
        united = {name for pair in re.findall(r"@([\w-]+)\s*\|\s*@([\w-]+)", whole) for name in pair}
        self._united = [name for name in self._attributes if name in united]  # of which a path takes what comes first in the element
        self._names = _names(paths)
        self._known: dict[
            _Key, int
        ] = {}  # the numbers of the paths that choose it, as bits; or that it rests on the order of its attributes
        self._ordered: dict[tuple[_Key, tuple[str, ...]], int] = {}

    def __call__(self, root: Element) -> list[list[Element]]:
        if len(self._known) + len(self._ordered) > _MOST:
            self._known.clear()
            self._ordered.clear()
        elements = list(root.iterdescendants(*self._names))
        try:
            chosen = self._bits(elements)
        except ValueError:  # a control character, which a tree has only from a parser
            return [list(xpath(root)) for xpath in self._every]
        found: list[list[Element]] = [[] for _ in self._every]
        for element, bits in zip(elements, chosen, strict=True):
            if bits:
                for number, those in enumerate(found):
                    if bits >> number & 1:
                        those.append(element)
        for number in self._inexact:
            if found[number]:
                found[number] = list(self._every[number](root))
        return found

    def _bits(self, elements: list[Element]) -> list[int]:
        """For each element, the numbers of the paths that choose it, as bits."""
        keys = self._keys(elements)
        chosen = [*map(self._known.get, keys)]
        if None in set(chosen):
            self._learn({key for key, bits in zip(keys, chosen, strict=True) if bits is None})
            chosen = [*map(self._known.get, keys)]
        found = cast("list[int]", chosen)
        if _BY_ORDER in set(found):
            found = [
                self._by_order(element, key) if bits == _BY_ORDER else bits
                for element, key, bits in zip(elements, keys, found, strict=True)
            ]
        return found

    def _keys(self, elements: list[Element]) -> list[_Key]:
        match self._attributes:  # those that there are, written out, which takes two thirds of the time
            case ["class", "id"]:
                return [(e.tag, e.get("class"), e.get("id")) for e in elements]
            case ["class", "id", third, fourth]:
                return [(e.tag, e.get("class"), e.get("id"), e.get(third), e.get(fourth)) for e in elements]
            case ["class", "id", third, fourth, fifth, sixth, last]:
                return [
                    (e.tag, e.get("class"), e.get("id"), e.get(third), e.get(fourth), e.get(fifth), e.get(sixth), e.get(last))
                    for e in elements
                ]
            case names:
                return [(e.tag, *map(e.get, names)) for e in elements]

    def _by_order(self, element: Element, key: _Key) -> int:
        order = tuple(name for name in element.attrib if name in self._united)
        return self._ordered[key, order]

    def _learn(self, new: Iterable[_Key]) -> None:
        """Ask for elements of these names and attributes; of one with several that are united, in each order."""
        for key in new:
            there = {name: value for name, value in zip(self._attributes, key[1:], strict=True) if value is not None}
            united = [name for name in self._united if name in there]
            bits = self._ask(key[0], there)
            if len(united) > 1:
                by_order = {order: self._ask(key[0], {name: there[name] for name in (*order, *there)}) for order in permutations(united)}
                if len({*by_order.values()}) > 1:
                    self._ordered |= {(key, order): those for order, those in by_order.items()}
                    bits = _BY_ORDER
                else:
                    bits = by_order.popitem()[1]
            self._known[key] = bits

    def _ask(self, name: str, attributes: Mapping[str, str]) -> int:
        """The paths that choose an element of this name and attributes, as bits."""
        return sum(1 << number for number, chooses in enumerate(self._asked) if chooses(name, attributes))


def _condition(xpath: XPath) -> Condition:
    """Whether a path chooses an element, if there is no heading in it. By the path itself, if it is of a kind that is not known."""
    path = xpath.path.replace("[1]", "").replace(_INSIDE, "true()")
    try:
        return condition(path)
    except ValueError:
        from lxml import etree

        asked = etree.XPath(path, namespaces=_NAMESPACES)

    def chooses(name: str, attributes: Mapping[str, str]) -> bool:
        parent = etree.Element("parent")
        etree.SubElement(parent, name, dict(attributes))
        return bool(asked(parent))

    return chooses


def _whole(xpath: XPath) -> XPath:
    """The path for all elements, not only the first."""
    from lxml import etree

    return etree.XPath(xpath.path.replace("[1]", ""), namespaces=_NAMESPACES)


def _names(paths: Sequence[str]) -> list[str]:
    """The names of the elements that paths may choose."""
    names: set[str] = set()
    for path in paths:
        if re.search(r"\.//\*(?!\s*\[\s*self::)", path):
            return ["*"]
        names |= {*re.findall(r"self::([\w-]+)", path), *re.findall(r"\.//([\w-]+)", path.replace(_INSIDE, ""))}
    return sorted(names)


class _Series:
    """Groups of paths that trafilatura asks one after the other of the same element, which are asked all at once with the first. A group without ``first`` drops what it chooses, and
    one with ``first`` chooses the first element of the document, and the next is asked where there is none.
    """

    def __init__(self, groups: Sequence[Sequence[XPath]], *, first: bool) -> None:
        self.remembered = Remembered(*chain.from_iterable(groups))
        self._first = first
        ends = list(accumulate(map(len, groups)))
        self._ranges = list(zip([0, *ends], ends, strict=False))
        self.members = [partial(self._answer, number) for number in range(len(groups))]
        self.forget()

    def forget(self) -> None:
        self._root: Element | None = None
        self._next = 0
        self._found: list[list[Element]] = []

    def _answer(self, number: int, root: Element) -> list[Element]:
        if number == 0 or number != self._next or root is not self._root:
            self._found = self.remembered(root)
            fresh = True
        else:
            fresh = False
        start, end = self._ranges[number]
        found = self._found[start] if end - start == 1 else list(dict.fromkeys(chain.from_iterable(self._found[start:end])))
        if self._first:
            found = found[:1]
        elif not fresh:
            found = _still_below(root, found)
        self._root, self._next = root, number + 1
        if self._next == len(self.members) or (self._first and found):
            self.forget()
        return found


def _still_below(root: Element, elements: Sequence[Element]) -> list[Element]:
    """Those of ``elements`` that are still in the tree; no ancestor is looked at twice, for there may be thousands."""
    known: dict[Element | None, bool] = {root: True, None: False}
    for element in elements:
        way, part = [], element
        while part not in known:
            way.append(part)
            part = part.getparent()
        known |= dict.fromkeys(way, known[part])
    return [element for element in elements if known[element]]


@cache
def _series(groups: tuple[tuple[XPath, ...], ...], *, first: bool = False) -> _Series | None:
    """None where a path looks at more than the element."""
    try:
        return _Series(groups, first=first)
    except ValueError:
        return None


class Choice:
    """trafilatura's choice of the element that is the article."""

    def __init__(self, body: _Series | None) -> None:
        self._body = body

    def __call__(self, root: Element) -> Element | None:
        """The element that trafilatura takes for the article before it looks at any other: its first choice of those that it does not drop; None where there is none."""
        from trafilatura.settings import MANUALLY_CLEANED

        dropped = {*MANUALLY_CLEANED, "form"}
        for elements in self._body.remembered(root) if self._body else ():
            for element in elements:
                if not any(outer.tag in dropped for outer in element.iterancestors()):
                    return element
        return None


@contextmanager
def remembering() -> Iterator[Choice]:
    """While this lasts, trafilatura chooses elements by what is remembered of its XPaths; those that look at more than the element are left as they are."""
    from trafilatura import xpaths

    baseline: Any = import_module("trafilatura.baseline")  # the package has a function of that name
    clean = baseline.BASIC_CLEAN_XPATH
    used: list[_Series] = []
    before: list[tuple[list[object], list[object]]] = []

    def instead(lists: Sequence[list[object]], series: _Series | None, members: Sequence[Sequence[object]]) -> None:
        if series:
            used.append(series)
            before.extend((paths, list(paths)) for paths in lists)
            for paths, those in zip(lists, members, strict=True):
                paths[:] = those

    body = _series(tuple((path,) for path in xpaths.BODY_XPATH), first=True)
    try:
        instead([xpaths.BODY_XPATH], body, [body.members] if body else [])
        for names in _TOGETHER:
            lists = [getattr(xpaths, name) for name in names]
            series = _series(tuple(tuple(paths) for paths in lists))
            instead(lists, series, [[member] for member in series.members] if series else [])
        if cleaning := _series(((clean,),)):
            used.append(cleaning)
            [baseline.BASIC_CLEAN_XPATH] = cleaning.members
        yield Choice(body)
    finally:
        for paths, old in before:
            paths[:] = old
        baseline.BASIC_CLEAN_XPATH = clean
        for series in used:
            series.forget()

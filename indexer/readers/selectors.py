"""trafilatura's choice of elements, asked once for each combination of a name and attributes instead of once for each element.

A third of trafilatura's time goes into XPaths such as ``.//*[self::div][re:test(@class, 'sidebar|footer')]``, which libxml2 works out anew for each element. What
they say of an element rests on its name and a few of its attributes, and those repeat, within a page and from one page of a site to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

_Key = tuple[Any, ...]  # the name of an element, and pairs of an attribute's name and its value

if TYPE_CHECKING:
    from lxml.etree import XPath
    from lxml.etree import _Element as Element

_MOST = 20_000  # combinations that are kept
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_START = re.compile(r"(?:^|\|)\s*\(?\s*\.//[\w*-]+")  # of a path, and of each that it is united with
_BEYOND = re.compile(
    r"/|\.\.|\btext\(|\b(?!self\b)[a-z-]+::|\b(?:position|last|count|string)\("
)  # what looks at more than the element itself
_INSIDE = "not(.//h1)"  # that an element has no heading within it
_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}  # as trafilatura's have them
_SELECTORS = (
    "BODY_XPATH", "RAW_TREE_PRUNE_XPATH", "REMOVE_COMMENTS_AND_LISTS_XPATH", "OVERALL_DISCARD_XPATH", "TEASER_DISCARD_XPATH", "DISCARD_IMAGE_ELEMENTS",
)  # fmt: skip


class Remembered:
    """An XPath that chooses descendants by their names and attributes. Called with an element as the XPath is, it gives the same: all of them in the order of the document, or, of a path
    that ends in ``[1]``, the first. Raises ValueError for a path that looks at more.
    """

    def __init__(self, xpath: XPath) -> None:
        path = _QUOTED.sub("''", xpath.path)
        if _BEYOND.search(_START.sub("", path.replace(_INSIDE, "true()"))):
            raise ValueError(f"not by names and attributes alone: {xpath.path}")
        from lxml import etree

        self._xpath = xpath
        self._exact = _INSIDE not in path
        self._first = "[1]" in path
        self._all = etree.XPath(xpath.path.replace("[1]", "").replace(_INSIDE, "true()"), namespaces=_NAMESPACES)
        self._attributes = sorted(set(re.findall(r"@([\w-]+)", path)))
        united = {
            name for pair in re.findall(r"@([\w-]+)\s*\|\s*@([\w-]+)", path) for name in pair
        }  # of which a path takes what comes first in the element
        self._united = [place for place, name in enumerate(self._attributes, 1) if name in united]
        everywhere = re.search(r"\.//\*(?!\s*\[\s*self::)", path)
        self._names = (
            ["*"] if everywhere else sorted({*re.findall(r"self::([\w-]+)", path), *re.findall(r"\.//([\w-]+)", path.replace(_INSIDE, ""))})
        )
        self._known: dict[_Key, bool] = {}

    def __call__(self, root: Element) -> list[Element]:
        chosen = self.all(root)
        return chosen[:1] if self._first else chosen

    def all(self, root: Element) -> list[Element]:
        """All that are chosen, also of a path for the first alone."""
        known = self._known
        if len(known) > _MOST:
            known.clear()
        elements = list(root.iterdescendants(*self._names))
        keys = self._keys(elements)
        different = set(keys)
        if new := different.difference(known):
            try:
                self._ask(list(new))
            except ValueError:  # a control character, which a tree has only from a parser
                return list(self._xpath(root))
        different = {key for key in different if known[key]}
        if different and not self._exact:
            return list(self._xpath(root))
        return [element for element, key in zip(elements, keys, strict=True) if key in different] if different else []

    def _keys(self, elements: list[Element]) -> list[_Key]:
        names = self._attributes
        if names == ["class", "id"]:  # by far the most frequent, and this the fastest
            keys: list[_Key] = [(element.tag, element.get("class"), element.get("id")) for element in elements]
        else:
            keys = [(element.tag, *map(element.get, names)) for element in elements]
        ordered = {key for key in set(keys) if sum(key[place] is not None for place in self._united) > 1} if self._united else ()
        if ordered:
            keys = [
                (*key, tuple(name for name in element.attrib if name in names)) if key in ordered else key
                for element, key in zip(elements, keys, strict=True)
            ]
        return keys

    def _ask(self, new: Sequence[_Key]) -> None:
        """Ask for elements of these names and attributes, all at once."""
        from lxml import etree

        parent = etree.Element("parent")
        asked = []
        for name, *values in new:
            told = {attribute: value for attribute, value in zip(self._attributes, values, strict=False) if value is not None}
            order = values[-1] if len(values) > len(self._attributes) else told
            asked.append(etree.SubElement(parent, name, {attribute: told[attribute] for attribute in order}))
        chosen = set(self._all(parent))
        self._known |= {key: element in chosen for key, element in zip(new, asked, strict=True)}


def article_element(root: Element) -> Element | None:
    """The element that trafilatura takes for the article before it looks at any other: its first choice of those that it does not drop; None where there is none.

    To be asked while ``remembering``.
    """
    from trafilatura.settings import MANUALLY_CLEANED
    from trafilatura.xpaths import BODY_XPATH

    dropped = {*MANUALLY_CLEANED, "form"}
    for path in BODY_XPATH:
        if not isinstance(path, Remembered):
            return None
        for element in path.all(root):
            if not any(outer.tag in dropped for outer in element.iterancestors()):
                return element
    return None


@contextmanager
def remembering() -> Iterator[None]:
    """While this lasts, trafilatura chooses elements by what is remembered of its XPaths; those that look at more than the element are left as they are."""
    from trafilatura import xpaths

    baseline: Any = import_module("trafilatura.baseline")  # the package has a function of that name
    lists: list[list[object]] = [getattr(xpaths, name) for name in _SELECTORS]
    before = [list(paths) for paths in lists]
    clean = baseline.BASIC_CLEAN_XPATH
    try:
        for paths in lists:
            paths[:] = _remembered(tuple(paths))
        [baseline.BASIC_CLEAN_XPATH] = _remembered((clean,))
        yield
    finally:
        for paths, old in zip(lists, before, strict=True):
            paths[:] = old
        baseline.BASIC_CLEAN_XPATH = clean


@cache
def _remembered(paths: Sequence[XPath]) -> list[object]:
    return [_if_possible(path) for path in paths]


def _if_possible(path: XPath) -> object:
    try:
        return Remembered(path)
    except ValueError:
        return path

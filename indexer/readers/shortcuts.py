"""Work that trafilatura need not do: copies of trees that nobody looks at afterwards, stages that cannot be reached, and the text of a link once for each element around it.

Its functions are replaced by ones that give the same, while ``sparing`` lasts. That rests on how it is written, so it is done only for versions that have been read.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_TIMES = 6  # that trafilatura drops elements of an article for their links: twice div, list and p
_LARGE = 300  # characters of an element that trafilatura does not drop for links in it, unless they are most of it
_SHARE = 0.8  # no more than the share of an element's text that links have for which it is dropped
_READ = ("2.3.",)  # the versions of trafilatura, by their beginnings, that this is known to leave as they are in all that they give


class TooLittle(Exception):
    """What was found in an element alone is so little that trafilatura looks elsewhere, too."""


@contextmanager
def sparing(given: HtmlElement | None = None) -> Iterator[None]:
    """Let trafilatura do less, once, in its fast way. A tree that is ``given`` away is changed, and only the first of trafilatura's stages works on it:
    where that finds too little, TooLittle is raised, if nothing else is; and it is not tried again because a page has much more text.
    """
    if not _is_known():
        yield
        return
    core, extractor, processing, external = (
        import_module(f"trafilatura.{name}") for name in ("core", "main_extractor", "htmlprocessing", "external")
    )
    links = _Links(processing)
    instead: list[tuple[Any, str, Callable[..., Any]]] = [
        (core, "_prepare_tree", _prepare(core, processing, given)),
        (external, "jt_stoplist_init", partial(_stop_words, external)),
        (processing, "trim", _trim),
        (extractor, "trim", _trim),
        (processing, "collect_link_info", links.information),
        (processing, "link_density_test", links.test),
        (processing, "delete_element", links.drop),
        (extractor, "delete_by_link_density", links.delete),
    ]
    if given is not None:
        instead += [
            (core, "copy", lambda tree: tree if tree is given else copy(tree)),
            (extractor, "deepcopy", lambda tree: tree if tree is given else deepcopy(tree)),
            (extractor, "recover_wild_text", _refuse),
            (core, "html2txt", lambda _: ""),
        ]
    before = [(module, name, getattr(module, name)) for module, name, _ in instead]
    try:
        for module, name, function in instead:
            setattr(module, name, function)
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


@cache
def _is_known() -> bool:
    import trafilatura

    return str(trafilatura.__version__).startswith(_READ)


def _trim(text: object) -> str:
    """``trim``, without a place in a cache that would have to be looked for by all of a text, and keep it."""
    return " ".join(text.split()) if isinstance(text, str) else ""


def _refuse(*_: object) -> None:
    raise TooLittle


def _stop_words(external: Any) -> frozenset[str]:
    """``jt_stoplist_init``, for all pages that come: a set, which knows its hash, where it was a tuple of 154,484 words that is hashed for each page."""
    from justext.utils import get_stoplists

    files = (pkgutil.get_data("justext", f"stoplists/{name}.txt") or b"" for name in get_stoplists())
    external.JT_STOPLIST = frozenset(word for file in files for word in file.decode().lower().splitlines())
    return external.JT_STOPLIST  # type: ignore[no-any-return]  # what was put there


def _prepare(core: Any, processing: Any, given: HtmlElement | None) -> Callable[..., tuple[HtmlElement, HtmlElement]]:
    """``core._prepare_tree``: without the second copy, which is for the stages that the fast way does without; and looking only for elements that there are."""

    def prepare(tree: HtmlElement, options: Any, url: str | None) -> tuple[HtmlElement, HtmlElement]:
        everything = processing.MANUALLY_CLEANED
        there = {element.tag for element in tree.iter(*everything)}
        processing.MANUALLY_CLEANED = [name for name in everything if name in there]
        try:
            cleaned = core.tree_cleaning(tree if tree is given else copy(tree), options)
        finally:
            processing.MANUALLY_CLEANED = everything
        backup = cleaned if options.fast else copy(cleaned)
        return core.convert_tags(cleaned, options, url), backup

    return prepare


class _Links:
    """What stays the same while elements are looked at that may be dropped for their links, for they are dropped afterwards: where there are links, and their texts."""

    def __init__(self, processing: Any) -> None:
        self._information = processing.collect_link_info
        self._test = processing.link_density_test
        self._delete = processing.delete_by_link_density
        self._drop = processing.delete_element
        self._texts: dict[HtmlElement, str] | None = None
        self._around: set[HtmlElement] = set()
        self._subtree: HtmlElement | None = None
        self._times = 0
        self._kept: set[str] = set()

    def delete(self, subtree: HtmlElement, name: str, *arguments: Any, **named: Any) -> Any:
        """``delete_by_link_density``: twice for elements of some names, of which the second time changes nothing where the first has not."""
        if subtree is not self._subtree or self._times == _TIMES:
            self._subtree, self._times, self._kept = subtree, 0, set()
        self._times += 1
        if name in self._kept:
            return subtree
        self._kept.add(name)
        self._texts = {}
        self._around = set()
        for link in subtree.iterdescendants("ref"):
            for outer in link.iterancestors():
                if outer in self._around:
                    break
                self._around.add(outer)
        try:
            return self._delete(subtree, name, *arguments, **named)
        finally:
            self._texts = None

    def test(self, element: HtmlElement, *arguments: Any) -> tuple[bool, bool]:
        """``link_density_test``."""
        if self._texts is not None and (element not in self._around or self._has_much_else(element)):
            return False, False
        found: tuple[bool, bool] = self._test(element, *arguments)
        return found

    def _has_much_else(self, element: HtmlElement) -> bool:
        """Whether an element has so much more text than its links that it is kept whatever they are."""
        enough = max(_LARGE, len("".join(self._texts_of(element.iterdescendants("ref")))) / _SHARE)
        length = 0
        for piece in element.itertext():
            length += len("".join(piece.split()))
            if length > enough:
                return True
        return False

    def drop(self, *arguments: Any, **named: Any) -> None:
        """``delete_element``."""
        self._kept.clear()
        self._drop(*arguments, **named)

    def information(self, links: list[HtmlElement]) -> Any:
        """``collect_link_info``."""
        if self._texts is None:
            return self._information(links)
        texts = [text for text in self._texts_of(links) if text]
        lengths = [len(text) for text in texts]
        return sum(lengths), len(texts), sum(length < 10 for length in lengths), texts  # noqa: PLR2004 - as in trafilatura

    def _texts_of(self, links: Iterable[HtmlElement]) -> list[str]:
        known = self._texts
        assert known is not None
        texts = []
        for link in links:
            text = known.get(link)
            if text is None:
                text = known[link] = " ".join(link.text_content().split())
            texts.append(text)
        return texts

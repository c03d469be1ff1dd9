"""What is remembered of trafilatura's XPaths is what they say; the article's element alone gives the text that the whole page gives."""

from __future__ import annotations

import logging
import random

import pytest
from lxml.etree import XPath
from lxml.html import document_fromstring
from trafilatura import settings, xpaths

from newsdex.indexer.readers import main_text
from newsdex.indexer.readers.markup import parse_page
from newsdex.indexer.readers.selectors import Remembered, article_element, remembering

SENTENCE = "The minister said on Monday that the talks in Geneva would go on until both sides had agreed on the river. "
PATHS = [
    *xpaths.BODY_XPATH, *xpaths.RAW_TREE_PRUNE_XPATH, *xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH, *xpaths.OVERALL_DISCARD_XPATH, *xpaths.TEASER_DISCARD_XPATH,
    *xpaths.DISCARD_IMAGE_ELEMENTS, settings.BASIC_CLEAN_XPATH,
]  # fmt: skip
CALLED = [
    "", "a", "sidebar", "entry-content", "comments", "Comment", "main", "footer", "infinite-scroll", "teaser", "caption", "cookie-banner", "x hidden", "reply-1", "share-", "article",
]  # fmt: skip


def _page(seed: int) -> str:
    """A page of nested elements whose names and attributes, in any order, are such as the paths look for."""
    chance = random.Random(seed)
    parts, opened = ["<html><body>"], []
    for _ in range(300):
        if opened and chance.random() < 0.45:
            parts.append(f"</{opened.pop()}>")
            continue
        name = chance.choice(["div", "section", "article", "p", "span", "ul", "aside", "main", "h1", "footer"])
        told = [
            (attribute, chance.choice(CALLED))
            for attribute in ("id", "class", "role", "style", "itemprop", "aria-hidden")
            if chance.random() < 0.3
        ]
        chance.shuffle(told)
        attributes = "".join(f" {attribute}='{value}'" for attribute, value in told)
        parts.append(f"<{name}{attributes}>word &#5; ")
        opened.append(name)
    return "".join(parts)


@pytest.mark.parametrize("path", PATHS, ids=[f"path {number}" for number in range(len(PATHS))])
def test_remembered_path_chooses_what_the_path_chooses(path: XPath) -> None:
    """On pages made at random, one after the other, so that much is remembered; of a path for the first of several, the first."""
    remembered = Remembered(path)

    for seed in range(10):
        tree = document_fromstring(_page(seed))
        chosen = remembered(tree)
        assert chosen == list(path(tree))[: 1 if "[1]" in path.path else None]


def test_control_character_in_an_attribute() -> None:
    """A tree may have one by its number in the source, though no element can be made with it."""
    tree = document_fromstring("<div class='sidebar &#5;'>a</div><div class='b'>b</div>")

    assert Remembered(xpaths.OVERALL_DISCARD_XPATH[0])(tree) == xpaths.OVERALL_DISCARD_XPATH[0](tree)


@pytest.mark.parametrize("path", [".//div[ancestor::section]", ".//div[p]/span", ".//div[contains(text(), 'a')]", ".//div[not(../p)]"])
def test_path_that_looks_at_more_than_an_element_is_not_remembered(path: str) -> None:
    """Its answer for one element says nothing of another with the same attributes."""
    with pytest.raises(ValueError, match="not by names and attributes alone"):
        Remembered(XPath(path))


def test_trafilatura_is_left_as_it_was() -> None:
    """What is remembered is used while it is asked for, also when that ends in an error."""
    assert isinstance(xpaths.BODY_XPATH[0], XPath)
    before = [list(paths) for paths in (xpaths.BODY_XPATH, xpaths.OVERALL_DISCARD_XPATH)]
    with remembering():
        assert isinstance(xpaths.BODY_XPATH[0], Remembered)
    after = [list(paths) for paths in (xpaths.BODY_XPATH, xpaths.OVERALL_DISCARD_XPATH)]
    with pytest.raises(ZeroDivisionError), remembering():
        1 / 0  # noqa: B018 - an error

    assert after == before
    assert before[0] == xpaths.BODY_XPATH


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<div class=main><article><h1>Talks</h1>{f'<p>{SENTENCE}</p>' * 12}</article></div><div class=sidebar><p>{SENTENCE}</p></div>", id="one article"),
        pytest.param(f"<aside><article><p>Teaser</p></article></aside><article><p>{SENTENCE * 4}</p><p>{SENTENCE * 6}</p></article>", id="an aside has one, too"),
        pytest.param(f"<div class=entry-content><br>{f'{SENTENCE}<br><br>' * 9}</div>", id="no paragraphs"),
        pytest.param(f"<article><p>{SENTENCE}</p></article>" + f"<div><p>{SENTENCE}</p></div>" * 30, id="a small article"),
        pytest.param(f"<section class=comments><article><p>{SENTENCE * 4}</p><p>{SENTENCE * 4}</p></article></section><div id=content><p>{SENTENCE * 9}</p></div>", id="in comments"),
        pytest.param("".join(f"<p>{SENTENCE}</p>" for _ in range(9)), id="no element for it"),
    ],
)  # fmt: skip
def test_element_alone_gives_what_the_page_gives(body: str) -> None:
    """The way that spares time never gives another text; where it might, it gives none, and the whole page is read."""
    tree, _ = parse_page(f"<html><body><nav><a href=/>Home</a></nav>{body}<footer>{SENTENCE}</footer></body></html>")
    assert tree is not None
    with remembering():
        found = main_text._from_element(tree)
        assert bool(found) <= (article_element(tree) is not None)
    whole, _ = main_text._extract(tree, fast=True)

    assert found in ("", whole)
    assert SENTENCE.strip() in main_text.main_text(tree, "")


def test_pages_leave_nothing_behind_in_the_logger() -> None:
    """A logger asks all of its handlers, of which each page once added one."""
    before = len(logging.getLogger("trafilatura").handlers)
    for _ in range(3):
        tree, _deep = parse_page(f"<article><p>{SENTENCE * 9}</p></article>")
        assert tree is not None
        main_text.main_text(tree, "")

    assert len(logging.getLogger("trafilatura").handlers) <= before + 1

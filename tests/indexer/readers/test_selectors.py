"""What is remembered of trafilatura's XPaths is what they say; the article's element alone gives the text that the whole page gives."""

from __future__ import annotations

import logging
import random
import time
from importlib import import_module
from importlib.metadata import version

import pytest
from lxml.etree import XPath
from lxml.html import document_fromstring
from trafilatura import settings, xpaths

from newsdex.indexer.readers import main_text, selectors, shortcuts
from newsdex.indexer.readers.conditions import condition
from newsdex.indexer.readers.markup import parse_page
from newsdex.indexer.readers.selectors import Remembered, remembering

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


def _story(seed: int) -> str:
    """A page of paragraphs, lists and tables, with links in some, in elements with names such as pages have."""
    chance = random.Random(seed)

    def words() -> str:
        pieces = [
            f"<a href=/{n}>{SENTENCE[: chance.choice([5, 15, 60, 110])]}</a>" if chance.random() < 0.5 else SENTENCE
            for n in range(chance.randint(1, 4))
        ]
        return " ".join(pieces[: chance.randint(1, 4)])

    def block(depth: int) -> str:
        kind = chance.choice(["p", "p", "p", "div", "div", "ul", "table", "blockquote", "h2"])
        name = f" class='{chance.choice(['', 'text', 'box', 'teaser-1', 'share', 'caption', 'content'])}'"
        if kind == "div" and depth < 4:
            return f"<div{name}>{''.join(block(depth + 1) for _ in range(chance.randint(1, 4)))}</div>"
        if kind == "ul":
            return f"<ul{name}>{''.join(f'<li>{words()}</li>' for _ in range(chance.randint(1, 6)))}</ul>"
        if kind == "table":
            return f"<table{name}>{''.join(f'<tr><td>{words()}</td><td>{words()}</td></tr>' for _ in range(chance.randint(1, 5)))}</table>"
        return f"<{kind}{name}>{words()}</{kind}>"

    article = chance.choice(["article", "div class=entry-content", "div", "main"])
    inside = "".join(block(0) for _ in range(chance.randint(3, 25)))
    beside = "".join(block(1) for _ in range(chance.randint(0, 9)))
    return f"<html><body><{article}>{inside}</{article.split()[0]}><div class=sidebar>{beside}</div></body></html>"


@pytest.mark.parametrize("path", PATHS, ids=[f"path {number}" for number in range(len(PATHS))])
def test_remembered_path_chooses_what_the_path_chooses(path: XPath) -> None:
    """On pages made at random, one after the other, so that much is remembered; of a path for the first of several, the first."""
    remembered = Remembered(path)

    for seed in range(10):
        tree = document_fromstring(_page(seed))
        [chosen] = remembered(tree)
        first = 1 if "[1]" in path.path else None
        assert chosen[:first] == list(path(tree))[:first]


def test_paths_asked_together_choose_what_each_chooses() -> None:
    """Also when they are asked of another page, of which some combinations are known."""
    paths = [*xpaths.OVERALL_DISCARD_XPATH, *xpaths.DISCARD_IMAGE_ELEMENTS, *xpaths.TEASER_DISCARD_XPATH]
    remembered = Remembered(*paths)

    for seed in range(5):
        tree = document_fromstring(_page(seed))
        assert remembered(tree) == [list(path(tree)) for path in paths]


def test_path_of_an_unknown_kind_is_asked_itself() -> None:
    """One that looks at no more than the element, but by a function that is not known here."""
    path = XPath(".//div[normalize-space(@class) = 'main']")
    tree = document_fromstring("<div class=' main '>a</div><div class=b>b</div>")
    with pytest.raises(ValueError, match="normalize-space"):
        condition(path.path)

    [chosen] = Remembered(path)(tree)
    assert [element.text for element in chosen] == ["a"]


@pytest.mark.parametrize("path", [
    ".//*[self::p and @class or self::div]", ".//*[not(self::p or self::div)]", ".//*[@role and (self::p or self::div)]", ".//*[@class='main'][@id]|.//h1",
])  # fmt: skip
def test_condition_is_read_as_xpath_reads_it(path: str) -> None:
    """``and`` before ``or``, brackets, and several conditions on one element."""
    tree = document_fromstring(_page(2))

    chooses = condition(path)
    assert [element for element in tree.iterdescendants("*") if chooses(element.tag, dict(element.attrib))] == tree.xpath(path)


def test_what_is_dropped_is_not_chosen_again() -> None:
    """The lists that are asked one after the other see the page as the one before has left it."""
    page = "<div class=mvp-post-add-box><div id=comments><p>x</p></div></div><div id=comments><p>y</p></div>"
    tree = document_fromstring(f"<html><body>{page}</body></html>")
    with remembering():
        for element in xpaths.RAW_TREE_PRUNE_XPATH[0](tree):
            element.drop_tree()
        chosen = xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH[0](tree)

    assert [element.text_content() for element in chosen] == ["y"]


def test_control_character_in_an_attribute() -> None:
    """A tree may have one by its number in the source, though no element can be made with it."""
    tree = document_fromstring("<div class='sidebar &#5;'>a</div><div class='b'>b</div>")

    assert Remembered(xpaths.OVERALL_DISCARD_XPATH[0])(tree) == [xpaths.OVERALL_DISCARD_XPATH[0](tree)]


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
        assert not isinstance(xpaths.BODY_XPATH[0], XPath)
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
    with remembering() as article:
        found = main_text._from_element(tree, article(tree))
        assert bool(found) <= (article(tree) is not None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortcuts, "_is_known", lambda: False)
        whole, _ = main_text._extract(tree, fast=True)

    assert found in ("", whole)
    assert SENTENCE.strip() in main_text.main_text(tree, "")


def test_version_of_trafilatura_has_been_read() -> None:
    """For another, the shortcuts are not taken: look whether its functions are as they were, and say so in ``shortcuts``."""
    if not shortcuts._is_known():
        pytest.skip(f"trafilatura {version('trafilatura')} is newer than what has been read, and is used as it is")
    assert version("trafilatura").startswith(shortcuts._READ)


@pytest.mark.parametrize("seed", range(12))
def test_shortcuts_leave_the_text_as_it_is(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of pages made at random, with many links, and of a whole page in both ways of trafilatura."""
    texts = []
    for known in (True, False):
        monkeypatch.setattr(shortcuts, "_is_known", lambda known=known: known)
        tree, _ = parse_page(_story(seed))
        assert tree is not None
        with remembering():
            texts.append([main_text._extract(tree, fast=fast) for fast in (True, False)])

    assert texts[0] == texts[1]
    assert any(text for text, _ in texts[0])


def test_stop_words_are_those_of_trafilatura() -> None:
    """Of all languages, in small letters, as jusText has them."""
    external = import_module("trafilatura.external")
    before = external.JT_STOPLIST
    try:
        found = shortcuts._stop_words(external)
        assert found == frozenset(word.lower() for word in external.jt_stoplist_init())
    finally:
        external.JT_STOPLIST = before


def test_many_nested_elements_that_are_dropped_take_no_time() -> None:
    """Each ancestor is looked at once: of 30,000 elements in 1,000 levels, it would be 30 million times."""
    tree, _ = parse_page("<div class=sidebar>" * 1000 + "<p class=teaser>x</p>" * 30_000)
    assert tree is not None
    chosen = list(tree.iter("p"))
    began = time.process_time()

    assert selectors._still_below(tree, chosen) == chosen
    assert time.process_time() - began < 1


def test_pages_leave_nothing_behind_in_the_logger() -> None:
    """A logger asks all of its handlers, of which each page once added one."""
    before = len(logging.getLogger("trafilatura").handlers)
    for _ in range(3):
        tree, _deep = parse_page(f"<article><p>{SENTENCE * 9}</p></article>")
        assert tree is not None
        main_text.main_text(tree, "")

    assert len(logging.getLogger("trafilatura").handlers) <= before + 1

"""The main text of a web page, by trafilatura; accuracy and speed: benchmarks/quality/extraction.py."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import groupby, islice

from newsdex.indexer.readers.markup import HtmlElement, text_of
from newsdex.values import grouped

# trafilatura's fast mode is used where it finds enough characters (as many as trafilatura itself requires), and enough of those in
# paragraphs; see benchmarks/quality/extraction.py.
_ENOUGH = 250
_ENOUGH_OF_PARAGRAPHS = 0.15
_PLENTY = 3000  # characters from which the fast mode's result is trusted
_FULLER = 1.5  # length of a text in JSON-LD, relative to trafilatura's, from which it is used instead
_WITHOUT_SCRIPTS = 1000  # characters of a noscript element; a longer one is the page itself, in an element closed in the wrong place
_BESIDE = ("aside", "footer", "script")  # elements not counted as text of the page
_TEASER = 500  # longest teaser of another article, in characters
_ANNOUNCES = re.compile(
    r"(?:^|[-_ ])(?:related|recommend\w*|teasers?|read-?more|more-(?:on|news|stories|from)|most-?read|popular)(?:$|[-_ ])", re.IGNORECASE
)
_KEEPS_LINES = re.compile(r"white-space: ?(?:break-spaces|pre)", re.IGNORECASE)
_WRAPPED = re.compile(r"[^\S\xa0]+")
# Chinese and Japanese have no space there
_WRAPPED_WITHOUT_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])[^\S\n]*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])")
_HEADINGS = ("h1", "h2", "h3", "h4")
_STORIES = ("article", "div", "section")
_LEVELS = 3  # between a story and its paragraphs and headings
_STORY = 150  # least letters and signs of a story beside another
_SMALLER = 0.5  # least size of one, relative to the smallest of those that are read; a teaser is smaller
_MOST_STORIES = 200  # of a page that are looked at
_UNUSED = ("style", "svg", "iframe", "template")  # elements that trafilatura copies several times before it drops them


def main_text(tree: HtmlElement, body: str) -> str:
    """Return a page's article with blank lines between paragraphs, or its much longer ``body`` of JSON-LD, else all. Modifies ``tree``."""
    _drop_unused(tree)
    if body:
        _tell(tree, body)
    _drop_teasers(tree)
    _join_lines(tree)
    text = _extract(tree, fast=True)
    if len(text) < _PLENTY:
        paragraphs = sum(len(" ".join(element.itertext()).strip()) for element in tree.iter("p"))
        if len(text) < max(_ENOUGH, _ENOUGH_OF_PARAGRAPHS * paragraphs):
            text = max(text, _extract(tree, fast=False), key=len)
    if body and (len(body) > max(_ENOUGH, _FULLER * len(text)) or body.split() == text.split()):  # the same text, with its paragraphs
        text = _paragraphs(body)
    return "\n\n".join([text, *map(text_of, _lost_stories(tree, text))]) if text else text_of(tree)


def _lost_stories(tree: HtmlElement, text: str) -> list[HtmlElement]:
    """Return stories missing in ``text``: elements with heading and text, named and headed as one beside them that is in it."""
    sizes: Counter[HtmlElement] = Counter()
    longest: dict[HtmlElement, str] = {}
    for paragraph in tree.iter("p"):
        written = "".join("".join(paragraph.itertext()).split())
        for story in islice(paragraph.iterancestors(*_STORIES), _LEVELS):
            sizes[story] += len(written)
            longest[story] = max(longest.get(story, ""), written, key=len)
    headings: dict[HtmlElement, str] = {}
    for heading in tree.iter(*_HEADINGS):
        for story in islice(heading.iterancestors(*_STORIES), _LEVELS):
            headings.setdefault(story, heading.tag)
    stories = [
        story for story, size in sizes.items() if size >= _STORY and story in headings and (story.tag == "article" or story.get("class"))
    ][:_MOST_STORIES]
    there = "".join(text.split())
    lost: dict[HtmlElement, None] = {}
    for alike in grouped(((story.getparent(), story.tag, story.get("class"), headings[story]), story) for story in stories).values():
        missing = [story for story in alike if longest[story] not in there]
        if len(missing) < len(alike):
            least = _SMALLER * min(sizes[story] for story in alike if story not in missing)
            lost.update((story, None) for story in missing if sizes[story] >= least)
    return [story for story in lost if not any(outer in lost for outer in story.iterancestors(*_STORIES))]


def _in_all(tree: HtmlElement) -> int:
    """Return at least as many characters as trafilatura counts on the whole page."""
    body = tree.find(".//body")
    body = tree if body is None else body
    beside = [part for part in body.iter(*_BESIDE) if not any(outer.tag in _BESIDE for outer in part.iterancestors())]
    return _in_pieces(body) - sum(map(_in_pieces, beside))


def _in_pieces(element: HtmlElement) -> int:
    return sum(len(" ".join(piece.split())) + 1 for piece in element.itertext())


def _extract(tree: HtmlElement, *, fast: bool) -> str:
    import trafilatura

    try:
        found = trafilatura.bare_extraction(tree, fast=fast, include_comments=False)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a bug that an odd page meets: all of its text is taken then
        return ""
    return "" if found is None or isinstance(found, dict) else _paragraphs(found.text or "")


def _paragraphs(text: str) -> str:
    """Put a blank line between the lines of a text, but not between the rows of a table, and strip them."""
    lines = filter(None, map(str.strip, text.split("\n")))
    return "\n\n".join("\n".join(part) if rows else "\n\n".join(part) for rows, part in groupby(lines, _is_row))


def _is_row(line: str) -> bool:
    return len(line) > 1 and line[0] == line[-1] == "|"


def _join_lines(tree: HtmlElement) -> None:
    """Make the line ends of the source spaces: beside a <br>, trafilatura takes them for the ends of paragraphs."""
    styled = (
        element for element in tree.iter("div", "p", "span", "section", "blockquote") if _KEEPS_LINES.search(element.get("style") or "")
    )
    written = {part for outer in (*tree.iter("pre", "textarea"), *styled) for part in outer.iter()}
    for element in tree.iter():
        if element not in written:
            element.text = _joined(element.text)
        if element.getparent() not in written:
            element.tail = _joined(element.tail)


def _joined(text: str | None) -> str | None:
    """A text of a page without line ends, unless it is nothing else."""
    if not text or "\n" not in text or text.isspace():
        return text
    return _WRAPPED.sub(" ", _WRAPPED_WITHOUT_SPACE.sub("", text))


def _drop_unused(tree: HtmlElement) -> None:
    from lxml import etree

    etree.strip_elements(tree, *_UNUSED, with_tail=False)
    for element in list(tree.iter("noscript", "script")):
        if element.tag == "script":
            if "ld+json" not in (element.get("type") or ""):
                element.drop_tree()
        elif len("".join(element.itertext())) < _WITHOUT_SCRIPTS:
            element.drop_tree()
        else:
            element.drop_tag()


def _tell(tree: HtmlElement, body: str) -> None:
    """Write ``body`` where trafilatura looks for the text of a page without paragraphs: it would take HTML there as it is."""
    from lxml import etree

    for script in list(tree.iter("script")):
        script.drop_tree()
    script = etree.SubElement(tree, "script", type="application/ld+json")
    script.text = json.dumps({"@type": "Article", "articleBody": body})


def _drop_teasers(tree: HtmlElement) -> None:
    """Drop teasers marked up as articles, which trafilatura may take for the page's text, unless hardly anything else is there."""
    found = dict.fromkeys(filter(_is_teaser, tree.iter("article")))
    teasers = [element for element in found if not any(outer in found for outer in element.iterancestors("article"))]
    if teasers and _in_all(tree) - sum(map(_in_pieces, teasers)) > _ENOUGH:
        for element in teasers:
            element.drop_tree()


def _is_teaser(article: HtmlElement) -> bool:
    if article.find(".//h1") is not None or article.find(".//a") is None or _in_pieces(article) > _TEASER:
        return False
    return any(
        _ANNOUNCES.search(f"{part.get('class') or ''} {part.get('id') or ''}") for part in (article, *islice(article.iterancestors(), 3))
    )

"""Tags of HTML and of templates (Hugo, Jekyll, Liquid, JSX) in a text, told from prose that mentions tags, chats and programs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsdex.records import UNREAD

# What stands for each character of a template, so that it is like a word to all that looks for tags and addresses around it.
TEMPLATE = "\ufffc"
# On one line. Not sets and fractions: "\\frac{{a}}{{b}}". None of these goes on behind the next "{{".
_TEMPLATE = re.compile(
    r"\{\{(?:[<%][^{}\n\x1f]*(?:[{}](?![{}])[^{}\n\x1f]*){0,20}|(?:[-~]?[^\S\n]|(?<![\w^}\\$]\{\{)[\w.#/>!&@\"'])[^{}\n\x1f]*)\}\}|\{%[^{}\n\x1f]*%\}"
)
_GAP = r"(?:[^\S\n]+(?:\n[^\S\n]*)?|\n[^\S\n]*)"
_QUOTED = "|".join(rf"{mark}[^{mark}<\n]*(?:\n(?![^\S\n]*\n)[^{mark}<\n]*){{0,5}}{mark}" for mark in "\"'")
_VALUE = rf"{_QUOTED}|\{{[^{{}}<\n]*\}}|[^\s\"'=<>`{{]+"
# In a text without templates, so that no tag goes on behind the next "<", nor behind a blank line.
_TAG = re.compile(
    rf"<(?P<closes>/?)(?P<name>[A-Za-z][\w:.-]{{0,40}})"
    rf"(?P<fields>(?:(?:{_GAP}|(?<=[\"']))[^\s\"'<>/={{}}`]+(?:[^\S\n]{{0,8}}=[^\S\n]{{0,8}}(?:{_VALUE}))?){{0,50}}){_GAP}?/?>"
)
# HTML's own elements: those within words, those between lines, and others, which may as well be placeholders: "<title>".
_INLINE = (
    " a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span strike strong sub sup tt u"
    " var wbr "
)
_LINES = (
    " blockquote br caption center col colgroup dd div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 hr iframe legend li nav ol p"
    " pre tbody td tfoot th thead tr ul "
)
_OTHERS = (
    " address area article aside audio body button canvas data datalist details dialog embed footer form head header html img input main"
    " map meter object optgroup option output param picture progress rp rt ruby script section select source style summary svg table"
    " template textarea time title track video "
)
_ELEMENTS = frozenset((_INLINE + _LINES + _OTHERS).split())
_WITHIN_WORDS = frozenset(_INLINE.split())
# Without attributes, they are tags anywhere; and at the beginning or end of a line, where others may be something else: "cp <video>".
_ALONE = frozenset({"br", "hr", "wbr", "img"})
_AT_EDGES = frozenset({*_LINES.split(), "b", "big", "em", "font", "i", "small", "span", "strong", "sub", "sup", "tt", "u"})
_NAME = re.compile(r"</?([A-Za-z][\w:.-]*)")
_BESIDE = f" \t\r{TEMPLATE}"  # at the beginning and end of a line
_ITEMS = ">*+-#|"  # also at its beginning


def without_templates(text: str) -> tuple[str, dict[int, int]]:
    """Return ``text`` with TEMPLATE for each character of its templates, and their ends by their beginnings."""
    if "{{" not in text and "{%" not in text:
        return text, {}
    found = {each.start(): each.end() for each in _TEMPLATE.finditer(text)}
    return _TEMPLATE.sub(lambda each: TEMPLATE * len(each[0]), text), found


def is_within_words(text: str, start: int) -> bool:
    """Return whether the tag at ``start`` is of an element that may stand within a word, not between lines."""
    found = _NAME.match(text, start)
    return found is not None and found[1].lower() in _WITHIN_WORDS


def tags_of(text: str) -> dict[int, re.Match[str]]:
    """Return by their beginnings the tags of ``text`` that are markup. It is ``without_templates``. The time grows with its length."""
    if "<" not in text:
        return {}
    found, line, stop = dict[int, re.Match[str]](), list[re.Match[str]](), -1
    opened = dict[str, int]()
    for tag in _TAG.finditer(text):
        if UNREAD in tag[0]:
            continue  # it was no tag when what it has was read
        if tag.start() > stop:
            found.update((each.start(), each) for each in _of_line(text, line, stop, opened))
            line, stop = [], text.find("\n", tag.end())
            stop = stop if stop >= 0 else len(text)
        line.append(tag)
    found.update((each.start(), each) for each in _of_line(text, line, stop, opened))
    return found


def _of_line(text: str, tags: Sequence[re.Match[str]], stop: int, opened: dict[str, int]) -> Iterator[re.Match[str]]:
    """Yield those of a line's ``tags`` that are markup. ``opened`` counts by name those that may be closed."""
    first, last = _edges(text, tags, stop)
    # Where each element is closed last on the line; and behind a word, as in "<b> word</b>", not in "between <b> and </b>".
    closed = {tag["name"].lower(): tag.start() for tag in tags if tag["closes"]}
    behind = {tag["name"].lower(): tag.start() for tag in tags if tag["closes"] and not text[tag.start() - 1].isspace()}
    for number, tag in enumerate(tags):
        name, fields = tag["name"].lower(), tag["fields"]
        is_element = name in _ELEMENTS and tag["name"] in (name, name.upper())
        at_edge, is_alone = number < first or number >= last, last < first
        if tag["closes"]:
            is_markup = opened.get(name, 0) > 0 or (is_element and (at_edge or text[tag.start() - 1].isalnum()))
            opened[name] = max(0, opened.get(name, 0) - 1)
        else:
            ends = behind if text[tag.end() : tag.end() + 1].isspace() else closed
            usual = name in _ALONE or is_alone or (at_edge and name in _AT_EDGES) or ends.get(name, -1) > tag.start() or "=" in fields
            is_markup = (usual and is_element) or ("=" in fields and any(mark in fields for mark in "\"'{"))
            opened[name] = opened.get(name, 0) + is_markup
        if is_markup:
            yield tag


def _edges(text: str, tags: Sequence[re.Match[str]], stop: int) -> tuple[int, int]:
    """Return how many of a line's ``tags`` have only tags before them, and which is the first that has only tags behind it."""
    first, last = 0, len(tags)
    place = text.rfind("\n", 0, tags[0].start()) + 1 if tags else 0
    while first < len(tags) and not text[place : tags[first].start()].strip(_BESIDE + _ITEMS):
        place, first = tags[first].end(), first + 1
    while last and not text[tags[last - 1].end() : stop].strip(_BESIDE):
        last, stop = last - 1, tags[last - 1].start()
    return first, last

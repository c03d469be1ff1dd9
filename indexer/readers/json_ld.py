"""The JSON-LD of a web page: the node that describes its article, and what the values of a node say."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from newsdex.indexer.readers.decoding import without_surrogates

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# Types of schema.org that are an article, besides those that end so (NewsArticle, BlogPosting ...), the likeliest first; and those that may
# only carry its date.
_ARTICLE = re.compile(r"(?:Article|Posting)$|^(?:Report|Review|CreativeWork|Recipe|Event)$")
_CARRIERS = ("WebPage", "ItemPage", "VideoObject", "AudioObject", "PodcastEpisode", "ImageGallery", "MediaGallery")
_INSIDE = ("@graph", "mainEntity", "mainEntityOfPage")  # where an article may lie in another node; not in lists of other articles
_ROLES = ("author", "creator", "publisher")  # of people and companies that may be described in a node of their own


def one_line(text: str) -> str:
    """``text`` as it is meant in a title: in one line, without references to characters, which some sites write twice."""
    return without_surrogates(" ".join(html.unescape(text).split()))


def article_node(scripts: Iterable[Element], url: str, title: str) -> Mapping[str, Any]:
    """The node of JSON-LD in a page's ``scripts`` that describes its article: the one of this address or title where there are several;
    else one that carries its date.
    """
    nodes = [node for script in scripts if "ld+json" in (script.get("type") or "") for node in _nodes(_load(script.text or ""))]
    named = {name: node for node in nodes if isinstance(name := node.get("@id"), str) and len(node) > 1}
    nodes = [{**node, **{role: _referred(node[role], named) for role in _ROLES if role in node}} for node in nodes]
    articles = [node for node in nodes if is_article(node)]
    articles.sort(key=lambda node: not any(kind.endswith(("Article", "Posting")) for kind in types(node)))
    title = title.lower()

    def fits(node: Mapping[str, Any]) -> bool:
        places = {text_value(node.get("url")), text_value(node.get("@id")), identifier(node.get("mainEntityOfPage"))}
        headline = text_value(node.get("headline")).lower()
        return bool((url and url in places) or (headline and title and (headline in title or title in headline)))

    chosen = next(filter(fits, articles), articles[0] if articles else None)
    carriers = [node for node in nodes if any(kind in _CARRIERS for kind in types(node))]
    if chosen is None:
        return next((node for node in carriers if node.get("datePublished")), carriers[0] if carriers else {})
    if not chosen.get("datePublished"):
        dated = next((node for node in carriers if node.get("datePublished")), None)
        return {**chosen, "datePublished": dated["datePublished"]} if dated else chosen
    return chosen


def _referred(value: object, named: Mapping[str, Mapping[str, Any]]) -> object:
    """``value``, or what it only refers to by the ``@id`` of another node; of a list, each."""
    if isinstance(value, list):
        return [_referred(item, named) for item in value if not isinstance(item, list)]
    if isinstance(value, dict) and "name" not in value and isinstance(name := value.get("@id"), str):
        return named.get(name, value)
    return value


def _load(text: str) -> object:
    """The JSON of a script; of one that is not quite JSON, what can be mended; else None."""
    text = re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", "", text).strip().rstrip(";")
    for mended in (text, re.sub(r",(\s*[}\]])", r"\1", text)):
        try:
            return json.loads(mended, strict=False)
        except (ValueError, RecursionError):
            continue
    found = dict(re.findall(r'"(datePublished|dateModified|headline|inLanguage)"\s*:\s*"((?:[^"\\]|\\.)*)"', text))
    return {"@type": "Article", **found} if found else None


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            yield node
            waiting += [node[name] for name in reversed(_INSIDE) if isinstance(node.get(name), dict | list)]


def is_article(node: Mapping[str, Any]) -> bool:
    """Whether a node describes an article, of whatever kind."""
    return any(_ARTICLE.search(kind) for kind in types(node))


def types(node: Mapping[str, Any]) -> list[str]:
    """The types of a node, without the address of their vocabulary."""
    kinds = node.get("@type")
    return [kind.rpartition("/")[2] for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def text_value(value: object) -> str:
    """A value of JSON-LD in one line: a text, the name of an object, or those of a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return one_line(str(value))
    if isinstance(value, dict):
        return text_value(value.get("name") or value.get("@value") or value.get("alternateName") or "")
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(filter(None, (text_value(item) for item in value if not isinstance(item, list)))))
    return ""


def identifier(value: object) -> str:
    """The address or name that a value is, or that an object has."""
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    return value.strip() if isinstance(value, str) else ""


def article_body(data: Mapping[str, Any]) -> str:
    """The text of an article as its node has it, if it has."""
    body = data.get("articleBody")
    return without_surrogates(html.unescape(body)).strip() if isinstance(body, str) else ""

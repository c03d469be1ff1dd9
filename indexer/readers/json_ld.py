"""JSON-LD of a web page: the node that describes its article, and the values of a node."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.markup import Element, text_of_body

# Article types of schema.org, by their endings (NewsArticle, BlogPosting ...) or names, the likeliest first; and types that may only carry
# its date.
_ARTICLE = re.compile(r"(?:Article|Posting)$|^(?:Report|Review|CreativeWork|Recipe|Event)$")
_CARRIERS = ("WebPage", "ItemPage", "VideoObject", "AudioObject", "PodcastEpisode", "ImageGallery", "MediaGallery")
_INSIDE = ("@graph", "mainEntity", "mainEntityOfPage")  # where another node may hold an article; not lists of other articles
_ROLES = ("author", "creator", "publisher")  # people and companies, which may have nodes of their own


def one_line(text: str) -> str:
    """Return ``text`` in one line, with character references decoded, which some sites write in JSON."""
    return without_surrogates(" ".join(html.unescape(text).split()))


def article_node(scripts: Iterable[Element], url: str, title: str) -> Mapping[str, Any]:
    """Return the node that describes the page's article: of several the one with this URL or title; else one that carries its date."""
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
    dated = next((node for node in carriers if node.get("datePublished")), None)
    if chosen is None:
        return dated or (carriers[0] if carriers else {})
    return {**chosen, "datePublished": dated["datePublished"]} if dated and not chosen.get("datePublished") else chosen


def _referred(value: object, named: Mapping[str, Mapping[str, Any]]) -> object:
    """Resolve an ``@id`` reference to another node in ``value``; in a list, each."""
    if isinstance(value, list):
        return [_referred(item, named) for item in value if not isinstance(item, list)]
    if isinstance(value, dict) and "name" not in value and isinstance(name := value.get("@id"), str):
        return named.get(name, value)
    return value


def _load(text: str) -> object:
    """Parse the JSON of a script, repairing small errors; None if that fails."""
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
    """Return whether a node describes any kind of article."""
    return any(_ARTICLE.search(kind) for kind in types(node))


def types(node: Mapping[str, Any]) -> list[str]:
    """Return the types of a node, without the URL of their vocabulary."""
    kinds = node.get("@type")
    return [kind.rpartition("/")[2] for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def text_value(value: object) -> str:
    """Return a value in one line: a text, the name of an object, or those of a list."""
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
    """Return the URL or name that a value is or that an object has."""
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    return value.strip() if isinstance(value, str) else ""


def article_body(data: Mapping[str, Any]) -> str:
    """Return the text of the article in its node, which may be HTML; "" without one."""
    body = data.get("articleBody")
    return text_of_body(without_surrogates(body)).strip() if isinstance(body, str) else ""

"""Metadata of a web page: title, date, author, site, URL, language; from JSON-LD first, then meta tags, then visible text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from newsdex.indexer.readers.byline import OTHERS, Elsewhere, headline, is_called, seen_dates
from newsdex.indexer.readers.dates import date_in_url, dates_in, find_date, more_exact, parse_published
from newsdex.indexer.readers.fields import code_of, without_by
from newsdex.indexer.readers.json_ld import article_body, article_node, identifier, is_article, one_line, text_value
from newsdex.indexer.readers.markup import Element
from newsdex.records import VANISHED, Published
from newsdex.values import grouped

_DATE_META = (
    "article:published_time", "article:published", "og:article:published_time", "og:published_time", "article:publicationdate",
    "parsely-pub-date", "datepublished", "rnews:datepublished", "originalpublicationdate", "date_published", "publication_date",
    "publication-date", "publicationdate", "article.published", "article_date_original", "articledate", "published_time", "published-date",
    "published", "publisheddate", "publish_date", "publish-date", "publishdate", "sailthru.date", "cxenseparse:recs:publishtime",
    "bt:pubdate", "pub_date", "pubdate", "ptime", "displaydate", "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created",
    "dcterms.date", "citation_publication_date", "citation_online_date", "citation_date", "dc.date", "dc:date", "og:pubdate",
    "article:create_at", "article.created", "datecreated", "date.created", "creation_date", "release_date", "prism.publicationdate", "date",
)  # fmt: skip
_TITLE_META = (
    "dc.title", "dc:title", "dcterm:title", "dcterms.title", "og:title", "parsely-title", "citation_title", "headline", "sailthru.title",
    "twitter:title", "title",
)  # fmt: skip
_AUTHOR_META = (
    "dc.creator", "dc:creator", "author", "article:author", "parsely-author", "sailthru.author", "byl", "dcterms.creator", "dcterm:creator",
    "citation_author", "creator", "og:author", "cxenseparse:author",
)  # fmt: skip
_SITE_META = ("og:site_name", "application-name", "dc.publisher", "dcterms.publisher", "publisher", "apple-mobile-web-app-title")
_URL_META = ("og:url", "parsely-link", "twitter:url")
_LANGUAGE_META = ("content-language", "og:locale", "dc.language", "dcterms.language", "language")
_SECTION_META = ("article:section", "parsely-section", "section")
_PARTS = ("meta", "base", "link", "script", "title", "h1")  # elements that are collected
_Parts = Mapping[str, Sequence["Element"]]  # elements of a page, by name
_AHEAD = timedelta(days=2)  # tolerance for dates in the future: time zones and wrong clocks
_UNSET = ("0000", "0001", "1970-01-01")  # placeholders for a missing date

# Separators between a headline and the name of the site in a page's title.
_SUFFIX = re.compile(r"\s+[|\-\u2013\u2014\u00b7\u2022\u00bb:/]+\s+|\s*[|\u2022\u00bb]\s*|\s+::\s+|_(?=[^\W_])")
_HEADLINE_WORDS = 3  # least words before a suffix, and most words in it, for it to be taken for the site's name
_SITE_WORDS = 4
_SHORTEST_NAME = 4  # letters from which a part of a site's name identifies it
_BYLINE = re.compile(r"byline|author-name|author__name|(?:^|\s)author(?:\s|$)")  # classes of elements that name the author
_AFTER_AUTHOR = re.compile(
    r"(?:@\w|\s\||\b(?:published|updated|posted|veröffentlicht|aktualisiert|publié|publicado|pubblicato)\b).*", re.IGNORECASE
)
_MOST_HEADINGS = 50  # headings compared with the title
_MOST_PIECES = 200  # pieces of text read in a heading
_LONGEST_TITLE = 1_000
_LONGEST_META = 10_000
_LONGEST_AUTHOR = 100  # characters


def page_metadata(root: Element, address: str, known: Mapping[str, str]) -> tuple[dict[str, Any], str, bool]:
    """Return the fields of the article on the page with this ``root``, empty where unknown; its text in JSON-LD, and whether JSON-LD says
    that it is not free. ``address``: the URL where it was found, if known. ``known``: what a feed says of it (title, date, author, tags,
    language, source), used where the page says nothing; its date also precedes dates in visible text.
    """
    parts = {name: [] for name in _PARTS} | grouped((element.tag, element) for element in root.iter(*_PARTS))
    meta = _meta(parts)
    url = _url(parts, meta, address)
    data = article_node(parts["script"], url, _first(meta, _TITLE_META))
    language = code_of(root.get("lang") or root.get("xml:lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    language = language or code_of(text_value(data.get("inLanguage"))) or code_of(_first(meta, _LANGUAGE_META))
    language = language or code_of(known.get("language", ""))
    url = url or _absolute(text_value(data.get("url")) or identifier(data.get("mainEntityOfPage")), "")
    site = _site(data, meta)
    title = _title(root, parts, data, meta, site) or known.get("title", "")[:_LONGEST_TITLE]
    published = _published(_dates(root, data, meta, url or address, title, language, known.get("date", "")))
    changed = parse_published(text_value(data.get("dateModified")) or meta.get("article:modified_time", ""), "")
    told = {
        "author": _author(root, data, meta, title, language) or known.get("author", ""),
        "section": text_value(data.get("articleSection")) or _first(meta, _SECTION_META),
        "tags": known.get("tags", ""),
        VANISHED: known.get(VANISHED, ""),
        "modified": changed.iso if changed and (published is None or changed.iso != published.iso) else "",
    }
    tier = meta.get("article:content_tier", "").lower()
    paywalled = text_value(data.get("isAccessibleForFree")).lower() == "false" or tier in ("locked", "metered")
    fields = {
        "title": title,
        "published": published,
        "source": site or known.get("source", "") or (urlsplit(url or address).hostname or "").removeprefix("www."),
        "url": url or address,
        "language": language,
        "metadata": told,
    }
    return fields, article_body(data), paywalled


def _meta(parts: _Parts) -> dict[str, str]:
    """Return the page's meta tags by their names in lower case; the first of each counts."""
    found: dict[str, str] = {}
    for element in parts["meta"]:
        content = element.get("content")
        if not content or content.isspace():
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (element.get(attribute) or "").lower().split():
                if name not in found:
                    found[name] = one_line(content[:_LONGEST_META])
    return found


def _first(values: Mapping[str, str], names: Sequence[str]) -> str:
    return next((values[name] for name in names if values.get(name)), "")


# Address, site, title, author


def _url(parts: _Parts, meta: Mapping[str, str], address: str) -> str:
    base = next((element.get("href") or "" for element in parts["base"]), "")
    base = urljoin(address, base) if address else base
    canonical = next((element.get("href") or "" for element in parts["link"] if (element.get("rel") or "").lower() == "canonical"), "")
    shown = _first(meta, _URL_META)
    found = _absolute(canonical, base or shown)
    # If the canonical URL of all articles is the front page, the shared URL is better.
    if urlsplit(found).path in ("", "/") and urlsplit(_absolute(shown, base)).path not in ("", "/"):
        found = ""
    return found or _absolute(shown, base)


def _absolute(url: str, base: str) -> str:
    """Return ``url`` as an absolute web address; "" if it is none."""
    try:
        whole = urljoin(base, one_line(url)) if url else ""
        return whole if urlsplit(whole).scheme in ("http", "https") and urlsplit(whole).hostname else ""
    except ValueError:
        return ""


def _site(data: Mapping[str, Any], meta: Mapping[str, str]) -> str:
    publisher = data.get("publisher")
    site = text_value(publisher[0] if isinstance(publisher, list) and publisher else publisher) or _first(meta, _SITE_META)
    return "" if site.startswith(("http:", "https:")) else site.lstrip("@")


def _title(root: Element, parts: _Parts, data: Mapping[str, Any], meta: Mapping[str, str], site: str) -> str:
    headings = [text for element in parts["h1"][:_MOST_HEADINGS] if (text := _shown(element))]
    element = root.find(".//head/title")
    element = next(iter(parts["title"]), None) if element is None else element
    named = _shown(element) if element is not None else ""
    told = [_headline(data, [named, *headings]), _first(meta, _TITLE_META)]
    # Some sites name themselves on every page, where the headline should be.
    own = [title for title in (*told, named, *headings) if title and _letters(title) != _letters(site)]
    if not own or own[0] in headings:
        return own[0] if own else next(filter(None, (*told, named, *headings)), "")[:_LONGEST_TITLE]
    if own[0] in told:
        return _without_site(own[0][:_LONGEST_TITLE], site, headings)
    title = _without_site(named, site, headings)
    breaks = list(_SUFFIX.finditer(title))
    if title != named or title in headings or not breaks:
        return title
    before = title[: breaks[-1].start()].strip()
    return before if len(before.split()) >= _HEADLINE_WORDS and len(title[breaks[-1].end() :].split()) <= _SITE_WORDS else title


def _shown(element: Element) -> str:
    """Return the beginning of an element's text, in one line."""
    return one_line(" ".join(islice(element.itertext(), _MOST_PIECES))[:_LONGEST_TITLE])


def _headline(data: Mapping[str, Any], seen: Sequence[str]) -> str:
    """Return the headline in JSON-LD, or its name where the page shows that instead."""
    if not is_article(data):
        return ""
    told = [text for text in (text_value(data.get("headline")), text_value(data.get("name"))) if text]
    return next((text for text in told if any(text in shown for shown in seen)), told[0] if told else "")


def _without_site(title: str, site: str, headings: Sequence[str]) -> str:
    """Remove the site's name from the beginning or end of ``title``, where a heading is the rest or the site has that name."""
    seen = {heading.lower() for heading in headings}
    for heading in headings:  # without a space before the site's name, as in Chinese
        if len(heading) * 2 > len(title) and title.startswith(heading) and re.match(r"\s*[-_|\u2013\u2014\uff5c]", title[len(heading) :]):
            return heading
    for found in reversed(list(_SUFFIX.finditer(title)) if title.lower() not in seen else []):
        before, after = title[: found.start()].strip(), title[found.end() :].strip()
        if before and (before.lower() in seen or (site and _same_name(after, site))):
            return before
        if after and ((after.lower() in seen and len(after) > len(before)) or (site and _same_name(before, site))):
            return after
    return title


def _same_name(part: str, site: str) -> bool:
    part, site = _letters(part), _letters(site)
    return bool(part) and (part == site or (len(part) >= _SHORTEST_NAME and (site.startswith(part) or part.startswith(site))))


def _letters(name: str) -> str:
    return re.sub(r"\.com?$|^the\b|\W", "", name.lower())


def _author(root: Element, data: Mapping[str, Any], meta: Mapping[str, str], title: str, language: str) -> str:
    for told in (text_value(data.get("author")), text_value(data.get("creator")), _first(meta, _AUTHOR_META)):
        if not told.startswith(("http:", "https:")) and (author := without_by(told)):
            return author
    elements = list(root.iterdescendants("*"))
    others = Elsewhere(OTHERS, elements, headline(elements, title))
    for element in _bylines(elements):
        # Such as a reader's comment.
        if element in others:
            continue
        seen = one_line(" ".join(element.itertext()))[: 2 * _LONGEST_AUTHOR]
        end = next((start for start, *_ in dates_in(seen, language, "")), len(seen))
        author = without_by(_AFTER_AUTHOR.sub("", seen[:end]))
        if author and len(author) <= _LONGEST_AUTHOR:
            return author
    return ""


def _bylines(elements: Sequence[Element]) -> Iterator[Element]:
    """Yield those of ``elements`` that name the author: by markup, then by class, then links to an author's page."""
    for element in elements:
        property_ = element.get("itemprop")
        within = property_ == "name" and any(outer.get("itemprop") == "author" for outer in element.iterancestors())
        if within or property_ == "author" or element.get("rel") == "author":
            yield element
    for element in elements:
        name = element.get("class")
        if (name and is_called(_BYLINE, name)) or element.get("id") == "byline":
            yield element
    for element in elements:
        if element.tag == "a" and ("/author/" in (address := element.get("href") or "") or "/authors/" in address):
            yield element


# Date of publication


def _published(dates: Iterable[Published]) -> Published | None:
    """Return the first of ``dates``, or a more exact form of it. A date in the future is used only if there is no other."""
    best: Published | None = None
    latest = datetime.now(timezone.utc).date() + _AHEAD
    to_come: Published | None = None
    for found in dates:
        if found.earliest > latest:
            to_come = to_come or found
            continue
        if best is None or more_exact(found, best):
            best = found
        if best.precision in ("day", "time"):
            return best
    return best or to_come


def _dates(
    root: Element, data: Mapping[str, Any], meta: Mapping[str, str], url: str, title: str, language: str, fed: str
) -> Iterator[Published]:
    """Yield the dates in JSON-LD, meta tags, the feed (``fed``), the URL, and the page."""
    for name in ("datePublished", "uploadDate", "dateCreated"):
        if found := _date(text_value(data.get(name)), f"JSON-LD {name}", language):
            yield found
    for name in _DATE_META:
        if name in meta and (found := _date(meta[name], f"meta {name}", language)):
            yield found
    if found := _date(fed, "feed", language):
        yield found
    if in_url := date_in_url(url):
        yield in_url
    yield from seen_dates(root, title, language)


def _date(written: str, origin: str, language: str) -> Published | None:
    if not written or written.startswith(_UNSET):
        return None
    return parse_published(written, origin) or find_date(written[:_LONGEST_TITLE], language, origin)

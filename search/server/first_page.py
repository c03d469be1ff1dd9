"""The page at /: its files, and its first HTML with what the address asks for: there at once, and all there is without a script."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from html import escape
from importlib.resources import files
from typing import TypeVar
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter
from numpy.typing import NDArray
from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from newsdex.errors import ArticleMissing, NewsdexError
from newsdex.output import as_unicode
from newsdex.records import BYLINES, UNREAD, Article, Copy, Hit, Span, retracted_copy
from newsdex.search.deadline import check_time
from newsdex.search.ranking.fusion import ANSWERABLE
from newsdex.search.server.faults import faults, in_one
from newsdex.search.server.models import MOST_HITS, Asking, ListQuery, SearchQuery
from newsdex.search.server.operations import search_record
from newsdex.search.server.problems import Problem, json_bytes, problem_of
from newsdex.search.server.security import KEY
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import MOST_QUESTION
from newsdex.terminal import heading_of
from newsdex.words import shown

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_PAGE = 10  # hits, unless the address has more as n
_ONE = ("q", "since", "until", "mode", "literal", "read_dates", "sort")
_LISTS = ("source", "lang", "where")
_FILTERS = ("since", "until", *_LISTS)
_NAMES = {
    "since": "From",
    "until": "To",
    "source": "Source",
    "lang": "Language",
    "where": "Filter",
    "sort": "Order",
    "mode": "Mode",
}  # on the page
_NUMBER = re.compile("[0-9]{1,9}")
_SPAN = re.compile("([0-9]{1,9})-([0-9]{1,9})(?:-([0-9a-f]{8}))?")
_FACTOR = 0x85EBCA6B  # of fingerprints, as text.js has it
_BLOCK = 1 << 18  # characters in which a passage is looked for at once, and of the longest one
_CHANGED = "The linked passage is no longer in the article: the article has changed since."
# The least probability that is called so.
_LIKELIHOODS = ((0.85, "very likely"), (0.5, "likely"), (ANSWERABLE, "maybe"), (0.0, "unlikely"))
_MISSING = "There is no such article. It may have been withdrawn, or the link is wrong."
_PATIENCE = 0.25  # seconds that the page waits for the newest articles
_VIEW = '<div id="view">'
_DAY = re.compile(r'"[^"]*"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b')
_DAY_IN_WORDS = "{0.day} {0:%B} {0.year}"
# A file's name and its folder in an id; a name that every page of an archive may have says nothing without the folder.
_FILE = re.compile(r"[^@:#]+\.[a-z][a-z0-9]{1,7}", re.IGNORECASE)
_RECORD = re.compile(r"#[0-9]+$")
_SEVERAL = 3  # words that a name has if it is made from a title
_ANY_FILE = re.compile(r"(?:index|default|source|page|article)\.", re.IGNORECASE)
_OPTION = re.compile("[;.] (?:[^;.]*--(?:literal|as-of)|To support it: newsdex .*)$")  # of the command line

_Asked = TypeVar("_Asked", bound=Asking)

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page(request: HttpRequest, service: Served) -> Response:
    """The page, which says whether the server has a language model to write answers, and keeps standing questions."""
    settings, asked = service.settings, request.query_params
    key = request.scope.get(KEY)
    marks = (" data-writes" if service.writer else "") + (" data-follows" if settings.follower and key not in settings.views else "")
    content = _contents()["index.html"][0].decode()
    # Whoever sends no key is told nothing of the archive here: the script asks for one.
    locked = settings.locked and not key
    others = asked.get("similar") or asked.get("thread")  # which the script alone shows
    if locked or others or not any(asked.get(name, "").strip() for name in ("q", "article", *_FILTERS)):
        newest = "" if locked or others else await _newest(asked, service)
        whole = content.replace("<body", f"<body{marks}", 1).replace(_VIEW, f"{_VIEW}{newest}", 1).encode()
        return _file(request, "html", whole, _tag(whole))
    return StreamingResponse(_filled(content, marks, asked, service), media_type="text/html")


@router.get("/static/{name}")
async def part(request: HttpRequest, name: str) -> Response:
    """A file of the page."""
    if name not in _contents():
        raise Problem(404, f"the page has no file {name[:100]!r}")
    return _file(request, name.rpartition(".")[2], *_contents()[name])


@cache
def _contents() -> dict[str, tuple[bytes, str]]:
    """The page's files and tags, by name. Scripts are preloaded, so that none waits, and find there what the server shares."""
    folder = files("newsdex.search") / "page"
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}
    scripts = "".join(f'<link rel="modulepreload" href="static/{name}">' for name in sorted(contents) if name.endswith(".js"))
    body = f"<body data-bylines='{escape(json.dumps(BYLINES))}' data-likelihoods='{escape(json.dumps(_LIKELIHOODS))}'"
    page = contents["index.html"].replace(b"</head>", f"{scripts}</head>".encode(), 1)
    contents["index.html"] = page.replace(b"<body", body.encode(), 1)
    return {name: (content, _tag(content)) for name, content in contents.items()}


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _file(request: HttpRequest, kind: str, content: bytes, tag: str) -> Response:
    """The content, which a browser keeps and asks about each time, so that an update is seen at once; 304 where it has it."""
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_TYPES[kind])


async def _filled(page: str, marks: str, asked: QueryParams, service: Service) -> AsyncIterator[str]:
    """The page in two parts: the second is there when it is known what was found, and the browser fetches style and scripts meanwhile."""
    question = asked.get("q", "").strip()
    view, shown = ("article", _article) if asked.get("article") else ("results", _results) if question else ("start", _listed)
    page = page.replace('data-view="start"', f'data-view="{view}"{marks}', 1)
    page = page.replace("<title>", f"<title>{_text(question)} - " if question else "<title>", 1)
    for name in ("q", "since", "until", "source", "lang"):
        page = page.replace(f'name="{name}"', f'name="{name}" value="{_text(asked.get(name, "").strip()[:MOST_QUESTION])}"', 1)
    head, _, tail = page.partition(_VIEW)
    yield head + _VIEW
    try:
        yield await shown(asked, service)
    except ValidationError as error:
        yield _warning(in_one([(_NAMES.get(where.partition(".")[0], where), detail) for where, detail in faults(error.errors())]))
    except (HTTPException, NewsdexError) as error:
        told = problem_of(error).detail if isinstance(error, NewsdexError) else error.detail
        yield _warning(_MISSING if isinstance(error, ArticleMissing) else told)
    yield tail


def _warning(told: str) -> str:
    return _without_script(f"<p class='warning'>{_text(told)}</p>")


def _wanted(kind: type[_Asked], asked: QueryParams, *names: str) -> _Asked:
    """What the address asks for, of which the page has ``names``. Raises ValidationError, and Problem where only the script can say it."""
    given = {name: asked.getlist(name)[0].strip() for name in names if asked.get(name, "").strip()}
    several = {name: [each for each in asked.getlist(name) if each.strip()] for name in _LISTS}
    equal = Counter(each.partition("=")[0].strip() for each in several["where"])
    if any(count > 1 and not key.endswith(("!", "<", ">")) for key, count in equal.items()):
        raise Problem(422, "several values of one field: without JavaScript, choose one")
    most = min(max(int(asked["n"]), _PAGE), MOST_HITS) if _NUMBER.fullmatch(asked.get("n", "")) else _PAGE
    return kind.model_validate({**given, **several, "limit": str(most)})


async def _results(asked: QueryParams, service: Service) -> str:
    """What answers, and the same for the script, which shows it with more and need not ask."""
    wanted = _wanted(SearchQuery, asked, *_ONE).request()
    results = await service.search(wanted)
    hits = [hit for hit in results if hit.answers or not results.answerable or wanted.min_score is not None]
    parts = [_remark(remark, asked) for remark in results.remarks]
    if not results.answerable:
        parts.append(f"<p><strong>No results answer that.</strong> {'' if hits else 'No article is near.'}</p>")
    parts += [_hits([_hit(hit, asked, results.scored) for hit in hits], wanted.limit, asked, len(hits))]
    record = json_bytes(search_record(results, wanted, 0.0)).decode().replace("<", "\\u003c")
    return "".join(parts) + f"<script type='application/json' id='found'>{record}</script>"


async def _listed(asked: QueryParams, service: Service) -> str:
    wanted = _wanted(ListQuery, asked, "since", "until").request()
    found = await service.run(lambda: service.index.listing(wanted))
    filtered = any(asked.get(name, "").strip() for name in _FILTERS)
    # The newest stories have each story once: files of one address and title are one. A list of matches has all that it counts.
    stories: dict[tuple[str, str], Article] = {}
    for article in found.articles:
        stories.setdefault((article.url, article.title if article.url and not filtered else article.id), article)
    items = [f"<li>{_head(article, asked)}</li>" for article in stories.values()]
    dated = found.articles and found.articles[0].published  # what has no date comes last
    order = ", newest first" if dated else "; none has a date"
    match = f"{found.total:,} article{' matches' if found.total == 1 else 's match'} the filters{order}"
    every = "The newest stories" if dated else "Articles; none has a date"
    none = "No article matches the filters." if filtered else "There is no article in the archive yet."
    head = f"<h2 class='misses-head'>{match if filtered else every}</h2>" if items else f"<p class='remark'>{none}</p>"
    return "".join([head, _hits(items, wanted.limit, asked, len(found.articles)), *(_remark(remark, asked) for remark in found.remarks)])


async def _newest(asked: QueryParams, service: Service) -> str:
    """The newest articles; nothing where the archive lists none or is not ready, or the address is wrong, which the script says."""
    with suppress(ValidationError, HTTPException, NewsdexError, asyncio.TimeoutError):
        return await asyncio.wait_for(_listed(asked, service), _PATIENCE)
    return ""


def _hits(items: Sequence[str], most: int, asked: QueryParams, found: int) -> str:
    """A list, and the way to more where as many were ``found`` as were asked for."""
    further = f"<p><a href='{_address(asked, n=str(most + _PAGE))}' rel='next'>More articles</a></p>"
    return f"<ol class='hits'>{''.join(items)}</ol>" + (_without_script(further) if found == most < MOST_HITS else "")


async def _article(asked: QueryParams, service: Service) -> str:
    """An article whole, for those without a script: the script shows it at its passage."""
    article = await service.run(lambda: service.index.article(asked["article"]))
    text, linked, answer = as_unicode(article.text), _span(asked.get("at", "")), _span(asked.get("answer", ""))
    passage = await service.run(lambda: found_in(text, *linked)) if linked else None
    if passage and linked and answer:
        answer = (answer[0] + passage.start - linked[0], answer[1] + passage.start - linked[0], "")
    start, end = article.main.start, article.main.end
    if passage and (passage.start < start or passage.end > end):
        start, end = 0, len(text)
    marks = [(passage, "span class='passage'")] if passage else []
    marks += [(Span(*answer[:2]), "mark")] if answer and (passage or not linked) else []
    # The text of many a page begins with its headline, which stands above it already.
    first, _, rest = text[start:end].partition("\n\n")
    if first.strip() == article.title and rest.strip() and all(span.end > start + len(first) for span, _ in marks):
        start += len(first)
    text = shown(text)
    changed = f"<p class='remark'>{_CHANGED}</p>" if linked and not passage else ""
    return _without_script(
        f"<article class='reader'><h2 class='title' dir='auto'>{_title(article)}</h2>{_marks(article, asked)}"
        f"{_about(article, *article.authors[:1])}{changed}"
        f"<div class='text' lang='{_text(article.language)}'>{''.join(_paragraphs(text, start, end, marks))}</div></article>"
    )


def _span(given: str) -> tuple[int, int, str] | None:
    """The start and end of a span in an address, and its fingerprint or ""; None where there is none."""
    found = _SPAN.fullmatch(given.strip())
    return (int(found[1]), int(found[2]), found[3] or "") if found and int(found[1]) < int(found[2]) else None


def fingerprint_of(text: str) -> str:
    """Eight hexadecimal digits that change with ``text``: the sum of its characters, each times a power of _FACTOR, modulo 2^32."""
    return f"{_sums(text)[0][-1]:08x}"


def _sums(text: str) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The sums of the first characters of ``text``, and the powers of _FACTOR; both uint32, (characters + 1,)."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    powers = np.cumprod(np.where(np.arange(len(points) + 1), np.uint32(_FACTOR), np.uint32(1)), dtype=np.uint32)
    return np.concatenate([np.zeros(1, np.uint32), np.cumsum(points * powers[:-1], dtype=np.uint32)]), powers


def found_in(text: str, start: int, end: int, fingerprint: str) -> Span | None:
    """Where a span is now: the nearest place with its ``fingerprint``, if it has one; None if gone or too long. Raises OutOfTime."""
    if not fingerprint:
        return Span(start, end) if end <= len(text) else None
    length = end - start
    if length > min(len(text), _BLOCK):
        return None
    if end <= len(text) and fingerprint_of(text[start:end]) == fingerprint:
        return Span(start, end)
    found = []  # of each block, the place nearest to the old one
    for first in range(0, len(text) - length + 1, _BLOCK):
        check_time()
        sums, powers = _sums(text[first : first + _BLOCK + length - 1])
        [places] = np.nonzero(sums[length:] - sums[:-length] == np.uint32(int(fingerprint, 16)) * powers[: len(sums) - length])
        if len(places):
            found.append(first + int(places[np.abs(places + (first - start)).argmin()]))
    place = min(found, key=lambda place: abs(place - start), default=None)
    return None if place is None else Span(place, place + length)


def _paragraphs(text: str, start: int, end: int, marks: Sequence[tuple[Span, str]]) -> Iterator[str]:
    """The paragraphs of text[start:end] with ``marks``, spans that are each within the one before and the tags of their elements."""
    for part in text[start:end].split("\n\n"):
        if part.strip():
            yield f"<p dir='auto'>{_marked(text, start, start + len(part), marks)}</p>"
        start += len(part) + 2


def _marked(text: str, start: int, end: int, marks: Sequence[tuple[Span, str]]) -> str:
    if not marks:
        return _text(text[start:end])
    (span, tag), *inner = marks
    first, last = (min(max(place, start), end) for place in (span.start, span.end))
    if first == last:
        return _marked(text, start, end, inner)
    within = f"<{tag}>{_marked(text, first, last, inner)}</{tag.partition(' ')[0]}>"
    return _marked(text, start, first, inner) + within + _marked(text, last, end, inner)


def _without_script(html: str) -> str:
    return f"<noscript>{html}</noscript>"


def _address(asked: QueryParams, **more: str) -> str:
    kept = [(name, value) for name, value in asked.multi_items() if name not in more]
    return escape(f"?{urlencode([(name, value) for name, value in (*kept, *more.items()) if value])}")


def _with_day_in_words(found: re.Match[str]) -> str:
    """A day as the page writes it; what is quoted stays."""
    with suppress(ValueError):
        return _DAY_IN_WORDS.format(date.fromisoformat(found[0]))
    return found[0]


def _remark(remark: str, asked: QueryParams) -> str:
    told = _DAY.sub(_with_day_in_words, _OPTION.sub(".", remark))
    undone = f" <a href='{_address(asked, literal='true')}'>Search for the words as typed</a>" if remark.endswith("--literal") else ""
    return f"<p class='remark'>{_text(told)}{undone}</p>"


def _hit(hit: Hit, asked: QueryParams, scored: bool) -> str:
    article, passage, answer = hit.article, hit.passage, hit.answer
    at = f"{passage.start}-{passage.end}-{fingerprint_of(as_unicode(passage.text))}"
    likelihood = next(words for least, words in _LIKELIHOODS if hit.score >= least) if scored else ""
    head = _head(article, asked, hit.also_in, likelihood, at=at, answer=f"{answer.start}-{answer.end}")
    text = shown(article.text)
    parts = text[passage.start : answer.start], text[answer.start : answer.end], text[answer.end : passage.end]
    before, said, after = map(_text, parts)
    marked = f"{before}<mark>{said}</mark>{after}" if hit.answers else before + said + after
    copies = f"<p class='copies'>Also in {len(hit.also_in)} other article{'s' if len(hit.also_in) > 1 else ''}.</p>" if hit.also_in else ""
    return (
        f"<li value='{hit.rank}'>{head}"
        f"<blockquote class='passage' lang='{_text(article.language)}'><p dir='auto'>{marked}</p></blockquote>{copies}</li>"
    )


def _head(article: Article, asked: QueryParams, copies: Sequence[Copy] = (), likelihood: str = "", **places: str) -> str:
    """A link to an article, and what is known of it and its ``copies``."""
    link = f"<a href='{_address(asked, article=as_unicode(article.id), **places)}'>{_title(article)}</a>"
    return f"<h2 dir='auto'>{link}</h2>{_marks(article, asked, copies)}{_about(article, likelihood=likelihood)}"


def _marks(article: Article, asked: QueryParams, copies: Sequence[Copy] = ()) -> str:
    """That an article or a copy was withdrawn, and why, the article was corrected, or is no longer at its address."""
    marks = []
    copy = retracted_copy(article.retracted, copies)
    if reason := copy.retracted if copy else article.retracted:
        why = "." if reason.lower() in ("true", "yes", "1") else f": {_text(reason)}"
        marks.append(f"<strong>{'A copy was withdrawn' if copy else 'Withdrawn'}</strong>{why}")
    if article.corrected_by:
        address = _address(asked, article=as_unicode(article.corrected_by), at="", answer="")
        marks.append(f"<strong>Corrected</strong>: read <a href='{address}'>the corrected version</a>.")
    if article.vanished:
        marks.append(f"No longer at its address since {_text(article.vanished)}.")
    return "".join(f"<p class='warning'>{mark}</p>" for mark in marks)


def _about(article: Article, author: str = "", likelihood: str = "") -> str:
    """By whom it is and where it is from, or else its file, and when; in which language, if not English; and how likely it answers."""
    file = _file_in(article.id) if article.title or article.record else ""
    named = article.source or ("" if is_told(file, article.title) else file)
    kind = " class='source'" if article.source else ""
    origin = f"<span{kind}>{_text(named)}</span>" if named else ""
    language = f"<span>{_text(article.language)}</span>" if article.language not in ("", "en") else ""
    byline, rest = (each and f"<span>{_text(each)}</span>" for each in (author, likelihood))
    return f"<p class='about'>{byline}{origin}{_day(article)}{language}{rest}</p>"


def _file_in(article_id: str) -> str:
    """The name of the file that an id names, with its folder where the name alone says nothing; "" for another id."""
    folder, _, name = _RECORD.sub("", article_id).rpartition("/")
    if not _FILE.fullmatch(name):
        return ""
    return f"{folder.rpartition('/')[2]}/{name}" if folder and _ANY_FILE.match(name) else name


def is_told(file: str, title: str) -> bool:
    """Whether the name of a file has several words, most of them from the title, as in "2024-05-02-the-old-pier.md"."""
    told, name = (unicodedata.normalize("NFKD", each.lower()) for each in (title, file.rpartition(".")[0]))
    said, words = re.sub(r"[\W_]", "", told), re.findall(r"[^\W\d_]+", re.sub(r"[^\w\s/.-]", "", name))
    return len(words) >= _SEVERAL and 2 * sum(len(word) for word in words if word in said) > len("".join(words))


def _day(article: Article) -> str:
    """When it was published, in words and no more exactly than is known, as the script has it."""
    if not (published := article.published):
        return ""
    form = {"year": "{0.year}", "month": "{0:%B} {0.year}"}.get(published.precision, _DAY_IN_WORDS)
    return f"<time datetime='{escape(published.iso)}'>{form.format(published.earliest)}</time>"


def _title(article: Article) -> str:
    return _text(article.title or (article.record and heading_of(article)) or article.id)


def _text(text: str) -> str:
    return escape(as_unicode(text.replace(UNREAD, "")))

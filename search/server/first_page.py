"""The page at /: its files, and its first HTML with what the address asks for: there at once, and all there is without a script."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from functools import cache
from html import escape
from importlib.resources import files
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response, StreamingResponse

from newsdex.errors import NewsdexError
from newsdex.output import as_unicode
from newsdex.records import Article, Hit
from newsdex.search.server.faults import faults, in_one
from newsdex.search.server.models import MOST_HITS, SearchQuery
from newsdex.search.server.operations import search_record
from newsdex.search.server.problems import Problem, json_bytes, problem_of
from newsdex.search.server.security import KEY
from newsdex.search.server.service import Served, Service
from newsdex.search.server.values import MOST_QUESTION

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_WRITES, _FOLLOWS = " data-writes", " data-follows"
_PAGE = 10  # hits, unless the address has more as n
_ONE = ("q", "since", "until", "mode", "literal", "read_dates", "sort")
_LISTS = ("source", "lang", "where")
_NAMES = {"since": "From", "until": "To", "source": "Source", "lang": "Language", "where": "Filter"}  # on the page
_NUMBER = re.compile("[0-9]{1,9}")
_VIEW = '<div id="view">'
_OPTION = re.compile("[;.] [^;.]*--literal$")  # of the command line

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page(request: HttpRequest, service: Served) -> Response:
    """The page, which says whether the server has a language model to write answers, and keeps standing questions."""
    settings, asked = service.settings, request.query_params
    marks = (_WRITES if service.writer else "") + (_FOLLOWS if settings.follower else "")
    content, tag = _contents()["index.html"]
    # Whoever sends no key is told nothing of the archive here: the script asks for one.
    locked = (settings.keys or settings.views) and not request.scope.get(KEY)
    others = asked.get("similar") or asked.get("thread")  # which the script alone shows
    if locked or others or not (asked.get("q", "").strip() or asked.get("article")):
        return _file(request, "html", content.replace(b"<body", f"<body{marks}".encode(), 1), f'{tag[:-1]}{marks.replace(" data", "")}"')
    return StreamingResponse(_filled(content.decode(), marks, asked, service), media_type="text/html")


@router.get("/static/{name}")
async def part(request: HttpRequest, name: str) -> Response:
    """A file of the page."""
    if name not in _contents():
        raise Problem(404, f"the page has no file {name[:100]!r}")
    return _file(request, name.rpartition(".")[2], *_contents()[name])


@router.get("/plain")
async def plain(request: HttpRequest) -> Response:
    """Where the search without a script was once."""
    return RedirectResponse(f"./?{request.url.query}")


@router.get("/plain/articles/{article_id:path}")
async def plain_article(request: HttpRequest, article_id: str) -> Response:
    """As ``plain``."""
    up = "../" * (request.scope["raw_path"].count(b"/") - 1)
    return RedirectResponse(f"{up}?{urlencode({'article': article_id})}")


@cache
def _contents() -> dict[str, tuple[bytes, str]]:
    """The files of the page by name, each with its entity tag. All scripts are asked for at once, and not when another has come that needs
    them.
    """
    folder = files("newsdex.search") / "page"
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES}
    scripts = "".join(f'<link rel="modulepreload" href="static/{name}">' for name in sorted(contents) if name.endswith(".js"))
    contents["index.html"] = contents["index.html"].replace(b"</head>", f"{scripts}</head>".encode(), 1)
    return {name: (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"') for name, content in contents.items()}


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
    page = page.replace('<body data-view="start"', f'<body data-view="{"article" if asked.get("article") else "results"}"{marks}', 1)
    page = page.replace("<title>", f"<title>{_text(question)} - " if question else "<title>", 1)
    for name in ("q", "since", "until", "source", "lang"):
        page = page.replace(f'name="{name}"', f'name="{name}" value="{_text(asked.get(name, "").strip()[:MOST_QUESTION])}"', 1)
    head, _, tail = page.partition(_VIEW)
    yield head + _VIEW
    try:
        yield await (_article(asked, service) if asked.get("article") else _results(asked, service))
    except ValidationError as error:
        told = in_one([(_NAMES.get(where.partition(".")[0], where), detail) for where, detail in faults(error.errors())])
        yield _without_script(f"<p class='warning'>{_text(told)}</p>")
    except (HTTPException, NewsdexError) as error:
        told = problem_of(error).detail if isinstance(error, NewsdexError) else error.detail
        yield _without_script(f"<p class='warning'>{_text(told)}</p>")
    yield tail


async def _results(asked: QueryParams, service: Service) -> str:
    """What answers, and the same for the script, which shows it with more and need not ask."""
    if len(asked.getlist("where")) > 1:  # some of them may mean one or the other, which the script says in a body
        return ""
    most = min(max(int(asked["n"]), _PAGE), MOST_HITS) if _NUMBER.fullmatch(asked.get("n", "")) else _PAGE
    given = {name: asked.getlist(name)[0].strip() for name in _ONE if asked.get(name, "").strip()}
    several = {name: [each for each in asked.getlist(name) if each.strip()] for name in _LISTS}
    wanted = SearchQuery.model_validate({**given, **several, "limit": str(most)}).request()
    results = await service.search(wanted)
    hits = [hit for hit in results if hit.answers or not results.answerable]
    parts = [_remark(remark, asked) for remark in results.remarks]
    if not results.answerable:
        parts.append("<p><strong>No results answer that.</strong> The nearest misses follow, if there are any.</p>")
    parts += ["<ol class='hits'>", *(_hit(hit, asked) for hit in hits), "</ol>"]
    if len(hits) == most < MOST_HITS:
        further = _address(asked, n=str(most + _PAGE))
        parts.append(_without_script(f"<p><a href='{further}' rel='next'>More results</a></p>"))
    record = json_bytes(search_record(results, wanted, 0.0)).decode().replace("<", "\\u003c")
    return "".join(parts) + f"<script type='application/json' id='found'>{record}</script>"


async def _article(asked: QueryParams, service: Service) -> str:
    """An article whole, for those without a script: the script shows it at its passage."""
    article = await service.run(lambda: service.index.article(asked["article"]))
    body = article.text[article.body.start : article.body.end] if len(article.body) else article.text
    paragraphs = "".join(f"<p dir='auto'>{_text(part)}</p>" for part in body.split("\n\n") if part.strip())
    return _without_script(
        f"<article class='reader'><h2 class='title' dir='auto'>{_title(article)}</h2>{_marks(article, asked)}{_about(article)}"
        f"<div class='text' lang='{_text(article.language)}'>{paragraphs}</div></article>"
    )


def _without_script(html: str) -> str:
    return f"<noscript>{html}</noscript>"


def _address(asked: QueryParams, **more: str) -> str:
    kept = [(name, value) for name, value in asked.multi_items() if name not in more]
    return escape(f"?{urlencode([(name, value) for name, value in (*kept, *more.items()) if value])}")


def _remark(remark: str, asked: QueryParams) -> str:
    told = _OPTION.sub(".", remark)
    undone = f" <a href='{_address(asked, literal='true')}'>Search for the words as typed</a>" if told != remark else ""
    return f"<p class='remark'>{_text(told)}{undone}</p>"


def _hit(hit: Hit, asked: QueryParams) -> str:
    article, passage, answer = hit.article, hit.passage, hit.answer
    address = _address(asked, article=as_unicode(article.id), at=f"{passage.start}-{passage.end}", answer=f"{answer.start}-{answer.end}")
    start, end = answer.start - passage.start, answer.end - passage.start
    marked = f"{_text(passage.text[:start])}<mark>{_text(passage.text[start:end])}</mark>{_text(passage.text[end:])}"
    copies = f"<p class='copies'>Also in {len(hit.also_in)} other article{'s' if len(hit.also_in) > 1 else ''}.</p>" if hit.also_in else ""
    return (
        f"<li value='{hit.rank}'><h2 dir='auto'><a href='{address}'>{_title(article)}</a></h2>{_marks(article, asked)}{_about(article)}"
        f"<blockquote class='passage' lang='{_text(article.language)}'><p dir='auto'>{marked}</p></blockquote>{copies}</li>"
    )


def _marks(article: Article, asked: QueryParams) -> str:
    """That an article was withdrawn, and why, was corrected, or is no longer at its address."""
    marks = []
    if article.retracted:
        why = "." if article.retracted.lower() in ("true", "yes", "1") else f": {_text(article.retracted)}"
        marks.append(f"<strong>Withdrawn</strong>{why}")
    if article.corrected_by:
        address = _address(asked, article=as_unicode(article.corrected_by), at="", answer="")
        marks.append(f"<strong>Corrected</strong>: read <a href='{address}'>the corrected version</a>.")
    if article.vanished:
        marks.append(f"No longer at its address since {_text(article.vanished)}.")
    return "".join(f"<p class='warning'>{mark}</p>" for mark in marks)


def _about(article: Article) -> str:
    told = [_text(article.source), escape(str(article.published or "")), _text(article.language)]
    return f"<p class='about'>{''.join(f'<span>{part}</span>' for part in told if part)}</p>"


def _title(article: Article) -> str:
    return _text(article.title or article.id)


def _text(text: str) -> str:
    return escape(as_unicode(text))

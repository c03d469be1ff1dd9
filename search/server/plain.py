"""The page without a script: a search and its articles as plain HTML, for a text browser too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse

from newsdex.output import as_unicode
from newsdex.records import Article, Hit
from newsdex.search.question.filters import filter_from_options
from newsdex.search.request import request_of
from newsdex.search.server.operations import ArticleName
from newsdex.search.server.service import Served
from newsdex.search.server.values import MOST_QUESTION, WHOLE, Bounded

_PAGE = 10
_FURTHEST = 1_000
_MOST_VALUES = 20
_OPTION = re.compile("[;.] [^;.]*--literal$")  # of the command line
_Short = Annotated[str, Field(max_length=200)]

router = APIRouter(include_in_schema=False)


class PlainQuery(Bounded):
    """The parameters of GET /plain, of which a form sends those that are empty too."""

    q: str = Field(default="", max_length=MOST_QUESTION)
    since: _Short = ""
    until: _Short = ""
    source: list[_Short] = Field(default=[], max_length=_MOST_VALUES)
    lang: list[_Short] = Field(default=[], max_length=_MOST_VALUES)
    offset: Annotated[int, Field(ge=0, le=_FURTHEST), WHOLE] = 0


@router.get("/plain")
async def plain_search(request: HttpRequest, asked: Annotated[PlainQuery, Query()], service: Served) -> HTMLResponse:
    """What answers, ten at a time."""
    if not asked.q.strip():
        return _page(request, "", asked, [])
    where = filter_from_options(source=[each for each in asked.source if each], lang=[each for each in asked.lang if each])
    wanted = request_of(asked.q, limit=_PAGE, offset=asked.offset, where=where, since=asked.since or None, until=asked.until or None)
    results = await service.search(wanted)
    parts = [f"<p class='remark'>{_text(_OPTION.sub('', remark))}</p>" for remark in results.remarks]
    if not results.answerable:
        parts.append("<p><strong>No results answer that.</strong> The nearest misses follow, if there are any.</p>")
    hits = [hit for hit in results if hit.answers or not results.answerable]
    parts += ["<ol class='hits'>", *(_hit(request, hit) for hit in hits), "</ol>"]
    if len(hits) == _PAGE and asked.offset + _PAGE <= _FURTHEST:
        further = urlencode({**asked.model_dump(), "offset": asked.offset + _PAGE}, doseq=True)
        parts.append(f"<p><a href='?{escape(further)}' rel='next'>More results</a></p>")
    return _page(request, asked.q, asked, parts)


@router.get("/plain/articles/{article_id:path}")
async def plain_article(request: HttpRequest, article_id: ArticleName, service: Served) -> HTMLResponse:
    """An article whole."""
    article = await service.run(lambda: service.index.article(article_id))
    body = article.text[article.body.start : article.body.end] if len(article.body) else article.text
    warning = f"<p class='warning'><strong>Withdrawn</strong>: {_text(article.retracted)}</p>" if article.retracted else ""
    warning += _gone(article)
    paragraphs = [f"<p dir='auto'>{_text(part)}</p>" for part in body.split("\n\n") if part.strip()]
    parts = [
        f"<article class='reader'><h2 class='title' dir='auto'>{_title(article)}</h2>{warning}{_about(article)}",
        f"<div class='text' lang='{_text(article.language)}'>",
        *paragraphs,
        "</div></article>",
    ]
    return _page(request, as_unicode(article.title or article.id), PlainQuery(), parts)


def _hit(request: HttpRequest, hit: Hit) -> str:
    address = f"{_up(request)}plain/articles/{quote(as_unicode(hit.article.id), safe='')}"
    copies = f"<p class='copies'>Also in {len(hit.also_in)} other article{'s' if len(hit.also_in) > 1 else ''}.</p>" if hit.also_in else ""
    withdrawn = "<p class='warning'><strong>Withdrawn</strong></p>" if hit.article.retracted else ""
    withdrawn += _gone(hit.article)
    return (
        f"<li value='{hit.rank}'><h2 dir='auto'><a href='{escape(address)}'>{_title(hit.article)}</a></h2>{withdrawn}{_about(hit.article)}"
        f"<blockquote class='passage' dir='auto' lang='{_text(hit.article.language)}'>{_marked(hit)}</blockquote>{copies}</li>"
    )


def _gone(article: Article) -> str:
    return f"<p class='warning'>No longer at its address since {_text(article.vanished)}.</p>" if article.vanished else ""


def _marked(hit: Hit) -> str:
    """The passage with the sentence that answers marked."""
    text, start, end = hit.passage.text, hit.answer.start - hit.passage.start, hit.answer.end - hit.passage.start
    return f"{_text(text[:start])}<mark>{_text(text[start:end])}</mark>{_text(text[end:])}"


def _about(article: Article) -> str:
    told = [_text(article.source), escape(str(article.published or "")), _text(article.language)]
    return f"<p class='about'>{''.join(f'<span>{part}</span>' for part in told if part)}</p>"


def _title(article: Article) -> str:
    return _text(article.title or article.id)


def _text(text: str) -> str:
    return escape(as_unicode(text))


def _up(request: HttpRequest) -> str:
    """From the address to the folder in which /plain is, so that it may lie below any path; names with slashes lie deeper."""
    raw: bytes = request.scope["raw_path"]
    return "../" * (raw.count(b"/") - 1)


def _page(request: HttpRequest, title: str, asked: PlainQuery, parts: Iterable[str]) -> HTMLResponse:
    up = _up(request)
    shown = escape(title)
    values = {"since": asked.since, "until": asked.until, "source": " ".join(asked.source[:1]), "lang": " ".join(asked.lang[:1])}
    names = {"since": "From", "until": "To", "source": "Source", "lang": "Language"}
    fields = "".join(
        f"<label><span>{names[name]}</span> <input name='{name}' value='{escape(value)}'></label> " for name, value in values.items()
    )
    return HTMLResponse(
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{shown + ' - ' if shown else ''}newsdex</title><link rel='icon' href='{up}static/icon.svg'><link rel='stylesheet' "
        f"href='{up}static/page.css'></head>"
        f"<body class='plain'><header><a class='name' href='{up}plain'>newsdex</a><form role='search' action='{up}plain'><div class='box'>"
        f"<label class='unseen' for='q'>Ask the archive</label><input id='q' name='q' maxlength='{MOST_QUESTION}' "
        f"value='{escape(asked.q)}'>"
        f"<button class='ask' type='submit'>Search</button></div><div class='plain-filters'>{fields}</div></form></header>"
        f"<main id='main'><h1 "
        f"class='unseen'>{'Results for ' + shown if asked.q else shown or 'newsdex'}</h1>{''.join(parts)}</main></body></html>"
    )

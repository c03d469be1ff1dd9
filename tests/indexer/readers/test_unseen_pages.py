"""Web pages of kinds that annoy whoever searches them: teasers of other articles, notices instead of articles, metadata that refers to
other metadata.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reading import only, read

from newsdex.errors import SourceError
from newsdex.records import Article, Published

TEXT = [
    "The regional court ruled on Thursday that the dam may not be raised before the villages upstream have been asked.",
    "Three mayors had brought the case after a spring flood carried away two bridges and left a school without power for a week.",
    "Engineers who inspected the site said that the wall is sound but the spillway is a third too narrow for a flood such as that of 1954.",
]
PARAGRAPHS = "".join(f"<p>{part}</p>" for part in TEXT)
TEASERS = "".join(
    f"<article class=teaser><a href=/{n}><h4>Other story {n}</h4></a><time datetime=2019-01-0{n}>2019</time><p>A short text of it, as "
    f"sites have them.</p></article>"
    for n in range(1, 6)
)


def _read(folder: Path, head: str, body: str) -> list[Article | SourceError]:
    return read(folder / "page.html", f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>")


def _article(folder: Path, head: str, body: str) -> Article:
    return only(_read(folder, head, body))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"<main><h1>Dam</h1>{PARAGRAPHS}</main>", id="main"),
        pytest.param(f"<div id=main><h1>Dam</h1><div class=txt>{'<br><br>'.join(TEXT)}</div></div>", id="lines"),
        pytest.param("<div>" * 600 + PARAGRAPHS + "</div>" * 600, id="nested"),
    ],
)
def test_teasers_of_other_articles_are_not_taken_for_the_article(body: str, tmp_path: Path) -> None:
    """They are marked as articles where the article itself is not; on a page of hardly anything else they are kept."""
    text = _article(tmp_path, "", f"{body}<section class='related-articles'><h3>Read more</h3>{TEASERS}</section>").text
    front_page = _article(tmp_path, "", f"<h1>News</h1>{TEASERS}").text

    assert all(part in text for part in TEXT)
    assert "A short text of it" not in text
    assert "A short text of it" in front_page


def test_author_and_publisher_described_elsewhere(tmp_path: Path) -> None:
    """JSON-LD of content management systems names them by an @id; one that leads nowhere says nothing."""
    graph = [
        {"@type": "Organization", "@id": "#o", "name": "Bote Media"},
        {"@type": "Person", "@id": "#p", "name": "Ann Lee"},
        {"@type": "NewsArticle", "headline": "Dam", "author": [{"@id": "#p"}, {"@id": "#none"}], "publisher": {"@id": "#o"}},
    ]
    article = _article(
        tmp_path, f"<script type='application/ld+json'>{json.dumps({'@graph': graph})}</script>", f"<article>{PARAGRAPHS}</article>"
    )

    assert (article.source, article.metadata) == ("Bote Media", {"author": "Ann Lee"})


@pytest.mark.parametrize(
    "byline",
    ["By Ann Lee | Published 3 hours ago", "Von Ann Lee - Veröffentlicht gestern", "By Ann Lee, April 26, 2024", "By Ann Lee @annlee"],
)
def test_author_ends_where_the_byline_goes_on(byline: str, tmp_path: Path) -> None:
    """What is told after the name is no part of it."""
    article = _article(tmp_path, "", f"<article><h1>Dam</h1><p class=byline>{byline}</p>{PARAGRAPHS}</article>")

    assert article.metadata["author"].rstrip(" -") == "Ann Lee"


def test_author_of_a_comment_is_not_the_pages(tmp_path: Path) -> None:
    """Its byline has the same names, and may come first. What is called so around the headline is none."""
    comment = "<div class=side><ul class=comments-list><li class=comment><div class=byline>J J</div><p>I like dams.</p></ul></div>"
    byline = "<div class=author><div class=author-name>Ann Lee \u2014</div></div>"
    article = _article(tmp_path, "", f"{comment}<div><h1>Dam</h1>{byline}{PARAGRAPHS}</div>")
    assert article.metadata["author"] == "Ann Lee"
    for wrapper in ("site no-comments", "layout nav", "related post"):
        body = f"<div class='{wrapper}'>{comment}<div><h1>Dam</h1></div>{byline}<time>April 26, 2024</time>{PARAGRAPHS}</div>"
        article = _article(tmp_path, "", body)
        assert (article.metadata["author"], article.published) == ("Ann Lee", Published("2024-04-26", "byline"))
    assert "author" not in _article(tmp_path, "", f"{comment}<h1>Dam</h1>{PARAGRAPHS}").metadata


def test_author_that_is_no_name_is_none(tmp_path: Path) -> None:
    """The next place that names one counts."""
    body = f"<h1>Dam</h1><span class=byline>By Ann Lee</span>{PARAGRAPHS}"
    head = "<meta name=author content='\u2014'>"
    assert _article(tmp_path, head, body).metadata["author"] == "Ann Lee"


def test_day_that_is_yet_to_come_counts_last(tmp_path: Path) -> None:
    """It is more likely a mistake than the day of publication; where nothing else is said, it is told with where it comes from."""
    head = "<meta property='article:published_time' content='2193-04-26'>"
    body = f"<article><h1>Dam</h1><p>Published April 25, 2024</p>{PARAGRAPHS}</article>"

    assert _article(tmp_path, head, body).published == Published("2024-04-25", "byline")
    assert _article(tmp_path, head, PARAGRAPHS).published == Published("2193-04-26", "meta article:published_time")


def test_title_without_the_site_after_it_where_no_space_is(tmp_path: Path) -> None:
    """As Chinese sites write it; a heading that is only the first word of the title is not the title."""
    assert (
        _article(tmp_path, "<title>法院叫停大坝工程-河口日报</title>", f"<h1>法院叫停大坝工程</h1>{PARAGRAPHS}").title == "法院叫停大坝工程"
    )
    assert _article(tmp_path, "<title>Sino-US talks go on</title>", f"<h1>Sino</h1>{PARAGRAPHS}").title == "Sino-US talks go on"


def test_page_that_only_leads_on_is_skipped_with_where_it_leads(tmp_path: Path) -> None:
    """One that only loads itself again, or has an article, is read."""
    stub = "<p>Redirecting</p>"
    leads = "<meta http-equiv=refresh content='0; url=https://example.com/new'>"

    with pytest.raises(SourceError, match=r"it only leads on to https://example\.com/new"):
        _read(tmp_path, leads, stub)
    assert _article(tmp_path, "<meta http-equiv=Refresh content=600>", stub).text == "Redirecting"
    assert TEXT[0] in _article(tmp_path, leads, PARAGRAPHS).text


WALLS = {
    "en": "We and our 1,423 partners store and access information on your device, to process personal data. You "
    "may accept or manage your choices by clicking below. Accept all Reject all",
    "de": "Mit Ihrer Zustimmung nutzen wir und unsere 189 Partner Technologien, um Informationen auf Ihrem Gerät zu speichern und "
    "personenbezogene Daten zu verarbeiten. Alle akzeptieren Alle ablehnen",
    "fr": "Avec votre accord, nos 214 partenaires et nous stockons des informations sur votre appareil et traitons des données "
    "personnelles pour des publicités personnalisées. Tout accepter Tout refuser",
    "es": "Con su acuerdo, nosotros y nuestros 856 socios almacenamos información en su dispositivo y tratamos datos personales. "
    "Aceptar todo",
    "it": "Noi e i nostri 740 partner archiviamo informazioni su un dispositivo e trattiamo dati personali. Accetta tutto Rifiuta tutto",
}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(
            "<h1>Before you continue</h1><p>We use cookies and data. If you accept all, we will use cookies for more.</p>",
            "probably only a cookie notice",
            id="cookies",
        ),
        *(
            pytest.param(f"<div><p>{wall}</p></div>", "probably only a cookie notice", id=f"wall in {language}")
            for language, wall in WALLS.items()
        ),
        pytest.param(
            "<article><p>The regulator fined the site, which shared personal data with its partners. It must accept the ruling, and ask "
            "readers before it stores anything, the court in Ghent said on Monday.</p></article>",
            "",
            id="of a regulator",
        ),
        pytest.param(
            f"<article><p>{TEXT[0]}</p><p>This article is for subscribers only. Log in.</p></article>", "behind a paywall", id="subscribers"
        ),
        pytest.param(
            f"<article><p>{TEXT[0]}</p><p>Weiterlesen mit Bote Plus. Sie haben bereits ein Abo?</p></article>", "behind a paywall", id="Abo"
        ),
        pytest.param("<h1>404 - Not Found</h1><p>Try the search.</p>", "probably an error or login page", id="404"),
        pytest.param(
            "<h1>Oops!</h1><p>The page you were looking for is gone.</p>", "probably an error or login page", id="404 in a sentence"
        ),
        pytest.param("<h1>Sign in - Daily</h1><p>Email and password.</p>", "probably an error or login page", id="login"),
        pytest.param(f"<article><h1>500 dead in flood</h1>{PARAGRAPHS}</article>", "", id="of a number"),
        pytest.param(f"<article><h1>Forbidden: a story of two towns</h1>{PARAGRAPHS}</article>", "", id="of a ban"),
        pytest.param(
            f"<article>{PARAGRAPHS}<p>The baker sells cookies. Her cookies are known in the valley.</p></article>", "", id="of bakers"
        ),
    ],
)
def test_notice_instead_of_an_article_is_named(body: str, said: str, tmp_path: Path) -> None:
    """It is indexed, with a remark, for what is taken for a notice may be none."""
    items = _read(tmp_path, "", body)

    assert [item.reason.split(":")[0] for item in items if isinstance(item, SourceError)] == ([said] if said else [])
    assert sum(isinstance(item, Article) for item in items) == 1

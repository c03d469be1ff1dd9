"""Web pages to articles: the text that is the article's, and what the page says of itself, each from the best place that says it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cpu_time import within
from reading import only, read

from newsdex.errors import SourceError
from newsdex.records import Article, Published, Span

SENTENCE = "The minister said on Monday that the talks in Geneva would go on until both sides had agreed on the river. "
TEXT = [SENTENCE * 2, "Nobody in the hall had expected that. " * 4, "The next meeting is planned for the autumn, in Vienna. " * 3]
BODY = "<article><h1>Talks go on</h1>" + "".join(f"<p>{part}</p>" for part in TEXT) + "</article>"
MENU = "<nav><ul><li><a href=/a>World news of today</a></li><li><a href=/b>Weather and traffic</a></li></ul></nav>"
FOOTER = "<footer><p>All rights reserved by the Example Company, and by nobody else.</p></footer>"


def _read(folder: Path, content: str | bytes) -> list[Article | SourceError]:
    return read(folder / "page.html", content, "news/page.html")


def _article(folder: Path, content: str | bytes) -> Article:
    return only(_read(folder, content))


def _page(head: str = "", body: str = BODY, root: str = "") -> str:
    return f"<!doctype html><html {root}><head>{head}</head><body>{MENU}{body}{FOOTER}</body></html>"


def _json_ld(**fields: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_the_text_is_the_article_without_what_is_around_it(tmp_path: Path) -> None:
    """Paragraphs come apart by blank lines; menu and footer are left out; the offsets are those of the text that is stored."""
    content = _page(root='lang="en-GB"')
    article = _article(tmp_path, content)

    assert [" ".join(part.split()) for part in article.text.split("\n\n")][-3:] == [part.strip() for part in TEXT]
    assert "rights reserved" not in article.text
    assert "Weather" not in article.text
    assert article.body == Span(0, len(article.text))
    assert (article.id, article.record, article.language) == ("news/page.html", 0, "en")
    assert article.sha256 == hashlib.sha256(content.encode()).hexdigest()


def test_line_ends_of_the_source_end_no_paragraph(tmp_path: Path) -> None:
    """A browser shows them as spaces, beside a break too; Chinese has none there; code keeps its lines."""
    body = (
        "<article><h1>Harbour wall</h1><p>The council said that it will rebuild the wall and make it\n    twice as high.\n"
        f"    <br/>Work begins <b>in\nMay</b>\nof next year.</p><p>{TEXT[0]}</p><p>市议会周一表示高度\n"
        "    增加一倍。<br>下一行\n在这里。</p>"
        "<pre>one = 1\n    two = 2</pre><p>And a last paragraph of the story follows here.</p></article>"
    )
    text = _article(tmp_path, _page(body=body)).text
    assert "and make it twice as high.\n\nWork begins in May of next year.\n\n" in text
    assert "高度增加一倍。\n\n下一行在这里。" in text
    assert "one = 1\n" in text
    assert "1903: The toll begins 2003" not in text


def _story(name: str) -> str:
    return (
        f"<h2>The {name} of Ulpha</h2><p>The {name} of Ulpha stood on the roof of the town hall for most of Monday, said the mayor, who "
        f"called it a disgrace.</p><p>It was brought down by a steeplejack with a rope and a carrot. The {name} belongs to <b>nobody</b>, "
        "the police said, and will be sold at the autumn fair.</p>"
    )


@pytest.mark.parametrize("tag", ["article", "article class=story", "div class=story", "section class='brief item'"])
def test_all_stories_of_a_page_are_its_text(tag: str, tmp_path: Path) -> None:
    """News in brief: each is an element of its own beside the others."""
    stories = "".join(f"<{tag}>{_story(name)}</{tag.split(maxsplit=1)[0]}>" for name in ("goat", "owl", "eel"))
    page = f"<nav><a href=/>Home</a></nav><main><h1>News in brief</h1>{stories}</main>"
    article = _article(tmp_path, f"<!doctype html><html><title>Herald</title><body>{page}</body></html>")

    lines = [line for line in article.text.split("\n\n") if line != "News in brief"]
    assert lines[::3] == [f"The {name} of Ulpha" for name in ("goat", "owl", "eel")]
    assert len(lines) == 9


def test_text_beside_the_stories_is_none_of_them(tmp_path: Path) -> None:
    """Comments and stories elsewhere are called otherwise."""
    others = f"<div class=comments><article class=comment>{_story('ad')}</article><article class=comment>{_story('bid')}</article></div>"
    article = _article(tmp_path, _page(body=BODY + others))
    assert "Ulpha" not in article.text


@pytest.mark.parametrize(("level", "length"), [(2, 20), (3, 4)], ids=["shorter", "below"])
def test_teasers_below_a_story_are_none_of_its_text(level: int, length: int, tmp_path: Path) -> None:
    """They are called as it is, but are much shorter, or their headings are of a lower level."""
    main = f"<article><h2>The goat</h2>{'<p>The goat of Ulpha stood on the roof of the town hall for days, said the mayor.</p>' * length}"
    teaser = f"<article>{_story('cat')}</article>".replace("h2>", f"h{level}>")
    page = f"<main>{main}</article><h2>More from us</h2>{teaser}</main>"
    article = _article(tmp_path, f"<!doctype html><html><title>Herald</title><body>{page}</body></html>")

    assert "The goat of Ulpha" in article.text
    assert "cat" not in article.text


def test_json_ld_comes_first(tmp_path: Path) -> None:
    """What JSON-LD says counts before what meta tags and the page say."""
    head = (
        _json_ld(
            headline="Talks go on &amp; on",
            datePublished="2024-04-26T12:30:00+08:00",
            dateModified="2024-04-27",
            author=[{"@type": "Person", "name": "A. Li"}, {"name": "B. Mora"}],
            publisher={"@type": "Organization", "name": "The Example"},
            articleSection="World",
        )
        + '<meta property="og:title" content="Shared title"><meta property="article:published_time" content="2020-01-01">'
        + '<meta name="author" content="Nobody"><link rel="canonical" href="https://example.com/2019/01/01/talks">'
    )
    article = _article(tmp_path, _page(head))

    assert article.title == "Talks go on & on"
    assert article.published == Published("2024-04-26T12:30:00+08:00", "JSON-LD datePublished")
    assert (article.source, article.url) == ("The Example", "https://example.com/2019/01/01/talks")
    assert article.metadata == {"author": "A. Li, B. Mora", "section": "World", "modified": "2024-04-27"}


META_DATE = '<meta property="article:published_time" content="2024-04-02T08:00:00Z">'
CANONICAL = '<link rel="canonical" href="https://example.com/2024/04/03/talks">'
BYLINE = '<p class="byline">By A. Li, April 4, 2024</p>'


@pytest.mark.parametrize(
    ("head", "byline", "iso", "origin"),
    [
        pytest.param(
            _json_ld(datePublished="2024-04-01") + META_DATE + CANONICAL, BYLINE, "2024-04-01", "JSON-LD datePublished", id="JSON-LD"
        ),
        pytest.param(META_DATE + CANONICAL, BYLINE, "2024-04-02T08:00:00+00:00", "meta article:published_time", id="meta tag"),
        pytest.param(CANONICAL, BYLINE, "2024-04-03", "URL", id="address"),
        pytest.param("", BYLINE, "2024-04-04", "byline", id="byline"),
        pytest.param(
            _json_ld(datePublished="soon") + META_DATE, "", "2024-04-02T08:00:00+00:00", "meta article:published_time", id="no date"
        ),
        pytest.param(_json_ld(datePublished="0001-01-01T00:00:00") + CANONICAL, "", "2024-04-03", "URL", id="a date that was never set"),
        pytest.param(CANONICAL.replace("/03/", "/"), BYLINE, "2024-04-04", "byline", id="the byline says the day of the address's month"),
        pytest.param(CANONICAL.replace("04/03/", "05/"), BYLINE, "2024-05", "URL", id="the byline says a day of another month"),
        pytest.param('<meta name="date" content="April 2, 2024 6:01 am">', "", "2024-04-02", "meta date", id="a date in words"),
        pytest.param(
            "", '<time datetime="2024-04-04T10:00:00-05:00">today</time>', "2024-04-04T10:00:00-05:00", "byline", id="time element"
        ),
        pytest.param("", '<div class="post-date">Publié le 4 août 2024</div>', "2024-08-04", "byline", id="French where nothing says so"),
        pytest.param(
            '<meta http-equiv="content-language" content="fr">',
            '<div class="post-date">le 4 août 2024</div>',
            "2024-08-04",
            "byline",
            id="French",
        ),
        pytest.param("", '<div class="date">04.05.2024</div>', "2024-05-04", "byline", id="points: the day first"),
        pytest.param("", '<div class="date">04/05/2024</div>', "", "", id="slashes are never guessed at"),
        pytest.param("", "<p><span>Updated April 9, 2024</span></p>", "2024-04-09", "byline (updated)", id="only updated"),
        pytest.param(
            "",
            '<time datetime="2019-07-03T10:18:46Z">Published June 29, 2019</time>',
            "2019-06-29",
            "byline",
            id="a machine's that is not what is shown",
        ),
        pytest.param("", "<div>26.04.2024 | World</div>", "2024-04-26", "byline", id="beside the headline"),
        pytest.param(
            "", '<div class="updated-date">Updated April 9, 2024</div>' + BYLINE, "2024-04-04", "byline", id="published before updated"
        ),
        pytest.param(
            "", '<aside><time datetime="2001-01-01">old</time></aside>' + BYLINE, "2024-04-04", "byline", id="not of another article"
        ),
        pytest.param("", '<div class="related"><span class="date">January 1, 2001</span></div>', "", "", id="none of related articles"),
        pytest.param(
            "",
            '<table class="infobox"><tr><th>Founded</th><td>February 28, 1998 <span class="published">1998-02-28</span></td></tr></table>',
            "",
            "",
            id="none of a box of facts",
        ),
        pytest.param("", '<ol class="references"><li><time>2014-04-05</time></li></ol>', "", "", id="none of what is cited"),
        pytest.param("", "<p>The war of April 4, 1999 is not forgotten, they say, and so on and on.</p>", "", "", id="none from the text"),
        pytest.param("", "<p>GENEVA, April 4, 2024 (Example) - The talks go on, and on.</p>", "2024-04-04", "byline", id="dateline"),
        pytest.param("", "<p>Oct. 12, 2007 -- The talks go on, and on, and on, and on.</p>", "2007-10-12", "byline", id="day alone"),
        pytest.param(
            "",
            "<p>Reviewed by Ann B. Li, MD on March 3, 2015</p><p>Oct. 12, 2007 -- The talks go on, and on, and on, and on, and on.</p>",
            "2007-10-12",
            "byline",
            id="a review after it",
        ),
        pytest.param("", "<p>Reviewed by Ann B. Li, MD on March 3, 2015</p>", "2015-03-03", "byline (updated)", id="only reviewed"),
        pytest.param(
            "",
            "".join(f"<p>Oct. {day}, 2007 - The talks went on in Geneva, where they had begun in April.</p>" for day in (12, 13)),
            "",
            "",
            id="none of a chronicle",
        ),
        pytest.param("<meta http-equiv=last-modified content=2024-04-04>", "", "", "", id="not the file's own time"),
    ],
)
def test_date_says_where_it_comes_from(head: str, byline: str, iso: str, origin: str, tmp_path: Path) -> None:
    """JSON-LD, meta tags, the address, the byline, in this order; the zone and the precision are those that were written."""
    published = _article(
        tmp_path, _page(head, f"<main><h1>Talks go on</h1>{byline}{''.join(f'<p>{part}</p>' for part in TEXT)}</main>")
    ).published

    assert published == (Published(iso, origin) if iso else None)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('{"@type": "NewsArticle", "datePublished": "2024-04-26", "headline": "H",}', id="a comma too many"),
        pytest.param('<!-- {"@type": "NewsArticle", "datePublished": "2024-04-26", "headline": "H"} -->', id="in a comment"),
        pytest.param(
            '{"@type": "NewsArticle", "headline": "H", "datePublished": "2024-04-26", "text": "a "quoted" word"}', id="quotation marks"
        ),
        pytest.param('{"@type": "NewsArticle", "headline": "H", "datePublished": "2024-04-26", "text": "two\nlines"}', id="a line end"),
        pytest.param(
            '[{"@type": "WebSite"}, {"@type": ["Article", "NewsArticle"], "headline": "H", "datePublished": "2024-04-26"}]', id="list"
        ),
        pytest.param(
            '{"@graph": [{"@type": "WebPage"}, {"@type": "Article", "headline": "H", "datePublished": "2024-04-26"}]}', id="graph"
        ),
        pytest.param(
            '{"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "H", "datePublished": "2024-04-26"}}', id="main entity"
        ),
        pytest.param(
            '{"@type": "Article", "headline": "H"}</script><script type="application/ld+json">{"@type": "WebPage", "datePublished": '
            '"2024-04-26"}',
            id="page's date",
        ),
        pytest.param(
            '{"@type": "http://schema.org/NewsArticle", "headline": "H", "datePublished": "2024-04-26"}', id="type with an address"
        ),
    ],
)
def test_json_ld_as_sites_write_it(script: str, tmp_path: Path) -> None:
    """Lists, graphs and what is not quite JSON are read all the same."""
    article = _article(tmp_path, _page(f'<script type="application/ld+json">{script}</script>'))

    assert article.published == Published("2024-04-26", "JSON-LD datePublished")
    assert article.title == "H"


@pytest.mark.parametrize(
    "script", ["", "null", "[]", '"text"', "{", "[" * 100_000, '{"@type": 3, "headline": {"a": []}, "author": [[], {}, 1]}']
)
def test_json_ld_that_says_nothing_costs_nothing(script: str, tmp_path: Path) -> None:
    """A page whose JSON-LD cannot be used is read as if it had none."""
    assert _article(tmp_path, _page(f'<script type="application/ld+json">{script}</script>')).title == "Talks go on"


def test_of_many_articles_in_json_ld_the_pages_own_counts(tmp_path: Path) -> None:
    """Where a page describes others too, its own is the one of its address, or of its title."""
    others = "".join(_json_ld(headline=f"Other {n}", datePublished="2001-01-01", url=f"https://example.com/{n}") for n in range(3))
    own = _json_ld(headline="Talks go on", datePublished="2024-04-26", mainEntityOfPage={"@id": "https://example.com/talks"})
    by_address = _article(tmp_path, _page('<link rel="canonical" href="https://example.com/talks">' + others + own))
    by_title = _article(tmp_path, _page('<meta property="og:title" content="Talks go on | Example">' + others + own))

    assert [a.published and a.published.iso for a in (by_address, by_title)] == ["2024-04-26"] * 2


@pytest.mark.parametrize(
    ("head", "heading", "title"),
    [
        pytest.param(
            "<title>Talks go on | The Example</title>", "Talks go on", "Talks go on", id="the heading is the title without the site"
        ),
        pytest.param(
            "<title>The Example - Talks in Geneva go on</title>", "Talks in Geneva go on", "Talks in Geneva go on", id="site first"
        ),
        pytest.param('<title>x</title><meta property="og:title" content="Talks go on">', "Other", "Talks go on", id="what is shared"),
        pytest.param("<title>Talks in Geneva go on - Example</title>", "", "Talks in Geneva go on", id="no heading"),
        pytest.param(
            "<title>Sino-US talks - day two - go on</title>",
            "Sino-US talks - day two - go on",
            "Sino-US talks - day two - go on",
            id="dashes of its own",
        ),
        pytest.param(
            '<meta property="og:title" content="Talks go on - Example"><meta property="og:site_name" content="Example">',
            "",
            "Talks go on",
            id="site is known",
        ),
        pytest.param(
            '<title>Talks go on</title><meta property="og:title" content="The Example"><meta property="og:site_name" content="Example">',
            "",
            "Talks go on",
            id="the site's name where a headline should be",
        ),
        pytest.param(
            '<title>Example.com</title><meta name="title" content="Example"><meta property="og:site_name" content="Example">',
            "Talks go on",
            "Talks go on",
            id="the site's name everywhere but in the heading",
        ),
        pytest.param(
            '<title>Example</title><meta property="og:site_name" content="Example">', "Example", "Example", id="nothing but the site's name"
        ),
        pytest.param(
            '<title>Example wins prize</title><meta property="og:title" content="Example wins"><meta property="og:site_name" '
            'content="Example">',
            "",
            "Example wins",
            id="a headline that begins with the site's name",
        ),
        pytest.param("", "Talks &amp;\n go <b>on</b>", "Talks & go on", id="heading only"),
        pytest.param("", "", "", id="nothing"),
        pytest.param(
            _json_ld(headline="a description", name="Talks") + "<title>Talks - Example</title>", "Talks", "Talks", id="what the page shows"
        ),
    ],
)
def test_title(head: str, heading: str, title: str, tmp_path: Path) -> None:
    """The title is the article's, without the name of the site."""
    body = f"<h1>{heading}</h1>" if heading else ""
    assert _article(tmp_path, _page(head, body + "".join(f"<p>{part}</p>" for part in TEXT))).title == title


@pytest.mark.parametrize(
    ("root", "head", "language"),
    [
        pytest.param('lang="de-AT"', "", "de", id="html lang"),
        pytest.param('xml:lang="pt_BR"', "", "pt", id="xml:lang"),
        pytest.param("", _json_ld(inLanguage="fr"), "fr", id="JSON-LD"),
        pytest.param("", _json_ld(inLanguage={"@type": "Language", "name": "es"}), "es", id="JSON-LD object"),
        pytest.param("", '<meta property="og:locale" content="zh_TW">', "zh", id="og:locale"),
        pytest.param('lang="x"', "", "", id="no language"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_language_is_what_the_page_says(root: str, head: str, language: str, tmp_path: Path) -> None:
    """A language is taken from where pages say it; where they do not, none is made up here."""
    assert _article(tmp_path, _page(head, root=root)).language == language


@pytest.mark.parametrize(
    ("head", "url"),
    [
        pytest.param('<link rel="canonical" href="https://example.com/a?b=1&amp;c=2">', "https://example.com/a?b=1&c=2", id="canonical"),
        pytest.param(
            '<link rel="canonical" href="/a"><meta property="og:url" content="https://example.com/b">',
            "https://example.com/a",
            id="relative",
        ),
        pytest.param(
            '<link rel="canonical" href="https://example.com/"><meta property="og:url" content="https://example.com/b">',
            "https://example.com/b",
            id="front page",
        ),
        pytest.param('<meta property="og:url" content="https://example.com/b">', "https://example.com/b", id="og:url"),
        pytest.param(_json_ld(url="https://example.com/c"), "https://example.com/c", id="JSON-LD"),
        pytest.param('<link rel="canonical" href="javascript:alert(1)">', "", id="no web address"),
        pytest.param('<link rel="canonical" href="https://[bad">', "", id="broken"),
    ],
)
def test_url_is_the_canonical_one(head: str, url: str, tmp_path: Path) -> None:
    """An address is a whole one on the web, or none."""
    assert _article(tmp_path, _page(head)).url == url


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        pytest.param('<meta charset="windows-1251">', "cp1251", id="charset"),
        pytest.param('<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r", id="http-equiv"),
        pytest.param('<meta charset="windows-1251">', "utf-8", id="wrong: it is UTF-8"),
        pytest.param('<meta charset="utf-8">', "utf-16", id="UTF-16 with a mark"),
        pytest.param('<meta charset="no-such-charset">', "utf-8", id="unknown"),
    ],
)
def test_encoding(declared: str, encoding: str, tmp_path: Path) -> None:
    """A page is in the encoding that it says, unless its bytes show otherwise."""
    text = "Министр сказал, что переговоры в Женеве будут продолжены до осени. " * 5
    assert text.strip() in _article(tmp_path, _page(declared, f"<article><p>{text}</p></article>").encode(encoding)).text


# Nothing is lost without a word


def test_text_that_is_nested_deeply_is_read(tmp_path: Path) -> None:
    """libxml2 stops at 256 elements unless told otherwise, and at 2,048 whatever it is told: all text is read all the same."""
    within = _read(tmp_path, "<html><body>" + "<div>" * 1000 + SENTENCE + "</div>" * 1000 + "<p>MARKER-END</p></body></html>")
    beyond = _read(tmp_path, "<html><body>" + "<div>" * 5000 + SENTENCE + "</div>" * 5000 + "<p>MARKER-END</p></body></html>")

    assert [SENTENCE.strip() in item.text and "MARKER-END" in item.text for item in within if isinstance(item, Article)] == [True]
    assert [SENTENCE.strip() in item.text and "MARKER-END" in item.text for item in beyond if isinstance(item, Article)] == [True]
    assert [item.reason for item in beyond if isinstance(item, SourceError)] == ["nested too deeply: read without its layout"]


def test_text_of_more_than_ten_megabytes_in_one_paragraph_is_read(tmp_path: Path) -> None:
    """libxml2 drops what comes after 10 MB of one text unless told otherwise."""
    page = f"<html><body><p>{'word ' * 2_100_000}MARKER-END</p><p>{SENTENCE}</p></body></html>"
    article = within(20, lambda: _article(tmp_path, page))

    assert article.text.count("word") == 2_100_000
    assert "MARKER-END" in article.text
    assert SENTENCE.strip() in article.text


def test_paywalled_stub_is_named(tmp_path: Path) -> None:
    """A page that says it is not free, and shows little, is indexed with a remark."""
    items = _read(tmp_path, _page(_json_ld(isAccessibleForFree=False, headline="H"), f"<article><p>{SENTENCE * 3}</p></article>"))

    assert [item.reason.split(":")[0] for item in items if isinstance(item, SourceError)] == ["behind a paywall"]
    assert [item.lost for item in items if isinstance(item, SourceError)] == [False]
    assert len([item for item in items if isinstance(item, Article)]) == 1


def test_article_in_json_ld_that_the_page_does_not_show_is_read(tmp_path: Path) -> None:
    """Some sites hide the article behind a script but have it whole in JSON-LD."""
    article = _article(tmp_path, _page(_json_ld(articleBody="\n".join(TEXT)), f"<p>{SENTENCE}</p>"))

    assert article.text == "\n\n".join(part.strip() for part in TEXT)


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"<p>{part.strip()}</p>" for part in TEXT),
        "\n".join(f"<b>{part.strip()}</b>" for part in TEXT),
        "<br/>".join(part.strip() for part in TEXT),
        "\n".join(part.strip() for part in TEXT) + "&lt;iframe src='//e.org/c'&gt;&lt;/iframe&gt;&lt;script&gt;a();&lt;/script&gt;",
        "&lt;div&gt;" + "&lt;/div&gt;\n&lt;div&gt;".join(part.strip() for part in TEXT) + "&lt;/div&gt;",
    ],
)
@pytest.mark.parametrize("shown", ["", f"<p>{SENTENCE}</p>"])
def test_article_in_json_ld_that_is_html_is_read_without_its_tags(body: str, shown: str, tmp_path: Path) -> None:
    """The text of the field may be HTML, and HTML may be written with references; a page may show it only by a script."""
    article = _article(tmp_path, _page(_json_ld(articleBody=body), shown))

    assert article.text.split() == " ".join(TEXT).split()


def test_article_in_json_ld_that_is_plain_keeps_what_only_looks_like_a_tag(tmp_path: Path) -> None:
    """<alice> is who speaks, and "a < b" a comparison."""
    told = "\n".join([*TEXT, "<alice> a < b and b > a, said <bob>. Never put a <script> or &lt;iframe&gt; tag there, he said. Nor <b."])
    article = _article(tmp_path, _page(_json_ld(articleBody=told), ""))

    assert article.text.endswith("<alice> a < b and b > a, said <bob>. Never put a <script> or <iframe> tag there, he said. Nor <b.")


def test_tag_that_never_ends_hides_nothing_in_json_ld(tmp_path: Path) -> None:
    """libxml2 drops what follows an open comment."""
    article = _article(tmp_path, _page(_json_ld(articleBody=f"<p>{TEXT[0]}</p><!-- {' '.join(TEXT[1:])}"), ""))

    assert TEXT[2].strip() in article.text


def test_large_page_with_almost_no_text_is_named(tmp_path: Path) -> None:
    """A page of 200 kB with a sentence in it is indexed with a remark; one with none at all is an error."""
    script = f"<script>{'x' * 200_000}</script>"
    items = _read(tmp_path, f"<html><body>{script}<p>Turn on the scripts, please.</p></body></html>")

    assert [item.reason for item in items if isinstance(item, SourceError)] == ["almost no text: 28 characters in a page of 200 kB"]
    with pytest.raises(SourceError, match="no text: the page may be filled in by a script"):
        _read(tmp_path, f"<html><body>{script}<div id=root></div></body></html>")


@pytest.mark.parametrize("content", [b"", b" \n", b"<html>", b"<!-- a -->", b"\0\0\0\0", b"\xff\xfe", b"<p>", "<svg/>".encode("utf-16")])
def test_page_of_nothing_is_an_error_with_a_reason(content: bytes, tmp_path: Path) -> None:
    """What holds no text says so."""
    with pytest.raises(SourceError, match=r"no text|not text"):
        _read(tmp_path, content)


def test_markup_in_the_text_stays_text(tmp_path: Path) -> None:
    """Scripts are gone, and escaped markup is the characters that it shows."""
    body = f"<article><h1>T</h1><p>{SENTENCE} &lt;script&gt;alert(1)&lt;/script&gt;</p><script>alert(2)</script><p>{SENTENCE}</p></article>"
    text = _article(tmp_path, _page(body=body)).text

    assert "<script>alert(1)</script>" in text
    assert "alert(2)" not in text


def test_fragment_without_html_element_is_read(tmp_path: Path) -> None:
    """A piece of a page is a page."""
    assert _article(tmp_path, f"<p>{SENTENCE}</p>").text == SENTENCE.strip()


def test_tag_of_a_hundred_thousand_attributes_takes_no_time(tmp_path: Path) -> None:
    """libxml2 needs a minute for it; its text is read like any other."""
    page = f"<div {' '.join(f'a{n}=x' for n in range(100_000))}>{SENTENCE}</div><img src='data:{'x' * 100_000}'>"
    items = within(5, lambda: _read(tmp_path, page))

    assert [item.text for item in items if isinstance(item, Article)] == [SENTENCE.strip()]


def test_page_within_an_element_for_readers_without_scripts_is_read(tmp_path: Path) -> None:
    """An element that is closed in the wrong place puts the whole page where browsers do not look, and they show it all the same."""
    article = _article(
        tmp_path, f"<html><body><noscript><div></noscript><div>{''.join(f'<p>{SENTENCE}</p>' for _ in range(12))}</div></body></html>"
    )

    assert article.text.count(SENTENCE.strip()) == 12


def test_characters_that_are_none_are_left_out(tmp_path: Path) -> None:
    """Control characters and what Unicode calls no characters are not in the text; the words around them are."""
    article = _article(tmp_path, f"<article><p>{SENTENCE}uni\0que \x1b[31mred\ufffe \uffff.</p></article>")

    assert article.text.endswith("unique [31mred .")

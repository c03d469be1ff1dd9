"""Feeds, web archives and mail to articles: files that hold many, each as it was published."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import mailbox
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from reading import articles_of, read, reasons_of

from newsdex.errors import SourceError
from newsdex.indexer.readers import FORMATS
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

pytestmark = [  # warcio leaves its temporary files to the garbage collector
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SENTENCE = "The minister said on Monday that the talks in Geneva would go on until both sides had agreed on the river. "


def _read(folder: Path, suffix: str, content: str | bytes) -> list[Article | SourceError]:
    return read(folder / f"file{suffix}", content)


# Feeds


def _rss(*entries: str, channel: str = "<title>Example &amp; Sons</title><language>en-gb</language>") -> str:
    items = "".join(f"<item>{entry}</item>" for entry in entries)
    return (
        f'<?xml version="1.0"?><rss version="2.0" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{channel}{items}</channel></rss>'
    )


def test_rss_entry_is_an_article(tmp_path: Path) -> None:
    """An entry has its own id, title, address and date, with the zone it is written in; the outlet and the language are the feed's."""
    entry = (
        "<title>Talks &lt;b&gt;go&lt;/b&gt; on</title><link>https://example.com/talks</link><guid>https://example.com/?p=1</guid>"
        "<pubDate>Fri, 26 Apr 2024 12:30:00 +0800</pubDate><category>World</category><author>a@example.com (A. Li)</author>"
        "<description>Short.</description><content:encoded><![CDATA[<p>The minister</p><p>said "
        "<i>so</i>.</p><script>alert(1)</script>]]></content:encoded>"
    )
    [article] = articles_of(_read(tmp_path, ".rss", _rss(entry)))

    assert (article.id, article.url, article.record) == ("https://example.com/?p=1", "https://example.com/talks", 1)
    assert (article.title, article.source, article.language) == ("Talks go on", "Example & Sons", "en")
    assert article.text == "The minister\n\nsaid so."
    assert article.published == Published("2024-04-26T12:30:00+08:00", "feed")
    assert article.metadata["tags"] == "World"
    assert "A. Li" in article.metadata["author"]


@pytest.mark.parametrize("declared", ["windows-1252", "iso-8859-1", "shift_jis", "us-ascii", "utf-16", "nonsense"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("cut", [0, 20])
def test_feed_in_utf8_is_read_whatever_it_declares(cut: int, mark: str, declared: str, tmp_path: Path) -> None:
    """As for web pages, also where it is cut off, and each entry is read alone."""
    content = mark + _rss("<title>Größe</title>", "<title>Köln</title>").replace("?>", f' encoding="{declared}"?>', 1)
    items = _read(tmp_path, ".rss", content[: len(content) - cut])
    assert [each.title for each in articles_of(items)] == ["Größe", "Köln"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&#55357;&#56832;", "\U0001f600"),
        ("&#xD83D;&#xde00;&#33;", "\U0001f600!"),
        ("&#55357; &#56832;", "\ufffd \ufffd"),
        ("&#1114112;", "\ufffd"),
        (f"&#{'9' * 5_000};", "\ufffd"),
        (f"&#x{'F' * 20};", "\ufffd"),
        ("&#1050;&#246;", "\u041a\xf6"),
        ("&#0000000000233;", "\xe9"),
    ],
)
def test_reference_to_no_character_costs_no_feed(written: str, read: str, tmp_path: Path) -> None:
    """An emoji in two halves, as some programs write it, is one; others are marked. The next entry is read in any case."""
    content = _rss(
        f"<title>Hi {written}.</title>", "<title>b</title>", f"<title>c</title><description><![CDATA[<p>{written}.]]></description>"
    )
    assert [each.text for each in articles_of(_read(tmp_path, ".rss", content))] == [f"Hi {read}.", "b", f"{read}."]


def test_atom_entry_is_an_article(tmp_path: Path) -> None:
    """Atom says the same in its own words; when it was published comes before when it was updated, which is used, and named, where it is
    alone.
    """
    atom = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Beispiel</title>
    <entry><id>tag:example.com,2024:1</id><title type="html">A &amp;amp; B</title><link href="https://example.com/1"/>
    <published>2024-04-26T12:30:00-05:00</published><updated>2024-05-01T00:00:00Z</updated><summary>Kurz.</summary></entry>
    <entry xml:lang="fr"><id>2</id><title>Deux</title><updated>2024-05-01T00:00:00+02:00</updated>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Un</p><p>deux.</p></div></content></entry></feed>"""
    first, second = articles_of(_read(tmp_path, ".atom", atom))

    assert (first.id, first.title, first.text, first.language) == ("tag:example.com,2024:1", "A & B", "Kurz.", "de")
    assert first.published == Published("2024-04-26T12:30:00-05:00", "feed")
    assert (second.id, second.text, second.language) == ("file.atom#2", "Un\n\ndeux.", "fr")
    assert second.published == Published("2024-05-01T00:00:00+02:00", "feed (updated)")


def test_all_authors_of_an_entry_are_named(tmp_path: Path) -> None:
    """Each has an element of its own."""
    authors = "<author><name>Ana Paz</name><email>a@example.com</email></author><author><name>A. Li</name></author>"
    entry = f"<entry><title>Talks</title><id>urn:1</id>{authors}<content>Text.</content></entry>"
    [article] = articles_of(_read(tmp_path, ".atom", f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>{entry}</feed>'))
    assert article.metadata["author"] == "Ana Paz, A. Li"


def test_entries_are_called_by_what_does_not_change(tmp_path: Path) -> None:
    """The id is the entry's own, else its address, else its place; one that is no URI is told apart by the feed's name."""
    entries = ("<guid>77</guid><title>a</title>", "<link>https://example.com/b</link><title>b</title>", "<title>c</title>")

    assert [article.id for article in articles_of(_read(tmp_path, ".xml", _rss(*entries)))] == [
        "file.xml#77",
        "https://example.com/b",
        "file.xml#3",
    ]


def test_entry_without_a_text_is_its_title(tmp_path: Path) -> None:
    """A feed of headlines can be searched by them."""
    assert [article.text for article in articles_of(_read(tmp_path, ".xml", _rss("<title>Talks go on</title>")))] == ["Talks go on"]


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("Mon, 30 Nov -0001 00:00:00 +0000", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("0001-01-01T00:00:00Z", None),
        ("Fri, 26 Apr 2024 12:30:00 EST", "2024-04-26T12:30:00-05:00"),
        ("26 Apr 2024 12:30 GMT", "2024-04-26T12:30:00+00:00"),
        ("2024-04-26", "2024-04-26"),
        ("Fri Apr 26 12:30:00 2024", "2024-04-26T12:30:00"),
        ("2024\ub144 4\uc6d4 26\uc77c", "2024-04-26"),
        ("2004-07-13 \u00bf\u00c0\u00c8\u00c4 8:15:00".replace("\u00bf\u00c0\u00c8\u00c4", "\uc624\ud6c4"), "2004-07-13"),
        ("soon", None),
    ],
)
def test_dates_of_feeds(written: str, iso: str | None, tmp_path: Path) -> None:
    """What newsdex cannot read with its zone, feedparser may still know, in UTC."""
    [article] = articles_of(_read(tmp_path, ".rss", _rss(f"<title>a</title><pubDate>{written}</pubDate>")))

    assert (article.published.iso if article.published else None) == iso


def test_date_of_a_feed_that_is_not_understood_is_named_once(tmp_path: Path) -> None:
    """The entries are read without it; a link is a whole address where the feed says of which site it is."""
    entries = "".join(
        f"<item><title>T{n}</title><link>{link}</link><pubDate>yesterday</pubDate></item>"
        for n, link in enumerate(["/0", "1", "https://[bad"])
    )
    items = _read(tmp_path, ".rss", f"<rss version='2.0'><channel><link>https://example.com/news/</link>{entries}</channel></rss>".encode())

    assert [(article.url, article.published) for article in articles_of(items)] == [
        ("https://example.com/0", None),
        ("https://example.com/news/1", None),
        ("https://[bad", None),
    ]
    assert reasons_of(items) == ["date 'yesterday', and 2 more, not understood; indexed without it"]


def test_broken_feed_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Feeds that are no XML are common: their entries count all the same."""
    items = _read(tmp_path, ".xml", _rss("<title>AT&T and <b>others</title><description>One & two</description>")[:-10])

    assert len(articles_of(items)) == 1
    assert "One & two" in articles_of(items)[0].text


RSS1 = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>E</title></channel>'
)


@pytest.mark.parametrize(
    ("head", "entry"),
    [
        pytest.param(
            '<rss version="2.0"><channel><title>E</title><image/>',
            "<item><title>T{0}</title><description>Report {0}.</description></item>",
            id="RSS",
        ),
        pytest.param(RSS1, "<item><title>T{0}</title><description>Report {0}.</description></item>", id="RSS 1.0"),
        pytest.param(
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>E</title>',
            "<entry><title>T{0}</title><summary>Report {0}.</summary></entry>",
            id="Atom",
        ),
    ],
)
@pytest.mark.parametrize("cut", [1, 3, 12, 25, 34])
def test_feed_that_is_cut_off_gives_each_entry_once(head: str, entry: str, cut: int, tmp_path: Path) -> None:
    """The last is read as far as it goes, and named; those before it are as they were, under the same ids."""
    content = head + "".join(map(entry.format, range(5)))
    items = _read(tmp_path, ".xml", content[:-cut])
    articles = articles_of(items)

    assert [article.id for article in articles] == [f"file.xml#{number}" for number in range(1, 6)]
    assert [article.title for article in articles] == [f"T{number}" for number in range(5)]
    assert [article.text for article in articles[:4]] == [f"Report {number}." for number in range(4)]
    assert [(item.reason, item.lost) for item in items if isinstance(item, SourceError)] == [
        ("entry 5: broken XML; read as far as it goes", True)
    ]
    assert reasons_of(_read(tmp_path, ".xml", content)) == ["broken XML, read as far as it goes"]


@pytest.mark.parametrize(
    ("content", "reason"), [(_rss(), "a feed without entries"), ("<a><b/></a>", "XML, but not a feed"), ("", "not a feed")]
)
def test_xml_that_is_no_feed_says_so(content: str, reason: str, tmp_path: Path) -> None:
    """One reason a file."""
    with pytest.raises(SourceError, match=reason):
        _read(tmp_path, ".xml", content)


def test_feed_reads_no_other_file(tmp_path: Path) -> None:
    """Neither an entity nor a short content that looks like a name makes the reader open anything."""
    (tmp_path / "secret.txt").write_text("SECRET")
    declared = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    feed = _rss("<title>a</title><description>&x;</description>").replace("<rss", declared + "<rss", 1)
    assert "SECRET" not in "".join(article.text for article in articles_of(_read(tmp_path, ".xml", feed)))
    with pytest.raises(SourceError, match="not a feed"):
        _read(tmp_path, ".xml", str(tmp_path / "secret.txt"))


# Web archives


def _warc(pages: Sequence[tuple[str, str, str, bytes]], *, gzipped: bool, time: str = "2024-04-26T12:00:00Z") -> bytes:
    import warcio
    from warcio.statusandheaders import StatusAndHeaders

    content = io.BytesIO()
    writer = warcio.WARCWriter(content, gzip=gzipped)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "tests"}))
    for url, status, kind, body in pages:
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "request", payload=io.BytesIO(b""), http_headers=headers))
        dated = {"WARC-Date": time}
        record = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers, warc_headers_dict=dated)
        writer.write_record(record)
    return content.getvalue()


def _page(word: str) -> bytes:
    return (
        f'<html lang="en"><head><title>{word} go on</title></head><body><article><p>{SENTENCE * 3}</p><p>{word}</p></article></body></html>'
    ).encode()


PAGES = [
    ("https://example.com/2024/04/26/talks", "200 OK", "text/html; charset=utf-8", _page("Talks")),
    ("https://example.com/gone", "404 Not Found", "text/html", _page("Gone")),
    ("https://example.com/a.png", "200 OK", "image/png", b"\x89PNG"),
    ("https://example.com/robots.txt", "200 OK", "text/plain", b"User-agent: *"),
    ("https://example.com/plain", "200 OK", "text/plain", b"Plain talks\n\nThe minister said so."),
    ("https://example.com/empty", "200 OK", "text/html", b""),
    ("https://example.com/russian", "200 OK", "text/html; charset=windows-1251", ("<p>" + "Министр сказал это. " * 20).encode("cp1251")),
]


@pytest.mark.parametrize("gzipped", [True, False])
def test_crawl_gives_the_pages_that_were_found(gzipped: bool, tmp_path: Path) -> None:
    """Answers that were found and are pages or plain text are articles, called by their address; the server's charset counts."""
    items = _read(tmp_path, ".warc.gz" if gzipped else ".warc", _warc(PAGES, gzipped=gzipped))
    page, plain, russian = articles_of(items)

    assert (page.id, page.url, page.title, page.language) == (PAGES[0][0], PAGES[0][0], "Talks go on", "en")
    assert page.published == Published("2024-04-26", "URL")
    assert (page.source, page.sha256) == ("example.com", hashlib.sha256(PAGES[0][3]).hexdigest())
    assert (plain.id, plain.title, plain.text) == ("https://example.com/plain", "Plain talks", "Plain talks\n\nThe minister said so.")
    assert russian.text.startswith("Министр сказал это.")
    assert [reason.split(": ")[1] for reason in reasons_of(items)] == ["no text"]


@pytest.mark.parametrize(
    ("first", "second"), [("1999-01-01T00:00:00Z", "1999-03-03T00:00:00Z"), ("1999-03-03T00:00:00Z", "1999-01-01T00:00:00Z")]
)
def test_of_two_captures_of_a_page_the_later_is_read(first: str, second: str, tmp_path: Path) -> None:
    """Wherever it is in the file; a page that was gone later stays, and the earlier capture is named."""
    url, gone = "https://example.com/talks", "https://example.com/gone"
    pages = [
        (url, "200 OK", "text/html", _page(first[:10])),
        (gone, "200 OK", "text/html", _page("Gone")),
        (url, "200 OK", "text/html", _page(second[:10])),
        (gone, "404 Not Found", "text/html", _page("Nothing")),
    ]
    items = _read(tmp_path, ".warc", _warc(pages[:2], gzipped=False, time=first) + _warc(pages[2:], gzipped=False, time=second))

    assert sorted(article.title for article in articles_of(items)) == ["1999-03-03 go on", "Gone go on"]
    [reason] = reasons_of(items)
    assert reason.endswith(f"{url} was captured again on 1999-03-03T00:00:00Z, which is read instead")


@pytest.mark.parametrize(
    ("newer", "why"),
    [
        (b"<html><body></body></html>", "no text"),
        (b"<html><body><p>404 Not found. The page does not exist.</p></body></html>", "probably an error or login page"),
        (_page("Talks")[:-60], ""),
    ],
    ids=["empty", "error", "cut off"],
)
def test_a_page_that_went_bad_is_read_from_an_earlier_capture(newer: bytes, why: str, tmp_path: Path) -> None:
    url = "https://example.com/talks"
    earlier = _warc([(url, "200 OK", "text/html", _page("Good"))], gzipped=False, time="1999-01-01T00:00:00Z")
    later = _warc([(url, "200 OK", "text/html", newer)], gzipped=False, time="1999-03-03T00:00:00Z")
    items = _read(tmp_path, ".warc", earlier + (later if why else later.rstrip()[:-30]))

    assert [article.title for article in articles_of(items)] == ["Good go on"]
    [reason] = reasons_of(items)
    assert (why or "cut off") in reason
    assert reason.endswith(f"{url} was captured on 1999-01-01T00:00:00Z, which is read instead")


def test_captures_of_one_address_with_several_ids_are_as_many_articles(tmp_path: Path) -> None:
    import warcio

    url, content = "https://example.com/talks", io.BytesIO()
    for number in range(2):
        told = io.BytesIO(f"id: talks-{number}\r\n".encode())
        writer = warcio.WARCWriter(content, gzip=False)
        writer.write_record(writer.create_warc_record(url, "metadata", payload=told, warc_content_type="application/warc-fields"))
        content.write(_warc([(url, "200 OK", "text/html", _page(str(number)))], gzipped=False))
    items = _read(tmp_path, ".warc", content.getvalue())

    assert [article.id for article in articles_of(items)] == ["talks-0", "talks-1"]
    assert not reasons_of(items)


def test_crawl_that_is_packed_as_a_whole_is_read(tmp_path: Path) -> None:
    """Crawlers pack each record on its own; gzip packs all together."""
    content = gzip.compress(_warc(PAGES, gzipped=False))

    assert len(articles_of(_read(tmp_path, ".warc.gz", content))) == 3


def test_page_of_a_crawl_that_does_not_say_what_it_is(tmp_path: Path) -> None:
    """What begins as a page is one; what is still packed, and documents that are not read, are named."""
    pages = [
        ("https://example.com/a", "200 OK", "", _page("Talks")),
        ("https://example.com/b", "200 OK", "", b"\x89PNG"),
        ("https://example.com/c", "200 OK", "text/html\r\nContent-Encoding: zstd", b"\x28\xb5\x2f\xfd\x04\x00\x01" * 9),
        ("https://example.com/d", "200 OK", "application/pdf", b"%PDF-1.7"),
        ("https://example.com/e", "404 Not Found", "application/pdf", b"%PDF-1.7"),
    ]
    items = _read(tmp_path, ".warc", _warc(pages, gzipped=False))

    assert [article.id for article in articles_of(items)] == ["https://example.com/a"]
    assert reasons_of(items) == [
        "record 7: https://example.com/c is packed as zstd, which is not supported",
        "documents in it that are not read: 1 application/pdf",
    ]


@pytest.mark.parametrize("gzipped", [True, False])
def test_crawl_that_is_cut_off_is_read_as_far_as_it_goes(gzipped: bool, tmp_path: Path) -> None:
    """What comes before the end of a torn archive is read, and the end is named."""
    content = _warc([PAGES[0], PAGES[4]], gzipped=gzipped)[:-100]
    path = tmp_path / ("a.warc.gz" if gzipped else "a.warc")
    path.write_bytes(content)
    items: list[Article | SourceError] = []
    try:
        items.extend(FORMATS[".warc"].articles(Source(path, "a")))
    except SourceError as error:
        items.append(error)

    assert [article.id for article in articles_of(items)][:1] == [PAGES[0][0]]
    assert any("cut off" in reason for reason in reasons_of(items))


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"WARC/1.0\r\n", b"\x1f\x8b\x08broken"])
def test_file_that_is_no_crawl_gives_no_article(content: bytes, tmp_path: Path) -> None:
    """Anything else is named, or holds nothing."""
    (tmp_path / "a.warc").write_bytes(content)
    items: list[Article | SourceError] = []
    with contextlib.suppress(SourceError):
        items.extend(FORMATS[".warc"].articles(Source(tmp_path / "a.warc", "a")))
    assert articles_of(items) == []


# Mail


def _message(subject: str = "Talks go on", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "The Example <news@example.com>"
    message["Date"] = "Fri, 26 Apr 2024 12:30:00 +0800"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def test_message_is_an_article(tmp_path: Path) -> None:
    """Subject, sender and date are the article's title, source and date; its id is the message's own."""
    message = _message("Gespräche über Köln", Message_ID="<1@example.com>")
    message.set_content("Der Minister sagte es in Köln.\n")
    message["Content-Language"] = "de"
    [article] = articles_of(_read(tmp_path, ".eml", bytes(message)))

    assert (article.id, article.title, article.source, article.language) == ("1@example.com", "Gespräche über Köln", "The Example", "de")
    assert (article.text, article.published) == ("Der Minister sagte es in Köln.", Published("2024-04-26T12:30:00+08:00", "mail header"))
    assert article.metadata == {"author": "The Example", "from": "news@example.com"}


@pytest.mark.parametrize("kind", ["plain", "html"])
@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "shift_jis", "undefined", "idna", "punycode", "utf\0-8", "none"])
def test_message_in_utf8_is_read_whatever_it_declares(charset: str, kind: str, tmp_path: Path) -> None:
    """As for web pages. A script that has no charset declares "undefined", which is a codec of Python that fails."""
    head = f'From: news@example.com\nSubject: Köln\nContent-Type: text/{kind}; charset="{charset}"\n\n'
    for text in ("Größe und Wahl in Köln.", "The minister said so."):
        assert [each.text for each in articles_of(_read(tmp_path, ".eml", f"{head}{text}\n"))] == [text]


@pytest.mark.parametrize(("charset", "text"), [("iso-2022-jp", "日本の新聞"), ("windows-1251", "Газета")])
def test_message_in_another_encoding_is_read_as_it_declares(charset: str, text: str, tmp_path: Path) -> None:
    """Also in one of which each byte is ASCII."""
    message = EmailMessage()
    message.set_content(text, charset=charset, cte="base64")
    assert [each.text for each in articles_of(_read(tmp_path, ".eml", bytes(message)))] == [text]


def test_of_two_forms_of_a_message_the_whole_one_is_taken(tmp_path: Path) -> None:
    """The plain text is taken, unless it only says to look at the HTML."""
    both = _message()
    both.set_content("The minister said so, in plain words.\n")
    both.add_alternative("<p>The minister said so, <b>in plain words</b>.</p>", subtype="html")
    pointing = _message()
    pointing.set_content("View this in your browser.\n")
    pointing.add_alternative(f"<style>p {{}}</style><p>{SENTENCE}</p><p>{SENTENCE}</p>", subtype="html")

    assert [article.text for article in articles_of(_read(tmp_path, ".eml", bytes(both)))] == ["The minister said so, in plain words."]
    assert [article.text for article in articles_of(_read(tmp_path, ".eml", bytes(pointing)))] == [
        f"{SENTENCE}\n\n{SENTENCE}".replace(" \n", "\n").strip()
    ]


def test_attached_text_is_read_and_attached_files_are_not(tmp_path: Path) -> None:
    """Texts beside the body come after it."""
    message = _message()
    message.set_content("The body.\n")
    message.add_attachment("The attachment.\n", filename="a.txt")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")

    assert [article.text for article in articles_of(_read(tmp_path, ".eml", bytes(message)))] == ["The body.\n\nThe attachment."]


def test_attached_document_is_read_and_others_are_named(tmp_path: Path) -> None:
    """A story that comes as a document is part of the message; what cannot be read is named, but for pictures."""
    word = docx.Document()
    word.add_paragraph("The story of the river.")
    word.save(str(tmp_path / "story.docx"))
    message = _message()
    message.set_content("Find the story attached.\n")
    for name, content in (("story.docx", (tmp_path / "story.docx").read_bytes()), ("old.doc", b"x"), ("b.pdf", b"broken")):
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    items = _read(tmp_path, ".eml", bytes(message))

    assert [article.text for article in articles_of(items)] == ["Find the story attached.\n\nThe story of the river."]
    assert reasons_of(items) == ["b.pdf: broken: PDFium cannot open it", "attachments that are not read: old.doc"]


def test_signatures_and_invitations_are_no_remark(tmp_path: Path) -> None:
    message = _message()
    message.set_content("The body.\n")
    for kind, name in (("pkcs7-signature", "smime.p7s"), ("pgp-signature", "a.asc"), ("zip", "x" * 500 + ".zip")):
        message.add_attachment(b"x", maintype="application", subtype=kind, filename=name)
    message.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="invite.ics")

    [reason] = reasons_of(_read(tmp_path, ".eml", bytes(message)))
    assert reason.startswith("attachments that are not read: xxx")
    assert len(reason) < 150


def test_attached_documents_do_not_cost_the_message(tmp_path: Path) -> None:
    """Only so much text of documents is read as leaves the message an article, and messages in messages only so deep."""
    message = _message()
    message.set_content("The body.\n")
    for name, size in (("a.md", 5_000_000), ("b.md", 5_000_000), ("c.md", 5_000_000)):
        message.add_attachment(b"river " * (size // 6), maintype="application", subtype="octet-stream", filename=name)
    items = _read(tmp_path, ".eml", bytes(message))
    [article] = articles_of(items)

    assert article.text.startswith("The body.\n\nriver ")
    assert 5_000_000 <= len(article.text) <= 8 << 20
    assert reasons_of(items) == ["attachments that are not read: b.md, c.md"]

    inner = message = _message()
    inner.set_content("Level 0.\n")
    for level in range(1, 6):
        message = _message()
        message.set_content(f"Level {level}.\n")
        message.add_attachment(bytes(inner), maintype="application", subtype="octet-stream", filename="inner.eml")
        inner = message
    items = _read(tmp_path, ".eml", bytes(message))

    assert [article.text for article in articles_of(items)] == ["Level 5.\n\nLevel 4.\n\nLevel 3."]
    assert reasons_of(items) == ["inner.eml: inner.eml: inner.eml: a message in too many others"]


def test_mailbox_is_many_messages(tmp_path: Path) -> None:
    """Messages are told apart as Python's own mailbox module tells them, with lines that only look like the beginning of one."""
    box = mailbox.mbox(tmp_path / "box.mbox")
    for number in range(3):
        message = _message(f"Talks {number}")
        message.set_content(f"Number {number}.\n\nFrom here on, nothing.\n")
        box.add(message)
    box.close()
    items = _read(tmp_path, ".mbox", (tmp_path / "box.mbox").read_bytes())

    assert [(article.id, article.title) for article in articles_of(items)] == [(f"file.mbox#{n + 1}", f"Talks {n}") for n in range(3)]
    assert [article.text for article in articles_of(items)] == [f"Number {n}.\n\nFrom here on, nothing." for n in range(3)]


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(b"", id="at the end of a line"),
        pytest.param(b"\nThe ferry was la\n", id="within a line that is ended"),
        pytest.param(b"\nThe ferry was la", id="within a line"),
        pytest.param(b"\nThe ferry was ", id="behind a space"),
        pytest.param(b"X-Spam: n", id="within a header"),
    ],
)
@pytest.mark.parametrize("year", ["2024", "2024 +0200", "+0200 2024", "CEST 2024", "2024\r"])
def test_message_behind_one_that_is_cut_off_is_read(cut: bytes, year: str, tmp_path: Path) -> None:
    """A whole separator line with a header behind it begins a message, though no blank line, or no line end, stands before it."""
    heads = [f"From a@b Wed May  1 10:00:0{number} {year}\nSubject: {number}\n".encode() for number in range(3)]
    content = heads[0] + cut + heads[1] + b"\nThe bridge was closed.\n" + heads[2] + b"\nThe talks go on.\n"
    articles = articles_of(_read(tmp_path, ".mbox", content))

    assert [article.title for article in articles] == ["0", "1", "2"]
    assert [article.text for article in articles[1:]] == ["The bridge was closed.", "The talks go on."]


def test_line_that_only_resembles_the_beginning_of_a_message_is_text(tmp_path: Path) -> None:
    """After a blank line, one needs sender, day, time and year, or a header behind it; elsewhere both."""
    text = (
        "From a friend we hear: the ferry\nwas late.\nFrom a friend: none\nNote: it is.\nFrom a@b Wed May  1 10:00:02 2024\nthe talks go "
        "on.\n"
        "Said: > From a@b Wed May  1 10:00:02 2024\n> Subject: Two\n>From a@b Wed May  1 10:00:02 2024\nSubject: Three\nThe end."
    )
    [article] = articles_of(_read(tmp_path, ".mbox", f"From a@b Wed May  1 10:00:01 2024\nSubject: One\n\n{text}\n"))

    assert article.text == text.replace("\n>From", "\nFrom")


def test_a_date_of_many_figures_costs_no_message(tmp_path: Path) -> None:
    """It is not understood."""
    items = _read(tmp_path, ".eml", f"From: news@example.com\nDate: Fri, 26 Apr 2024 12:30:{'9' * 30} +0800\n\n{SENTENCE}\n")
    assert [(each.text, each.published) for each in articles_of(items)] == [(SENTENCE.strip(), None)]


def test_broken_message_costs_no_other(tmp_path: Path) -> None:
    """A message without a header is named by its number; wrong charsets and headers are read as far as they can be."""
    broken = b"From a\n\nno header\n\nFrom b\nSubject: =?utf-8?q?=FF\nContent-Type: text/plain; charset=no-such\nDate: x\n\nThe text.\n"
    items = _read(tmp_path, ".mbox", broken)

    assert reasons_of(items) == ["message 1: not a message: it has no header"]
    assert [article.text for article in articles_of(items)] == ["The text."]

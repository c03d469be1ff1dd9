"""What news agencies send, to articles: NewsML-G2, NewsML 1 and NITF, and ninjs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reading import articles_of, only, read, reasons_of

from newsdex import Index, index_paths
from newsdex.errors import SourceError
from newsdex.records import Article

G2 = "http://iptc.org/std/nar/2006-10-01/"
XHTML = (
    '<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Ferry</title></head>'
    "<body><p>The ferry to Elm Island stays in port.</p><p>Its crew <b>walked</b> out on Monday.</p></body></html></inlineXML>"
)
NITF_BODY = (
    "<body><body.head><hedline><hl1>Ferry stays in port</hl1><hl2>Crew walks out</hl2></hedline>"
    "<byline>By Ann Lee<byttl>Harbour Desk</byttl>"
    "</byline><distributor>Elm Press</distributor><abstract><p>A strike.</p></abstract></body.head><body.content><block><p>The ferry to "
    "<location>Elm Island</location> stays in port.</p><media media-type='image'><media-caption><p>A boat.</p></media-caption></media>"
    "<hl2>Walkout</hl2><p>Its crew walked out.</p></block></body.content><body.end><tagline>Ends</tagline></body.end></body>"
)


def item(
    guid: str = "urn:newsml:elm.example:20240426:7", version: str = "1", status: str = "usable", kind: str = "text", **parts: str
) -> str:
    """A NewsML-G2 item; ``parts`` replace its content and metadata."""
    meta = parts.get(
        "meta",
        '<creator qcode="staff:9"><name>Ann Lee</name></creator><language tag="en"/>'
        '<subject qcode="medtop:20000523"><name xml:lang="en">labour'
        '</name><name xml:lang="de">Arbeit</name></subject><keyword>ferry</keyword><slugline>ELM-FERRY</slugline>'
        '<headline role="hld:subHeadline">'
        "Crew walks out</headline><headline>Ferry <em>stays</em> in port</headline>",
    )
    return (
        f'<newsItem xmlns="{G2}" guid="{guid}" version="{version}" standard="NewsML-G2" xml:lang="en-GB"><itemMeta>'
        f'<itemClass qcode="ninat:{kind}"/><provider qcode="nprov:ELM"><name>Elm Press</name></provider>'
        f"<versionCreated>2024-04-2{version[-1]}T16:25:32+0200</versionCreated><firstCreated>2024-04-20T09:00:00+02:00</firstCreated>"
        f'<pubStatus qcode="stat:{status}"/></itemMeta><contentMeta>{meta}</contentMeta>'
        f"<contentSet>{parts.get('content', XHTML)}</contentSet></newsItem>"
    )


def message(*items: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><newsMessage xmlns="{G2}"><itemSet>{"".join(items)}</itemSet></newsMessage>'


def test_newsml_g2_item(tmp_path: Path) -> None:
    """Each field is from its element: the day of the first version, the main headline, names rather than codes."""
    article = only(read(tmp_path / "a.xml", item()))
    assert article.id == "urn:newsml:elm.example:20240426:7"
    assert article.text == "The ferry to Elm Island stays in port.\n\nIts crew walked out on Monday."
    assert (article.title, article.source, article.language) == ("Ferry stays in port", "Elm Press", "en")
    assert str(article.published) == "2024-04-20T09:00:00+02:00"
    assert article.metadata == {"author": "Ann Lee", "tags": "labour, ferry", "slugline": "ELM-FERRY"}
    assert (article.body.start, article.body.end, article.record) == (0, len(article.text), 0)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("<inlineData contenttype='text/plain'>Talks go on.\n\nIn Elm.</inlineData>", "Talks go on.\n\nIn Elm.", id="plain"),
        pytest.param("<inlineData><![CDATA[<P>Talks go on.</P><P>In Elm.</P>]]></inlineData>", "Talks go on.\n\nIn Elm.", id="HTML"),
        pytest.param("<inlineData>&lt;p&gt;Talks &amp;amp; tea.&lt;/p&gt;</inlineData>", "Talks & tea.", id="HTML by references"),
        pytest.param(
            f"<inlineXML><nitf xmlns=''>{NITF_BODY}</nitf></inlineXML>",
            "The ferry to Elm Island stays in port.\n\nWalkout\n\nIts crew walked out.",
            id="NITF",
        ),
    ],
)
def test_newsml_g2_contents(content: str, text: str, tmp_path: Path) -> None:
    """The forms that a text has in an item; of NITF only the story, without captions."""
    assert only(read(tmp_path / "a.xml", item(content=content))).text == text


def test_newsml_g2_message_of_several_items(tmp_path: Path) -> None:
    """Of two versions the newest is read, whatever their order; an item that is withdrawn is named; pictures and packages are counted."""
    items = read(
        tmp_path / "a.xml",
        message(
            item("urn:a", "9", content="<inlineData>Nine.</inlineData>"),
            item("urn:b", "2", content="<inlineData>Two.</inlineData>"),
            item("urn:a", "10", content="<inlineData>Ten.</inlineData>"),
            item("urn:c", "1", "canceled"),
            item("urn:d", "1"),
            item("urn:d", "2", "withheld"),
            item("urn:e", kind="picture", content="<remoteContent href='a.jpg'/>"),
            f'<packageItem xmlns="{G2}" guid="urn:p"><groupSet/></packageItem>',
        ),
    )
    assert [(article.id, article.text, article.record) for article in articles_of(items)] == [
        ("urn:b:2", "Two.", 2),
        ("urn:a:10", "Ten.", 3),
    ]
    assert reasons_of(items) == [
        "'urn:c': skipped, because its status is canceled",
        "'urn:d': skipped, because its status is withheld",
        "2 items without text, such as pictures and packages, not read",
        "2 earlier versions of items not read: the newest in the file is",
    ]
    assert [error.lost for error in items if isinstance(error, SourceError)] == [True, True, False, False]


def test_a_version_in_each_file_is_an_article(tmp_path: Path) -> None:
    """Nothing of it is lost as the duplicate of an earlier one; the first keeps the id of the item."""
    for version in "123":
        (tmp_path / f"{version}.xml").write_text(item("urn:a", version, content=f"<inlineData>The ferry, {version}.</inlineData>"))
    report = index_paths([tmp_path], tmp_path / "index")
    assert (report.added, report.problems) == (3, [])
    with Index.open(tmp_path / "index") as index:
        assert {index.article(name).text for name in ("urn:a", "urn:a:2", "urn:a:3")} == {"The ferry, 1.", "The ferry, 2.", "The ferry, 3."}


def test_of_versions_without_numbers_the_last_that_was_made_is_read(tmp_path: Path) -> None:
    """By versionCreated: the days of these are the 23rd and the 25th."""
    text = message(
        item("urn:a", "x5", content="<inlineData>New.</inlineData>"), item("urn:a", "x3", content="<inlineData>Old.</inlineData>")
    )
    assert [article.text for article in articles_of(read(tmp_path / "a.xml", text))] == ["New."]


def test_nitf(tmp_path: Path) -> None:
    """The headline, the byline with the author's title, the day in basic ISO 8601, and subjects; the file is the article."""
    text = (
        '<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd"><nitf baselang="en-US"><head><title>ELM Ferry</title><tobject><tobject.subject '
        'tobject.subject.type="Labour" tobject.subject.matter="Strike"/></tobject>'
        '<docdata management-status="usable"><doc-id id-string="f7"/>'
        '<date.issue norm="19970102T222800-0500"/><key-list><keyword key="ferry"/></key-list></docdata></head>' + NITF_BODY + "</nitf>"
    )
    article = only(read(tmp_path / "a.xml", text))
    assert (article.id, article.title, article.source, article.language) == ("a.xml", "Ferry stays in port", "Elm Press", "en")
    assert article.text == "The ferry to Elm Island stays in port.\n\nWalkout\n\nIts crew walked out."
    assert str(article.published) == "1997-01-02T22:28:00-05:00"
    assert article.metadata == {"author": "Ann Lee Harbour Desk", "tags": "Labour, Strike, ferry"}


def test_nitf_of_a_newspaper_archive(tmp_path: Path) -> None:
    """Midnight stands for a day, and the publication is that of the newspaper."""
    text = (
        '<nitf><head><pubdata date.publication="19870101T000000" name="The Elm Post"/></head><body><body.content><p>A.</p></body.content>'
        "</body></nitf>"
    )
    article = only(read(tmp_path / "a.xml", text))
    assert (str(article.published), article.source) == ("1987-01-01", "The Elm Post")


def test_lead_that_nitf_repeats_is_read_once(tmp_path: Path) -> None:
    """As in the archive of the New York Times."""
    blocks = "<block class='lead_paragraph'><p>A.</p></block><block class='full_text'><p>A.</p><p>B.</p></block>"
    text = f"<nitf><body><body.content>{blocks}</body.content></body></nitf>"
    assert only(read(tmp_path / "a.xml", text)).text == "A.\n\nB."


def test_newsml_1(tmp_path: Path) -> None:
    """The older standard, with its names for the same."""
    text = (
        "<NewsML><NewsItem><Identification><NewsIdentifier><RevisionId PreviousRevision='0' Update='N'>1</RevisionId><PublicIdentifier>"
        "urn:newsml:elm.example:20050426:7:1</PublicIdentifier></NewsIdentifier></Identification><NewsManagement><FirstCreated>"
        "20050426T123000Z</FirstCreated><Status FormalName='Usable'/></NewsManagement><NewsComponent><NewsLines><HeadLine>Ferry stays in "
        "port</HeadLine><ByLine>by Ann Lee</ByLine></NewsLines><AdministrativeMetadata><Provider><Party FormalName='Elm Press'/></Provider>"
        "</AdministrativeMetadata><DescriptiveMetadata><Language FormalName='en'/></DescriptiveMetadata><ContentItem><DataContent>"
        "<p>The crew walked out.</p><p>No ferry goes.</p></DataContent></ContentItem></NewsComponent></NewsItem></NewsML>"
    )
    article = only(read(tmp_path / "a.xml", text))
    assert (article.id, article.title, article.source) == ("urn:newsml:elm.example:20050426:7:1", "Ferry stays in port", "Elm Press")
    assert (article.text, article.language) == ("The crew walked out.\n\nNo ferry goes.", "en")
    assert (str(article.published), article.metadata["author"]) == ("2005-04-26T12:30:00+00:00", "Ann Lee")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "iso-8859-1", "cp1252"])
def test_encodings_of_items(encoding: str, tmp_path: Path) -> None:
    """It is read as it is written, whatever it declares; the last two are declared as UTF-8."""
    text = '<?xml version="1.0" encoding="utf-8"?>' + item(content="<inlineData>Über Öl sprach die Fähre in Köln, sagte Jörg.</inlineData>")
    assert only(read(tmp_path / "a.xml", text.encode(encoding))).text == "Über Öl sprach die Fähre in Köln, sagte Jörg."


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE nitf [<!ENTITY a "ferry ferry ferry">'
    + "".join(f'<!ENTITY {after} "{f"&{name};" * 20}">' for name, after in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><nitf><body><body.content><p>The crew &i; walked out.</p></body.content></body></nitf>"
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param(
            '<!DOCTYPE nitf [<!ENTITY a SYSTEM "file:///etc/passwd">]><nitf><body.content><p>A &a; b.</p></body.content></nitf>',
            "A &a; b.",
            id="a file as an entity",
        ),
        pytest.param(
            "<nitf><body><body.content>" + "<block>" * 200 + "Deep." + "</block>" * 200 + "</body.content></body></nitf>",
            "Deep.",
            id="nested",
        ),
        pytest.param(item(meta="", content=""), "", id="nothing in it"),
    ],
)
def test_hostile_items(content: str, text: str, tmp_path: Path) -> None:
    """Entities are not resolved; what is there is read."""
    assert only(read(tmp_path / "a.xml", content)).text == text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(message(item())[:-200], id="cut off"),
        pytest.param(f'<newsItem xmlns="{G2}" guid="urn:a"><itemMeta>', id="cut off early"),
        pytest.param(f'<newsMessage xmlns="{G2}"><itemSet/></newsMessage>', id="no items"),
        pytest.param(b"<newsItem guid='a'>\xff\xfe\x00\x01</newsItem", id="bytes"),
        pytest.param("<nitf>" * 100_000, id="never closed"),
        pytest.param(BOMB, id="entities of entities"),
    ],
)
def test_broken_items_are_named(content: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        read(tmp_path / "a.xml", content)
    assert error.value.reason.isprintable()


def test_a_feed_about_news_items_is_a_feed(tmp_path: Path) -> None:
    """Its root says what it is."""
    text = (
        "<rss version='2.0'><channel><title>Elm</title><item><title>On <![CDATA[<nitf >]]></title><guid>urn:a</guid></item></channel></rss>"
    )
    assert only(read(tmp_path / "a.xml", text)).id == "urn:a"


# ninjs

ONE: dict[str, Any] = {
    "uri": "urn:elm:7",
    "type": "text",
    "version": "2",
    "firstcreated": "2024-04-26T09:00:00Z",
    "versioncreated": "2024-04-26T12:30:00Z",
    "pubstatus": "usable",
    "language": "en-GB",
    "headline": "Ferry stays in port",
    "byline": "By Ann Lee",
    "provider": "Elm Press",
    "subject": [{"name": "labour", "code": "1"}, {"name": "transport"}],
    "keywords": ["ferry", "labour"],
    "body_text": "The crew walked out. No ferry goes.",
    "body_html": "<p>The crew walked out.</p>\n<p>No ferry goes.</p>",
    "associations": {
        "main": {"uri": "urn:elm:8", "type": "picture", "body_text": "A caption that is longer than the whole story of the ferry."}
    },
}
TWO: dict[str, Any] = {
    "uri": "urn:elm:7",
    "standard": {"name": "ninjs", "version": "2.1"},
    "type": "text",
    "versioncreated": "2024-04-26T09:00:00Z",
    "pubstatus": "usable",
    "language": "en",
    "headlines": [{"role": "short", "value": "Ferry"}, {"role": "main", "value": "Ferry stays in port"}],
    "by": "Ann Lee",
    "infosources": [{"name": "Elm Press"}],
    "subjects": [{"name": "labour"}, {"name": "transport"}, {"literal": "ferry"}],
    "descriptions": [{"role": "summary", "value": "A strike."}],
    "bodies": [
        {"role": "main", "contenttype": "text/plain", "value": "The crew walked out. No ferry goes."},
        {
            "role": "rich",
            "contenttype": "text/html",
            "value": "<html><head><title>F</title></head><body><p>The crew walked out.</p><p>No ferry goes.</p>",
        },
        {
            "role": "nitf",
            "contenttype": "application/nitf+xml",
            "value": "<nitf><body><p>Of no use, for it is also above.</p></body></nitf>",
        },
    ],
}
THREE: dict[str, Any] = {
    {"versioncreated": "versionCreated", "pubstatus": "pubStatus", "infosources": "infoSources"}.get(name, name): value
    for name, value in TWO.items()
}


@pytest.mark.parametrize("record", [pytest.param(ONE, id="1.x"), pytest.param(TWO, id="2.x"), pytest.param(THREE, id="3.x")])
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_ninjs(record: dict[str, Any], suffix: str, tmp_path: Path) -> None:
    """The versions of the standard have other names for the same."""
    article = only(read(tmp_path / f"a{suffix}", json.dumps(record)))
    assert article.id == {"2": "urn:elm:7:2"}.get(record.get("version", ""), "urn:elm:7")
    assert (article.title, article.source, article.language) == ("Ferry stays in port", "Elm Press", "en")
    assert article.text == "The crew walked out.\n\nNo ferry goes."
    assert str(article.published) == "2024-04-26T09:00:00+00:00"
    assert (article.metadata["author"], article.metadata["tags"]) == ("Ann Lee", "labour, transport, ferry")
    assert not {"bodies", "associations", "headlines", "body_text", "by", "byline"} & set(article.metadata)


@pytest.mark.parametrize("around", [lambda items: items, lambda items: {"total": 4, "items": items}], ids=["a list", "a list in an object"])
def test_ninjs_of_several_items(around: Any, tmp_path: Path) -> None:
    """As of NewsML-G2."""
    items = read(
        tmp_path / "a.json",
        json.dumps(
            around(
                [
                    {**ONE, "version": "9", "body_html": "Nine."},
                    {**ONE, "version": 10, "body_html": "Ten, at the end of the day.", "body_text": ""},
                    {**TWO, "uri": "https://elm.example/8", "pubstatus": "canceled"},
                    {
                        "guid": "urn:elm:9",
                        "versioncreated": "2024-04-26",
                        "type": "picture",
                        "headline": "A boat",
                        "description_caption": "It is blue.",
                    },
                ]
            )
        ),
    )
    assert [(article.id, article.text) for article in articles_of(items)] == [("urn:elm:7:10", "Ten, at the end of the day.")]
    assert reasons_of(items) == [
        "'https://elm.example/8': skipped, because its status is canceled",
        "1 item without text, such as pictures and packages, not read",
        "1 earlier version of items not read: the newest in the file is",
    ]


def test_ninjs_without_a_body_is_read_by_its_description(tmp_path: Path) -> None:
    article = only(read(tmp_path / "a.json", json.dumps({**TWO, "bodies": None, "uri": "https://elm.example/7"})))
    assert (article.text, article.url) == ("A strike.", "https://elm.example/7")


@pytest.mark.parametrize(
    "value", [None, 7, "", [], {}, [None, {}], [[]] * 3, {"value": 3}, [{"value": None, "role": 4}], [{"name": ["a"]}]]
)
@pytest.mark.parametrize(
    "field", [name for name in TWO if name not in ("uri", "versioncreated", "type")] + ["version", "authors", "body_html"]
)
def test_ninjs_with_a_field_of_another_type(field: str, value: Any, tmp_path: Path) -> None:
    """Costs that field at most."""
    articles = articles_of(read(tmp_path / "a.json", json.dumps({**TWO, field: value})))
    assert [article.id for article in articles] == ["urn:elm:7:7" if field == "version" and value == 7 else "urn:elm:7"]
    assert isinstance(articles[0], Article)

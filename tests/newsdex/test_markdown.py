"""Markup as it is read: labels without addresses, no images, no tags of HTML and templates, characters for references."""

from __future__ import annotations

import re
from html import unescape

import pytest
from cpu_time import within
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex.markdown import _read, read_of
from newsdex.records import UNREAD, Span
from newsdex.sentences import split_sentences
from newsdex.words import as_read, unlinked

URL = "https://example.org/a-b_c?d=e#f"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("Boats leave from the [old pier](/pier.html).", "Boats leave from the old pier.", id="link"),
        pytest.param(f'See [it]({URL} "The title (2)") and [that](<{URL} x>).', "See it and that.", id="title, angle brackets"),
        pytest.param("[Bern](https://w.org/wiki/Bern_(city)), [B](https://w.org/\\(b\\))'s", "Bern, B's", id="parentheses"),
        pytest.param("![](a/img_005.jpg)Nothing beats it.", " Nothing beats it.", id="image"),
        pytest.param("x![IMG 0234.JPG](c.png)!", "x!", id="name of a file"),
        pytest.param("![Boats at the pier](a.jpg) leave.", "Boats at the pier leave.", id="described image"),
        pytest.param(f"[![](a.png)]({URL}) [![Boats at sea](b.png)]({URL})", " Boats at sea", id="image in a link"),
        pytest.param("[Home](/)[About](/a)![](x/y)[News](/n)", "Home About News", id="side by side"),
        pytest.param("[two\nlines](/a\n'its title'), [a [b] c](/d)", "two\nlines\n, a [b] c", id="over lines"),
        pytest.param(f"Text.\n[1]: {URL} 'Its title'\n  [b c]: </d>\nMore.", "Text.\n\n\nMore.", id="definitions"),
        pytest.param('In the <a href="{{< ref "/a/_b.md" >}}" target="_blank">Program</a> (DAP)', "In the Program (DAP)", id="HTML link"),
        pytest.param('[Program]({{< ref "/a b.md" >}}#c) and [d]({{ site.url }}/e)', "Program and d", id="templates as addresses"),
        pytest.param("<p>One.</p><p>Two<br>three</p>", " One. Two three", id="blocks"),
        pytest.param("<ul>\n  <li>One <em>two</em></li>\n</ul>\n</DIV>", "\n One two\n\n", id="at edges"),
        pytest.param("25<sup>th</sup> <strong> in</strong> H<SUB>2</SUB>O", "25th in H2O", id="within words"),
        pytest.param('<a href="/1">Home</a><a href="/2">News</a>', "Home News", id="HTML side by side"),
        pytest.param("Broken</span><span style='a: b'> tags", "Broken tags", id="one is not opened"),
        pytest.param('x <img src="a.png" alt="a sick, green emoji"> to <img alt="a.png" src="b">y', "x a sick, green emoji to y", id="alt"),
        pytest.param('<img alt="Ben &amp; Jerry at sea" />', " Ben & Jerry at sea", id="references in alt"),
        pytest.param("See <a\n  href='/b'\n>the pier</a>.", "See \n\nthe pier.", id="a tag over lines"),
        pytest.param('<Youtube id="x" /> and <b-c d={e} />.', " and .", id="components"),
        pytest.param("a <!-- b\n\n<p> --> c <!-- d", "a \n\n c <!-- d", id="comments"),
        pytest.param("{{< box >}}One{{% /box %}} {% if a %}two{{ b.c }}{% end %}", " One two ", id="templates"),
        pytest.param('{{< img src="a" alt="A dog runs" >}} {{< img alt="dog.jpg" >}}', " A dog runs ", id="alt in templates"),
        pytest.param("Kids.gov &#8212; a &amp; b&nbsp;c&#x2019;s &lt;p&gt;", "Kids.gov — a & b c\u2019s <p>", id="references"),
        pytest.param("caf&eacute; &amp;lt; &quot;d&quot;&#10;", 'café &lt; "d" ', id="more references"),
        pytest.param("> 1. One.\n>\n>> > Two.\n   > three", " 1. One.\n\n Two.\n three", id="quotes"),
        pytest.param(f"Write <mailto:ann@example.org> or see <{URL}>.", f"Write mailto:ann@example.org or see {URL}.", id="autolinks"),
    ],
)
def test_addresses_and_images_are_not_read(text: str, read: str) -> None:
    """What remains is what a reader of the rendered page sees; white space may be doubled."""
    assert re.sub(r"[^\S\n]+", " ", as_read(text)) == read
    assert len(unlinked(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nothing [1] to [2, 3] see (here).",
        f"A bare {URL} stays.",
        "`[a](/b)` and ``[`](/c)``",
        "```md\n[a](/b)\n\n![](c.png)\n```",
        "> ~~~\n> [a](/b)\n> ~~~",
        "x = handlers[i](event) + rows[0](1, 2) + callbacks[name](self.config.timeout) + f[0](1.5)",
        "[a-z](?:foo|bar), [Ann](9.5/10), [he](Mr.Putin), [1](p.45)",
        '[SMITH]: <sighs> "I never took the money from the harbour fund in April"\n[BOB]: #MeToo\n[12:03]: <alice>',
        "\\[no\\](/link), [no] (/link), [nor\n\nthis](/link)",
        "[^1]: A note, at https://example.org, is prose.\n[Ann]: well, and/or",
        "[a](/b c) <b> a<b",
        "The <p> tag, the </p> tag, and all between <b> and </b>, as <title>.",
        "<alice> hi <bob> there\n<ann x=1> a < b > c, a <y and z=3> d",
        "List<String> a = new Map<String, List<b>>(); if (a<b && c>d) x; cp <video>",
        "`<b>x</b>` `{{ x }}` `&amp;` \\<b>y\\</b> ``<!-- ` -->``",
        "```\n<p>\n> {{< a >}} {% b %} &amp;\n```",
        "$\\frac{{a}}{{b}}$ {{1,2},{3}} {{x",
        "AT&T; R&D; &bogus; &#0; &#xD800; &#31; &fjlig; & &; &#;",
        "5 > 4, ->, =>\n>5 and a\n    > b",
    ],
)
def test_other_text_stays(text: str) -> None:
    """References, code, indexes and calls, and what is no link in Markdown."""
    assert as_read(text) == text


_WORDS_ALONE = st.sampled_from(["a", "b > c", "d < e", "&", "AT&T", "{x}", "=>", "5;", "[1]", "(d)", "#x", "=> >", "%}", "}}", "<3", "<-"])
_PIECES = st.sampled_from(
    [
        "[",
        "]",
        "(",
        ")",
        "](",
        "![",
        "<",
        ">",
        "`",
        "```",
        "~~~",
        "\\",
        "\n",
        "\n\n",
        " ",
        "/",
        "a.b",
        "c d",
        '"',
        "'",
        "]: ",
        "<http://",
        "#",
        "x.png",
        "<a href='b'>",
        "</a>",
        "<p>",
        "<b",
        "<img alt='c d'>",
        "<!--",
        "-->",
        "{{< ",
        " >}}",
        "{%",
        "%}",
        "> ",
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
@example("[a ![b](/c](/d) [`e](/f`) `](/g)")
@settings(deadline=None)
def test_offsets_stay(text: str) -> None:
    """It has as many characters, each the same or UNREAD or a space, the same line ends, and nothing more to leave out."""
    read = unlinked(text)
    assert len(read) == len(text)
    assert all(new in (old, UNREAD, " ") and (old == "\n") == (new == "\n") for old, new in zip(text, read, strict=True))
    assert unlinked(read) == read
    for sentence in split_sentences(text, Span(0, len(text))):
        assert read[sentence.start : sentence.end].strip()


@given(st.lists(_PIECES | st.sampled_from(["&amp;", "&#60;", "&nbsp;", "&", ";"]), max_size=40).map("".join))
@settings(deadline=None)
def test_references_leave_the_other_characters_where_they_are(text: str) -> None:
    """A character is the stored one, unread, a space, or what a reference there means; and what was read before CUTTING 8 is, still."""
    read = unlinked(text)
    assert len(read) == len(text)
    for place, (old, new) in enumerate(zip(text, read, strict=True)):
        assert (old == "\n") == (new == "\n")
        assert new in (old, UNREAD, " ") or (old == "&" and new == unescape(text[place : text.index(";", place) + 1]))


@given(st.text("ab.,:;!? \n#*-'\"()[]/é中", max_size=80) | st.lists(_WORDS_ALONE, max_size=12).map(" ".join))
@settings(deadline=None)
def test_a_text_without_markup_is_read_as_it_is(text: str) -> None:
    """The same string, also where the gate lets it in."""
    text = text.replace("](", "] (").replace("]:", "] :")
    assert read_of(text).text == _read(text).text == text
    assert not _read(text).starts


_WORDS = st.text("ab.,é* ", min_size=1, max_size=6).filter(lambda word: word.strip(" *"))
_ADDRESSES = st.sampled_from([URL, "/a_(b)", f"<{URL}>", "/a 'b c'"])
_LINKS = st.builds(lambda mark, label, address: f"{mark}[{label}]({address})", st.sampled_from(["", "!"]), _WORDS, _ADDRESSES)


@given(st.lists(_WORDS | _LINKS, max_size=8).map(" ".join))
@settings(deadline=None)
def test_labels_are_those_of_a_parser_of_markdown(text: str) -> None:
    """Without images, whose descriptions only prose is read of."""
    parser = pytest.importorskip("markdown_it").MarkdownIt()
    text = re.sub(r"[*]|!(?=\[)", "", text)
    tokens = parser.parseInline(text)[0].children or []
    rendered = "".join(token.content if token.type == "text" else " " for token in tokens)
    assert "".join(as_read(text).split()) == "".join(rendered.split())


_OPENINGS = ["[", "![](", "[](<", '[](/ "', "[](/ (", "[](/\\", "[a](/)", "`[", "``` [](", "[a]: ", "\n[a]: /b ", "<http://", "![a b", ">"]
_OPENINGS += ["<", "</", "<a ", '<a href="', "<a b='<a b=\"", "<p>", "</p>", "<b>x", "<p> x", '<img alt="', "<a\n", "<a b={", "<a>", "<!--"]
_OPENINGS += [
    "{{",
    "{{<",
    "{% ",
    "{{< a {",
    "{{{",
    '{{< alt="',
    '<a b="{{',
    "&",
    "&#",
    "&amp;",
    "> ",
    "\n>",
    "\n<p>x",
    "<!-- -->",
    "}}",
    '<a b="c"',
]


@pytest.mark.parametrize("mark", _OPENINGS)
def test_hostile_text_takes_linear_time(mark: str) -> None:
    """A megabyte of openings that nothing closes; and closings for them."""
    text = mark * (1_000_000 // len(mark))
    for each in (text + "](", text[: len(text) // 2] + "](/a)" * 100_000):
        assert len(within(5, lambda each=each: _read.__wrapped__(each)).text) == len(each)  # type: ignore[misc]


def _sentences(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, Span(0, len(text)))]


def test_sentences_keep_links_whole_and_leave_images_out() -> None:
    """A line of images is no sentence; a sentence begins and ends with its words, or with the whole link."""
    first = "Boats leave from the [old pier. It is old](https://example.org/Who?Is.It!Yes)"
    second = "[Book](/b?c) early!"
    assert _sentences(f"![](a/b.jpg)\n\n![](c.png){first}\n\n{second} ![](d/e.jpg)") == [first, second]
    assert _sentences("![](a.gif)") == []
    long = f"Boats leave [from the old pier](/{'x' * 500}) at noon, and [come back]({URL}) at night."
    assert _sentences(long) == [long]


def test_spans_are_extended_over_links_that_they_have_the_words_of() -> None:
    """Not over those of which they have less."""
    text = "See [a pier](/p) and [![](i.png)the sea](/s)."
    labels = [Span(text.index(label), text.index(label) + len(label)) for label in ("a pier", "the sea", "pier", "sea", "the")]
    whole = read_of(text).whole(labels)
    assert [text[each.start : each.end] for each in whole] == [
        "[a pier](/p)",
        "[![](i.png)the sea](/s)",
        "pier](/p)",
        "sea](/s)",
        "[![](i.png)the",
    ]


def test_what_was_read_before_is_known() -> None:
    """Links alone, by which ``verify`` knows the passages of an index of then."""
    text = "<p>[a](/b) &amp; {{< c >}}</p>\n> ![](d.png)e <https://f.g>"
    assert unlinked(text, links_only=True).replace(UNREAD, "") == "<p>a &amp; {{< c >}}</p>\n>  e  https://f.g"


def test_a_heading_and_the_turns_of_a_quotation_end_a_sentence() -> None:
    """As in mail; a wrapped quotation goes on over its marks."""
    heading = "## About Login.gov\nLogin.gov enables members of the public to sign in."
    assert _sentences(heading) == heading.split("\n")
    mail = "On Monday Ann wrote:\n> I agree that the old pier\n> is closed until June\n> > Is it open\nso do I"
    assert _sentences(mail) == [
        "On Monday Ann wrote:",
        "I agree that the old pier\n> is closed until June",
        "Is it open",
        "so do I",
    ]


def test_a_sentence_has_whole_tags() -> None:
    """It neither begins nor ends in one, nor within the label of a link, whatever its fields say; a long tag counts for nothing."""
    link = f'<a title="Who? Me! {"x. Y " * 150}" href="/p">The pier. It is old</a>'
    image = '<img src="a.jpg" alt="Boats. Two of them">'
    assert _sentences(f"{link} leaves. {image} is seen. <em>Book!</em>") == [f"{link} leaves.", f"{image} is seen.", "Book!"]
    assert _sentences("{{< box >}}\n\n<br>\n\n<!-- No. Yes. -->") == []

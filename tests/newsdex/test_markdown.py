"""Markdown as it is read: labels without addresses, and no images."""

from __future__ import annotations

import re

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
    ],
)
def test_other_text_stays(text: str) -> None:
    """References, code, indexes and calls, and what is no link in Markdown."""
    assert as_read(text) == text


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

"""Nothing that an article holds can drive the terminal, and an answer is readable at 80 columns."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import replace
from itertools import chain, pairwise
from operator import mul
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsdex import Article, Hit, Passage, Published, Span
from newsdex.console import style_of
from newsdex.records import Copy, Match
from newsdex.terminal import Style, columns, heading_of, hit_lines, miss_lines, visible

PLAIN = Style(width=80, color=False, links=False)
COLOR = Style(width=80, color=True, links=False)
LINKS = Style(width=80, color=False, links=True)

JOINERS = "\u200c\u200d"
SGR = re.compile(r"\x1b\[[0-9;]*m")
LINK = re.compile(r"\x1b\]8;;(?P<uri>[^\x1b]*)\x1b\\(?P<text>[^\x1b]*)\x1b\]8;;\x1b\\")

# Characters that do something to a terminal or to the layout, more often than chance would bring them.
NASTY = (
    "\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\x9d\xad"
    "\u0301\u061c\u200b\u200d\u2028\u2029\u202e\u2066\ufe0f\ufeff\ud800\udcff\U000e0001\u4e2d\U0001f600"
)
CHARACTERS = st.one_of(st.characters(exclude_categories=()), st.sampled_from(NASTY), st.sampled_from(" ab.>"))
TEXTS = st.text(CHARACTERS)
# How wide a terminal draws these is not fixed, so that the test of width leaves them out.
UNCERTAIN = {"Cn", "Co"}
STORED = st.text(CHARACTERS.filter(lambda c: unicodedata.category(c) != "Cs"), min_size=1)  # no file holds a lone surrogate
REPEATED = st.builds(mul, STORED, st.integers(1, 200))  # longer than a line


def steers(text: str) -> list[str]:
    """The characters of ``text`` that must not reach a terminal: controls, surrogates, format characters, separators of lines."""
    return [c for c in text if c not in JOINERS and unicodedata.category(c) in {"Cc", "Cs", "Cf", "Zl", "Zp"}]


def width(text: str) -> int:
    """Columns, counted without the code under test: 2 for East Asian wide characters, none for marks and joiners."""
    none = {"Mn", "Me", "Cf"}
    return sum(0 if unicodedata.category(c) in none else 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1 for c in text)


def hit_of(text: str, answer: Span | None = None, *, rank: int = 1, **fields: Any) -> Hit:
    """A hit that is the whole of ``text``, its answer the whole too unless told."""
    values: dict[str, Any] = {"id": "a", "text": text, "path": Path.cwd() / "a.txt", "sha256": "00" * 32, "body": Span(0, len(text))}
    article = Article(**values | fields)
    return Hit(rank, 0.5, article, (Match(Passage(article.id, 0, 0, len(text), text), 0.5, answer or Span(0, len(text))),))


def lines_of(hit: Hit, style: Style = PLAIN) -> list[str]:
    """The lines for one hit."""
    return list(hit_lines([hit], style))


def test_visible_of_every_character() -> None:
    """Of all characters that there are, none that steers a terminal is left."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = visible(everything)
    assert steers(shown) == []
    kept = {c for c in everything if unicodedata.category(c)[0] in "LMNPS"}
    assert set(shown) - {" ", "\ufffd"} == (kept - {"\ufffd"}) | {c for c in everything if unicodedata.category(c) in {"Cn", "Co"}} | set(
        JOINERS
    )


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_visible_never_steers(text: str) -> None:
    """Whatever the text, what is shown is one line without a character that steers a terminal."""
    shown = visible(text)
    assert steers(shown) == []
    assert len(shown.splitlines()) <= 1


@settings(deadline=None, max_examples=200)
@given(TEXTS)
@example("a \u202e b")
def test_visible_has_single_spaces(text: str) -> None:
    """White space is shown as single spaces, also where something invisible stood between."""
    shown = visible(text)
    assert "  " not in shown
    assert set(filter(str.isspace, shown)) <= {" "}


@settings(deadline=None, max_examples=200)
@given(TEXTS)
@example("a \u202e b")
def test_visible_is_final(text: str) -> None:
    """What is fit to be shown stays as it is."""
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain text, 100 %", "plain text, 100 %", id="plain"),
        pytest.param("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m", id="colour"),
        pytest.param("\x1b[2J\x1b[H", "\ufffd[2J\ufffd[H", id="clear the screen"),
        pytest.param("\x9b2J", "\ufffd2J", id="the same as one character"),
        pytest.param("\x1b]0;title\x07", "\ufffd]0;title\ufffd", id="window title"),
        pytest.param(
            "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\", "\ufffd]8;;http://evil.example\ufffd\\here\ufffd]8;;\ufffd\\", id="link"
        ),
        pytest.param("\x1b]52;c;cm0gLXJm\x07", "\ufffd]52;c;cm0gLXJm\ufffd", id="clipboard"),
        pytest.param("safe\rrm -rf", "safe rm -rf", id="carriage return"),
        pytest.param("ab\x08\x08cd", "ab\ufffd\ufffdcd", id="backspace"),
        pytest.param("ding\x07", "ding\ufffd", id="bell"),
        pytest.param("nul\x00", "nul\ufffd", id="NUL"),
        pytest.param("one\ntwo\r\n\tthree\x0b\x0cfour\u2028five\u2029six\x85seven", "one two three four five six seven", id="line ends"),
        pytest.param("\u202etxt.exe\u202c", "txt.exe", id="bidi override"),
        pytest.param("\u2067isolate\u2069\u200e\u200f\u061c", "isolate", id="bidi isolates and marks"),
        pytest.param("pass\u00adword\u200b\ufeff\u2060", "password", id="invisible"),
        pytest.param("\U000e0041\U000e0042tags", "tags", id="tags"),
        pytest.param("lone \ud800 \udcff", "lone \ufffd \ufffd", id="lone surrogates"),
        pytest.param(
            "e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e",
            "e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e",
            id="joiners stay",
        ),
        pytest.param(
            "\u4e2d\u6587 \u0440\u0443\u0441 \u0639\u0631\u0628\u064a \u05e2\u05d1\u05e8",
            "\u4e2d\u6587 \u0440\u0443\u0441 \u0639\u0631\u0628\u064a \u05e2\u05d1\u05e8",
            id="every script",
        ),
        pytest.param("", "", id="nothing"),
    ],
)
def test_visible_by_hand(text: str, expected: str) -> None:
    """Controls become U+FFFD, invisible characters go, white space is one space, writing stays."""
    assert visible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("abc", 3, id="ascii"),
        pytest.param("\u4e2d\u6587", 4, id="wide"),
        pytest.param("\uff21", 2, id="full width"),
        pytest.param("e\u0301", 1, id="combining"),
        pytest.param("\U0001f600", 2, id="emoji"),
        pytest.param("\u0645\u200c\u062e", 2, id="joiner"),
    ],
)
def test_columns(text: str, expected: int) -> None:
    """Columns are counted as terminals do."""
    assert columns(text) == expected == width(text)


@settings(deadline=None, max_examples=200)
@given(
    text=STORED,
    title=TEXTS,
    source=TEXTS,
    name=st.text(CHARACTERS.filter(lambda c: c not in "/\x00"), min_size=1, max_size=40),
    cut=st.data(),
)
def test_no_line_steers(text: str, title: str, source: str, name: str, cut: st.DataObject) -> None:
    """Whatever text, title, source and file name hold, no line has a control character; with colour, none but our own."""
    start = cut.draw(st.integers(0, len(text) - 1))
    answer = Span(start, cut.draw(st.integers(start + 1, len(text))))
    hit = hit_of(text, answer, title=title, source=source, path=Path("/archive") / name)
    assert steers("".join(lines_of(hit))) == []
    assert steers("".join(SGR.sub("", line) for line in lines_of(hit, COLOR))) == []


@settings(deadline=None, max_examples=200)
@given(text=REPEATED, title=REPEATED, cut=st.data())
def test_no_line_is_wider_than_the_terminal(text: str, title: str, cut: st.DataObject) -> None:
    """Title and passage are wrapped to 80 columns, in every script and however long their words, with and without colour."""
    start = cut.draw(st.integers(0, len(text) - 1))
    hit = hit_of(text, Span(start, cut.draw(st.integers(start + 1, len(text)))), title=title)
    for line in chain(lines_of(hit), (SGR.sub("", line) for line in lines_of(hit, COLOR))):
        if "/" not in line and not {unicodedata.category(c) for c in line} & UNCERTAIN:
            assert width(line) <= 80


LONG = "Zwischenpr\u00fcfungsergebnisverk\u00fcndigung"


@pytest.mark.parametrize(
    "columns_", [pytest.param(40, id="40 columns"), pytest.param(80, id="80 columns"), pytest.param(100, id="100 columns")]
)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The minister said that copper was dear. " * 30, id="sentences"),
        pytest.param("\u4e2d\u56fd\u5bf9\u4fc4\u7f57\u65af\u7684\u652f\u6301\u3002" * 40, id="Chinese"),
        pytest.param("a\u4e2d" * 300, id="mixed"),
        pytest.param(f"{LONG} " * 40, id="German"),
        pytest.param("x" * 1000, id="one long word"),
        pytest.param("\U0001f600" * 200, id="emoji"),
        pytest.param("e\u0301" * 300, id="combining"),
    ],
)
def test_wrapped_lines(text: str, columns_: int) -> None:
    """A passage fills its lines, none is wider than the terminal, and no character is lost."""
    hit = hit_of(text, Span(0, 30), title=text)
    lines = lines_of(hit, Style(columns_, color=False, links=False))
    assert max(map(width, lines)) <= columns_
    place = next(number for number, line in enumerate(lines) if line.startswith("    a.txt ["))
    passage = lines[place + 1 :]
    assert all(line.startswith("    ") and not line.startswith("     ") for line in passage)
    assert all(width(line) + 1 + width(after.split()[0]) > columns_ for line, after in pairwise(passage))
    shown = "".join(passage).replace(">>", "").replace("<<", "").replace(" ", "")
    assert shown == "".join(text.split())
    title = "".join(lines[:place]).removeprefix("1.").replace("0.50", "", 1).replace(" ", "")
    assert title == "".join(text.split())


@pytest.mark.parametrize("word", [f"https://example.org/{'a' * 200}", f"{'archive/' * 15}\u010dl\u00e1nek.md"])
def test_addresses_and_paths_stay_whole(word: str) -> None:
    """In a title, a passage, a copy's source and the address of a correction, each is in one line, and apart from what stands beside it."""
    hit = hit_of(f"More is at {word} now.", title=f"Read {word}", source=word, metadata={"corrected_by": word})
    lines = lines_of(replace(hit, also_in=(Copy("b", "", f"{word} ", "", None, 1.0),)))
    assert sum(word in line.split() for line in lines) == 5


@pytest.mark.parametrize(
    "rank", [pytest.param(9, id="9"), pytest.param(99, id="99"), pytest.param(999, id="999"), pytest.param(10_000, id="10000")]
)
def test_every_rank_has_room(rank: int) -> None:
    """Up to the largest limit, the first line has rank, title and score, apart from each other, within 80 columns."""
    [first, *_] = [line for line in lines_of(hit_of("Text.", title="Title " * 40, rank=rank)) if line]
    assert width(first) <= 80
    assert re.fullmatch(rf"{rank}\. +Title .*Title +0\.50", first)


@pytest.mark.parametrize("source", [pytest.param("Harbour Courier " * 20, id="words"), pytest.param("\u4e2d" * 100, id="Chinese")])
def test_a_long_source_is_wrapped(source: str) -> None:
    """A source of any length stays within 80 columns."""
    lines = lines_of(hit_of("Text.", source=source, published=Published("2024-04-26", "test")))
    assert max(map(width, lines)) <= 80
    assert "2024-04-26" in "".join(lines)


@pytest.mark.parametrize(
    ("score", "answers", "shown"),
    [
        (0.1999, False, "0.19"),
        (0.1999, True, "0.20"),
        (0.29, False, "0.29"),
        (0.4951, False, "0.49"),
        (0.0, False, "0.00"),
        (1.0, True, "1.00"),
    ],
)
def test_what_does_not_answer_is_not_shown_as_good_enough(score: float, answers: bool, shown: str) -> None:
    """A score just below the threshold is rounded down, in the list and among the nearest."""
    hit = replace(hit_of("One.", title="Title"), score=score, answers=answers)
    assert lines_of(hit)[0].endswith(f" {shown}")
    assert next(miss_lines([hit], PLAIN)).startswith(f"{shown}  ")


def test_layout() -> None:
    """A hit is rank, title and score; source and date; place; passage with the answer set off; and hits are a blank line apart."""
    text = "Prices rose. Copper led them. Tin fell."
    first = hit_of(text, Span(13, 29), title="Metals", source="Courier", published=Published("2024-04", "test"))
    second = hit_of(text, rank=2, record=7)
    assert list(hit_lines([first, second], PLAIN)) == [
        "1.  Metals" + " " * 66 + "0.50",
        "    Courier \u00b7 2024-04",
        "    a.txt [0:39]",
        "    Prices rose. >> Copper led them. << Tin fell.",
        "",
        "2.  Prices rose. Copper led them. Tin fell." + " " * 33 + "0.50",
        "    a.txt record 7 [0:39] id a",
        "    Prices rose. Copper led them. Tin fell.",
    ]


def test_rows_of_a_table_and_items_of_a_list_have_lines_of_their_own() -> None:
    """Other lines of a paragraph are filled."""
    text = "Results\nof the day:\n| 1 | Haile |\n| 2 | Kowal |\n- Dry\n- Cold"
    lines = list(hit_lines([hit_of(text, Span(20, 33), title="Race")], PLAIN))
    assert lines[-5:] == ["    Results of the day:", "    >> | 1 | Haile | <<", "    | 2 | Kowal |", "    - Dry", "    - Cold"]


def test_no_hits_are_no_lines() -> None:
    """Nothing found is nothing printed."""
    assert list(hit_lines([], PLAIN)) == []


def test_color_is_only_added() -> None:
    """Colour sets off the answer sentence, and only it, in the place of the marks; the words and the lines stay the same."""
    text = "Prices rose. " * 5 + "Copper led them. " + "Tin fell. " * 5
    answer = Span(65, 81)
    plain, colored = lines_of(hit_of(text, answer, title="Metals")), lines_of(hit_of(text, answer, title="Metals"), COLOR)
    assert not any("\x1b" in line for line in plain)
    words = " ".join(" ".join(plain[2:]).split()).replace(">> ", "").replace(" <<", "")
    assert " ".join(SGR.sub("", " ".join(colored[2:])).split()) == words == text.strip()
    assert ">>" not in "".join(colored)
    marked = re.findall(r"((?:\x1b\[[0-9;]*m)+)([^\x1b]+)\x1b\[0m", " ".join(colored[2:]))
    assert [word for _, word in marked] == ["Copper", "led", "them."]
    assert len({style for style, _ in marked}) == 1


@pytest.mark.parametrize("style", [pytest.param(PLAIN, id="plain"), pytest.param(COLOR, id="colour")])
def test_no_links_unless_asked(style: Style) -> None:
    """Without a terminal that can, no link is written, whatever the article holds."""
    uri = "\x1b]8;;file:///etc/passwd\x1b\\x\x1b]8;;\x1b\\"
    lines = lines_of(hit_of(uri, title=uri, source=uri, path=Path("/archive") / uri.replace("/", "")), style)
    assert not any("\x1b]" in line for line in lines)


@settings(deadline=None, max_examples=200)
@given(
    st.text(CHARACTERS.filter(lambda c: (c not in "/\x00" and unicodedata.category(c) != "Cs") or "\udc80" <= c <= "\udcff"), min_size=1)
)
def test_a_link_leads_to_the_file(name: str) -> None:
    """The place is a link to the file on this host, of ASCII only, whatever the file's name; nothing else is a link."""
    path = Path("/archive") / name
    lines = lines_of(hit_of("\x1b]8;;x\x1b\\", path=path), LINKS)
    [found] = LINK.finditer("".join(lines))
    uri = urlsplit(found["uri"])
    assert found["uri"].isascii()
    assert found["uri"].isprintable()
    assert uri.scheme == "file"
    assert uri.netloc
    assert unquote(uri.path, errors="surrogateescape") == str(path)
    assert steers(LINK.sub("", "".join(lines))) == []
    assert steers(found["text"]) == []


def test_paths_are_short_below_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file below the working folder is named from there, any other in full."""
    monkeypatch.chdir(tmp_path)
    assert lines_of(hit_of("Text.", path=tmp_path / "news" / "a.txt"))[1] == "    news/a.txt [0:5]"
    assert lines_of(hit_of("Text.", path=tmp_path.parent / "b.txt"))[1] == f"    {tmp_path.parent}/b.txt [0:5]"


def test_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are as wide as the terminal, within limits where reading is easy, and 80 columns where there is none."""
    for given_width, expected in {"10": 40, "80": 80, "93": 93, "400": 100}.items():
        monkeypatch.setenv("COLUMNS", given_width)
        assert style_of("never").width == expected
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "__stdout__", None)
    assert style_of("always") == Style(80, color=True, links=False)
    monkeypatch.setenv("COLUMNS", "\u00b2")
    assert style_of("never").width == 80


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"url": "https://example.org/a", "record": 2}, "https://example.org/a [0:10] id a"),
        ({"url": "https://example.org/a", "metadata": {"archive_member": "x.md"}}, "https://example.org/a [0:10] id a"),
        ({"url": "https://example.org/a", "id": "https://example.org/a", "record": 2}, "https://example.org/a [0:10]"),
        ({"url": "https://example.org/a"}, "a.txt [0:10]"),
        ({"record": 2}, "a.txt record 2 [0:10] id a"),
        ({"pages": (0, 12)}, "a.txt page 1 [0:10]"),
        ({"pages": (0, 4)}, "a.txt pages 1-2 [0:10]"),
    ],
)
def test_the_place_is_one_that_a_person_can_open(fields: dict[str, Any], place: str) -> None:
    """The address of an article that lies in a file among others, else the file; and a link leads there."""
    hit = hit_of("Ten chars.", **fields)
    assert lines_of(hit)[1].strip() == place
    found = LINK.search(lines_of(hit, LINKS)[1])
    assert found
    assert found["uri"].startswith("https://example.org/a" if place.startswith("https") else "file://")


def test_no_address_steers_the_terminal() -> None:
    """What no address may have is shown, and is no link."""
    line = lines_of(hit_of("Ten chars.", url="https://e.org/\x1b\\a\x07", record=2), LINKS)[1]
    assert (line.strip(), LINK.search(line)) == ("https://e.org/\ufffd\\a\ufffd [0:10] id a", None)


@pytest.mark.parametrize(("told", "lines"), [("2026-11-28", 1), ("at sea, 1912", 0)])
def test_a_page_that_is_gone_is_flagged(told: str, lines: int) -> None:
    """Where the field is a day: another source may say something else with it."""
    found = [line for line in lines_of(hit_of("Ten chars.", metadata={"vanished": told})) if "no longer at its address" in line]
    assert found == ["    no longer at its address since 2026-11-28"] * lines


@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2026-11-20T09:00:00+00:00", "2026-11-20 09:00"),
        ("2024-04-26T12:30:00+08:00", "2024-04-26 12:30"),
        ("2026-11-20", "2026-11-20"),
        ("2026", "2026"),
    ],
)
def test_dates_are_readable(iso: str, shown: str) -> None:
    """Day and minute, no more exactly than is known."""
    assert lines_of(hit_of("Ten chars.", source="Courier", published=Published(iso, "feed")))[1].strip() == f"Courier \u00b7 {shown}"


def test_a_paragraph_begins_a_line() -> None:
    """A headline does not run into the sentence after it."""
    lines = lines_of(hit_of("Court orders recount\n\nA court in Ostrel\nordered it.", Span(22, 51)))
    assert lines[-2:] == ["    Court orders recount", "    >> A court in Ostrel ordered it. <<"]


@pytest.mark.parametrize(
    ("title", "text", "record", "shown"),
    [
        ("A title", "A text.", 3, "A title"),
        ("", "A text.", 0, "news.jsonl"),
        ("\u202e", "A text.", 0, "news.jsonl"),
        ("", "A\ttext\x1b of few words.", 3, "A text\ufffd of few words."),
        ("", "many words " * 10, 3, "many words many words many words many words many words many words \u2026"),
        ("", "x" * 100, 3, "x" * 70 + " \u2026"),
        ("", "Ann Roe\n\nPhoto: Bo Li\nThe mayor of Velden\nleft early.", 3, "The mayor of Velden left early."),
        ("", "Rice\nBeans\nSalt", 3, "Rice Beans Salt"),
    ],
    ids=["a title", "a file", "a title that is nothing", "a record", "a long record", "a long word", "captions", "short lines"],
)
def test_what_has_no_title_is_called_by_its_file_or_its_first_words(title: str, text: str, record: int, shown: str) -> None:
    """The file says nothing of one record among many."""
    article = Article("id", text, Path("/news.jsonl"), "0" * 64, title=title, record=record)
    assert heading_of(article) == shown

"""Subtitles to articles."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import only, read, reasons_of

from newsdex.errors import SourceError

SRT = """1
00:00:01,000 --> 00:00:03,500
<i>The ferry to Elm</i>
stays in port.

2
00:00:03,600 --> 00:00:06,000
{\\an8}Its crew walked out.

3
00:00:08,500 --> 00:00:09,000
No boat goes.
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_subrip(end: str, tmp_path: Path) -> None:
    """Without numbers, times and marks; after two seconds without a cue begins a paragraph."""
    article = only(read(tmp_path / "2024-04-26-ferry.srt", SRT.replace("\n", end)))
    assert article.text == "The ferry to Elm stays in port. Its crew walked out.\n\nNo boat goes."
    assert (article.title, str(article.published), article.body.end) == ("", "2024-04-26", len(article.text))


def test_webvtt(tmp_path: Path) -> None:
    """Without notes, styles and cue ids; a speaker is named once and begins a paragraph; a line that the next cue repeats is there once."""
    text = (
        "WEBVTT - Harbour news\nKind: captions\n\nNOTE 7 --> a remark\nof two lines\n\nSTYLE\n::cue { color: red }\n\n"
        "intro\n00:01.000 --> 00:02.000 align:start line:0%\n<v.loud Ann Lee>Fish &amp; chips</v>\n\n"
        "00:02.000 --> 00:03.000\n<v Ann Lee>are <c.red>sold</c> <00:02.500>out.</v>\n\n"
        "01:00:02.500 --> 01:00:04.000\n<v Bo>Who says so?\n\n01:00:04.000 --> 01:00:05.000\nWho says so?\nI 3 < 4 do.\n"
    )
    article = only(read(tmp_path / "a.vtt", text))
    assert article.text == "Ann Lee: Fish & chips are sold out.\n\nBo: Who says so? I 3 < 4 do."
    assert article.title == "Harbour news"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("0:0:1,0 --> 0:0:2,0\nNo number.", "No number.", id="figures left out"),
        pytest.param(
            "1\n00:00:01,000 --> 00:00:02,000\nNo blank line.\n2\n00:00:02,000 --> 00:00:03,000\nHere.", "No blank line. Here.", id="run on"
        ),
        pytest.param("9\n00:00:09,000 --> 00:00:08,000\nBack.\n\n1\n00:00:01,000 --> 00:00:02,000\nFirst.", "Back. First.", id="backwards"),
        pytest.param("1\n00:00:01,000 --> 00:00:02,000", "", id="cut off"),
        pytest.param("1\n9999:99:99,999 --> 9999:99:99,999\n" + "<b>" * 3_000 + "Deep.", "Deep.", id="nested"),
    ],
)
def test_damaged_subtitles(text: str, said: str, tmp_path: Path) -> None:
    assert only(read(tmp_path / "a.srt", text)).text == said


def test_subtitles_in_another_encoding(tmp_path: Path) -> None:
    [*remarks, article] = read(tmp_path / "a.srt", SRT.replace("ferry", "Fähre in Köln über").encode("cp1252"))
    assert only([article]).text.startswith("The Fähre in Köln über to Elm")
    assert all("encoding guessed" in reason for reason in reasons_of(remarks))


@pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 100, b"The ferry.\n\n--> \n", b"WEBVTT\n\nNOTE none\n"])
def test_what_is_no_subtitles_is_named(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read(tmp_path / "a.srt", content)

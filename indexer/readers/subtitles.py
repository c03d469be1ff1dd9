"""Subtitles (SubRip and WebVTT): what is said, without numbers, times and marks. Offsets count in this text, in which a pause or another
speaker begins a paragraph.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from newsdex.errors import SourceError
from newsdex.indexer.readers.decoding import decode_with_remark
from newsdex.indexer.readers.plain import named_day
from newsdex.indexer.source import Source
from newsdex.records import Article

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_CUE = re.compile(rf"{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
_TITLE = re.compile(r"WEBVTT[ \t]+(?:-[ \t]*)?(\S.*)")
_SPEAKER = re.compile(r"<v(?:\.[^<>\s]{0,100})?[ \t]+([^<>]{1,100})>")
_MARK = re.compile(r"</?[a-zA-Z0-9][^<>]{0,200}>|\{\\[^{}]{0,200}\}")
_PAUSE = 2.0  # seconds without a cue that end a paragraph


def read(source: Source) -> Iterator[Article | SourceError]:
    text, remark = decode_with_remark(source.content())
    if remark:
        yield SourceError(remark, lost=False)
    lines = [line.strip() for line in text.splitlines()]
    title = _TITLE.fullmatch(lines[0]) if lines else None
    cues = list(_cues(lines))
    if not cues:
        raise SourceError("no subtitles: expected times such as 00:00:01,000 --> 00:00:04,000")
    yield source.article("\n\n".join(_paragraphs(cues)), title=title[1].strip() if title else "", published=named_day(source))


def _cues(lines: list[str]) -> Iterator[tuple[float, float, list[str]]]:
    """Yield the begin and end of each cue, in seconds, and its lines up to a blank one or to the next cue."""
    begins = [(place, found) for place, line in enumerate(lines) if "-->" in line and (found := _CUE.fullmatch(line))]
    for (place, cue), following in zip(begins, [*(place for place, _ in begins[1:]), len(lines)], strict=False):
        said = lines[place + 1 : following]
        if "" in said:
            said = said[: said.index("")]
        elif following < len(lines) and said and said[-1].isdecimal():  # the number of the next cue, without a blank line before it
            said.pop()
        yield _seconds(cue.groups()[:4]), _seconds(cue.groups()[4:]), said


def _seconds(told: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, rest = told
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{rest}")


def _paragraphs(cues: list[tuple[float, float, list[str]]]) -> Iterator[str]:
    """Yield what is said without a pause by one speaker. A line that the next cue repeats, as live captions do, is there once."""
    paragraph: list[str] = []
    shown: list[str] = []
    speaker, ended = "", 0.0
    for begin, end, lines in cues:
        voice = _SPEAKER.search(" ".join(lines))
        if paragraph and (begin - ended >= _PAUSE or (voice and voice[1].strip() != speaker)):
            yield " ".join(paragraph)
            paragraph = []
        plain = [" ".join(html.unescape(_MARK.sub("", line)).split()) for line in lines]
        fresh = [line for line in plain if line and line not in shown]
        if voice and fresh and (name := voice[1].strip()) != speaker:
            speaker = name
            fresh[0] = f"{name}: {fresh[0]}"
        paragraph += fresh
        shown, ended = plain, max(end, ended)
    if paragraph:
        yield " ".join(paragraph)

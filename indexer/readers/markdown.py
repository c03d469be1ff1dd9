"""Markdown, with optional front matter in YAML, TOML or JSON. Offsets count from the beginning of the file, including front matter."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, time

from newsdex.errors import SourceError
from newsdex.indexer.readers.byline import ORIGIN
from newsdex.indexer.readers.dates import find_date
from newsdex.indexer.readers.decoding import decode_with_remark
from newsdex.indexer.readers.fields import NAMES, SUMMARIES, USUAL, described, named
from newsdex.indexer.readers.plain import named_day
from newsdex.indexer.source import Source
from newsdex.markdown import read_of
from newsdex.records import UNREAD, Article, Published, Span

_COLON = re.compile(r"^(\w+: )([^\s\"'\[{|>&*#!%@`][^\n]*: [^\n]*)$", re.MULTILINE)
_FRONT_MATTER = re.compile(
    r"(?P<fence>---|\+\+\+)[^\S\n]*\n(?P<fields>.*?)^(?:(?P=fence)|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_BLANK_LINES = re.compile(r"(?:[^\S\n]{0,80}\n){0,20}")
_LONGEST_TOML = 1 << 16  # in characters; its parser takes time and memory that grow with the square
_LONGEST_SUMMARY = 4_000  # characters
_LINE_END = re.compile(r"[^\S\n]*(?:\n|\Z)")
# Fields at the beginning, each with the indented lines or list below it
_FIELDS = re.compile(r"---[^\S\n]*\n(?P<yaml>(?:[\w-]+:(?:[^\S\n][^\n]*)?\n(?:(?:[^\S\n]+[^\s]|-[^\S\n])[^\n]*\n)*)+)")
_HEADING = re.compile(r"^#[^\S\r\n](?P<title>[^\r\n]*)", re.MULTILINE)
# Characters of a text, and of a line, that may have its day, and what such a line is made of: a day and a month or its number, and a year.
_HEAD, _LONGEST_DAY, _FIRST_YEAR = 600, 40, 1990
_MONTH = r"[^\W\d_]+\.?"
_ALONE = re.compile(
    rf"(?:{_MONTH},? )?(?:\d{{1,2}}(?:st|nd|rd|th|\.)? (?:de )?{_MONTH},? (?:de )?\d{{4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?, \d{{4}}|\d{{4}}-\d\d-\d\d)"
)
_CLOSING = re.compile(r"(?:^|(?<=\s))#+$")


def read(source: Source) -> Iterator[Article | SourceError]:
    text, remark = decode_with_remark(source.content())
    if remark:
        yield SourceError(remark, lost=False)
    end, record, problem = _front(text)
    if problem:
        yield SourceError(problem, lost=False)
    body = Span(end, len(text)) if text[end:].strip() else _summary(text[:end], record) or Span(end, len(text))
    for item in described(source, text, body, named(record, {}), "front matter", {}, source.sha256):
        if isinstance(item, Article) and not item.title and (heading := _HEADING.search(text, body.start)):
            item = replace(item, title=read_of(_CLOSING.sub("", heading["title"].strip())).text.replace(UNREAD, "").strip())  # noqa: PLW2901
        if isinstance(item, Article) and not item.published:
            item = replace(item, published=_day_alone(text[body.start :], item.language) or named_day(source))  # noqa: PLW2901
        yield item


def _summary(front: str, record: Mapping[str, object]) -> Span | None:
    """Return where the first summary of ``record`` stands in its front matter, ``front``, which may break its lines and escape quotes."""
    for name in SUMMARIES:
        value = record.get(name)
        if isinstance(value, str) and (words := value[:_LONGEST_SUMMARY].split()):
            written = (re.escape(word).replace("'", "''?").replace('"', '\\\\?"') for word in words)
            if found := re.compile(r"\s+".join(written)).search(front):
                return Span(*found.span())
    return None


def _day_alone(text: str, language: str) -> Published | None:
    """The day alone on one of the first lines of ``text``, not one with other words ("Born: 3 May 1979") or before the web."""
    for line in text[:_HEAD].split("\n")[:-1]:
        bare = line.strip(" \t*_>")
        if len(bare) <= _LONGEST_DAY and (found := find_date(bare, language, ORIGIN)) and _ALONE.fullmatch(bare):
            return found if found.precision == "day" and found.earliest.year >= _FIRST_YEAR else None
    return None


def _front(text: str) -> tuple[int, Mapping[str, object], str]:
    """Return the end of the front matter of ``text``, its fields, and the problem with it; 0 and "" without any."""
    begun = _BLANK_LINES.match(text)
    first = begun.end() if begun else 0
    front = _FRONT_MATTER.match(text, first)
    record: Mapping[str, object] = {}
    end, problem = front.end() if front else 0, ""
    if front:
        is_yaml = front["fence"] == "---"
        try:
            loaded = _loaded(front["fields"]) if is_yaml else _toml(front["fields"])
        except _invalid() as error:
            problem = f"front matter is not valid {'YAML' if is_yaml else 'TOML'} ({_where(error)}); indexed without it"
        else:
            record = loaded if isinstance(loaded, dict) else {}
            problem = "front matter is not a list of fields; indexed without it" if loaded and not record else ""
        if first and not record:
            end, problem = 0, ""  # rules between paragraphs
    elif text.startswith("{"):
        with suppress(ValueError, RecursionError):
            loaded, last = json.JSONDecoder().raw_decode(text)
            if ends := _LINE_END.match(text, last):
                record, end = {name: value for name, value in loaded.items() if name not in NAMES["id"]}, ends.end()
    if (problem or not end) and (opened := _unclosed(text)):
        end, record = opened
        last = text.count("\n", 0, end)
        problem = f"front matter is not closed: expected --- below line {last}; its fields were read up to there"
    return end, record, problem


def _unclosed(text: str) -> tuple[int, Mapping[str, object]] | None:
    """Return the fields at the beginning of ``text`` that no line ends, behind their end; None without any that are known."""
    found = _FIELDS.match(text)
    if found is None or text.startswith(("---", "..."), found.end()):
        return None
    try:
        record = _loaded(found["yaml"])
    except _invalid():
        return None
    return (found.end(), record) if isinstance(record, dict) and any(name in record for names in USUAL.values() for name in names) else None


def _invalid() -> tuple[type[Exception], ...]:
    """Return what ``_loaded`` and ``_toml`` raise."""
    from yaml import YAMLError

    return YAMLError, RecursionError, ValueError, OverflowError


def _loaded(text: str) -> object:
    """Parse YAML, also with an unquoted colon in a title; scalars stay text, so dates keep their zone. Raises YAMLError."""
    import yaml  # takes 7 ms to load, and few files have front matter

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it builds strings, lists and dicts only
    except yaml.YAMLError:
        quoted = _COLON.sub(lambda found: f"{found[1]}{json.dumps(found[2], ensure_ascii=False)}", text)
        if quoted == text:
            raise
        return yaml.load(quoted, Loader=yaml.BaseLoader)  # noqa: S506 - as above


def _toml(text: str) -> object:
    """Parse ``text`` as TOML, with scalars as text. Raises ValueError. As in JSON, an id is left out: the file is called after its path."""
    if len(text) > _LONGEST_TOML:
        raise ValueError(f"{len(text):,} characters, expected at most {_LONGEST_TOML:,}")
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return {name: _as_text(value) for name, value in tomllib.loads("\n" + text).items() if name not in NAMES["id"]}


def _as_text(value: object) -> object:
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [*map(_as_text, value)]
    return value.isoformat() if isinstance(value, date | time) else value if isinstance(value, bool) else str(value)


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or ("nested too deeply" if isinstance(error, RecursionError) else error)
    return f"line {mark.line + 2}: {problem}" if mark else str(problem)

"""Plain text: the file is the article, its first line perhaps the title. A web page that was saved as text is read as a page, and a mailbox
as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import PurePosixPath

from newsdex.errors import SourceError
from newsdex.indexer.readers.byline import ORIGIN, dateline
from newsdex.indexer.readers.dates import dates_in, parse_published
from newsdex.indexer.readers.decoding import decode_with_remark
from newsdex.indexer.readers.error_pages import ERROR_PAGE, LIKE_A_PAGE, error_in
from newsdex.indexer.source import Source
from newsdex.records import Article, Published

# A page with another tag behind the first or its end, and rich text with commands and its end; prose speaks of both.
_TAGS, _LAST_TAG = re.compile(rb"[^<]*<[^<>]*>\s*<[!/a-z]", re.IGNORECASE), re.compile(rb"</(?:html|body)\s*>\s*\Z", re.IGNORECASE)
_LAST = 100  # bytes looked at for the end of a page
_RTF = re.compile(rb"\{\\rtf1\s?\\(?s:.*)\}[\s\0]*\Z")
# What the beginning of an export of Nexis or Factiva has: a number of words or of documents alone on a line, or its cover
_EXPORT = re.compile(
    r"^[^\S\n]*(?:(?i:(?:LENGTH:|WC)?[^\S\n]{0,9}\d[\d.,]{0,9}\s(?:words?|woorden|mots|W\u00f6rter|palabras|palavras|parole)"
    r"|(?:document )?\d{1,6} of \d{1,6}(?: documents?)?|documents? \(\d{1,6}\))|(?:HD|SE)(?:[ \t].*)?)[^\S\n]*$",
    re.MULTILINE,
)
_EXPORT_WITHIN = 4_000  # characters
_HEAD = 1_000  # characters that may have the title and the byline
_BYLINE = 150  # characters, which no byline has
_BYLINES = 3  # lines of a byline; more are wrapped text
_TITLE = 250  # longest title, in characters
_WORDS = 3  # least words of a title that no blank or longer line follows; menus have fewer
# Lines of wrapped text are about equally long; the line after a headline is longer.
_LONGER = 1.5
_SHORTEST = 40  # characters of that line
_REST = 0.6  # length of the last line of a headline at most, and of the line before at least, relative to the longest line
_SEVERAL = 3  # lines with a day each that are those of other reports
_DAY_LINE = 60  # longest line that is a day with a contact, in characters
_AGAIN = 40  # characters of a headline that recur below the title of a page
_LETTERS = 0.5  # share of letters in a headline, at least
_LINE = re.compile(r"\r\n|\r|\n")
_ONE_LINE = 1_000  # characters of a line that wraps no text and is no paragraph of a report
_GAP = re.compile(r"[^\S\r\n]{3,}")  # where a page had lines, in a text with all of them in one
_RELEASE = re.compile(r"(?:for )?immediate release\s?[:\u2013-]\s?(?P<headline>\S.{10,240})", re.IGNORECASE)
_SITE = re.compile(r"(?P<headline>.{10,})\s(?:[-|\u00b7\u2013\u2014]|::)\s\S")
# What a page saved as text begins with, and what kind of text it is, or the number of its page
_SKIP = re.compile(
    r"(?:skip|jump) (?:to )?(?:the )?(?:main |page )?(?:content|navigation|menu)|(?:direkt )?zum (?:haupt)?inhalt(?: \w+)?"
    r"|aller (?:directement )?au (?:contenu|menu)(?: principal)?|(?:direct )?naar de (?:hoofd)?inhoud"
    r"|(?:saltar|ir|pular|salta|vai) (?:para )?(?:al?|o|ao) conte\w+(?: princip\w+)?"
    r"|(?:(?:media|press|news) )?(?:releases?|statements?)|(?:(?:for )?immediate release\s*){1,3}|media advisory|transcript"
    r"|(?:presse|medien)mitteilung|communiqu[\u00e9e] de presse|(?:comunicado|nota) de (?:prensa|imprensa)|comunicato stampa"
    r"|persbericht|(?:page )?\d{1,4}|\W+|\w",
    re.IGNORECASE,
)
_NO_HEADLINE = re.compile(r"\w@\w|www\.|https?:|\s[>\u00bb]\s")  # an address, or the way to a page from the first
_SENTENCE_END = re.compile(r"[.!?:;,\u3002][\"'\u201d\u2019)\]]*\Z")
_NUMBER_ENDS = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
_NAMED_DAY = 40  # characters of a file's name that have the day
_DAY = re.compile(r"(?P<year>\d{4})(?P<by>[-_.]?)(?P<month>\d\d)(?P=by)(?P<day>\d\d)(?!\d)")
_FOLDERS = re.compile(r"(?:.*/)?(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/[^/]*", re.DOTALL)


def read(source: Source) -> Iterator[Article | SourceError]:
    content = source.content()
    if LIKE_A_PAGE.match(content) and (_TAGS.match(content) or _LAST_TAG.search(content[-_LAST:])):
        from newsdex.indexer.readers.webpage import page_articles

        yield from page_articles(content, source)
        return
    if content[:_HEAD].lstrip().startswith(b"From "):
        from newsdex.indexer.readers.mail import is_mailbox, read_mailbox

        if is_mailbox(content[:_HEAD]):
            yield from read_mailbox(source)
            return
    if _RTF.match(content):
        raise SourceError("rich text (RTF), not plain text: name it .rtf")
    text, remark = decode_with_remark(content)
    text = _with_lines(text)
    if remark:
        yield SourceError(remark, lost=False)
    if _EXPORT.search(text[:_EXPORT_WITHIN]):
        from newsdex.indexer.readers import exports

        if found := exports.articles(source, text):
            yield from found
            return
    title = find_title(text)
    # A line of a text may say so of something else
    if title and error_in(title, text) == title:
        yield SourceError(f"{ERROR_PAGE}: {title!r}", lost=False)
    yield source.article(text, title=title, published=dateline(_head(text, title), "") or named_day(source))


def named_day(source: Source) -> Published | None:
    """The day at the beginning of the file's name, 2026-10-28, 2026_10_28, 20261028 or 28Oct2026, or that of its folders, 2026/10/28; None
    without.
    """
    path = source.name.rpartition("#")[2]
    name = PurePosixPath(path).name
    if named := _DAY.match(name) or _FOLDERS.fullmatch(path):
        return parse_published("-".join(named.group("year", "month", "day")), "file name")
    words = " ".join(re.split(r"[\W_]+", _NUMBER_ENDS.sub(" ", name[:_NAMED_DAY])))
    return next((found for start, _, found in dates_in(words, "", "file name") if start == 0), None)


def _with_lines(text: str) -> str:
    """``text`` with two line ends in place of the first two of several spaces in a very long line, whatever else it has there."""
    return "".join(
        _GAP.sub(lambda gap: "\n\n" + gap[0][2:], line) if len(line) > _ONE_LINE else line for line in text.splitlines(keepends=True)
    )


def _head(text: str, title: str) -> str:
    """The beginning of ``text`` without its title, one line per paragraph or byline: dates within wrapped text are not the article's."""
    kept: list[str] = []
    paragraphs = _paragraphs(text)
    if paragraphs and len(text) > _HEAD and len(paragraphs[-1][-1]) < _BYLINE:
        paragraphs[-1].pop()
    for paragraph in filter(None, paragraphs):
        for run in _unwrapped(paragraph):
            whole = " ".join(run)
            if _SENTENCE_END.search(whole) or len(run) > _BYLINES:
                # Spaces, so that it is too long for a byline
                kept.append(whole.ljust(_BYLINE))
            else:
                kept += (line for line in run if not title or not line.startswith(title))
    # The days of several other reports, listed above the text
    days = {line for line in kept if _day_first(line) == (True, "")}
    return "\n".join(line for line in kept if len(days) < _SEVERAL or line not in days)


def _paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph in the beginning of ``text``."""
    lines = [line.strip() for line in _LINE.split(text[:_HEAD].lstrip())]
    return [list(group) for filled, group in groupby(lines, bool) if filled]


def _unwrapped(paragraph: list[str]) -> Iterator[list[str]]:
    """Yield the lines of ``paragraph`` in runs of wrapped text: each is so long that the next word would exceed the longest line."""
    width = max(map(len, paragraph))
    run: list[str] = []
    for line in paragraph:
        if run and len(run[-1]) + 1 + len(line.split(maxsplit=1)[0]) <= width:
            yield run
            run = []
        run.append(line)
    yield run


def find_title(text: str) -> str:
    r"""Return the first line, if it is short and followed by a blank line; or if it does not end like a sentence, and is not wrapped or is
    followed by a longer line. Lines that are no headline are skipped, such as a day or a link to the content of a page. The name of the
    page's site is left out if the headline recurs without it. What is for immediate release is one.

    >>> find_title("Talks go on\n\nThe minister said so."), find_title("The minister said\nthat talks go on.")
    ('Talks go on', '')
    >>> find_title("Talks in Geneva go on - Elm Post\nHome\nNews\nTalks in Geneva go on\nThe minister said so.")
    'Talks in Geneva go on'
    """
    paragraphs = _paragraphs(text)
    for paragraph in paragraphs:
        for place, line in enumerate(paragraph):
            if released := _RELEASE.fullmatch(line):
                return _without_site(released["headline"] + _goes_on(paragraph[place:]), chain(*paragraphs))
    for number, paragraph in enumerate(paragraphs):
        for place, line in enumerate(paragraph):
            day, rest = _day_first(line)
            if day and rest:
                return ""
            if not day and _is_headline(line):
                return _headline(paragraph[place:], paragraphs[number + 1 :])
    return ""


def is_above_headline(line: str) -> bool:
    """Whether ``line`` only says what kind of text follows ("Media release"), or is a page's number or a link to its content."""
    return _SKIP.fullmatch(line) is not None


def _is_headline(line: str) -> bool:
    """Whether ``line`` may be one: mostly of words, and no address, menu or kind of text."""
    words = [word for word in line.split() if len(word) > 1]
    letters = sum(map(str.isalpha, "".join(words)))
    return (
        2 * len(words) > line.count(" ")
        and letters >= _LETTERS * len(line)
        and not is_above_headline(line)
        and not _NO_HEADLINE.search(line)
    )


def _headline(lines: list[str], below: list[list[str]]) -> str:
    """The first of the ``lines`` of a paragraph, if it is a headline of these and of the paragraphs ``below``; else ""."""
    line, *rest = lines
    if not rest:
        return line if below and len(line) <= _BYLINE else ""
    run = next(_unwrapped(lines))
    longer = len(rest[0]) >= max(_LONGER * len(line), _SHORTEST) and len(line) <= _BYLINE
    # The longest line has no room for a word, wrapped or not
    alone = len(run) == 1 or (len(run) == 2 and 2 * len(run[1]) < len(line) and not _SENTENCE_END.search(run[1]))  # noqa: PLR2004
    is_apart = alone and len(line.split()) >= _WORDS and len(line) <= _TITLE
    if line[-1] in ".!?:;," or rest[0][0].islower() or not (longer or is_apart):
        return ""
    return _without_site(line, [*lines, *chain(*below)])


def _goes_on(paragraph: list[str]) -> str:
    """What is behind a space in the second line of ``paragraph``, if it is the short rest of the first; else ""."""
    width, (line, *below) = max(map(len, paragraph)), paragraph
    goes_on = below and len(below[0]) < _REST * width < len(line) and not below[0].startswith("(")
    return f" {below[0]}" if goes_on else ""


def _without_site(headline: str, lines: Iterable[str]) -> str:
    """The ``headline`` without the name of a site, if the ``lines``, of which it is one, have it again without."""
    named = _SITE.match(headline)
    return named["headline"] if named and " ".join(lines).count(named["headline"][:_AGAIN]) > 1 else headline


def _day_first(line: str) -> tuple[bool, str]:
    """Whether a short ``line`` begins with a day, perhaps behind its weekday and a comma, and what follows."""
    if len(line) > _DAY_LINE:
        return False, ""
    start, end, _ = next(iter(dates_in(line, "", ORIGIN)), (0, 0, None))
    before = line[:start].split()
    return bool(end) and (not before or (len(before) == 1 and before[0].endswith(","))), line[end:].strip()

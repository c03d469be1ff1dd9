"""Splits text into sentences, as exact character ranges.

sentencex knows the abbreviations of many languages. It is not given quotation marks and parentheses, because it takes everything from an
opening to the next closing mark for one sentence, even over a page. They are paired here by position, whatever their shape, and a short
quotation keeps its sentences together. Lines count too: a headline, a caption or a list item ends with its line.
"""

# ruff: noqa: RUF001 - quotation marks and brackets of several scripts

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sentencex import get_sentence_boundaries

from newsdex.markdown import read_of
from newsdex.records import UNREAD, Span

# sentencex takes quadratic time, so it gets at most this many characters at once.
_BLOCK = 20_000
# sentencex 1.0 panics on multi-byte white space after an initial, so it is replaced by a space.
_SPACES = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"), " ")
_SPACES |= dict.fromkeys(range(0x2000, 0x200B), " ")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_SPACE = re.compile(r"\s")

# Longer quotations and parentheses are cut into sentences.
_LONGEST_QUOTATION = 160
# Longer sentences are cut at a clause: they are too long for an answer.
_LONGEST_SENTENCE = 400
_SHORTEST_CLAUSE = 80
# The longest link or title, in characters, that is a line of its own within a sentence.
_LONGEST_LINK = 80
# No wrapped text is wider: a longer line is a paragraph.
_WIDEST_LINE = 160

_BRACKETS = {"(": ")", "（": "）", "[": "]", "{": "}", "<": ">"}
_OPENING, _CLOSING = "“„‟«「『‘‚‛‹", "”»」』’›"
_KINDS = dict.fromkeys('"“”„‟«»「」『』＂', '"') | dict.fromkeys("'‘’‚‛‹›", "'") | {"`": "`"}
_KINDS |= {mark: opening for opening, closing in _BRACKETS.items() for mark in (opening, closing)}
# Not apostrophes, and not the brackets of numbered references.
_MARK = re.compile(r"""["“”„‟«»「」『』＂()（）{}<>`]|(?<!\w)['‘’‚‛‹›]|['‘’‚‛‹›](?!\w)|\[(?!\d)|(?<!\d)\]""")
_BEFORE_OPENING = "([{—–-:：，、。！？（「『“‘«„\"'"  # in addition to white space
_AFTER_CLOSING = ".,;:!?)]}…。，、；：！？）」』”’»—–-\"'"
_POSSESSIVE = ("'s", "’s")
_PAUSES = ".,!?…;:。，！？؟۔।"
_ITEM = re.compile(r"(?:[-*+•–—·▪◦‣●■|>#]+|\(?(?:\d{1,3}|[A-Za-z])[.)])[^\S\n]|\|")
_HEADING = re.compile(r"\s*#{1,6}[^\S\n]")
_WORD = re.compile(r"\S+")
# Titles before a name that sentencex 1.0 misses, everywhere or in some places.
_TITLE = re.compile(r"\b(?:M[sx]|Mmes?|Mlle|Gens|Govs|Profs|Amb|Atty|Dña|Doç)\.\s+\Z")
# Abbreviations that sentencex 1.0 misses, by language: those that a capital or a digit follows, and those that a digit follows.
_ABBREVIATIONS = {
    language: (
        re.compile(rf"(?<!\w)(?:St|Dr|Mr|Mrs|Prof|vs?|{'|'.join(before.split())})\.\s+\Z"),
        re.compile(rf"(?<!\w)(?:{'|'.join(numbered.split())})\.\s+\Z"),
    )
    for language, before, numbered in (
        ("fr", "M MM Me Mgr Pr Ste Sgt Cdt av bd", "no art p pp chap vol fig"),
        ("es", "Lic Ing Arq Gral Cnel Cap Tte Sgto Mons Av Avda", "art núm p pág págs vol"),
        ("pt", "S Dom Av Pres Pe Eng Arq Gen Cel Cap Ten Sgt Sto Sta séc", "art n p pág págs vol"),
        ("it", "S on On sen Sen avv Avv ing Ing arch gen Gen Col mons Mons", "art artt n p pag pagg vol"),
        ("ru", "Св св ул проф акад ген", "стр"),
    )
}
# Markdown behind the last mark of a sentence: "**Avez-vous peur ?**".
_MARKUP_END = re.compile(r"(?<=\S)[*_]{1,3}[^\S\n]*(?:\n|\Z)")
# Within an acronym: "E.U.A.".
_ACRONYM = re.compile(r"(?<!\w)[^\W\d_]\.[^\W\d_]\.\Z")
# A time of day in English, before a time zone, a day or a month, or between an article and a noun ("an 11 a.m. mass").
_TIME = re.compile(r"\b[ap]\.\s?m\.\s+\Z", re.IGNORECASE)
_TIME_AS_ADJECTIVE = re.compile(r"\ban? \d{1,2}(?::\d\d)?\s?[ap]\.\s?m\.\s+\Z", re.IGNORECASE)
_AFTER_TIME = re.compile(
    r"[\s(]*(?:(?:[ECMP][SD]?T|GMT|UTC|BST|IST|CES?T|EES?T|JST|AES?T|Eastern|Central|Pacific|Mountain|Greenwich)\b"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)(?:uary|ruary|ch|il|ust|tember|ober|ember)?\.? \d)"
)
# "R. Porque": question and answer in several languages, at the beginning of a line or sentence.
_SPEAKER = re.compile(r"(?:^|[\n.?!\u2026]\s?)[AFPQR]\.\s*$")
# A number with a full stop is an ordinal before a lower-case letter, and in some languages after an article, unless a stop word follows,
# which may begin a sentence.
_NUMBER_STOP = re.compile(r"\b\d{1,4}\.\s+\Z")
_BEHIND = 64  # characters read before a number
_NEXT_WORD = re.compile(r"[^\w\n]{0,4}(\w+)")
_PAIRED = r"(?:\d{1,4}\. ?(?:und|oder|bis|og|och|eller|til|és|/|-|–) ?(?:zum |zur )?)?\d{1,4}\.\s+\Z"
_GERMAN = (
    (
        rf"(?:d(?:er|ie|as|em|en|es)|zu[mr]|am|ans|beim|vom|im|ins|(?:k?ein|mein|dein|sein|ihr|unser)(?:e[mnrs]?)?"
        rf"|(?:jed|dies|welch)e[mnrs]?)\s+{_PAIRED}"
    ),
    (
        "er sie es ich wir ihr man das der die dem den dies diese diesen dieser dieses da dann danach dort so doch aber auch und oder "
        "denn nun jetzt in im am an auf bei beim für mit nach seit von vom vor zu zum zur um als wenn weil wie was wer wo ob ein eine "
        "einen einem einer nur noch damals dabei dazu damit dafür dagegen darauf daraus darin daher deshalb zuvor zudem außerdem "
        "allerdings jedoch später heute gestern morgen kein keine sein seine ihre unter über durch gegen ohne bis aus hier nicht mehr "
        "insgesamt alle beide viele einige"
    ),
)
_SCANDINAVIAN = (
    rf"(?:de[nt]?|denne|dette|sin|sitt|sit|hans|hendes|hennes)\s+{_PAIRED}",
    (
        "han hun han det den de der dette denne disse jeg vi så da men og i på til for med efter etter fra om av af ved et en ei når nu "
        "nå her hvor hva hvad som både senere også dermed derfor ikke ingen"
    ),
)
_HUNGARIAN = (rf"(?:az?)\s+{_PAIRED}", "az a ez ezt ezek ő azt és de is majd aztán ekkor most ha amikor mint nem itt ott így ezután később")
_ORDINALS = {
    language: (re.compile(rf"(?<!\w){before}", re.IGNORECASE), frozenset(little.split()))
    for languages, (before, little) in {"de lb": _GERMAN, "da nb nn no fo": _SCANDINAVIAN, "hu": _HUNGARIAN}.items()
    for language in languages.split()
}
# Where an overlong sentence may be cut, the best first.
_PARTS = (re.compile(r"[;:][\"'”’)\]]*\s+|\s[—–|•]\s|[；：—]"), re.compile(r"[,،][\"'”’)\]]*\s+|[，、]"), _SPACE)


def split_sentences(text: str, within: Span, language: str = "") -> list[Span]:
    """Return the sentences of ``text[within.start:within.end]``, in order, without surrounding white space.

    Together they cover every character that is not white space, but for images and addresses of links: a sentence begins and ends with
    what is read of it (newsdex.words.unlinked), or with the whole link. A blank line always ends a sentence. ``language`` is an ISO 639-1
    code, "" for English; for an unknown one sentencex uses the nearest it knows.

    >>> [(s.start, s.end) for s in split_sentences("Mr. Li left. He won.", Span(0, 20))]
    [(0, 12), (13, 20)]
    """
    sentences: list[Span] = []
    read, stored = read_of(text), text
    text = read.text
    start = within.start
    while start < within.end:
        block = _block(text, start, within.end)
        content = text[block.start : block.end]
        cuts = [cut for cut in _cuts(content, stored[block.start : block.end], language or "en") if not read.splits(block.start + cut)]
        start = block.end
        ends_paragraph = block.end == within.end or _PARAGRAPH_END.search(text, block.start, block.end)
        if cuts and cuts[-1] * 2 > len(block) and not ends_paragraph:
            start = block.start + cuts.pop()  # the block may have cut the last sentence: the next one begins with it
        ends = [*(block.start + cut for cut in cuts), start]
        first = block.start
        for end in ends:
            if sentence := trim(text, Span(first, end)):
                sentences += filter(len, _clauses(text, sentence))
            first = end
    return [*read.whole(sentences)]


def trim(text: str, span: Span) -> Span:
    """Return ``span`` without the white space at its ends."""
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _block(text: str, start: int, end: int) -> Span:
    """Return the text from ``start`` to the next blank line, or of a long paragraph the part before some white space."""
    limit = min(start + _BLOCK, end)
    if paragraph := _PARAGRAPH_END.search(text, start, limit):
        return Span(start, paragraph.end())
    if limit < end:
        spaces = [m.end() for m in _SPACE.finditer(text, start + _BLOCK // 2, limit)]
        return Span(start, spaces[-1] if spaces else limit)
    return Span(start, end)


def _cuts(block: str, stored: str, language: str) -> list[int]:
    """Return where the sentences of ``block``, which is what is read of ``stored``, begin, ascending, without the first."""
    plain = _MARK.sub(" ", block)
    found = get_sentence_boundaries(language, plain.translate(_SPACES))
    cuts = [each["start_index"] for each in found[1:] if not _goes_on(plain, each["start_index"], language)]
    if plain != block:
        cuts = list(_outside(block, cuts, _marks(block)))
    if "|" in block:
        rows = _rows(block)
        cuts = [cut for cut in cuts if not (at := bisect_left(rows, (cut, 0))) or cut >= rows[at - 1][1]]
    if "\n" in block:
        cuts = sorted({*cuts, *_line_starts(block), *(_turns(block, stored) if block != stored else ())})
    return cuts


def _rows(block: str) -> list[tuple[int, int]]:
    """Return the rows of tables that are not overlong. One is a sentence, whatever ends in its cells: "| 2. | B. Lee |"."""
    found, start = list[tuple[int, int]](), 0
    for line in block.split("\n"):
        bare = line.strip()
        # The last line of a block may go on in the next
        ends = bare[-1:] == "|" or start + len(line) == len(block)
        if 1 < len(bare) <= _LONGEST_SENTENCE and bare[0] == "|" and ends:
            found.append((start, start + len(line)))
        start += len(line) + 1
    return found


def _goes_on(plain: str, start: int, language: str) -> bool:
    """Return whether the sentence goes on at ``start``: after an abbreviation, a number or who speaks, or in Markdown, not ``plain``."""
    begun = max(0, start - 10)
    if plain[start] in "\u00aa\u00ba" or any(each.search(plain, begun, start) for each in (_TITLE, _SPEAKER)):
        return True
    if _MARKUP_END.match(plain, start) or _ACRONYM.search(plain[begun : start + 2]) or _is_abbreviated(plain, begun, start, language):
        return True
    if _TIME.search(plain, begun, start):
        return bool(_AFTER_TIME.match(plain, start) or _TIME_AS_ADJECTIVE.search(plain, max(0, start - 20), start))
    if not _NUMBER_STOP.search(plain, begun, start) or (following := _NEXT_WORD.match(plain, start)) is None:
        return False
    if following[1][0].islower():
        return True
    behind, little = _ORDINALS.get(language, (None, frozenset()))
    return behind is not None and behind.search(plain, max(0, start - _BEHIND), start) is not None and following[1].lower() not in little


def _is_abbreviated(plain: str, begun: int, start: int, language: str) -> bool:
    """Return whether ``plain`` has an abbreviation between ``begun`` and ``start``, where something follows that it belongs to."""
    if language not in _ABBREVIATIONS:
        return False
    before, numbered = _ABBREVIATIONS[language]
    fitting = before if plain[start].isupper() else numbered if plain[start].isdigit() else None
    return fitting is not None and fitting.search(plain, begun, start) is not None


class _Marks(NamedTuple):
    """The quotation marks and brackets of a text: where one opens, and by kind the ranges that keep sentences together."""

    opening: set[int]
    held: dict[str, list[tuple[int, int]]]

    def hold(self, end: int, start: int) -> bool:
        """Return whether a sentence that ends at ``end`` and the next, at ``start``, are within one short quotation."""
        for ranges in self.held.values():
            before = bisect_left(ranges, (end, 0)) - 1
            if before >= 0 and start <= ranges[before][1]:
                return True
        return False


def _marks(block: str) -> _Marks:
    marks = _Marks(set(), {})
    open_at: dict[str, int] = {}
    for found in _MARK.finditer(block):
        place, kind = found.start(), _KINDS[found[0]]
        if kind == "<" and block[place - 1 : place].isspace() and block[place + 1 : place + 2].isspace():
            continue  # a comparison
        if _opens(block, place, is_open=kind in open_at):
            open_at[kind] = place
            marks.opening.add(place)
        elif kind in open_at:
            start = open_at.pop(kind)
            # A closing single mark may be an apostrophe, except after punctuation.
            if place - start <= _LONGEST_QUOTATION and (kind != "'" or block[place - 1] in _PAUSES):
                marks.held.setdefault(kind, []).append((start, place))
    return marks


def _opens(block: str, place: int, *, is_open: bool) -> bool:
    """Return whether the mark at ``place`` opens: by its neighbours, else by its shape."""
    mark, before, after = block[place], block[place - 1 : place], block[place + 1 : place + 2]
    if mark in _BRACKETS or mark in _BRACKETS.values():
        return mark in _BRACKETS
    left = not before or before.isspace() or before in _BEFORE_OPENING
    right = not after or after.isspace() or after in _AFTER_CLOSING
    if left != right:
        return left
    if after in ("", "\n"):
        return False
    return mark in _OPENING or (mark not in _CLOSING and not is_open)


def _outside(block: str, cuts: Sequence[int], marks: _Marks) -> Iterator[int]:
    """Yield ``cuts``, moved before the marks that open a sentence, except those inside a quotation or before its attribution."""
    for cut in cuts:
        start = cut
        while start > 0 and (block[start - 1].isspace() or start - 1 in marks.opening):
            start -= 1
        end = start
        while end > 0 and (block[end - 1].isspace() or _MARK.match(block, end - 1)):
            end -= 1
        said = end < start and block[cut : cut + 1].islower()  # "Who goes there?" the guard cried
        if not said and not marks.hold(end, cut):
            yield start


def _line_starts(block: str) -> Iterator[int]:
    """Yield where lines begin that do not continue the sentence before: in wrapped text, the next word had no room there."""
    lines = block.split("\n")
    lengths = [len(line.rstrip()) for line in lines]
    width = max(lengths)
    start, is_begun = 0, False
    for line, length, following, after in zip(lines, lengths, lines[1:], [*lines[2:], ""], strict=False):
        start += len(line) + 1
        word = _WORD.search(following)
        if word is None or not length or all(letter in _KINDS for letter in word[0]):
            continue
        room = width - length if length <= _WIDEST_LINE else len(word[0]) + 1
        # Links and titles in a sentence of a page that was saved as text are lines of their own
        is_begun = (line.lstrip()[:1].isupper() or is_begun) and _is_open(line)
        goes_on = word[0] in _POSSESSIVE or word[0][0] in _PAUSES or (word[0][0].islower() and (is_begun or 2 * length >= width))
        goes_on = goes_on or (is_begun and (line.rstrip().endswith(_POSSESSIVE) or _is_within(line, following, after)))
        if (room > len(word[0]) and not goes_on) or _ITEM.match(following, word.start()) or _HEADING.match(line):
            yield start
            is_begun = False


def _is_open(line: str) -> bool:
    """Return whether ``line`` ends with no mark but a comma."""
    last = line.rstrip()[-1:]
    return last.isalnum() or last == ","


def _is_within(line: str, following: str, after: str) -> bool:
    """Return whether the line ``following`` is a link or a title in a sentence that is begun in ``line`` and goes on in that ``after``."""
    next_word, last_word = _WORD.search(after), line.rsplit(maxsplit=1)[-1]
    if not next_word or len(following) > _LONGEST_LINK or not _is_open(following):
        return False
    goes_on = next_word[0] in _POSSESSIVE or next_word[0][0] in _PAUSES
    return goes_on or (next_word[0][0].islower() and (last_word[0].islower() or last_word[-1] == ","))


def _turns(block: str, stored: str) -> Iterator[int]:
    """Yield where a block quote begins or ends, or one in it. Its marks are not read."""
    start = last = 0
    for number, (line, read) in enumerate(zip(stored.split("\n"), block.split("\n"), strict=True)):
        marks = line[: len(line) - len(line.lstrip(" \t>"))] if read.lstrip(" ")[:1] == UNREAD else ""
        if number and marks.count(">") != last:
            yield start
        start, last = start + len(line) + 1, marks.count(">")


def _clauses(text: str, sentence: Span) -> Iterator[Span]:
    """Yield the sentence, or the parts of an overlong one, cut at clauses, else at commas, else between words."""
    start = sentence.start
    while sentence.end - start - text.count(UNREAD, start, sentence.end) > _LONGEST_SENTENCE:
        window = start + _SHORTEST_CLAUSE, start + _LONGEST_SENTENCE
        ends = next((found for pattern in _PARTS if (found := [m.end() for m in pattern.finditer(text, *window)])), None)
        if ends is None:
            break
        yield trim(text, Span(start, ends[-1]))
        start = ends[-1]
    yield trim(text, Span(start, sentence.end))

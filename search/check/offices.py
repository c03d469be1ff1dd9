"""Whether the holder of an office is the one whom a claim names: "Ann Roe is the mayor of Velden" and "mayor Ann Roe" are compared with the
offices that an article gives her. All words of such a claim may be in an article that says them of others.
"""

# ruff: noqa: RUF001 - quotation marks and dashes

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from newsdex.reports import Discrepancy
from newsdex.search.check import names
from newsdex.search.check.evidence import Nearby
from newsdex.search.check.languages import LISTS
from newsdex.search.question.stopwords import language_of

_LONGEST, _MOST = 1_000, 100_000  # characters of a claim, and of an article, that are read
_AROUND = 160  # characters on each side of an office among which its place may be
_BEFORE, _BEHIND = 6, 7  # words of an office before and behind its noun
_TOKEN = re.compile(r"(?:Gov|Rep|Sen)s?\.|(?:[^\W\d_]\.){2,8}|[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]|\n\s*\n")
_POSSESSIVE = re.compile(r"(?:['’]s|s['’])\Z")
_OF = frozenset(("of", "for"))
_WITHIN = frozenset(("the", "of", "and", "for"))
_ARTICLE = r"(?:the |an? |its |their |his |her )?"
_CHOSEN = "elected|re-elected|named|appointed|chosen|made|nominated"
_BECOMES = (
    rf"is|was|be|been|become|becomes|became|remain|remains|remained|{_CHOSEN}|as|serves|served|serving"
    "|sworn in|who|has|had|will|(?:resigned|quit|retired|stepped down|dismissed|fired) as"
)
# What is between a name and its office: "Ann Roe, the", "Ann Roe was elected the", "Ann Roe as".
_HOLDS = re.compile(rf"(?:,? (?:(?:{_BECOMES}) ){{1,5}}|, |\()(?:now |then |still |also |currently )?{_ARTICLE}\Z")
# Who appoints somebody: "Ann Roe named the mayor", "Ann Roe has named the mayor".
_CHOOSES = re.compile(rf"(?:,? (?:who|has|had|will)){{0,3}} (?:{_CHOSEN}) (?:the|an?|its|their|his|her) \Z")
_IS = re.compile(r" (?:is|was) ")
# What is told of somebody between the name and the verb, and the beginning of what follows: "Ann Roe, a teacher, was elected".
_BESIDE = re.compile(r", (?=[a-z\d])[^,.;:!?]{1,80}\Z")
_AUXILIARY = re.compile(r", (?:is|was|has|had|became|becomes|will) ")
_NAME = re.compile(r"(?:[A-Z][^\W\d_]*(?:['’.-][^\W\d_]+)*\.? ){0,3}[A-Z][^\W\d_]*(?:['’-][^\W\d_]+)*\Z")
_THERE = re.compile(r"\b(?:to|in|with|from|against|at|near|on|by|for) (?:the )?$", re.IGNORECASE)
_CLOSE = 120  # characters of a name and what is between it and its office
_NAMED = 4  # words of a name
_STEM = 5  # letters by which "founder" and "founded" are alike


def _lists(name: str) -> dict[str, frozenset[str]]:
    """Each word of a list with what it stands for: "pm = prime minister", else itself."""
    found = {}
    for words, meant in LISTS.values("en", name):
        for word in (words or meant).split():
            found[word] = frozenset(meant.split() if words else [word])
    return found


_OFFICES = _lists("offices")
_DUTIES = _lists("duties")
_MEANT = {**_DUTIES, **_OFFICES}
_SUBORDINATE = LISTS.words("subordinate")
_ORDINARY = LISTS.words("ordinary of offices")
# An office of somebody who is not named, as in "the mayor thanked Ann Roe", but not in "Ann Roe took over as the mayor".
_UNNAMED = re.compile(rf"(?<!\bas )(?<!\bis )(?<!\bwas )(?<!\bbecame )\bthe (?:[^\W_]+ ){{0,3}}?(?:{'|'.join(_OFFICES)})\b", re.IGNORECASE)


class _Office(NamedTuple):
    """An office in a text: its ``duties``, the names in it, as ``place``, of its ``holder``, and where it is."""

    holder: tuple[str, ...]
    duties: frozenset[str]
    place: tuple[str, ...]
    start: int
    end: int


def otherwise_held(claim: str, near: Nearby) -> Iterator[Discrepancy]:
    """Yield each office that ``claim`` gives to somebody to whom the article gives others: "mayor of Velden" for "governor of Lindal"."""
    claim = claim[:_LONGEST]
    if language_of(claim) != "en" and near.article.language not in ("en", ""):
        return
    text, english = names.whole(near.article)[:_MOST], near.article.language in ("en", "")
    for said in _offices(claim):
        known = [office for office in _offices(text) if _is_same(said, office)]
        if _is_given(said, known, text, near.article.title):
            continue
        if known:
            yield Discrepancy("name", claim[said.start : said.end], " ".join(text[known[0].start : known[0].end].split()))
        elif not (english and any(_implies(each, said) for each in (*near.texts, *near.around, near.article.title))):
            yield Discrepancy("name", claim[said.start : said.end], "")


def _implies(text: str, said: _Office) -> bool:
    """Whether a sentence has the holder and a word of the office that is nobody else's there: "founded" for "founder"."""
    words = names.words_of(text)
    if said.holder[-1] not in words or any(said.duties & other.duties for other in _offices(text) if not _is_same(said, other)):
        return False
    told = names.words_of(_UNNAMED.sub(" ", text))
    return all(any(word[:_STEM] == duty[:_STEM] for word in told) for duty in said.duties)


def _is_given(said: _Office, known: Sequence[_Office], text: str, title: str) -> bool:
    """Whether one of the ``known`` offices of an article's ``text`` is the one that is said: of the same duties, not a deputy's, and of the
    same place. If none of these has a place, it must be around one or in the ``title``, and not as somewhere to go to.
    """
    same = [each for each in known if said.duties <= each.duties and not (each.duties - said.duties) & _SUBORDINATE]
    if not said.place or not same:
        return bool(same)
    place = names.Name(said.place, 0, 0, opens=False)
    placed = [" ".join(each.place) for each in same if each.place]
    if not placed:
        around = [title, *(text[max(0, each.start - _AROUND) : each.end + _AROUND] for each in same)]
        placed = [each[name.start : name.end] for each in around for name in names.names(each) if not _THERE.search(each, 0, name.start)]
    return any(names.has_name(each, place) or names.has_name(each.upper(), place) for each in placed)


def _is_same(said: _Office, other: _Office) -> bool:
    """Whether both have the same holder, by the last name, which a headline goes on from: "Ann Roe Wins"."""
    last = said.holder[-1]
    return last in other.holder and (other.holder[0] == last or len(said.holder) == 1 or said.holder[0] in other.holder)


@lru_cache(maxsize=64)  # articles are long
def _offices(text: str) -> tuple[_Office, ...]:
    return tuple(_read(text))


def _read(text: str) -> Iterator[_Office]:
    tokens = list(_TOKEN.finditer(text))
    words = [names.fold(token[0]) for token in tokens]
    for at, word in enumerate(words):
        if word not in _OFFICES or (at + 1 < len(words) and words[at + 1] in _OFFICES):
            continue
        first, last = _first(tokens, words, at), _last(tokens, words, at)
        held = [number for number in range(first, last) if words[number] not in _WITHIN]
        place = [words[number] for number in held if tokens[number][0][0].isupper() and words[number] not in _MEANT]
        duties = frozenset[str]().union(*(_MEANT.get(words[number], ()) for number in held))
        start, end = tokens[first].start(), tokens[last - 1].end()
        named = _run(tokens, words, last)
        if not named:
            named = _name_before(text, start) or (_run(tokens, words, last + 1) if text[end : end + 2] == ", " else ())
        if named:
            yield _Office(named, duties, tuple(place), start, end)


def _first(tokens: Sequence[re.Match[str]], words: Sequence[str], at: int) -> int:
    """Where the office begins whose noun is ``at``: "Japan's first", "Harris County District"."""
    first = at
    while first and at - first < _BEFORE:
        token, word = tokens[first - 1][0], words[first - 1]
        if not (token[0].isupper() or word in _DUTIES or word in _OFFICES or word in _ORDINARY) or word in _WITHIN:
            break
        first -= 1
        if _POSSESSIVE.search(token):
            break
    return first


def _last(tokens: Sequence[re.Match[str]], words: Sequence[str], at: int) -> int:
    """Where the office ends: "of the United States", "of state"."""
    last = at + 1
    if last < len(words) and words[last] in _OF:
        end = last
        while end < min(len(words), at + _BEHIND) and (tokens[end][0][0].isupper() or words[end] in _DUTIES or words[end] in _WITHIN):
            # "Secretary of State Ann Roe"
            if last > at + 1 and _DUTIES.keys() >= {*words[at + 1 : end]} - _WITHIN and words[end] not in _DUTIES.keys() | _WITHIN:
                break
            end += 1
            if words[end - 1] not in _WITHIN:
                last = end
    return last


def _run(tokens: Sequence[re.Match[str]], words: Sequence[str], first: int) -> tuple[str, ...]:
    """The capitalised words from ``first`` on, of one name."""
    end = first
    while end < min(len(words), first + _NAMED) and tokens[end][0][0].isupper() and words[end] not in _OFFICES:
        end += 1
        if _POSSESSIVE.search(tokens[end - 1][0]) or (end < len(tokens) and tokens[end].start() - tokens[end - 1].end() != 1):
            break
    return tuple(words[first:end])


def _name_before(text: str, start: int) -> tuple[str, ...]:
    """The name before the office that begins at ``start``: "Kim Ogg, the district attorney", "Kim Ogg is the district attorney"."""
    before = text[max(0, start - _CLOSE) : start]
    link = _HOLDS.search(before)
    if link is None or _CHOOSES.fullmatch(link[0]):
        return ()
    beside = _BESIDE.search(before, 0, link.start()) if _AUXILIARY.match(link[0]) else None
    name = _NAME.search(before, 0, beside.start() if beside else link.start())
    # "Mary, who was born in Velden, is now queen"
    if not name or (_IS.search(link[0]) and names.PLACED.search(before, 0, name.start())):
        return ()
    return tuple(names.fold(word) for word in name[0].split())

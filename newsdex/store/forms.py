"""Two forms of one name that an article says are the same: "World Central Kitchen (WCK)", "WCK (World Central Kitchen)", "Kyiv (Kiev)".
Acronyms: Schwartz and Hearst (2003, A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text): the fewest words
before the brackets that have the acronym's letters in order, the first beginning the first word. Rules of our own keep people out: "Peter
Schmid (SPD)". Other forms: after "also known as" or the like, or if both sound nearly the same.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.records import Article
from newsdex.store.checked import CheckedTensors
from newsdex.store.columns import holders, pack_strings, range_at, string_at, strings_layout, unpack_strings
from newsdex.store.vocabulary import SHORTEST, sounds_of
from newsdex.tensors import Array, Layout, TensorReader, Tensors
from newsdex.words import Analyzer, as_read

MOST_WORDS = 12  # of a long form
_MOST = 200  # forms that one article can teach
_LONGEST = 10  # characters of an acronym
_BEFORE = 200  # characters before the brackets in which the long form is looked for
_TWO = 2
# Compiled on first use: few questions need them.
_brackets = cache(lambda: re.compile(r"\(([^()]{2,120})\)"))
_token = cache(lambda: re.compile(r"\S+"))
# Where a long form cannot go on: the end of a sentence, but not of "U.S.", and of a paragraph.
_break = cache(lambda: re.compile(r"(?<=\w\w\w)[.!?]\s|[;:]\s|\n\s*\n"))
_acronym = cache(lambda: re.compile(r"[^\W_](?:[^\W_]|[.&/-](?=[^\W_]))*\.?"))
_party = cache(lambda: re.compile(r"[A-Z]-"))  # of a state: "John Cornyn (R-Texas)"
_QUOTES = "\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb "
_inside = cache(lambda: re.compile('["\u201c\u201d\u201e\u00ab\u00bb\n()\\[\\]]'))
_name = cache(lambda: re.compile(r"(?:[^\W\d_][\w'\u2019.-]*\s+){0,3}[^\W\d_][\w'\u2019-]+"))
_GOES_ON = frozenset(["and", "&", "und", "y", "e", "et", "en"])
_called = cache(
    lambda: re.compile(
        r"(?:(?:also|formerly|previously|otherwise|now|better)\s+(?:known\s+as|called|named|spelled|spelt|written|transliterated(?:\s+as)?)"
        r"|known\s+as|a\.?k\.?a\.?|(?:auch|fr\u00fcher|ehemals|heute)\s+(?:bekannt\s+als|als|genannt)|auch"
        r"|tambi\u00e9n(?:\s+(?:conocid[oa]s?\s+como|llamad[oa]s?))?"
        r"|(?:aussi\s+)?(?:appel\u00e9e?s?|connue?s?\s+sous\s+le\s+nom\s+de))[\s,:]+",
        re.IGNORECASE,
    )
)

# The arrays for so many "articles". By the hash of its words, ``form.of`` has twice the place of the pair of each form, and 1 more of the
# long one.
LAYOUT: Layout = {
    name: array._replace(optional=True)
    for name, array in {
        **strings_layout("form.short", "forms"),
        **strings_layout("form.long", "forms"),
        "form.hash": Array(("U64",), ("form hashes",)),
        "form.of": Array(("U32",), ("form hashes",)),
        "form.article": Array(("U32",), ("form articles",), below="articles"),
        "form.article.ends": Array(("U32",), ("forms",), "form articles", order="ends"),
    }.items()
}


Keys: TypeAlias = tuple[int, int]  # ``key_of`` the short form and the long one


class Form(NamedTuple):
    """Two forms of one name, as they are written."""

    short: str
    long: str


class Taught(NamedTuple):
    """A ``form`` that is the long one or the short one, its ``other``, and the rows of the articles that say so."""

    form: str
    other: str
    is_long: bool
    rows: NDArray[np.generic]


def pack_forms(articles: Sequence[Article], analyzers: Mapping[str, Analyzer]) -> Tensors:
    """The arrays of LAYOUT: each pair of forms by its words, as most of its ``articles`` write it, and the rows of these."""
    rows: defaultdict[Keys, list[int]] = defaultdict(list)
    written: defaultdict[Keys, Counter[Form]] = defaultdict(Counter)
    for row, article in enumerate(articles):
        for keys, form in _by_keys(article.text, analyzers[article.language]).items():
            rows[keys].append(row)
            written[keys][form] += 1
    return _packed(rows, written)


def join_forms(readers: Sequence[TensorReader], places: Sequence[Sequence[int]], read: Callable[[int, int], tuple[str, str]]) -> Tensors:
    """The arrays for segments that follow each other. ``places`` has the new row of each segment's articles, -1 for those left out;
    ``read`` gives text and language by segment and row. Of pairs shown in different ways, or with an article left out, articles are counted
    again, and a pair not found any more is left out: else, the way of most in each is that of all. Raises ValueError if the arrays do not
    go together.
    """
    rows: defaultdict[Keys, list[tuple[int, int]]] = defaultdict(list)
    written: defaultdict[Keys, Counter[Form]] = defaultdict(Counter)
    fewer = set[Keys]()
    for number, reader in enumerate(readers):
        order, ends = reader["form.of"].astype(np.int64), reader["form.article.ends"].tolist()
        if not np.array_equal(np.sort(order), np.arange(2 * len(ends))):
            raise ValueError("its forms do not go together")
        hashes = np.empty(len(order), np.uint64)
        hashes[order] = reader["form.hash"]
        shown = map(Form, unpack_strings(reader, "form.short"), unpack_strings(reader, "form.long"))
        articles = reader["form.article"].tolist()
        for (short, long), form, (first, last) in zip(hashes.reshape(-1, 2).tolist(), shown, pairwise([0, *ends]), strict=True):
            if stay := [(number, row) for row in articles[first:last] if places[number][row] >= 0]:
                rows[short, long] += stay
                written[short, long][form] += 1
            if len(stay) < last - first:
                fewer.add((short, long))
    again = {keys: rows[keys] for keys, forms in written.items() if len(forms) > 1 or keys in fewer}
    counts = _counted(again, read)
    written |= counts
    for keys in fewer & (written.keys() - counts.keys()):
        del rows[keys], written[keys]  # a pair by the rules of an earlier newsdex
    return _packed({keys: [places[number][row] for number, row in found] for keys, found in rows.items()}, written)


def _counted(
    pairs: Mapping[Keys, Sequence[tuple[int, int]]], read: Callable[[int, int], tuple[str, str]]
) -> defaultdict[Keys, Counter[Form]]:
    """How many of the articles of each of ``pairs`` write it in which way."""
    analyzers, wanted = cache(Analyzer), defaultdict[tuple[int, int], list[Keys]](list)
    for keys, places in pairs.items():
        for place in places:
            wanted[place].append(keys)
    counts: defaultdict[Keys, Counter[Form]] = defaultdict(Counter)
    for place, sought in wanted.items():
        text, language = read(*place)
        found = _by_keys(text, analyzers(language))
        for keys in sought:
            if keys in found:  # the rules of another newsdex may have been others
                counts[keys][found[keys]] += 1
    return counts


def _by_keys(text: str, analyzer: Analyzer) -> dict[Keys, Form]:
    """The first form that ``text`` teaches by its keys."""
    text = as_read(text)
    found: dict[Keys, Form] = {}
    for form in forms_of(text):
        keys = key_of(analyzer.terms(form.short)), key_of(analyzer.terms(form.long))
        if keys[0] != keys[1]:
            found.setdefault(keys, form)
    return found


def _packed(rows: Mapping[Keys, Sequence[int]], written: Mapping[Keys, Counter[Form]]) -> Tensors:
    """The arrays of pairs, by the ``rows`` of their articles and by how many have ``written`` them in which way."""
    pairs = sorted(rows)
    shown = [min(written[keys].items(), key=lambda item: (-item[1], item[0]))[0] for keys in pairs]
    hashes = np.array([key for keys in pairs for key in keys], np.uint64)
    order = np.argsort(hashes, kind="stable")
    return {
        **pack_strings("form.short", (form.short for form in shown)),
        **pack_strings("form.long", (form.long for form in shown)),
        "form.hash": hashes[order],
        "form.of": order.astype(np.uint32),
        "form.article": np.array([row for keys in pairs for row in rows[keys]], np.uint32),
        "form.article.ends": np.cumsum([len(rows[keys]) for keys in pairs], dtype=np.uint32),
    }


def key_of(terms: Iterable[str]) -> int:
    """The hash of the words of a form, by their terms."""
    return xxhash.xxh3_64_intdigest(" ".join(terms).encode(errors="replace"))


def keys_of_runs(words: Iterable[Iterable[str]]) -> Iterator[tuple[int, int, int]]:
    """The key of each run of as many ``words``, given by their terms, as a form can have, and the numbers of its first and last word."""
    parts = [" ".join(terms).encode(errors="replace") for terms in words]
    line, stops = b" ".join(parts), list(accumulate(len(part) + 1 for part in parts))
    start = 0
    for first, after in enumerate(stops):
        for last, stop in enumerate(stops[first : first + MOST_WORDS], first):
            yield xxhash.xxh3_64_intdigest(line[start : stop - 1]), first, last
        start = after


class Forms:
    """The forms of a segment, checked as they are read. Reading raises IndexDamaged."""

    def __init__(self, tensors: CheckedTensors) -> None:
        self._tensors = tensors

    def __len__(self) -> int:
        return len(self._tensors["form.article.ends"]) if self.are_stored else 0

    @cached_property
    def are_stored(self) -> bool:
        """Whether the segment has forms, as that of an earlier newsdex has not."""
        return all(name in self._tensors for name in LAYOUT)

    def of(
        self, keys: Sequence[int] | NDArray[np.uint64], wants: Callable[[int, str], bool] = lambda _number, _short: True
    ) -> Iterator[tuple[int, Taught]]:
        """What the articles teach of forms whose words have one of ``keys``, with the key's number; of short ones what ``wants`` allows."""
        if not self:
            return
        numbers, forms = holders(self._tensors, "form.hash", "form.of", np.asarray(keys, np.uint64))
        for number, form in zip(numbers.tolist(), forms.tolist(), strict=True):
            row, is_long = divmod(form, 2)
            short = string_at(self._tensors, "form.short", row)
            if is_long or wants(number, short):
                rows = self._tensors.part("form.article", *range_at(self._tensors, "form.article.ends", row))
                long = string_at(self._tensors, "form.long", row)
                yield number, Taught(long, short, True, rows) if is_long else Taught(short, long, False, rows)


def forms_of(text: str) -> Iterator[Form]:
    """The forms that ``text`` teaches, an acronym as the short one; the work grows with its length.

    >>> list(forms_of("The World Central Kitchen (WCK) sent the BEA (Bureau of Investigation and Analysis) to Kyiv (Kiev)."))
    [Form(short='WCK', long='World Central Kitchen'), Form(short='BEA', long='Bureau of Investigation and Analysis'), Form(short='Kiev',
    long='Kyiv')]
    """
    count = 0
    for found in _brackets().finditer(text):
        before = _break().split(text[max(0, found.start() - _BEFORE) : found.start()])[-1]
        if form := _form(before, found[1]):
            yield form
            count += 1
            if count == _MOST:
                return


def _form(before: str, within: str) -> Form | None:
    """What "``before`` (``within``)" teaches."""
    inner = _unquoted(re.split("[;,]", within)[0])
    if is_acronym(inner) and (found := _long_before(inner, before)):
        return Form(_single(inner), found)
    words = _token().findall(before)
    if not words:
        return None
    last = words[-1].strip(_QUOTES)
    if is_acronym(last) and (found := _long_before(last, inner)) and len(found) >= len(inner.strip(_QUOTES + ",.")):
        return Form(_single(last), found)
    called = _called().match(inner)
    other = _unquoted(inner[called.end() :] if called else inner)
    mine = " ".join(words[-max(1, len(other.split())) :]).strip(_QUOTES)
    if not all(_name().fullmatch(name) and all(word[0].isupper() for word in name.split()) for name in (mine, other)):
        return None
    return Form(other, mine) if called or _sound_alike(mine, other) else None


# Stop words are also the letters of some acronyms (AND, IN), so most questions test the same few.
@lru_cache(maxsize=1024)
def is_acronym(text: str) -> bool:
    """Whether ``text`` is written as acronyms are: one word, some capitals, fewer lower-case letters or two as well.

    >>> [is_acronym(text) for text in ("WCK", "IStGH", "U.N.", "COVID-19", "NGOs", "SaaS", "Paris", "OpenAI", "R-Texas", "2024")]
    [True, True, True, True, True, True, False, False, False, False]
    """
    capitals = sum(letter.isupper() for letter in text)
    small = sum(letter.islower() for letter in _single(text))
    written = capitals >= _TWO and small <= max(capitals - 1, _TWO)
    return len(text) <= _LONGEST and written and bool(_acronym().fullmatch(text)) and not _party().match(text)


def _single(acronym: str) -> str:
    """``acronym`` without the s of a plural."""
    return acronym[:-1] if acronym[-1:] == "s" and acronym[:-1].isupper() else acronym


def _unquoted(text: str) -> str:
    """``text`` without an article before it and quotation marks around it."""
    return re.sub(r"^(?:the|der|die|das)\s+", "", " ".join(text.split()).strip(_QUOTES), flags=re.IGNORECASE).strip(_QUOTES)


def _long_before(acronym: str, text: str) -> str | None:
    """The last words of ``text`` that ``acronym`` stands for."""
    letters = [letter.casefold() for letter in _single(acronym) if letter.isalnum()]
    tokens = list(_token().finditer(text))[-min(len(letters) + 5, 2 * len(letters), MOST_WORDS) :]
    if not letters or not tokens:
        return None
    start = tokens[0].start()
    place = _place_of(letters, text.casefold() if len(text.casefold()) == len(text) else text.lower(), start, len(text))
    if place is None:
        return None
    long = " ".join(text[place:].split()).strip(_QUOTES + ",")
    return long if _stands_for(acronym, letters, long) else None


def _place_of(letters: Sequence[str], text: str, start: int, end: int) -> int | None:
    """Where in ``text`` the first of ``letters`` begins a word, if they are there in order, each as late as can be."""
    place = end
    for number in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= start and (text[place] != letters[number] or (number == 0 and place > 0 and text[place - 1].isalnum())):
            place -= 1
        if place < start:
            return None
    return place


def _stands_for(acronym: str, letters: Sequence[str], long: str) -> bool:
    """Whether ``long``, which has the ``letters`` of ``acronym``, is what it is short for."""
    words = [word.strip(_QUOTES + ",.") for word in long.split()]
    # What has a capital somewhere begins with one, and no acronym is made of itself.
    if (
        not all(words)
        or acronym.casefold() in long.casefold()
        or len(long) < _TWO * len(letters)
        or len(words) > MOST_WORDS
        or _inside().search(long)
    ):
        return False
    if any(word[0].isupper() for word in words) and not (long[0].isupper() or long[0].isdigit()):
        return False
    firsts = [part[0].casefold() for word in words for part in re.split("[-/\u2019']", word) if part]
    if len(letters) == _TWO and not _within(letters, firsts):
        return False
    # The last word has the last letter, or only goes on with the one that does: "Centers for Disease Control and Prevention".
    last = len(words) - 1
    while last > 0 and letters[-1] not in words[last].casefold():
        if last < _TWO or words[last - 1].casefold() not in _GOES_ON:
            return False
        last -= 2
    return True


def _within(letters: Iterable[str], firsts: Iterable[str]) -> bool:
    """Whether ``firsts`` has the ``letters`` in their order."""
    rest = iter(firsts)
    return all(letter in rest for letter in letters)


def _sound_alike(one: str, other: str) -> bool:
    """Whether each word of ``one`` sounds nearly as that of ``other``, and is another."""
    from rapidfuzz.distance.OSA import distance  # which no question needs for this

    words, others = one.casefold().split(), other.casefold().split()
    if len(words) != len(others) or words == others or any(len(word) < SHORTEST or not word.isalpha() for word in words + others):
        return False
    return all(distance(mine, its) <= 1 for mine, its in zip(sounds_of(words), sounds_of(others), strict=True))

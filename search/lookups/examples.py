"""Example searches: phrases shared by several recent titles, in any language, without a model or word lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from newsdex.search.answer.cleaning import one_line
from newsdex.search.listing import listed
from newsdex.search.request import request_of
from newsdex.store.snapshot import Snapshot
from newsdex.values import folded

_TITLES = 2_000  # newest titles read
_SHORT = 3  # shortest name, in letters
_HEAVY = 5  # letters of a word without a capital that carries meaning
_CHARACTERS = 6  # longest phrase in a script without spaces
_LONGEST = 200  # characters read of a title
_MOST = 20
_WORDS = 3  # longest phrase, in words
_COMMON = 0.05  # share of titles above which a word is too common
_FEW = 3  # titles that may share a word in any archive
# A character of a script without spaces, or a word. Anything but a space between two words ends a phrase.
_DENSE = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_DENSE}]|[^\W\d_{_DENSE}]+(?:[-'\u2019][^\W\d_{_DENSE}]+)*")
_KANA = re.compile("[\u3040-\u309f]")  # function words
_OWNER = re.compile(r"['\u2019]s$")  # a possessive


def examples_of(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the ``phrases_of`` the newest titles of an index. Raises IndexDamaged."""
    places = islice(listed(snapshot, request_of("titles")), _TITLES)
    return phrases_of([one_line(snapshot.segments[place.segment].title(place.row)) for place in places])


def phrases_of(titles: Sequence[str]) -> tuple[str, ...]:
    """Return phrases that at least two different ``titles`` share, the most frequent first. No two share a word."""
    counts: Counter[str] = Counter()
    words: Counter[str] = Counter()
    written: dict[str, str] = {}
    for title in dict.fromkeys(titles):
        found = {folded(text): text for text in _phrases(title[:_LONGEST])}
        counts.update(found.keys())
        words.update({folded(word) for word in _WORD.findall(title[:_LONGEST])})
        written = found | written
    most = max(_FEW, _COMMON * len(titles))
    good = [form for form, count in counts.items() if count > 1 and all(words[word] <= most for word in _WORD.findall(form))]
    # Weight longer phrases, which occur in fewer titles but say more.
    good.sort(key=lambda form: (-counts[form] * len(_WORD.findall(form)) * (1 if written[form].islower() else 2), form))
    chosen: dict[str, set[str]] = {}
    for form in good:
        parts = set(_WORD.findall(form))
        if all(parts.isdisjoint(others) for others in chosen.values()):
            chosen[form] = parts
            if len(chosen) == _MOST:
                break
    return tuple(written[form] for form in chosen)


def _phrases(title: str) -> Iterator[str]:
    """Yield candidates: phrases of at least two words that begin and end with a name or a long word."""
    places = [found.span() for found in _WORD.finditer(title)]
    texts = [title[start:end] for start, end in places]
    capitals = [text[0].isupper() for text in texts]
    # In title case, capitals do not mark names.
    telling = not all(capital for capital, text in zip(capitals, texts, strict=True) if len(text) > _SHORT)
    owners = [_OWNER.search(text) is not None for text in texts]
    for first in range(len(texts)):
        # Such as "Attorney's Office" of "District Attorney's Office".
        before = texts[first - 1] if first and title[places[first - 1][1] : places[first][0]] == " " else ""
        if owners[first] and len(before) > _SHORT and before[0].isupper():
            continue
        # A name of one word, such as "Board", says too little.
        for last in range(first + 1, min(first + _CHARACTERS, len(texts))):
            start, end = places[first][0], places[last][1]
            gaps = [title[places[at][1] : places[at + 1][0]] for at in range(first, last)]
            if any(gap not in ("", " ") for gap in gaps):
                break
            dense = "" in gaps
            if last - first >= _WORDS and not (dense and not any(gaps)):
                break
            named = [telling and at > 0 and capitals[at] and len(texts[at]) >= _SHORT for at in range(first, last + 1)]
            if dense:
                good = not any(_KANA.match(texts[at]) for at in (first, last))
            else:
                heavy = [len(text) > (_HEAVY if text.islower() else _SHORT) for text in texts[first : last + 1]]
                good = (named[0] and named[-1]) or all(name or long for name, long in zip(named, heavy, strict=True))
            if good and not owners[last]:
                yield title[start:end]

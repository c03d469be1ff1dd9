"""What is compared in which language: the languages with lists of numbers in words, negations and opposites.

In a language without one of these lists, a claim that only such a word makes false would pass, so it is never supported there.
docs/CHECK.md has this table, too; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from newsdex.records import Article
from newsdex.search.check.antonyms import OPPOSITES
from newsdex.search.check.number_words import NUMBERED
from newsdex.search.check.polarity import NEGATIONS
from newsdex.search.question.stopwords import language_of

LISTED: Mapping[str, AbstractSet[str]] = {
    "numbers in words": {"en", *NUMBERED},
    "negations": NEGATIONS.keys(),
    "opposites": OPPOSITES.keys(),
}
_UNKNOWN = ("", "und")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")


def uncompared(claim: str, article: Article) -> tuple[str, str]:
    """Return what is not compared in the language of the claim and the article, and the language; "" if all is, or the claim is verbatim.

    The language is that of the article; if none is known, that of its text. A claim in another script than Latin has no list.
    """
    language = article.language if article.language not in _UNKNOWN else language_of(article.text) or "en"
    letters = _LETTER.findall(claim)
    if 2 * sum(_LATIN.match(letter) is not None for letter in letters) < len(letters):
        language = article.language if article.language not in _UNKNOWN and article.language not in NEGATIONS else "und"
    missing = [name for name, languages in LISTED.items() if language not in languages]
    return (", ".join(missing), language) if missing else ("", "")

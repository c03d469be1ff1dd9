"""Text of articles made fit for a language model: nothing in it that a person who reads along would not see."""

from __future__ import annotations

import re
import unicodedata

from newsdex.output import as_unicode

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# What is drawn as nothing besides category Cf: Default_Ignorable_Code_Point of the Unicode Character Database.
_DRAWN_AS_NOTHING = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_DROPPED = ("Cc", "Cf")


def clean(text: str) -> str:
    r"""``text`` with "\n" as its only line end, and without control characters, invisible ones, and marks of writing direction.

    >>> clean("a\u200bb\u202e\r\nc\td")
    'ab\nc d'
    """
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    text = _DRAWN_AS_NOTHING.sub("", text)
    seen = "".join(character for character in text if character == "\n" or unicodedata.category(character) not in _DROPPED)
    return seen.encode(errors="replace").decode()


def one_line(text: str) -> str:
    """``text``, clean and in one line."""
    return " ".join(clean(as_unicode(text)).split())

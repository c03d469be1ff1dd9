"""The words of a language, so that a correct word that no article has is not taken for a misspelt one.

The lists are those of pyspellchecker, with 16,000 to 400,000 words each. A search for the word in the bytes of a list takes 15 CPU
milliseconds the first time; the package reads all of it first, in 200.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path


def is_listed(word: str, languages: Iterable[str]) -> bool:
    """Whether ``word``, in lower case, is one of any of the ``languages`` that have a list."""
    return any(_is_listed(word, language) for language in languages)


@lru_cache(maxsize=10_000)
def _is_listed(word: str, language: str) -> bool:
    return f"{json.dumps(word, ensure_ascii=False)}:".encode() in _list_of(language)


@cache
def _list_of(language: str) -> bytes:
    """JSON, an object of words with their frequencies; b"" without a list, or where an older installation lacks the package."""
    spec = importlib.util.find_spec("spellchecker")
    if spec is None or spec.origin is None:
        return b""
    file = Path(spec.origin).parent / "resources" / f"{language}.json.gz"
    return gzip.decompress(file.read_bytes()) if language.isalpha() and file.is_file() else b""

"""Language tags of sources."""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 35  # longest tag, in characters: RFC 5646, 4.4.1
_CODE = re.compile(r"[a-z]{2}")


@lru_cache(maxsize=1024)
def code_of(told: str) -> str:
    """Return the ISO 639-1 code of a language tag (BCP 47, ISO 639-2 or 639-3); "" if there is none.

    >>> [code_of(tag) for tag in ("en", "de_AT", "zh-Hans", "eng", "ger", "iw", "xx", "English", "")]
    ['en', 'de', 'zh', 'en', 'de', 'he', '', '', '']
    """
    from langcodes import standardize_tag, tag_is_valid

    tag = told.strip()
    try:
        if len(tag) > _LONGEST or not tag_is_valid(tag):
            return ""
        language = standardize_tag(tag).partition("-")[0]
        code = language if len(language) == 2 else standardize_tag(language, macro=True)  # noqa: PLR2004 - letters of ISO 639-1
    except ValueError:  # includes LanguageTagError
        return ""
    return code if _CODE.fullmatch(code) else ""

"""Detects pages with text but without a whole article, by what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_STUB = 1_500  # longest text of a page behind a paywall, in characters: one to three paragraphs
_LEADS_ON = 300  # longest text of a page that only redirects, in characters
_NOTICE = 1_000  # longest cookie notice, in characters
_REFRESH = re.compile(r"^\s*[\d.]+\s*[;,]\s*url\s*=\s*['\"]?([^'\"\s]+)", re.IGNORECASE)
_SUBSCRIBE = re.compile(
    r"subscribe (?:now )?to (?:continue|read|keep)|to continue reading|(?:only|exclusively) (?:for|to) (?:our )?subscribers|(?:for|to) "
    r"subscribers only|subscriber[- ](?:only|exclusive)"
    r"|already a (?:subscriber|member)|(?:sign|log) in to (?:continue|read)|weiterlesen mit|nur für abonnenten|mit (?:einem )?abo "
    r"(?:weiter)?lesen|sie haben bereits ein abo"
    r"|réservée? (?:à nos|aux) abonnés|déjà abonné|(?:solo|exclusivo) para suscriptores|per gli abbonati|voor abonnees|только для "
    r"подписчиков",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"\bcookies?\b|\bcookie-", re.IGNORECASE)
_AGREE = re.compile(
    r"\b(?:accept|consent|agree|reject|manage (?:your )?(?:choices|preferences)|zustimm|akzeptier|einwillig|accepter|refuser|consentement"
    r"|aceptar|consentimiento|accett)",
    re.IGNORECASE,
)


def leads_to(tree: HtmlElement, text: str) -> str:
    """Return the URL to which a page with little text redirects; "" otherwise."""
    if len(text) > _LEADS_ON:
        return ""
    for element in tree.iter("meta"):
        if (element.get("http-equiv") or "").lower() == "refresh" and (found := _REFRESH.match(element.get("content") or "")):
            return found[1]
    return ""


def is_paywalled(text: str, *, told: bool) -> bool:
    """Return whether a text is only the beginning of a paid one, as the page ``told`` machines or tells readers."""
    return len(text) < _STUB and (told or _SUBSCRIBE.search(text) is not None)


def is_about_cookies(text: str) -> bool:
    """Return whether a text is only a cookie notice."""
    return len(text) < _NOTICE and len(_COOKIES.findall(text)) > 1 and _AGREE.search(text) is not None

"""Pages that hold no article, or not all of it, though they have text: told by what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_STUB = 1_500  # characters; a page behind a paywall shows a paragraph or three
_LEADS_ON = 300  # characters that a page has at most which only leads to another
_NOTICE = 1_000  # characters of a notice about cookies
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
    """The address that a page of so little text sends its readers on to at once; empty for any other page."""
    if len(text) > _LEADS_ON:
        return ""
    for element in tree.iter("meta"):
        if (element.get("http-equiv") or "").lower() == "refresh" and (found := _REFRESH.match(element.get("content") or "")):
            return found[1]
    return ""


def is_paywalled(text: str, *, told: bool) -> bool:
    """Whether a text is the beginning of one that has to be paid for, as the page has ``told`` machines or tells its readers."""
    return len(text) < _STUB and (told or _SUBSCRIBE.search(text) is not None)


def is_about_cookies(text: str) -> bool:
    """Whether a text is no more than what sites ask before they show a page."""
    return len(text) < _NOTICE and len(_COOKIES.findall(text)) > 1 and _AGREE.search(text) is not None

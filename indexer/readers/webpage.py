"""Web pages: main text by trafilatura, and metadata. Offsets count in the extracted text, with a blank line between paragraphs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from newsdex.errors import SourceError
from newsdex.indexer.readers.byline import CHANGED, dateline
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.indexer.readers.error_pages import CONSENT_PAGE, ERROR_PAGE, NO_TEXT, PAYWALL, STUB, error_in
from newsdex.indexer.readers.main_text import main_text
from newsdex.indexer.readers.markup import HtmlElement, page_in_utf8, parse_page
from newsdex.indexer.readers.page_metadata import page_metadata
from newsdex.indexer.source import Source
from newsdex.records import Article

_LEADS_ON = 300  # longest text of a page that only redirects, in characters
_NOTICE = 2_000  # longest consent dialogue, in characters
_REFRESH = re.compile(r"^\s*[\d.]+\s*[;,]\s*url\s*=\s*['\"]?([^'\"\s]+)", re.IGNORECASE)
_SUBSCRIBE = re.compile(
    r"subscribe (?:now )?to (?:continue|read|keep)|to continue reading|(?:only|exclusively) (?:for|to) (?:our )?subscribers|(?:for|to) "
    r"subscribers only|subscriber[- ](?:only|exclusive)|please (?:log|sign) in|must be (?:logged|signed) in"
    r"|already a (?:subscriber|member)|(?:sign|log) in to (?:continue|read)|weiterlesen mit|nur für abonnenten|mit (?:einem )?abo "
    r"(?:weiter)?lesen|sie haben bereits ein abo"
    r"|réservée? (?:à nos|aux) abonnés|déjà abonné|(?:solo|exclusivo) para suscriptores|per gli abbonati|voor abonnees|только для "
    r"подписчиков",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"\bcookies?\b|\bcookie-", re.IGNORECASE)
_AGREE = re.compile(
    r"\b(?:accept|consent|agree|reject|manage (?:your )?(?:choices|preferences)|zustimm|akzeptier|einwillig|ablehn|refuser|acept|aceit"
    r"|rechaz|rejeit|accett|rifiut|weiger|toestemming|akkoord|akceptuj|zgod|zgadza|godkänn|samtyck|souhlas|принять|соглас)|同意|拒否|接受",
    re.IGNORECASE,
)
# What a consent dialogue talks about: it has several of these subjects in few words, and an article hardly one. A subject goes on in lines
# that begin with a bar.
_CONSENT = tuple(
    re.compile(rf"\b(?:{phrases})", re.IGNORECASE)
    for phrases in r"""
cookies?\b|cookie-
on (?:a|your|this|the) device|auf (?:einem|ihrem|deinem) (?:end)?gerät|sur (?:un|votre|cet) (?:appareil|terminal)
|en (?:un|su|tu) dispositivo|sul (?:tuo |suo )?dispositivo|su un dispositivo|no (?:seu )?dispositivo|op (?:een|uw|je) apparaat
|na urządzeniu
our (?:[\w.,]{1,20} )?(?:partners|vendors)\b|unsere (?:[\d.,]+ )?partner\b|nos (?:[\d.,]+ )?partenaires|nuestros (?:[\d.,]+ )?socios
|nostri (?:[\d.,]+ )?partner\b|nossos (?:[\d.,]+ )?parceiros|onze (?:[\d.,]+ )?partners|nasi (?:[\d.,]+ )?partnerzy
personal data|privacy policy|personenbezogene|datenschutz|données (?:personnelles|à caractère personnel)|confidentialité|datos personales
|política de privaci|dati personali|dados pessoais|persoonsgegevens|privacybeleid|dan(?:e|ych) osobow
personali[sz]ed (?:ads|advertising|content)|personalisierte (?:werbung|anzeigen|inhalte)|(?:publicités?|contenus?) personnalisé
|(?:anuncios|publicidade?|contenido|conteúdo) personalizad|(?:annunci|pubblicità|contenuti) personalizzat
|gepersonaliseerde (?:advertenties|inhoud|content)|spersonalizowan(?:e|ych) (?:reklam|treś)
(?:accept|reject|allow|refuse|decline) all|(?:manage|change) (?:your )?(?:choices|preferences|options|settings)|withdraw (?:your )?consent
|alles? (?:akzeptieren|ablehnen)|tout (?:accepter|refuser)|(?:aceptar|rechazar) todo|(?:accetta|rifiuta) tutt|(?:aceitar|rejeitar) tud
|alles (?:accepteren|weigeren)|(?:zaakceptuj|odrzuć) wszystk
before you continue|bevor (?:sie|du) (?:fortfahren|weiter|fortfährst)|avant de continuer|antes de continuar|prima di continuare
|voordat (?:je|u) verdergaat
""".strip()
    .replace("\n|", "|")
    .splitlines()
)
_LEAST_SUBJECTS = 3
_END = re.compile(rb"</(?:html|body)\s*>|</h\0t\0m\0l\0", re.IGNORECASE)  # also in UTF-16
_LARGE = 100_000  # bytes of a page that should have more text than _LITTLE
_LITTLE = 200  # characters of text


def read(source: Source) -> Iterator[Article | SourceError]:
    yield from page_articles(source.content(), source)


def page_articles(
    content: bytes,
    source: Source,
    identifier: str = "",
    *,
    record: int = 0,
    url: str = "",
    charset: str = "",
    known: Mapping[str, str] = {},
) -> Iterator[Article | SourceError]:
    """Yield a page's article after any remark; ``url``, ``charset`` and a feed's ``known`` values. Raises SourceError without a text."""
    tree, deep = parse_page(page_in_utf8(content, charset))
    if tree is None:
        raise SourceError("no text")
    fields, body, paywalled = page_metadata(tree, url, known)
    text = without_surrogates(main_text(tree, body))
    if not text:
        is_whole = _END.search(content) is not None
        raise SourceError(f"no text: the page {'may be filled in by a script' if is_whole else 'is cut off'}")
    if address := _leads_to(tree, text):
        raise SourceError(f"no article: it only leads on to {address[:200]}")
    if deep:
        yield SourceError("nested too deeply: read without its layout", lost=False)
    elif len(text) < STUB and (paywalled or _SUBSCRIBE.search(text)):
        yield SourceError(f"{PAYWALL}: {len(text)} characters are available", lost=False)
    elif _asks_for_consent(text):
        yield SourceError(f"{CONSENT_PAGE}: {len(text)} characters", lost=False)
    elif said := error_in(fields["title"], text):
        yield SourceError(f"{ERROR_PAGE}: {said!r}", lost=False)
    elif len(content) > _LARGE and len(text) < _LITTLE:
        yield SourceError(f"{NO_TEXT}: {len(text)} characters in a page of {len(content) // 1000} kB", lost=False)
    if fields["published"] is None or fields["published"].origin == CHANGED:
        fields["published"] = dateline(text, fields["language"]) or fields["published"]
    yield source.article(text, name=identifier, sha256=hashlib.sha256(content).hexdigest(), record=record, **fields)


def _leads_to(tree: HtmlElement, text: str) -> str:
    """Return the URL to which a page with little text redirects; "" otherwise."""
    if len(text) > _LEADS_ON:
        return ""
    for element in tree.iter("meta"):
        if (element.get("http-equiv") or "").lower() == "refresh" and (found := _REFRESH.match(element.get("content") or "")):
            return found[1]
    return ""


def _asks_for_consent(text: str) -> bool:
    """Return whether a text is only the dialogue in front of a page that asks for consent to cookies, advertising and the like."""
    if len(text) >= _NOTICE or not _AGREE.search(text):
        return False
    return len(_COOKIES.findall(text)) > 1 or sum(subject.search(text) is not None for subject in _CONSENT) >= _LEAST_SUBJECTS

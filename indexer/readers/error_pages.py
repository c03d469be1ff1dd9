"""What tells a page from plain text, and an error or login page from an article; the remarks on pages that are not their articles."""

from __future__ import annotations

import re

LIKE_A_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
STUB = 1_500  # longest text of a page behind a paywall, in characters: one to three paragraphs
_ERROR = 3_000  # longest text of an error page, with the stories that it suggests, in characters
_LINE, _LINES = 150, 3  # longest line that says so, in characters, and how many at the beginning are looked at
# Titles of error and login pages: whole ones, and what no headline says
_ERROR_TITLE = re.compile(
    r"(?:http |error:? |fehler |erreur |errore |erro )?(?:40[0134]|410|429|50[0234])(?:[ :.-]{1,3}(?:error|gone|forbidden|unauthorized|bad "
    r"(?:request|gateway)|(?:file |page )?not found|too many requests|internal server error|service unavailable))?|(?:file )?not found"
    r"|(?:access denied|forbidden|attention required|just a moment|pardon our interruption|service (?:temporarily )?unavailable|log ?in"
    r"|sign ?in|anmelden|anmeldung|einloggen|connexion|se connecter|iniciar sesión|inicia sesión|accedi|entrar|inloggen)[.!\u2026]{0,3}",
    re.IGNORECASE,
)
_ERROR_PHRASE = re.compile(
    r"\b(?:page|article|story|content|url) (?:you (?:requested|(?:are|were) looking for)|(?:was |is )?not found"
    r"|(?:could not|couldn['\u2019]t|cannot|can['\u2019]t) be found|(?:does not|doesn['\u2019]t|no longer) exists?"
    r"|(?:is |was )?(?:not|no longer) available|has expired)\b"
    r"|\b(?:seite|artikel) (?:wurde |konnte |ist )?(?:leider )?nicht (?:gefunden|verfügbar|vorhanden)|\b(?:page|article) (?:introuvable"
    r"|non trouvée?)|\bpágina no (?:encontrada|existe)|\bpágina não encontrada|\bpagina (?:non trovata|niet gevonden)"
    r"|страница не найдена|\bnie znaleziono strony|\bsayfa bulunamad\u0131|ページが見つかりません|页面不存在|الصفحة غير موجودة",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r" [|\u2013\u2014\u00b7\u2022:-] ")  # between a title and the name of the site
# Beginnings of the remarks on a page that is not, or not all of, its article
STAND_INS = ("behind a paywall", "probably only a cookie notice", "probably an error or login page", "almost no text")
PAYWALL, CONSENT_PAGE, ERROR_PAGE, NO_TEXT = STAND_INS


def error_in(title: str, text: str) -> str:
    """Return the title or line by which a page is an error or login page instead of an article; "" otherwise."""
    if len(text) > _ERROR:
        return ""
    title = title[:_LINE].strip()
    if any(_ERROR_TITLE.fullmatch(part.strip()) for part in _BETWEEN.split(title)) or _ERROR_PHRASE.search(title):
        return title
    lines = text[: _LINES * _LINE].splitlines()[:_LINES] if len(text) < STUB else []
    return next((line for line in lines if len(line) < _LINE and (_ERROR_TITLE.fullmatch(line) or _ERROR_PHRASE.search(line))), "")

"""What a reader is told if the archive does not answer, in the language of the question."""

from __future__ import annotations

from collections.abc import Sequence

from newsdex.search.question.stopwords import language_of, words_in

_DEFAULT = "en"
_UNANSWERED = {
    "en": "The archive does not answer that.",
    "de": "Das Archiv beantwortet das nicht.",
    "es": "El archivo no responde a eso.",
    "fr": "Les archives ne répondent pas à cette question.",
    "it": "L'archivio non risponde a questa domanda.",
    "pt": "O arquivo não responde a isso.",
}
_SMALL_TALK = {
    "en": "I answer questions about the articles of this archive.",
    "de": "Ich beantworte Fragen zu den Artikeln dieses Archivs.",
    "es": "Respondo a preguntas sobre los artículos de este archivo.",
    "fr": "Je réponds aux questions sur les articles de ces archives.",
    "it": "Rispondo a domande sugli articoli di questo archivio.",
    "pt": "Respondo a perguntas sobre os artigos deste arquivo.",
}
# Small talk has too few stop words to tell its language.
_SAID = {
    "en": words_in("thanks thank thx ty cheers hello hi hey bye"),
    "de": words_in("danke dank dankeschön hallo guten bitte tschüss"),
    "es": words_in("gracias hola buenos buenas adiós vale"),
    "fr": words_in("merci bonjour bonsoir salut"),
    "it": words_in("grazie ciao buongiorno buonasera arrivederci"),
    "pt": words_in("obrigado obrigada olá valeu"),
}


def refusal(question: str, history: Sequence[str] = (), *, small_talk: bool = False) -> str:
    """Return the text for ``question``, in its language or, if that is unknown, that of the latest message of ``history`` that tells.

    >>> refusal("Wie kündige ich mein Abo?"), refusal("merci bcp", small_talk=True)
    ('Das Archiv beantwortet das nicht.', 'Je réponds aux questions sur les articles de ces archives.')
    >>> refusal("Abo?", ["Wer hat das Rennen gewonnen?"]), refusal("Abo?")
    ('Das Archiv beantwortet das nicht.', 'The archive does not answer that.')
    """
    texts = _SMALL_TALK if small_talk else _UNANSWERED
    told = filter(texts.__contains__, map(_language, (question, *reversed(history))))
    return texts[next(told, _DEFAULT)]


def _language(message: str) -> str:
    words = set("".join(letter if letter.isalpha() else " " for letter in message.casefold()).split())
    return next((language for language, said in _SAID.items() if not said.isdisjoint(words)), language_of(message))

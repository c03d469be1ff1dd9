"""What a question says only to ask: "can you tell me who", "search for articles on", "give me a summary of". These words are not searched.

A beginning is read word by word, as long as its words are ones of asking. It ends at a word that leads to the topic: "about", or "on" after
"articles"; or before a question word, "can you tell me | why". The lists are of seven languages and need no language detection: a
preposition counts only directly after a word for articles of some language.
"""

from __future__ import annotations

import re
from itertools import islice

from newsdex.search.question.stopwords import STOPWORDS, words_in

_WORDS = 40  # words of a question that are looked at
_AGAIN = 3  # beginnings one after another: "please explain | what articles say about"

# Words for articles and what they hold: a topic follows their preposition.
_CONTENT = words_in(
    "article articles story stories news report reports coverage anything everything something background info information details "
    "summary summaries overview briefing roundup recap question questions",
    "artikel bericht berichte nachrichten meldungen beitrag beiträge infos informationen neues alles etwas zusammenfassung überblick "
    "hintergründe",
    "articles nouvelles actualités informations infos résumé reportages",
    "artículo artículos noticia noticias información notas reportajes resumen todo algo",
    "articolo articoli notizia notizie informazioni riassunto tutto qualcosa",
    "artigo artigos notícia notícias informações resumo tudo",
    "artikelen berichten nieuws informatie samenvatting",
)
# "About" leads on from these and from _CONTENT, with other words between: "tell me a bit about".
_SPEAKING = words_in(
    "tell know known read learn hear talk speak say says said asking wondering curious pieces documents posts facts",
    "weißt wissen weiß wisst erzähl erzähle berichten steht bekannt sag sage sagen",
    "sais savez dire dis parle parlent parler",
    "sabes sabe saber decir dime hablan hablar cuéntame háblame",
    "sai sapere dire dimmi parla parlano parlami",
    "sabe sabes dizer diga fala falam",
    "weet weten vertel vertellen",
)
# After these, a question word begins the question.
_TELLING = words_in(
    "tell know out wondering explain understand see hear learn remind summarize summarise describe show check ask",
    "sagen sag sage wissen weißt weiß erklär erkläre erklären herausfinden",
    "dire dis sais savez savoir expliquer explique expliquez",
    "decir dime decirme sabes sabe saber explica explicar explícame",
    "dire dimmi dirmi sai sapere spiega spiegare spiegami",
    "dizer diga sabe sabes explica explicar",
    "vertellen vertel weet weten uitleggen",
)
_QUESTIONS = words_in(
    "who whom whose what when where why how which if whether",
    "wer wen wem wann wo warum wieso wie welche welcher welches ob was",
    "qui quand où pourquoi comment combien quel quelle quels quelles si",
    "quién quiénes cuándo dónde cómo cuánto cuántos cuántas cuál qué",
    "chi quando dove perché come quanto quanti quante quale",
    "quem quando onde como quanto quantos qual",
    "wie wanneer waar waarom hoe hoeveel welke wat",
)
_ABOUT = words_in("about regarding concerning covering mention mentions mentioning discuss discusses discussing over über sobre")
# Lead to the topic directly after _CONTENT.
_OF = words_in(
    "on from where",
    "zu zum zur von vom aus",
    "sur de du des",
    "de del",
    "su sul sulla di del della",
    "do da",
    "van",
)
# "What do we have on Boeing", "a summary of the talks".
_LINKS = frozenset(
    (
        *("have on", "has on", "got on", "related to", "relating to", "dealing with", "deal with"),
        *("summary of", "summaries of", "overview of", "coverage of", "roundup of", "recap of", "news of"),
    )
)
# "explain inflation", "summarize the talks".
_EXPLAINING = words_in("explain summarize summarise describe recap erkläre erklär explique explica spiega")
# "give me the chip dispute", but not "give me a break" nor "find a way".
_GIVING = words_in("give get show find send gib zeig zeige donne montre trouve dame muéstrame encuentra dammi mostrami trova mostre")
_WHETHER = words_in("if whether ob si se")
_AN = words_in("a an")
_FOR_ME = words_in("me us mir uns moi nous")
_ALL = words_in("the any all some")
_OTHERS = words_in(
    "hi hello hey please can could would will you i we d m ll ve re s let like love want need needs trying try looking look seeking "
    "interested in to for our do does did should have has had got is are was there any some all the a an that which what more other of "
    "help search searching finding getting list retrieve fetch pull bring dig up out if any archive index database collection your "
    "short full complete detailed good bit little related relating deal dealing with being been quick brief "
    "written reported published just new talks anyone",
    "kannst könntest können könnten sie du ihr mir uns bitte ich wir suche suchen gibt es hast habt haben alle die den das der dem eine "
    "einen kurze kurzen mehr im archiv möchte will würde gern gerne lesen was ist",
    "peux pouvez pourriez tu vous moi nous plaît il te je cherche cherchez veux voudrais donnez montrez tous toutes les un une le la l y a "
    "avez as quels quelles que qu",
    "puedes puede podrías podría me nos por favor busco buscar busca quiero quisiera todas todos las los el un una hay tienes tienen se lo",
    "puoi può potresti mi ci cerco cerca voglio vorrei tutti tutte gli i le un una il lo sono c è hai avete si che",
    "pode poderia você procuro procure quero queria todas todos os as um uma há tem o que",
    "kun kunt je u mij ons alsjeblieft zoek ik wil graag alle de het een er zijn",
)
_ASKED = _CONTENT | _SPEAKING | _TELLING | _QUESTIONS | _ABOUT | _OF | _EXPLAINING | _GIVING | _FOR_ME | _ALL | _OTHERS
_WORD = re.compile(r"[^\W_]+")
# At the end of what is asked for so.
_CLOSINGS = (
    " please",
    " for me",
    " to me",
    " thanks",
    " thank you",
    " bitte",
    " danke",
    " por favor",
    " per favore",
    " in the archive",
    " in your archive",
)


def without_asking(text: str) -> str:
    """Return ``text`` without a beginning that only asks; unchanged if no topic follows.

    >>> without_asking("Can you tell me who owns the ship?"), without_asking("Any articles about Boeing?")
    ('who owns the ship', 'Boeing')
    >>> without_asking("Search for survivors"), without_asking("Tell me about it")
    ('Search for survivors', 'Tell me about it')
    """
    for _ in range(_AGAIN):
        start = _topic_start(text)
        rest = text[start:].strip(" ,:?!.")
        if not start or not has_topic(rest):
            break
        text = next((rest[: -len(closing)] for closing in _CLOSINGS if rest.lower().endswith(closing)), rest)
    return text


def has_topic(text: str) -> bool:
    """Return whether ``text`` has a word that is no stop word, or one in capitals: "AI"."""
    return any(word[0].lower() not in STOPWORDS or (word[0].isupper() and len(word[0]) > 1) for word in _WORD.finditer(text))


def _topic_start(text: str) -> int:
    """Return where the topic of ``text`` starts; 0 if it does not begin with asking."""
    start = given = 0
    speaking = telling = False
    before = ""
    for found in islice(_WORD.finditer(text), _WORDS):
        word = found[0].lower()
        # In capitals it is a name: US, WHO.
        if word not in _ASKED or (found[0].isupper() and len(word) > 1):
            break
        if telling and word in _QUESTIONS and before not in _CONTENT:
            return found.end() if word in _WHETHER else found.start()
        if (word in _ABOUT and speaking) or (word in _OF and before in _CONTENT) or f"{before} {word}" in _LINKS:
            start, given, speaking = found.end(), 0, False
        elif word in _EXPLAINING or word == "find" or (word in _FOR_ME and before in _GIVING) or (word in _ALL and given):
            given = found.end()
        elif word in _AN:
            given = 0
        speaking |= word in _SPEAKING or word in _CONTENT
        telling |= word in _TELLING
        before = word
    return given or start

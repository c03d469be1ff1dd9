"""What a question says only to ask: "can you tell me who", "search for articles on", "give me a summary of". These words are not searched.

A beginning is read word by word, as long as its words are ones of asking. It ends at a word that leads to the topic: "about", or "on" after
"articles"; or before a question word, "can you tell me | why". The lists are of seven languages and need no language detection: a
preposition counts only directly after a word for articles of some language.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice, pairwise

from newsdex.search.question.stopwords import STOPWORDS, words_in

_WORDS = 40  # words of a question that are looked at
_YEAR = 4  # digits
_TOPICS = 6  # of a question that nothing answers
_AGAIN = 3  # beginnings one after another: "please explain | what articles say about"; and endings

# Words for articles and what they hold: a topic follows their preposition.
_CONTENT = words_in("""
article articles story stories news report reports coverage anything everything something background backgrounder info information details
summary summaries overview briefing rundown roundup recap question questions clippings cuttings thoughts
artikel artikeln bericht berichte berichten presseberichte zeitungsartikel nachrichten meldungen beitrag beiträge infos informationen
neues alles etwas zusammenfassung überblick hintergrund hintergründe
articles nouvelles actualités informations infos renseignements résumé reportages coupures presse
artículo artículos noticia noticias información info notas reportajes resumen todo algo
articolo articoli notizia notizie informazioni riassunto tutto qualcosa
artigo artigos notícia notícias informações resumo tudo
artikelen nieuws informatie samenvatting
""")
# "About" leads on from these and from _CONTENT, with other words between: "tell me a bit about".
_SPEAKING = words_in("""
tell telling know known read learn hear talk speak say says said asking wondering curious have has got piece pieces documents posts facts
stuff file copy presentation essay thesis paper written reported published
weißt wissen weiß wisst erzähl erzähle steht bekannt sag sage sagen berichtet geschrieben
sais savez dire dis parle parlent parler
sabes sabe saber decir dime hablan hablar cuéntame háblame textos
sai sapere dire dimmi parla parlano parlami
sabe sabes dizer diga fala falam
weet weten vertel vertellen
""")
# After these, a question word begins the question: "do you know | why", "so | who".
_TELLING = words_in("""
tell know say out wondering explain understand see hear learn remind remember forgot idea summarize summarise describe show check ask
asked asks asking so ok okay hi hey hello please sorry wait
sagen sag sage mal wissen weißt weiß erklär erkläre erklären herausfinden fragt fragte
dire dis sais savez savoir expliquer explique expliquez demande
decir dime decirme sabes sabe saber explica explicar explícame pregunta
dire dimmi dirmi sai sapere spiega spiegare spiegami chiede
dizer diga sabe sabes explica explicar
vertellen vertel weet weten uitleggen
""")
_QUESTIONS = words_in("""
who whom whose what when where why how which if whether
wer wen wem wann wo warum wieso wie welche welcher welches ob was
qui quand où pourquoi comment combien quel quelle quels quelles si
quién quiénes cuándo dónde cómo cuánto cuántos cuántas cuál qué
chi quando dove perché come quanto quanti quante quale
quem quando onde como quanto quantos qual
wie wanneer waar waarom hoe hoeveel welke wat
""")
_WHETHER = words_in("if whether ob si se")
_ABOUT = words_in("""
about regarding concerning covering mention mentions mentioning discuss discusses discussing over über bezüglich concernant sobre
""")
# Lead to the topic directly after _CONTENT.
_OF = words_in("""
on from
zu zum zur von vom aus
sur de du des
de del
su sul sulla di del della
van
""")
# "What do we have on Boeing", "a summary of the talks", "brief me on inflation".
_LINKS = frozenset(
    """
have on,has on,got on,interested in,related to,relating to,pertaining to,summary of,summaries of,overview of,
coverage of,roundup of,recap of,news of,timeline of,topic of,me on,up on,speed on,points on,publish on,published on,written on,reported on,
copy on,list on,search on,story with,is with,file about,archive for,database for,index for,results for,true that,
articles where,stories where,reports where,zum thema
""".replace("\n", "").split(",")
)
# As _ABOUT: "articles that deal with Iran", but not "the deal with Iran".
_DEALING = ("deal with", "dealing with")
# A topic may follow at once: "explain inflation", "summarize the talks".
_EXPLAINING = words_in("""
understand explain summarize summarise describe recap erkläre erklär thema explique explica explícame spiega spieghi
""")
# "give me the chip dispute", but not "give me a break" nor "find a way".
_GIVING = words_in("give get show find send gib zeig zeige donne montre trouve dame muéstrame encuentra dammi mostrami trova mostre")
_FOR_ME = words_in("me us mir uns moi nous")
_UP = words_in("look pull bring dig")
_AN = words_in("a an")
_ALL = words_in("the any all some")
# How to answer, why one asks, and politeness: a part of the question that has only such words is dropped.
_COURTESY = words_in("""
please pls plz sorry ok okay hi hey hello thanks thx thank cheers best lol great again bother basically good morning afternoon evening
dear team assistant welcome answer answers briefly brief short quick simple simply keep tight concise concisely truthfully accurate
accurately preamble line lines sentence sentences word words one two three few bullet source sources cite citations quote quotes according
based using only update deadline user task expert researcher journalist helpful following helps wondering confused silly thesis
dissertation essay homework bitte danke vielen dank hallo guten tag morgen kurz kurze antwort antworte quellen geehrte damen herren frage
fragen folgende beantworten laut bonjour merci svp réponds répondre réponse brièvement petite selon après histoire quoi recherche sujet
hola gracias buenos días buenas responde responder brevemente fuentes rápida según duda tesis ciao salve grazie rispondi breve veloce
frasi domanda fonti secondo
""")
# Before a name: "Dear Tom".
_GREETINGS, _GREETED = words_in("hi hello hey dear hallo liebe lieber bonjour hola ciao"), 3
# Nothing after them belongs to the question.
_REGARDS = words_in("regards wishes sincerely grüßen grüße cordialement saludos saluti")
# Other words that stand among those.
_OTHERS = words_in("""
can could would will might may we you u i im d m t ll ve re s let like love want need needs trying try looking seeking appreciate to
interested in for our my do does did don should had is are am was were be there a an that which what it this them true more most other of
at up and but as if much maybe whatever help point search searching finding getting list retrieve fetch catch speed run archive archives
index database collection files your full complete detailed bit little related relating pertaining deal dealing with being been just new
talks anyone someone somebody very grateful provide providing write writing collecting preparing researching working establish settle
publish key main points topic subject timeline results reading press newspaper newspapers media wire book project school class university
teacher professor boss editor reader colleague friend dad mom son daughter wants wanted research next thing right really kind kannst
könntest können könnten sie ihr wir ich suche suchen gibt es hast habt haben hätte hätten alle die den das der dem eine einen mehr archiv
möchte würde gern gerne lesen ist wurde darüber brauche brauchen schreibe schreiben gerade schnell für meine meinen bachelorarbeit
masterarbeit arbeit euren ihren und mit freundlichen da sehr nur peux pouvez pourriez tu vous plaît il te je cherche cherchez veux
voudrais donnez montrez faire fais fait faut tous toutes les un une le la l y avez quels quelles que qu peu c est ce cette j ai aurais
besoin dans cadre mon ma mes mémoire exposé pour avec et vos beaucoup à puedes puede podrías podría nos por favor busco buscar busca
búscame quiero quisiera necesito todas todos las los el una hay tienes tienen se lo estoy haciendo mi aclarar mil muchas archivo para puoi
può potresti ci cerco cerca cercami fammi voglio vorrei tutti tutte gli sono è hai avete si che due per favore pode poderia você procuro
procure quero queria os um uma há tem o kun kunt mij ons alsjeblieft zoek ik wil graag het een er zijn
""")
_ASKED = _COURTESY | _CONTENT | _SPEAKING | _TELLING | _ABOUT | _OF | _EXPLAINING | _GIVING | _FOR_ME | _UP | _ALL | _OTHERS
# Whoever asks or is asked, and words that may lead to a topic after words that are in none of the lists.
_ASKER = words_in("i me my we us our you your u im ich mir mein meine wir uns du ihr sie je me mon ma nous vous tu moi yo mi me tú te io")
# A topic with these is of whoever asks, and what is left out with those asks for no articles.
_OWN = words_in("i my me mein meine ich je mon mes moi yo mis")
_OTHER_THINGS = words_in("""
poem joke song limerick haiku rap novel recipe recommend dream dreamt dreamed flight hotel gedicht witz lied rezept poème blague chanson
recette poema chiste canción receta
""")
_BEFORE_TOPIC = (_ABOUT | _OF | {"of"}) - {"from"}
_NAMES = ("May", "Will")  # not at the beginning: "What did May say about"
_AROUND = " ,.:;?!"
WORD = re.compile(r"[^\W_]+")
_STOPS, _DASHES = ".?!:;,", "-\u2013\u2014"
_ENDS = frozenset(mark + space for mark in _STOPS + _DASHES for space in " \t\n")
_THANKS = (" please", " pls", " thanks", " thx", " thank you", " bitte", " danke", " svp", " por favor", " per favore")
# At the end of what is asked for so.
_CLOSINGS = _THANKS + tuple(
    f" {closing}"
    for closing in (
        *("for me", "to me", "in the archive", "in your archive", "like i'm five", "like im five", "in simple terms"),
        *("in plain english", "einfach erklärt", "en palabras sencillas", "in parole povere", "en termes simples"),
    )
)


def without_asking(text: str) -> str:
    """Return ``text`` without what only asks, at its beginning or in parts of its own; unchanged if no topic is left.

    >>> without_asking("Can you tell me who owns the ship?"), without_asking("Any articles about Boeing?")
    ('who owns the ship', 'Boeing')
    >>> without_asking("Quick question: why did it sink? Please give sources.")
    'why did it sink'
    >>> without_asking("Search for survivors"), without_asking("Tell me about it")
    ('Search for survivors', 'Tell me about it')
    """
    text = _without_closing(_without_parts(text), _THANKS)
    for _ in range(_AGAIN):
        start = _topic_start(text)
        rest = text[start:].strip(_AROUND)
        if not start or not has_topic(rest):
            break
        text = _without_closing(rest, _CLOSINGS)
    return text


def _without_closing(text: str, closings: tuple[str, ...]) -> str:
    for _ in range(_AGAIN):
        plain = text.rstrip(" ,?!.")
        closing = next(filter(plain.lower().endswith, closings), "")
        if not closing or not has_topic(plain[: -len(closing)]):
            break
        text = plain[: -len(closing)]
    return text


def _without_parts(text: str) -> str:
    """Return ``text`` without the parts at its beginning and end that only ask."""
    parts = _parts(text)
    if len(parts) == 1:
        return text
    signed = next((place for place, (start, stop) in enumerate(parts) if _REGARDS.intersection(_plain(text[start:stop]))), len(parts))
    # "Thanks, Tom"
    if len(_plain(text[parts[-1][0] :])) == 1 and _only_asks(text[slice(*parts[-2])]):
        signed = min(signed, len(parts) - 1)
    telling = [(start, stop) for start, stop in parts[:signed] if not _only_asks(text[start:stop])]
    return text[telling[0][0] : telling[-1][1]] if telling and len(telling) < len(parts) else text


def _parts(text: str) -> list[tuple[int, int]]:
    """Return where the parts of ``text`` begin and end, the first _WORDS and the rest."""
    if not any(map(text.__contains__, _ENDS)):
        return [(0, len(text))]
    ends = list(islice(_end_of_part().finditer(text), _WORDS))
    return list(zip([0, *(end.end() for end in ends)], [*(end.start() for end in ends), len(text)], strict=True))


@cache
def _end_of_part() -> re.Pattern[str]:
    return re.compile(rf"[{_STOPS}]\s|\s[{_DASHES}]\s")


def _only_asks(part: str) -> bool:
    plain = _plain(part)
    greets = plain[:1] and plain[0] in _GREETINGS and len(plain) <= _GREETED
    return bool(greets) or (
        all(word in _ASKED or word in STOPWORDS for word in plain)
        and not any(word.isupper() and word != "I" for word in WORD.findall(part))
        and (plain[-1:] == ["have"] or any(word in _COURTESY or word in _CONTENT or word in _TELLING for word in plain))
    )


def _plain(text: str) -> list[str]:
    return WORD.findall(text.lower())


def topics_in(text: str) -> list[str]:
    """Return what may be the topic of ``text`` where other words than those of asking stand before or after it, at most _TOPICS texts.

    Each begins with a question word, after a word such as "about" or with a part, and what is left out asks. No name is left out before it.

    >>> topics_in("My boss heard something about Boeing")
    ['Boeing']
    """
    words = list(islice(WORD.finditer(text), _WORDS))
    starts = []
    named = False
    for before, word in pairwise(words):
        begins = _end_of_part().match(text, before.end()) is not None
        # A name that introduces whoever asks is in a part before.
        named = named and not begins
        leads = before[0].lower() in _BEFORE_TOPIC and word[0].lower() not in _BEFORE_TOPIC
        if not named and (leads or (word[0].lower() in _QUESTIONS and word[0].lower() != "was")):
            starts.append(word.start())
        named |= (word[0][0].isupper() and word[0] != "I" and not begins) or (word[0].isdigit() and len(word[0]) == _YEAR)
    parts = _parts(text)
    spans = [(start, stop) for start in starts for stop in dict.fromkeys((len(text), next(stop for _, stop in parts if stop > start)))]
    spans += parts if len(parts) > 1 else []
    found = (without_asking(text[start:stop].strip(_AROUND)) for start, stop in spans if _asks(text, start, stop))
    return [topic for topic in dict.fromkeys(found) if has_topic(topic) and _OWN.isdisjoint(_plain(topic))][:_TOPICS]


def _asks(text: str, start: int, stop: int) -> bool:
    """Return whether what is left out of ``text`` but for ``start`` to ``stop`` asks for articles, and has no name unless that has one."""
    left_out = f"{text[:start]} {text[stop:]}"
    words = _plain(left_out)
    asks = any(word in _ASKER or word in _COURTESY or word in _CONTENT for word in words)
    return asks and _OTHER_THINGS.isdisjoint(words) and (_has_name(text[start:stop]) or not _has_name(left_out))


def _has_name(text: str) -> bool:
    """Return whether a word of ``text`` behind another begins with a capital."""
    return any(word[0].isupper() and word != "I" for word in WORD.findall(text)[1:])


def has_topic(text: str) -> bool:
    """Return whether ``text`` has a word that is no stop word, or one in capitals: "AI"."""
    return any(word[0].lower() not in STOPWORDS or (word[0].isupper() and len(word[0]) > 1) for word in WORD.finditer(text))


def _topic_start(text: str) -> int:
    """Return where the topic of ``text`` starts; 0 if it does not begin with asking."""
    start = given = 0
    speaking = telling = False
    before = ""
    for found in islice(WORD.finditer(text), _WORDS):
        word = found[0].lower()
        if telling and word in _QUESTIONS and before not in _CONTENT:
            return found.end() if word in _WHETHER else found.start()
        about = word in _ABOUT or f"{before} {word}" in _DEALING
        leads = (about and speaking) or (word in _OF and before in _CONTENT) or f"{before} {word}" in _LINKS
        # In capitals it is a name: US, WHO.
        if not leads and (word not in _ASKED or (found[0].isupper() and len(word) > 1) or (found[0] in _NAMES and found.start())):
            break
        if leads:
            start, given, speaking = found.end(), 0, False
        elif _gives(word, before) or (word in _ALL and given):
            given = found.end()
        elif word in _AN:
            given = 0
        speaking |= word in _SPEAKING or word in _CONTENT
        telling |= word in _TELLING
        before = word
    return given or start


def _gives(word: str, before: str) -> bool:
    """Return whether a topic may follow ``word`` at once."""
    return word in _EXPLAINING or word == "find" or (word == "up" and before in _UP) or (word in _FOR_ME and before in _GIVING)

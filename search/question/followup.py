"""Follow-up questions: whether a question refers to earlier messages ("And how old is he?"), without a language model.

A question needs the one before if it refers back ("he", "there", "darauf", "eso"), continues or corrects ("and", "what about", "und", "¿y",
"no, I meant"), or is too short to have a topic ("Who owns the ship?"). The rules are for English, German and Spanish and need no language
detection. A missed follow-up is answered as it stands. Accuracy: benchmarks/quality/followup.py. Thanks and reactions are no part of a
conversation's topic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from newsdex.search.languages import LISTS
from newsdex.search.question.asking import has_topic, is_small_talk, said_of_answers, without_asking
from newsdex.search.question.date_words import YEAR, months_and_days
from newsdex.search.question.stopwords import STOPWORDS, words_in

_TURNS = 5  # earlier messages considered
_LATEST = 50  # messages that are looked at for those
_LONGEST = 1_000  # characters of a message; models read no more
_FEW = 2  # content words up to which a question is too short to stand alone
_SOME = 4  # content words up to which it may still refer back
_ENOUGH = 2  # content words before a pronoun that may include its antecedent


_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_GERMAN = words_in(
    "auf das dem den der ein eine es für ist mit nicht und von wann wer wie wird wo warum welche welcher welches wurde wurden zu",
)
_DAYS = months_and_days("en")
_ASKING = LISTS.words("turn asking")
# Words that carry little of the topic.
_LITTLE = STOPWORDS | _ASKING | LISTS.words("turn little")

# Requests for more about the last question, or for its answer in another form, and the words beside them.
_FORMS = LISTS.words("turn forms")
_BESIDE = _LITTLE | LISTS.words("turn beside")
_IN_LANGUAGE = re.compile(
    r"\b(?:in|into|auf|en|ins) (?:english|german|french|spanish|italian|portuguese|dutch|englisch|deutsch|französisch|spanisch|inglés"
    r"|alemán|francés|español|anglais|allemand|français|espagnol)\b",
    re.IGNORECASE,
)
# Of _ASKING, those that ask for nothing: "can you", "por favor".
_POLITE = LISTS.words("turn polite")
# What is said of an answer, and asks for nothing.
_REACTIONS = said_of_answers() | LISTS.words("turn reactions")
# Beside those: "thank you", "got it".
_TO_WHOM = LISTS.words("turn to whom")
_ABBREVIATED = 4  # letters of a word that may be said in a chat and is in no article: "tysm"
# With these, a question for a period asks for all articles of it.
_OF_ANY_TOPIC = LISTS.words("turn any topic")

# A request to tell something, which counts as a question mark.
_REQUEST = re.compile(
    r"\b(?:tell me|let me know|give me|like to (?:know|hear)|want to know|interested in|(?:sag|sage|erzähle?) mir|möchte|wissen|dime"
    r"|cuéntame|quiero|quisiera|gustaría)\b",
    re.IGNORECASE,
)
_MEANT = (
    r"(?:i (?:mean|meant|wanted)|ich (?:meine|meinte)|quise decir|me refer[ií]a(?: al?)?|je (?:voulais dire|parlais de)|intendevo"
    r"|volevo dire|(?:eu )?quis dizer)"
)
_CORRECTS = re.compile(
    r"\W*(?:(?:sorry|actually|pardon|perd[oó]n|entschuldigung|desculpe|scusa)\W{1,3})?(?:(?:no|nein|non|não)"
    r"(?:[,.;:!]| (?=i mean|ich mein|me refer|quise|je |intende|volevo|quis))"
    rf"|(?:not (?:the|that|this|in|at|him|her|them)|nicht (?:der|die|das|in)|{_MEANT})(?!\w))",
    re.IGNORECASE,
)
# What begins a correction, without what is meant.
_DENIAL = re.compile(
    r"\W*(?:sorry|actually|pardon|perd[oó]n|entschuldigung|desculpe|scusa|no|nein|non|não|not (?:that|this|him|her|them)(?: one)?"
    rf"|nicht (?:das|die|der)(?=\W*,)|{_MEANT})(?!\w)[\s,.;:!]*",
    re.IGNORECASE,
)
_PREPOSITIONS = LISTS.words("turn prepositions")
_DENIALS = 4  # at the beginning of a correction: "sorry | no | not that | I meant"
# "I meant the one about Scotland": a topic of its own.
_ONE_ABOUT = re.compile(
    r"\b(?:(?:the|that) (?:ones?|stor(?:y|ies)|articles?|reports?|piece|news) (?:about|on|of|with|regarding)"
    r"|(?:den|die|das|der) (?:(?:artikel|bericht|meldung|geschichte|beitrag) )?(?:über|zu|zum|zur)"
    r"|(?:el|la|lo) (?:(?:artículo|noticia|historia|nota) (?:de|del|sobre)|sobre)"
    r"|(?:celui|celle|ceux|l['\u2019](?:article|histoire)) (?:sur|concernant|à propos de)"
    r"|(?:quello|quella|l['\u2019]articolo|la (?:notizia|storia)) (?:su|sul|sullo|sulla|sui|sugli|sulle)"
    r"|(?:o|a|aquele|aquela) (?:(?:artigo|notícia|matéria) )?sobre)\s",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"\b(?:the|der|die|das|dem|den|el|la|los|las|le|les|il|lo|gli|l(?=['\u2019]))\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:?!.]\s+([^\W\d_]+)")
# "Not that, the other one", "another article": the last question without the article that was shown first.
_OTHERS = LISTS.words("turn others")
_BESIDE_OTHERS = _OTHERS | _BESIDE | LISTS.words("turn beside others")
_DENIES = LISTS.words("turn denies")
_GOES_ON = re.compile(
    r"\W*(?:(?:ok|okay|thanks|danke|gracias)\W+)?"
    r"(?:and|but|what about|how about|what of|und|aber|was ist mit|wie sieht es mit|wie steht es (?:mit|um)|y|e|pero|qué hay de|qué "
    r"tal)(?!\w)",
    re.IGNORECASE,
)
_PERSONAL, _POINTING = LISTS.words("turn personal"), LISTS.words("turn pointing")
# Things of whoever asks are in no article: "Wie kündige ich mein Abo?"
_OWN = LISTS.words("turn own")
_AT_THE_END = _PERSONAL | _POINTING
# A message has nothing but these if it asks for more of an answer, or reacts to it.
_OF_REQUESTS = _FORMS | _BESIDE | _AT_THE_END
_OF_REACTIONS = _REACTIONS | (_LITTLE - _ASKING)
# Expletive "it" and "there", "this year", and "they" who are asked for.
_EMPTY = re.compile(
    r"^who \w+ (?:he|she|they)\b|\b(?:(?:time|day|date|year|true|possible|likely) (?:is|was) it|(?:is|was) it (?:true|possible|likely"
    r"|that)|there (?:is|are|was|were|will|has|have|had)"
    r"|(?:is|are|was|were|has|have|had|be) there|this (?:year|month|week|summer|winter|spring|autumn|season|morning|century|decade)"
    r"|diese[mnrs]? (?:jahr|monat|woche|sommer|winter|saison|jahrhundert|tage?n?)|es[ae] (?:año|mes|semana|día))\b",
    re.IGNORECASE,
)
_THAT = re.compile(
    r"\b(?:about|after|before|of|to|with|by|for|like|is|was|did|does|has|on|from|than|at|why|how|and) (?:that|this)\b", re.IGNORECASE
)
_DAS = re.compile(r"\bdas (?=(?:für|auf|mit|in|im|noch|so|denn|auch|zu|nicht|bei|von|nach|schon|jetzt|alles)\b)", re.IGNORECASE)
# "Which paper was it made of?": the pronoun cannot mean what is asked for, unless a name comes before it.
_ASKED_OF = re.compile(
    r"\W*(?:what|which|how|when|where|why|whose|(?:in|on|at|for|of|from|by|with|to) (?:what|which|whose))\b"
    r"(?:(?!\b(?:do|does|did|is|are|was|were|can|could|will|would|has|have|had)\b)[^,;?]){0,80}"
    r"\b(?:do|does|did|is|are|was|were|can|could|will|would|has|have|had) (?P<it>he|she|it|they)\b(?! takes?\b)",
    re.IGNORECASE,
)
# "... celebrate this holiday?"
_AT_LAST = re.compile(r"\b(?:this|these|those|diese[mnrs]?|est[ae]s?|es[ao]s) [^\W\d_]+\W*$", re.IGNORECASE)
# "The last one of", "el próximo en": the missing noun was in an earlier message.
_NUMBERED = re.compile(
    r"\b(?:the (?:next|last|first|second|other|others|same)(?: ones?)?|(?:der|die|das) (?:nächste|letzte|erste|zweite|andere|anderen)"
    r"|(?:el|la|los|las) (?:próxim|últim|primer|segund|otr)[oa]s?)(?=\W*$| (?:in|of|on|at|im|am|in|von|en|de)\b)",
    re.IGNORECASE,
)


class _Word(NamedTuple):
    text: str
    key: str


class Turn(NamedTuple):
    """A question of a conversation, and the earlier messages that may be about its topic.

    ``talks``: it is small talk or a reaction. ``others``: how many articles that answer are left out, because they were shown before.
    """

    question: str
    history: tuple[str, ...]
    talks: bool = False
    others: int = 0


def read_turn(question: str, history: Sequence[str], is_known: Callable[[str], bool]) -> Turn:
    """Return what is asked of the archive with ``question``. ``is_known``: whether an article has the word.

    >>> read_turn("thx, what about Kenya?", ["Who won in Senegal?", "tysm"], lambda _: False)
    Turn(question='what about Kenya?', history=('Who won in Senegal?',), talks=False, others=0)
    >>> read_turn("no, I meant the one about languages", ["Who studies at Harvard?"], lambda _: True).question
    'languages'
    >>> read_turn("not that, the other one", ["Who won in Senegal?"], lambda _: True)
    Turn(question='Who won in Senegal?', history=(), talks=False, others=1)
    """
    bounded = [message[:_LONGEST].strip() for message in history[-_LATEST:]]
    said = [_plain(message) for message in bounded if not _talks(message, is_known)]
    if (latest := next(_telling(said), "")) and _is_for_other(question):
        start = len(said) - 1 - said[::-1].index(latest)
        return Turn(latest, tuple(said[:start]), others=1 + sum(map(_is_for_other, said[start:])))
    plain = _plain(question)
    asked, before = repeated(plain, said)
    if asked == plain and _talks(question, is_known):
        return Turn(question, (), talks=True)
    return Turn(asked, tuple(before))


def _plain(message: str) -> str:
    """Return ``message`` without thanks at its beginning; of a correction to another story, what that is about.

    >>> _plain("great, thx! and who paid?"), _plain("Great Barrier Reef"), _plain("sorry, I meant the story about Ghana")
    ('and who paid?', 'Great Barrier Reef', 'Ghana')
    """
    if _CORRECTS.match(message) and (found := _ONE_ABOUT.search(message)) and has_topic(topic := message[found.end() :].strip()):
        return topic
    words = _words(message)
    reactions = len(list(takewhile(lambda word: word.key in _REACTIONS or word.key in _TO_WHOM, words)))
    if reactions in (0, len(words)) or words[0].key not in _REACTIONS:
        return message
    rest = message[next(islice(_WORD.finditer(message), reactions, None)).start() :]
    return rest if words[reactions].key in _ASKING or _GOES_ON.match(rest) else message


def uncorrected(question: str) -> str:
    """Return a correction without what only denies; other questions unchanged.

    >>> uncorrected("No, sorry, I meant in Mexico"), uncorrected("No country for old men")
    ('in Mexico', 'No country for old men')
    """
    if not _CORRECTS.match(question):
        return question
    rest = question
    for _ in range(_DENIALS):
        denial = _DENIAL.match(rest)
        if denial is None or not has_topic(rest[denial.end() :]):
            break
        rest = rest[denial.end() :]
    return rest


def turns(question: str) -> bool:
    """Return whether ``question`` corrects the one before or goes on with a topic that it names in full.

    >>> turns("Not that, I meant the Nobel peace prize"), turns("What about the Dundee Stars, who did they beat?")
    (True, True)
    >>> turns("No, I meant in Mexico"), turns("And what about the second goal?")
    (False, False)
    """
    goes_on = _GOES_ON.match(question) and any(word.casefold() in _ASKING for word in _CLAUSE.findall(question))
    return bool(goes_on or _CORRECTS.match(question)) and sum(map(_tells, _words(uncorrected(question)))) > _ENOUGH


def topic_of(question: str, history: Sequence[str]) -> str:
    """Return the user's earlier messages that ``question`` refers to, in order; "" if it stands alone.

    ``history`` starts with the oldest. A message that itself refers back brings the messages it needs.

    >>> topic_of("And how old is he?", ["Who won in Senegal?", "Was he in prison?"])
    'Who won in Senegal? Was he in prison?'
    >>> topic_of("Who won in India?", ["Who won in Senegal?"])
    ''
    >>> topic_of("No, I meant in Mexico.", ["Who won in Senegal?"]), topic_of("And in Mexico?", ["Who won in Senegal?"])
    ('Who won?', 'Who won?')
    >>> topic_of("How old is he?", ["What did Ruiz say in Elston?", "And in Brock?"])
    'What did Ruiz say? And in Brock?'
    """
    if not leans(question) or _only_talks(question):
        return ""
    needed = _needed(history)
    if _CORRECTS.match(question) or _GOES_ON.match(question):
        needed = [_replaced(message, question) for message in needed]
    return " ".join(map(without_asking, needed))


def names_alone(question: str) -> bool:
    """Return whether ``question`` goes on with a name and asks nothing else, so that the earlier messages say what is asked.

    >>> names_alone("And in Finland?"), names_alone("And how old is Stubb?"), names_alone("and best actress?")
    (True, False, False)
    """
    if not (begins := _GOES_ON.match(question)):
        return False
    telling = {word.text for word in _words(question[begins.end() :]) if _tells(word) or word.key in _ASKING}
    named = {word.text for name in _named(question) for word in _words(question[name.start : name.end])}
    return bool(telling) and telling <= named


def repeated(question: str, history: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the message that ``question`` asks for more about, or for in another form, and those before; both unchanged if it does not.

    >>> repeated("Show me the source", ["Who won in Senegal?", "How old is he?", "Thanks!"])
    ('How old is he?', ['Who won in Senegal?'])
    """
    if not _is_request(question) or not (latest := list(_telling(history))):
        return question, history
    return latest[0], latest[:0:-1]


def topic_of_period(question: str, history: Sequence[str]) -> list[str]:
    """Return the earlier messages, in order, whose topic a ``question`` for a period keeps ("And in 2011?"); none if it asks for news."""
    if not _GOES_ON.match(question) and _keys(question) & _OF_ANY_TOPIC:
        return []
    return list(map(without_asking, _needed(history)))


def _needed(history: Sequence[str]) -> list[str]:
    """Return the last message that stands alone and those after it."""
    latest = list(_telling(history))
    needed = list(takewhile(lambda message: leans(message) and not turns(message), latest))
    needed += map(uncorrected, latest[len(needed) : len(needed) + 1])
    said: list[str] = []
    for message in reversed(needed):
        said = [*(_replaced(each, message) for each in said), message] if _GOES_ON.match(message) else [*said, message]
    return said


def _telling(history: Sequence[str]) -> Iterator[str]:
    """Yield the latest messages that may be about a topic, the newest first."""
    bounded = (message[:_LONGEST].strip() for message in reversed(history))
    asides = (is_small_talk, _is_request, _is_reaction, _is_for_other)
    return islice((message for message in bounded if message and not any(is_aside(message) for is_aside in asides)), _TURNS)


def _only_talks(question: str) -> bool:
    """Return whether it is small talk without a question word."""
    return is_small_talk(question) and not _keys(question) & _ASKING


def _talks(message: str, is_known: Callable[[str], bool]) -> bool:
    """Return whether it is small talk or a reaction, or has, besides such words, one short word that is in no article: "tysm"."""
    if _only_talks(message) or _is_reaction(message):
        return True
    words = _words(message)
    telling = [word for word in words if _tells(word) and word.key not in _REACTIONS]
    return (
        len(telling) == 1
        and len(telling[0].text) <= _ABBREVIATED
        and telling[0].text.isascii()
        and telling[0].text.isalpha()
        and not _names(words)
        and not telling[0].text.isupper()
        and "?" not in message
        and not _keys(message) & _ASKING
        and not _GOES_ON.match(message)
        and not _CORRECTS.match(message)
        and not is_known(telling[0].text)
    )


def _is_for_other(question: str) -> bool:
    """Return whether it asks for another article than the one shown, and names none."""
    keys = _keys(question)
    return bool(keys & _OTHERS and keys & _DENIES and not keys & _ASKING and keys <= _BESIDE_OTHERS and not _GOES_ON.match(question))


def _is_request(question: str) -> bool:
    """Return whether it asks for more about the answer, or for it in another form, and names no topic."""
    rest = _IN_LANGUAGE.sub(" ", question)
    keys = _keys(rest)
    return (rest != question or bool(keys & _FORMS)) and keys & _ASKING <= _POLITE and keys <= _OF_REQUESTS


def _is_reaction(message: str) -> bool:
    keys = _keys(message)
    return bool(keys & _REACTIONS and keys <= _OF_REACTIONS and "?" not in message and not _GOES_ON.match(message))


def _words(text: str) -> list[_Word]:
    return [_Word(found[0], found[0].casefold().replace("\u2019", "'")) for found in _WORD.finditer(text)]


def _keys(text: str) -> set[str]:
    return {word.key for word in _words(text)}


def _replaced(message: str, by: str) -> str:
    """Remove from ``message`` the names that those of a later message, ``by``, replace: "in Mexico" the names after "in", a name without a
    preposition those without one. If no name is of its kind, it replaces the only name, or adds to several.
    """
    new, old = _named(by), _named(message)
    replaced = [name for name in old if name.after in {name.after for name in new}]
    for name in reversed(replaced or (old if new and len(old) == 1 else [])):
        message = message[: name.start].rstrip() + message[name.end :]
    return message


class _Named(NamedTuple):
    """The place of neighbouring words that are names, with the preposition ``after`` which they stand, if there is one."""

    start: int
    end: int
    after: str


def _named(message: str) -> list[_Named]:
    """Return the names in ``message``, in order. After a preposition, any word with a capital, or without capitals any that tells."""
    names, found, before, begin = {name.text for name in _names(_words(message))}, list[_Named](), "", 0
    for word in _WORD.finditer(message):
        in_place = before in _PREPOSITIONS and _tells(_Word(word[0], word[0].casefold())) and (word[0][0].isupper() or message.islower())
        if word[0] not in names and not in_place:
            before, begin = word[0].casefold(), word.start()
        elif found and message[found[-1].end : word.start()].isspace():
            found[-1] = found[-1]._replace(end=word.end())
        else:
            after = before if before in _PREPOSITIONS else ""
            found.append(_Named(begin if after else word.start(), word.end(), after))
    return found


def leans(question: str) -> bool:
    """Return whether ``question`` needs the earlier messages."""
    words = _words(question)
    telling = sum(map(_tells, words))
    if _GOES_ON.match(question) or _CORRECTS.match(question):
        return telling <= _SOME
    return _refers_back(question, words) or (telling <= (_FEW if _asks(question, words) else 0) and _names_nothing(words))


def story_of(question: str, history: Sequence[str]) -> str:
    """Return the earlier messages whose story comes first if it answers ``question``, which stands alone but names nothing; "" for others.

    >>> story_of("What is the phone number of the police?", ["ATM robbery in Newport", "How much did they take?"])
    'ATM robbery in Newport How much did they take?'
    >>> story_of("What is the phone number of the police in Leeds?", ["ATM robbery in Newport"])
    ''
    """
    words = _words(question)
    vague = _asks(question, words) and _names_nothing(words) and _DEFINITE.search(question)
    return " ".join(map(without_asking, _needed(history))) if vague and not leans(question) else ""


def may_stand_alone(question: str) -> bool:
    """Return whether ``question`` has some topic and, if it needs the earlier messages, only because it is short or corrects them.

    >>> may_stand_alone("interest rates?"), may_stand_alone("death toll?")
    (True, False)
    """
    words = _words(question)
    telling = [word for word in words if _tells(word)]
    topical = len(telling) >= _ENOUGH and not LISTS.words("quantities").issuperset(word.key for word in telling)
    return turns(question) or (topical and not _GOES_ON.match(question) and not _refers_back(question, words))


def _refers_back(question: str, words: Sequence[_Word]) -> bool:
    """Return whether it has a word whose antecedent is not in it."""
    if words and words[-1].key in _AT_THE_END and sum(map(_tells, words)) <= _SOME and not _ends_emptily(question):
        return True
    if any(pattern.search(question) for pattern in (_NUMBERED, _THAT, _DAS)):
        return True
    question = _EMPTY.sub(" ", question)
    words = _words(question)
    names = _names(words)
    if _AT_LAST.search(question) and sum(map(_tells, words)) <= _SOME:
        return True
    asked = _ASKED_OF.match(question)
    if asked and not names.intersection(_words(asked[0])):
        return True
    for place, word in enumerate(words):
        if word.key in _PERSONAL or (word.key in _POINTING and word.key not in {"that", "das", "this"}):
            before = words[:place]
            if not names.intersection(before) and sum(map(_tells, before)) < _ENOUGH and not (word.text == "Sie" and place):
                return True
    return False


def _ends_emptily(question: str) -> bool:
    return any(not question[found.end() :].strip(" ?!.") for found in _EMPTY.finditer(question))


def _names_nothing(words: Sequence[_Word]) -> bool:
    """Return whether it has no name, and asks for nothing of whoever asks."""
    return not _names(words) and _OWN.isdisjoint(word.key for word in words)


def _asks(question: str, words: Sequence[_Word]) -> bool:
    return "?" in question or (bool(words) and words[0].key.removesuffix("'s") in _ASKING) or bool(_REQUEST.search(question))


def _names(words: Sequence[_Word]) -> set[_Word]:
    """Return the words that are names by a capital, in German by several, as all nouns have one; and numbers other than years."""
    german = sum(word.key in _GERMAN for word in words) > 1 or (bool(words) and words[0].key in _GERMAN)
    return {
        word
        for place, word in enumerate(words)
        if _tells(word)
        and word.key not in _DAYS
        and not YEAR.fullmatch(word.text)
        and (sum(map(str.isupper, word.text)) > 1 or any(map(str.isdigit, word.text)) or (word.text[0].isupper() and place and not german))
    }


def _tells(word: _Word) -> bool:
    return word.key not in _LITTLE

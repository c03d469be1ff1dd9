"""What a question says only to ask: "can you tell me who", "search for articles on", "give me a summary of". These words are not searched.
And what is small talk: for whoever answers or for the clock, and not for the archive.

A beginning is read word by word, as long as its words are ones of asking. It ends at a word that leads to the topic: "about", or "on" after
"articles"; or before a question word, "can you tell me | why". The lists are of seven languages and need no language detection: a
preposition counts only directly after a word for articles of some language.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice, pairwise

from newsdex.search.languages import LISTS
from newsdex.search.question.stopwords import STOPWORDS

_WORDS = 40  # words of a question that are looked at
_YEAR = 4  # digits
_TOPICS = 6  # of a question that nothing answers
_AGAIN = 3  # beginnings one after another: "please explain | what articles say about"; and endings

# Words by which a topic may follow, and those that only ask: newsdex/search/lists/README.md says what each list is.
_ARTICLES, _SPEAKING, _TELLING = LISTS.words("articles"), LISTS.words("speaking"), LISTS.words("telling")
_CLAUSES, _WHETHER = LISTS.words("clauses"), LISTS.words("whether")
_ABOUT, _OF = LISTS.words("about"), LISTS.words("of articles")
_LINKS, _DEALING = frozenset(LISTS.phrases("links")), frozenset(LISTS.phrases("dealing"))
_EXPLAINING, _GIVING, _FOR_ME, _UP = (LISTS.words(name) for name in ("explaining", "giving", "for me", "up"))
_AN, _ALL = LISTS.words("an"), LISTS.words("all")
_COURTESY, _GREETINGS, _REGARDS = (LISTS.words(name) for name in ("courtesy", "greetings", "regards"))
_ASKER, _OWN, _OTHER_THINGS = (LISTS.words(name) for name in ("asker", "own", "other things"))
_ASKED = frozenset().union(
    *(_COURTESY, _ARTICLES, _SPEAKING, _TELLING, _ABOUT, _OF, _EXPLAINING, _GIVING, _FOR_ME, _UP, _ALL, LISTS.words("beside asking"))
)
_GREETED = 3  # words of a part that greets: "Dear Tom"
_BEFORE_TOPIC = (_ABOUT | _OF | {"of"}) - {"from"}
_NAMES = ("May", "Will")  # not at the beginning: "What did May say about"
_AROUND = " ,.:;?!"
WORD = re.compile(r"[^\W_]+")
_STOPS, _DASHES = ".?!:;,", "-\u2013\u2014"
_ENDS = frozenset(mark + space for mark in _STOPS + _DASHES for space in " \t\n")
_THANKS = tuple(f" {thanks}" for thanks in LISTS.phrases("thanks"))
_QUESTION_MARKS = "?\u00bf\uff1f\u061f"
_LETTERS_FIRST = re.compile(r"[^\W\d_]\w*")
_OTHERS = 2  # words with which a question is for the archive, though it begins as one for whoever answers
_CLOSINGS = _THANKS + tuple(f" {closing}" for closing in LISTS.phrases("closings"))


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


def asking_in(question: str, text: str) -> str:
    """Return what ``question`` had before ``text``, which is searched, if that says what is asked of it; else "".

    >>> asking_in("Is it true, that the mayor resigned?", "the mayor resigned"), asking_in("what happened to Tyler", "Tyler")
    ('is it true that', 'what happened to')
    >>> asking_in("it is true that the mayor resigned", "it is true that the mayor resigned")
    ''
    """
    said, left = (f" {' '.join(WORD.findall(each.casefold()))} " for each in (question, text))
    return next((words for words in LISTS.phrases("asking whole") if f" {words} " in said and f" {words} " not in left), "")


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
        and (plain[-1:] == ["have"] or any(word in _COURTESY or word in _ARTICLES or word in _TELLING for word in plain))
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
        if not named and (leads or (word[0].lower() in _CLAUSES and word[0].lower() != "was")):
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
    asks = any(word in _ASKER or word in _COURTESY or word in _ARTICLES for word in words)
    # "no desktop" excludes something from the topic before it
    excludes = not LISTS.words("negating").isdisjoint(_plain(text[start:stop])[:1])
    return asks and not excludes and _OTHER_THINGS.isdisjoint(words) and (_has_name(text[start:stop]) or not _has_name(left_out))


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
        if telling and word in _CLAUSES and before not in _ARTICLES:
            return found.end() if word in _WHETHER else found.start()
        about = word in _ABOUT or f"{before} {word}" in _DEALING
        leads = (about and speaking) or (word in _OF and before in _ARTICLES) or f"{before} {word}" in _LINKS
        # In capitals it is a name: US, WHO.
        if not leads and (word not in _ASKED or (found[0].isupper() and len(word) > 1) or (found[0] in _NAMES and found.start())):
            break
        if leads:
            start, given, speaking = found.end(), 0, False
        elif _gives(word, before) or (word in _ALL and given):
            given = found.end()
        elif word in _AN:
            given = 0
        speaking |= word in _SPEAKING or word in _ARTICLES
        telling |= word in _TELLING
        before = word
    return given or start


def _gives(word: str, before: str) -> bool:
    """Return whether a topic may follow ``word`` at once."""
    return word in _EXPLAINING or word == "find" or (word == "up" and before in _UP) or (word in _FOR_ME and before in _GIVING)


def is_small_talk(question: str) -> bool:
    """Whether ``question`` is for whoever answers or for the clock, so that no article answers it: "good morning", "are you human", "what
    time is it", an emoji. "Today" alone is a date.

    >>> [is_small_talk(each) for each in ("thanks, that's all", "Never mind!", "what day is it today", "good morning vietnam", "today")]
    [True, True, True, False, False]
    """
    if not any(map(str.isalnum, question)):
        return bool(question.strip()) and not any(mark in question for mark in _QUESTION_MARKS)
    written = _LETTERS_FIRST.findall(question)
    words = [word.casefold() for word in written]
    if " ".join(words) in LISTS.phrases("remarks") or _is_for_answerer(words):
        return True
    if len(words) <= 1:
        return not LISTS.words("small talk").isdisjoint(words)
    return _greets(_telling(words)) and not any(
        form[0].isupper() and word not in LISTS.words("talk capitals") for form, word in zip(written[1:], words[1:], strict=True)
    )


def _telling(words: list[str]) -> set[str]:
    return {word for word in words if word not in STOPWORDS and len(word) > 1}


def _greets(own: set[str]) -> bool:
    """Whether all words are of greetings and the like, or none is left."""
    beside = LISTS.words("talk beside others")
    alone = LISTS.words("small talk")
    said = alone if own.isdisjoint(alone) else said_of_answers()
    return own <= said | beside | LISTS.words("talk with others") and not own <= beside


def _is_for_answerer(words: list[str]) -> bool:
    text = f"{' '.join(words)} "
    begins = any(text.startswith(f"{beginning} ") for beginning in LISTS.phrases("to answerer"))
    return begins and len(_telling(words) - LISTS.words("for answerer")) < _OTHERS


@cache
def said_of_answers() -> frozenset[str]:
    """The words of greetings and of what is said of an answer."""
    return LISTS.words("small talk") | LISTS.words("talk beside small talk")

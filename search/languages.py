"""Lists of words by language. Those of questions and answer sentences are in lists/de.txt and so on: a new language is one more file.

A file has lists, each a name and its entries, which " | " separates; a list goes on in lines that begin with spaces. An entry is a pattern
(a regular expression), or a line of words with spaces between. A language may lack any list. An entry of one language counts in every text,
so a word that means something else in another language is left out: German "ein" is no number, nor is Italian "sei".

What a question asks for (answer/question.py). Entries are in lower case.

    question words            words that make a query a question
    when, number, who, where, why     patterns of what asks for a time, a number, a person, a place or a reason
    when starts, number starts, who starts, where starts, why starts
                              words: how a word begins that each of these patterns needs. Most questions need few patterns
    what is                   patterns before one of the quantities
    who is                    patterns before a name that ask who has it
    yes or no                 words that begin a question for yes or no
    quantities, attributes    words for numbers, and for what else a person or thing has: "death toll", "founder of Librivox"
    how many, auxiliaries     patterns before the thing that is counted; words that are no thing: "how many were hurt"
    anybody                   words for people in general
    asks earlier              words of what asks about other cases than an article's own: "worst", "previous"
    tolls                     words of a question for a number without a unit
    asks ahead, asks year     patterns of what asks when something comes; words of what asks for a year
    asks lasting, asks change     patterns of what asks for a duration or an age; by how much something changed
    asks cost, asks amount, asks duration, asks age, asks size, asks strength, asks speed, asks temperature, asks share
                              patterns of what asks for a number in a unit
    dimensions                patterns of the depth, height, length and width of a thing, in questions and beside numbers

Numbers and units (answer/question.py, answer/mentions.py)

    number words              numbers in words, besides those of newsdex/words.py
    money, lengths, sizes, strengths, speeds, temperatures, shares, ages
                              patterns of units beside a number
    strengths before, ages before     patterns of units before their number
    time units                words for units of time, in all forms. Their number counts nothing else: "for 3 days"
    measures                  patterns of units of what is measured rather than counted
    scales                    patterns of large numbers behind figures
    changes, by               patterns before "by" and the number by which something changed; words for "by"
    dead, survivors, injured  patterns before or after a number of casualties, or of those who got away: "139 dead", "killed at least 139"

What a sentence tells (answer/mentions.py, answer/question.py)

    no name                   patterns that begin a sentence with a capital and are no part of the name that may follow
    is                        words between a name and its role
    predecessors              patterns of who was in office before
    others                    words of a question, and behind a slash words of what it does not ask about: "women / men"
    months, weekdays          patterns
    word months               patterns of months that are also other words; they count only beside a number or one of the next two
    before word months, before coming months
                              patterns before a month of any time; before one that comes
    month of                  pattern between a day and its month: "3 de mayo"
    hours                     patterns behind the hour: "14 Uhr"
    other times               patterns of times besides days and months
    relative days             patterns of days by their distance from today
    until                     patterns before the end of a time
    dating                    words before the year of an event
    before years, in dates    words before a year that begins a sentence; words in a dateline
    before places             patterns before the name of a place
    reasons                   patterns of what tells a reason
    credits                   patterns of what precedes the name of a photographer

Stop words (question/stopwords.py)

    stop words                articles, pronouns, prepositions, auxiliaries, question words
    contractions              those with an apostrophe
    tells language            question words of this language alone
    tells language with mark  those that are also names or words of another language
    time after question word  words that are a part of the question word before them: "what time"
    asks what, deciding       "what", and words that with it ask for what a report tells: "what did the council decide"

Other forms of a word that stemming misses (question/terms.py)

    other forms               groups of forms: "go went gone", without those with another frequent meaning in news ("left", "saw"); in
                              German without English words ("bat")
    nouns in s                German words, of which compounds count too, whose s the stemmer takes for an ending, but not in "Zinse"

Dates (question/date_words.py). Without accents; words stand between spaces, entries of several words between commas. Dates are read in a
language that has months, short, weekdays, units, numbers, parts, yesterday, day_before and today.

    date months, date weekdays    in order, January and Monday first
    date short                short forms of months, each with its month, which count only beside a year or a day
    date within, date on, date since, date after, date before, date until, date between
                              prepositions
    date start, date to       before the first of two dates, and between two: "from", "and", "to"
    date onwards              after a date
    date of                   what may stand between day, month and year
    date little               what may stand between a preposition and a date: articles, "early", "the year"
    date parts                before a month, each with its days in it: "early", "mid", "last week of"
    date units                hours, days, weeks, months and years
    date last, date last_after    before and after a unit: the calendar's last one; before it with a number, so many up to today
    date past                 before a unit: one up to today; with a number, so many
    date this                 before a unit
    date ago, date ago_before     after and before a number and a unit
    date yesterday, date today, date day_before
                              the last is the day before yesterday
    date news                 words beside which "today" is a date, and not "nowadays"
    date numbers              from one to twelve, other forms after a slash

What only asks (question/asking.py). Entries are words in lower case, or phrases.

    articles, of articles     words for articles and what they hold; words that lead from these to a topic: "news | from"
    speaking, about           words from which, with others between, these lead to a topic: "tell me a bit | about"
    links, dealing            phrases that lead to a topic: "what do we have on"; that do so as "about" does: "that deal with"
    telling, clauses          words after which a question word begins the question: "do you know | why"; those question words
    asking whole              what is dropped before a topic and yet says what is asked of it: "is it true that"
    whether                   words that are such question words and no part of the question
    explaining                words that a topic may follow at once: "explain inflation"
    giving, for me            two words that a topic may follow: "give me the chip dispute", but not "give me a break"
    up                        words before "up" that a topic may follow: "look up"
    an, all                   articles after which, behind "give me", no topic follows; articles and others before one
    courtesy                  words of how to answer, why one asks, and politeness. A part of a question with these alone is dropped
    greetings, regards        words before a name: "Dear Tom"; words behind which nothing belongs to the question
    thanks, closings          phrases at the end of a question; at the end of one that asks for articles
    beside asking             other words beside these
    asker                     words for whoever asks or is asked
    own                       words for whoever asks: a topic with one is none
    other things              words for what is asked for instead of articles: "a poem about"

Follow-up questions (question/followup.py). The patterns beside them are there.

    turn asking, turn little  words that ask; others that carry little of a topic
    turn forms, turn beside   words that ask for more of the answer, or for it in another form; words beside these
    turn polite               of the words that ask, those that ask for nothing: "can you"
    turn reactions, turn to whom  what is said of an answer; words beside: "thank you"
    turn any topic            words with which a question for a period asks for all articles of it
    turn others, turn beside others, turn denies
                              words for another article; words beside these; words that deny
    turn personal, turn pointing  words whose antecedent was said before: "he", "damit"
    turn own                  words for things of whoever asks, which are in no article
    turn prepositions         words before a name, which a later name behind the same word replaces

What is said to whoever answers (question/asking.py, ranking/evidence.py). Entries are in lower case.

    small talk                words of greetings, thanks, tests and for the clock that may stand alone
    talk with others          such words only beside others: "what time is it"
    talk beside others        such words that also are words of a search: "Tag"
    talk beside small talk    words beside one that may stand alone: "super, vielen Dank"
    talk capitals             of all these, words in capitals that are no names
    remarks                   phrases with which nothing is asked
    to answerer               beginnings of a question for whoever answers: "are you"
    for answerer              words beside these, with at most one other: "are you really that old"
    personal                  pronouns for whoever asks or is asked that are no other word
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path

_ENGLISH = "en"


class WordLists:
    """The lists in a folder with a file for each language. They are read at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words: dict[str, frozenset[str]] = {}

    @cached_property
    def _lists(self) -> dict[str, dict[str, str]]:
        """For each list, the entries in each language that has it, in one text."""
        found: dict[str, dict[str, str]] = {}
        for file in sorted(file for file in self._folder.iterdir() if file.suffix == ".txt"):
            language = file.stem
            # Decoded at once, which takes half the time of reading text
            for line in file.read_bytes().decode().replace("\n  ", " ").splitlines():
                name, _, entries = line.partition(": ")
                found.setdefault(name, {})[language] = entries
        return found

    def entries(self, language: str, name: str) -> list[str]:
        """The entries of a list of a language; none if it has no such list."""
        listed = self._lists[name].get(language)
        return listed.split(" | ") if listed else []

    def values(self, language: str, name: str) -> list[tuple[str, str]]:
        """The entries of a list, each with its value: "words = value"."""
        pairs = (entry.rpartition(" = ") for entry in self.entries(language, name))
        return [(words, value) for words, _, value in pairs]

    def words_with_values(self, name: str) -> list[tuple[str, str]]:
        """The words of a list in all languages, each with the value of its entry."""
        return [(word, value) for language in self._lists[name] for words, value in self.values(language, name) for word in words.split()]

    def words(self, name: str) -> frozenset[str]:
        """The words of a list in all languages."""
        if name not in self._words:
            self._words[name] = frozenset(" ".join(self._lists[name].values()).replace(" | ", " ").split())
        return self._words[name]

    def phrases(self, name: str) -> list[str]:
        """The entries of a list in all languages."""
        return [entry for entries in self.lines(name) for entry in entries]

    def lines(self, name: str) -> list[list[str]]:
        """The entries of a list in each language that has it."""
        return [listed.split(" | ") for listed in self._lists[name].values()]

    def any_of(self, name: str, *, english: bool | None = None) -> str:
        """A pattern of any entry of a list: of all languages, of ``english`` alone, or of the others; "" if there is none."""
        chosen = (listed for language, listed in self._lists[name].items() if english in (None, language == _ENGLISH))
        return "|".join(dict.fromkeys(entry for listed in chosen for entry in listed.split(" | ")))

    def pattern(self, name: str, *, bounded: bool = True) -> str:
        """A pattern of any entry of a list in all languages, from the beginning of a word and, if ``bounded``, to the end of one."""
        return rf"\b(?:{self.any_of(name)})" + r"\b" * bounded

    def kinds(self, beginning: str) -> dict[str, dict[str, str]]:
        """For each language, the text of each of its lists whose name has this ``beginning``, by the rest of the name."""
        found: dict[str, dict[str, str]] = {}
        for name, listed in self._lists.items():
            for language, text in listed.items() if name.startswith(beginning) else ():
                found.setdefault(language, {})[name.removeprefix(beginning)] = text
        return found

    def languages_of(self, name: str) -> dict[str, str]:
        """The language of each word of a list."""
        return {word: language for language, listed in self._lists[name].items() for word in listed.split()}

    def languages_with(self, name: str) -> frozenset[str]:
        """The languages that have a list."""
        return frozenset(self._lists[name])


LISTS = WordLists(Path(__file__).parent / "lists")


def lazily(pattern: Callable[[], str], flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """Return what compiles ``pattern`` at the first use, so that a query that does not need it does not pay for it."""
    return cache(lambda: re.compile(pattern(), flags))

"""Contradictions: whether two statements of the same thing deny each other, by "not" and the like or by antonyms."""

# ruff: noqa: RUF001 - dashes

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial, reduce
from itertools import chain

from newsdex.reports import Discrepancy
from newsdex.search.answer.disowned import is_of_report
from newsdex.search.check.dates import mask
from newsdex.search.check.languages import LISTS, opposites, phrase_of, with_particles
from newsdex.search.check.names import names
from newsdex.search.check.numbers import Quantity, agree, quantities
from newsdex.search.languages import NOUNS_IN_CAPITALS
from newsdex.search.question.date_words import WORDS, months_and_days
from newsdex.search.question.stopwords import STOPWORDS, words_in
from newsdex.search.question.terms import analyzer, other_forms
from newsdex.words import Analyzer

_NOT = LISTS.words("negations")
_LACKING = LISTS.words("lacking")
_ALSO_NOT = LISTS.words("denying")
_BEHIND = LISTS.words("behind")
_RULED_OUT = "ruledout"
# Phrases that negate, or only seem to, and the word that says the same.
_PHRASES = (
    (re.compile(LISTS.pattern("ruled out"), re.IGNORECASE), _RULED_OUT),
    (re.compile(LISTS.pattern("only", bounded=False), re.IGNORECASE), ""),
    (re.compile(r"\bno[ -]one\b", re.IGNORECASE), "nobody"),
    (re.compile(r"\bn['’](?=\w)", re.IGNORECASE), "ne "),
    (re.compile(rf"(?<!\bnot )(?<!n't )(?<!\bnever ){LISTS.pattern('as not', bounded=False)}", re.IGNORECASE), "not "),
)
# What is said of a number ends there.
_APART = re.compile(r"[;:()!?—–]|[.,](?!\d)|\b(?:and|but|while|whereas|from|than|compared|after)\b")
# "Arson has been ruled out": the subject before it is denied, up to one of the words that begin it, "the theory of".
_THEORIES = LISTS.words("theories")
_PRONOUN = re.compile(LISTS.pattern("pronouns"), re.IGNORECASE)
_NOBODY = re.compile(r"\b(?:no|nobody|none|niemand|nadie|personne)\b", re.IGNORECASE)
# What is only asked, doubted, called false or said to be a claim: what is behind or before such a phrase, up to the end of its clause.
_ASKED = re.compile(r"\?[\s\"'”’»)*_]*$")
_NEGATED_IN_WORD = re.compile(r"n['’]t\b|\bn['’]\w|\bkein", re.IGNORECASE)
_UNSTATED = {name: re.compile(LISTS.pattern(name), re.IGNORECASE) for name in ("called false", "is false", "doubts", "is doubted")}
_ACQUITTED = re.compile(r"(?:acquit|clear|exonerat)", re.IGNORECASE)
_CHARGES = words_in("a an all any the charge charges count counts of")
_CLAUSE_END = re.compile(r"[,;—–]|\b(?:but|who|whom|whose|which|after|before)\b")
# "an aide of hers, Ann Roe, had": a name between commas ends no clause.
_NAME_BETWEEN = re.compile(r",( [A-Z][\w’'-]{0,30}(?: [A-Z][\w’'-]{0,30}){0,3}),")
_SINCE_EVER = re.compile(
    r"\b(?:ever|before(?=[.,;]|$)|previous(?:ly)?|last(?! (?:year|month|week|night|\w+day)\b)|only|until)\b", re.IGNORECASE
)
_BEFORE_ONE = re.compile(r"\bbefore\b")  # "no woman had done so before Ann"
# A negation that a hyphen joins to a word is a part of it: "non-profit", "Nicht-EU-Bürger".
_TOKEN = re.compile(
    rf"(?:\b(?P<joined>{'|'.join(sorted(_NOT))})[-‐‑](?=[^\W\d_]))?(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?|[,;:.()!?—–]|\bbut\b)",
    re.IGNORECASE,
)
_BREAKS = frozenset(",;:.()!?—–") | {"but", "and", "aber", "und", "pero", "mais", "et", "ma", "e", "y", "although", "while", "because"}
_REACH = 5  # words after a "not" that it can negate
_HEADS = 2  # of these, the nearest ones
_LACKED = 2  # words after "without" that it can negate
_BACK = 2  # words before a German "nicht", other than nouns, that it negates
_SOFT = 3  # terms on either side of a word that it affects
_BEFORE, _AFTER = 8, 4  # words before and behind a number that tell what it is
_LONGEST = 1_000  # characters of a sentence in which doubts are looked for
_SHORT = 4  # words of a short sentence such as "Nobody was hurt."


@dataclass(slots=True)
class Said:
    """A ``text`` as read: its ``terms`` in order, and the ``clauses`` they are in, by number.

    ``denied``: terms negated by a "not", of these the nearest, ``heads``, with their negations, and the very next, ``first``;
    ``plain``: the others. ``cues``: its negations.
    ``softly``: terms near other words that negate. ``undone``: such words that are negated themselves.
    ``excluded``: the terms of each subject that is "ruled out". ``joined``: by their places, the terms to which a hyphen joins a negation,
    with that: "non-fatal".
    """

    text: str = ""
    terms: list[str] = field(default_factory=list)
    clauses: list[int] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    heads: dict[str, str] = field(default_factory=dict)
    first: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    cues: list[str] = field(default_factory=list)
    softly: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    excluded: list[frozenset[str]] = field(default_factory=list)
    joined: dict[int, str] = field(default_factory=dict)

    def deny(self, terms: Iterable[str], heads: Iterable[str], cue: str) -> None:
        """Negate ``terms`` that were read."""
        self.denied.update(terms)
        self.first.update(terms)
        self.heads |= dict.fromkeys(heads, cue)
        self.plain.difference_update(terms)

    def add(self, own: Sequence[str], clause: int, since: int, reach: int, joined: str) -> None:
        """Add the terms of a word of a ``clause``, so many words behind a negation that can negate ``reach``; ``joined``: with another."""
        if since < reach:
            self.denied.update(own)
            self.first.update(own if not since else ())
            # "did NOT" denies all of it
            heads = _REACH if self.cues[-1] == "NOT" else _HEADS
            self.heads |= dict.fromkeys(own if since < min(heads, reach - 1) else (), self.cues[-1])
        elif not joined:
            self.plain.update(own)
        if joined:
            self.joined |= dict.fromkeys(range(len(self.terms), len(self.terms) + len(own)), joined)
        self.terms += own
        self.clauses += [clause] * len(own)

    def exclude(self, subject: frozenset[str], *, undone: bool) -> None:
        """Negate a subject that is "ruled out", unless that is negated."""
        if undone:
            self.cues.pop()
        elif subject:
            self.cues.append(_RULED_OUT)
            self.excluded.append(subject)
            self.deny(subject, subject if len(subject) == 1 else (), _RULED_OUT)


_denial = partial(Discrepancy, "negation")


@cache
def _negations(language: str) -> frozenset[str]:
    """Return the words that deny, in any language, but for the months of this one, such as "mai"."""
    return _NOT - months_and_days(language) if language in WORDS else _NOT


@cache
def _stems(words: str) -> frozenset[str]:
    return frozenset(Analyzer("en").terms(words))


def _union(sets: Iterable[Iterable[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(sets))


def said(text: str, language: str, known: Sequence[str] = ()) -> Said:
    """Read ``text``. Softly negating words whose terms are ``known``, because the claim has them too, do not count."""
    stem = analyzer(language).terms
    found = Said(text)
    # Of the clause, without the nouns of German.
    verbs: list[str] = []
    clause = 0
    soft: list[int] = []
    # Words since the last negation, and those that it can negate.
    since = reach = 0
    # Where the subject begins.
    subject = 0
    text = reduce(lambda rest, each: each[0].sub(each[1], rest), _PHRASES, with_particles(text, language))
    for each in _TOKEN.finditer(text):
        token, joined = each["word"], each["joined"]
        word = token.casefold().replace("’", "'")
        if word in _THEORIES:
            subject = len(found.terms) + (word not in STOPWORDS)
        if word == _RULED_OUT:
            found.exclude(frozenset(found.terms[subject:]), undone=bool(reach and not since))
            reach = 0
        elif word in _BREAKS:
            # "has not, in fact, resigned"
            reach, verbs = reach if word == "," and not since else 0, []
            clause += 1
            subject = len(found.terms)
        elif not joined and (word in _negations(language) or word.endswith("n't")):
            found.cues.append(token)
            since, reach = 0, _LACKED if word in _LACKING else _REACH
            before = verbs[-_BACK:] if word in _BEHIND else []
            found.deny(before, before, token)
        elif word not in STOPWORDS or word == "up":
            own = stem(word)
            if word in _ALSO_NOT and reach and not since:
                found.undone.update(own)
                found.cues.pop()
                reach = 0
            elif word in _ALSO_NOT and not joined and not any(term in known for term in own):
                soft.append(len(found.terms))
            found.add(own, clause, since, reach, each[0] if joined else "")
            verbs += own if token.islower() else []
            since += 1
    found.softly = {term for at in soft for term in found.terms[max(0, at - _SOFT) : at + _SOFT + 1]}
    return found


def denial(
    claim: str,
    texts: Sequence[str],
    around: Sequence[str],
    short: Sequence[str],
    language: str,
    replies: Sequence[str] = (),
    contexts: Sequence[str] = (),
) -> Discrepancy | None:
    """Return how the nearest sentences, ``texts``, contradict the claim; None if they do not. A negation also counts as confirmed by the
    less near sentences ``around``. ``short`` sentences, such as "Nobody was hurt.", contradict from anywhere in the article; ``replies``
    are those among and behind the nearest, each with the sentence before it. ``contexts``: the nearest with the sentences before them.
    """
    ours = said(claim, language)
    theirs = [said(text, language, ours.terms) for text in texts]
    wider = [*theirs, *(said(text, language) for text in around)]
    turned = None if ours.cues else _turned(claim, texts, language)
    opposed = _opposed(ours, theirs, wider, language)
    if opposed and contexts:
        named = [_with_subject(*each, language) for each in zip(theirs, texts, contexts, strict=True)]
        opposed = _opposed(ours, theirs, [*named, *wider[len(named) :]], language)
    if found := opposed or _answered(ours, wider, replies, language) or _undone(ours, theirs) or turned:
        return _denial(_spelt(found.claimed, [claim], language), _spelt(found.found, [*texts, *replies], language))
    if found := _joined(ours, theirs):
        return found
    if _SINCE_EVER.search(claim) or (ours.cues and _BEFORE_ONE.search(claim)):
        return None
    if ours.cues:
        # A question does not state what the claim denies.
        if any(_ASKED.search(text) and not ours.denied.isdisjoint(each.terms) for text, each in zip(texts, theirs, strict=True)):
            return None
        return _denial(_in_words(ours.cues[0], [claim]), "") if _is_denied(ours, theirs, wider, language) else None
    plain = _union(each.plain for each in theirs)
    subjects = (subject for each in wider for subject in each.excluded)
    among: Sequence[str] = [*texts, *around]
    cue = _nobody(ours, [*wider, *(said(text, language) for text in short if _NOBODY.search(text))])
    if not cue and any(subject <= ours.plain and not subject <= plain for subject in subjects):
        cue = _RULED_OUT
    elif not (cue or ours.softly) and (cue := _in_text(ours, theirs, plain)):
        among = texts
    return _denial("", _in_words(cue, among)) if cue else None


def _in_text(ours: Said, theirs: Sequence[Said], plain: AbstractSet[str]) -> str:
    """Return the negation of a word of the claim that no text has without; of two words, unless the nearest text has it; or ""."""
    denied = ((each.heads, (each.heads.keys() & ours.plain) - plain) for each in theirs)
    return next((heads[min(found)] for n, (heads, found) in enumerate(denied) if len(found) >= (2 if n else 1)), "")


def _spelt(said: str, texts: Sequence[str], language: str) -> str:
    """Return a term, perhaps behind "not", as the word or phrase that it is in ``texts``."""
    *negation, term = said.split()
    words = (text[place.start : place.end] for text in texts for place in analyzer(language).words(text))
    phrases = (phrase for text in texts if (phrase := phrase_of(text, term, language)))
    return " ".join([*negation, next(chain(phrases, (word for word in words if term in analyzer(language).terms(word))), term)])


def _joined(ours: Said, theirs: Sequence[Said]) -> Discrepancy | None:
    """Return the word to which a hyphen joins a negation on one side only, before the same word: "non-fatal" for "fatal injuries"."""
    known = [_followed(each) for each in theirs]
    for pair, joined in _followed(ours).items():
        others = [each[pair] for each in known if pair in each]
        if others and not any(bool(other) == bool(joined) for other in others):
            return _denial(joined, others[0])
    return None


def _followed(said: Said) -> dict[tuple[str, str], str]:
    """Map each term and the next to the negation that is joined to the first, "" for none."""
    pairs = zip(said.terms, said.terms[1:], strict=False)
    return {pair: said.joined.get(at, "") for at, pair in enumerate(pairs)}


def _nobody(ours: Said, wider: Sequence[Said]) -> str:
    """Return the negation of a sentence such as "Nobody was hurt." that no other contradicts, or "". A killed person counts as hurt."""
    plain = ours.plain | (_stems("hurt injured wounded harmed") if ours.plain & _stems("killed died dead") else frozenset())
    for each in wider:
        denied = each.heads.keys() & plain
        if each.cues and len(each.terms) <= _SHORT and denied and not each.plain:
            said_elsewhere = denied & ours.plain & _union(other.plain for other in wider)
            if not said_elsewhere:
                return each.heads[min(denied)]
    return ""


def _in_words(cue: str, texts: Sequence[str]) -> str:
    """Return a negation as it is in ``texts``, such as "refused to" for the "not" that it is read as."""
    if any(re.search(rf"\b{re.escape(cue)}\b", text) for text in texts):
        return cue
    spelt = (phrase.search(text) for text in texts for phrase, word in _PHRASES if word.strip() == cue)
    return next((found[0].strip() for found in spelt if found), cue)


def _is_denied(ours: Said, theirs: Sequence[Said], wider: Sequence[Said], language: str) -> bool:
    """Return whether a text states the opposite of a claim with a negation, or no text negates anything."""
    heads = _forms(ours.heads.keys() - ours.plain, language) - _union(each.heads for each in theirs)
    likewise = any(
        each.cues
        and (_shared(ours.first, each.heads.keys(), language) or 2 * _shared(ours.denied, each.denied, language) >= len(ours.denied))
        for each in wider
    )
    # "Nobody was hurt." says that no one was injured in the fire.
    stated = not _forms(ours.first, language).isdisjoint(_union(each.plain for each in theirs))
    # "did not change" is no denial of "stayed".
    contrary = _union(opposites(term, language) for term in ours.first)
    if not stated and any(not contrary.isdisjoint(each.plain) for each in theirs):
        return False
    likewise = likewise or (not stated and any(map(_of_nobody, wider)))
    opposite = not likewise and any((heads & each.plain) - each.softly and not each.cues for each in theirs)
    return opposite or not any(each.cues or each.softly for each in wider)


def doubted(claim: str, text: str, language: str, further: Sequence[str] = ()) -> tuple[str, bool]:
    """Return the phrase by which ``text`` only asks, doubts or calls false what the claim states, "" if none; and whether it is the last.
    What only a question for yes or no among the ``further`` sentences has is asked, too; "When did she resign?" says that she did.

    A claim that itself denies, doubts or reports is compared with what it says.
    """
    if _ASKED.search(text):
        return text.strip(), False
    if asked := _only_asked(claim, text, language, further):
        return asked, False
    text = _NAME_BETWEEN.sub(r"\1", text)
    found = _unstated(text)
    if not found or is_of_report(claim) or _unstated(claim) or said(claim, language).cues:
        return "", False
    stem = analyzer(language).terms
    # A name tells of whom it is said, not what. In German every noun looks like one.
    told = claim if language == NOUNS_IN_CAPITALS else mask(claim, names(claim))
    ours = {term for term in stem(told) if term not in STOPWORDS}.intersection(stem(text))
    rest = ours.intersection(stem(reduce(lambda rest, each: rest.replace(each[1], " ", 1), found, text)))
    return next(((cue, false) for cue, part, false in found if ours - rest and not ours.isdisjoint(stem(part))), ("", False))


def answered(question: str, reply: str, language: str) -> str:
    """Return what a plain question for yes or no states if the ``reply`` is a bare yes or no, negated for no; "" for others."""
    if not _ASKED.search(question) or _asks_detail(language).search(question) or _asks_negated(question, language):
        return ""
    stated = _ASKED.sub("", question)
    said_yes, said_no = (_reply(name, language).match(reply) for name in ("yes", "no"))
    deny = LISTS.entries(language or "en", "negations")[0].split()[0]
    # In quotation marks its first word begins a sentence, so it is no name.
    return f'{deny} "{stated.strip(" *_¿")}"' if said_no else stated if said_yes else ""


@cache
def _reply(name: str, language: str) -> re.Pattern[str]:
    words = f"(?:{'|'.join(LISTS.entries(language or 'en', name)) or '(?!)'})"
    # "No, never!"
    return re.compile(rf"[\W_]*{words}(?:, {words})*[.!](?:[\s\"'”’»)*_]|$)", re.IGNORECASE)


def _asks_negated(question: str, language: str) -> bool:
    words = (each["word"].casefold() for each in _TOKEN.finditer(question) if not each["joined"])
    return bool(_NEGATED_IN_WORD.search(question)) or not _negations(language).isdisjoint(words)


def is_about(claim: str, question: str, others: Sequence[str], text: str, language: str) -> bool:
    """Return whether what else the claim has than the ``question`` is in the ``text``, and not in ``others``, the other questions there."""
    stem = analyzer(language).terms
    asked = frozenset(stem(question))
    rest = {term for term in said(claim, language).terms if asked.isdisjoint(_forms({term}, language))}
    return rest.isdisjoint(stem("\n".join(others))) and rest.issubset(stem(text))


def has_more(claim: str, text: str, others: Sequence[str], language: str) -> bool:
    """Return whether ``text`` has a word of the claim that none of the ``others`` has."""
    stem = analyzer(language).terms
    ours = _forms(frozenset(said(claim, language).terms), language)
    return not (ours & frozenset(stem(text))).issubset(stem("\n".join(others)))


def is_asked(text: str) -> bool:
    """Return whether a sentence is a question."""
    return bool(_ASKED.search(text))


@cache
def _asks_detail(language: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(LISTS.entries(language or 'en', 'asking')) or '(?!)'})\b", re.IGNORECASE)


def _only_asked(claim: str, text: str, language: str, further: Sequence[str]) -> str:
    """Return the question for yes or no among ``further`` sentences that has a word of the claim which no other has; "" if none."""
    asked = [each for each in further if _ASKED.search(each)]
    if not asked:
        return ""
    stem = analyzer(language).terms
    stated = frozenset(stem("\n".join([text, *(each for each in further if each not in asked)])))
    ours = {term for term in stem(claim) if term not in STOPWORDS} - stated
    detail = _asks_detail(language)
    return next((each.strip() for each in asked if not detail.search(each) and not ours.isdisjoint(stem(each))), "")


@lru_cache(maxsize=4096)  # the sentences of an article are looked at for each claim
def _unstated(text: str) -> tuple[tuple[str, str, bool], ...]:
    """Return each phrase that calls something false or doubts it, that, and whether it calls it false."""
    found = []
    text = text[:_LONGEST]
    for name, pattern in _UNSTATED.items():
        for cue in pattern.finditer(text):
            before = name.startswith("is ")
            part = _CLAUSE_END.split(text[: cue.start()])[-1] if before else _CLAUSE_END.split(text[cue.end() :])[0]
            if _ACQUITTED.match(cue[0]):
                # Only the deed: "acquitted of leaking the papers", not where
                part = next((word for word in part.split() if word not in _CHARGES), part)
            found.append((cue[0], part, name in ("called false", "is false")))
    return tuple(found)


def unconfirmed(claim: str, texts: Sequence[str], language: str) -> bool:
    """Return whether the claim has a negation, and none of ``texts`` negates a word that it negates, or says the opposite."""
    ours = said(claim, language)
    if not ours.cues or not ours.denied or _SINCE_EVER.search(claim) or _BEFORE_ONE.search(claim):
        return False
    contrary = _union(opposites(term, language) for term in ours.denied)
    return not any(
        _shared(ours.denied, each.denied | each.softly if each.cues else each.softly, language)
        or not contrary.isdisjoint(each.plain)
        or _of_nobody(each)
        for each in (said(text, language) for text in texts)
    )


def _of_nobody(each: Said) -> bool:
    """Return whether a sentence is as short as "Nobody was hurt."."""
    return len(each.terms) <= _SHORT and not each.plain and any(_NOBODY.fullmatch(cue) for cue in each.cues)


def _forms(terms: AbstractSet[str], language: str) -> frozenset[str]:
    """Return ``terms`` with those of their irregular forms, such as "known" of "know"."""
    return frozenset(terms).union(*(analyzer(language).terms(" ".join(other_forms(term, language))) for term in terms))


def _shared(ours: AbstractSet[str], theirs: AbstractSet[str], language: str) -> int:
    return sum(not theirs.isdisjoint(_forms({term}, language)) for term in ours)


def _undone(ours: Said, theirs: Sequence[Said]) -> Discrepancy | None:
    """Return a word such as "deny" that only one side negates."""
    near, undone = theirs[0], _union(each.undone for each in theirs)
    if wrong := ours.undone & near.plain - undone:
        return _denial(f"not {min(wrong)}", min(wrong))
    if wrong := near.undone & ours.plain - ours.undone:
        return _denial(min(wrong), f"not {min(wrong)}")
    return None


def _opposed(ours: Said, theirs: Sequence[Said], wider: Sequence[Said], language: str) -> Discrepancy | None:
    """Return a word of the claim and its antonym, if a text has the antonym beside more of the claim's words than any has the word.

    In a sentence with both, the clauses are compared; the first word of the claim, mostly its subject, counts most there. A short sentence
    with the first or nothing but words of the claim, such as "It was opened in 1907.", agrees with it: "it" may be any of its words.
    """
    known = frozenset(ours.terms)
    for term in sorted(ours.plain):
        beside = _beside(ours.terms, term) - _listed("prepositions", language)
        for other in sorted(opposites(term, language) - known):
            # the word, and others that say the same: of won, lost and drew, not drew
            likewise = opposites(other, language) - opposites(term, language)
            agreeing = [each for each in theirs if not likewise.isdisjoint(each.terms)]
            short = [frozenset(each.terms) for each in agreeing if len(each.terms) <= _SHORT and other not in each.terms]
            if any(ours.terms[0] in each or each <= known | likewise for each in short):
                continue
            opposing = [each for each in theirs if other in each.plain and _of_same(ours, term, each, other, language)]
            same = max((len(beside & _beside(each.terms, *likewise)) for each in wider if not likewise.isdisjoint(each.terms)), default=0)
            # "lost the opening set" is not the opposite of "won the Open"; verbs of other languages may be far from what they tell of
            least = max(same + 1, len(beside) / 2 if language in ("en", "") else 0)
            if any(each not in agreeing and len(beside & _beside(each.terms, other)) >= least for each in opposing):
                return _denial(term, other)
            first = max((_in_clause(each, likewise, other, ours) for each in agreeing), default=(False, 0))
            if any(_in_clause(each, {other}, term, ours) > first for each in opposing if each in agreeing or len(each.terms) <= _SHORT):
                return _denial(term, other)
    return None


def _of_same(ours: Said, term: str, each: Said, other: str, language: str) -> bool:
    """Return whether a text can say the opposite, ``other``, of what the claim says ``term`` of: not "conceded" of Rangers for Livingston's
    "win over Rangers", nor "in favour of the claim" for "a case against", nor "killing 179" for "two survived".
    """
    before, theirs = _before(ours, term), _before(each, other)
    if {term, other} <= _listed("converse", language) and before and theirs and not set(before).intersection(theirs):
        return False
    if not _listed("prepositions", language).isdisjoint((term, other)) and before and before[-1] not in _beside(each.terms, other):
        return False
    counts, counted = (
        [number for number in quantities(one.text, language) if word in _about(number, language)]
        for one, word in ((ours, term), (each, other))
    )
    pairs = [(one, another) for one in counts for another in counted if one.unit == another.unit != "th"]
    return not pairs or any(agree(one, another) for one, another in pairs)


def _before(said: Said, term: str) -> list[str]:
    """Return the terms before the first ``term`` in its clause."""
    at = said.terms.index(term)
    return [each for each, clause in zip(said.terms[:at], said.clauses, strict=False) if clause == said.clauses[at]]


def _with_subject(each: Said, text: str, context: str, language: str) -> Said:
    """Return a sentence that begins with a pronoun such as "it" with the first words of the one before, its subject mostly."""
    if not _PRONOUN.match(text) or len(context) == len(text):
        return each
    subject = said(context[: -len(text)], language).terms[:_SOFT]
    return replace(each, terms=[*subject, *each.terms], clauses=[0] * len(subject) + each.clauses)


def _answered(ours: Said, wider: Sequence[Said], replies: Sequence[str], language: str) -> Discrepancy | None:
    """Return a word of the claim such as "admitted" that no text has, and its antonym in a reply to what the claim is about: "She denies
    it" behind "Police arrested Ann for arson".
    """
    answers = _listed("answers", language)
    for term in sorted(ours.plain & answers):
        likewise = opposites(term, language) & answers
        same = _union(opposites(other, language) for other in likewise) | {term}
        if all(same.isdisjoint(each.terms) for each in wider):
            beside = frozenset(ours.terms) - {term}
            theirs = (said(reply, language) for reply in replies)
            if found := sorted(other for each in theirs for other in likewise & each.plain if not beside.isdisjoint(each.terms)):
                return _denial(term, found[0])
    return None


@cache
def _listed(name: str, language: str) -> frozenset[str]:
    """Return the terms of the words of a list."""
    return frozenset(analyzer(language).terms(" ".join(LISTS.words(name))))


def _turned(claim: str, texts: Sequence[str], language: str) -> Discrepancy | None:
    """Return a word beside a number of the claim, and its antonym beside that number in the texts: "rose 11%", "slipped 11%"."""
    known = [(number, _about(number, language)) for text in texts for number in quantities(text, language)]
    for number in filter(lambda each: each.is_rare, quantities(claim, language)):
        beside = [terms for other, terms in known if number.unit == other.unit and agree(number, other)]
        for term in sorted(_about(number, language)):
            others = opposites(term, language)
            likewise = frozenset({term}).union(*(opposites(other, language) for other in others))
            against = [other for terms in beside for other in sorted(terms & others)]
            if against and likewise.isdisjoint(chain.from_iterable(beside)):
                return _denial(term, against[0])
    return None


def _about(number: Quantity, language: str) -> frozenset[str]:
    """Return the terms of the words before and behind a number in its clause."""
    words = _APART.split(number.text[: number.start])[-1].split()[-_BEFORE:] + _APART.split(number.text[number.end :])[0].split()[:_AFTER]
    return frozenset(analyzer(language).terms(" ".join(words)))


def _in_clause(said: Said, those: AbstractSet[str], contrary: str, ours: Said) -> tuple[bool, int]:
    """Return whether a clause with one of ``those`` has the claim's first term, and how many of its terms, but for the ``contrary`` one."""
    placed = [*zip(said.terms, said.clauses, strict=True)]
    clauses = {clause for term, clause in placed if term in those}
    shared = {term for term, clause in placed if clause in clauses}.intersection(ours.terms) - those - {contrary}
    return ours.terms[0] in shared, len(shared)


def _beside(terms: Sequence[str], *those: str) -> set[str]:
    """Return the terms near one of ``those``."""
    at = [place for place, each in enumerate(terms) if each in those]
    return {other for place in at for other in terms[max(0, place - _SOFT) : place + _SOFT + 1]}.difference(those)

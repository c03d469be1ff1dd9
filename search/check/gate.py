"""Fact-check an answer of a language model, sentence by sentence, against articles.

Each sentence is searched in each article (newsdex.search.check.evidence). How well the nearest sentences cover it, and how similar the
nearest is in meaning, decide whether the article is about it at all. Numbers, dates, names and negations are compared separately
(newsdex.search.check.details, newsdex.search.check.polarity), because model vectors hardly distinguish "48 dead" from "84 dead". Quotations
are looked up word for word (newsdex.search.quotes.verify).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain, compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from newsdex.encoder import Encoder, comparable
from newsdex.errors import ArticleMissing, UsageError
from newsdex.given import real
from newsdex.records import Article, is_retraction
from newsdex.reports import AnswerReport, CheckedSentence, Citation, Discrepancy, Evidence, Verdict
from newsdex.search.answer.disowned import calls_false
from newsdex.search.check import dates, names, polarity
from newsdex.search.check.causes import unfounded
from newsdex.search.check.details import differing, opening
from newsdex.search.check.evidence import Found, Nearby, Pool, nearest, shortlisted
from newsdex.search.check.languages import uncompared
from newsdex.search.check.names import Name
from newsdex.search.check.numbers import agree, quantities
from newsdex.search.check.offices import otherwise_held
from newsdex.search.check.owners import miscounted
from newsdex.search.check.predicate import of_others, otherwise_related, same_in_news, swapped, unsaid
from newsdex.search.check.reading import Claim, read
from newsdex.search.deadline import check_time
from newsdex.search.question.stopwords import language_of
from newsdex.search.question.terms import analyzer
from newsdex.search.request import Request
from newsdex.store.copies import Place, copies_of
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.index import Index

MOST_CHARACTERS = 20_000  # of an answer
MOST_CLAIMS = 100
MOST_ARTICLES = 50  # articles named by the caller
# Whether an article is about a claim: the natural logarithm of the odds, from the share of the claim that its sentences cover and the
# cosine of the nearest sentence's passage; fitted on benchmarks/quality/claims/open.jsonl.
_BIAS, _COVERED, _COSINE = -6.9, 8.0, 4.3
_MOST_OF = 0.4  # share of a claim that must remain when its dates are removed
_COMPARED = 3  # articles compared in detail with a claim
_FAR = 1.0  # log odds below the nearest article at which an article can still support a claim
_CHAIN = 8  # corrections of corrections that are followed
_FOUND = 3  # articles retrieved for a claim
_FEW_MORE = 2  # times as many articles as have the rarest name of a case that may have one which tells it from others
_LONGEST_QUESTION = 400  # characters of a claim that are searched
_QUOTED = re.compile(r"[“„«\"]([^“”„«»\"]{12,2000})[”“»\"]")
_QUOTED_WORDS = 3
_REFERRING = re.compile(r"(?:he|she|it|they|his|her|its|their|this|these|that|those|the same)\b", re.IGNORECASE)
_PERSON = re.compile(r"(?:he|she|his|her)\b", re.IGNORECASE)
_DEFINITE = re.compile(r"(?:the|this|that|these|those|his|her|its|their) ([^\W\d_]+)", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*+•>]\s+|\d{1,3}[.)]\s+|#{1,6}\s+)?")
_LEFT_OUT = re.compile(r"[ \t]{2,}")
_EMPTY_LINES = re.compile(r"\n{3,}")
_RANKS: Mapping[Verdict, int] = {"supported": 3, "partly": 2, "contradicted": 2, "not in the archive": 1, "no sources": 0, "no claim": 0}


@dataclass(frozen=True, slots=True)
class Gate:
    """Checks answers against one version of an archive, which has articles in ``languages``. ``holding`` returns where the article of an id
    is, ``is_name`` whether the archive writes a word as a name, None if it has no such word.
    """

    archive: Index
    encoder: Encoder
    holding: Callable[[str], tuple[Snapshot, Place]]
    is_name: Callable[[str], bool | None]
    languages: AbstractSet[str]

    def check(self, answer: str, question: str, names: Sequence[str] | None, threshold: float) -> AnswerReport:
        """Check ``answer`` against the articles of these ``names``, which it cites by position from 1.

        If ``names`` is None, against articles that the archive has on each sentence and the ``question``. Raises UsageError for an answer
        that is too long, ArticleMissing for a name, and IndexDamaged.
        """
        _checked(answer, threshold)
        if names is not None and len(names) > MOST_ARTICLES:
            raise UsageError(f"{len(names)} articles are too many: expected {MOST_ARTICLES} at most")
        given = None if names is None else [self.archive.article(name) for name in names]
        said, targets = read(answer, {article.language for article in given} if given else self.languages)
        claims = [claim for claim in said if claim.checkable]
        if len(claims) > MOST_CLAIMS:
            raise UsageError(f"an answer of {len(claims)} sentences is too long: expected {MOST_CLAIMS} at most. Check it in parts")
        cited = self._cited(claims, targets, given)
        found = self._looked_up(claims, question) if given is None else given
        articles = {article.id: article for article in chain(found, filter(None, cited.values()))}
        corrected = {article.id: self._correction(article) for article in articles.values() if article.corrected_by}
        checked = iter(self._claims(claims, articles, corrected, cited, given))
        sentences = [next(checked) if claim.checkable else CheckedSentence(claim.span, claim.text, "no claim", 0.0) for claim in said]
        # The archive need not have a title, "Floods in Kenya", but it can contradict one.
        sentences = [
            CheckedSentence(claim.span, claim.text, "no claim", 0.0) if claim.title and each.verdict == "not in the archive" else each
            for claim, each in zip(said, sentences, strict=True)
        ]
        return _report(answer, sentences, threshold)

    def _cited(self, claims: Iterable[Claim], targets: Mapping[str, str], given: Sequence[Article] | None) -> dict[str, Article | None]:
        """Map each citation to the article it means: by position in ``given``, or by the answer's own list of sources."""
        found: dict[str, Article | None] = {}
        for label in dict.fromkeys(label for claim in claims for label in claim.labels):
            name = targets.get(label, label)
            if name == label and label.isdecimal():
                if given is not None:  # otherwise the number has no meaning
                    found[label] = given[int(label) - 1] if 1 <= int(label) <= len(given) else None
                continue
            try:
                found[label] = self.archive.article(name.removeprefix("newsdex:article/"))
            except (ArticleMissing, UsageError):
                found[label] = None
            if len(found) >= MOST_ARTICLES:
                break
        return found

    def _correction(self, article: Article) -> Article | None:
        """Return the newest version of an article that was corrected; None if the archive lacks one."""
        for _ in range(_CHAIN):
            if not article.corrected_by:
                return article
            try:
                article = self.archive.article(article.corrected_by)
            except (ArticleMissing, UsageError):
                break
        return None

    def _retracted_copy(self, article: Article) -> Discrepancy | None:
        """Return the remark that a copy of ``article`` was retracted, if one was."""
        snapshot, place = self.holding(article.id)
        if not any(map(is_retraction, chain.from_iterable(segment.metadata.values("retracted") for segment in snapshot.segments))):
            return None
        for copy in copies_of(snapshot, [place])[0]:
            segment, row = snapshot.segments[copy.place.segment], copy.place.row
            if is_retraction(reason := segment.metadata.at(row).get("retracted", "")):
                return Discrepancy("copy", "", f"{reason} ({segment.article_id(row)})")
        return None

    def _looked_up(self, claims: Sequence[Claim], question: str) -> list[Article]:
        """Search the archive for the question and each claim; a claim that begins with "he" is searched with the one before."""
        asked = [question] if question.strip() else []
        for before, claim in zip([None, *claims], claims, strict=False):
            text = f"{before.text[:_LONGEST_QUESTION]} {claim.text}" if before and _REFERRING.match(claim.text) else claim.text
            # Dates are removed, because a wrong date would filter the right article out.
            asked.append(_undated(text[: 2 * _LONGEST_QUESTION], wholly=True))
        requests = [Request(text, limit=_FOUND, literal=True) for text in asked]
        hits = (hit for results in self.archive.answer_many(requests) for hit in results)
        return [*{hit.article.id: hit.article for hit in hits}.values()]

    def _claims(
        self,
        claims: Sequence[Claim],
        named: Mapping[str, Article],
        corrected: Mapping[str, Article | None],
        cited: Mapping[str, Article | None],
        given: Sequence[Article] | None,
    ) -> Iterator[CheckedSentence]:
        if not claims:
            return
        # Corrections come last: they only confirm what the article says that they correct.
        articles = [*{**named, **{article.id: article for article in filter(None, corrected.values())}}.values()]
        # Dates are compared separately: most sentences do not repeat the date of their article.
        texts = [_undated(claim.text) for claim in claims]
        pool = shortlisted(texts, self._pool(articles))
        found = nearest(texts, pool, self.encoder, [dates.dates(claim.text, [language_of(claim.text)]) for claim in claims])
        own = [{n for n, a in enumerate(articles) if a in [cited.get(label) for label in claim.labels]} for claim in claims]
        compared = [[*dict.fromkeys([*_best(each[: len(named)]), *mine])] for each, mine in zip(found, own, strict=True)]
        vectors, line = self.encoder.encode_questions(texts), comparable(self.encoder.card)
        allowed = None if given is None else {article.id for article in given}
        openings = [names.fold(word) if (word := opening(claim.text)) and self._is_name(word) else "" for claim in claims]

        def candidate_of(number: int, article: int) -> _Candidate:
            mine = found[number][article]
            cosine = float(np.dot(pool.vectors[mine.places[0]], vectors[number])) if mine.places else -1.0
            odds = line.scale * cosine + line.offset
            return _Candidate.of(claims[number].text, _meant(claims, number), openings[number], pool, article, mine, odds, self.encoder)

        def judged(number: int, article: int) -> _Candidate:
            check_time()
            candidate = candidate_of(number, article)
            if candidate.verdict == "supported" and articles[article].id in corrected:
                correction = corrected[articles[article].id]
                if correction is None or candidate_of(number, articles.index(correction)).verdict != "supported":
                    why = Discrepancy("correction", "", articles[article].corrected_by)
                    candidate = candidate._replace(verdict="partly", differences=(why,))
            if candidate.verdict == "supported" and (copy := self._retracted_copy(articles[article])):
                candidate = candidate._replace(verdict="partly", differences=(copy,))
            return candidate

        said = [[judged(number, article) for article in each] for number, each in enumerate(compared)]
        whole = [names.whole(article) for article in articles]
        owned = [[(name, sum(names.has_name(text, name) for text in whole)) for name in self._own_names(claim.text)] for claim in claims]
        cases = _cases(claims, owned, said, lambda number, article: judged(number, articles.index(article)))
        for number, (claim, case) in enumerate(zip(claims, cases, strict=True)):
            candidates: Sequence[_Candidate] = said[number]
            if not claim.labels:
                wholly = all(count > case.most for _, count in owned[number])
                candidates = case.among(candidates, claim.text, wholly=wholly, meant=bool(_meant(claims, number)))
            yield self._sentence(claim, candidates, cited, allowed)

    def _own_names(self, claim: str) -> list[Name]:
        """The names of whom a claim tells something, which begin it or are behind no preposition."""
        return [
            name
            for name in names.unplaced(claim)
            if not name.opens or self._is_name(re.sub("['\u2019]s?$", "", claim[name.start : name.end]))
        ]

    def _is_name(self, word: str) -> bool:
        """Whether a word that begins a claim is a name. The model has common words, which the archive may lack, as one token."""
        written = self.is_name(word)
        return len(self.encoder.tokens([word.casefold()]).places) > 1 if written is None else written

    def _pool(self, articles: Sequence[Article]) -> Pool:
        sentences, of, nearby = [], [], []
        for number, article in enumerate(articles):
            snapshot, place = self.holding(article.id)
            segment = snapshot.segments[place.segment]
            kept = [*compress(segment.sentences(place.row), ~snapshot.furnished.sentences(segment, place.row))]
            passages = np.array(segment.passages(place.row), np.int64)
            starts = [segment.passage_range(int(position))[0] for position in passages]
            sentences += kept
            of += [number] * len(kept)
            if kept:
                first = np.maximum(np.searchsorted(starts, [span.start for span in kept], "right") - 1, 0)
                nearby.append(segment.vectors(passages)[first])
        dimension = self.encoder.card.dimension
        return Pool(articles, sentences, of, np.concatenate([np.zeros((0, dimension), np.float32), *nearby]))

    def _sentence(
        self, claim: Claim, candidates: Sequence[_Candidate], cited: Mapping[str, Article | None], allowed: set[str] | None
    ) -> CheckedSentence:
        """Judge a claim by the article that supports it, or else by the nearest one; of several by the cited one."""
        quotations = tuple(self._quotations(claim.text, allowed))
        supporting = [each.article.id for each in candidates if each.verdict == "supported"]
        meant = [(label, article.id if (article := cited[label]) else None) for label in claim.labels if label in cited]
        citations = tuple(Citation(label, name, name in supporting) for label, name in meant)
        denying = (each.odds for each in candidates if each.verdict == "contradicted")
        near = max(max((each.odds for each in candidates), default=-math.inf) - _FAR, max(denying, default=-math.inf))
        best = max(candidates, key=lambda each: (_RANKS[each.verdict] if each.odds >= near else 0, each.odds), default=None)
        if best is None:
            verdict: Verdict = "no sources" if allowed == set() else "not in the archive"
            return CheckedSentence(claim.span, claim.text, verdict, 0.0, (), quotations, citations)
        named = {each.article_id for each in citations}
        same = [each for each in candidates if each.verdict == best.verdict and each.odds >= near and each.article.id in named]
        best = max(same, key=lambda each: each.odds, default=best)
        best = max((each for each in candidates if each.replaces(best)), key=lambda each: each.odds, default=best)
        verdict, differences = best.verdict, [*best.differences, *quotations]
        if citations and not any(each.supports for each in citations) and verdict == "supported":
            differences += [Discrepancy("citation", each.label, best.article.id) for each in citations]
        if verdict == "supported" and differences:
            verdict = "partly"
        evidence = best.evidence if verdict != "not in the archive" or best.differences else best.evidence[:1]
        return CheckedSentence(claim.span, claim.text, verdict, round(best.score, 4), evidence, tuple(differences), citations)

    def _quotations(self, text: str, allowed: set[str] | None) -> Iterator[Discrepancy]:
        """Yield the quotations in a claim that no article has word for word, or none of the ``allowed`` ones."""
        for found in _QUOTED.finditer(text):
            quote = found[1].strip()
            if len(quote.split()) < _QUOTED_WORDS:
                continue
            report = self.archive.verify_quote(quote)
            right = report.verdict == "found" and any(allowed is None or place.article.id in allowed for place in report.places)
            if not right:
                yield Discrepancy("quotation", quote, report.places[0].text if report.verdict in ("altered", "stitched") else "")


class _Candidate(NamedTuple):
    """A claim compared with one article."""

    article: Article
    odds: float
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    differences: tuple[Discrepancy, ...]

    @classmethod
    def of(cls, claim: str, meant: str, opened: str, pool: Pool, number: int, found: Found, cosine: float, encoder: Encoder) -> _Candidate:
        """``meant`` is the sentence with the name that the claim has a pronoun for, if so, and ``opened`` its first word, if a name."""
        article = pool.articles[number]
        odds = _BIAS + _COVERED * found.together + _COSINE * cosine
        if not found.places or odds < 0:
            return cls(article, odds, "not in the archive", pool.evidence(found.places), ())
        places, false = _corrected(pool, found.places, claim)
        evidence = pool.evidence(found.places if false else places)
        answers = [pool.behind(place) for place in pool.asked(places, claim)]
        evidence += pool.evidence(place for place in answers if place not in places)
        near = pool.nearby(number, places, found.around, claim)
        language = near.article.language
        near = near._replace(opening=opened if language in ("en", "") else "")
        if places[0] != found.places[0]:
            near = near._replace(contexts=(f"{pool.text(found.places[0])} {near.contexts[0]}", *near.contexts[1:]))
        replies = {place: pool.context(place) for place in pool.replies(places)}
        denied = polarity.denial(claim, near.texts, near.around, pool.short(number), language, [*replies.values()], near.contexts)
        if denied and answers and not any(denied.found in pool.text(place) for place in places):
            denied = replace(denied, found=pool.text(answers[0]).strip())
        elif denied and denied.found:
            told = re.compile(rf"\b{re.escape(denied.found)}\b")
            unseen = not any(map(told.search, near.texts))
            evidence += pool.evidence(place for place in replies if unseen and place not in places and told.search(pool.text(place)))
        if false and not denied and not polarity.said(claim, language).cues:
            denied = Discrepancy("negation", "", near.texts[0].strip())
        beside = [article.title, *map(pool.text, pool.beside(places))]
        verdict, differences = compare(claim, meant, near, denied, beside, encoder)
        return cls(article, odds, verdict, evidence, tuple(differences))

    def replaces(self, other: _Candidate) -> bool:
        """Return whether the article is later than the ``other`` one, and supports the claim's number or is a correction that denies it."""
        own, before = self.article, other.article
        later = own.published and before.published and own.published.earliest > before.published.earliest
        if not later and own.corrects != before.id:
            return False
        number = other.verdict == "partly" and all(each.aspect == "number" for each in other.differences)
        return self.verdict == "supported" if number else self.verdict == "contradicted" and bool(own.corrects)

    @property
    def score(self) -> float:
        """The odds as a probability."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.odds))))


def _checked(answer: str, threshold: object) -> None:
    if not answer.strip():
        raise UsageError('the answer is empty. Give what a model wrote: newsdex check "Blinken met Xi in Beijing."')
    if len(answer) > MOST_CHARACTERS:
        raise UsageError(f"an answer of {len(answer)} characters is too long: expected {MOST_CHARACTERS} at most. Check it in parts")
    try:
        answer.encode()
    except UnicodeEncodeError:
        raise UsageError("the answer has a lone surrogate: expected text that UTF-8 can encode") from None
    real("a threshold of {}", threshold, 0, 1)


def _corrected(pool: Pool, places: Sequence[int], claim: str) -> tuple[list[int], bool]:
    """Return the places, replacing each sentence that reports an error by the correction after it; and whether the first is replaced by one
    that only calls it false. Where the claim has another number than the error, "That is false" is replaced in turn.
    """
    found = []
    for place in places:
        while pool.disowned(place, claim):
            place += 1  # noqa: PLW2901 - the next one
        found.append(place)
    false = found[0] != places[0] and calls_false(pool.text(found[0]))
    if false and not _same_numbers(claim, pool.text(places[0]), pool.articles[pool.of[places[0]]].language):
        false, found = False, [pool.behind(place) if calls_false(pool.text(place)) else place for place in found]
    return [*dict.fromkeys(found)], false


def compare(
    claim: str, meant: str, near: Nearby, denied: Discrepancy | None, beside: Sequence[str], encoder: Encoder
) -> tuple[Verdict, list[Discrepancy]]:
    """Compare a claim with an article's sentences. ``denied``: how they contradict it; ``beside``: the title, they and their neighbours."""
    article, language = near.article, near.article.language
    # Numbers, dates and names; else who does what.
    differences = [*differing(claim, near)] or [
        *_of_another(meant, near),
        *swapped(claim, near),
        *otherwise_related(claim, near),
        *otherwise_held(claim, near),
        *miscounted(claim, near.texts, language),
    ]
    if denied:
        return "contradicted", [*differences, denied]
    if not differences:
        doubt, false = polarity.doubted(claim, near.texts[0], language, near.texts[1:])
        differences += [Discrepancy("negation", "", doubt)] if doubt else []
        differences += [Discrepancy("retraction", "", article.retracted)] if article.retracted else []
        if false:
            return "contradicted", differences
    if not differences:
        negated = polarity.unconfirmed(claim, [*near.texts, *near.around], language)
        short = names.shortened(claim, article.text)
        if negated or unsaid(short, near, encoder):
            return "not in the archive", [] if negated else [*of_others(short, near)]
    differences += unfounded(claim, beside, language, encoder)
    if not differences and names.upright(claim.strip()) not in map(names.upright, (article.title, *map(str.strip, near.texts))):
        differences += uncompared(claim, article)
    return "partly" if differences else "supported", differences


def _same_numbers(claim: str, text: str, language: str) -> bool:
    """Return whether ``text`` has every number of ``claim``."""
    known = quantities(text, language)
    return all(any(agree(each, other) for other in known) for each in quantities(claim, language))


def _undated(text: str, *, wholly: bool = False) -> str:
    """Remove dates from ``text``, or only those with a month and a day or year unless ``wholly``; keep a text that has little else."""
    said = [each for each in dates.dates(text, [language_of(text)]) if wholly or (each.month and (each.day or each.year))]
    rest = _LEFT_OUT.sub(" ", dates.mask(text, said)).strip()
    return rest if len(rest) >= _MOST_OF * len(text) else text


def _best(found: Sequence[Found]) -> list[int]:
    order = sorted(range(len(found)), key=lambda n: (-round(found[n].single + found[n].together, 6), n))
    return [number for number in order[:_COMPARED] if found[number].places]


def _meant(claims: Sequence[Claim], number: int) -> str:
    """The sentence before a claim that begins with "he" or "she", or before several; "" for another claim."""
    before = number
    while before and _PERSON.match(claims[before].text):
        before -= 1
    return claims[before].text if before < number else ""


class _Case(NamedTuple):
    """What the sentences before a claim are about: the ``article`` that is nearest to them, if there is one, and the names of whom they
    tell, ``told``, each with its sentence; ``most``: the articles that a name may be in which tells this case from others.
    """

    article: Article | None
    told: Sequence[tuple[str, Name]]
    most: int

    def after(self, claim: str, owned: Sequence[tuple[Name, int]], candidates: Sequence[_Candidate]) -> _Case:
        """Return the case behind a claim of these names, each with the number of articles that have it: this one if its article says so, or
        is near and the names are of many cases, as those of a court or a prosecutor are.
        """
        own = next((each for each in candidates if each.article is self.article), None)
        here = names.whole(self.article) if self.article else ""
        others = [name for name, count in owned if count <= self.most and not names.has_name(here, name)]
        same = own is not None and own.odds >= -_FAR and (own.verdict == "supported" or not others)
        best = own if same else max(candidates, key=lambda each: (_RANKS[each.verdict], each.odds), default=None)
        if best is None or best.odds < 0:
            return _NO_CASE
        text = names.whole(best.article)
        there = [(name, count) for name, count in owned if names.has_name(text, name)]
        most = self.most if same else _FEW_MORE * min((count for _, count in there), default=0)
        return _Case(best.article, [*(self.told if same else ()), *((claim, name) for name, count in there if count <= most)], most)

    def among(self, candidates: Sequence[_Candidate], claim: str, *, wholly: bool, meant: bool) -> Sequence[_Candidate]:
        """Return the candidates of the case if one says something about the claim; others support a claim without a name of its own, which
        is ``wholly`` of the case, no more than partly. ``meant``: it begins with "he" or "she".
        """
        about = [each for each in candidates if self._has(each.article)]
        about += [each for each in candidates if each not in about and any(each.article.corrects == one.article.id for one in about)]
        if not self.told or len(about) == len(candidates):
            return candidates
        if not wholly:
            return about if any(each.verdict == "supported" for each in about) else candidates
        if any(each.verdict != "not in the archive" for each in about):
            return about
        if self.article is None or not (
            meant or any(each.odds >= -_FAR for each in about if each.article is self.article) or _is_definite(claim, self.article)
        ):
            return candidates
        text, name = self.told[0]
        why = (Discrepancy("name", text[name.start : name.end], ""),)
        return [
            each._replace(verdict="partly", differences=why) if each.verdict == "supported" and each not in about else each
            for each in candidates
        ]

    def _has(self, article: Article) -> bool:
        text = names.whole(article)
        return any(names.has_name(text, name) for _, name in self.told)


_NO_CASE = _Case(None, (), 0)


def _is_definite(claim: str, article: Article) -> bool:
    """Return whether a claim begins with something that an article has told of: "The killing" or "Her son"."""
    found = _DEFINITE.match(claim)
    stem = analyzer(article.language).terms
    alike = {*stem(found[1]), *same_in_news(found[1].casefold())} if found else set()
    return bool(alike) and not alike.isdisjoint(stem(names.whole(article)))


def _cases(
    claims: Sequence[Claim],
    owned: Sequence[Sequence[tuple[Name, int]]],
    said: list[list[_Candidate]],
    judged: Callable[[int, Article], _Candidate],
) -> list[_Case]:
    """Return the case of each claim, which the sentences before it tell, or else the first behind it, and add its article to those with
    which the claim is compared, ``said``. ``owned``: the names of each claim with the number of articles that have them.
    """
    found, case = [], _NO_CASE
    for number, claim in enumerate(claims):
        if case.article and not any(each.article is case.article for each in said[number]):
            said[number].append(judged(number, case.article))
        found.append(case)
        if owned[number]:
            case = case.after(claim.text, owned[number], said[number])
    first = next((each for each in found if each.article), case)
    for number in range(len(claims)):
        meant = _meant(claims, number)
        if meant and not found[number].article:
            found[number] = _Case(None, [(meant, name) for name in names.names(meant)], 0)
        elif not any(owned[: number + 1]) and any(each.article is first.article and each.odds >= 0 for each in said[number]):
            found[number] = first
    return found


def _of_another(meant: str, near: Nearby) -> Iterator[Discrepancy]:
    """Yield the first name in ``meant`` if the supporting sentences have names, but none of those: they are about somebody else."""
    beside = [*near.texts, *near.contexts, near.article.title]
    said, initials = names.names(meant), names.initials_of(" ".join(beside))
    named = said and any(map(names.capitals_of, near.texts))
    if named and not any(names.has_name(text, name, initials) for text in beside for name in said):
        yield Discrepancy("name", meant[said[0].start : said[0].end], "")


def _report(answer: str, sentences: Sequence[CheckedSentence], threshold: float) -> AnswerReport:
    claims = [each for each in sentences if each.verdict != "no claim"]
    score = sum(each.verdict == "supported" for each in claims) / len(claims) if claims else 1.0
    accepted = score >= threshold and not any(each.refuted for each in claims)
    wrong = [each.span for each in claims if each.verdict != "supported"]
    kept, struck, last = [], [], 0
    for span in wrong:
        mark = _ITEM.match(answer, span.start, span.end)
        start = mark.end() if mark else span.start
        kept.append(answer[last : span.start])
        struck += [answer[last:start], f"~~{answer[start : span.end]}~~"]
        last = span.end
    rest = answer[last:]
    rewritten = _EMPTY_LINES.sub("\n\n", _LEFT_OUT.sub(" ", "".join([*kept, rest]))).strip() if wrong else answer
    return AnswerReport(answer, tuple(sentences), round(score, 4), threshold, accepted, rewritten, "".join([*struck, rest]))


def names_of(hits: Iterable[object]) -> list[str]:
    """Return the ids of articles given as hits, excerpts, articles or ids. Raises UsageError for anything else."""
    found = []
    for each in hits:
        name = each if isinstance(each, str) else getattr(getattr(each, "article", each), "id", None) or getattr(each, "article_id", None)
        if not isinstance(name, str) or not name:
            raise UsageError(f"{type(each).__name__} is not an article: expected hits of a search, excerpts of a context, or ids")
        found.append(name)
    return found

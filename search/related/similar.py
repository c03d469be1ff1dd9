"""Articles most similar to an article, searched by its profile: the mean of its passages' vectors, and its most distinctive words.

Profiles are searched like questions, so filters, folding of copies and archives in Milvus work as in a search, and no model is loaded.
Measurements: benchmarks/quality/related.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import compress, product
from statistics import median
from typing import Any, NamedTuple, NoReturn

import numpy as np

from newsdex.encoder import ModelCard, Tokens, Vectors, speaks
from newsdex.errors import UsageError
from newsdex.records import Article, Copy, Hit, Results, Span
from newsdex.search.options import OF_QUESTIONS
from newsdex.search.pipeline import Asker
from newsdex.search.question.filters import Compound, Filter, parse_filter
from newsdex.search.question.stopwords import little_words
from newsdex.search.question.terms import analyzer, languages_of
from newsdex.search.ranking.copies import CopyFinder, Group
from newsdex.search.ranking.fusion import CALIBRATIONS, Calibration, Mode
from newsdex.search.ranking.lexical import idf_of
from newsdex.search.request import Request, request_of
from newsdex.store.copies import Place, copies_of
from newsdex.store.snapshot import Snapshot
from newsdex.words import LONGEST, as_read

# How alike two articles are, in log odds, from their points: ranked by meaning and words, by words alone, and by meaning and words across
# languages. The last is scaled so that the weights below fit all three.
STORY = Calibration(15.0, -11.0)
BY_WORDS = Calibration(13.0, -4.0)
AMONG_LANGUAGES = Calibration(7.2, 5.0)
# The log odds that two articles are of one story, by how much more alike they are than an article and those ``_AROUND`` it, because all
# releases of one office are alike. Local scaling: Zelnik-Manor and Perona 2004. The weight of the difference, that of those around, and a
# constant: a logistic regression on the threads of the sample and on releases that name the same defendant (docs/RELATED.md).
CLOSER, AROUND, OFFSET = 1.21, 0.35, -6.36
_AROUND = range(15, 30)  # ranks of the articles around one, which are rarely of its story
_FEWEST_AROUND = 5
_ALONE = -7.0  # the log odds of those around an article in a small archive
_VERSIONS = 10  # corrections of an article that are looked up
ONE_STORY = 0.5  # probability from which two articles are of one story
SAMPLED = 64  # passages sampled from a long article, evenly spread
WORDS = 32  # words of a profile
_COUNTED = 128  # most frequent words of the article whose rarity is looked up
FEW = 16  # number of sampled passages at which half of their mean is subtracted
_SATURATION = 1.2  # occurrences worth half of the limit


class Likeness:
    """Finds articles similar to the one at ``place`` of ``snapshot``, with an ``asker`` that has no model."""

    def __init__(self, asker: Asker, snapshot: Snapshot, place: Place, typical: Callable[[str], Vectors]) -> None:
        """``typical`` returns vectors of passages in a language, as for profile_of. Raises IndexDamaged and ServerError."""
        self._asker, self._typical = asker, typical
        self._snapshot, self._place = snapshot, place
        self._segment = snapshot.segments[place.segment]
        self.article = self._segment.article(place.row)

    @cached_property
    def also_in(self) -> tuple[Copy, ...]:
        """The copies of the article."""
        finder = CopyFinder(self._snapshot)
        return finder.also_in(Group(0, (), tuple(finder.find([self._place])[0])))

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the article and of its copies."""
        [copies] = copies_of(self._snapshot, [self._place])
        return [self.article.id, *(self._snapshot.segments[copy.place.segment].article_id(copy.place.row) for copy in copies)]

    def sentences(self) -> list[Span]:
        """The sentences of the article without page furniture."""
        row = self._place.row
        return [*compress(self._segment.sentences(row), ~self._snapshot.furnished.sentences(self._segment, row))]

    def rarity(self, terms: Sequence[str]) -> list[float]:
        """Return the idf of each of ``terms`` among the archive's articles."""
        return idf_of(self._asker.snapshot, [(term,) for term in terms], "article")

    @cached_property
    def _typical_vectors(self) -> Vectors:
        """The vectors of passages in the article's language, (n, d), where articles in other languages are comparable; else empty. Fewer
        than FEW passages have more in common than their language: without it, any two articles would seem to be of one story.
        """
        model, languages = self._asker.snapshot.manifest.model, languages_of(self._asker.snapshot) - {""}
        several = self.article.language in languages and sum(speaks(model, language) for language in languages) > 1
        usual = self._typical(self.article.language) if several and self._mode == "hybrid" else np.empty((0, model.dimension), np.float32)
        return usual if len(usual) >= FEW else usual[:0]

    @cached_property
    def _profile(self) -> Profile | None:
        return profile_of(self._snapshot, self._place, self._asker.snapshot, self._typical_vectors)

    def similar(self, **options: Any) -> Results:
        """Return the most similar articles, without its copies; ``options``: Index.similar's. Raises as that, and ServerError."""
        least = options.get("min_score")
        if unfit := [name for name in OF_QUESTIONS if options.get(name)]:
            raise UsageError(f"{unfit[0]} is for questions, not for similar articles: leave it out")
        where = options.pop("where", None)
        # Validated before anything is read, as for a question.
        request = self._request(self._others if where is None else Compound("and", (parse_filter(where), self._others)), **options)
        if self._profile is None:
            return Results("", (), answerable=False, remarks=("The article has no text that could be compared.",))
        found = self._asker.answer(replace(self._asking(request), min_score=None), self._profile.vector)
        hits = tuple(hit for hit in (self._scored(hit) for hit in found) if least is None or hit.score >= least)
        return replace(found, hits=hits, answerable=any(hit.answers for hit in hits))

    @cached_property
    def _others(self) -> Filter:
        return parse_filter({"type": "nin", "key": "id", "value": self.ids})

    def _request(self, where: Filter, **options: Any) -> Request:
        return request_of("-", where=where, mode=self._mode, read_dates=False, literal=True, **options)

    def _asking(self, request: Request) -> Request:
        """The ``request`` with the words of the profile, of which there is one."""
        words = self._profile.words if self._profile else ()
        return replace(request, question=" ".join(words) or self.article.title or request.question)

    @cached_property
    def _around(self) -> float:
        """The median log odds of those around the article."""
        if self._profile is None:
            return _ALONE
        scores = self._asker.scores(self._asking(self._request(self._others, limit=_AROUND.stop)), self._profile.vector)
        around = sorted(map(self._log_odds_alike, scores), reverse=True)[_AROUND.start :]
        return median(around) if len(around) >= _FEWEST_AROUND else _ALONE

    def versions(self) -> Iterator[Article]:
        """Yield the articles that it corrects or that correct it, by the fields of either."""
        called = [name for name in (self.article.id, self.article.url) if name]
        named = [name for name in (self.article.corrects, self.article.corrected_by) if name]
        wanted = [*product(("id", "url"), [named] if named else []), ("corrects", called), ("corrected_by", called)]
        for key, names in wanted:
            with suppress(UsageError):  # no article has the field
                where = {"type": "in", "key": key, "value": names}
                yield from (hit.article for hit in self.similar(where=where, limit=_VERSIONS, collapse=False))

    @property
    def _mode(self) -> Mode:
        """The mode: "lexical" where the model does not cover the article's language, since its vectors would mean little."""
        return "hybrid" if speaks(self._asker.snapshot.manifest.model, self.article.language) else "lexical"

    def _scored(self, hit: Hit) -> Hit:
        matches = tuple(replace(match, score=self._likelihood(match.score)) for match in hit.matches)
        score = self._likelihood(hit.score)
        return replace(hit, score=score, matches=matches, answers=score >= ONE_STORY)

    def _likelihood(self, score: float) -> float:
        """Convert the probability of an answer to the probability of one story."""
        return 1 / (1 + math.exp(-(CLOSER * (self._log_odds_alike(score) - self._around) + AROUND * self._around + OFFSET)))

    def _log_odds_alike(self, score: float) -> float:
        """How alike an article is whose passage has this probability of an answer, in natural log odds."""
        line = CALIBRATIONS[self._mode]
        points = (log_odds(score) - line.offset) / line.slope
        story = BY_WORDS if self._mode == "lexical" else AMONG_LANGUAGES if len(self._typical_vectors) else STORY
        return story.slope * points + story.offset


def log_odds(probability: float) -> float:
    """Return the logarithm of the odds; 0 and 1 are clipped."""
    inside = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(inside / (1 - inside))


class Profile(NamedTuple):
    """An article's most distinctive ``words``, best first, its unit ``vector``, float32, (d,), and the ``text`` that both come from."""

    words: tuple[str, ...]
    vector: Vectors
    text: str


def sampled(count: int) -> list[int]:
    """Return the passages to read of an article of ``count``, ascending: all, or SAMPLED evenly spread ones."""
    return np.linspace(0, count - 1, min(count, SAMPLED)).astype(int).tolist() if count else []


def profile_of(snapshot: Snapshot, place: Place, counted: Snapshot, typical: Vectors) -> Profile | None:
    """Return the profile of the article at ``place``; None when it has no passage.

    Rarity is that of words in ``counted``. ``typical``: vectors of passages in the article's language, float32, (n, d), empty for a
    comparison within one language. Raises IndexDamaged and ServerError.
    """
    segment = snapshot.segments[place.segment]
    first = segment.passages(place.row).start
    positions = [first + number for number in sampled(len(segment.passages(place.row)))]
    if segment.is_partial:
        positions = [position for position in positions if segment.live_passages[position]]
    if not positions:
        return None
    own = [position for position in positions if not snapshot.furnished.passage(segment, place.row, position)] or positions
    article = segment.article(place.row)
    text = "\n".join([article.title, *(as_read(segment.passage(position, article).text) for position in own)])
    mean = segment.vectors(np.array(own, np.int64)).mean(axis=0)
    # The mean of a language's passages carries no topic, and hides similar articles in other languages (Libovický, Rosa and Fraser 2020,
    # https://arxiv.org/abs/2004.05160).
    mean = mean - typical.sum(axis=0) / (len(typical) + FEW)
    return Profile(_distinctive_words(text, article, counted), mean / max(float(np.linalg.norm(mean)), 1e-9), text)


def _distinctive_words(text: str, article: Article, counted: Snapshot) -> tuple[str, ...]:
    """Return the article's most distinctive words by tf-idf, as in Lucene's MoreLikeThis, the best first."""
    little = little_words(text)
    counts: Counter[tuple[str, ...]] = Counter()
    written: dict[tuple[str, ...], str] = {}
    for word in analyzer(article.language).words(text):
        found = text[word.start : word.end]
        if len(found) <= LONGEST and found.casefold() not in little:
            counts[word.terms] += 1
            written.setdefault(word.terms, found)
    frequent = counts.most_common(_COUNTED)
    rarity = idf_of(counted, [terms for terms, _ in frequent], "article")
    tf_idf = {terms: rare * count / (count + _SATURATION) for (terms, count), rare in zip(frequent, rarity, strict=True)}
    return tuple(written[terms] for terms, _ in sorted(tf_idf.items(), key=lambda each: (-each[1], each[0]))[:WORDS])


class WordsOnly:
    """An encoder for when nothing is encoded: the index's model card, and sentences compared by shared words."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def encode_questions(self, questions: Sequence[str]) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def encode_passages(self, texts: Sequence[str]) -> NoReturn:
        raise NotImplementedError("no model is loaded here")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the words of each text."""
        return [len(analyzer("").terms(text)) for text in texts]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Return the words of the first text, an axis each; other words of the others are zero vectors."""
        first, *others = [analyzer("").terms(text) for text in texts]
        numbers = {term: number for number, term in enumerate(dict.fromkeys(first))}
        pieces = [[numbers.get(term, len(numbers)) for term in terms] for terms in (first, *others)]
        size = len(numbers)
        return Tokens.of(pieces, lambda known: (np.ones(len(known), np.float32), np.eye(size + 1, size, dtype=np.float32)[known]))

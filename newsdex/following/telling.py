"""Report what is new: compare new passages with the standing questions, then deliver the waiting notices."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from hashlib import blake2b
from math import inf
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from newsdex.encoder import Encoder, Vectors, comparable
from newsdex.errors import UsageError
from newsdex.following import delivery
from newsdex.foreign import fitting
from newsdex.milvus.place import followed_at
from newsdex.records import Article, Hit, Span, is_retraction
from newsdex.search.index import Index
from newsdex.search.pipeline import Asker
from newsdex.search.question.terms import analyzer
from newsdex.search.ranking.copies import instant
from newsdex.search.ranking.fusion import ANSWERABLE, probabilities
from newsdex.search.request import Request, arguments_of, request_of
from newsdex.search.standing import MOST, answered_by, least_of
from newsdex.sentences import split_sentences
from newsdex.store.copies import SHARE
from newsdex.store.following import Following, Notice, Seen, Standing, following, is_followed, told_digest
from newsdex.store.paths import base_of, is_called_after, stored_path
from newsdex.store.segment import FileSegment
from newsdex.store.snapshot import Snapshot
from newsdex.values import utc_now
from newsdex.words import as_read

MOST_WAITING = 10_000  # notices that wait to be delivered
_LONGEST = 4_000  # characters of anything in a notice
_LISTED = 20  # copies
# There if retractions and corrections of articles whose ids name a place are known by their texts
_BY_TEXT = told_digest("", "\0")
_MOST_WORDS = 0.6  # of a question, that a sentence has which answers by words alone


def tell(
    index_folder: str | os.PathLike[str],
    on_notice: Callable[[Standing, Notice], None] | None = None,
    patience: delivery.Patience = delivery.USUAL,
) -> list[str]:
    """Report everything new that answers a standing question, and deliver the waiting notices. Return a line for each problem; the next
    call tries again.

    ``on_notice`` gets the notices of questions without a place to report to; without it they wait. Does nothing if no question is followed.
    Raises as opening an index, and IndexUnwritable.
    """
    folder = followed_at(Path(index_folder))
    if not is_followed(folder):
        return []
    with following(folder) as held:
        problems = look(held, folder)
        return problems + delivery.deliver(held, on_notice, patience)


def look(held: Following, folder: Path) -> list[str]:
    """Compare the index's new passages with the questions, and store the notices. Returns a message for each problem. What was there before
    the first question is not new. A reported article is reported again when retracted or corrected.
    """
    state, snapshot = held.state, Snapshot.open(folder)
    if state.pointer == snapshot.pointer:
        return []
    seen = held.seen()
    if not state.questions:
        held.save(replace(state, pointer=snapshot.pointer), Seen().lacks(snapshot))
        return []
    fresh = [seen.new_in(segment) for segment in snapshot.file_segments]
    notices: list[Notice] = []
    told: list[int] = []
    problems: list[str] = []
    vectors: dict[int, Vectors] = {}
    model = snapshot.manifest.model
    if any(map(len, fresh)):
        known = held.vectors(model)
        with Index(snapshot, follow=False) as index:
            encoder = Remembering(index.asker().encoder, dict(known))
            notices, told, problems = _answers(state.questions, Asker(snapshot, encoder), fresh, seen)
        if encoder.used.keys() != known.keys():
            state, vectors = replace(state, model=held.version_of(model)), encoder.used
    withdrawn, told_of = _withdrawn(state.questions, notices, snapshot, seen)
    notices, told = notices + withdrawn, told + told_of
    waiting = [notice for notice in state.notices if notice.waits]
    if dropped := max(0, len(waiting) + len(notices) - MOST_WAITING):
        problems.append(f"{dropped} notices were dropped, the oldest of those that could not be delivered: more than {MOST_WAITING} wait")
    gone = {notice.id for notice in [*waiting, *notices][:dropped]}
    # A rebuild may have cut all articles anew
    same = state.pointer.partition("/")[0] == snapshot.manifest.generation
    added = seen.lacks(snapshot, fresh if same else None, np.array(told, np.uint64))
    kept = delivery.needed(state.questions, [notice for notice in (*state.notices, *notices) if notice.id not in gone])
    held.save(replace(state, pointer=snapshot.pointer, notices=kept), vectors=vectors, added=added)
    return problems


def asked(standing: Standing) -> Request:
    """The request of a question. Raises UsageError."""
    said = asdict(standing) | {"filter": standing.filter and json.loads(standing.filter)}
    least = least_of(standing.min_score, standing.mode)
    return request_of(standing.question, **arguments_of(said | {"limit": MOST, "min_score": least, "exact": True}))


def _answers(
    questions: Sequence[Standing], asker: Asker, fresh: Sequence[NDArray[np.int64]], seen: Seen
) -> tuple[list[Notice], list[int], list[str]]:
    """What to report of the passages at ``fresh``, the digests of what was found, and the problems."""
    problems: list[str] = []
    able: list[tuple[Standing, Request]] = []
    for standing in questions:
        try:
            able.append((standing, asked(standing)))
        except UsageError as error:
            problems.append(f"{standing.name}: {error}")
    now = utc_now()
    notices: list[Notice] = []
    told: list[int] = []
    today = date.today()
    for number, found in answered_by(asker, [request for _, request in able], fresh, today):
        standing, request = able[number]
        if isinstance(found, UsageError):
            problems.append(f"{standing.name}: {found}")
            continue
        for first in found:
            hit = _latest(first, request, asker, fresh, today)
            sentences = split_sentences(hit.article.text, hit.article.main, hit.article.language)
            told_as = _told_as(standing, hit, sentences, asker.snapshot, seen)
            if told_as == "update":
                changed = _changed(standing, hit, sentences, seen, asker)
                if changed is None:
                    continue
                hit = changed
            if told_as != "copy":
                notices.append(_notice(standing, hit.article, now, hit, update=told_as == "update", content=hit.passage.text))
            told += [told_digest(standing.uid, name) for name in (hit.article.id, *(copy.article_id for copy in hit.also_in))]
            told += [_sentence_digest(standing, hit.article, sentence) for sentence in sentences]
    return notices, told, problems


def _withdrawn(questions: Sequence[Standing], notices: Sequence[Notice], snapshot: Snapshot, seen: Seen) -> tuple[list[Notice], list[int]]:
    """Retractions and corrections of articles reported before, but not by ``notices``; and the digests of all not ``seen``."""
    found: list[Notice] = []
    digests: list[int] = [_BY_TEXT]
    now = utc_now()
    reported = {(notice.uid, name) for notice in notices for name in (notice.article_id, notice.url) if name}
    is_old = not seen.was_told([_BY_TEXT])[0]
    for segment, row, flags in _flagged(snapshot):
        known = seen.was_told([flag.digest for flag in flags]).tolist()
        fresh = [flag for flag, was in zip(flags, known, strict=True) if not was]
        digests += [flag.digest for flag in fresh]
        if is_old:
            fresh = [flag for flag in fresh if not seen.was_told([flag.by_id])[0]]
        if not fresh:
            continue
        article = segment.article(row)
        sentences = split_sentences(article.text, article.main, article.language)
        content = "\0".join(filter(None, (article.retracted, article.corrected_by)))
        for standing in questions:
            is_told_now = (standing.uid, _fit(article.id)) in reported
            if not (is_told_now or _was_reported(standing, article, sentences, seen, snapshot)):
                continue
            kept = [[_sentence_digest(standing, article, sentence, flag.kind) for sentence in sentences] for flag in fresh]
            digests += [digest for each in kept for digest in each]
            # Of a story that has moved or changed since, it was told before
            is_known = all(_share(each, seen) >= SHARE for each in kept)
            if not (is_known or is_told_now or (standing.uid, _fit(article.corrected_by)) in reported):
                found.append(_notice(standing, article, now, None, update=True, content=f"\0{content}"))
    return found, digests


class _Flag(NamedTuple):
    """That an article was retracted, or has a corrected version: ``digest`` tells it from those of other articles, ``by_id`` only if ids do
    not change; ``kind`` from other flags of an article.
    """

    kind: str
    digest: int
    by_id: int


def _flagged(snapshot: Snapshot) -> Iterator[tuple[FileSegment, int, list[_Flag]]]:
    """The segment and row of each living article that is retracted or corrected, with its flags."""
    for segment in snapshot.file_segments:
        rows: set[int] = set()
        for name, is_flag in (("retracted", is_retraction), ("corrected_by", bool)):
            chosen = np.array([is_flag(value) for value in segment.metadata.values(name)], np.bool_)
            rows.update(segment.metadata.entries(name, chosen).tolist())
        for row in sorted(rows):
            if segment.live_articles[row]:
                article_id, said = segment.article_id(row), segment.metadata.at(row)
                # An id that only names a place may be another article's tomorrow
                is_place = is_called_after(article_id, segment.stored_path(row))
                name = f"\0{article_id}\0{segment.tensors.item('text.xxh3', row)}" if is_place else article_id
                # A retraction is reported once, a correction once for each corrected version.
                kinds = [("", "")] if is_retraction(said.get("retracted", "")) else []
                kinds += [(f"\0{version}", f"\0{_version(version, snapshot)}")] if (version := said.get("corrected_by")) else []
                yield (
                    segment,
                    row,
                    [_Flag(kind, told_digest("", name + kind), told_digest("", article_id + by_id)) for by_id, kind in kinds],
                )


def _version(name: str, snapshot: Snapshot) -> str:
    """What a corrected version is known by: its text, if its id names a row of a file, whose number may change; otherwise its name."""
    for segment in snapshot.file_segments:
        for row in segment.rows_with("id", name):
            if _names_row(name, segment.stored_path(row)):
                return f"\0{segment.tensors.item('text.xxh3', row)}"
    return name


def _names_row(article_id: str, path: str) -> bool:
    return is_called_after(article_id, path) and article_id != path


def _share(digests: Sequence[int], seen: Seen) -> float:
    """The share of the ``digests`` that were reported."""
    return float(seen.was_told(digests).mean()) if digests else 0.0


def _was_reported(standing: Standing, article: Article, sentences: Sequence[Span], seen: Seen, snapshot: Snapshot) -> bool:
    """Whether the story of ``article`` was reported under any id: half of its sentences were, which alone identify a row of a file."""
    share = _share([_sentence_digest(standing, article, sentence) for sentence in sentences], seen)
    is_row = _names_row(article.id, stored_path(base_of(snapshot.folder), article.path))
    return share >= SHARE or (bool(seen.was_told([told_digest(standing.uid, article.id)])[0]) and not (is_row and share == 0))


def _latest(hit: Hit, request: Request, asker: Asker, fresh: Sequence[NDArray[np.int64]], today: date) -> Hit:
    """The hit of the latest copy by the source of ``hit`` that has passages at ``fresh`` which answer; otherwise ``hit``."""
    article, segments = hit.article, asker.snapshot.segments
    later = [copy for copy in hit.also_in if copy.source and copy.source == article.source]
    for copy in sorted(later, key=lambda copy: instant(copy.published), reverse=True):
        if not instant(article.published) < instant(copy.published) < inf:
            continue
        rows = [segment.rows_with("id", copy.article_id) for segment in segments]
        its = [
            positions[np.isin(segment.articles_of(positions), mine)] for segment, positions, mine in zip(segments, fresh, rows, strict=True)
        ]
        for _, found in answered_by(asker, [request], its, today) if any(map(len, its)) else ():
            if found and not isinstance(found, UsageError):
                return found[0]
    return hit


def _told_as(standing: Standing, hit: Hit, sentences: Sequence[Span], snapshot: Snapshot, seen: Seen) -> str:
    """Whether the article of ``hit`` is "new", an "update" of a reported one, or a "copy" of that, by what was ``seen``."""

    def was_told(name: str) -> bool:
        return bool(seen.was_told([told_digest(standing.uid, name)])[0])

    def was_reported(article: Article, sentences: Sequence[Span]) -> bool:
        return _was_reported(standing, article, sentences, seen, snapshot)

    article = hit.article
    corrected = _corrected(article, snapshot)
    if any(was_reported(each, split_sentences(each.text, each.main, each.language)) for each in corrected):
        return "update"
    if article.corrects and not corrected and was_told(article.corrects):
        return "update"
    copies = [copy for copy in hit.also_in if was_told(copy.article_id)]
    is_same = was_reported(article, sentences)
    if any(copy.source and copy.source == article.source for copy in copies) or (is_same and (not copies or was_told(article.id))):
        return "update"
    return "copy" if copies else "new"


def _changed(standing: Standing, hit: Hit, sentences: Sequence[Span], seen: Seen, asker: Asker) -> Hit | None:
    """An update's ``hit`` with an answer not reported before, its own or the new sentence nearest to the question; None without."""
    article, best = hit.article, hit.matches[0]
    told = seen.was_told([_sentence_digest(standing, article, sentence) for sentence in sentences])
    new = [sentence for sentence, known in zip(sentences, told.tolist(), strict=True) if not known]
    if any(sentence.start < best.answer.end and best.answer.start < sentence.end for sentence in new):
        return hit
    new = [sentence for sentence in new if best.passage.start <= sentence.start and sentence.end <= best.passage.end]
    if not new:
        return None
    texts = [as_read(article.text[sentence.start : sentence.end]) for sentence in new]
    if standing.mode == "lexical":
        terms = analyzer(article.language).terms
        asked = set(terms(standing.question))
        scores = np.array([len(asked & set(terms(text))) / max(1, len(asked)) for text in texts])
        least = _MOST_WORDS
    else:
        scale, offset = comparable(asker.snapshot.manifest.model)
        cosines = scale * (asker.encoder.encode_passages(texts) @ asker.encoder.encode_questions([standing.question])[0]) + offset
        scores, least = probabilities(cosines, "dense"), ANSWERABLE if standing.min_score is None else standing.min_score
    nearest = int(np.argmax(scores))
    if scores[nearest] < least:
        return None
    return replace(hit, matches=(replace(best, answer=new[nearest]), *hit.matches[1:]))


def _sentence_digest(standing: Standing, article: Article, sentence: Span, flag: str | None = None) -> int:
    """The digest of a reported sentence; with a ``flag``, that the article with it was reported so."""
    words = " ".join(article.text[sentence.start : sentence.end].split())
    return told_digest(standing.uid, f"\0{words}" if flag is None else f"\0{flag}\0\0{words}")


def _corrected(article: Article, snapshot: Snapshot) -> list[Article]:
    """The articles that ``article`` says it corrects."""
    names: tuple[Literal["id", "url"], ...] = ("id", "url") if article.corrects else ()
    return [segment.article(row) for segment in snapshot.segments for name in names for row in segment.rows_with(name, article.corrects)]


def _notice(standing: Standing, article: Article, now: str, hit: Hit | None, *, update: bool, content: str) -> Notice:
    """A notice of ``article``, with the passage of ``hit``, if any; ``content`` sets it apart from others of the article."""
    identity = f"{standing.uid}\0{article.id}\0{content}".encode(errors="surrogateescape")
    return Notice(
        id=blake2b(identity, digest_size=16).hexdigest(),
        uid=standing.uid,
        told=now,
        update=update,
        article_id=_fit(article.id),
        title=_fit(article.title),
        source=_fit(article.source),
        url=_fit(article.url),
        published=str(article.published or ""),
        language=article.language,
        score=round(hit.score, 6) if hit else 0.0,
        answer=_fit(hit.answer_text) if hit else "",
        text=_fit(hit.passage.text) if hit else "",
        also_in=tuple(_fit(copy.article_id) for copy in hit.also_in[:_LISTED]) if hit else (),
        retracted=_fit(article.retracted),
        corrected_by=_fit(article.corrected_by),
        waits=delivery.places_of(standing),
    )


def _fit(text: str) -> str:
    return fitting(text, _LONGEST)


class Remembering:
    """An encoder that keeps the vectors of questions: ``used`` has those that it was asked for, by the digests of their texts."""

    def __init__(self, encoder: Encoder, known: dict[int, Vectors]) -> None:
        self._encoder = encoder
        self._known = known
        self.used: dict[int, Vectors] = {}
        self.card, self.encode_passages = encoder.card, encoder.encode_passages
        self.count_tokens, self.tokens = encoder.count_tokens, encoder.tokens

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        digests = [xxhash.xxh3_64_intdigest(question.encode()) for question in questions]
        missing = {digest: question for digest, question in zip(digests, questions, strict=True) if digest not in self._known}
        if missing:
            self._known |= dict(zip(missing, self._encoder.encode_questions(list(missing.values())), strict=True))
        self.used |= {digest: self._known[digest] for digest in digests}
        return np.stack([self._known[digest] for digest in digests])

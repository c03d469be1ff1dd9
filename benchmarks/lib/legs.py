"""Both legs of the ranking, meaning and words, run once over collections in BEIR format, so that ways to combine them can be compared in
numpy.

Each collection is indexed into a folder of its own below a scratch folder, where the index and the legs stay for the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from newsdex.encoder import DEFAULT_MODEL, Encoder, Vectors, comparable, speaks
from newsdex.engines import open_query_encoder
from newsdex.evaluation.collection import Collection, read_collection, sample_of
from newsdex.evaluation.evaluate import index_corpus
from newsdex.indexer.build import Options
from newsdex.search.question.terms import words_of
from newsdex.search.ranking.fusion import Foreign, foreign_weights, meaning_points, word_points
from newsdex.search.ranking.lexical import look_up_all
from newsdex.search.ranking.points import word_scores_in
from newsdex.store.snapshot import Snapshot

_DIGITS = 6  # of a cosine, as newsdex.search.ranking.dense keeps them


class Legs(NamedTuple):
    """What each passage of an archive has of each question: ``cosines``, and what its words and those of its article are ``worth``,
    float32, (questions, passages); how ``foreign`` passages count, and which others count so, bool, (questions, passages), as they are
    ``across`` from the question's language.
    """

    cosines: Vectors
    worth: Vectors
    foreign: Foreign
    across: NDArray[np.bool_]

    def points(self, spoken: NDArray[np.bool_]) -> Vectors:
        """Those of a hybrid search, (questions, passages)."""
        ordinary = spoken & ~self.across
        return meaning_points(self.cosines, ordinary, self.foreign, self.worth) + word_points(self.worth, ordinary, self.foreign)


@dataclass(frozen=True)
class Archive:
    """A collection, indexed. Passages are in the order of their articles' ids: article ``i`` has those from ``starts[i]`` on; ``spoken`` is
    whether the model speaks a passage's language, bool, and ``languages`` has that, (passages,) each.
    """

    collection: Collection
    snapshot: Snapshot
    ids: list[str]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    spoken: NDArray[np.bool_]
    languages: NDArray[np.str_]

    @property
    def name(self) -> str:
        """The collection's, with that of the folder around it for a language."""
        return self.collection.name

    def legs(self, questions: list[str], vectors: Vectors) -> Legs:
        """The legs of ``questions``, whose vectors are float32, (questions, d)."""
        segments = self.snapshot.segments
        languages = {language for segment in segments for language in segment.languages}
        with threadpool_limits(1):
            cosines = np.concatenate([np.array(segment.matrix) @ vectors.T for segment in segments])[self.order].T
        words = np.empty((len(questions), len(self.order)), np.float32)
        for row, question in enumerate(questions):
            asked = look_up_all(self.snapshot, words_of(question, languages))
            words[row] = np.concatenate([word_scores_in(segment, asked, number) for number, segment in enumerate(segments)])[self.order]
        scale, offset = comparable(self.snapshot.manifest.model)
        cosines = np.float32(scale) * np.ascontiguousarray(cosines) + np.float32(offset)
        return Legs(np.round(cosines, _DIGITS), words, *self.foreign(questions))

    def foreign(self, questions: list[str]) -> tuple[Foreign, NDArray[np.bool_]]:
        """What Legs has of it, for each question."""
        each = [foreign_weights(question, self.snapshot.manifest.model, lambda: "en") for question in questions]
        words, cosine, more, lacking = (
            np.array([getattr(foreign, name) for foreign in each], np.float32)[:, None] for name in ("words", "cosine", "more", "lacking")
        )
        asked = np.array([foreign.language for foreign in each])[:, None]
        return Foreign(words, cosine, more, each[0].most, lacking=lacking), (asked != "") & (self.languages != "") & (
            asked != self.languages
        )

    def best(self, points: Vectors) -> Vectors:
        """The points of each article, those of its best passage: float32, (questions, articles), from (questions, passages)."""
        return np.asarray(np.maximum.reduceat(points, self.starts, axis=1), np.float32)

    def grades(self, questions: list[str]) -> NDArray[np.int8]:
        """The grade of each article for each question, (questions, articles); 0 where it was not judged."""
        column = {article: number for number, article in enumerate(self.ids)}
        found = np.zeros((len(questions), len(self.ids)), np.int8)
        for row, question in enumerate(questions):
            for article, grade in self.collection.grades[question].items():
                if article in column:
                    found[row, column[article]] = max(0, grade)
        return found


def open_archive(folder: Path, scratch: Path, model: str = DEFAULT_MODEL) -> Archive:
    """The collection in ``folder``, indexed below ``scratch`` unless it is there already."""
    collection = read_collection(folder)
    name = f"{folder.parent.name}/{folder.name}" if folder.parent.name in ("ntrex", "xquad") else folder.name
    index_folder = scratch / name.replace("/", "-")
    for remark in index_corpus(collection, index_folder, Options(model, prune=True)):
        print(f"{name}: {remark}")
    snapshot = Snapshot.open(index_folder)
    card, owners, spoken, told = snapshot.manifest.model, [], [], []
    for segment in snapshot.segments:
        rows = segment.tensors["passage.article"]
        owners += [segment.article_id(row) for row in rows.tolist()]
        languages = segment.coded["language"]
        told.append(np.array(languages.values)[languages.codes][rows])
        spoken.append(np.array([speaks(card, language) for language in languages.values])[languages.codes][rows])
    ids = sorted(set(owners))
    number = {article: place for place, article in enumerate(ids)}
    owner = np.array([number[article] for article in owners])
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(ids)))
    return Archive(replace(collection, name=name), snapshot, ids, order, starts, np.concatenate(spoken)[order], np.concatenate(told)[order])


def question_vectors(encoder: Encoder, questions: list[str]) -> Vectors:
    """A vector a question, float32, (questions, d)."""
    with threadpool_limits(1):
        return np.stack([encoder.encode_questions([question])[0] for question in questions])


def own_legs(archive: Archive, scratch: Path, count: int | None) -> tuple[list[str], Legs]:
    """The ids of ``count`` of the collection's questions, chosen at random but the same each time, or of all; and their legs, kept below
    ``scratch``.
    """
    asked = sample_of(list(archive.collection.questions), count)
    kept = scratch / f"{archive.name.replace('/', '-')}.{len(asked)}.{archive.snapshot.manifest.generation}.npz"
    texts = [archive.collection.questions[question] for question in asked]
    if kept.exists():
        with np.load(kept) as found:
            return asked, Legs(found["cosines"], found["worth"], *archive.foreign(texts))
    legs = archive.legs(texts, question_vectors(open_query_encoder(archive.snapshot.manifest.model.name), texts))
    np.savez(kept, cosines=legs.cosines, worth=legs.worth)
    return asked, legs


def ndcg(scores: Vectors, grades: NDArray[np.int8], k: int = 10) -> NDArray[np.float64]:
    """nDCG@k of each question (Järvelin and Kekäläinen 2002, with the grade itself as gain, as trec_eval has it): ``scores`` and ``grades``
    are (questions, articles). Equal scores are in the order of the articles' ids; articles with a score of -inf were not found.
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    first = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    found = np.isfinite(np.take_along_axis(scores, first, axis=1))
    gains = np.take_along_axis(grades, first, axis=1) * found
    ideal = -np.sort(-grades, axis=1)[:, :k]
    width = first.shape[1]
    return np.asarray((gains @ discount[:width]) / (ideal @ discount[:width]), np.float64)

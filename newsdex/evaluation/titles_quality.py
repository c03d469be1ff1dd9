"""How well an index finds its articles by their titles in each mode, and what int8 costs: ``newsdex doctor --quality``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from newsdex.encoder import FULL, INT8
from newsdex.errors import ModelError, UsageError
from newsdex.evaluation.collection import Collection
from newsdex.evaluation.evaluate import falling, index_corpus, options_like
from newsdex.evaluation.known_items import from_titles
from newsdex.evaluation.measures import MEASURES, measure
from newsdex.indexer.build import Progress
from newsdex.search.index import Index
from newsdex.search.ranking.fusion import Mode
from newsdex.store.snapshot import Snapshot

# What bounds the time, to a minute or two with the packaged models.
_ARTICLES, _CHARACTERS = 300, 6_000
_LIMIT = 10  # hits
_MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")


@dataclass(frozen=True, slots=True)
class Found:
    """Means over the questions, in [0, 1], for a mode and a precision. ``recall_1``: the share whose first hit is right."""

    precision: str
    mode: Mode
    ndcg_10: float
    recall_1: float


@dataclass(frozen=True, slots=True)
class TitlesQuality:
    """``found`` in the index's own ``precision`` first, then in the other one where the model has it. ``articles`` were indexed anew
    without their titles, of which ``questions`` were asked.
    """

    model: str
    precision: str
    articles: int
    passages: int
    questions: int
    found: tuple[Found, ...]
    remarks: tuple[str, ...]


def titles_quality(index_folder: Path, on_progress: Callable[[Progress], None]) -> TitlesQuality:
    """The quality of the index in ``index_folder``, by a sample of its articles that is the same each time.

    ``on_progress`` is told of each run. Raises UsageError when no title can be asked, and as Snapshot.open.
    """
    own = Snapshot.open(index_folder).manifest.model
    with TemporaryDirectory(prefix="newsdex-quality-") as temporary:
        collection = from_titles(index_folder, Path(temporary), articles=_ARTICLES, characters=_CHARACTERS)
        found: list[Found] = []
        remarks, counts = list(collection.remarks), (0, 0)
        for precision in (own.precision, INT8 if own.precision == FULL else FULL):
            folder = Path(temporary) / precision
            options = replace(options_like(index_folder, None, {}), precision=precision, on_progress=on_progress)
            try:
                index_corpus(collection, folder, options)
            except (ModelError, UsageError) as error:
                if precision == own.precision:
                    raise
                remarks.append(f"not measured in {precision}: {error}")
                continue
            with Index.open(folder) as index:
                manifest = index.asker().snapshot.manifest
                counts = counts if any(counts) else (manifest.articles, manifest.passages)
                found += [_found(index, collection, precision, mode) for mode in _MODES]
    return TitlesQuality(own.name, own.precision, *counts, len(collection.questions), tuple(found), tuple(remarks))


def _found(index: Index, collection: Collection, precision: str, mode: Mode) -> Found:
    titles = list(collection.questions.values())
    # As newsdex eval asks: any article may be the one that is sought.
    answers = index.search_many(titles, mode=mode, limit=_LIMIT, collapse=False, read_dates=False, literal=True)
    rankings = {
        name: falling([(hit.article.id, hit.score) for hit in hits]) for name, hits in zip(collection.questions, answers, strict=True)
    }
    ndcg = measure(rankings, collection.grades)[:, list(MEASURES).index("nDCG@10")]
    first = [bool(ranking) and ranking[0][0] in collection.grades[name] for name, ranking in rankings.items()]
    return Found(precision, mode, round(float(ndcg.mean()), 4), round(sum(first) / len(first), 4))

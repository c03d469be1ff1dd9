"""Questions with judgements, read from a folder in the format of the BEIR collections (Thakur et al. 2021).

``corpus.jsonl`` (``_id``, ``title``, ``text``) is left to the indexer, which reads it as an archive. ``queries.jsonl`` (``_id``, ``text``)
has the questions, and ``qrels/SPLIT.tsv`` a line a judgement: question, document, grade; a grade above 0 means that the document answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from newsdex.errors import UsageError
from newsdex.indexer.readers.decoding import without_surrogates
from newsdex.values import amount

_SEED = 0
_EXAMPLES = 3
_COLUMNS = 3


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Collection:
    """``questions``, the ``corpus`` file to search, ``grades`` of judged documents by question in their order, and ``remarks``."""

    name: str
    corpus: Path
    questions: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]
    remarks: tuple[str, ...] = ()


def sample_of(ids: Sequence[_T], count: int | None) -> list[_T]:
    """``count`` of ``ids``, in their order, chosen at random but the same each time; all, if there are no more or ``count`` is None."""
    if count is None or count >= len(ids):
        return list(ids)
    return [ids[i] for i in np.sort(np.random.default_rng(_SEED).choice(len(ids), count, replace=False))]


def read_collection(folder: Path, split: str = "test", count: int | None = None) -> Collection:
    """The collection in ``folder`` with the judgements of ``qrels/SPLIT.tsv``, or ``count`` of its questions. Raises UsageError, with file
    and line, when something is missing, malformed or contradicts itself: a part of the judgements would give other numbers. Questions
    without a judgement, and judgements without their question, are left out with a remark.
    """
    corpus, queries, qrels = folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels"
    if missing := [path.name for path in (corpus, queries, qrels) if not path.exists()]:
        raise UsageError(
            f"{folder} is not a collection in BEIR format: no {', '.join(missing)}. Expected corpus.jsonl, queries.jsonl and "
            f"qrels/SPLIT.tsv"
        )
    judgements = qrels / f"{split}.tsv"
    if not judgements.exists():
        there = ", ".join(sorted(path.stem for path in qrels.glob("*.tsv"))) or "none"
        raise UsageError(f"{folder} has no judgements qrels/{split}.tsv. Choose one of its splits with --split: {there}")
    grades = _read_judgements(judgements)
    asked = _read_questions(queries)
    usable = [q for q, text in asked.items() if text and any(grade > 0 for grade in grades.get(q, {}).values())]
    if not usable:
        raise UsageError(
            f"no question of {queries} has a document that answers it in {judgements}. Check that both belong to one collection"
        )
    remarks = _remarks(asked, grades, f"qrels/{split}.tsv")
    chosen = sample_of(usable, count)
    return Collection(folder.absolute().name, corpus, {q: asked[q] for q in chosen}, {q: grades[q] for q in chosen}, tuple(remarks))


def identifier(text: str) -> str:
    """An id as the indexer reads it: without white space around it, and with single spaces within."""
    return without_surrogates(" ".join(text.split()))


def examples(ids: list[str]) -> str:
    """The first few of ``ids``, for a message."""
    return ", ".join(ids[:_EXAMPLES]) + (", ..." if len(ids) > _EXAMPLES else "")


def _remarks(asked: Mapping[str, str], grades: Mapping[str, Mapping[str, int]], file: str) -> Iterator[str]:
    found = {
        ("question", f"without a judgement in {file}"): [q for q in asked if q not in grades],
        ("judged question", "outside queries.jsonl"): [q for q in grades if q not in asked],
        ("question", "without text"): [q for q, text in asked.items() if not text],
        ("question", f"without a document graded above 0 in {file}"): [
            q for q, judged in grades.items() if q in asked and all(grade <= 0 for grade in judged.values())
        ],
    }
    for (noun, lack), ids in found.items():
        if ids:
            yield f"left out {amount(len(ids), noun)} {lack}: {examples(ids)}"


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line that is not empty, after its place for a message."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            place = f"{path}, line {number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise UsageError(f"{place}: not UTF-8 (byte {error.start + 1})") from error
            if text:
                yield place, text


def _read_questions(path: Path) -> dict[str, str]:
    questions: dict[str, str] = {}
    for place, line in _lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{place}: invalid JSON ({error})") from error
        found, text = (record.get("_id"), record.get("text")) if isinstance(record, dict) else (None, None)
        if not isinstance(found, str | int) or not isinstance(text, str):
            raise UsageError(f'{place}: not a question: expected an object with "_id" and "text"')
        question = identifier(str(found))
        if question in questions:
            raise UsageError(f"{place}: the question {question} occurs twice. Give each question its own id")
        questions[question] = without_surrogates(text).strip()
    return questions


def _read_judgements(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, (place, line) in enumerate(_lines(path)):
        fields = [identifier(field) for field in line.split("\t")]
        if number == 0 and len(fields) == _COLUMNS and not _is_whole(fields[2]):
            continue  # the names of the columns
        if len(fields) != _COLUMNS or not all(fields) or not _is_whole(fields[2]):
            raise UsageError(f"{place}: not a judgement: expected question, document and a whole number, with tabs between them")
        question, document, grade = fields[0], fields[1], int(fields[2])
        if grades.setdefault(question, {}).setdefault(document, grade) != grade:
            raise UsageError(f"{place}: question {question} and document {document} have a different grade in an earlier line")
    return grades


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()

"""Tables of articles and answers: list, and ask-many, which reads questions from a table."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from newsdex.commands.common import (
    NOTHING_FOUND,
    FilePath,
    OneFormat,
    formats,
    index_dir_option,
    index_place_option,
    snapshot_of,
    table_options,
)
from newsdex.commands.search import search_options
from newsdex.console import ProgressBar, shown, tell, tidies_up_at_signal
from newsdex.errors import NewsdexError, UsageError
from newsdex.search.options import OF_LISTS
from newsdex.search.request import arguments_of, request_of
from newsdex.store.files import replace_file
from newsdex.values import amount, each_answered, portions

if TYPE_CHECKING:
    from newsdex.records import Hit

_OF_TEXT = ("published", "article_id", "source", "title")
_BATCH = 32  # questions that are answered together; a run that is killed answers at most so many again
_LONGEST_FIELD = 100_000  # characters
_LONGEST_LINE = 1_000_000  # characters
_MOST_COLUMNS = 1_000
_DELIMITERS = ",\t;|"
_ENDINGS = ("", ".csv", ".txt")  # of the file of answers
_NO_TABLES = (".json", ".jsonl", ".ndjson", ".parquet", ".xls", ".xlsx", ".ods")  # files of rows in another format
# What a column of questions is called.
_CALLED = re.compile("q|questions?|query|queries|fragen?|preguntas?|domand[ae]|perguntas?|vraag|vragen")


@click.command("list", cls=OneFormat)
@click.argument("words", nargs=-1, metavar="")
@search_options(OF_LISTS)
@click.option(
    "--sort",
    type=click.Choice(["date", "oldest"]),
    default="date",
    show_default=True,
    help="Newest or oldest first; undated articles last.",
)
@formats("text", "csv", "json", "jsonl")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="Articles to list.  [default: all]")
@table_options
@index_dir_option
def list_(words: tuple[str, ...], form: str, fields: str | None, bom: bool, index_dir: Path, limit: int | None, **options: Any) -> int:
    """List the articles that match the filters, newest first.

    \b
    newsdex list --source "Harbour Courier" --since 2024-04
    newsdex list --csv --fields title,published,url,copies

    Exit code: 0 found, 1 no article matches, 2 error.
    """
    from newsdex import tables
    from newsdex.records import flagged
    from newsdex.search.listing import listed, remarks_on
    from newsdex.store.copies import copies_of

    if words:
        raise UsageError(
            f"{words[0]!r} is not an option: newsdex list takes only options, such as --lang fr. To search for words: newsdex search"
        )
    names = tables.chosen(fields, tables.ARTICLE_FIELDS, _OF_TEXT if form == "text" else tables.USUAL_OF_ARTICLE)
    request = request_of("list", **arguments_of(options))
    snapshot = snapshot_of(index_dir)
    table = tables.table_on_output(names, bom=bom) if form == "csv" else None
    if form == "json":
        click.echo('{"articles": [', nl=False)
    count = 0
    for count, place in enumerate(islice(listed(snapshot, request), limit), 1):
        segment = snapshot.segments[place.segment]
        article = segment.article(place.row)
        values = {**tables.article_values(article), "passages": len(segment.passages(place.row))}
        if "copies" in names:
            values["copies"] = len(copies_of(snapshot, [place])[0])
        if table:
            table.add(values.get(name) for name in names)
        elif form == "text":
            told = values | {"title": flagged(article.title, article)}
            click.echo("\t".join(shown("" if (value := told.get(name)) is None else str(value)) for name in names))
        else:
            between = ("\n" if count == 1 else ",\n") if form == "json" else ""
            click.echo(f"{between}{tables.json_row(values, names)}", nl=form == "jsonl")
    if form == "json":
        click.echo("\n]}" if count else "]}")
    if not count:
        click.echo(f"No article in {shown(str(index_dir))} matches the filters.", err=True)
    tell(*remarks_on(snapshot, request, count))
    return 0 if count else NOTHING_FOUND


class _Questions:
    """A table of questions: its ``header`` and its non-empty rows, read on demand."""

    def __init__(self, path: Path, column: str | None) -> None:
        """Raises UsageError with the line number if the file is not a table or a row is too large."""
        if path.suffix.lower() in _NO_TABLES:
            raise UsageError(f"{path} is not a table of questions: expected CSV, with commas, semicolons or tabs, such as questions.csv")
        self._path = path
        self.count, digest = -1, hashlib.sha256()  # the header is no question
        self.header: list[str] = []
        words: Counter[tuple[int, int]] = Counter()  # by column and 1 or 2: cells with at least so many words
        for _, cells in self._read():
            if self.header:
                words.update((number, least) for number, cell in enumerate(cells) for least in range(1, _words(cell) + 1))
            self.header = self.header or cells
            digest.update(repr(cells).encode())
            self.count += 1
        self.digest = digest.hexdigest()
        if not self.header:
            raise UsageError(f"{path} is empty: expected a table whose first line names its columns, such as question")
        if column is not None and column not in self.header:
            raise UsageError(f"{path} has no column {column!r}; its columns are: {', '.join(self.header)[:500]}")
        columns = range(len(self.header))
        named = [number for number in columns if _CALLED.fullmatch(self.header[number].strip().lower())]
        two, one = ([number for number in columns if 2 * words[number, least] > self.count] for least in (2, 1))
        likely = [self.header.index(column)] if column is not None else named or two or one or [0]
        self._asked = likely[0]
        head = self.header[self._asked].strip()
        if column is None and (self._asked or len(likely) > 1):
            click.echo(f"Reading the questions from column {shown(head)!r}. To choose another: --column", err=True)
        if self._is_question(head):
            lost = f"The first line, {shown(head)!r}, names the column and is not asked"
            click.echo(f"{lost}. To ask it, put a line with column names above it, such as question", err=True)

    def rows(self, start: int) -> Iterator[tuple[int, str, list[str]]]:
        """Line, question and cells of each row from number ``start`` on."""
        for line, cells in islice(self._read(), start + 1, None):
            yield line, cells[self._asked], cells

    def _is_question(self, head: str) -> bool:
        """Whether the name of the column of questions, ``head``, may be a question, of which a table without a header loses the first."""
        from newsdex.search.answer.question import Question

        words = head.split()
        return len(words) > 1 and (head.endswith("?") or (len(self.header) == 1 and Question(words[0]).asks))

    def _read(self) -> Iterator[tuple[int, list[str]]]:
        """The line that each row begins on, and its cells."""
        from newsdex.indexer.readers.separated import TELLS

        line, start, width = 1, 1, 0
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                first = file.readline(_LONGEST_LINE)
                if told := TELLS.fullmatch(first):
                    start, first = 2, file.readline(_LONGEST_LINE)
                file.seek(0)
                self.delimiter = (told and told[1]) or max(_DELIMITERS, key=first.count)
                rows = csv.reader(islice(_lines(file), start - 1, None), delimiter=self.delimiter, strict=True)
                line = start
                for cells in rows:
                    # The csv module's own limit, 131,072, is one for the whole process.
                    if max(map(len, cells), default=0) > _LONGEST_FIELD:
                        raise ValueError(f"field larger than field limit ({_LONGEST_FIELD})")  # noqa: TRY301 - told of as the others are
                    if any(cell.strip() for cell in cells):
                        width = width or min(len(cells), _MOST_COLUMNS)
                        if len(cells) > width:
                            raise ValueError(f"{len(cells)} columns, expected at most {width}")  # noqa: TRY301 - told of as the others are
                        yield line, [*cells, *[""] * (width - len(cells))]
                    line = rows.line_num + start
        except OSError as error:
            raise UsageError(f"cannot read {self._path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(
                f"{self._path} is not UTF-8 (line {line} or later). In Excel, save it as CSV UTF-8 (comma delimited)"
            ) from error
        except (csv.Error, ValueError) as error:
            raise UsageError(f"{self._path}, line {line}: {error}") from error


def _words(cell: str) -> int:
    """Count the words in a cell, at most 2. Ids, dates and time zones with a digit are not words."""
    found = (part for part in cell.split() if any(map(str.isalpha, part)) and not any(map(str.isdigit, part)))
    return len(list(islice(found, 2)))


def _lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise ValueError(f"the line is longer than {_LONGEST_LINE} characters")
        yield line


class _Answers:
    """The output file, with a small progress file beside it, so that an interrupted run can continue."""

    def __init__(self, path: Path, order: str) -> None:
        """``order`` identifies the questions and options. Raises UsageError if the file exists and is from another run."""
        self._path, self._order = path, order
        self._state = path.with_name(f"{path.name}.progress")
        self.done = self.rows = self.failed = 0
        size = 0
        if self._state.exists():
            try:
                told = json.loads(self._state.read_bytes()[:10_000])
                size, self.done, self.rows, self.failed = (int(told[name]) for name in ("size", "done", "rows", "failed"))
                same = told["order"] == order and (path.stat().st_size if path.exists() else 0) >= size
            except (ValueError, KeyError, TypeError) as error:
                raise UsageError(f"{self._state} is damaged: remove it and {path} to start again") from error
            if not same:
                raise UsageError(
                    f"{path} was started with other questions or options: remove it and {self._state}, or choose another --out"
                )
        elif path.exists():
            raise UsageError(f"{path} exists: choose another --out, or remove it")
        self.resumed = size > 0
        if not self.resumed:
            self._note(0)
        self.file = path.open("r+" if self.resumed else "w", encoding="utf-8", newline="")
        os.truncate(path, size)  # what was written behind it may be torn
        self.file.seek(0, os.SEEK_END)

    def keep(self) -> None:
        """Flush the rows to disk, then record the progress."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self._note(self._path.stat().st_size)

    def finish(self) -> None:
        """Close the output and remove the progress file."""
        self.file.close()
        self._state.unlink()

    def _note(self, size: int) -> None:
        told = {"order": self._order, "size": size, "done": self.done, "rows": self.rows, "failed": self.failed}
        replace_file(self._state, json.dumps(told).encode())


@click.command("ask-many")
@click.argument("questions", type=FilePath(dir_okay=False), metavar="QUESTIONS.csv")
@click.option("--out", type=FilePath(dir_okay=False), required=True, metavar="ANSWERS.csv", help="The file to write.")
@click.option("--column", metavar="NAME", help="Column of the questions.  [default: named so, or the first with words]")
@search_options()
@click.option("--all", "everything", is_flag=True, help="Write the best hits even if none is good enough to be an answer.")
@table_options
@index_place_option
def ask_many(
    questions: Path, out: Path, column: str | None, everything: bool, fields: str | None, bom: bool, index_dir: Path, **options: Any
) -> int:
    """Search for every question of a table; write a table of hits.

    Each row has a question and a hit: the columns of the input, then those of the hit. A question without an answer, and a row without a
    question, get one row without a hit. After an interruption, the same command continues.

    \b
    newsdex ask-many questions.csv --out answers.csv -n 3 --fields title,url,answer

    Exit code: 0 found, 1 nothing found for any question, 2 error or an invalid question.
    """
    from newsdex import tables
    from newsdex.engines import keep_small
    from newsdex.indexer.build import Progress
    from newsdex.search.index import Index

    if out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{out}: the output is CSV: expected a name that ends in .csv")
    names = tables.chosen(fields, tables.HIT_FIELDS, tables.USUAL_OF_HIT)
    asked = _Questions(questions, column)
    unasked = sum(not question.strip() for _, question, _ in asked.rows(0))  # also before an interruption
    every = everything or options["min_score"] is not None
    how = [asked.digest, column, everything, names, bom, asked.delimiter, str(index_dir.absolute()), sorted(options.items())]
    with Index.open(index_dir) as index, ProgressBar("questions") as bar, tidies_up_at_signal():
        keep_small(index.asker().encoder)
        search = partial(index.search_many, **arguments_of(options))
        try:
            answers = _Answers(out, hashlib.sha256(repr(how).encode(errors="surrogateescape")).hexdigest())
        except OSError as error:
            raise UsageError(f"cannot write {out}: {error.strerror}. Choose another --out") from error
        header = None if answers.resumed else [f"hit_{name}" if name in asked.header else name for name in names]
        table = tables.Table(answers.file, header, bom=bom, before=asked.header, delimiter=asked.delimiter)
        if answers.resumed:
            click.echo(f"Continuing with question {answers.done + 1} of {asked.count}.", err=True)
        before = answers.done
        for batch in portions(asked.rows(answers.done), _BATCH):
            results = iter(each_answered(search, [question for _, question, _ in batch if question.strip()], UsageError))
            for line, question, cells in batch:
                found: Sequence[Hit] | UsageError = next(results) if question.strip() else ()
                if isinstance(found, UsageError):
                    answers.failed += 1
                    click.echo(f"newsdex: {shown(str(questions))}, line {line}: {shown(str(found))}", err=True)
                    found = ()
                hits = [hit for hit in found if every or hit.answers]
                answers.rows += len(hits)
                for values in map(tables.hit_values, hits) if hits else [{}]:
                    table.add((values.get(name) for name in names), before=cells)
            answers.done += len(batch)
            answers.keep()
            bar.show(Progress(answers.done - before, max(1, asked.count - before), answers.done - before))
        answers.finish()
    failed = f", {answers.failed} invalid" if answers.failed else ""
    empty = f", {amount(unasked, 'row')} without a question" if unasked else ""
    click.echo(f"asked {amount(answers.done - unasked, 'question')}, {amount(answers.rows, 'hit')}{failed}{empty}", err=True)
    return NewsdexError.exit_code if answers.failed else 0 if answers.rows else NOTHING_FOUND

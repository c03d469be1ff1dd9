"""Marking articles as retracted or corrected, without touching their sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from newsdex.errors import IndexDamaged, UsageError
from newsdex.given import as_text
from newsdex.indexer.upkeep.takedown import open_writer, other_copies
from newsdex.milvus.place import folder_at
from newsdex.records import is_retraction
from newsdex.store.copies import Place
from newsdex.store.marks import MOST, Mark, by_name, id_of
from newsdex.store.segment import Segment
from newsdex.store.writer import Writer

LONGEST = 1_000  # characters of a reason or an id


@dataclass(frozen=True, slots=True)
class Marking:
    """The result of a mark: the article's ``mark`` (None if it has none), and whether it or the mark of a copy ``changed``. ``copies`` were
    marked too; ``others`` are copies that were not and have a different mark, with their titles.
    """

    article_id: str
    mark: Mark | None
    changed: bool
    copies: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)


def mark_article(
    index_folder: str | os.PathLike[str],
    article: str,
    *,
    retracted: str | None = None,
    corrected_by: str | None = None,
    unmark: bool = False,
    copies: bool = False,
    wait_seconds: float | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Marking | None:
    """Mark the article with the id or url ``article`` in one commit, as if its source had the field ``retracted`` or ``corrected_by``; or
    remove its mark. With ``copies``, its copies are changed too. Values that are not given stay as they are. Returns None if the index has
    neither this article nor a mark of it.

    A mark stays as long as the index, even if the source changes. Raises UsageError if the values contradict each other, or if several
    articles have the url; and as ``delete_articles``.
    """
    _check(retracted, corrected_by, unmark=unmark)
    as_text(article, "the id of an article")
    with open_writer(folder_at(index_folder), wait_seconds, on_wait) as writer:
        assert writer.snapshot
        segments = writer.snapshot.file_segments
        named = _named(segments, article)
        if len(named) > 1:
            some = ", ".join(named[:5])
            raise UsageError(f"{len(named)} articles have the URL {article}: name one by its id, such as {some}")
        article_id = named[0] if named else article
        if not named and article_id not in writer.marks:
            return None
        if corrected_by is not None:
            corrected_by = _correction(segments, article_id, corrected_by)
        there: Mapping[str, Place] = {}
        with nullcontext() if copies else suppress(IndexDamaged):
            there = other_copies(writer.snapshot, named)
        alike = [name for name in there if copies and name != corrected_by]
        changed = False
        for name in (article_id, *alike):
            before = writer.marks.get(name)
            if name in {*named, *there} and before and before.story and not unmark:
                before = None  # of an earlier article with the id
            after = _after(before, retracted, corrected_by, unmark=unmark)
            if after != before:
                changed = True
                _put(writer, name, before, after)
        if changed:
            writer.changes.why = "mark"
            writer.commit(writer.known.sources)
        others = {}
        for name, (number, row) in there.items():
            told = segments[number].metadata.at(row)
            flagged = is_retraction(told.get("retracted", "")) if retracted is not None else bool(told.get("corrected_by"))
            is_other = name in writer.marks if unmark else not flagged
            if is_other and name not in (*alike, corrected_by):
                others[name] = segments[number].title(row)
        return Marking(article_id, writer.marks.get(article_id), changed, tuple(alike), others)


def _after(before: Mark | None, retracted: str | None, corrected_by: str | None, *, unmark: bool) -> Mark | None:
    if unmark:
        return None
    said: dict[str, Any] = {"retracted": retracted, "corrected_by": corrected_by}
    return replace(before or Mark(), **{name: value for name, value in said.items() if value is not None})


def _put(writer: Writer, article_id: str, before: Mark | None, after: Mark | None) -> None:
    """Give an article another mark. Raises UsageError where there are too many."""
    others = [(id_of(name), there) for name, there in writer.marks.items() if there is not before]
    if not after and (story := writer.known.story(article_id)):
        # Nor does it come back from where the story was before
        others = [(name, there) for name, there in others if not (there.story and there.story.text == story.text)]
    if after and len(others) >= MOST:
        raise UsageError(f"{len(others):,} articles are marked, expected at most {MOST:,}. Remove a mark: newsdex mark ID --unmark")
    writer.marks = by_name([*others, *([(article_id, after)] if after else [])])
    writer.changes.note("marked" if after else "unmarked", article_id)


def _check(retracted: str | None, corrected_by: str | None, *, unmark: bool) -> None:
    said = [value for value in (retracted, corrected_by) if value is not None]
    if unmark and said:
        raise UsageError("--unmark removes a mark: use it without --retracted and --corrected-by")
    if not (unmark or said):
        raise UsageError('say how the article is to be marked: --retracted "the reason", --corrected-by ID or --unmark')
    for value in said:
        as_text(value, "a mark")
        if not value.strip() or len(value) > LONGEST or not value.isprintable():
            raise UsageError(f"the mark {value[:80]!r} is not allowed: expected up to {LONGEST:,} characters, without line ends")
    if retracted is not None and not is_retraction(retracted.strip()):
        raise UsageError(f"--retracted takes the reason, not {retracted!r}. To remove a mark: --unmark")


def _named(segments: Sequence[Segment], name: str) -> list[str]:
    """The id ``name``, if an article has it, else those of the articles with this url."""
    if any(segment.rows_with("id", name) for segment in segments):
        return [name]
    return [segment.article_id(row) for segment in segments for row in segment.rows_with("url", name)] if name else []


def _correction(segments: Sequence[Segment], article_id: str, value: str) -> str:
    named = _named(segments, value)
    if named == [article_id]:
        raise UsageError(f"--corrected-by names the article itself: {article_id}. Give the id of its corrected version")
    if not named and not value.startswith(("https://", "http://")):
        raise UsageError(
            f"no article has the id or URL {value!r}: expected one of the index, or an address that begins with https:// or http://"
        )
    return value

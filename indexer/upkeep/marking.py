"""Marking articles as retracted or corrected, without touching their sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newsdex.errors import UsageError
from newsdex.indexer.upkeep.takedown import open_writer
from newsdex.records import is_retraction
from newsdex.store.marks import MOST, Mark, by_name, id_of
from newsdex.store.segment import Segment

LONGEST = 1_000  # characters of a reason or an id


@dataclass(frozen=True, slots=True)
class Marking:
    """What became of an article: its ``mark``, None where it has none, and whether it is another than before."""

    article_id: str
    mark: Mark | None
    changed: bool


def mark(
    index_folder: Path,
    article: str,
    *,
    retracted: str | None = None,
    corrected_by: str | None = None,
    unmark: bool = False,
    wait_seconds: float | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> Marking | None:
    """Mark the article with the id or url ``article`` in one commit, as one whose source says ``retracted`` or ``corrected_by``, or take
    away its mark. What is not given stays as it is marked. Returns None where the index has neither such an article nor a mark of it.

    A mark stays while the index does, whatever becomes of the source. Raises UsageError when the values cannot be meant so, or the url is
    that of several articles; and as ``newsdex.indexer.upkeep.takedown.delete``.
    """
    _check(retracted, corrected_by, unmark=unmark)
    with open_writer(index_folder, wait_seconds, on_wait) as writer:
        assert writer.snapshot
        named = _named(writer.snapshot.segments, article)
        if len(named) > 1:
            some = ", ".join(named[:5])
            raise UsageError(f"{len(named)} articles have the URL {article}: name one by its id, such as {some}")
        article_id = named[0] if named else article
        before = writer.marks.get(article_id)
        if named and before and before.story and not unmark:
            before = None  # of an earlier article with the id
        if not named and before is None:
            return None
        after = None if unmark else before or Mark()
        if after and retracted is not None:
            after = replace(after, retracted=retracted)
        if after and corrected_by is not None:
            after = replace(after, corrected_by=_correction(writer.snapshot.segments, article_id, corrected_by))
        if after == before:
            return Marking(article_id, after, changed=False)
        others = [(id_of(name), there) for name, there in writer.marks.items() if there is not before]
        if unmark and (story := writer.known.story(article_id)):
            # Nor does it come back from where the story was before
            others = [(name, there) for name, there in others if not (there.story and there.story.text == story.text)]
        if after and len(others) >= MOST:
            raise UsageError(f"{len(others):,} articles are marked, expected at most {MOST:,}. Remove a mark: newsdex mark ID --unmark")
        writer.marks = by_name([*others, *([(article_id, after)] if after else [])])
        writer.changes.why = "mark"
        writer.changes.note("marked" if after else "unmarked", article_id)
        writer.commit(writer.known.sources)
    return Marking(article_id, after, changed=True)


def _check(retracted: str | None, corrected_by: str | None, *, unmark: bool) -> None:
    said = [value for value in (retracted, corrected_by) if value is not None]
    if unmark and said:
        raise UsageError("--unmark removes a mark: use it without --retracted and --corrected-by")
    if not (unmark or said):
        raise UsageError('say how the article is to be marked: --retracted "the reason", --corrected-by ID or --unmark')
    for value in said:
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

"""Marking articles as retracted or corrected, without touching their sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import xxhash

from newsdex.errors import UsageError
from newsdex.given import as_text
from newsdex.indexer.upkeep.takedown import open_writer
from newsdex.milvus.place import folder_at
from newsdex.records import Article, is_retraction
from newsdex.store.marks import MOST, Mark
from newsdex.store.previous import Known
from newsdex.store.segment import Segment
from newsdex.store.tombstones import LEAST
from newsdex.values import grouped

LONGEST = 1_000  # characters of a reason or an id


@dataclass(frozen=True, slots=True)
class Marking:
    """What became of an article: its ``mark``, None where it has none, and whether it is another than before."""

    article_id: str
    mark: Mark | None
    changed: bool


def mark_article(
    index_folder: str | os.PathLike[str],
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
    that of several articles; and as ``delete_articles``.
    """
    _check(retracted, corrected_by, unmark=unmark)
    as_text(article, "the id of an article")
    with open_writer(folder_at(index_folder), wait_seconds, on_wait) as writer:
        assert writer.snapshot
        named = _named(writer.snapshot.segments, article)
        if len(named) > 1:
            some = ", ".join(named[:5])
            raise UsageError(f"{len(named)} articles have the URL {article}: name one by its id, such as {some}")
        article_id = named[0] if named else article
        before = writer.marks.get(article_id)
        if not named and before is None:
            return None
        after = None if unmark else before or Mark()
        if after and retracted is not None:
            after = replace(after, retracted=retracted)
        if after and corrected_by is not None:
            after = replace(after, corrected_by=_correction(writer.snapshot.segments, article_id, corrected_by))
        if after == before:
            return Marking(article_id, after, changed=False)
        others = {name: there for name, there in writer.marks.items() if name != article_id}
        if after and len(others) >= MOST:
            raise UsageError(f"{len(others):,} articles are marked, expected at most {MOST:,}. Remove a mark: newsdex mark ID --unmark")
        writer.marks = others | ({article_id: after} if after else {})
        writer.changes.why = "mark"
        writer.changes.note("marked" if after else "unmarked", article_id)
        writer.commit(writer.known.sources)
    return Marking(article_id, after, changed=True)


class Carried:
    """The marks that new articles take over from ``known`` ones: a new article with the title and the text of a marked one is the same if
    it has its URL too, or if the marked one's file is gone, as when it was moved.
    """

    def __init__(self, known: Known) -> None:
        self._known = known

    @cached_property
    def _marked(self) -> Mapping[int | None, Sequence[str]]:
        return grouped((self._known.text_sum(article_id), article_id) for article_id in self._known.marks)

    def origin(self, article: Article) -> str:
        """The id of the marked article that the new ``article`` is; "" if it is none, or has a mark of its own."""
        marks = self._known.marks
        if not marks or article.id in marks or self._known.place(article.id):
            return ""
        for old in self._marked.get(xxhash.xxh3_64_intdigest(article.text.encode()), ()):
            entry = self._known.entry(old)
            there = entry.article if entry else None
            if not there or there.title != article.title:
                continue
            moved = len(article.text) >= LEAST and not there.is_added and _is_gone(there.path)
            if article.url == there.url if article.url and there.url else moved:
                return old
        return ""


def _is_gone(path: Path) -> bool:
    """Whether there is no such file, as far as that can be seen."""
    try:
        return not path.exists()
    except OSError:
        return False


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

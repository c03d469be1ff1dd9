"""Keeping marks with their stories: an update may give a story another id, and its id to another story.

A row of a table without ids is called after its line, and a file after its path, so rows that are inserted and files that are overwritten
or renamed change what an id means. Each changed article of an update is compared with the marked stories (``_likeness``). At the end, each
mark goes to the articles that are its story now:

| the article with the id of the mark | another article is the story | the mark |
|---|---|---|
| is still the story | no | stays |
| is still the story | a copy of it, in its file or as the file is gone | stays, and the copy gets it too |
| is no longer in its source, but in the index | yes | stays, and the other gets it too |
| is no longer in its source, but in the index | no | stays, and is reported |
| is another story | yes | moves to the other |
| has left the index | yes | moves to the other; a file may come back, so for its story the mark is also kept apart |
| is another story, or has left the index | no | is kept apart with its story, on no article, until that returns under any id |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import xxhash

from newsdex.indexer.report import Report
from newsdex.records import ADDED, Article
from newsdex.store.copies import DAYS, SHARE, are_copies
from newsdex.store.marks import MOST, Mark, Marks, Story, by_name, id_of
from newsdex.store.paths import is_called_after, stored_path
from newsdex.store.previous import Known
from newsdex.store.sketches import Shingler, Sketch, overlap, sketch_keys
from newsdex.store.snapshot import Snapshot
from newsdex.store.tombstones import LEAST
from newsdex.values import grouped

# By what two articles are one story, and how sure that is. "words" are the title and the text, "text" is most of the text, "half" of it.
Reason = Literal["url", "words", "id", "text", "title", "half"]
_GRADES: Mapping[Reason | None, int] = {"url": 3, "words": 3, "id": 3, "text": 2, "title": 1, "half": 1, None: 0}
_LIKELY = 2


class _Match(NamedTuple):
    """A changed article that is likely a marked story; ``share``, in [0, 1], of the smaller text is in both."""

    article_id: str
    story: Story
    reason: Reason
    grade: int
    share: float
    is_long: bool


class MarkedStories:
    """The stories that marks are of, and those that marks call a corrected version, through an update of ``known`` articles: call ``look``
    with each changed article, then ``settle``. Each story has the name of its mark (newsdex.store.marks.by_name), or that of ``_version``.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._matches: dict[str, list[_Match]] = {}
        # Of the changed articles that were compared: their ids, and how many have a URL, or a title in a file
        self._changed: set[str] = set()
        self._urls = Counter[str]()
        self._titles = Counter[tuple[str, str]]()
        self._shingler = Shingler()

    @cached_property
    def _stories(self) -> Mapping[str, Story]:
        """By their names."""
        marks = self._known.marks
        named = dict.fromkeys([*marks, *(_version(mark.corrected_by) for mark in marks.values())])
        found = ((name, there.story if (there := marks.get(name)) and there.story else self._known.story(id_of(name))) for name in named)
        # A URL of several articles tells none from the others
        return {name: story if self._known.with_url(story.url) <= 1 else replace(story, url="") for name, story in found if story}

    @cached_property
    def _names(self) -> Mapping[tuple[str, object], Sequence[str]]:
        """The names of the stories by what an article may share with them, and by their paths."""
        every = self._stories.items()
        return grouped((value, name) for name, story in every for value in (("path", story.path), *_values(id_of(name), story)))

    def look(self, article: Article, was: str = "") -> None:
        """Compare a changed ``article`` with the stories; ``was`` is the id that it had, if that is known."""
        if not self._known.marks:
            return
        path, names = stored_path(self._known.base, article.path), self._names
        text = xxhash.xxh3_64_intdigest(article.text.encode())
        if not any(value in names for value in (("path", path), *_plain(article.id, article.url, article.title, text))):
            return
        story, is_long = Story.of(article, path, self._shingler), len(article.text) >= LEAST
        self._changed.add(article.id)
        self._urls[story.url] += 1
        self._titles[path, story.title] += 1
        # If it is, to the byte, an article of the index, it is no other story, though thousands may have the title
        twins = self._known.ids_with(bytes.fromhex(article.sha256))
        values = [("url", story.url), *(("id", twin) for twin in twins)] if twins else _values(article.id, story)
        for name in dict.fromkeys(name for value in values for name in names.get(value, ())):
            old, article_id = self._stories[name], id_of(name)
            if article.corrects and article.corrects in (article_id, old.url):
                continue  # it is the corrected version
            reason, share = _likeness(old, story, article_id, article.id, is_long=is_long)
            if article_id == was:
                reason = "words"
            if reason:
                self._matches.setdefault(name, []).append(_Match(article.id, story, reason, _GRADES[reason], share, is_long))

    def settle(self, unseen: Collection[str], removed: Collection[str], report: Report) -> tuple[Marks, list[str]]:
        """The marks after an update: ``unseen`` left their sources, ``removed`` the index; and ids that lost theirs. Fills ``report``."""
        marks = self._known.marks
        if not marks:
            return marks, []
        gone = {*unseen, *removed}
        concerned = {name for name in self._stories if id_of(name) in gone or id_of(name) in self._changed} | self._matches.keys()
        stays = {name: self._stays(name, gone) for name in concerned}
        heirs = {name: self._heirs(name, stays) for name in concerned}
        after = [(id_of(name), mark) for name, mark in marks.items() if name not in concerned]
        # The mark that an article has counts before one that it would get
        ordered = sorted(concerned & marks.keys(), key=lambda name: (not stays[name], name))
        for name in ordered:
            article_id, mark = id_of(name), replace(marks[name], story=None)
            if stays[name]:
                after.append((article_id, mark))
                if marks[name].story:
                    report.marks[article_id] = article_id
            new = [heir for heir in heirs[name] if heir not in report.marks and len(after) < MOST]
            report.marks.update(dict.fromkeys(new, article_id))
            after += [(heir, mark) for heir in new]
            if not stays[name]:
                after += self._left_behind(name, removed, report, is_found=bool(new))
        report.marks_doubtful = [id_of(name) for name in ordered if stays[name] and self._stays_by_id(name)]
        moved = {name: heirs[name] for name in concerned if not stays[name] and (heirs[name] or id_of(name) in self._changed)}
        unmarked = [id_of(name) for name in ordered if not (stays[name] or marks[name].story) and id_of(name) in self._changed]
        linked = [(article_id, self._linked(article_id, mark, moved, report)) for article_id, mark in after]
        return by_name((article_id, mark) for article_id, mark in linked if mark.fields), unmarked

    def _stays_by_id(self, name: str) -> bool:
        return any((match.article_id, match.reason) == (id_of(name), "id") for match in self._matches.get(name, ()))

    def _stays(self, name: str, gone: Collection[str]) -> bool:
        """Whether the article with the id in ``name`` is the story after the update."""
        article_id, mark = id_of(name), self._known.marks.get(name)
        own = max((match.grade for match in self._matches.get(name, ()) if match.article_id == article_id), default=0)
        if mark and mark.story:
            return own >= _LIKELY
        if article_id not in self._changed:
            return article_id not in gone
        best = max((match.grade for match in self._elsewhere(name)), default=0)
        is_row = is_called_after(article_id, path := self._stories[name].path) and article_id != path
        return 0 < own >= (best if is_row else min(best, _LIKELY))

    def _elsewhere(self, name: str) -> list[_Match]:
        """The articles of other ids that have become the story."""
        old, known = self._stories[name], self._known

        def became(match: _Match) -> bool:
            before = known.story(match.article_id)
            if match.article_id == id_of(name) or (before and (before.text == old.text or _same_url(before, old))):
                return False
            if match.reason == "url":
                return self._urls[match.story.url] == 1 or match.story.text == old.text
            return match.reason != "title" or self._titles[match.story.path, match.story.title] == 1

        return [match for match in self._matches.get(name, ()) if became(match)]

    def _heirs(self, name: str, stays: Mapping[str, bool]) -> list[str]:
        """The ids of the other articles that get the mark: those that are the story and keep no mark of their own."""
        old, marks = self._stories[name], self._known.marks
        found = [(match, marks.get(match.article_id)) for match in self._elsewhere(name)]
        free = [match for match, mark in found if not mark or mark.story or not stays.get(match.article_id, True)]
        if (own := marks.get(name)) and own.corrected_by:  # whose corrected version does not get it
            text = there.text if (there := self._stories.get(_version(own.corrected_by))) else None
            free = [match for match in free if match.story.url != own.corrected_by and match.story.text != text]
        if stays[name]:
            # Copies, to the word or with its URL, where the first may be gone
            left = id_of(name) in self._changed or _is_gone(self._known.base / old.path)
            copies = [match for match in free if match.reason == "url" or _same_words(old, match.story)]
            return [m.article_id for m in copies if m.reason == "url" or old.path == m.story.path or (m.is_long and left)]
        best = max(free, key=lambda match: (match.grade, match.share), default=None)
        if best is None or best.grade <= _LIKELY:
            return [best.article_id] if best else []
        return [match.article_id for match in free if _same_words(best.story, match.story)]

    def _left_behind(self, name: str, removed: Collection[str], report: Report, *, is_found: bool) -> list[tuple[str, Mark]]:
        """The mark that keeps its id when the story is not there, if it does: on the article that the index keeps, or apart."""
        article_id, mark, story = id_of(name), self._known.marks[name], self._stories[name]
        if not mark.story and article_id not in self._changed and article_id not in removed:
            return [(article_id, mark)]
        if not mark.story and not is_found and not self._has_copy(name):
            report.marks_apart[article_id] = replace(mark, story=story)
        may_return = article_id in removed and article_id == story.path  # as a file that has moved, unlike a row
        return [(article_id, replace(mark, story=story))] if may_return or not is_found else []

    def _has_copy(self, name: str) -> bool:
        """Whether another marked article has the text of this story, as one that took over its mark before its file was pruned."""
        text, marks = self._stories[name].text, self._known.marks
        others = (other for other in self._stories if other != name and other in marks and not marks[other].story)
        return any(self._stories[other].text == text for other in others)

    def _linked(self, article_id: str, mark: Mark, moved: Mapping[str, Sequence[str]], report: Report) -> Mark:
        """``mark`` with the present id of the corrected version, or its URL, if that is one of the ``moved`` stories."""
        version = _version(mark.corrected_by)
        if version not in moved:
            return mark
        if not moved[version]:
            report.marks_unlinked[article_id] = mark.corrected_by
        return replace(mark, corrected_by=next(iter(moved[version]), self._stories[version].url))


def with_their_stories(marks: Marks, left: Snapshot | None, target: Snapshot) -> Marks:
    """The ``marks`` of the version ``left`` by the ids that their stories have in ``target``, whose rows may have other numbers. That of a
    story which is not there is kept apart. They stay as they are if ``left`` is None. Raises IndexDamaged.
    """
    if not left or not marks:
        return marks
    there, here, after = Known(left), Known(target), list[tuple[str, Mark]]()

    @cache
    def ids_by_text() -> Mapping[int, Sequence[str]]:
        places = ((here.segments[number], row) for number, row in target.articles())
        return grouped((int(segment.tensors.item("text.xxh3", row)), segment.article_id(row)) for segment, row in places)

    for name, mark in marks.items():
        article_id, grades = id_of(name), dict[str, int]()
        if story := mark.story or there.story(article_id):
            found = {each: here.story(each) for each in (article_id, *ids_by_text().get(story.text, ()))}
            grades = {each: _GRADES[_likeness(story, new, article_id, each, is_long=True)[0]] for each, new in found.items() if new}
        best = max(grades.values(), default=0)
        likeliest = [each for each, grade in grades.items() if grade == best > 0]
        if article_id in likeliest:
            likeliest = [article_id]
        after += [(each, replace(mark, story=None)) for each in likeliest] or [(article_id, replace(mark, story=story))]
    return by_name(after)


def _likeness(old: Story, new: Story, old_id: str, new_id: str, *, is_long: bool) -> tuple[Reason | None, float]:
    """By what the article ``new`` is the story ``old``, None if it is not; and the share of the smaller text that is in both."""
    is_own = old_id == new_id
    is_chosen = is_own and not is_called_after(new_id, new.path)  # its publisher's id
    same_place, same_title = is_own or old.path == new.path != ADDED, old.title == new.title != ""
    other_url = bool(old.url and new.url) and old.url != new.url
    are_dated = bool(old.first and new.first)
    same_days = not are_dated or (new.first <= old.last and old.first <= new.last)
    is_near = are_dated and max(new.last - old.first, old.last - new.first) <= DAYS
    shared = overlap(_sketch(old), _sketch(new)[None])
    share = float(shared.share[0])
    alike = old.text == new.text or bool(are_copies(shared, np.array([is_near]))[0])
    # The first that holds decides
    reasons: Sequence[tuple[Reason | None, bool]] = (
        ("url", _same_url(old, new)),
        (None, other_url and not is_own),
        ("words", _same_words(old, new) and (same_place or is_long)),
        ("text", alike and (same_place or (same_title and is_long and old.source == new.source))),
        (None, other_url and not (is_chosen and same_title)),
        ("title", same_place and same_title and same_days),
        ("half", same_place and same_days and share >= SHARE),
        ("id", is_chosen),
    )
    return next((reason for reason, holds in reasons if holds), None), share


def _version(article_id: str) -> str:
    """What a corrected version is named, for its id may be that of a mark whose story is another."""
    return f"{article_id}\0"


def _plain(article_id: str, url: str, title: str, text: int) -> Iterator[tuple[str, object]]:
    """What can be said of an article without its sketch."""
    said: Sequence[tuple[str, object]] = (("id", article_id), ("text", text), ("url", url), ("title", title))
    return ((kind, value) for kind, value in said if value != "")


def _values(article_id: str, story: Story) -> Iterator[tuple[str, object]]:
    """What an article may share with a story, each with its kind."""
    yield from _plain(article_id, story.url, story.title, story.text)
    yield from ((f"in {story.path}", key) for key in sketch_keys(_sketch(story)))


def _sketch(story: Story) -> Sketch:
    return np.frombuffer(story.sketch, "<u4")


def _same_url(one: Story, other: Story) -> bool:
    return one.url == other.url != ""


def _same_words(one: Story, other: Story) -> bool:
    return (one.title, one.text) == (other.title, other.text)


def _is_gone(path: Path) -> bool:
    """Whether an article's file is not there, as far as that can be seen. One that a program added has none."""
    try:
        return path.name != ADDED and not path.exists()
    except OSError:
        return False

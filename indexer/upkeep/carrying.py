"""Keeping marks with their stories: an update may give a story another id, and its id to another story.

A row of a table without ids is called after its line, and a file after its path, so rows that are inserted and files that are overwritten
or renamed change what an id means. Each changed article of an update is compared with the marked stories, by what newsdex.store.marks.Story
has of both; at the end each mark goes where its story is, or is kept apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import xxhash

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
_GRADES: Mapping[Reason, int] = {"url": 3, "words": 3, "id": 3, "text": 2, "title": 1, "half": 1}
_LIKELY = 2


class _Found(NamedTuple):
    """A changed article that is likely a marked story; ``share``, in [0, 1], of the smaller text is in both."""

    article_id: str
    story: Story
    reason: Reason
    share: float
    is_long: bool

    @property
    def grade(self) -> int:
        """How sure it is."""
        return _GRADES[self.reason]


@dataclass(slots=True)
class Carrying:
    """What becomes of ``marks``. ``carried`` has the articles that take over a mark, with those they have it from; ``left`` the ids that
    their mark has left; ``apart`` the marks whose story has not been found, by the ids they had; ``unlinked`` the articles whose corrected
    version was not found, with its id; ``doubtful`` those that keep a mark for the publisher's id alone.
    """

    marks: Marks
    carried: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    apart: dict[str, Mark] = field(default_factory=dict)
    unlinked: dict[str, str] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)


class Carried:
    """The marks of ``known`` articles through an update: call ``look`` with each changed article, then ``settle``."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._found: dict[str, list[_Found]] = {}
        self._given: set[str] = set()
        self._urls = Counter[str]()
        self._titles = Counter[tuple[str, str]]()
        self._shingler = Shingler()

    @cached_property
    def _stories(self) -> Mapping[str, Story]:
        """The marked stories by the names of their marks, and those that marks call a corrected version, by ``_version``."""
        marks = self._known.marks
        named = dict.fromkeys([*marks, *(_version(mark.corrected_by) for mark in marks.values())])
        found = ((name, there.story if (there := marks.get(name)) and there.story else self._known.story(id_of(name))) for name in named)
        # A URL of several articles tells none from the others
        return {name: story if self._known.with_url(story.url) <= 1 else replace(story, url="") for name, story in found if story}

    @cached_property
    def _paths(self) -> Collection[str]:
        return {story.path for story in self._stories.values()}

    @cached_property
    def _names(self) -> Mapping[tuple[str, object], Sequence[str]]:
        """The names of the stories by what an article may share with them."""
        return grouped((value, name) for name, story in self._stories.items() for value in _values(id_of(name), story))

    def look(self, article: Article, was: str | None = None) -> None:
        """See whether a changed ``article`` is one of the stories; ``was`` is the id that it had, if that is known."""
        if not self._known.marks:
            return
        path, names = stored_path(self._known.base, article.path), self._names
        text = xxhash.xxh3_64_intdigest(article.text.encode())
        if path not in self._paths and not any(value in names for value in _plain(article.id, article.url, article.title, text)):
            return
        story = Story.of(article, path, self._shingler)
        self._urls[story.url] += 1
        self._titles[path, story.title] += 1
        values: Iterable[tuple[str, object]] = _values(article.id, story)
        if twins := self._known.ids_with(bytes.fromhex(article.sha256)):  # no others, though thousands may have the title
            values = [("url", story.url), *(("id", each) for each in (article.id, *twins))]
        for name in dict.fromkeys(name for value in values for name in names.get(value, ())):
            old, article_id = self._stories[name], id_of(name)
            if article_id == article.id:
                self._given.add(article_id)
            corrects = article.corrects != "" and article.corrects in (article_id, old.url)
            if corrects or (twins and article_id not in twins and not _same_url(old, story)):
                continue  # it is the corrected version, or to the byte another article of the index
            own, is_long = article.id == article_id, len(article.text) >= LEAST
            reason, share = _likeness(old, story, own=own, chosen=own and not is_called_after(article_id, path), is_long=is_long)
            if article_id == was:
                reason = "words"
            if reason:
                self._found.setdefault(name, []).append(_Found(article.id, story, reason, share, is_long))

    def settle(self, unseen: Collection[str], removed: Collection[str]) -> Carrying:
        """What becomes of the marks, when the articles ``unseen`` are no longer in their sources, and ``removed`` ones leave the index."""
        marks = self._known.marks
        done = Carrying(marks)
        if not marks:
            return done
        gone = {*unseen, *removed}
        concerned = {name for name in self._stories if id_of(name) in gone or id_of(name) in self._given} | self._found.keys()
        held = {name: self._holds(name, gone) for name in concerned}
        targets = {name: self._targets(name, held) for name in concerned}
        settled = [(id_of(name), mark) for name, mark in marks.items() if name not in concerned]
        # The mark that an article has counts before one that it would get
        for name in sorted(concerned & marks.keys(), key=lambda name: (not held[name], name)):
            article_id, mark = id_of(name), marks[name]
            bare = replace(mark, story=None)
            if held[name]:
                settled.append((article_id, bare))
                if mark.story:
                    done.carried[article_id] = article_id
                if (article_id, "id") in {(each.article_id, each.reason) for each in self._found.get(name, ())}:
                    done.doubtful.append(article_id)
            new = [each for each in targets[name] if each not in done.carried and len(settled) < MOST]
            done.carried.update(dict.fromkeys(new, article_id))
            settled += [(each, bare) for each in new]
            if not held[name]:
                settled += self._left(name, mark, done, removed, is_found=bool(new))
        moved = {name: targets[name] for name in concerned if not held[name] and (targets[name] or id_of(name) in self._given)}
        done.marks = by_name((name, mark) for name, mark in self._linked(settled, moved, done) if mark.fields)
        return done

    def _left(self, name: str, mark: Mark, done: Carrying, removed: Collection[str], *, is_found: bool) -> list[tuple[str, Mark]]:
        """The mark that stays behind, if any, under the id of a story that was or was not found elsewhere."""
        article_id, away = id_of(name), replace(mark, story=self._stories[name])
        if article_id not in self._given and article_id not in removed and not mark.story:
            return [(article_id, mark)]  # on the article, which the index keeps
        if article_id in self._given and not mark.story:
            done.left.append(article_id)
        if not is_found and not mark.story and not self._has_copy(name):
            done.apart[article_id] = away
        # A file that has moved may come back, a row does not
        is_kept = not is_found or (article_id in removed and article_id == self._stories[name].path)
        return [(article_id, away)] if is_kept else []

    def _has_copy(self, name: str) -> bool:
        """Whether another marked article has the text of this story, as one that took over its mark before its file was pruned."""
        text, marks = self._stories[name].text, self._known.marks
        return any(
            other != name and not mark.story and self._stories[other].text == text
            for other, mark in marks.items()
            if other in self._stories
        )

    def _linked(
        self, settled: Iterable[tuple[str, Mark]], moved: Mapping[str, Sequence[str]], done: Carrying
    ) -> Iterator[tuple[str, Mark]]:
        """The marks ``settled``, each with the present id of the corrected version, of those that have ``moved``."""
        for article_id, mark in settled:
            if (now := moved.get(version := _version(mark.corrected_by))) is None:
                yield article_id, mark
                continue
            yield article_id, replace(mark, corrected_by=now[0] if now else self._stories[version].url)
            if not now:
                done.unlinked[article_id] = mark.corrected_by

    def _holds(self, name: str, gone: Collection[str]) -> bool:
        """Whether the article with the id in ``name`` is the story after the update."""
        article_id, mark = id_of(name), self._known.marks.get(name)
        own = max((each.grade for each in self._found.get(name, ()) if each.article_id == article_id), default=0)
        if mark and mark.story:
            return own >= _LIKELY
        if article_id in self._given:
            best = max((each.grade for each in self._elsewhere(name)), default=0)
            is_row = is_called_after(article_id, path := self._stories[name].path) and article_id != path
            return 0 < own >= (best if is_row else min(best, _LIKELY))
        return article_id not in gone

    def _elsewhere(self, name: str) -> list[_Found]:
        """The articles of other ids that have become the story."""
        old, known = self._stories[name], self._known

        def became(each: _Found) -> bool:
            before = known.story(each.article_id)
            if each.article_id == id_of(name) or (before and (before.text == old.text or _same_url(before, old))):
                return False
            if each.reason == "url":
                return self._urls[each.story.url] == 1 or each.story.text == old.text
            return each.reason != "title" or self._titles[each.story.path, each.story.title] == 1

        return [each for each in self._found.get(name, ()) if became(each)]

    def _targets(self, name: str, held: Mapping[str, bool]) -> list[str]:
        """The ids of the articles that get the mark."""
        old, marks = self._stories[name], self._known.marks
        found = [(each, marks.get(each.article_id)) for each in self._elsewhere(name)]
        free = [each for each, mark in found if not mark or mark.story or not held.get(each.article_id, True)]
        if (own := marks.get(name)) and own.corrected_by:  # whose corrected version does not get it
            text = there.text if (there := self._stories.get(_version(own.corrected_by))) else None
            free = [each for each in free if each.story.url != own.corrected_by and each.story.text != text]
        if held[name]:
            # Copies, to the word or with its URL, where the first may be gone
            left = id_of(name) in self._given or _is_gone(self._known.base / old.path)
            same = [each for each in free if each.reason == "url" or _same_words(old, each.story)]
            return [each.article_id for each in same if each.reason == "url" or old.path == each.story.path or (each.is_long and left)]
        best = max(free, key=lambda each: (each.grade, each.share), default=None)
        if best is None or best.grade <= _LIKELY:
            return [best.article_id] if best else []
        return [each.article_id for each in free if _same_words(best.story, each.story)]


def with_their_stories(marks: Marks, left: Snapshot | None, target: Snapshot) -> Marks:
    """The ``marks`` of the version ``left`` by the ids that their stories have in ``target``, whose rows may have other numbers. That of a
    story which is not there is kept apart. They stay as they are if ``left`` is None. Raises IndexDamaged.
    """
    if not left or not marks:
        return marks
    there, here, settled = Known(left), Known(target), list[tuple[str, Mark]]()

    @cache
    def ids_by_text() -> Mapping[int, Sequence[str]]:
        places = ((here.segments[number], row) for number, row in target.articles())
        return grouped((int(segment.tensors.item("text.xxh3", row)), segment.article_id(row)) for segment, row in places)

    for name, mark in marks.items():
        article_id, bare = id_of(name), replace(mark, story=None)
        story = mark.story or there.story(article_id)
        if story is None:
            settled.append((article_id, bare))
            continue
        grades: dict[str, int] = {}
        for each in (article_id, *ids_by_text().get(story.text, ())):
            if new := here.story(each):
                own = each == article_id
                reason, _ = _likeness(story, new, own=own, chosen=own and not is_called_after(each, new.path), is_long=True)
                grades[each] = _GRADES[reason] if reason else 0
        best = max(grades.values(), default=0)
        likeliest = [each for each, grade in grades.items() if grade == best > 0]
        if article_id in likeliest:
            likeliest = [article_id]
        settled += [(each, bare) for each in likeliest] or [(article_id, replace(mark, story=story))]
    return by_name(settled)


def _version(article_id: str) -> str:
    """What a corrected version is named, for its id may be that of a mark whose story is another."""
    return f"{article_id}\0"


def _plain(article_id: str, url: str, title: str, text: int) -> Iterator[tuple[str, object]]:
    yield "id", article_id
    yield "text", text
    if url:
        yield "url", url
    if title:
        yield "title", title


def _values(article_id: str, story: Story) -> Iterator[tuple[str, object]]:
    """What an article may share with a story, each with its kind."""
    yield from _plain(article_id, story.url, story.title, story.text)
    yield from ((f"in {story.path}", key) for key in sketch_keys(_sketch(story)))


def _likeness(old: Story, new: Story, *, own: bool, chosen: bool, is_long: bool) -> tuple[Reason | None, float]:
    """By what ``new`` is the story ``old``, if it is, and the share of the smaller text that is in both. ``own``: it has the old one's id,
    ``chosen`` by the publisher.
    """
    shared = overlap(_sketch(old), _sketch(new)[None])
    share, apart = float(shared.share[0]), max(new.first - old.last, old.first - new.last) if old.first and new.first else 0
    same_place, same_title = own or old.path == new.path != ADDED, old.title == new.title != ""
    is_near = bool(old.first and new.first) and max(new.last - old.first, old.last - new.first) <= DAYS
    alike = old.text == new.text or bool(are_copies(shared, np.array([is_near]))[0])
    reason: Reason | None = None
    if _same_url(old, new):
        reason = "url"
    elif old.url and new.url and not own:
        reason = None
    elif _same_words(old, new) and (same_place or is_long):
        reason = "words"
    elif alike and (same_place or (same_title and is_long and old.source == new.source)):
        reason = "text"
    elif old.url and new.url and not (chosen and same_title):
        reason = None
    elif same_place and same_title and apart <= 0:
        reason = "title"
    elif same_place and share >= SHARE and apart <= 0:
        reason = "half"
    elif chosen:
        reason = "id"
    return reason, share


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

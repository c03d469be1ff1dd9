"""What a search says of dates and filters: which days it looked at, and what no article meets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from newsdex.encoder import MULTILINGUAL_MODEL, ModelCard, speaks
from newsdex.errors import command
from newsdex.records import BYLINES, Hit, Period
from newsdex.search.question.stopwords import language_of
from newsdex.search.ranking.ranker import matching_mask
from newsdex.search.request import Request
from newsdex.store.snapshot import Snapshot

if TYPE_CHECKING:
    from newsdex.search.question.filters import Filter

_NAMED = 3  # words that a remark names
_AUTHORS = 4  # words that are looked for in names of authors
_MOST_AUTHORS = 20_000  # names in which they are looked for, within about 0.1 s
_FEW = 0.05  # share of undated articles up to which an answer needs no remark on them
_YEAR = re.compile(r"\d{4}|\d[./]\d")


def of_all_days(hits: Sequence[Hit], period: Period, searched: Period) -> str:
    """The remark on ``hits`` of any date if few or none of the days ``searched`` for ``period`` answer; "" if the first tells of it."""
    published = hits[0].article.published if hits else None
    if published and (searched.since or date.min) <= published.latest and published.earliest <= (searched.until or date.max):
        return f"Few of these articles were published {_in_words(period)}; the others have other dates or none."
    if hits and hits[0].answers and _names(hits[0].passage.text, period):
        return ""
    return f"No article published {_in_words(period)} answers that; these have other dates or none."


def undated(snapshot: Snapshot, request: Request, *, answered: bool = False) -> list[str]:
    """How many of the articles that match the other filters of ``request`` its dates leave out because they have none; nothing if no
    article of the archive has one, which ``unmet`` says, or if few have none and the request is ``answered``. Raises IndexDamaged and
    OutOfTime.
    """
    wider = replace(request, period=None, as_of=None)
    if request.where is not None:
        from newsdex.search.question.filters import without

        wider = replace(wider, where=without(request.where, "published"))
    segments = snapshot.segments
    if wider == request or not any((segment.live_articles & (segment.published_days[1] > 0)).any() for segment in segments):
        return []
    matching, count = matching_and_undated(snapshot, wider)
    # Such as with "published=", or "or" with another field.
    count -= sum(int((matching_mask(segment, request) & (segment.published_days[1] == 0)).sum()) for segment in segments) if count else 0
    others = " that match the other filters" if wider.where is not None else ""
    left_out = f"{count:,} of {matching:,} articles{others} have no date, so searches with dates leave them out."
    return [f"{left_out} Search without dates to include them."] if count > (_FEW * matching if answered else 0) else []


def matching_and_undated(snapshot: Snapshot, request: Request) -> tuple[int, int]:
    """Return how many articles match the filter of ``request``, and how many of them have no date. Raises IndexDamaged."""
    matching = undated = 0
    for segment in snapshot.segments:
        rows = matching_mask(segment, replace(request, period=None, as_of=None))
        matching += int(rows.sum())
        undated += int((rows & (segment.published_days[1] == 0)).sum())
    return matching, undated


def lacks_dates(snapshot: Snapshot, request: Request) -> bool:
    """Return whether articles match the filter of ``request`` and none has a date. False for Milvus. Raises IndexDamaged."""
    matching, undated = matching_and_undated(snapshot, request)
    return 0 < matching == undated


def unspoken(question: str, model: ModelCard, snapshot: Snapshot) -> str:
    """For a ``question`` without a clear answer: that the ``model`` of ``snapshot`` does not speak its language, if its little words tell
    that; else "".
    """
    language = language_of(question)
    if language in ("", "und") or speaks(model, language):
        return ""
    # Milvus has no versions; such an archive is rebuilt in the folder that it was pushed from.
    folder = snapshot.folder if snapshot.pointer else "FOLDER"
    return (
        f"{model.name} does not support the question's language ({language}), so only keywords were searched. To support it: "
        f"{command(f'rebuild --model {MULTILINGUAL_MODEL}', folder)}"
    )


def nowhere(words: Sequence[str]) -> str:
    """That no article has the ``words`` of a question without a clear answer in its text; the first _NAMED of them are named."""
    named = [f'"{word}"' for word in words[:_NAMED]] + ["others"] * (len(words) > _NAMED)
    return f"No article has {' or '.join(filter(None, [', '.join(named[:-1]), named[-1]]))} in its text."


def by_author(snapshot: Snapshot, request: Request, words: Sequence[str]) -> str:
    """Which of the ``words`` of ``request`` that no article has in its text is in the name of an author of what meets its filters, the last
    one if several are, and the filter for it; "" if none is, or there are more than _MOST_AUTHORS names. Raises IndexDamaged.
    """
    fields = sorted({name for segment in snapshot.segments for name in segment.metadata.keys if name in BYLINES})
    if not 0 < sum(len(segment.metadata.values(field)) for segment in snapshot.segments for field in fields) <= _MOST_AUTHORS:
        return ""
    from newsdex.search.question.filters import Comparison, Compound

    named = [word for word in words if word[0].isupper()] or words
    # Such as "Jean-Luc", of which each half is a word.
    joined = {half: part for part in re.findall(r"\w+(?:-\w+)+", request.question) for half in part.split("-")}
    names = [joined.get(name, name) for name in (re.sub(r"['\u2019]s?$", "", word) for word in named)]
    for name in names[: -_AUTHORS - 1 : -1]:
        author = Compound("or", tuple(Comparison("contains", field, name) for field in fields))
        within = replace(request, where=Compound("and", (request.where, author)) if request.where else author)
        if any(matching_mask(segment, within).any() for segment in snapshot.segments):
            return f'"{name}" is in the name of an author. To search what they wrote: author:{name}'
    return ""


def without_days(period: Period, *, searched: bool) -> str:
    """That the ``period`` that the question names is no filter, as no article has a date; ``searched``: its words were searched."""
    what = "searched as words" if searched else "left out"
    return f'No matching article has a date, so "{period.words}" was {what}.'


def newer_first(newest: str, undated: int) -> str:
    """That hits are ordered by date, as the word ``newest`` requests, and how many of those that answer have none."""
    more = f" {undated} of these {'has' if undated == 1 else 'have'} no date and may be newer." if undated else ""
    return f'Newer articles first ("{newest}").{more}'


def out_of_order(newest: str) -> str:
    """That hits without any date are not in the order of dates that was requested, by the word ``newest`` or an option."""
    word = f' ("{newest}")' if newest else ""
    return f"None of these articles has a date, so they are not ordered by date{word}."


def only_within(period: Period, searched: Period) -> str:
    """That the hits are of the ``period`` that the question names, or of the days ``searched`` for it."""
    later = f", and until {searched.until} for reports of it" if searched.until != period.until else ""
    return f"Only articles published {_in_words(period)}{later}."


def unmet(snapshot: Snapshot, request: Request, leaves: Callable[[Filter], bool]) -> list[str]:
    """Which conditions of a request that found nothing no article meets. ``leaves``: whether any meets a filter. Raises IndexDamaged."""
    told: list[str] = []
    # Of an archive in Milvus none is here.
    segments = [segment for segment in snapshot.segments if segment.live_articles.any()]
    if segments and (request.period or request.as_of):
        from newsdex.search.question.when import as_of_mask, dates_there, published_mask

        if (period := request.period) and not any((published_mask(s, period) & s.live_articles).any() for s in segments):
            told.append(f"No article was published {_in_words(period)}; {dates_there(segments)}.")
        if (day := request.as_of) and not any((as_of_mask(s, day) & s.live_articles).any() for s in segments):
            told.append(f"The archive had no article on {day}; {dates_there(segments)}.")
    if request.where is not None:
        from newsdex.search.question.filters import unmet_parts, unmet_values

        told += [*unmet_values(request.where, segments), *unmet_parts(request.where, leaves, phrases_alone=bool(segments))]
    return told


def may_be_told(period: Period) -> bool:
    """Whether the words of a period name a month or a year, which a text may have: "last week" is another one in each text."""
    from newsdex.search.question.date_words import names_month

    return bool(_YEAR.search(period.words)) or names_month(period.words)


def _names(text: str, period: Period) -> bool:
    """Whether ``text`` has the words of the question for ``period``, such as "March 2011"; those of one or two letters do not count."""
    named, there = (set(re.findall(r"\w{3,}", each.casefold())) for each in (period.words, text))
    return bool(named) and named <= there and may_be_told(period)


def _in_words(period: Period) -> str:
    """``period`` as the end of a sentence about publication."""
    since, until = period.since, period.until
    if since and until:
        days = f"on {since}" if since == until else f"from {since} to {until}"
    else:
        days = f"since {since}" if since else f"until {until}"
    return f'{days} ("{period.words}")' if period.words else days

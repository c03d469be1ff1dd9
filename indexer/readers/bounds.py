"""Bounds the fields of articles and the number of problems per file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from newsdex.errors import SourceError
from newsdex.records import Article
from newsdex.values import amount

LOST, REMARKS = "that were not indexed", "remarks"
_MORE = re.compile(rf"(?:.*: )?and (\d{{1,9}}) more (?:{LOST}|{REMARKS}|without text)")
MOST_PROBLEMS = 100  # problems of a file reported individually
_LONGEST = {"title": 4_000, "source": 1_000, "url": 4_000}  # characters
_LONGEST_ID = 1_000
_MOST_FIELDS = 200  # fields in an article's metadata
_LONGEST_NAME = 200
_LONGEST_VALUE = 10_000
_LONGEST_MARK = 40  # characters of the end of a text that may say how many more there were
_CUT_OFF = re.compile(r"\[\+\d{1,9} char(?:acter)?s\](?=\s*\Z)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def count_of(reason: str) -> int:
    """The problems that ``reason`` stands for: 1, or as many as it says there are more."""
    more = _MORE.fullmatch(reason)
    return int(more[1]) if more else 1


def capped(items: Iterable[Article | SourceError]) -> Iterator[Article | SourceError]:
    """Yield ``items`` with at most ``MOST_PROBLEMS`` problems, then the number of further ones. Raises what ``items`` raises."""
    told = 0
    more = {True: 0, False: 0}
    failure: Exception | None = None
    try:
        for item in items:
            told += isinstance(item, SourceError)
            if isinstance(item, SourceError) and told > MOST_PROBLEMS:
                more[item.lost] += count_of(item.reason)  # it may itself be such a number, from a member of an archive
            else:
                yield item
    except Exception as error:  # noqa: BLE001 - raised again below
        failure = error
    for lost, what in ((True, LOST), (False, REMARKS)):
        if more[lost]:
            yield SourceError(f"and {more[lost]} more {what}", lost=lost)
    if failure:
        raise failure


def complete(items: Iterable[Article | SourceError]) -> Iterator[Article | SourceError]:
    """Yield ``items`` of a file, then a remark on how many texts their source cut off, as news services do."""
    cut, example = 0, ""
    for item in items:
        if isinstance(item, Article) and (found := _CUT_OFF.search(item.text[-_LONGEST_MARK:])):
            cut, example = cut + 1, example or found[0]
        yield item
    if cut:
        yield SourceError(
            f"{amount(cut, 'text')} cut off by the source ({example!r} at the end): only the beginning is indexed", lost=False
        )


def placed(items: Iterable[Article | SourceError], where: str) -> Iterator[Article | SourceError]:
    """Yield ``items`` of a part of a file, with ``where`` before each problem. Whatever a part raises becomes a problem of that part."""
    try:
        for item in items:
            yield SourceError(f"{where}: {item.reason}", lost=item.lost) if isinstance(item, SourceError) else item
    except MemoryError:  # the process is unreliable now
        raise
    except SourceError as error:
        yield SourceError(f"{where}: {error.reason}")
    except OSError as error:
        yield SourceError(f"{where}: cannot be read: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - whatever a library raises
        yield SourceError(f"{where}: broken ({described(error)})")


def described(error: Exception) -> str:
    """Return the kind of an unforeseen error, and what it says, in one line."""
    said = " ".join(str(error)[:500].split())[:200]
    return f"{type(error).__name__}{': ' if said else ''}{said}"


def bounded(article: Article | SourceError, name: str) -> Iterator[Article | SourceError]:
    """Yield an article with a valid id and bounded fields, after a remark on cuts. The source's ``name`` in its id stays."""
    if isinstance(article, SourceError):
        yield article
        return
    own = article.id.removeprefix(name)
    changes: dict[str, object] = {}
    cut = []
    clean = _CONTROL.sub("\ufffd", own)
    if len(clean) > _LONGEST_ID:
        clean = f"{clean[:_LONGEST_ID]}\u2026{hashlib.sha256(own.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    if clean != own:
        changes["id"] = article.id[: len(article.id) - len(own)] + clean
    for field, most in _LONGEST.items():
        if len(value := getattr(article, field)) > most:
            changes[field] = value[:most]
            cut.append(f"{field} of {len(value)} characters")
    if len(article.metadata) > _MOST_FIELDS or any(
        len(key) > _LONGEST_NAME or len(value) > _LONGEST_VALUE for key, value in article.metadata.items()
    ):
        kept = list(article.metadata.items())[: _MOST_FIELDS - 1]  # leaves room for the member of the archive
        changes["metadata"] = {key[:_LONGEST_NAME]: value[:_LONGEST_VALUE] for key, value in kept}
        cut.append(f"{len(article.metadata)} other fields")
    if cut:
        yield SourceError(f"{article.part}{': ' if article.part else ''}cut short: {', '.join(cut)}", lost=False)
    yield replace(article, **changes) if changes else article  # type: ignore[arg-type]  # the types of the fields

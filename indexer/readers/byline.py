"""The visible date of a page or text: marked up as the publication date, beside the headline, or in a byline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from newsdex.indexer.readers.dates import dates_in, find_date, parse_published
from newsdex.records import Published

if TYPE_CHECKING:
    from newsdex.indexer.readers.markup import Element

ORIGIN = "byline"
CHANGED = "byline (updated)"  # the origin of a date of the last change, if there is no other
_FIRST_YEAR = 1990  # earliest plausible year of a visible date: the web is no older
_MARKED = re.compile(r"\b(?:datepublished|pubdate|dc:date|dc:created|schema:datecreated|schema:datepublished)\b", re.IGNORECASE)
_PLACES = re.compile(
    r"publi(?:sh|c)|posted|submitted|created|(?:^|[-_ ])(?:pub|post|entry|article|story|news|news-?detail|artikel)?[-_]?(?:date|datum"
    r"|fecha|data)(?:line|time)?(?:$|[-_ ])"
    r"|dateline|timestamp|time[-_]?stamp|byline|pubdate|releasetime|artinfo|article[-_]?(?:info|meta)|entry[-_]?meta|post[-_]?(?:info"
    r"|meta)|meta-date",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"\W*(?:first )?(?:published|posted|publié|veröffentlicht|erstellt|geschrieben|publicado|publicada|pubblicato|gepubliceerd"
    r"|opublikowano|опубликовано|date:|datum:)",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"updat|modif|edited|reviewed|last ?chang|aktualis|änder|geändert|\bstand\b|mise? à jour|actualizad|atualizad|aggiornat|обновл"
    r"|bijgewerkt",
    re.IGNORECASE,
)
# Class names and ids of page parts that are not about the article.
_ELSEWHERE = re.compile(
    r"(?:^|[-_ ])(?:comments?|commentlist|kommentare?|respond|related|recommend\w*|sidebar|footer|copyright|popular|most-?read|latest"
    r"|infobox|references|reflist|breadcrumbs?|navi?|navigation|menu|cookie\w*)(?:$|[-_ ])",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"(?:^|[-_ ])(?:comments?|commentlist|kommentare?|respond|related|recommend\w*|teaser|infobox|navi?|navigation)(?:$|[-_ ])",
    re.IGNORECASE,
)
_ELSEWHERE_TAGS = frozenset(("nav", "footer", "aside", "form", "select", "script", "style", "noscript", "template"))
_AFTER_DATELINE = re.compile(r"\W{0,3}(?:--|[\u2014\u2013:(]|- )")
# A place before a date, such as "San Rio, Cal. -", in words whose first letters are large
_PLACE = re.compile(r"[^\W\d_][\w.'\u2019]*(?:[ ,-]+[^\W\d_][\w.'\u2019]*)*\s?[,\u2013\u2014-]")
_BEGINNING = 400  # characters of a text that may hold its dateline
_DATELINE = 60  # longest place and date at the beginning of a text, in characters
_LONGEST = 200  # longest byline, in characters
_SHORTEST_OWN = 120  # longest element beside the headline that may hold an unmarked date, in characters
_SENTENCE = 40  # longest text that is not taken for a sentence, in characters
_AFTER_HEADLINE = 600  # characters of the page below the headline, and above it, where a date is its own
_BEFORE_HEADLINE = 120
_ABOVE = 12  # elements above the headline that are read


def dateline(text: str, language: str) -> Published | None:
    """Return the date at the beginning of a text: in a short line, or before a dash where a line opens with it or with a place and it. For
    example ``BEIJING, April 26, 2024 - ``. The day of a review or an update counts only if there is no other.
    """
    lines = text[:_BEGINNING].split("\n")
    changed: Published | None = None
    later: list[Published] = []  # below the first line, as under a headline; of several, each is that of an entry in a chronicle
    for number, line in enumerate(lines[:-1] if len(text) > _BEGINNING and len(lines[-1]) < _DATELINE else lines):
        if line.startswith("|"):  # dates in a table belong to its subject
            continue
        for start, end, found in dates_in(line[:_LONGEST], language, ORIGIN):
            before = line[:start].strip()
            opens = end <= _DATELINE and _AFTER_DATELINE.match(line[end:])
            if len(line) <= _DATELINE and line != text:
                if not _CHANGED.search(before):
                    return found
                changed = changed or Published(found.iso, CHANGED)
            elif opens and number == 0:
                return found
            elif opens and (not before or before.isupper() or (before.istitle() and _PLACE.fullmatch(before))):
                later.append(found)
    return later[0] if len(later) == 1 else changed


def seen_dates(root: Element, title: str, language: str) -> Iterator[Published]:
    """Yield a page's possible dates, the likeliest first: marked up, beside the headline, named as a date, dates of a change."""
    elements = list(root.iter("*"))
    place = headline(elements, title)
    elsewhere = Elsewhere(_ELSEWHERE, elements, place, _ELSEWHERE_TAGS)
    marked = _marked(elements, Elsewhere(OTHERS, elements, place))
    changed: list[Published] = []
    for places in (marked, _beside_headline(elements, place, elsewhere), _called_so(elements, elsewhere)):
        for element in places:
            for found, is_changed in _dates_of(element, language):
                if found.earliest.year < _FIRST_YEAR:
                    continue
                if is_changed:
                    changed.append(found)
                else:
                    yield found
    for found in changed:
        yield Published(found.iso, CHANGED)


def _marked(elements: Sequence[Element], others: Elsewhere) -> Iterator[Element]:
    for element in elements:
        property_, also = element.get("itemprop"), element.get("property")
        says = f"{property_ or ''} {also or ''}" if property_ or also else ""
        if (
            ((says and _MARKED.search(says)) or element.get("pubdate") is not None or _is_microformat(element))
            and element.tag != "meta"
            and element not in others
        ):
            yield element


def _is_microformat(element: Element) -> bool:
    """Return whether an element is the date of an hAtom entry: https://microformats.org/wiki/hatom."""
    return (
        element.tag in ("abbr", "span", "time") and element.get("title") is not None and "published" in (element.get("class") or "").split()
    )


def _beside_headline(elements: Sequence[Element], place: int, elsewhere: Elsewhere) -> Iterator[Element]:
    """Yield short elements below the headline, which is at ``place``, then above it, and any ``time`` element there."""
    if place < 0:
        return
    text = 0
    for element in elements[place + 1 :]:
        if text > _AFTER_HEADLINE:
            break
        if element not in elsewhere:
            text += len((element.text or "").strip()) + len((element.tail or "").strip())
            if element.tag == "time" or _is_short(element):
                yield element
    text = 0
    for element in reversed(elements[max(0, place - _ABOVE) : place]):
        text += len((element.text or "").strip()) + len((element.tail or "").strip())
        if text > _BEFORE_HEADLINE:
            break
        if element not in elsewhere and (element.tag == "time" or _is_short(element)):
            yield element


def headline(elements: Sequence[Element], title: str) -> int:
    """Return the index of the heading that equals the title, else of the first h1; -1 without any."""
    first = -1
    for place, element in enumerate(elements):
        if element.tag in ("h1", "h2", "h3"):
            if title and _seen(element).lower() == title.lower():
                return place
            if first < 0 and element.tag == "h1":
                first = place
    return first


def _is_short(element: Element) -> bool:
    """Return whether an element has a few words of its own that are not a sentence."""
    if not ((element.text or "").strip() or any((child.tail or "").strip() for child in element)):
        return False
    seen = _seen(element)
    return len(seen) <= _SHORTEST_OWN and not (len(seen) > _SENTENCE and seen.endswith((".", "!", "?", "\u3002")))


def _called_so(elements: Sequence[Element], elsewhere: Elsewhere) -> Iterator[Element]:
    """Yield ``time`` elements, and those whose name or first word marks a date of publication."""
    for element in elements:
        if element.tag != "time" and not is_called(_PLACES, element.get("class"), element.get("id"), element.get("itemprop")):
            text = element.text
            if not text or text.isspace() or not _SAYS_SO.match(text):
                continue
        if element.tag not in ("body", "html", "head", "meta", "link") and element not in elsewhere:
            yield element


def _dates_of(element: Element, language: str) -> Iterator[tuple[Published, bool]]:
    """Yield the dates in an element, and whether each is a change's. Of a machine-readable date, only the first is used."""
    name = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"
    seen = _seen(element)
    written = element.get("datetime") or element.get("content") or (element.get("title") if _is_microformat(element) else "") or ""
    told = (parse_published(written, ORIGIN) or find_date(written, language, ORIGIN)) if written else None
    changed = bool(_CHANGED.search(name)) and not re.search("publish|entry-date", name)
    shown = find_date(seen, language, ORIGIN) if told and len(seen) <= _LONGEST else None
    # otherwise the machine-readable date belongs to something else
    if told and (shown is None or abs((shown.earliest - told.earliest).days) <= 1):
        yield told, changed or bool(_CHANGED.search(seen[:40]))
    elif len(seen) <= _LONGEST:
        before = 0
        for start, end, found in dates_in(seen, language, ORIGIN):
            yield found, changed or bool(_CHANGED.search(seen[before:start]))
            before = end


def _seen(element: Element) -> str:
    """Return the beginning of an element's text, in one line."""
    pieces: list[str] = []
    size = 0
    for piece in element.itertext():
        pieces.append(piece)
        size += len(piece.strip())
        if size > _LONGEST:
            break
    return " ".join("".join(pieces).split())


class Elsewhere:
    """The parts of a page that are not about the article: elements named ``names`` or with one of ``tags``, and all inside them; not those
    around the headline, which is at ``place`` in ``elements``, or at none if that is negative.
    """

    def __init__(self, names: re.Pattern[str], elements: Sequence[Element], place: int, tags: frozenset[str] = frozenset()) -> None:
        self._names = names
        self._tags = tags
        self._known = dict.fromkeys(elements[place].iterancestors() if place >= 0 else (), False)

    def __contains__(self, element: Element) -> bool:
        on_the_way = []
        found: bool | None = None
        for part in chain([element], element.iterancestors()):
            if (found := self._known.get(part)) is None:
                on_the_way.append(part)
                found = self._decides(part)
            if found is not None:
                break
        self._known |= dict.fromkeys(on_the_way, bool(found))
        return bool(found)

    def _decides(self, part: Element) -> bool | None:
        """Return whether all inside ``part`` is elsewhere; None if what ``part`` is inside tells."""
        if part.tag in ("body", "html", "main") or (part.tag == "article" and part.find(".//h1") is not None):
            return False
        return part.tag in self._tags or is_called(self._names, part.get("class"), part.get("id")) or None


@lru_cache(maxsize=4096)
def is_called(names: re.Pattern[str], *called: str | None) -> bool:
    """Return whether an attribute of an element, such as its class, matches ``names``."""
    return names.search(" ".join(name or "" for name in called)) is not None

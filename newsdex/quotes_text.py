"""The report on a quotation, formatted for people."""

from __future__ import annotations

from collections.abc import Iterator

from newsdex.quotation import Difference, Place, QuoteReport
from newsdex.terminal import Style, flags, source_and_date, title_of, visible

_HEADINGS = {
    "found": "Found, word for word.",
    "altered": "Altered. The nearest place:",
    "stitched": "Stitched, from these places:",
    "not found": "Not found.",
}

# Words from which a quotation is somebody's.
_TELLING = 3


def report_lines(report: QuoteReport, style: Style) -> Iterator[str]:
    """Yield the verdict, and each place: the article, the position, and the text."""
    yield style.mark(_HEADINGS[report.verdict], bold=True, fg="green" if report.verdict == "found" else "yellow")
    if len(report.quote.split()) < _TELLING:
        yield "One or two words prove little: other people use them too. Give at least three."
    for number, place in enumerate(report.places, 1):
        article = place.article
        yield ""
        yield f"{number}. ".ljust(4) + style.mark(title_of(article), bold=True, fg="cyan")
        if known := source_and_date(article):
            yield f"    {known}"
        yield from flags(article, 4, style)
        yield "    " + style.mark(_where(place), dim=True)
        yield "    " + ("".join(_difference(each, style) for each in place.differences).strip() or visible(place.text))
    if not report.complete:
        yield ""
        yield "More places exist: raise --limit."


def _where(place: Place) -> str:
    if place.in_title:
        return f"{visible(place.article.id)}, title"
    page = f", page {place.page}" if place.page else ""
    return f"{visible(place.article.id)}, line {place.line}{page} [{place.start}:{place.end}]"


def _difference(difference: Difference, style: Style) -> str:
    """Format a difference as in wdiff: [-only in the article-]{+only in the quotation+}."""
    original, quoted = visible(difference.original).strip(), visible(difference.quoted).strip()
    if difference.kind == "same":
        return f"{original} "
    removed = style.mark(f"[-{original}-]", fg="red") if original else ""
    added = style.mark(f"{{+{quoted}+}}", fg="green") if quoted else ""
    return f"{removed}{added} "

"""The reports on a quotation and on a checked answer, formatted for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from newsdex.reports import AnswerReport, CheckedSentence, Difference, Discrepancy, Evidence, Place, QuoteReport, Verdict
from newsdex.terminal import Style, flags, heading_of, indented, lines_of, source_and_date, visible
from newsdex.words import as_read

_HEADINGS = {
    "found": "Found, word for word.",
    "altered": "Altered. The nearest place:",
    "stitched": "Stitched, from these places:",
    "not found": "Not found.",
}
# Words from which a quotation is somebody's.
_TELLING = 3
# Numbers, and capitalised words inside a sentence.
_FACT = re.compile(r"\d[\d.,]{0,20}(?<=\d)|(?<=\s)[^\W\d_a-z]\w{2,40}")
_COLORS: dict[Verdict, str] = {"supported": "green", "partly": "yellow"}  # others are red


def is_telling(quote: str) -> bool:
    """Return whether ``quote`` has enough words for its places to prove something."""
    return len(quote.split()) >= _TELLING


def quote_lines(report: QuoteReport, style: Style) -> Iterator[str]:
    """Yield the verdict, and each place: the article, the position, and the text."""
    yield style.mark(_HEADINGS[report.verdict], bold=True, fg="green" if report.verdict == "found" else "yellow")
    if not is_telling(report.quote):
        yield "One or two words prove little: other people use them too. Give at least three."
    for number, place in enumerate(report.places, 1):
        article = place.article
        yield ""
        yield f"{number}. ".ljust(4) + style.mark(heading_of(article), bold=True, fg="cyan")
        if known := source_and_date(article):
            yield f"    {known}"
        yield from flags(article, 4, style)
        yield "    " + style.mark(_where(place), dim=True)
        if place.differences:
            yield "    " + "".join(_difference(each, style) for each in place.differences).strip()
        else:
            yield from indented(visible(place.text), 4, style)
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


def answer_lines(report: AnswerReport, style: Style) -> Iterator[str]:
    """Yield the overall verdict, then each claim with its verdict and evidence."""
    claims = [each for each in report.sentences if each.verdict != "no claim"]
    verdict = "Accepted" if report.accepted else "Refused"
    are = "sentence is" if len(claims) == 1 else "sentences are"
    supported = [each for each in claims if each.verdict == "supported"]
    foreign = any(each.evidence[0].article.language not in ("", "en") for each in supported if each.evidence)
    limits = " Not every noun and verb is compared." if report.accepted and claims else ""
    limits += " Verbs are compared in English only." if foreign else ""
    told = f"{verdict}: {len(supported)} of {len(claims)} {are} supported (threshold {report.threshold:g}).{limits}"
    if refuted := sum(each.refuted for each in claims):
        told += f" Sentences that an article contradicts, or with another number or date than the article: {refuted}."
    yield from indented(told, 0, style, bold=True, fg="green" if report.accepted else "red")
    for each in claims:
        yield ""
        # The verdict and two spaces are one word while lines are broken.
        head = "-" * len(f"{each.verdict}  ")
        first, *rest = lines_of(head + visible(each.text), style.width - 4)
        yield style.mark(each.verdict, bold=True, fg=_COLORS.get(each.verdict, "red")) + f"  {first.removeprefix(head)}"
        yield from (f"    {line}" for line in rest)
        yield from _lines(each, style)


def _lines(sentence: CheckedSentence, style: Style) -> Iterator[str]:
    for difference in sentence.differences:
        yield from indented(difference_text(difference), 4, style, fg="yellow")
    cites = {each.claimed for each in sentence.differences if each.aspect == "citation"}
    for citation in sentence.citations:
        if not citation.supports and citation.label not in cites:
            about = "does not say this" if citation.article_id else "is not a known article"
            yield f"    [{visible(citation.label)}] {about}"
    for place in _shown(sentence):
        known = source_and_date(place.article)
        nearest = "nearest: " if sentence.verdict == "not in the archive" else ""
        yield from indented(nearest + " | ".join(filter(None, [heading_of(place.article), known])), 4, style, fg="cyan")
        yield from flags(place.article, 4, style)
        yield "    " + style.mark(f"{visible(place.article.id)} [{place.start}:{place.end}]", dim=True)
        yield from indented(visible(as_read(place.text)), 4, style)


def _shown(sentence: CheckedSentence) -> list[Evidence]:
    """Return the nearest sentence, and those that have a number or name of the claim, or what replaces it."""
    nearest, rest = sentence.evidence[:1], sentence.evidence[1:]
    facts = {each.found.split(" (")[0] for each in sentence.differences if each.found}
    facts |= set(_FACT.findall(sentence.text))
    shown = list(nearest)
    for place in rest:
        if any(fact in place.text and not any(fact in other.text for other in shown) for fact in facts):
            shown.append(place)
    return shown


def doubts_text(claims: Iterable[Mapping[str, Any]]) -> str:
    """List those of a written answer's ``claims`` that are not supported, each once; empty if all are supported."""
    # A model that runs in circles says the same many times.
    doubtful = {claim["text"]: claim for claim in claims if claim["verdict"] != "supported"}
    lines = ["The passages do not say all of this:"] if doubtful else []
    for text, claim in doubtful.items():
        differs = "; ".join(
            difference_text(Discrepancy(each["aspect"], each["claimed"], each["found"] or "")) for each in claim["differences"]
        )
        lines.append(visible(f"- {claim['verdict']}{f' ({differs})' if differs else ''}: {text}"))
    return "\n".join(lines)


def difference_text(difference: Discrepancy) -> str:
    """Describe a difference between a sentence and the article in one line."""
    claimed, found = visible(difference.claimed), visible(difference.found)
    told = {
        "negation": _negation(claimed, found),
        "citation": f"[{claimed}] does not say this; {found} does",
        "language": f"check by hand: {claimed} are not compared in this language ({found})",
        "retraction": f"the article was retracted: {found}",
        "copy": f"a copy of the article was retracted: {found}",
        "correction": f"the article was corrected, and the correction does not say this: see {found}",
    }
    if difference.aspect in told:
        return told[difference.aspect]
    if found:
        return f"{difference.aspect}: {claimed} in the answer, {found} in the article"
    return f"{difference.aspect}: {claimed} is not in the sentences compared"


def _negation(claimed: str, found: str) -> str:
    if claimed and found:
        return f'negation: the answer says "{claimed}", the article says "{found}"'
    if claimed:
        return f'negation: the answer says "{claimed}", the article does not'
    return f'negation: the article says "{found}", the answer does not'

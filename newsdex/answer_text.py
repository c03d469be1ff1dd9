"""The report on an answer, laid out for a person to read."""

from __future__ import annotations

from collections.abc import Iterator

from newsdex.checking import AnswerReport, CheckedSentence, Discrepancy, Verdict
from newsdex.terminal import Style, source_and_date, title_of, visible

_COLORS: dict[Verdict, str] = {"supported": "green", "partly": "yellow", "contradicted": "red", "not in the archive": "red"}


def report_lines(report: AnswerReport, style: Style) -> Iterator[str]:
    """The verdict on the whole, and each sentence that says something with its own and what it was compared with."""
    claims = [each for each in report.sentences if each.verdict != "no claim"]
    count = sum(each.verdict == "supported" for each in claims)
    verdict = "Accepted" if report.accepted else "Refused"
    told = f"{verdict}: {count} of {len(claims)} sentences are supported (threshold {report.threshold:g})."
    yield style.mark(told, bold=True, fg="green" if report.accepted else "red")
    for each in claims:
        yield ""
        yield style.mark(each.verdict, bold=True, fg=_COLORS[each.verdict]) + f"  {visible(each.text)}"
        yield from _lines(each, style)


def _lines(sentence: CheckedSentence, style: Style) -> Iterator[str]:
    for difference in sentence.differences:
        yield "    " + style.mark(_difference(difference), fg="yellow")
    for citation in sentence.citations:
        if not citation.supports:
            about = f"{visible(citation.article_id)}, which does not say it" if citation.article_id else "nothing that is known"
            yield f"    [{visible(citation.label)}] cites {about}"
    for place in sentence.evidence[:1]:
        known = source_and_date(place.article)
        yield "    " + style.mark(" | ".join(filter(None, [title_of(place.article), known])), fg="cyan")
        yield "    " + style.mark(f"{visible(place.article.id)} [{place.start}:{place.end}]", dim=True)
        yield f"    {visible(place.text)}"


def _difference(difference: Discrepancy) -> str:
    claimed, found = visible(difference.claimed), visible(difference.found)
    if difference.aspect == "negation":
        return f"negation: {claimed or 'none'} in the answer, {found or 'none'} in the article"
    return f"{difference.aspect}: {claimed} in the answer, {found or 'nothing of the kind'} in the article"

"""Articles in Markdown from the file to what is shown: addresses of links and images are not found, do not answer, and are not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from indexes import HASH, put
from starlette.datastructures import QueryParams

from newsdex import Index, index_paths
from newsdex.indexer.upkeep.verify import verify
from newsdex.records import Hit
from newsdex.search.server import first_page
from newsdex.store.snapshot import Snapshot
from newsdex.terminal import Style, hit_lines

QUESTION = "when is the Sorrel harbour festival"
NOTES = """# [Summer notes](https://example.org/notes)

![](images/when-is-the-sorrel-harbour-festival/img_005.jpg)Nothing beats our readers in person! We met many of them last week.

![](images/sorrel-harbour-festival.jpg) ![](images/harbour.png)
"""
LISTING = """# What is on in June

Join us on 13 June for the [festival](https://example.org/when-is-it) at the harbour of Sorrel. Boats leave from the [old pier](/pier).

[![](a.png)](https://example.org/tickets) The town band plays in the evening, near the [`pier[0](x)`](/code) and the
[town hall](/hall "Its title").
"""


def _indexed(folder: Path) -> Path:
    put(folder / "files" / "notes.md", NOTES)
    put(folder / "files" / "listing.md", LISTING)
    put(folder / "files" / "images.md", "![](a.jpg)\n\n[![](b.png)](https://example.org)\n")
    index_paths([folder / "files"], folder / "index", HASH)
    return folder / "index"


def _hits(folder: Path, question: str, **options: object) -> list[Hit]:
    with Index.open(folder) as index:
        return list(index.search(question, min_score=0, **options))  # type: ignore[arg-type]


def test_an_address_is_neither_found_nor_shown(tmp_path: Path) -> None:
    """The stored text is whole: a passage and an answer are the text at their offsets, with whole links."""
    folder = _indexed(tmp_path)
    first, *_ = _hits(folder, QUESTION, mode="lexical")
    assert first.article.title == "What is on in June"
    assert first.article.text == LISTING
    assert first.answer_text.startswith("Join us on 13 June for the [festival](https://example.org/when-is-it) at")
    assert first.passage.text == LISTING[first.passage.start : first.passage.end]
    assert first.passage.text.endswith('[town hall](/hall "Its title").')
    shown = " ".join(" ".join(hit_lines([first], Style(80, color=False, links=False))).split())
    assert "for the festival at the harbour of Sorrel. << Boats leave from the old pier. The town band plays" in shown
    assert "near the `pier[0](x)` and the town hall." in shown
    page = first_page._hit(first, QueryParams(), scored=True)
    assert "Boats leave from the old pier.\n" in page
    assert "example.org" not in page and ".png" not in page and "\x1f" not in page  # noqa: PT018 - one page
    assert _hits(folder, "example.org img_005", mode="lexical") == []


def test_phrases_and_matched_words_go_over_links(tmp_path: Path) -> None:
    """As they are read, at their places in the text."""
    folder = _indexed(tmp_path)
    [hit] = _hits(folder, '"from the old pier." town hall')
    assert hit.article.title == "What is on in June"
    words = {hit.article.text[word.start : word.end] for word in hit.matches[0].words}
    assert {"town", "hall"} <= words
    assert _hits(folder, '"example.org"') == []


def test_a_quotation_is_found_with_and_without_its_links(tmp_path: Path) -> None:
    """As the page shows it, and as JSON and the file have it."""
    with Index.open(_indexed(tmp_path)) as index:
        [hit] = index.search(QUESTION, limit=1, mode="lexical")
        for quote in ("Boats leave from the old pier.", "Boats leave from the [old pier](/pier).", hit.answer_text):
            [place] = index.verify_quote(quote).places
            assert place.article.text[place.start : place.end].startswith(quote[:20])


def test_titles_are_read_and_articles_of_images_have_no_text(tmp_path: Path) -> None:
    """A heading's link is no part of the title."""
    snapshot = Snapshot.open(_indexed(tmp_path))
    titles = {snapshot.segments[number].title(row) for number, row in snapshot.articles()}
    assert titles == {"Summer notes", "What is on in June"}


def test_an_index_of_before_is_whole_and_answers_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its passages begin and end in addresses, which do not answer and are not shown."""
    with monkeypatch.context() as before:
        for module in ("words", "markdown"):
            before.setattr(f"newsdex.{module}.has_markup", lambda _: False)
        folder = _indexed(tmp_path)
    assert list(verify(folder, deep=True)) == []
    hits = _hits(folder, QUESTION)
    assert {hit.article.title for hit in hits if "![](images" in hit.passage.text} != set()
    shown = " ".join(hit_lines([hit for hit in hits if hit.article.title == "What is on in June"], Style(80, color=False, links=False)))
    assert "13 June for the festival at" in shown
    answers = [" ".join(hit_lines([hit], Style(80, color=False, links=False))).partition(">>")[2] for hit in hits]
    assert not any("](" in answer.replace("[0](x)", "") or "images/" in answer for answer in answers)

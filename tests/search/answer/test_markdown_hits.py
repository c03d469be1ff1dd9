"""Articles in Markdown from the file to what is shown: addresses of links and images are not found, do not answer, and are not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from indexes import HASH, put
from starlette.datastructures import QueryParams

from newsdex import Index, index_paths, markdown
from newsdex.indexer.upkeep.rebuild import rebuild_index
from newsdex.indexer.upkeep.verify import verify
from newsdex.records import Hit
from newsdex.search.server import first_page
from newsdex.settings import CUTTING
from newsdex.store.samples import sample
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


MARKUP = """{{< img-right src="a/sorrel.png" alt="" >}}Boats leave from the <a href="{{< ref "/p.md" >}}" class="x">old pier</a> at noon.

## About the pier
The caf&eacute; at the pier is open &#8212; all day, for prot&eacute;g&eacute;s.<br>
> 1. Bring a coat.
> 2. Bring an umbrella.

<p>The band plays. <img src="b.png" alt="The town band of Sorrel"></p>
"""


def test_tags_are_neither_found_nor_shown(tmp_path: Path) -> None:
    """From the file to the shell and the page; the stored text has them, and every passage has the text that was embedded."""
    put(tmp_path / "files" / "boats.md", MARKUP)
    index_paths([tmp_path / "files"], tmp_path / "index", HASH)
    assert list(verify(tmp_path / "index", deep=True)) == []
    [hit] = _hits(tmp_path / "index", "boats leave from the old pier", mode="lexical")
    assert hit.article.text == MARKUP
    assert hit.answer_text.endswith('Boats leave from the <a href="{{< ref "/p.md" >}}" class="x">old pier</a> at noon.')
    shown = " ".join(" ".join(hit_lines([hit], Style(80, color=False, links=False))).split())
    page = first_page._hit(hit, QueryParams(), scored=True)
    for told in (shown, page):
        assert "from the old pier at noon." in told
        assert "2. Bring an umbrella." in told
        assert "The café at the pier is open — all day, for protégés." in told
        assert "The town band of Sorrel" in told
        assert not any(mark in told for mark in ("{{", 'href="{', 'class="x', "&lt;", "&#8212;", "> 1.", "\x1f"))
    assert [_hits(tmp_path / "index", word, mode="lexical") for word in ("href", "eacute", "png")] == [[], [], []]
    assert [len(_hits(tmp_path / "index", word, mode="lexical")) for word in ("cafe", "proteges", "umbrella")] == [1, 1, 1]


def test_an_index_without_its_tags_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As newsdex made it that read links only; its sample of vectors is known, too, and a rebuild cuts it again."""
    put(tmp_path / "files" / "boats.md", "![](c.png)Seen.\n\n" + MARKUP)
    with monkeypatch.context() as before:
        read = markdown._read
        before.setattr("newsdex.markdown._read", lambda text, links_only=True: read(text, True))  # noqa: ARG005 - as it was
        before.setattr("newsdex.store.writer.CUTTING", 7)
        index_paths([tmp_path / "files"], tmp_path / "index", HASH)
    assert list(verify(tmp_path / "index", deep=True)) == []
    assert len(list(sample(Snapshot.open(tmp_path / "index")))) > 1
    report = rebuild_index(tmp_path / "index")
    assert report.embedded > 0
    assert Snapshot.open(tmp_path / "index").manifest.cutting == CUTTING
    assert list(verify(tmp_path / "index", deep=True)) == []


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

"""Text that was decoded in the wrong code page before it was stored is read as it was meant; all other text stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from paths import SHARED
from reading import articles_of, read

from newsdex.records import Article, Published, Span

MEANT = "The mayor\u2019s \u201cplan\u201d costs \u00a380m \u2013 the caf\u00e9 in M\u00fcnchen stays."
RUSSIAN = "\u041c\u044d\u0440 \u0437\u0430\u043a\u0440\u044b\u043b \u043c\u043e\u0441\u0442."


def wrong(text: str) -> str:
    """UTF-8 that was decoded as cp1252, with the bytes that it lacks as Latin-1, as browsers do."""
    return "".join(byte.decode("cp1252", "ignore") or byte.decode("latin-1") for byte in (bytes([each]) for each in text.encode()))


@pytest.mark.parametrize("text", [MEANT, RUSSIAN])
def test_a_table_is_read_as_it_was_meant(text: str, tmp_path: Path) -> None:
    """Text, title and other columns of a row."""
    content = f'id,title,text,desk\n1,"{wrong(text)}","{wrong(text)}","{wrong(text)}"\n'
    [article] = articles_of(read(tmp_path / "a.csv", content))
    assert (article.title, article.text, article.metadata) == (text, text, {"desk": text})


def test_only_some_of_it_may_be_wrong(tmp_path: Path) -> None:
    """Correct signs beside wrong ones stay."""
    [article] = articles_of(read(tmp_path / "a.csv", f'id,text\n1,"{MEANT} {wrong(MEANT)}"\n'))
    assert article.text == f"{MEANT} {MEANT}"


def test_offsets_are_those_of_the_text_that_was_meant(tmp_path: Path) -> None:
    """The body begins behind front matter that was decoded wrongly too."""
    [article] = articles_of(read(tmp_path / "a.md", wrong(f"---\ntitle: The caf\u00e9\n---\n\n{MEANT}\n")))
    assert article.title == "The caf\u00e9"
    assert article.text[article.body.start : article.body.end].strip() == MEANT


def test_pages_begin_where_they_did() -> None:
    """Each page is mended by itself."""
    from newsdex.indexer.readers.mojibake import mended

    pages = [f"{wrong(MEANT)}\f", f"{MEANT}\f", wrong(MEANT)]
    starts = tuple(len("".join(pages[:place])) for place in range(3))
    text = "".join(pages)
    article = mended(Article("1", text, Path("/a.pdf"), "", body=Span(starts[1], len(text)), pages=starts))
    one = len(MEANT) + 1
    assert (article.text, article.pages, article.body) == (
        f"{MEANT}\f{MEANT}\f{MEANT}",
        (0, one, 2 * one),
        Span(one, 3 * one - 1),
    )


@pytest.mark.parametrize(
    "text",
    [
        "S\u00c3O PAULO e \u00c2ngela",
        "L\u2019\u00e2ge d\u2019or \u00e0 \u00c2 Paris",
        "\u00c3\u00c2",
        "na\u00efve \u2013 \u00a38",
        "\u00d0\u00d1 \u00d8rsted",
    ],
)
def test_correct_text_stays(text: str, tmp_path: Path) -> None:
    """Capitals with accents are not mistaken for wrong bytes."""
    [article] = articles_of(read(tmp_path / "a.csv", f'id,text\n1,"{text}"\n'))
    assert article.text == text


@pytest.mark.skipif(not (SHARED / "data" / "ntrex").is_dir(), reason="the shared collections are not here")
def test_no_story_in_eleven_languages_changes() -> None:
    """News stories, which were decoded correctly."""
    from newsdex.indexer.readers.mojibake import mended

    for corpus in sorted((SHARED / "data" / "ntrex").glob("*/corpus.jsonl")):
        for line in corpus.read_text().splitlines():
            story = json.loads(line)
            article = Article(story["_id"], story["text"], corpus, "", title=story["title"], published=Published("2018-01-01", "record"))
            assert mended(article) == article

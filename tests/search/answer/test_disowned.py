"""A correction shows what is right, and not the error that it repeats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsdex.indexer.build import Options, index_paths
from newsdex.search.index import Index

QUARRY = (
    "The Courier reported on Saturday that nine people had died in the rockfall at Hessle quarry. That was wrong. "
    "The police confirmed on Sunday evening that six people had been killed. Three workers were found alive in a hospital. "
    "The quarry has been closed since."
)
AYUDA = (
    "En la nota publicada el lunes sobre la riada de Almedina se dijo que cada familia recibirá 35.000 euros. "
    "La cifra correcta es 53.000 euros, según aclaró el ayuntamiento. La ayuda se paga en junio."
)

# A whole story that replaces an earlier one.
FERRY = (
    "The ferry Alma sank off Skerrow because a valve was left open, an inquiry has found. The report said that two mates had known of it. "
    "Its authors heard forty witnesses."
)


@pytest.fixture(scope="module")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two corrections, one by its field and one by its title, and of a corrected story."""
    folder = tmp_path_factory.mktemp("corrections")
    articles = [
        {"_id": "quarry", "title": "Six people died in the Hessle rockfall, not nine", "text": QUARRY, "corrects": "old"},
        {"_id": "ayuda", "title": "Corrección: ayuda tras la riada de Almedina", "text": AYUDA, "language": "es"},
        {"_id": "ferry", "title": "Ferry sank after a valve was left open", "text": FERRY, "corrects": "older"},
    ]
    lines = "".join(json.dumps(article) + "\n" for article in articles)
    (folder / "a.jsonl").write_text(lines, encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options())
    return folder / "index"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many people died in the Hessle rockfall", "The police confirmed on Sunday evening that six people had been killed."),
        ("rockfall at Hessle quarry", "The police confirmed on Sunday evening that six people had been killed."),
        (
            "cuántos euros recibirá cada familia por la riada de Almedina",
            "La cifra correcta es 53.000 euros, según aclaró el ayuntamiento.",
        ),
        ("who was found alive after the Hessle rockfall", "Three workers were found alive in a hospital."),
        ("how many mates had known of the valve of the ferry Alma", "The report said that two mates had known of it."),
        # This is about the report.
        ("what was reported by the Courier on the Hessle quarry rockfall", QUARRY.split(". ", maxsplit=1)[0] + "."),
    ],
)
def test_a_correction_shows_what_is_right(corrections: Path, question: str, answer: str) -> None:
    with Index.open(corrections) as index:
        for several in (1, 3):
            assert index.search(question, min_score=0, per_article=several)[0].answer_text == answer

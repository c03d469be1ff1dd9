"""An office is supported only of the one who holds it, in the place that is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsdex import Index, Options, index_paths

TEXT = (
    "Velden County District Attorney Ann Roe announced the charges on Monday. Tom Hale, the mayor of Lindal, thanked her. "
    "Assistant District Attorney Eva Lund leads the case, and the governor of Sarbia, Max Orr, was told."
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offices")
    (folder / "a.jsonl").write_text(json.dumps({"id": "a", "title": "Charges in Velden", "text": TEXT, "language": "en"}), encoding="utf-8")
    index_paths([folder / "a.jsonl"], folder / "index", Options())
    return folder / "index"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("Ann Roe is the district attorney of Velden County.", "supported"),
        ("Ann Roe is the mayor of Lindal.", "partly"),
        ("Ann Roe is the district attorney of Lindal County.", "partly"),
        ("Tom Hale is the mayor of Lindal.", "supported"),
        ("Tom Hale is the governor of Sarbia.", "partly"),
        ("Max Orr is the governor of Sarbia.", "supported"),
        ("Eva Lund is the district attorney of Velden County.", "partly"),
    ],
)
def test_an_office_is_of_its_holder(index: Path, claim: str, verdict: str) -> None:
    with Index.open(index) as opened:
        assert opened.check(claim).sentences[0].verdict == verdict

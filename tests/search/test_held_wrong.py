"""Calls of the library with the wrong kind of thing: the error says what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsdex import Index, Options, UsageError, index_paths
from newsdex.search.writing.quotations import markers


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "a.txt").write_text("The ferry sailed on Monday.", encoding="utf-8")
    index_paths([folder / "a.txt"], folder / "index", Options("hash"))
    return Index.open(folder / "index")


def test_a_folder_is_opened_and_not_taken_for_an_index(tmp_path: Path) -> None:
    """At once, with the call that was meant."""
    folder: Any = str(tmp_path)
    with pytest.raises(UsageError, match=r"Index\.open"):
        Index(folder)


@pytest.mark.parametrize("value", [None, 5, ["ferry"]])
def test_what_is_no_text(index: Index, value: Any) -> None:
    """It is named, and not taken apart."""
    for call in (index.check, index.article, index.similar, index.thread):
        with pytest.raises(UsageError, match=r"expected text, not \w+"):
            call(value)


def test_one_question_where_several_are_wanted(index: Index) -> None:
    """Its letters are no questions."""
    with pytest.raises(UsageError, match="one text is not a list"):
        index.search_many("ferry")


def test_what_stands_for_a_quotation_cites_nothing() -> None:
    """The number in it is not the model's."""
    text = "He said [quotation left out: not in [1] word for word] [2]."
    assert [numbers for *_, numbers in markers(text)] == [[2]]

"""Passages with their neighbours, as retrievers give them."""

from __future__ import annotations

from pathlib import Path

from pdf_files import pdf

from newsdex import Chunking, Index, Options, index_paths
from newsdex.search.retrievers.passages import retrieve


def test_the_page_is_that_on_which_the_text_starts(tmp_path: Path) -> None:
    """The neighbour before the passage is on the page before."""
    first = ["The harbour was closed on Monday after a storm had broken the pier."] * 5
    second = ["Walt Sorensen, the dentist of Port Alder, skated to work for forty years."] * 5
    (tmp_path / "a.pdf").write_bytes(pdf([first, second]))
    index_paths([tmp_path / "a.pdf"], tmp_path / "index", Options(model="hash", chunking=Chunking(64)))
    with Index.open(tmp_path / "index") as index:
        [alone] = retrieve(index, "dentist Sorensen", 1, {"min_score": 0})
        [wide] = retrieve(index, "dentist Sorensen", 1, {"min_score": 0, "context": 1})
    assert (alone.text.startswith("Walt"), alone.fields["page"]) == (True, 2)
    assert (wide.text.startswith("The harbour"), wide.fields["page"]) == (True, 1)

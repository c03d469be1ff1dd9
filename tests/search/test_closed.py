"""An index that is closed says so, instead of loading its model again."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from newsdex import Index, Options, UsageError, index_paths


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda index: index.search("the bridge"), id="search"),
        pytest.param(lambda index: index.search_many(["the bridge"]), id="search_many"),
        pytest.param(lambda index: index.context("the bridge"), id="context"),
        pytest.param(lambda index: index.article("news.txt"), id="article"),
        pytest.param(lambda index: index.similar("news.txt"), id="similar"),
        pytest.param(lambda index: index.thread("news.txt"), id="thread"),
        pytest.param(lambda index: index.overview(), id="overview"),
        pytest.param(lambda index: index.suggest("bri"), id="suggest"),
        pytest.param(lambda index: index.verify_quote("The bridge opened."), id="verify_quote"),
        pytest.param(lambda index: index.snapshot(), id="snapshot"),
        pytest.param(lambda index: index.manifest, id="manifest"),
    ],
)
def test_a_closed_index_answers_nothing(tmp_path: Path, use: Callable[[Index], object]) -> None:
    (tmp_path / "news.txt").write_text("The bridge opened.", encoding="utf-8")
    index_paths([tmp_path / "news.txt"], tmp_path / "index", Options(model="hash"))
    with Index.open(tmp_path / "index") as index:
        [hit] = index.search("the bridge")
    with pytest.raises(UsageError, match=r"the index \S+index is closed\. Open it again: Index\.open\("):
        use(index)
    index.close()  # once more does no harm
    assert hit.article.text == "The bridge opened."


def test_a_closed_index_leaves_no_file_mapped(tmp_path: Path) -> None:
    """Nothing of a version that is no longer used waits for the garbage collector, which a server lets run seldom."""
    (tmp_path / "news.txt").write_text("The bridge opened.", encoding="utf-8")
    index_paths([tmp_path / "news.txt"], tmp_path / "index", Options(model="hash"))
    gc.collect()
    gc.disable()
    try:
        with Index.open(tmp_path / "index") as index:
            index.search("the bridge")
            [segment] = index.asker().snapshot.segments
            left = [weakref.ref(segment), weakref.ref(segment.postings)]
            del segment
        del index
        assert [each() for each in left] == [None, None]
    finally:
        gc.enable()

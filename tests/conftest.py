"""What the tests share: the sample archive, indexed once a run with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsdex import index_paths

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of examples/articles."""
    folder = tmp_path_factory.mktemp("sample") / "index_data"
    index_paths([ROOT / "examples" / "articles"], folder)
    return folder

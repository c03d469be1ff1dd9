"""What the tests share: the sample archive, indexed once a run with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest
from paths import ROOT

from newsdex import Options, index_paths
from newsdex.encoder import DEFAULT_MODEL


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of examples/articles, by the model for English, which many of the tests know the cosines of."""
    folder = tmp_path_factory.mktemp("sample") / "index_data"
    index_paths([ROOT / "examples" / "articles"], folder, Options(DEFAULT_MODEL))
    return folder


@pytest.fixture(scope="session")
def demo_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of examples/articles as `make demo` makes it."""
    folder = tmp_path_factory.mktemp("demo") / "index_data"
    index_paths([ROOT / "examples" / "articles"], folder)
    return folder


@pytest.fixture(scope="session")
def sample_size() -> int:
    """How many articles examples/articles has, a file each."""
    return len([*(ROOT / "examples" / "articles").iterdir()])


@pytest.fixture(params=[False, True], ids=["float32", "bfloat16"])
def bfloat16(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether OpenVINO computes in bfloat16 meanwhile, whichever is faster here."""
    from newsdex.engines import openvino_graph  # which few tests need

    if request.param and not openvino_graph.has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    monkeypatch.setattr(openvino_graph, "bfloat16_is_faster", lambda: request.param)
    return bool(request.param)

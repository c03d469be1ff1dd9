"""What the tests share: the sample archive, indexed once a run with the real models."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from paths import ROOT

from newsdex import Options, index_paths
from newsdex.encoder import DEFAULT_MODEL

# Its deadline is of time that passes, which on a busy machine is that of others.
settings.register_profile("newsdex", settings(), deadline=None)
settings.load_profile("newsdex")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Limit the matrix libraries of each of xdist's workers to one thread.

    With a worker for each core, several threads spin while they wait for those of other workers. A run without xdist and the processes that
    tests start keep as many as a user has.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    # Not every environment without xdist has it.
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of examples/articles, by the model for English, which many of the tests know the cosines of; read-only."""
    return _sample(tmp_path_factory, "sample", Options(DEFAULT_MODEL))


@pytest.fixture(scope="session")
def demo_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of examples/articles as `make demo` makes it; read-only."""
    return _sample(tmp_path_factory, "demo", Options())


def _sample(factory: pytest.TempPathFactory, name: str, options: Options) -> Path:
    """Built by the first of xdist's workers that needs it, in the folder that theirs are in."""
    shared = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    built = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            unfinished = factory.mktemp(name) / "index_data"
            index_paths([ROOT / "examples" / "articles"], unfinished, options)
            unfinished.parent.rename(built)
    return built / "index_data"


@pytest.fixture(scope="session")
def sample_size() -> int:
    """How many articles examples/articles has, a file each."""
    return len([*(ROOT / "examples" / "articles").iterdir()])


@pytest.fixture(params=[False, True], ids=["float32", "bfloat16"])
def bfloat16(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether OpenVINO computes in bfloat16 meanwhile, whichever is faster here."""
    from newsdex.engines import openvino_network  # which few tests need

    if request.param and not openvino_network.has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    monkeypatch.setattr(openvino_network, "bfloat16_is_faster", lambda: request.param)
    return bool(request.param)

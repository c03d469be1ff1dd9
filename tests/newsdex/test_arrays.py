"""Helpers that spare a query what numpy and its matrix library would do besides."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsdex.arrays import distinct, places_in, products


@pytest.mark.parametrize("dtype", [np.uint32, np.int64])
@given(numbers=st.lists(st.integers(0, 2**31)))
def test_distinct_is_numpys_unique(dtype: type[np.generic], numbers: list[int]) -> None:
    array = np.array(numbers, dtype)
    assert distinct(array).tolist() == np.unique(array).tolist()
    assert distinct(array).dtype == array.dtype


@given(st.lists(st.integers(-5, 2**18 + 5) | st.integers(-(2**62), 2**62)))
def test_places_are_those_of_a_search(numbers: list[int]) -> None:
    """By a table for small numbers, and by a search for large and negative ones: numpy.unique's inverse."""
    array = np.array(numbers, np.intp)
    assert places_in(array, distinct(array)).tolist() == np.unique(array, return_inverse=True)[1].tolist()


def test_a_search_that_folds_copies_does_not_load_masked_arrays(sample_index: Path) -> None:
    code = (
        "import sys; from newsdex import Index\n"
        f"hits = Index.open({str(sample_index)!r}).search('China support for Russia')\n"
        "assert any(hit.also_in for hit in hits)\n"
        "print('numpy.ma' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 900), st.integers(0, 40), st.sampled_from([1, 7, 384]), st.integers(0, 1 << 32))
def test_products_are_those_of_the_matrices(rows: int, columns: int, dimension: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    left, right = (random.standard_normal((count, dimension)).astype(np.float32) for count in (rows, columns))
    found = products(left, right)
    assert found.dtype == np.float32
    assert found.shape == (rows, columns)
    assert np.allclose(found, left.astype(np.float64) @ right.T, atol=1e-3)


@pytest.mark.skipif((os.cpu_count() or 1) == 1, reason="a matrix library starts no threads on one core")
def test_a_question_leaves_no_thread_waiting(sample_index: Path) -> None:
    """A library is not started with one thread, as the commands are: its threads would take more CPU than the question."""
    code = (
        "import time; from newsdex import Index\n"
        f"index = Index.open({str(sample_index)!r})\n"
        # Threads of a product in the preparation wait busily for some 30 ms
        "index.prepare(); index.search('China support for Russia'); time.sleep(0.5)\n"
        "began, mine = time.process_time(), time.thread_time()\n"
        "for topic in ('ferry', 'election', 'flood'):\n"
        "    index.search(f'What is known of the {topic} and of those who were there?', limit=10)\n"
        "mine = time.thread_time() - mine\n"
        "print((time.process_time() - began - mine) / mine)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert float(found.stdout) < 0.1, found.stdout

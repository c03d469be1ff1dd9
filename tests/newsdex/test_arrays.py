"""Helpers that spare a cold process what numpy would load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsdex.arrays import distinct


@pytest.mark.parametrize("dtype", [np.uint32, np.int64])
@given(numbers=st.lists(st.integers(0, 2**31)))
def test_distinct_is_numpys_unique(dtype: type[np.generic], numbers: list[int]) -> None:
    array = np.array(numbers, dtype)
    assert distinct(array).tolist() == np.unique(array).tolist()
    assert distinct(array).dtype == array.dtype


def test_a_search_that_folds_copies_does_not_load_masked_arrays(sample_index: Path) -> None:
    code = (
        "import sys; from newsdex import Index\n"
        f"hits = Index.open({str(sample_index)!r}).search('China support for Russia')\n"
        "assert any(hit.also_in for hit in hits)\n"
        "print('numpy.ma' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"

"""Logistic regression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROUNDS = 60


def fit(rows: Floats, right: NDArray[np.bool_], weight: Floats, ridge: float = 0.0) -> Floats:
    """The coefficients by which (cases, coefficients) ``rows`` tell what is ``right``, by Newton's method."""
    coefficients = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        expected = probabilities(rows, coefficients)
        slope = rows.T @ (weight * (right - expected)) - ridge * coefficients
        curvature = (rows * (weight * expected * (1 - expected))[:, None]).T @ rows + ridge * np.eye(len(coefficients))
        coefficients += np.linalg.solve(curvature, slope)
    return coefficients


def probabilities(rows: Floats, coefficients: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-rows @ coefficients)))

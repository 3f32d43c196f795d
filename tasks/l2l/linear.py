"""The optimal linear predictor, as a baseline for learning to learn (paper, Fig. 2C and E).

A linear function of an episode's inputs, fitted by least squares with exact knowledge of the pairs:
nothing linear does better. Rank-deficient fits take the solution of least norm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def error_of_all(x: Array, target: Array) -> Array:
    """Squared error of the predictor fitted on all pairs of its episode (Fig. 2C).

    Parameters
    ----------
    x, target
        (B, E, d) and (B, E).

    Returns
    -------
    (B, E)
    """
    design = _with_bias(x)
    fits = [A @ np.linalg.lstsq(A, b, rcond=None)[0] for A, b in zip(design, target, strict=True)]
    return np.asarray((np.array(fits) - target) ** 2)


def error_of_preceding(x: Array, target: Array) -> Array:
    """Squared error at each example of the predictor fitted on all examples before it (Fig. 2E).

    At the first example, with nothing to fit, it predicts 0. Shapes as `error_of_all`.
    """
    design = _with_bias(x)
    guess = np.zeros_like(target)
    for n in range(1, target.shape[1]):
        w = np.linalg.pinv(design[:, :n]) @ target[:, :n, None]
        guess[:, n] = (design[:, n, None] @ w)[:, 0, 0]
    return np.asarray((guess - target) ** 2)


def _with_bias(x: Array) -> Array:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)

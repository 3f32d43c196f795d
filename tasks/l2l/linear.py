"""The optimal linear predictor, as a baseline for learning to learn (paper, Fig. 2C and E).

A linear function of an episode's inputs, fitted by least squares with exact knowledge of the pairs:
nothing linear does better. Rank-deficient fits take the solution of least norm. Fitted on all pairs
and tested on the same it flatters itself; `error_of_others` is tested out of sample.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

RANK: Final = 1e-10  # of the largest eigenvalue: what is below counts as none


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


def error_of_others(x: Array, target: Array) -> Array:
    """Squared error at each example of the predictor fitted on all other pairs of its episode.

    Shapes as `error_of_all`.
    """
    design = _with_bias(x)
    outer = design[..., :, None] * design[..., None, :]
    products = design * target[..., None]
    normal = outer.sum(1, keepdims=True) - outer
    right = products.sum(1, keepdims=True) - products
    w = np.linalg.pinv(normal, rcond=RANK, hermitian=True) @ right[..., None]
    return np.asarray(((design * w[..., 0]).sum(-1) - target) ** 2)


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

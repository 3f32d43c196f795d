"""Muon: momentum of a whole matrix, made orthogonal (Jordan et al. 2024).

Adam scales each entry by itself. Where a few directions of a matrix have most of the gradient, as
in a network that has to build up a memory, the others hardly move. Muon gives all directions of its
momentum about the same length: it goes towards the nearest matrix whose singular values are 1, by a
few steps of a polynomial, without a decomposition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..threads import one_blas_thread
from .adam import taken

Array = npt.NDArray[np.floating[Any]]

MOMENTUM: Final = 0.95
NEWTON_SCHULZ: Final = (3.4445, -4.7750, 2.0315)
"""Coefficients of s, s^3 and s^5: they take any s from 0.01 to 1 to 0.7 ... 1.2 in five steps."""
NEWTON_SCHULZ_STEPS: Final = 5
ROOT_MEAN_SQUARE: Final = 0.2
"""Of an update of a square matrix at lr = scale = 1, about that of Adam's (Liu et al. 2025)."""


class Muon:
    """What changes one full matrix.

    Parameters
    ----------
    shape
        Of the matrix, (rows, columns).
    dtype
        float32 or float64, that of the weights; the momentum has it, too.
    scale
        Factor on the length of a step; with 1 it is ``0.2 lr sqrt(max(rows, columns))`` along each
        direction.

    Notes
    -----
    With g the gradient: m <- 0.95 m + 0.05 g, u = 0.95 m + 0.05 g (Nesterov's momentum), and the
    matrix falls by ``0.2 lr scale sqrt(max(rows, columns)) orthogonal(u)`` (D-muon).
    """

    def __init__(self, shape: tuple[int, int], dtype: npt.DTypeLike, scale: float) -> None:
        self.m = np.zeros(shape, dtype)
        self._reach = scale * ROOT_MEAN_SQUARE * math.sqrt(max(shape))

    def step(self, gradient: Array, lr: float) -> Array:
        """Return what to add to the matrix to go down its gradient, of the same shape.

        Entries of the matrix that are none, such as the diagonal of W_rec, have the gradient 0; the
        caller does not add what is returned for them.
        """
        if gradient.shape != self.m.shape:
            raise UsageError(
                f"muon: expected a gradient of shape {self.m.shape}, found {gradient.shape}"
            )
        fresh = (1.0 - MOMENTUM) * gradient.astype(self.m.dtype, copy=False)
        self.m = MOMENTUM * self.m + fresh
        return (-lr * self._reach) * orthogonal(MOMENTUM * self.m + fresh)

    def state(self) -> Array:
        """Return a copy of the momentum, which is all that `restore` needs."""
        return self.m.copy()

    def restore(self, state: Mapping[str, npt.NDArray[Any]], name: str) -> None:
        """Continue from the momentum that `state` holds under a name."""
        m = taken(state, name, self.m.shape)
        if not np.isfinite(m).all():
            raise UsageError(f"optimiser state {name}: expected finite numbers")
        self.m = m.astype(self.m.dtype)


def orthogonal(matrix: Array) -> Array:
    """Return `matrix` with all singular values near 1, from 0.7 to 1.2; zeros stay.

    Those below a hundredth of the matrix' length (root of the sum of squares) become less.
    Products run on one thread, so that they give the same bits on any number of processors.
    """
    length = math.sqrt(float(np.sum(np.square(matrix, dtype=np.float64))))
    if length == 0.0:
        return np.zeros_like(matrix)
    rows, columns = matrix.shape
    wide = matrix if rows <= columns else matrix.T  # the shorter side is squared
    x: Array = np.ascontiguousarray(wide / length, dtype=matrix.dtype)
    a, b, c = NEWTON_SCHULZ
    with one_blas_thread():
        for _ in range(NEWTON_SCHULZ_STEPS):
            square = x @ x.T
            x = a * x + (b * square + c * (square @ square)) @ x
    return x if rows <= columns else x.T

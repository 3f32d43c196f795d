"""The floor: a Gaussian process that knows the family's own mean and covariance.

Of all predictors that are linear in the values seen, however nonlinear in x, none errs less on new
functions of the family. A family that is not Gaussian leaves room below it for others.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from lsnn_core.threads import one_blas_thread

from .families import Family

Array = npt.NDArray[Any]

N_FUNCTIONS: Final = 4000  # that mean and covariance are taken from; with 16,000 it errs 1 % less
AT_A_TIME: Final = 500
NUGGET: Final = 1e-5  # of the mean variance, added to each: keeps what few functions tell in bounds


def error_of_gaussian_process(
    family: Family, x: Array, target: Array, rng: np.random.Generator
) -> Array:
    """Squared error at each example of the best guess from the examples before it.

    Parameters
    ----------
    x, target
        (B, E, d) and (B, E).
    rng
        Draws the functions that tell the family's mean and covariance at x.

    Returns
    -------
    (B, E)

    Notes
    -----
    With C = L L^T the covariance of the values at an episode's inputs, the guess of the n-th from
    those before errs by L_nn (L^-1 (target - mean))_n.
    """
    functions = family.draw(N_FUNCTIONS, rng)
    with one_blas_thread():  # another number of threads adds up in another order
        errors = [_error(family, functions, *one) for one in zip(x, target, strict=True)]
    return np.square(errors)


def _error(family: Family, functions: Array, x: Array, target: Array) -> Array:
    mean, covariance = moments(family, functions, x)
    covariance[np.diag_indices(len(x))] += NUGGET * np.trace(covariance) / len(x)
    L = np.linalg.cholesky(covariance)
    return np.asarray(np.diag(L) * solve_triangular(L, target - mean, lower=True))


def moments(family: Family, functions: Array, x: Array) -> tuple[Array, Array]:
    """Mean (E) and covariance (E, E) of the values of some functions at x (E, d)."""
    total, square = np.zeros(len(x)), np.zeros((len(x), len(x)))
    for start in range(0, len(functions), AT_A_TIME):
        part = functions[start : start + AT_A_TIME]
        values = family.evaluate(part, np.broadcast_to(x, (len(part), *x.shape)))
        total += values.sum(0)
        square += values.T @ values
    mean = total / len(functions)
    return mean, square / len(functions) - np.outer(mean, mean)

"""A weight matrix as a run file holds it, and what makes it fit to be used."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..csr import column_problem, row_problem

Array = npt.NDArray[Any]
MAX_DELAY = 2**31 - 1  # steps; the kernels count them in 32 bits


class StoredMatrix(NamedTuple):
    """A connection list, row = source, column = target (CSR), E connections.

    Attributes
    ----------
    shape
        Number of sources, number of targets.
    indptr
        (sources + 1,) int64; the connections of source i are ``indptr[i]:indptr[i + 1]``.
    indices
        (E,) int64; target of each connection, ascending within a source.
    data
        (E,) float; weights, sign included.
    delay
        (E,) integer; in steps.
    sign
        (E,) integer; +1 or -1 for a connection of fixed sign, 0 for a free one.
    """

    shape: tuple[int, int]
    indptr: Array
    indices: Array
    data: Array
    delay: Array
    sign: Array


def matrix_problem(matrix: StoredMatrix) -> str | None:
    """Say why a connection list must not reach a kernel, which would index with it unchecked.

    Its arrays are as long as `indptr` says, which is checked by `indptr_problem`, and hold any type
    of integer: they are not yet narrowed to the kernels'.
    """
    problem = column_problem(matrix.indptr, matrix.indices, matrix.shape[1])
    if problem:
        return problem
    delay, sign = matrix.delay, matrix.sign
    if not np.all(np.isfinite(matrix.data)):
        return "has weights that are not finite"
    if np.any((delay < 0) | (delay > MAX_DELAY)):
        return f"has delays outside 0 ... {MAX_DELAY}"
    if np.any((sign < -1) | (sign > 1)):
        return "has signs other than -1, 0 and 1"
    return None


def indptr_problem(indptr: Array, shape: tuple[int, int]) -> str | None:
    """Say why row starts cannot be those of a matrix; the last is the length of its arrays."""
    sources, targets = shape
    problem = row_problem(indptr, sources, int(indptr[-1]) if indptr.size else 0)
    if problem:
        return problem
    if indptr[-1] > sources * targets:
        return f"has {indptr[-1]} connections where {sources * targets} can be"
    return None

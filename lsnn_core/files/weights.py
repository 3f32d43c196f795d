"""A weight matrix as a run file holds it, and what makes it fit to be used."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

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
    _, targets = matrix.shape
    indptr, indices, delay, sign = matrix.indptr, matrix.indices, matrix.delay, matrix.sign
    if np.any((indices < 0) | (indices >= targets)):
        return f"has targets outside 0 ... {targets - 1}"
    ascends = np.diff(indices) > 0
    starts = indptr[(indptr > 0) & (indptr < len(indices))]
    ascends[starts - 1] = True  # the step from one source's last target to the next one's first
    if not np.all(ascends):
        return "has targets that do not ascend within a source"
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
    falls = np.any(indptr[1:] < indptr[:-1])  # not diff: unsigned numbers would wrap around
    if indptr.shape != (sources + 1,) or indptr[0] != 0 or falls:
        return f"has an indptr that does not part connections among {sources} sources"
    if indptr[-1] > sources * targets:
        return f"has {indptr[-1]} connections where {sources * targets} can be"
    return None

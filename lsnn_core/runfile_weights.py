"""A weight matrix as a run file holds it, and what makes it fit to be used."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


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
    """Say why a connection list must not reach a kernel, which would index with it unchecked."""
    sources, targets = matrix.shape
    indptr, indices = matrix.indptr, matrix.indices
    if indptr.shape != (sources + 1,) or indptr[0] != 0 or np.any(np.diff(indptr) < 0):
        return f"has an indptr that does not part connections among {sources} sources"
    lengths = {len(indices), len(matrix.data), len(matrix.delay), len(matrix.sign)}
    if lengths != {int(indptr[-1])}:
        return f"has arrays of lengths {sorted(lengths)} where indptr says {indptr[-1]}"
    if np.any((indices < 0) | (indices >= targets)):
        return f"has targets outside 0 ... {targets - 1}"
    ascends = np.diff(indices) > 0
    starts = indptr[(indptr > 0) & (indptr < len(indices))]
    ascends[starts - 1] = True  # the step from one source's last target to the next one's first
    if not np.all(ascends):
        return "has targets that do not ascend within a source"
    if not np.all(np.isfinite(matrix.data)):
        return "has weights that are not finite"
    if np.any(matrix.delay < 0) or np.any(np.abs(matrix.sign) > 1):
        return "has negative delays, or signs other than -1, 0 and 1"
    return None

"""A weight matrix as a run file holds it, and what makes it fit to be used."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..csr import Matrix, column_problem, row_problem
from .guarded import GuardedFile

Array = npt.NDArray[Any]
MAX_DELAY = 2**31 - 1  # steps; the kernels count them in 32 bits
MOST_SITES: Final = 2**31 - 1
"""Of each axis of a matrix: sources and targets are numbered in 32 bits."""


def read_matrix(file: GuardedFile, path: str, shape: tuple[int, int] | None) -> Matrix:
    """Return the matrix in the group at `path`, of `shape` if that is known beforehand."""
    sizes = _stored_shape(file, path)
    if shape is not None and sizes != shape:
        raise file.bad(path, f"has shape {sizes}, expected {shape}")
    indptr = file.array(f"{path}/indptr", "iu", shape=(sizes[0] + 1,))
    problem = indptr_problem(indptr, sizes)
    if problem:
        raise file.bad(path, problem)
    entries = (int(indptr[-1]),)
    matrix = Matrix(
        sizes,
        indptr.astype(np.int64, copy=False),
        file.array(f"{path}/indices", "iu", shape=entries),
        file.array(f"{path}/data", "f", shape=entries),
        file.array(f"{path}/delay", "iu", shape=entries),
        file.array(f"{path}/sign", "i", shape=entries),
    )
    problem = matrix_problem(matrix)
    if problem:
        raise file.bad(path, problem)
    return matrix._replace(indices=matrix.indices.astype(np.int64, copy=False))


def _stored_shape(file: GuardedFile, path: str) -> tuple[int, int]:
    sizes = file.attribute("shape", path)
    if (
        not isinstance(sizes, np.ndarray)
        or sizes.shape != (2,)
        or sizes.dtype.kind not in "iu"
        or np.any((sizes < 0) | (sizes > MOST_SITES))
    ):
        raise file.bad(path, "has no attribute shape of two sizes")
    return int(sizes[0]), int(sizes[1])


def matrix_problem(matrix: Matrix) -> str | None:
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

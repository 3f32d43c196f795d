"""Matrices as users have them, dense or scipy.sparse, to entries of a list and back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from ..csr import Matrix
from ..errors import UsageError
from ..given import as_float, integers, reals, shown

Array = npt.NDArray[Any]
FIELDS = {"weight": "data", "delay": "delay", "sign": "sign"}


class Entries(NamedTuple):
    """The connections of one matrix of `shape`, in any order."""

    shape: tuple[int, ...]
    row: Array
    column: Array
    weight: Array
    delay: Array
    sign: Array


def weights(name: str, values: npt.ArrayLike) -> npt.NDArray[np.floating[Any]]:
    """`values` as floats; `Connections.validate` names the connection that is not finite."""
    return as_float(reals(name, values, truths=False, finite=False))


def dense_entries(name: str, weight: npt.ArrayLike, delay: npt.ArrayLike) -> Entries:
    """The entries of a dense matrix that are not zero; `delay` is one number or of its shape."""
    if _is_sparse(weight):
        raise UsageError(f"{name}: found a scipy.sparse matrix; give it to Connections.from_sparse")
    dense = weights(name, weight)
    steps = integers(f"delay of {name}", delay, dtype=np.int64)
    if steps.shape not in ((), dense.shape):
        raise UsageError(f"delay of {name}: expected one number or shape {dense.shape}")
    chosen = np.nonzero(dense)
    if len(chosen) != 2:
        return Entries(dense.shape, *(np.zeros(0, np.int64),) * 2, *(np.zeros(0),) * 3)
    steps = np.broadcast_to(steps, dense.shape)[chosen]
    return Entries(dense.shape, *chosen, dense[chosen], steps, np.zeros(len(steps), np.int8))


def sparse_entries(name: str, weight: Any, delay: Any, sign: Any) -> Entries:
    """The stored entries of a scipy.sparse matrix; `delay` and `sign` are numbers, or like it."""
    listed = _listed(name, weight)
    row = np.repeat(np.arange(listed.shape[0]), np.diff(listed.indptr))
    steps, signs = (
        _beside(name, what, values, listed) for what, values in (("delay", delay), ("sign", sign))
    )
    return Entries(listed.shape, row, listed.indices, weights(name, listed.data), steps, signs)


def dense_matrix(matrix: Matrix, field: str, absent: int) -> Array:
    """A field of `matrix` as an array of its shape, `absent` where there is no connection."""
    values: Array = getattr(matrix, field)
    result = np.full(matrix.shape, absent, dtype=values.dtype)
    result[np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)), matrix.indices] = values
    return result


def sparse_matrix(matrix: Matrix, what: str) -> Any:
    """Weights, delays or signs of `matrix` as a scipy.sparse.csr_array."""
    if what not in FIELDS:
        raise UsageError(f"what: expected one of {tuple(FIELDS)}, found {shown(what)}")
    values = np.array(getattr(matrix, FIELDS[what]))
    return csr_array((values, np.array(matrix.indices), np.array(matrix.indptr)), matrix.shape)


def _is_sparse(values: Any) -> bool:
    """Whether this is a scipy.sparse matrix or array, without importing what it is made of."""
    return hasattr(values, "tocsr") and hasattr(values, "nnz")


def _listed(name: str, values: Any) -> Any:
    """A copy of a sparse matrix, row by row, columns ascending, double entries added up."""
    if not _is_sparse(values):
        raise UsageError(
            f"{name}: expected a scipy.sparse matrix, found {shown(values)}; "
            "Connections.from_dense takes arrays"
        )
    listed = values.tocsr(copy=True)
    listed.sum_duplicates()
    if listed.ndim != 2:
        raise UsageError(f"{name}: expected a matrix, found {listed.ndim} axes")
    return listed


def _beside(name: str, what: str, values: Any, listed: Any) -> Array:
    """Whole numbers for the entries of `listed`: one for all, or a matrix with the same ones."""
    called = f"{what} of {name}"
    if not _is_sparse(values):
        return np.broadcast_to(integers(called, values, (), "or a sparse matrix"), (listed.nnz,))
    given = _listed(called, values)
    same = given.shape == listed.shape and all(
        np.array_equal(getattr(given, part), getattr(listed, part))
        for part in ("indptr", "indices")
    )
    if not same:
        raise UsageError(
            f"{called}: expected an entry, zero or not, for each of the {listed.nnz} of {name} "
            f"{listed.shape}, found {given.nnz} {given.shape}"
        )
    return integers(called, given.data)

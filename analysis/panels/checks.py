"""Shape checks shared by the panels: an array of the wrong shape is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError

Array = npt.NDArray[Any]


def vector(name: str, values: npt.ArrayLike, length: int | None = None) -> Array:
    """Return `values` as a 1-D array, of `length` entries if that is given."""
    array = np.asarray(values)
    if array.ndim != 1 or (length is not None and array.size != length):
        wanted = "1-D" if length is None else f"({length},)"
        raise UsageError(f"{name}: expected shape {wanted}, found {array.shape}")
    return array


def matrix(name: str, values: npt.ArrayLike, columns: int | None = None) -> Array:
    """Return `values` as a non-empty 2-D array, of `columns` columns if that is given."""
    array = np.asarray(values)
    if array.ndim != 2 or array.size == 0 or (columns is not None and array.shape[1] != columns):
        wanted = "(T, k) with T, k >= 1" if columns is None else f"(T, {columns})"
        raise UsageError(f"{name}: expected shape {wanted}, found {array.shape}")
    return array


def finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return `values` as float64 with every infinity replaced by NaN, which lines leave out."""
    array = np.array(values, dtype=np.float64)
    array[~np.isfinite(array)] = np.nan
    return array

"""Row-wise lists in NumPy: building row starts, and refusing what is not a proper list."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import UsageError
from .given import as_array


def row_starts(rows: npt.NDArray[np.integer[Any]], count: int) -> npt.NDArray[np.int64]:
    """Return `indptr` (count + 1) of entries that lie in the given rows."""
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    return starts


def check_row_starts(
    name: str, indptr: npt.NDArray[np.integer[Any]], rows: int, count: int
) -> None:
    """Refuse an `indptr` that does not rise from 0 to `count` in `rows` steps."""
    if indptr.shape != (rows + 1,):
        raise UsageError(f"{name} indptr: expected {rows + 1} entries, found shape {indptr.shape}")
    if indptr[0] != 0 or indptr[-1] != count or (np.diff(indptr) < 0).any():
        raise UsageError(f"{name} indptr: expected to rise from 0 to {count} and never to fall")


def check_columns(
    name: str,
    indptr: npt.NDArray[np.integer[Any]],
    column: npt.NDArray[np.integer[Any]],
    columns: int,
) -> None:
    """Refuse columns out of range, repeated or out of order within a row."""
    if len(column) == 0:
        return
    if column.min() < 0 or column.max() >= columns:
        raise UsageError(f"{name} targets: expected 0..{columns - 1}, found one outside")
    rises = np.diff(column) > 0
    starts = indptr[1:-1]
    rises[starts[(starts > 0) & (starts < len(column))] - 1] = True  # a new row starts anywhere
    if not rises.all():
        wrong = int(np.argmin(rises)) + 1
        raise UsageError(f"{name} targets: entry {wrong} is a duplicate or out of order in its row")


def integers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Convert to int64; refuse anything that is not made of integers."""
    array = as_array(values)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)  # an empty list has no dtype of its own
    if array.dtype.kind not in "iu" or (array.dtype == np.uint64 and (array >> 63).any()):
        raise UsageError(f"{name}: expected integers below 2**63, found {array.dtype}")
    return array.astype(np.int64)


def vector(name: str, values: npt.ArrayLike, count: int, dtype: type[Any]) -> npt.NDArray[Any]:
    """Return `count` integers of `dtype`; `values` may be one number for all."""
    array = integers(name, values)
    if array.shape not in ((), (count,)):
        raise UsageError(f"{name}: expected one number or {count}, found shape {array.shape}")
    bounds = np.iinfo(dtype)
    if array.size and (array.min() < bounds.min or array.max() > bounds.max):
        raise UsageError(f"{name}: expected values within {bounds.min}..{bounds.max}")
    return np.broadcast_to(array, (count,)).astype(dtype)


def reals(name: str, values: npt.ArrayLike) -> npt.NDArray[np.floating[Any]]:
    """Return float32 or float64 as they are, other real numbers as float64."""
    array = as_array(values)
    if array.dtype in (np.float32, np.float64):
        return array
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    raise UsageError(f"{name}: expected real numbers, found {array.dtype}")

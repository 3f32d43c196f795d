"""Row-wise lists in NumPy: building row starts, and what keeps arrays from being a proper list."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer[Any]]


class Matrix(NamedTuple):
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
    indptr: npt.NDArray[Any]
    indices: npt.NDArray[Any]
    data: npt.NDArray[Any]
    delay: npt.NDArray[Any]
    sign: npt.NDArray[Any]


def row_starts(rows: Integers, count: int) -> npt.NDArray[np.int64]:
    """Return `indptr` (count + 1) of entries that lie in the given rows."""
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    return starts


def row_problem(indptr: Integers, rows: int, count: int) -> str | None:
    """Say why an `indptr` does not part `count` entries among `rows` rows."""
    if indptr.shape != (rows + 1,):
        return f"has an indptr of shape {indptr.shape}, expected {rows + 1} entries"
    falls = (indptr[1:] < indptr[:-1]).any()  # not diff: unsigned numbers would wrap around
    if indptr[0] != 0 or indptr[-1] != count or falls:
        return f"has an indptr that is expected to rise from 0 to {count} and never to fall"
    return None


def column_problem(indptr: Integers, column: Integers, columns: int) -> str | None:
    """Say why columns, parted by a good `indptr`, are out of range, repeated or out of order."""
    if ((column < 0) | (column >= columns)).any():
        return f"has targets outside 0..{columns - 1}"
    ascends = column[1:] > column[:-1]
    starts = indptr[(indptr > 0) & (indptr < len(column))]
    ascends[starts - 1] = True  # a new row starts anywhere
    if not ascends.all():
        wrong = int(np.argmin(ascends)) + 1
        return f"has targets that do not ascend: entry {wrong} is a duplicate or out of order"
    return None

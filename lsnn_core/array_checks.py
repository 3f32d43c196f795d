"""Arrays as a caller hands them over: of the right shape, of real numbers, without NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import UsageError

Array = npt.NDArray[Any]


def real_array(name: str, values: object, shape: tuple[int | None, ...]) -> Array:
    """`values` as an array of real numbers, NaN among them or not, of a shape (None: any length).

    Raises
    ------
    UsageError
        It has another shape, or holds something else; nothing is ever broadcast.
    """
    array = np.asarray(values)
    fits = array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype.kind not in "fiu":
        raise UsageError(
            f"{name}: expected real numbers of shape {_shown(shape)}, "
            f"found {array.dtype} {array.shape}"
        )
    return array


def finite_array(name: str, values: object, shape: tuple[int | None, ...]) -> Array:
    """The same, and NaN or infinity is refused too."""
    array = real_array(name, values, shape)
    at = first_not_finite(array)
    if at is not None:
        where = f"{name}{list(at)}" if at else name
        raise UsageError(f"{where}: expected a finite number, found {array[at]}")
    return array


def alike(name: str, values: object, like: Array) -> Array:
    """`values` as finite numbers that belong to those of `like`.

    They are as many, or one number for all, or one along an axis where `like` has several. What
    NumPy would broadcast to more numbers than `like` has, or along axes it does not have, is
    refused: it would pair every example with every other.
    """
    array = np.asarray(values)
    if array.ndim == 0:
        return finite_array(name, array, ())
    fits = array.ndim == like.ndim and all(
        have in (1, want) for have, want in zip(array.shape, like.shape, strict=True)
    )
    if not fits:
        raise UsageError(
            f"{name}: expected shape {like.shape}, or 1 along some of its axes, found {array.shape}"
        )
    return finite_array(name, array, array.shape)


def whole_array(name: str, values: object, length: int, stop: int) -> Array:
    """`values` as `length` whole numbers from 0 to ``stop - 1``."""
    array = np.asarray(values)
    if array.dtype.kind not in "iu" or array.shape != (length,):
        raise UsageError(
            f"{name}: expected whole numbers of shape {(length,)}, found {array.dtype} "
            f"{array.shape}"
        )
    wrong = (array < 0) | (array >= stop)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise UsageError(f"{name}[{at}]: expected 0 to {stop - 1}, found {array[at]}")
    return array


def first_not_finite(array: Array) -> tuple[int, ...] | None:
    """Where the first NaN or infinity is, if there is one."""
    wrong = ~np.isfinite(array)
    if not wrong.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), array.shape))


def _shown(shape: tuple[int | None, ...]) -> str:
    lengths = ["any" if length is None else str(length) for length in shape]
    return f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"

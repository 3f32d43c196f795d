"""What a caller hands in: looked at once, before anything is computed, and refused by name."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import UsageError
from .text import show

Array = npt.NDArray[Any]
Float = type[np.floating[Any]]
Shape = tuple[int | None, ...]


def whole(name: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """`value` as an int within bounds."""
    proper = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not proper or value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"{least} to {most}"
        raise UsageError(f"{name}: expected a whole number, {bounds}, found {shown(value)}")
    return int(value)


def number(
    name: str, value: Any, expected: str = "0 or more", least: float = 0.0, most: float = np.inf
) -> float:
    """`value` as a finite float within bounds, which `expected` puts into words."""
    found = np.nan
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer that no float holds
            found = float(value)
    if not (least <= found <= most and np.isfinite(found)):
        raise UsageError(f"{name}: expected {expected}, found {shown(value)}")
    return found


def truth(name: str, value: Any) -> bool:
    """`value` as a bool; 0, 1 and strings are none."""
    if not isinstance(value, bool | np.bool_):
        raise UsageError(f"{name}: expected True or False, found {shown(value)}")
    return bool(value)


def instance(name: str, value: Any, kind: type, remedy: str) -> None:
    """Refuse what is not of a class."""
    if not isinstance(value, kind):
        raise UsageError(f"{name}: expected {kind.__name__}, found {shown(value)}; {remedy}")


def float_type(name: str, value: Any) -> Float:
    """np.float32 or np.float64, from whatever names one of them."""
    try:
        found = np.dtype(value) if value is not None else None
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise UsageError(f"{name}: expected float32 or float64, found {shown(value)}")
    kind: Float = found.type
    return kind


def reals(
    name: str,
    values: Any,
    shape: Shape | None = None,
    axes: str = "",
    *,
    truths: bool = True,
    finite: bool = True,
) -> Array:
    """`values` as an array of real numbers of a shape (None: any), called `axes`; never broadcast.

    `truths`: True and False count as 1 and 0. `finite` False lets NaN and infinity pass.
    """
    array = _array(name, values, ("fiub" if truths else "fiu", "real numbers"), shape, axes)
    if finite:
        refuse(name, array, ~np.isfinite(array), "expected a finite number")
    return array


def integers(
    name: str,
    values: Any,
    shape: Shape | None = None,
    axes: str = "",
    dtype: type[np.integer[Any]] | None = None,
) -> Array:
    """`values` as an array of integers of a shape, called `axes`, in `dtype` or their own."""
    array = _array(name, values, ("iu", "integers"), shape, axes)
    if dtype is None:
        return array
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    refuse(name, array, (array < low) | (array > high), f"expected integers within {low}..{high}")
    return array.astype(dtype, copy=False)


def vector(name: str, values: Any, count: int, dtype: type[np.integer[Any]]) -> Array:
    """`count` integers of `dtype`; `values` may be one number for all."""
    array = integers(name, values, dtype=dtype)
    if array.shape not in ((), (count,)):
        raise UsageError(f"{name}: expected one number or {count}, found shape {array.shape}")
    return np.broadcast_to(array, (count,))


def as_float(array: Array) -> Array:
    """Float32 and float64 as they are, other real numbers as float64."""
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def alike(name: str, values: object, like: Array) -> Array:
    """`values` as finite numbers that belong to those of `like`.

    They are as many, or one number for all, or one along an axis where `like` has several. What
    NumPy would broadcast to more numbers than `like` has, or along axes it does not have, is
    refused: it would pair every example with every other.
    """
    array = as_array(values)
    if array.ndim == 0:
        return reals(name, values, (), truths=False)
    fits = array.ndim == like.ndim and all(
        have in (1, want) for have, want in zip(array.shape, like.shape, strict=True)
    )
    if not fits:
        raise UsageError(
            f"{name}: expected shape {like.shape}, or 1 along some of its axes, found {array.shape}"
        )
    return reals(name, values, array.shape, truths=False)


def cast(name: str, values: Array, dtype: Float) -> Array:
    """`values` in a float dtype, themselves if they have it; refuses what is too large for it."""
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore"):  # what overflows is refused below
        result = values.astype(dtype)
    fits = np.isfinite(result)
    if not fits.all():
        largest = f"at most {np.finfo(dtype).max:.2g} in {np.dtype(dtype)}"
        refuse(name, values, ~fits, f"expected {largest}", "use float64 or rescale")
    return result


def refuse(name: str, values: Array, wrong: Array, expected: str, remedy: str = "") -> None:
    """Raise `UsageError` for the first entry that is wrong."""
    at = first(wrong)
    if at is not None:
        then = f"; {remedy}" if remedy else ""
        raise UsageError(f"{name}{list(at) if at else ''}: {expected}, found {values[at]}{then}")


def first(wrong: Array) -> tuple[int, ...] | None:
    """Where the first entry is that is true, if there is one."""
    if not wrong.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def shown(value: Any) -> str:
    """A value in a few words, however large it is."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    return show(value)


def as_array(values: Any) -> Array:
    """`values` as an array, of objects if they have no other form: rows of different lengths."""
    try:
        return np.asarray(values)
    except (TypeError, ValueError):
        return np.empty(0, object)


def _array(name: str, values: Any, kind: tuple[str, str], shape: Shape | None, axes: str) -> Array:
    """`values` as an array of a kind (NumPy's letters, and in words) and of a shape."""
    letters, wanted = kind
    array, called = as_array(values), f", {axes}" if axes else ""
    if array.size == 0 and array.dtype == np.float64:
        letters += "f"  # an empty list has no dtype of its own
    numbers = isinstance(values, np.ndarray) or array.dtype.kind in "fiubc"
    found = f"{array.dtype} {array.shape}" if numbers else shown(values)
    if array.dtype.kind not in letters:
        raise UsageError(f"{name}: expected {wanted}{called}, found {found}")
    if shape is not None and not _fits(array, shape):
        raise UsageError(f"{name}: expected shape {_words(shape)}{called}, found {found}")
    return array


def _fits(array: Array, shape: Shape) -> bool:
    return array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )


def _words(shape: Shape) -> str:
    return str(shape).replace("None", "any")

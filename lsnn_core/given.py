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


def reals(name: str, values: Any, shape: Shape, axes: str) -> Array:
    """`values` as an array of finite real numbers of a shape (None: any), called `axes`."""
    array = _array(name, values, "fiub", "real numbers", axes)
    if not _fits(array, shape):
        raise UsageError(f"{name}: expected shape {_words(shape)}, {axes}, found {array.shape}")
    refuse(name, array, ~np.isfinite(array), "expected finite numbers")
    return array


def integers(name: str, values: Any, shape: tuple[int, ...], axes: str) -> Array:
    """`values` as an array of integers of a shape, called `axes`, in their own dtype."""
    array = _array(name, values, "iu", "integers", axes)
    if array.shape != shape:
        raise UsageError(f"{name}: expected shape {shape}, {axes}, found {array.shape}")
    return array


def real_array(name: str, values: object, shape: Shape) -> Array:
    """`values` as an array of real numbers, NaN among them or not, of a shape; never broadcast."""
    array = as_array(values)
    if not _fits(array, shape) or array.dtype.kind not in "fiu":
        raise UsageError(
            f"{name}: expected real numbers of shape {_words(shape)}, "
            f"found {array.dtype} {array.shape}"
        )
    return array


def finite_array(name: str, values: object, shape: Shape) -> Array:
    """The same, and NaN or infinity is refused too."""
    array = real_array(name, values, shape)
    refuse(name, array, ~np.isfinite(array), "expected a finite number")
    return array


def alike(name: str, values: object, like: Array) -> Array:
    """`values` as finite numbers that belong to those of `like`.

    They are as many, or one number for all, or one along an axis where `like` has several. What
    NumPy would broadcast to more numbers than `like` has, or along axes it does not have, is
    refused: it would pair every example with every other.
    """
    array = as_array(values)
    if array.ndim == 0:
        return finite_array(name, values, ())
    fits = array.ndim == like.ndim and all(
        have in (1, want) for have, want in zip(array.shape, like.shape, strict=True)
    )
    if not fits:
        raise UsageError(
            f"{name}: expected shape {like.shape}, or 1 along some of its axes, found {array.shape}"
        )
    return finite_array(name, values, array.shape)


def whole_array(name: str, values: object, length: int, stop: int) -> Array:
    """`values` as `length` whole numbers from 0 to ``stop - 1``."""
    array = as_array(values)
    if array.dtype.kind not in "iu" or array.shape != (length,):
        raise UsageError(
            f"{name}: expected whole numbers of shape {(length,)}, "
            f"found {array.dtype} {array.shape}"
        )
    refuse(name, array, (array < 0) | (array >= stop), f"expected 0 to {stop - 1}")
    return array


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


def _array(name: str, values: Any, kinds: str, wanted: str, axes: str) -> Array:
    array = as_array(values)
    if array.size == 0 and array.dtype == np.float64:
        kinds += "f"  # an empty list has no dtype of its own
    if array.dtype.kind not in kinds:
        found = shown(array if isinstance(values, np.ndarray) else values)
        raise UsageError(f"{name}: expected {wanted}, {axes}, found {found}")
    return array


def _fits(array: Array, shape: Shape) -> bool:
    return array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )


def _words(shape: Shape) -> str:
    return str(shape).replace("None", "any")

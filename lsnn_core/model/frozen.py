"""Arrays that a network keeps: nobody can change them, so that a run and its gradient agree.

What `LSNN.forward` saw must be what `LSNN.backward` walks back through. A network of 60 million
connections cannot be copied in every iteration, so its arrays are read-only instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def is_frozen(array: Array) -> bool:
    """Whether an array is read-only and no view of another one, which might not be."""
    return array.base is None and not array.flags.writeable


def freeze(array: Array) -> Array:
    """Make an array read-only that nobody else holds; a view becomes a copy first."""
    array = array if array.base is None else array.copy()
    array.flags.writeable = False
    return array


def frozen(array: Array) -> Array:
    """Return a read-only copy of a caller's array, or the array itself if it is `freeze`'s."""
    return array if is_frozen(array) else freeze(np.array(array, order="C"))


class _Memory:
    """An array's memory, without the promise not to write there."""

    def __init__(self, array: Array) -> None:
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}
        self.array = array  # lives as long as what is made of this


def for_kernel(array: Array) -> Array:
    """Return the array as kernels take it: they compile once more for a read-only one."""
    return array if array.flags.writeable else np.asarray(_Memory(array))

"""NaN and infinity in a forward pass: refused, since comparisons let them pass.

A potential that is NaN never fires and has no pseudo-derivative, and one that is infinite fires for
ever: loss and gradient come out finite, and wrong. But V, b and u decay by a factor in every step,
so that what overflows once is NaN or infinite ever after: to look at the end of a block is enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import NumericalError, UsageError

Array = npt.NDArray[Any]
REMEDY = "try smaller weights, a lower training.lr or training.dtype = 'float64'"


def refuse_overflow(first: int, **arrays: Array) -> None:
    """Raise `NumericalError` if a number that a forward pass left is NaN or infinite.

    Parameters
    ----------
    first
        Number of the first example.
    arrays
        By name; examples by neurons, or readouts, come first.
    """
    for name, array in arrays.items():
        finite = np.isfinite(array)
        if not finite.all():
            at = tuple(np.argwhere(~finite)[0])
            raise NumericalError(
                f"{name}[{at[1]}] of example {first + at[0]} became {array[at]}, which is more than"
                f" {array.dtype} holds; {REMEDY}"
            )


def refuse_constants(dtype: type[np.floating[Any]], beta: Array, b0: Array) -> None:
    """Raise `UsageError` unless thresholds b0 .. b0 + beta are normal numbers in `dtype`.

    With an infinite threshold, or one of 0, there is no pseudo-derivative, and nothing tells of it.
    """
    limits = np.finfo(dtype)
    for name, values in (("b0", b0), ("b0 + beta", b0 + beta)):
        wrong = np.flatnonzero(~((values >= limits.tiny) & (values <= limits.max)))
        if len(wrong):
            raise UsageError(
                f"threshold {name} of neuron {wrong[0]}: found {values[wrong[0]]:g}, expected"
                f" {limits.tiny:.1e} to {limits.max:.1e}, which {np.dtype(dtype)} holds; "
                "choose other values, or training.dtype = 'float64'"
            )

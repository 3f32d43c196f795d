"""NaN and infinity in a forward pass: refused, since comparisons let them pass.

A potential that is NaN never fires and has no pseudo-derivative, and one that is infinite fires for
ever: loss and gradient come out finite, and wrong. But V, b and u decay by a factor in every step,
so that what overflows once is NaN or infinite ever after: to look at the end of a block is enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import NumericalError

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

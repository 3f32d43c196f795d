"""What a kind of unit must be able to do, and what keeps a vanishing gradient cheap."""

from __future__ import annotations

import functools
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Cell(Protocol):
    """n units over the T steps of a block of B examples: their states and the record of them.

    Parameters
    ----------
    n_steps, n, examples
        T, n, B.
    dtype
        float32 or float64; complex128 runs forward, for a check by complex step.
    """

    gates: ClassVar[int]  # G, sums of inputs that a unit takes

    def __init__(self, n_steps: int, n: int, examples: int, dtype: npt.DTypeLike) -> None: ...

    @staticmethod
    def first_bias(n: int) -> Array:
        """Bias before training, (G n)."""

    def sums(self, t: int) -> Array:
        """Where the summed inputs of step t belong, (G n, B), before `forward`."""

    def forward(self, t: int, h: Array) -> None:
        """Advance by one step and write the outputs to `h` (n, B)."""

    def begin_backward(self) -> None:
        """Forget the gradient of a walk before; comes after the last `forward`."""

    def backward(self, t: int, h: Array, d_h: Array) -> Array:
        """Return dL/d sums of step t, (G n, B), from all of dL/dh(t); good until the next call."""


def flush(gradient: Array) -> None:
    """Set to zero what is too small to matter: below the root of the smallest normal number.

    A gradient that vanishes over hundreds of steps ends in numbers that float32 cannot hold at full
    precision, and with those a processor is ten times slower. 1e-19 is far below Adam's epsilon.
    """
    gradient[np.abs(gradient) < _threshold(gradient.dtype)] = 0.0


@functools.cache
def _threshold(dtype: np.dtype[Any]) -> float:
    return float(np.sqrt(np.finfo(dtype).tiny))

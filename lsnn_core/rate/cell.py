"""What a kind of unit must be able to do."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Cell(Protocol):
    """n units over the T steps of a block of L examples: their states and the record of them.

    Parameters
    ----------
    n_steps, n, lanes
        T, n, and L, a multiple of `lane_width`.
    dtype
        float32 or float64.
    """

    gates: ClassVar[int]  # G, sums of inputs that a unit takes

    def __init__(self, n_steps: int, n: int, lanes: int, dtype: npt.DTypeLike) -> None: ...

    def forward(self, t: int, a: Array, h: Array) -> None:
        """Advance by one step: from the summed inputs `a` (G n, L) to the outputs `h` (n, L)."""

    def begin_backward(self) -> None:
        """Forget the gradient of a walk before; comes after the last `forward`."""

    def backward(self, t: int, h: Array, d_h: Array, d_a: Array) -> None:
        """Write dL/da of step t into `d_a` (G n, L), from all of dL/dh(t), `d_h` (n, L).

        What is too small to matter becomes zero on the way, see `negligible`.
        """


def negligible(dtype: npt.DTypeLike) -> float:
    """The root of the smallest normal number: a gradient not above it is taken for zero.

    A gradient that vanishes over hundreds of steps ends in numbers that float32 cannot hold at full
    precision, and with those a processor is ten times slower. 1e-19 is far below Adam's epsilon.
    """
    return float(np.sqrt(np.finfo(dtype).tiny))


def lane_width(dtype: npt.DTypeLike) -> int:
    """How many numbers the kernels take at once: 64 bytes of them."""
    return 64 // np.dtype(dtype).itemsize

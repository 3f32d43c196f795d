"""The plain recurrent unit: h(t) = tanh(a(t)), TensorFlow's BasicRNNCell (published baseline)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class RNN:
    """Plain units; see `lsnn_core.rate.cell.Cell` for the parameters.

    Notes
    -----
    ``a(t) = W_in^T x(t) + W_rec^T h(t-1) + b`` is summed by the network. All that must be kept of a
    step is h(t), which the network keeps.
    """

    gates: ClassVar[int] = 1

    def __init__(self, n_steps: int, n: int, examples: int, dtype: npt.DTypeLike) -> None:
        self.a = np.zeros((n, examples), dtype)
        self.d_a = np.zeros((n, examples), dtype)

    @staticmethod
    def first_bias(n: int) -> Array:
        """Zero (published)."""
        return np.zeros(n)

    def sums(self, t: int) -> Array:
        """a, the same room for every step."""
        return self.a

    def forward(self, t: int, h: Array) -> None:
        """Take h = tanh(a)."""
        np.tanh(self.a, out=h)

    def begin_backward(self) -> None:
        """No state of its own."""

    def backward(self, t: int, h: Array, d_h: Array) -> Array:
        """d_a = (1 - h^2) d_h."""
        d_a = self.d_a
        np.multiply(h, h, out=d_a)
        np.subtract(1.0, d_a, out=d_a)
        d_a *= d_h
        return d_a

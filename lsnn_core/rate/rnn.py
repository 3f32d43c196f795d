"""The plain recurrent unit: h(t) = tanh(a(t)), TensorFlow's BasicRNNCell (published baseline)."""

from __future__ import annotations

from typing import ClassVar

import numpy.typing as npt

from ..kernels.rate import rnn_backward, rnn_forward
from .cell import Array, negligible


class RNN:
    """Plain units; see `lsnn_core.rate.cell.Cell` for the parameters.

    Notes
    -----
    ``a(t) = W_in^T x(t) + W_rec^T h(t-1) + b`` is summed by the network. All that must be kept of a
    step is h(t), which the network keeps.
    """

    gates: ClassVar[int] = 1

    def __init__(self, n_steps: int, n: int, lanes: int, dtype: npt.DTypeLike) -> None:
        self.tiny = negligible(dtype)

    def forward(self, t: int, a: Array, h: Array) -> None:
        """Take h = tanh(a)."""
        rnn_forward(a, h)

    def begin_backward(self) -> None:
        """No state of its own."""

    def backward(self, t: int, h: Array, d_h: Array, d_a: Array) -> None:
        """d_a = (1 - h^2) d_h."""
        rnn_backward(h, d_h, d_a, self.tiny)

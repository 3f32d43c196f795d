"""The LSTM unit with forget gate and without peepholes: TensorFlow's BasicLSTMCell (published)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ..kernels.rate import lstm_backward, lstm_forward
from .cell import Array, negligible


class LSTM:
    """LSTM units; see `lsnn_core.rate.cell.Cell` for the parameters.

    Notes
    -----
    The four sums of a step are turned into gates i, f, o and candidate j, in this order of rows::

        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)        j = tanh(a_j)
        c(t) = f c(t-1) + i j
        h(t) = o tanh(c(t))

    Kept of each step: i, f, o, j and c. tanh(c) is taken again on the way back: that is quicker
    than to fetch it from memory.
    """

    gates: ClassVar[int] = 4

    def __init__(self, n_steps: int, n: int, lanes: int, dtype: npt.DTypeLike) -> None:
        self.tiny = negligible(dtype)
        self.gate = np.zeros((n_steps, 4 * n, lanes), dtype)
        self.c = np.zeros((n_steps + 1, n, lanes), dtype)  # c[t + 1] is c(t); c[0] = 0
        self.d_c = np.zeros((n, lanes), dtype)

    def forward(self, t: int, a: Array, h: Array) -> None:
        """Gates, then c, then h."""
        lstm_forward(a, self.c[t], self.gate[t], self.c[t + 1], h)

    def begin_backward(self) -> None:
        """Nothing follows the last step."""
        self.d_c[:] = 0.0

    def backward(self, t: int, h: Array, d_h: Array, d_a: Array) -> None:
        """First the derivatives of i, f, o, j and c(t-1), then through sigmoid and tanh."""
        c_before, gate, c = self.c[t], self.gate[t], self.c[t + 1]
        lstm_backward(c_before, gate, c, d_h, self.d_c, d_a, self.tiny)

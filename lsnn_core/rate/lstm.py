"""The LSTM unit with forget gate and without peepholes: TensorFlow's BasicLSTMCell (published)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .cell import flush

Array = npt.NDArray[Any]


class LSTM:
    """LSTM units; see `lsnn_core.rate.cell.Cell` for the parameters.

    Notes
    -----
    The four sums of a step are turned into gates i, f, o and candidate j, in this order of rows::

        i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o)        j = tanh(a_j)
        c(t) = f c(t-1) + i j
        h(t) = o tanh(c(t))

    Kept of each step: i, f, o, j, c and tanh(c).
    """

    gates: ClassVar[int] = 4

    def __init__(self, n_steps: int, n: int, examples: int, dtype: npt.DTypeLike) -> None:
        self.n = n
        self.gate = np.zeros((n_steps, 4 * n, examples), dtype)
        self.c = np.zeros((n_steps + 1, n, examples), dtype)  # c[t + 1] is c(t); c[0] = 0
        self.tanh_c = np.zeros((n_steps, n, examples), dtype)
        self.d_a = np.zeros((4 * n, examples), dtype)
        self.slope = np.zeros((4 * n, examples), dtype)
        self.d_c = np.zeros((n, examples), dtype)
        self.product = np.zeros((n, examples), dtype)

    @staticmethod
    def first_bias(n: int) -> Array:
        """Zero, but 1 for the forget gates, so that a unit remembers from the start (published)."""
        bias = np.zeros(4 * n)
        bias[n : 2 * n] = 1.0
        return bias

    def sums(self, t: int) -> Array:
        """Room for the sums, which `forward` turns into the gates."""
        view: Array = self.gate[t]
        return view

    def forward(self, t: int, h: Array) -> None:
        """Gates, then c, then h."""
        i, f, o, j = self._split(self.gate[t])
        ifo = self.gate[t, : 3 * self.n]
        ifo *= 0.5  # sigmoid(a) = (1 + tanh(a / 2)) / 2
        np.tanh(self.gate[t], out=self.gate[t])
        ifo += 1.0
        ifo *= 0.5
        c, c_before = self.c[t + 1], self.c[t]
        np.multiply(f, c_before, out=c)
        c += np.multiply(i, j, out=self.product)
        np.tanh(c, out=self.tanh_c[t])
        np.multiply(o, self.tanh_c[t], out=h)

    def begin_backward(self) -> None:
        """Nothing follows the last step."""
        self.d_c[:] = 0.0

    def backward(self, t: int, h: Array, d_h: Array) -> Array:
        """First the derivatives of i, f, o, j and c(t-1), then through sigmoid and tanh."""
        i, f, o, j = self._split(self.gate[t])
        d_i, d_f, d_o, d_j = self._split(self.d_a)
        d_c, product, c_before = self.d_c, self.product, self.c[t]

        np.multiply(d_h, self.tanh_c[t], out=d_o)
        d_c += np.multiply(d_h, o, out=product)  # d_c += d_h o (1 - tanh(c)^2), and h = o tanh(c)
        d_c -= np.multiply(d_o, h, out=product)
        np.multiply(d_c, j, out=d_i)
        np.multiply(d_c, i, out=d_j)
        np.multiply(d_c, c_before, out=d_f)
        d_c *= f
        flush(d_c)

        self._slopes(t)
        self.d_a *= self.slope
        return self.d_a

    def _slopes(self, t: int) -> None:
        """Write g (1 - g) of the three gates and 1 - j^2, from the recorded values themselves."""
        gate, slope, n = self.gate[t], self.slope, self.n
        np.multiply(gate, gate, out=slope)
        np.subtract(gate[: 3 * n], slope[: 3 * n], out=slope[: 3 * n])
        np.subtract(1.0, slope[3 * n :], out=slope[3 * n :])

    def _split(self, rows: Array) -> tuple[Array, Array, Array, Array]:
        n = self.n
        return rows[:n], rows[n : 2 * n], rows[2 * n : 3 * n], rows[3 * n :]

"""A layer of rate units with a linear readout, forward and backward through time.

a(t) = W_in^T x(t) + b + W_rec^T h(t-1)        h(t) = cell(a(t), its state)
y(t) = W_out^T h(t) + b_out
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..model.layout import Layout
from .cell import Cell, flush
from .lstm import LSTM
from .rnn import RNN

Array = npt.NDArray[Any]
Parameters = Mapping[str, Array]

CELLS: dict[str, type[Cell]] = {"rnn": RNN, "lstm": LSTM}


@dataclass(frozen=True)
class RateNetwork:
    """The shape of a network; its parameters are passed along with every call.

    Parameters
    ----------
    model
        "rnn" or "lstm".
    n_in, n, n_out
        Numbers of inputs, units and outputs.
    halves
        2: two networks side by side that never meet (see `lsnn_core.model.layout.Layout`), such as
        one for each direction of time; the weights between them exist as zeros.

    Notes
    -----
    Parameters by name, G = 1 (rnn) or 4 (lstm) sums for each unit: W_in (n_in, G n),
    W_rec (n, G n), b (G n), W_out (n, n_out), b_out (n_out). Any dtype.
    """

    model: str
    n_in: int
    n: int
    n_out: int
    halves: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that are no counts or cannot be halved."""
        Layout(self.n_in, self.n, self.n_out, self.halves)

    @property
    def cell(self) -> type[Cell]:
        """The kind of unit."""
        return CELLS[self.model]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each parameter."""
        wide = self.cell.gates * self.n
        return {
            "W_in": (self.n_in, wide),
            "W_rec": (self.n, wide),
            "b": (wide,),
            "W_out": (self.n, self.n_out),
            "b_out": (self.n_out,),
        }

    @cached_property
    def exists(self) -> dict[str, Array]:
        """Whether a weight may be other than zero, for each of the three matrices."""
        x, h, y = (np.arange(size) % self.halves for size in (self.n_in, self.n, self.n_out))
        sums = np.tile(h, self.cell.gates)
        ends = {"W_in": (x, sums), "W_rec": (h, sums), "W_out": (h, y)}
        return {name: source[:, None] == target for name, (source, target) in ends.items()}


class RateBlock:
    """Some examples on their way through a network: buffers, and the record that BPTT walks back.

    Parameters
    ----------
    net
        The network's shape.
    n_steps, examples, readout_start
        T, B, and the first step that is read out.
    dtype
        Of all arrays; parameters of the same dtype.

    Attributes
    ----------
    x
        The inputs, (T, n_in, B): fill it before `forward`.
    h
        The outputs of all units, (T, n, B), after `forward`.

    Notes
    -----
    What a step sums over, x(t), 1 and h(t-1), lies one below the other, and so do W_in, b and
    W_rec: one product a step, and one for their gradient.
    """

    def __init__(
        self,
        net: RateNetwork,
        n_steps: int,
        examples: int,
        readout_start: int = 0,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.net, self.n_steps, self.readout_start = net, n_steps, readout_start
        first = net.n_in + 1
        self.sources = np.zeros((n_steps + 1, first + net.n, examples), dtype)
        self.sources[:, net.n_in] = 1.0
        self.x: Array = self.sources[:-1, : net.n_in]
        self.h_before: Array = self.sources[:, first:]
        self.h: Array = self.sources[1:, first:]
        self.cell = net.cell(n_steps, net.n, examples, dtype)

    def forward(self, p: Parameters) -> Array:
        """Run all steps on the inputs in `x`; return y (T - readout_start, K, B)."""
        W_T = _stacked(p).T
        for t in range(self.n_steps):
            np.matmul(W_T, self.sources[t], out=self.cell.sums(t))
            self.cell.forward(t, self.h[t])
        y: Array = np.matmul(p["W_out"].T, self.h[self.readout_start :]) + p["b_out"][:, None]
        return y

    def backward(self, p: Parameters, d_y: Array) -> dict[str, Array]:
        """Gradient of a loss with respect to every parameter, from dL/dy as `forward` shaped it."""
        start, cell = self.readout_start, self.cell
        W = _stacked(p)
        W_rec = W[self.net.n_in + 1 :]
        d_W, step_W = np.zeros_like(W), np.empty_like(W)
        d_y = d_y.astype(W.dtype)
        d_h = np.zeros_like(self.h[0])
        cell.begin_backward()
        for t in range(self.n_steps - 1, -1, -1):
            if t >= start:
                d_h += np.matmul(p["W_out"], d_y[t - start])
            d_a = cell.backward(t, self.h[t], d_h)
            d_W += np.matmul(self.sources[t], d_a.T, out=step_W)
            np.matmul(W_rec, d_a, out=d_h)  # reaches h(t-1)
            flush(d_h)
        d_W_in, d_b, d_W_rec = np.split(d_W, (self.net.n_in, self.net.n_in + 1))
        d_W_out = np.matmul(self.h[start:], d_y.transpose(0, 2, 1)).sum(axis=0)
        exists = self.net.exists
        return {
            "W_in": d_W_in * exists["W_in"],
            "W_rec": d_W_rec * exists["W_rec"],
            "b": d_b[0],
            "W_out": d_W_out * exists["W_out"],
            "b_out": d_y.sum(axis=(0, 2)),
        }


def _stacked(p: Parameters) -> Array:
    """W_in, b and W_rec as the one matrix (n_in + 1 + n, G n) that a step multiplies with."""
    return np.concatenate((p["W_in"], p["b"][None], p["W_rec"]))

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
from .cell import Cell, lane_width
from .lstm import LSTM
from .rnn import RNN

Array = npt.NDArray[Any]
Parameters = Mapping[str, Array]

INNER = 256
"""Inner dimension that the product for dL/dW should have: steps times examples. It is 1.2 times as
fast as 64 (measured, LSTM of 128 units), and its dL/da stays in a cache of 1 MB."""

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
        Of all arrays, float32 or float64; parameters of the same dtype.

    Attributes
    ----------
    x
        The inputs, (T, n_in, B): fill it before `forward`.

    Notes
    -----
    What a step sums over, x(t), 1 and h(t-1), lies one below the other, and so do W_in, b and
    W_rec: one product a step. Their gradient is one product for several steps, whose examples lie
    side by side: `sources` is (chunk, row, step of the chunk, L). L is B rounded up to whole
    vectors; the examples that this adds have no inputs, and nothing comes back from them.
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
        width, self.first = lane_width(dtype), net.n_in + 1
        self.examples, lanes = examples, -(-examples // width) * width
        self.chunk = max(INNER // lanes, 1)
        self.x = np.zeros((n_steps, net.n_in, examples), dtype)
        chunks = -(-(n_steps + 1) // self.chunk)  # h(T - 1) lies where step T would find it
        self.sources = np.zeros((chunks, self.first + net.n, self.chunk, lanes), dtype)
        self.sources[:, net.n_in] = 1.0
        self.a = np.zeros((net.cell.gates * net.n, lanes), dtype)
        self.d_a = np.zeros((net.cell.gates * net.n, self.chunk, lanes), dtype)
        shapes = ((len(self.a), rows) for rows in (self.first, net.n))
        self.d_W = [(np.zeros(shape, dtype), np.empty(shape, dtype)) for shape in shapes]
        self.cell = net.cell(n_steps, net.n, lanes, dtype)

    @property
    def h(self) -> Array:
        """A copy of the outputs of all units, (T, n, B), after `forward`."""
        return self._outputs(0)

    def forward(self, p: Parameters) -> Array:
        """Run all steps on the inputs in `x`; return y (T - readout_start, K, B)."""
        W_T = _stacked(p).T
        for t in range(self.n_steps):
            sources = self._sources(t)
            sources[: self.net.n_in, : self.examples] = self.x[t]
            np.matmul(W_T, sources, out=self.a)
            self.cell.forward(t, self.a, self._sources(t + 1)[self.first :])
        y: Array = np.matmul(p["W_out"].T, self._outputs(self.readout_start))
        y += p["b_out"][:, None]
        return y

    def backward(self, p: Parameters, d_y: Array) -> dict[str, Array]:
        """Gradient of a loss with respect to every parameter, from dL/dy as `forward` shaped it."""
        start, cell = self.readout_start, self.cell
        W_rec, d_y = p["W_rec"], d_y.astype(self.a.dtype)
        d_h = np.zeros((self.net.n, self.a.shape[1]), self.a.dtype)
        self.d_a[:] = 0.0  # of the steps that the last chunk has beyond T
        for d_W, _ in self.d_W:
            d_W[:] = 0.0
        cell.begin_backward()
        for t in range(self.n_steps - 1, -1, -1):
            if t >= start:
                d_h[:, : self.examples] += np.matmul(p["W_out"], d_y[t - start])
            step = t % self.chunk
            d_a = self.d_a[:, step]
            cell.backward(t, self._sources(t + 1)[self.first :], d_h, d_a)
            np.matmul(W_rec, d_a, out=d_h)  # reaches h(t-1)
            if step == 0:
                self._add_weight_gradient(t // self.chunk)
        d_in, d_W_rec = (d_W.T for d_W, _ in self.d_W)
        d_W_out = np.matmul(self._outputs(start), d_y.transpose(0, 2, 1)).sum(axis=0)
        exists = self.net.exists
        return {
            "W_in": d_in[:-1] * exists["W_in"],
            "W_rec": d_W_rec * exists["W_rec"],
            "b": d_in[-1].copy(),
            "W_out": d_W_out * exists["W_out"],
            "b_out": d_y.sum(axis=(0, 2)),
        }

    def _sources(self, t: int) -> Array:
        """x(t), 1 and h(t-1), (n_in + 1 + n, L)."""
        view: Array = self.sources[t // self.chunk, :, t % self.chunk]
        return view

    def _outputs(self, start: int) -> Array:
        """A copy of h(start) ... h(T - 1), without the examples that only fill vectors."""
        steps = range(start + 1, self.n_steps + 1)
        return np.stack([self._sources(t)[self.first :, : self.examples] for t in steps])

    def _add_weight_gradient(self, chunk: int) -> None:
        """Add the share of a chunk's steps; W_in with b, and W_rec, are turned: that is quicker."""
        d_a = self.d_a.reshape(len(self.a), -1)
        parts = np.split(self.sources[chunk], [self.first])
        for (d_W, product), part in zip(self.d_W, parts, strict=True):
            d_W += np.matmul(d_a, part.reshape(len(part), d_a.shape[1]).T, out=product)


def _stacked(p: Parameters) -> Array:
    """W_in, b and W_rec as the one matrix (n_in + 1 + n, G n) that a step multiplies with."""
    return np.concatenate((p["W_in"], p["b"][None], p["W_rec"]))

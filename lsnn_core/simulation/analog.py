"""Real-valued inputs of a block: through W_in into the injected current, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernels.analog import Connections as ConnectionArrays
from ..kernels.analog import Sizes, inject, inject_back, inject_gradient, sum_lanes
from ..kernels.vectors.lanes import lane_array
from ..model.connections import Connections
from ..model.frozen import for_kernel

Array = npt.NDArray[Any]


class AnalogInput:
    """Inputs of one block of examples, kept from its forward to its backward pass.

    Parameters
    ----------
    n_steps, n_in, n
        T, inputs, neurons.
    kind
        dtype of the lane arrays, see `lanes_dtype`.
    """

    def __init__(self, n_steps: int, n_in: int, n: int, kind: np.dtype[Any]) -> None:
        self.sizes = Sizes(n_steps, n_in, n)
        self.x = lane_array(n_steps * n_in, kind)
        self.current = lane_array(n_steps * n, kind)

    def forward(self, connections: Connections, x: Array) -> Array:
        """Return the current (T * N lanes) that the inputs `x` (T, n_in, L) bring."""
        T, n_in, _ = self.sizes
        view = self.x["lane"].reshape(T, n_in, -1)
        view[:, :, : x.shape[2]] = x
        view[:, :, x.shape[2] :] = 0
        weight = _weight(connections, self.x.dtype)
        inject(self.sizes, _listed(connections), weight, self.x, self.current)
        return self.current

    def added(self, connections: Connections, x: Array, current: Array | None) -> Array:
        """The same, with what is injected beside it."""
        brought = self.forward(connections, x)
        if current is not None:
            brought["lane"][:] += current["lane"]
        return brought

    def backward(self, connections: Connections, d_current: Array, out: Array) -> None:
        """Add the gradient of the inputs' weights to `out` (C,), from dL/dI (T * N lanes)."""
        count = int(connections.indptr[self.sizes.n_in])
        lanes, total = lane_array(count, self.x.dtype), np.empty(count, out.dtype)
        inject_gradient(self.sizes, _listed(connections), self.x, d_current, lanes)
        sum_lanes(lanes, total)
        out[:count] += total


def input_gradient(connections: Connections, n_steps: int, d_current: Array) -> Array:
    """dL/dx of every input, spikes or numbers, (T * n_in lanes), from dL/dI (T * N lanes)."""
    layout, kind = connections.layout, d_current.dtype
    d_x = lane_array(n_steps * layout.n_in, kind)
    sizes = Sizes(n_steps, layout.n_in, layout.n)
    inject_back(sizes, _listed(connections), _weight(connections, kind), d_current, d_x)
    return d_x


def _weight(connections: Connections, kind: np.dtype[Any]) -> Array:
    scalar = lane_array(0, kind)["lane"].dtype
    return for_kernel(connections.weight.astype(scalar, copy=False))


def _listed(connections: Connections) -> ConnectionArrays:
    c = connections
    return ConnectionArrays(for_kernel(c.indptr), for_kernel(c.delay), for_kernel(c.target))

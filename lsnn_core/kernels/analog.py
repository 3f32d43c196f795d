"""Real-valued inputs: what they bring to the currents, and the gradient of their weights.

An input x_i(t) reaches neuron j as the current w_ij x_i(t - d_ij), as a spike of size x would.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .jit import kernel
from .vectors.lanes import fma, item, lane_sum, load, splat, store


class Sizes(NamedTuple):
    """Of a block of examples and its network."""

    n_steps: int  # T
    n_in: int
    n: int  # N


class Connections(NamedTuple):
    """The connection list as it is: row s holds the connections of source s, inputs first."""

    indptr: np.ndarray  # (n_in + N + 1,) int64
    delay: np.ndarray  # (C,) int32
    target: np.ndarray  # (C,) int32


@kernel
def inject(sizes: Sizes, connections: Connections, weight, x, current):
    """Write into `current` (T * N lanes) what the inputs `x` (T * n_in lanes) bring."""
    n_steps, n_in, n = sizes
    indptr, delay, target = connections
    for i in range(n_steps * n):
        store(current, i, 0.0)
    for t in range(n_steps):
        for i in range(n_in):
            x_i = load(x, t * n_in + i)
            for c in range(indptr[i], indptr[i + 1]):
                arrival = t + item(delay, c)
                if arrival < n_steps:
                    at = arrival * n + item(target, c)
                    store(current, at, fma(item(weight, c), x_i, load(current, at)))


@kernel
def inject_gradient(sizes: Sizes, connections: Connections, x, d_current, gradient):
    """Write into `gradient` (C lanes) that of each weight of an input, from `d_current`."""
    n_steps, n_in, n = sizes
    indptr, delay, target = connections
    for c in range(indptr[n_in]):
        store(gradient, c, 0.0)
    for t in range(n_steps):
        for i in range(n_in):
            x_i = load(x, t * n_in + i)
            for c in range(indptr[i], indptr[i + 1]):
                arrival = t + item(delay, c)
                if arrival < n_steps:
                    d_I = load(d_current, arrival * n + item(target, c))
                    store(gradient, c, fma(x_i, d_I, load(gradient, c)))


@kernel
def inject_back(sizes: Sizes, connections: Connections, weight, d_current, d_x):
    """Write into `d_x` (T * n_in lanes) the gradient of the inputs, from `d_current`."""
    n_steps, n_in, n = sizes
    indptr, delay, target = connections
    for t in range(n_steps):
        for i in range(n_in):
            d_x_i = splat(d_x, 0.0)
            for c in range(indptr[i], indptr[i + 1]):
                arrival = t + item(delay, c)
                if arrival < n_steps:
                    d_I = load(d_current, arrival * n + item(target, c))
                    d_x_i = fma(item(weight, c), d_I, d_x_i)
            store(d_x, t * n_in + i, d_x_i)


@kernel
def sum_lanes(lanes, out):
    """out[i] = sum over lanes of item i."""
    for i in range(out.size):
        out[i] = lane_sum(load(lanes, i))

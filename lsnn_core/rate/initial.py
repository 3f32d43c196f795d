"""First weights of rate networks, as published."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..random.streams import stream
from .network import RateNetwork

Array = npt.NDArray[Any]


def initial_parameters(
    net: RateNetwork, seed: int, dtype: npt.DTypeLike = np.float32
) -> dict[str, Array]:
    """Draw a network's first parameters.

    Notes
    -----
    The published baselines: W_in and W_rec are one Glorot-uniform matrix (TensorFlow's default),
    within sqrt(6 / (n_in + n + G n)); biases are zero but for the LSTM's forget gates, which start
    at 1; W_out and b_out are N(0, 1), whatever the number of units. Each of two halves is drawn
    as a network of its own size.
    """
    rng = stream(seed, "rate weights")
    wide = net.cell.gates * net.n
    limit = math.sqrt(6.0 * net.halves / (net.n_in + net.n + wide))
    drawn = {
        "W_in": rng.uniform(-limit, limit, (net.n_in, wide)),
        "W_rec": rng.uniform(-limit, limit, (net.n, wide)),
        "b": net.cell.first_bias(net.n),
        "W_out": rng.standard_normal((net.n, net.n_out)),
        "b_out": rng.standard_normal(net.n_out),
    }
    for name, exists in net.exists.items():
        drawn[name] *= exists
    return {name: value.astype(dtype) for name, value in drawn.items()}

"""First weights of rate networks: as published, or so that a long past reaches the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..random.streams import stream
from .network import RateNetwork

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class FirstWeights:
    """How first weights are drawn; the defaults are those of the published baselines.

    Parameters
    ----------
    forget_bias
        Of an LSTM's forget gates: a number, or "chrono", which spreads what units remember over the
        length of the task: b_f = log u with u uniform in [1, t_max - 1], and b_i = -b_f (Tallec and
        Ollivier 2018, Section 2.2; their number of steps is ours). An RNN has none.
    recurrent
        Of W_rec: "glorot", or "orthogonal" in every gate, so that a step neither shrinks nor
        stretches (Saxe et al. 2014).
    readout
        Of W_out and b_out: "normal", N(0, 1) whatever the number of units, or "glorot" (uniform,
        Glorot and Bengio 2010) with b_out = 0.
    t_max
        The longest time to remember, in steps; only "chrono" looks at it.
    """

    forget_bias: float | str = 1.0
    recurrent: str = "glorot"
    readout: str = "normal"
    t_max: int = 2


AS_PUBLISHED = FirstWeights()


def initial_parameters(
    net: RateNetwork,
    seed: int,
    dtype: npt.DTypeLike = np.float32,
    first: FirstWeights = AS_PUBLISHED,
) -> dict[str, Array]:
    """Draw a network's first parameters.

    Notes
    -----
    The published baselines: W_in and W_rec are one Glorot-uniform matrix (TensorFlow's default),
    within sqrt(6 / (n_in + n + G n)); biases are zero but for the LSTM's forget gates, which start
    at 1; W_out and b_out are N(0, 1). Each of two halves is drawn as a network of its own size.
    Every choice has a random stream of its own: one changes nothing of the others.
    """
    rng = stream(seed, "rate weights")
    wide = net.cell.gates * net.n
    limit = math.sqrt(6.0 * net.halves / (net.n_in + net.n + wide))
    drawn = {
        "W_in": rng.uniform(-limit, limit, (net.n_in, wide)),
        "W_rec": rng.uniform(-limit, limit, (net.n, wide)),
        "b": _bias(net, seed, first),
        "W_out": rng.standard_normal((net.n, net.n_out)),
        "b_out": rng.standard_normal(net.n_out),
    }
    if first.recurrent == "orthogonal":
        drawn["W_rec"] = _orthogonal(net, seed)
    if first.readout == "glorot":
        drawn["W_out"], drawn["b_out"] = _glorot_readout(net, seed), np.zeros(net.n_out)
    for name, exists in net.exists.items():
        drawn[name] *= exists
    return {name: value.astype(dtype) for name, value in drawn.items()}


def _bias(net: RateNetwork, seed: int, first: FirstWeights) -> Array:
    """Return b (G n): zero but for an LSTM's gates, of which i comes first and then f."""
    n, bias = net.n, np.zeros(net.cell.gates * net.n)
    if net.model != "lstm":
        return bias
    if first.forget_bias == "chrono":
        longest = max(first.t_max - 1, 1)
        bias[n : 2 * n] = np.log(stream(seed, "rate chrono").uniform(1.0, longest, n))
        bias[:n] = -bias[n : 2 * n]
    else:
        bias[n : 2 * n] = first.forget_bias
    return bias


def _orthogonal(net: RateNetwork, seed: int) -> Array:
    """W_rec (n, G n), uniform among matrices whose block of each gate, and half, is orthogonal."""
    rng, halves, size = stream(seed, "rate orthogonal"), net.halves, net.n // net.halves
    W_rec = np.zeros((net.n, net.cell.gates, net.n))
    for gate in range(net.cell.gates):
        for half in range(halves):
            Q, R = np.linalg.qr(rng.standard_normal((size, size)))
            W_rec[half::halves, gate, half::halves] = Q * np.sign(np.diag(R))  # else not uniform
    return W_rec.reshape(net.n, -1)


def _glorot_readout(net: RateNetwork, seed: int) -> Array:
    limit = math.sqrt(6.0 * net.halves / (net.n + net.n_out))
    return stream(seed, "rate readout").uniform(-limit, limit, (net.n, net.n_out))

"""Adaptive thresholds along known spikes, by the kernels' own equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..kernels.thresholds import follow
from ..model.neurons import NeuronParameters

Array = npt.NDArray[Any]
LANES = 8  # of float64 in a kernel's vector, and of bits in a byte


def thresholds(z: Array, neurons: NeuronParameters, nodes: Array) -> Array:
    """B of the neurons `nodes`, at rest before the spikes z (T, ..., N); paper, eq. 1 and 2.

    Returns
    -------
    (T + 1, ..., nodes)
        Entry t is B(t), which decides over z(t); the last is what the last spikes leave.
    """
    spikes = np.asarray(z, np.bool_)[..., nodes]
    shape = spikes.shape[1:]
    columns = math.prod(shape)
    fired = _padded(spikes.reshape(len(spikes), columns))
    rho, beta, b0 = (
        _padded(np.broadcast_to(values[nodes], shape).reshape(1, columns))[0]
        for values in (neurons.rho, neurons.beta, neurons.b0)
    )
    B = np.zeros((len(spikes) + 1, rho.size))
    if rho.size:
        bits = np.packbits(fired, axis=1, bitorder="little")
        follow(bits.ravel(), rho, 1.0 - rho, beta, b0, B.ravel())
    return B[:, :columns].reshape(len(B), *shape)


def _padded(rows: Array) -> Array:
    """Rows of whole vectors."""
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % LANES)))

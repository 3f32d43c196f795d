"""Thresholds along spikes that are known already, for what is shown of a run."""

from __future__ import annotations

import numpy as np

from .jit import kernel
from .neuron import adaptation, threshold
from .vectors.lanes import lane_count, load, mask_of, splat, store


@kernel
def follow(fired, rho, rise, beta, b0, B):
    """Write B(t) of M neurons into `B` ((T + 1) * M), from rest to after the last spike.

    Plain numbers, whose vectors hold neighbouring neurons: rho, rise, beta, b0 (M). In `fired`
    (T * M / lanes) uint8, bit l of item i of a step is neuron i * lanes + l.
    """
    n, lanes = rho.size, lane_count(rho)
    vectors = n // lanes
    for i in range(vectors):
        at = i * lanes
        b = splat(rho, 0.0)
        store(B, at, threshold(b, load(beta, at), load(b0, at)))
        for t in range(np.int64(fired.size // vectors)):
            z = mask_of(rho, fired[t * vectors + i])
            b = adaptation(b, z, load(rho, at), load(rise, at))
            store(B, (t + 1) * n + at, threshold(b, load(beta, at), load(b0, at)))

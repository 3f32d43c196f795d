"""The pseudo-derivative of a spike, on lanes (twin: reference/surrogate.py)."""

from __future__ import annotations

from .jit import inner
from .vectors.lanes import fabs, select


@inner
def is_near(V, B, refractory):
    """Where psi is not 0: inside 0 < V < 2 B. The connections of others need not be read."""
    return (V > 0.0) & (B + B > V) & ~refractory


@inner
def through_spike(gz, V, per_B, near, gamma: float):
    """What dL/dz adds to dL/dV and to dL/dB of the test V > B; `per_B` is 1 / B."""
    v = V * per_B
    psi = gamma * (1.0 - fabs(v - 1.0))
    d_fire = select(near, gz * psi * per_B, 0.0)
    return d_fire, 0.0 - d_fire * v

"""E-prop's error on its way back: what is left of the adjoint within each neuron, over a batch.

The twin of `lsnn_core.reference.local_adjoint`: the adjoint without its line (11). The equations'
numbers are those of `reference/DERIVATION.md`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..simulation.lsnn import LSNN
from ..simulation.run import Run

Array = npt.NDArray[Any]
INSIDE = ("V", "B", "psi")


def local_d_V(net: LSNN, run: Run, d_y: Array) -> Array:
    """Walk a run back as e-prop's error goes: no part of it passes from neuron to neuron.

    Parameters
    ----------
    net
        With ``convention="paper"``.
    run
        Of `net`, with ``record=INSIDE``.
    d_y
        dL/dy, (T, B, K).

    Returns
    -------
    Array
        dL/dV (T, B, N), in the precision of the run.
    """
    V, B, psi = (run.recorded[name] for name in INSIDE)
    W_out, p, z = net.connections.dense("W_out"), net.neurons, run.z
    found = np.empty_like(V)
    d_u = np.zeros(d_y.shape[1:])
    d_V, d_b = np.zeros(V.shape[1:]), np.zeros(V.shape[1:])
    for t in reversed(range(len(V))):
        d_u = net.kappa * d_u + d_y[t]  # (9)
        gz = (1.0 - net.kappa) * (d_u @ W_out.T)  # (10)
        gz += (1.0 - p.rho) * d_b - B[t] * d_V  # (12), (13)
        d_fire = gz * psi[t] / B[t]
        d_B = -d_fire * V[t] / B[t] - z[t] * d_V  # (15)
        d_V = found[t] = p.alpha * d_V + d_fire  # (14)
        d_b = p.rho * d_b + p.beta * d_B  # (16)
    return found

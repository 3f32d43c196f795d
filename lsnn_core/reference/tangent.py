"""The derivative of the network along one direction, pushed forwards: ``t_`` beside each variable.

Uses the same pseudo-derivative as the adjoint and nothing else of it, so that the dot product of
the two, sum(d_theta t_theta) = sum(d_y t_y), tests the adjoint on the hard, spiking network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .forward import Network, State, Trace, reset_by, tested

Array = npt.NDArray[Any]


def tangent(
    net: Network,
    trace: Trace,
    t_net: Network,
    t_initial: State,
    t_current: Array,
) -> tuple[Array, Array]:
    """Derivatives (t_y, t_z), shapes (T, K) and (T, N), along a direction of all parameters.

    `t_net` and `t_initial` hold the direction in the fields of the parameters they belong to;
    `t_current` is (T, N).
    """
    T, N = trace.z.shape
    D = len(net.W_rec) - 1
    s = trace.initial
    t_I = np.zeros((T + D, N))
    t_I[:D] += t_initial.pending[: len(t_I)]
    t_I[:T] += t_current
    t_y, t_z = np.zeros((T, net.b_out.size)), np.zeros((T, N))
    V_, b_, z_, B_ = s.V, s.b, s.z, net.b0 + net.beta * s.b
    t_V_, t_b_, t_z_, t_u = t_initial.V, t_initial.b, t_initial.z, t_initial.u
    t_B_ = t_net.b0 + t_net.beta * s.b + net.beta * t_b_

    for t in range(T):
        b, B, V, z = trace.b[t], trace.B[t], trace.V[t], trace.z[t]
        for d in range(1, D + 1):
            t_I[t + d] += trace.x[t] @ t_net.W_in[d]
        t_b = net.rho * t_b_ + t_net.rho * (b_ - z_) + (1 - net.rho) * t_z_
        t_B = t_net.b0 + t_net.beta * b + net.beta * t_b
        t_V = net.alpha * t_V_ + t_net.alpha * (V_ - trace.I[t]) + (1 - net.alpha) * t_I[t]
        t_V = t_V - reset_by(net, t_B, t_B_) * z_ - reset_by(net, B, B_) * t_z_
        V_tested, t_V_tested = tested(net, V, V_), tested(net, t_V, t_V_)
        t_z[t] = trace.slope[t] * (t_V_tested - V_tested / B * t_B)
        for d in range(1, D + 1):
            t_I[t + d] += t_z[t] @ net.W_rec[d] + z @ t_net.W_rec[d]
        t_u = net.kappa * t_u + (1 - net.kappa) * (t_z[t] @ net.W_out + z @ t_net.W_out)
        t_y[t] = t_u + t_net.b_out
        V_, b_, z_, B_ = V, b, z, B
        t_V_, t_b_, t_z_, t_B_ = t_V, t_b, t_z[t], t_B

    return t_y, t_z

"""E-prop: the gradient carried forwards, by eligibility traces and learning signals.

After Bellec et al. 2020, Nature Communications 11, 3625; every line carries the number of its
equation in DERIVATION.md. What a weight does to the spikes of its target is kept whole, adaptation
and reset included; that a spike changes what other neurons do is left out. So this is the adjoint
without its line (11), to rounding, and BPTT itself where there are no recurrent weights.

`local_adjoint` walks the same gradient backwards, to look at what flows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .adjoint import Gradient, adjoint
from .forward import Network, Trace, reset_by, tested

Array = npt.NDArray[Any]


class EpropGradient(NamedTuple):
    """What e-prop gives for dL/d(parameter), shaped as in `Network`, and what it was made of."""

    W_in: Array  # (D + 1, I, N)
    W_rec: Array  # (D + 1, N, N)
    W_out: Array  # (N, K), exact
    b_out: Array  # (K,), exact
    L: Array  # (T, N) learning signal


def eprop(
    net: Network,
    trace: Trace,
    d_y: Array,
    d_z: Array | float = 0.0,
    feedback: Array | None = None,
    through_reset: bool = True,
) -> EpropGradient:
    """Gradient of a loss L with respect to the weights, as e-prop has it.

    Step t needs nothing of later steps, and memory does not grow with T but for what is given.

    Parameters
    ----------
    net, trace
        The network and what `forward` returned for it.
    d_y
        dL/dy, (T, K).
    d_z
        dL/dz where the loss looks at spikes directly (rate regulariser), (T, N) or a number.
    feedback
        What tells the neurons of the readouts' errors, (N, K): W_out if not given (symmetric
        e-prop), or fixed random numbers (random e-prop).
    through_reset
        False treats the reset term B z as a constant, as published e-prop does.
    """
    T, N = trace.z.shape
    D, n_in = len(net.W_rec) - 1, net.W_in.shape[1]
    feedback = net.W_out if feedback is None else feedback
    d_z = np.broadcast_to(d_z, (T, N))
    keep = 1.0 if through_reset else 0.0
    sources = np.pad(np.hstack([trace.x, trace.z]), ((D, 0), (0, 0)))  # row D + t: step t
    per_weight = D + 1, n_in + N, N
    eps_V, eps_b, eps_B, e, e_bar, total = (np.zeros(per_weight) for _ in range(6))
    z_bar, W_out, L = np.zeros(N), np.zeros_like(net.W_out), np.zeros((T, N))
    V_, B_, z_ = trace.initial.V, net.b0 + net.beta * trace.initial.b, trace.initial.z

    for t in range(T):
        V, B, z = trace.V[t], trace.B[t], trace.z[t]
        arrived = sources[t : t + D + 1][::-1, :, None]  # from each source, by delay
        eps_V_, eps_B_ = eps_V, eps_B
        eps_b = net.rho * eps_b + (1 - net.rho) * e  # (26)
        eps_B = net.beta * eps_b  # (27)
        reset = reset_by(net, B, B_) * e + z_ * reset_by(net, eps_B, eps_B_)
        eps_V = net.alpha * eps_V + (1 - net.alpha) * arrived - keep * reset  # (28)
        v = tested(net, V, V_) / B
        e = trace.slope[t] * (tested(net, eps_V, eps_V_) - v * eps_B)  # (29)
        e_bar = net.kappa * e_bar + (1 - net.kappa) * e  # (30)
        L[t] = feedback @ d_y[t]  # (31)
        total += L[t] * e_bar + d_z[t] * e  # (32)
        z_bar = net.kappa * z_bar + (1 - net.kappa) * z  # (33)
        W_out += np.outer(z_bar, d_y[t])  # (34)
        V_, B_, z_ = V, B, z

    total[0] = 0.0  # no connection arrives at once
    return EpropGradient(total[:, :n_in], total[:, n_in:], W_out, d_y.sum(0), L)


def local_adjoint(
    net: Network,
    trace: Trace,
    d_y: Array,
    d_z: Array | float = 0.0,
    feedback: Array | None = None,
    through_reset: bool = True,
) -> Gradient:
    """Return what `eprop` does, walked backwards: no error passes from neuron to neuron.

    For pictures of how far back e-prop's error reaches, beside that of BPTT::

        trace = forward(net, x)
        by_bptt = adjoint(net, trace, d_y, record=True).record.d_V  # (T, N): dL/dV(t)
        by_eprop = local_adjoint(net, trace, d_y).record.d_V
        norm_by_lag = np.sqrt((by_eprop[first::-1] ** 2).mean(1))  # the loss reads from `first` on

    Parameters
    ----------
    net, trace, d_y, d_z, feedback, through_reset
        See `eprop`.

    Returns
    -------
    Gradient
        With its record. Its gradients of the neurons' constants are without (11), too.
    """
    feedback = net.W_out if feedback is None else feedback
    local = replace(net, W_rec=np.zeros_like(net.W_rec), W_out=feedback)
    return adjoint(local, trace, d_y, d_z, through_reset, record=True)

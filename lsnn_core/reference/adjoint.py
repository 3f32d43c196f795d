"""The gradient, walked backwards through the trace: lambda = dL/d(.) written ``d_``.

Every line is the transpose of one line of `forward`, in reverse order, and carries the number of
its equation in DERIVATION.md. Two memories with different lives carry the error back in time: d_V
dies within a few tau_m, d_b lives for tau_a.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .forward import Network, State, Trace

Array = npt.NDArray[Any]


class Record(NamedTuple):
    """What flowed backwards, (T, N) each: row t is the derivative with respect to step t."""

    d_V: Array
    d_b: Array
    d_B: Array
    gz: Array  # dL/dz
    psi: Array

    @classmethod
    def empty(cls, trace: Trace) -> Record:
        """Return zeros, but for psi, which the trace tells."""
        d_V, d_b, d_B, gz = (np.zeros(trace.z.shape) for _ in range(4))
        return cls(d_V, d_b, d_B, gz, trace.slope.real * trace.B.real)


@dataclass
class Gradient:
    """dL/d(parameter), named and shaped as the parameter; `initial` is that of the first state.

    `record` is there if it was asked for.
    """

    W_in: Array
    W_rec: Array
    W_out: Array
    b_out: Array
    alpha: Array
    rho: Array
    beta: Array
    b0: Array
    current: Array  # (T, N)
    initial: State
    record: Record | None = None


def adjoint(
    net: Network,
    trace: Trace,
    d_y: Array,
    d_z: Array | float = 0.0,
    through_reset: bool = True,
    record: bool = False,
    truncate: int = 0,
) -> Gradient:
    """Gradient of a loss L with respect to every parameter.

    Parameters
    ----------
    net, trace
        The network and what `forward` returned for it.
    d_y
        dL/dy, (T, K).
    d_z
        dL/dz where the loss looks at spikes directly (rate regulariser), (T, N) or a number.
    through_reset
        False treats the reset term B z as a constant, as code that detaches it does.
    record
        Keep what flows backwards at each step, in ``gradient.record``.
    truncate
        Truncated BPTT: nothing flows back over the beginning of a stretch of so many steps, the
        first of which begins with the run. 0: the whole gradient.
    """
    official = net.convention == "lsnn-official"
    T, N = trace.z.shape
    D = len(net.W_rec) - 1
    s = trace.initial
    V_before = np.vstack([s.V[None], trace.V])[:T]
    b_before = np.vstack([s.b[None], trace.b])[:T]
    z_before = np.vstack([s.z[None], trace.z])[:T]
    V_tested = V_before if official else trace.V
    keep = 1.0 if through_reset else 0.0

    d_z_direct = np.broadcast_to(d_z, (T, N))
    d_I = np.zeros((T + D, N))
    d_u = np.zeros(net.b_out.size)
    d_V_next, d_b_next, d_fire_next = np.zeros(N), np.zeros(N), np.zeros(N)
    B_next = np.zeros(N)
    g = Gradient(
        W_in=np.zeros_like(net.W_in),
        W_rec=np.zeros_like(net.W_rec),
        W_out=np.zeros_like(net.W_out),
        b_out=d_y.sum(0),  # (21)
        alpha=np.zeros(N),
        rho=np.zeros(N),
        beta=np.zeros(N),
        b0=np.zeros(N),
        current=np.zeros((T, N)),
        initial=State.rest(net),
        record=Record.empty(trace) if record else None,
    )

    for t in reversed(range(T)):
        z, V, B, b = trace.z[t], V_tested[t], trace.B[t], trace.b[t]
        d_u = net.kappa * d_u + d_y[t]  # (9)
        gz = d_z_direct[t] + (1 - net.kappa) * (net.W_out @ d_u)  # (10) readout, and regulariser
        for d in range(1, D + 1):
            gz = gz + net.W_rec[d] @ d_I[t + d]  # (11) spikes that z(t) helped to cause
        gz = gz + (1 - net.rho) * d_b_next  # (12) adaptation that z(t) left behind
        gz = gz - keep * (B_next if official else B) * d_V_next  # (13) reset by z(t)

        d_fire = gz * trace.slope[t]  # through the spike: gz psi / B
        d_V = net.alpha * d_V_next + (d_fire_next if official else d_fire)  # (14)
        d_B = -d_fire * V / B  # (15) the threshold where it is tested ...
        d_B = d_B - keep * (z_before[t] * d_V if official else z * d_V_next)  # ... and in the reset
        d_b = net.rho * d_b_next + net.beta * d_B  # (16)
        d_I[t] = g.current[t] = (1 - net.alpha) * d_V  # (17)

        for d in range(1, D + 1):
            g.W_in[d] += np.outer(trace.x[t], d_I[t + d])  # (18)
            g.W_rec[d] += np.outer(z, d_I[t + d])  # (19)
        g.W_out += (1 - net.kappa) * np.outer(z, d_u)  # (20)
        g.alpha += d_V * (V_before[t] - trace.I[t])  # (22)
        g.rho += d_b * (b_before[t] - z_before[t])  # (23)
        g.beta += d_B * b  # (24)
        g.b0 += d_B  # (25)
        if g.record:
            for kept, value in zip(g.record, (d_V, d_b, d_B, gz), strict=False):
                kept[t] = value
        d_V_next, d_b_next, d_fire_next, B_next = d_V, d_b, d_fire, B
        if truncate and t > 0 and t % truncate == 0:
            d_V_next, d_b_next, d_fire_next, d_u = 0 * d_V, 0 * d_b, 0 * d_fire, 0 * d_u  # (35)
            d_I[t:] = 0.0  # (35) spikes on their way are part of the state that is cut

    first = Handed(d_V_next, d_b_next, d_fire_next, d_u, B_next)
    _reach_initial_state(net, s, g, first, d_I[:D], keep)
    return g


class Handed(NamedTuple):
    """What a step hands on to the one before it."""

    d_V: Array  # (N,)
    d_b: Array  # (N,)
    d_fire: Array  # (N,)
    d_u: Array  # (K,)
    B: Array  # (N,) the step's threshold


def _reach_initial_state(
    net: Network, s: State, g: Gradient, first: Handed, d_pending: Array, keep: float
) -> None:
    """One more step back: from t = 0 to the state before it."""
    d_V, d_b, d_fire, d_u, B_first = first
    official = net.convention == "lsnn-official"
    B_initial = net.b0 + net.beta * s.b
    d_B = np.zeros_like(d_V) if official else -keep * s.z * d_V
    g.initial.V = net.alpha * d_V + (d_fire if official else 0.0)
    g.initial.b = net.rho * d_b + net.beta * d_B
    g.initial.z = (1 - net.rho) * d_b - keep * (B_first if official else B_initial) * d_V
    g.initial.pending[: len(d_pending)] = d_pending
    g.initial.u = net.kappa * d_u
    g.beta += d_B * s.b
    g.b0 += d_B

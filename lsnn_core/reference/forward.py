"""The dynamics of one LSNN on one example, line by line (paper, Section 2).

Read `forward` aloud: each line carries the number of its equation in DERIVATION.md. Letters: T
steps, I inputs, N neurons, K outputs, D the longest delay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .surrogate import psi, smooth_step

Array = npt.NDArray[Any]


@dataclass
class Network:
    """Everything that stays fixed while the network runs.

    Weights hold one dense matrix per delay: a spike of source i at t adds ``W[d, i, j]`` to the
    current of neuron j at t + d; slice d = 0 is unused.
    """

    W_in: Array  # (D + 1, I, N)
    W_rec: Array  # (D + 1, N, N)
    W_out: Array  # (N, K)
    b_out: Array  # (K,)
    alpha: Array  # (N,) membrane decay per step, exp(-dt / tau_m)
    rho: Array  # (N,) adaptation decay per step, exp(-dt / tau_a)
    beta: Array  # (N,) strength of adaptation, 0 for population R
    b0: Array  # (N,) threshold at rest
    n_ref: Array  # (N,) absolute refractory period in steps
    kappa: float  # readout decay per step
    gamma: float  # dampening of the pseudo-derivative
    convention: str = "paper"  # or "lsnn-official": tests V(t-1), resets by B(t)
    surrogate: str = "triangle"  # shape of the pseudo-derivative, see `surrogate.psi`

    def __post_init__(self) -> None:
        """Say what is wrong with a shape."""
        sizes = np.shape(self.W_in)
        if len(sizes) != 3:
            raise ValueError(f"W_in: expected a matrix for each delay (D + 1, I, N), found {sizes}")
        D, I = sizes[0] - 1, sizes[1]
        N, K = np.size(self.b0), np.size(self.b_out)
        shapes = {"W_in": (D + 1, I, N), "W_rec": (D + 1, N, N), "W_out": (N, K), "b_out": (K,)}
        shapes |= dict.fromkeys(("alpha", "rho", "beta", "b0", "n_ref"), (N,))
        for name, shape in shapes.items():
            found = np.shape(getattr(self, name))
            if found != shape:
                raise ValueError(
                    f"{name}: expected shape {shape} for N = {N} neurons (b0), K = {K} readouts "
                    f"(b_out) and delays up to D = {D} (W_in), found {found}"
                )


@dataclass
class State:
    """What a network remembers between two steps."""

    V: Array  # (N,) membrane potential
    b: Array  # (N,) adaptation variable
    z: Array  # (N,) spikes of the last step
    wait: Array  # (N,) steps a neuron stays refractory
    pending: Array  # (D, N) current that past spikes will deliver in the next D steps
    u: Array  # (K,) filtered readout

    @classmethod
    def rest(cls, net: Network) -> State:
        """No potential, no adaptation, no spikes under way."""
        D, _, N = net.W_rec.shape
        wait = np.zeros(N, np.int64)
        pending = np.zeros((D - 1, N))
        return cls(np.zeros(N), np.zeros(N), np.zeros(N), wait, pending, np.zeros(net.b_out.size))


@dataclass
class Trace:
    """What `forward` saw, step by step: all that the adjoint needs."""

    x: Array  # (T, I) input spikes
    I: Array  # (T + D, N) synaptic and injected current; the last D rows arrive after the end
    V: Array  # (T, N)
    b: Array  # (T, N)
    B: Array  # (T, N) adaptive threshold
    z: Array  # (T, N) spikes
    slope: Array  # (T, N) dz/dV = psi / B, 0 while refractory
    y: Array  # (T, K) readout
    initial: State
    final: State = field(repr=False)


def tested(net: Network, V: Array, V_before: Array) -> Array:
    """The potential that the threshold test looks at."""
    return V if net.convention == "paper" else V_before


def reset_by(net: Network, B: Array, B_before: Array) -> Array:
    """The threshold that the reset after a spike subtracts."""
    return B_before if net.convention == "paper" else B


def forward(
    net: Network,
    x: Array,
    current: Array | None = None,
    initial: State | None = None,
    smooth: bool = False,
) -> Trace:
    """Run T steps of dt = 1 ms.

    Parameters
    ----------
    net
        Weights and constants.
    x
        Input spikes, (T, I).
    current
        Injected current (noise, analog input), (T, N); added to the synaptic current.
    initial
        State before the first step; at rest if not given.
    smooth
        Replace the step by the primitive of psi. Complex weights are allowed then.

    Returns
    -------
    Trace
        All variables of all steps, the readout y = (T, K) and the final state.
    """
    T, N, K = len(x), net.b0.size, net.b_out.size
    D = len(net.W_rec) - 1
    s = State.rest(net) if initial is None else initial
    kind = np.result_type(
        net.W_in, net.W_rec, net.W_out, net.b_out, net.alpha, net.rho, net.beta, net.b0
    )
    kind = np.result_type(
        kind, s.V, s.b, s.z, s.pending, s.u, float if current is None else current
    )

    I = np.zeros((T + D, N), kind)
    I[:D] += s.pending[: len(I)]
    if current is not None:
        I[:T] += current
    V, b, B, z, slope = (np.zeros((T, N), kind) for _ in range(5))
    y = np.zeros((T, K), kind)
    V_, b_, z_, u, wait = s.V, s.b, s.z, s.u, s.wait  # a trailing _ is "one step before"
    B_ = net.b0 + net.beta * b_

    for t in range(T):
        for d in range(1, D + 1):
            I[t + d] += x[t] @ net.W_in[d]  # (1)
        b[t] = net.rho * b_ + (1 - net.rho) * z_  # (2) paper, eq. 2
        B[t] = net.b0 + net.beta * b[t]  # (3) paper, eq. 1
        V[t] = net.alpha * V_ + (1 - net.alpha) * I[t] - reset_by(net, B[t], B_) * z_  # (4)
        v = (tested(net, V[t], V_) - B[t]) / B[t]
        free = wait == 0
        fired = free & (v.real > 0)  # (5)
        z[t] = free * smooth_step(v, net.gamma, net.surrogate) if smooth else fired
        slope[t] = free * psi(v, net.gamma, net.surrogate) / B[t]  # (6)
        wait = np.where(fired, net.n_ref, np.maximum(wait - 1, 0))
        for d in range(1, D + 1):
            I[t + d] += z[t] @ net.W_rec[d]  # (1)
        u = net.kappa * u + (1 - net.kappa) * (z[t] @ net.W_out)  # (7)
        y[t] = u + net.b_out  # (8)
        V_, b_, z_, B_ = V[t], b[t], z[t], B[t]

    return Trace(x, I, V, b, B, z, slope, y, s, State(V_, b_, z_, wait, I[T:], u))

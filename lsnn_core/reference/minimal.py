"""An LSNN and its gradient in sixty lines: one delay, no refractory period (see DERIVATION.md)."""

from typing import Any, NamedTuple

import numpy as np


class Net(NamedTuple):
    """Weights and constants; sources in rows."""

    W_in: Any  # (I, N) from inputs
    W_rec: Any  # (N, N) between neurons, diagonal 0
    W_out: Any  # (N, K) to readouts
    alpha: Any  # (N,) membrane decay exp(-dt / tau_m)
    rho: Any  # (N,) adaptation decay exp(-dt / tau_a)
    beta: Any  # (N,) strength of adaptation
    b0: Any  # (N,) threshold at rest
    kappa: float  # readout decay
    gamma: float  # dampening


def forward(net: Net, x: Any) -> tuple[Any, ...]:
    """Readout (T, K) for input spikes x (T, I), and all that the way back needs."""
    T, N = len(x), len(net.b0)
    V, b, B, z, psi = (np.zeros((T + 1, N)) for _ in range(5))  # row -1: the step before the first
    B[-1], y, u = net.b0, np.zeros((T, net.W_out.shape[1])), 0.0
    for t in range(T):
        I = (x[t - 1] @ net.W_in if t else 0.0) + z[t - 1] @ net.W_rec  # (1)
        b[t] = net.rho * b[t - 1] + (1 - net.rho) * z[t - 1]  # (2)
        B[t] = net.b0 + net.beta * b[t]  # (3)
        V[t] = net.alpha * V[t - 1] + (1 - net.alpha) * I - B[t - 1] * z[t - 1]  # (4)
        z[t] = V[t] > B[t]  # (5)
        psi[t] = net.gamma * np.maximum(0, 1 - np.abs((V[t] - B[t]) / B[t]))  # (6)
        u = net.kappa * u + (1 - net.kappa) * (z[t] @ net.W_out)  # (7)
        y[t] = u  # (8)
    return y, (V, b, B, z, psi)


def backward(net: Net, x: Any, trace: tuple[Any, ...], d_y: Any) -> tuple[Any, Any, Any]:
    """Gradient of the three matrices from d_y = dL/dy (T, K)."""
    V, _, B, z, psi = trace
    d_W_in, d_W_rec, d_W_out = (np.zeros(W.shape) for W in net[:3])
    T, d_u = len(x), 0.0
    d_V, d_b, d_I = (np.zeros((T + 1, len(net.b0))) for _ in range(3))  # row T: after the end
    for t in reversed(range(T)):
        d_u = net.kappa * d_u + d_y[t]  # (9)
        gz = (1 - net.kappa) * (net.W_out @ d_u)  # (10) through the readout
        gz = gz + net.W_rec @ d_I[t + 1]  # (11) through the spikes that it helps to cause
        gz = gz + (1 - net.rho) * d_b[t + 1]  # (12) through the adaptation that it leaves behind
        gz = gz - B[t] * d_V[t + 1]  # (13) through the reset
        d_V[t] = net.alpha * d_V[t + 1] + gz * psi[t] / B[t]  # (14)
        d_B = -gz * psi[t] * V[t] / B[t] ** 2 - z[t] * d_V[t + 1]  # (15)
        d_b[t] = net.rho * d_b[t + 1] + net.beta * d_B  # (16)
        d_I[t] = (1 - net.alpha) * d_V[t]  # (17)
        d_W_in += np.outer(x[t], d_I[t + 1])  # (18)
        d_W_rec += np.outer(z[t], d_I[t + 1])  # (19)
        d_W_out += (1 - net.kappa) * np.outer(z[t], d_u)  # (20)
    np.fill_diagonal(d_W_rec, 0)  # no neuron reaches itself
    return d_W_in, d_W_rec, d_W_out

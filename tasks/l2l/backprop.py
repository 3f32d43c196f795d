"""Backpropagation in the 2-10-1 network itself, as a baseline for learning to learn (Fig. 2F).

One network for each episode, of the kind that is to be learned, takes one gradient step after each
example. The prior for small weights is a penalty on their squares (paper: "a prior that favored
small weights and biases"); optimiser and constants are recalled from the supplement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .families import N_HIDDEN, N_PARAMETERS, logistic

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Backprop:
    """Adam with AMSGrad on the squared error, with decay of all parameters (recalled values)."""

    lr: float = 0.1
    beta1: float = 0.7
    beta2: float = 0.9
    eps: float = 1e-8
    weight_decay: float = 1e-5


def loss_and_gradient(p: Array, x: Array, target: Array, decay: float) -> tuple[Array, Array]:
    """Squared error plus decay |p|^2 of networks (B, 40) at one example each, and its gradient.

    Parameters
    ----------
    p
        (B, 40): W_1 (2 x 10), b_1 (10), w_2 (10), as in `tasks.l2l.families.network_output`.
    x, target
        (B, 2) and (B,).

    Returns
    -------
    loss (B,), gradient (B, 40)
    """
    W_1 = p[:, : 2 * N_HIDDEN].reshape(-1, 2, N_HIDDEN)
    b_1, w_2 = p[:, 2 * N_HIDDEN : 3 * N_HIDDEN], p[:, 3 * N_HIDDEN :]
    h = logistic(np.einsum("bd,bdh->bh", x, W_1) + b_1)
    y = logistic((h * w_2).sum(1))
    d_a2 = 2 * (y - target) * y * (1 - y)
    d_a1 = d_a2[:, None] * w_2 * h * (1 - h)
    d_W1 = x[:, :, None] * d_a1[:, None, :]
    gradient = np.concatenate([d_W1.reshape(-1, 2 * N_HIDDEN), d_a1, d_a2[:, None] * h], axis=1)
    return (y - target) ** 2 + decay * (p**2).sum(1), gradient + 2 * decay * p


def error_of_backprop(
    x: Array, target: Array, rng: np.random.Generator, settings: Backprop | None = None
) -> Array:
    """Squared error at each example, before the step on it; x (B, E, 2), target (B, E) -> (B, E).

    Weights start as Xavier's normal initialisation does, biases at 0.
    """
    s = settings or Backprop()
    p = _initial(len(x), rng)
    m, v, v_max = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    error = np.empty(target.shape)
    for n in range(target.shape[1]):
        loss, g = loss_and_gradient(p, x[:, n], target[:, n], s.weight_decay)
        error[:, n] = loss - s.weight_decay * (p**2).sum(1)
        m = s.beta1 * m + (1 - s.beta1) * g
        v = s.beta2 * v + (1 - s.beta2) * g**2
        v_max = np.maximum(v_max, v)
        step = s.lr * np.sqrt(1 - s.beta2 ** (n + 1)) / (1 - s.beta1 ** (n + 1))
        p = p - step * m / (np.sqrt(v_max) + s.eps)
    return error


def _initial(count: int, rng: np.random.Generator) -> Array:
    p = np.zeros((count, N_PARAMETERS))
    p[:, : 2 * N_HIDDEN] = rng.normal(0, np.sqrt(2 / (2 + N_HIDDEN)), (count, 2 * N_HIDDEN))
    p[:, 3 * N_HIDDEN :] = rng.normal(0, np.sqrt(2 / (N_HIDDEN + 1)), (count, N_HIDDEN))
    return p

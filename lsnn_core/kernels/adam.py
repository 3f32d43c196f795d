"""Adam on a list whose entries were born at different times."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .jit import kernel


class Moments(NamedTuple):
    """What Adam remembers of each entry."""

    m: np.ndarray  # (C,) float64
    v: np.ndarray  # (C,) float64
    age: np.ndarray  # (C,) int64: steps already taken


class Step(NamedTuple):
    """How far a step goes, and how fast moments forget."""

    lr: float
    beta1: float
    beta2: float
    eps: float


@kernel
def adam_list(theta, d_theta, moments: Moments, scale, step: Step):
    """Take one step on every entry; `theta` and `moments` change in place.

    theta, d_theta (C) float32 or float64. scale[a] = sqrt(1 - beta2^a) / (1 - beta1^a) corrects the
    bias of moments that are `a` steps old; older ones are corrected as its last.
    """
    m, v, age = moments
    lr, beta1, beta2, eps = step
    last = scale.shape[0] - 1
    for c in range(theta.shape[0]):
        age[c] += 1
        g = float(d_theta[c])
        m[c] = beta1 * m[c] + (1.0 - beta1) * g
        v[c] = beta2 * v[c] + (1.0 - beta2) * g * g
        theta[c] -= lr * scale[min(age[c], last)] * m[c] / (math.sqrt(v[c]) + eps)

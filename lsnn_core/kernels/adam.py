"""Adam on a list whose entries were born at different times."""

from __future__ import annotations

import math

from .jit import kernel


@kernel
def adam_list(theta, d_theta, m, v, age, scale, lr, beta1, beta2, eps):
    """Take one step on every entry; `theta`, `m`, `v` and `age` change in place.

    theta, d_theta (C) float32 or float64; m, v (C) float64; age (C) int64: steps already taken.
    scale[a] = sqrt(1 - beta2^a) / (1 - beta1^a) corrects the bias of moments that are `a` steps
    old; older ones are corrected as its last.
    """
    last = scale.shape[0] - 1
    for c in range(theta.shape[0]):
        age[c] += 1
        g = float(d_theta[c])
        m[c] = beta1 * m[c] + (1.0 - beta1) * g
        v[c] = beta2 * v[c] + (1.0 - beta2) * g * g
        theta[c] -= lr * scale[min(age[c], last)] * m[c] / (math.sqrt(v[c]) + eps)

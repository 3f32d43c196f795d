"""The pseudo-derivative of a spike, and the smooth step whose true derivative it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def psi(v: Array, gamma: float) -> Array:
    """Dampened pseudo-derivative of z with respect to v = (V - B) / B.

    A triangle of height gamma around the threshold: gamma max(0, 1 - abs(v)) (paper, Section 2).
    """
    triangle: Array = gamma * np.maximum(0.0, 1.0 - np.abs(v.real))
    return triangle


def smooth_step(v: Array, gamma: float) -> Array:
    """Primitive of `psi`: rises from 0 at v = -1 to gamma at v = 1.

    Put in the place of the step it makes a network whose true derivative is the adjoint's, so that
    finite differences mean something. Accepts complex v (complex step): branches look at the real
    part only.
    """
    rising = gamma * (1.0 + v) ** 2 / 2.0
    settling = gamma * (1.0 - (1.0 - v) ** 2 / 2.0)
    inside = np.where(v.real < 0.0, rising, settling)
    return np.where(v.real <= -1.0, 0.0, np.where(v.real >= 1.0, gamma, inside))

"""The pseudo-derivative of a spike, and the smooth step whose true derivative it is.

Of v = (V - B) / B throughout: how far the tested potential is above the threshold, in thresholds.
Each surrogate is a line of `SURROGATES`: a bump around v = 0, and a primitive of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
SLOPE = 10.0  # per threshold: 1 per mV, where the threshold is 10 mV above rest
HEIGHT, SCALE, SIGMA = 0.15, 6.0, 0.5


class Surrogate(NamedTuple):
    """A bump, and its primitive, 0 far below the threshold, which also accepts complex v."""

    bump: Callable[[Array], Array]
    primitive: Callable[[Array], Array]


def psi(v: Array, gamma: float, surrogate: str = "triangle") -> Array:
    """Dampened pseudo-derivative of z with respect to v = (V - B) / B: gamma times a bump.

    Parameters
    ----------
    v
        Of any shape.
    gamma
        Dampening; the triangle's height at the threshold.
    surrogate
        - "triangle": max(0, 1 - abs(v)), as published (paper, Section 2).
        - "fast-sigmoid": 1 / (1 + beta abs(v))^2 (Zenke and Ganguli 2018, SuperSpike, the surrogate
          partial derivative). There beta is 1 per mV and the threshold 10 mV above rest: here, in
          thresholds, beta is 10.
        - "multi-gaussian": (1 + h) N(v; 0, sigma) - h N(v; sigma, s sigma) - h N(v; -sigma,
          s sigma), with normal densities N, h = 0.15, s = 6 and sigma = 0.5 (Yin, Corradi and
          Bohte 2021, Nature Machine Intelligence 3, 905-913, and its code, where gamma is 0.5).
          0.88 at the threshold, negative beyond 1.27 thresholds from it. Theirs is of V - B, ours
          of v, as the triangle is: our choice, for potentials of any unit.
    """
    bump: Array = gamma * SURROGATES[surrogate].bump(v.real)
    return bump


def smooth_step(v: Array, gamma: float, surrogate: str = "triangle") -> Array:
    """Primitive of `psi`: rises from 0 far below the threshold.

    Put in the place of the step it makes a network whose true derivative is the adjoint's, so that
    finite differences mean something. Accepts complex v (complex step): branches look at the real
    part only.
    """
    return gamma * SURROGATES[surrogate].primitive(v)


def triangle_primitive(v: Array) -> Array:
    """From 0 at v = -1 to 1 at v = 1."""
    inside = np.where(v.real < 0.0, (1.0 + v) ** 2 / 2.0, 1.0 - (1.0 - v) ** 2 / 2.0)
    return np.where(v.real <= -1.0, 0.0, np.where(v.real >= 1.0, 1.0, inside))


def size(v: Array) -> Array:
    """abs(v) of the real part, analytic on either side of 0 as abs(v) of complex v is not."""
    return np.where(v.real < 0.0, -v, v)


def multi_gaussian(density: Callable[[Array, float], Array], v: Array) -> Array:
    """A narrow bell less two wide ones; or the same of their primitives."""
    wide = density(v - SIGMA, SCALE * SIGMA) + density(v + SIGMA, SCALE * SIGMA)
    return (1.0 + HEIGHT) * density(v, SIGMA) - HEIGHT * wide


def normal_density(v: Array, sigma: float) -> Array:
    """Normal density of mean 0."""
    bell: Array = np.exp(-0.5 * (v / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    return bell


def normal_primitive(v: Array, sigma: float) -> Array:
    """(1 + erf(x)) / 2 at x = v / (sigma sqrt(2)), by a series that holds for complex x, too.

    erf(x) = 2 / sqrt(pi) e^(-x^2) sum over n of 2^n x^(2n+1) / (1 3 5 ... (2n+1)); beyond 6 it is
    1 to the last digit.
    """
    x = v / (sigma * np.sqrt(2.0))
    x = np.where(np.abs(x.real) < 6.0, x, 6.0 * np.sign(x.real))
    term = total = x
    for n in range(1, 130):
        term = term * (2.0 * x * x / (2 * n + 1))
        total = total + term
    half: Array = 0.5 + np.exp(-x * x) * total / np.sqrt(np.pi)
    return half


SURROGATES = {
    "triangle": Surrogate(lambda v: np.maximum(0.0, 1.0 - np.abs(v)), triangle_primitive),
    "fast-sigmoid": Surrogate(
        lambda v: (1.0 + SLOPE * np.abs(v)) ** -2, lambda v: 1 / SLOPE + v / (1 + SLOPE * size(v))
    ),
    "multi-gaussian": Surrogate(
        lambda v: multi_gaussian(normal_density, v), lambda v: multi_gaussian(normal_primitive, v)
    ),
}

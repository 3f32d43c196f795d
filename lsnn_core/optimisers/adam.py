"""Adam: for connection lists, whose entries come and go, and for small dense parameters.

`clipped` bounds what it is given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.optimisers import AdamSettings
from ..errors import NumericalError, UsageError
from ..kernels.adam import Moments, Step, adam_list
from .redraw import carried

LOG_ROUNDING = -54 * math.log(2.0)
LARGEST_TABLE = 2**24
"""Ages that corrections are kept for; with the published beta2 they settle at 37,412."""


def correction(adam: AdamSettings, age: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Correct the bias of moments that are `age` steps old: sqrt(1-beta2^a) / (1-beta1^a)."""
    age = np.maximum(age, 1)  # moments of age 0 are never used
    factor: npt.NDArray[np.float64] = np.sqrt(1.0 - adam.beta2**age) / (1.0 - adam.beta1**age)
    return factor


def settled(adam: AdamSettings) -> int:
    """Age from which on `correction` is exactly 1: both powers are below half a rounding of 1."""
    largest = max(adam.beta1, adam.beta2)
    return math.ceil(LOG_ROUNDING / math.log(largest)) if largest > 0.0 else 1


class ListAdam:
    """Adam whose entries each correct their bias by their own age.

    With the global step count instead, the moments of a new connection would count as settled
    while they still are near zero, and its first step would be 0.1 / sqrt(0.001) = 3.2 times the
    learning rate (D-new-moments; the published code keeps dense moments of dormant connections).

    Parameters
    ----------
    size
        Number of entries, C.
    settings
        Of Adam.

    Notes
    -----
    Moments are float64 whatever the weights are: in float32 a small gradient's square vanishes.
    """

    def __init__(self, size: int, settings: AdamSettings) -> None:
        self.settings = settings
        self.m = np.zeros(size)
        self.v = np.zeros(size)
        self.age = np.zeros(size, dtype=np.int64)
        self._scale = correction(settings, np.arange(1024))

    def step(
        self, theta: npt.NDArray[np.floating[Any]], d_theta: npt.NDArray[Any], lr: float
    ) -> None:
        """Change `theta` (C) in place, down its gradient `d_theta` (C)."""
        oldest = min(int(self.age.max(initial=0)) + 1, settled(self.settings))
        if oldest >= len(self._scale):
            self._scale = correction(self.settings, np.arange(2 * oldest))
        step = Step(lr, self.settings.beta1, self.settings.beta2, self.settings.eps)
        adam_list(theta, d_theta, Moments(self.m, self.v, self.age), self._scale, step)

    def carry(self, origin: npt.NDArray[np.int64]) -> None:
        """Follow a rewiring: entry c continues old entry ``origin[c]``; -1 starts from nothing."""
        self.m, self.v, self.age = (carried(a, origin) for a in (self.m, self.v, self.age))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that `restore` needs."""
        return {"m": self.m.copy(), "v": self.v.copy(), "age": self.age.copy()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what `state` returned."""
        m, v, age = (taken(state, name, self.m.shape) for name in ("m", "v", "age"))
        oldest = min(int(age.max(initial=0)), settled(self.settings))
        if age.min(initial=0) < 0 or oldest > LARGEST_TABLE:
            raise UsageError(
                f"optimiser state age: expected 0 ... {LARGEST_TABLE}, found {age.min(initial=0)} "
                f"... {age.max(initial=0)}"
            )
        self.m, self.v = m.astype(np.float64), v.astype(np.float64)
        self.age = age.astype(np.int64)


class DenseAdam:
    """Plain Adam for one small dense parameter, such as the readout's bias.

    Parameters
    ----------
    shape
        Shape of the parameter.
    settings
        Of Adam.
    """

    def __init__(self, shape: int | tuple[int, ...], settings: AdamSettings) -> None:
        self.settings = settings
        self.m = np.zeros(shape)
        self.v = np.zeros(shape)
        self.age = np.zeros((), dtype=np.int64)

    def step(
        self, parameter: npt.NDArray[np.floating[Any]], gradient: npt.NDArray[Any], lr: float
    ) -> npt.NDArray[np.floating[Any]]:
        """Return the parameter after one step down its gradient; the given one is not changed."""
        if not np.shape(parameter) == np.shape(gradient) == self.m.shape:
            raise UsageError(
                f"adam: expected parameter and gradient of shape {self.m.shape}, "
                f"found {np.shape(parameter)} and {np.shape(gradient)}"
            )
        beta1, beta2 = self.settings.beta1, self.settings.beta2
        g = np.asarray(gradient, dtype=np.float64)
        self.age = self.age + 1
        self.m = beta1 * self.m + (1.0 - beta1) * g
        self.v = beta2 * self.v + (1.0 - beta2) * g * g
        step = correction(self.settings, self.age) * self.m / (np.sqrt(self.v) + self.settings.eps)
        return (parameter - lr * step).astype(parameter.dtype)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that `restore` needs."""
        return {"m": self.m.copy(), "v": self.v.copy(), "age": self.age.copy()}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what `state` returned."""
        m, v = (taken(state, name, self.m.shape) for name in ("m", "v"))
        self.m, self.v = m.astype(np.float64), v.astype(np.float64)
        self.age = taken(state, "age", ()).astype(np.int64)


def clipped(clip_norm: float, *gradients: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Shorten gradients that together are longer than `clip_norm` to that length.

    Parameters
    ----------
    clip_norm
        Root of the sum of squares over all of them (Pascanu et al. 2013); 0 leaves them alone.
    gradients
        Finite, any shapes; not changed.
    """
    if clip_norm == 0.0:
        return gradients
    with np.errstate(over="ignore"):  # seen to below
        norm = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in gradients)))
    if norm <= clip_norm:
        return gradients
    if clip_norm / norm >= max(np.finfo(g.dtype).tiny for g in gradients):
        return tuple((g * (clip_norm / norm)).astype(g.dtype) for g in gradients)
    # The factor is no normal number, or none at all: times it, a gradient would vanish.
    largest = max(float(np.abs(g).max(initial=0.0)) for g in gradients)
    with np.errstate(invalid="ignore"):  # infinity becomes NaN, which the learner refuses
        within_1 = [g.astype(np.float64) / largest for g in gradients]
    norm = float(np.sqrt(sum(np.sum(np.square(g)) for g in within_1)))
    pairs = zip(within_1, gradients, strict=True)
    return tuple((small * (clip_norm / norm)).astype(g.dtype) for small, g in pairs)


def refuse_unsquarable(iteration: int, **gradients: npt.NDArray[Any]) -> None:
    """Raise `NumericalError` if a gradient's square is more than a moment of Adam holds.

    Its root would be infinite, and no step would be taken, then and for long after.
    """
    limit = float(np.sqrt(np.finfo(np.float64).max))
    for name, gradient in gradients.items():
        if float(np.finfo(gradient.dtype).max) <= limit:
            continue
        flat = np.ravel(gradient)
        if np.abs(flat).max(initial=0.0) > limit:
            at = int(np.argmax(np.abs(flat)))
            raise NumericalError(
                f"iteration {iteration}: {name}[{at}] is {flat[at]:g}, whose square Adam cannot"
                " hold; the update was not applied; set training.clip_norm"
            )


def taken(
    state: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int, ...]
) -> npt.NDArray[Any]:
    """Return the array of that name in an optimiser's state, refused if it has another shape."""
    array = np.asarray(state[name]) if name in state else None
    if array is None or array.shape != shape:
        found = "nothing" if array is None else f"shape {array.shape}"
        raise UsageError(f"optimiser state {name}: expected shape {shape}, found {found}")
    return array

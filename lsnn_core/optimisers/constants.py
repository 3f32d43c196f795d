"""Learning the constants of the neurons: tau_m, tau_a, beta and b0, each neuron its own.

What is learned is theta = log(constant), so that a constant stays above 0 and a step changes it by
a ratio, whatever its unit. Kernels give dL/d(alpha, rho, beta, b0); the chain rule to theta is

    alpha = exp(-dt / tau_m)    dL/d log tau_m = alpha (dt / tau_m) dL/dalpha
    rho   = exp(-dt / tau_a)    dL/d log tau_a = rho (dt / tau_a) dL/drho
                                dL/d log beta  = beta dL/dbeta
                                dL/d log b0    = b0 dL/db0

No theta is kept: a step of theta multiplies the constant, and so a run file needs nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.optimisers import AdamSettings
from ..model.neurons import NeuronParameters
from .adam import DenseAdam

Array = npt.NDArray[Any]

FIELDS = {"tau_m": "tau_m_ms", "tau_a": "tau_a_ms", "beta": "beta", "b0": "b0"}
"""Where `NeuronParameters` has a constant."""
KERNEL_NAMES = {"tau_m": "alpha", "tau_a": "rho", "beta": "beta", "b0": "b0"}
"""What kernels make of it."""
LARGEST_RATIO = 1e3  # to where a constant started (D-learned-constants)
LONGEST_MS = 1e7  # of a time constant that did not start beyond: float32 knows its decay from 1


class ConstantOptimiser:
    """Adam on the logarithms of some constants.

    Parameters
    ----------
    initial
        The constants before the first step.
    learn
        Which of "tau_m", "tau_a", "beta", "b0" to change. tau_a and beta stay as they are where
        beta is 0: no logarithm goes there.
    adam
        Settings of Adam; each constant has moments of its own.
    lr_factor
        Times the learning rate.
    """

    def __init__(
        self, initial: NeuronParameters, learn: Sequence[str], adam: AdamSettings, lr_factor: float
    ) -> None:
        self.initial, self.learn, self.lr_factor = initial, tuple(learn), lr_factor
        self.adam = {name: DenseAdam(initial.n, adam) for name in learn}

    def gradients(self, neurons: NeuronParameters, found: Mapping[str, Array]) -> dict[str, Array]:
        """dL/d log(constant), (N,), of what is learned, from dL/d(alpha, rho, beta, b0)."""
        p = neurons
        per_log = {
            "tau_m": p.alpha * p.dt_ms / p.tau_m_ms,
            "tau_a": p.rho * p.dt_ms / p.tau_a_ms,
            "beta": p.beta,
            "b0": p.b0,
        }
        return {name: found[KERNEL_NAMES[name]] * per_log[name] for name in self.learn}

    def step(
        self, neurons: NeuronParameters, gradients: Mapping[str, Array], lr: float
    ) -> dict[str, Array]:
        """Constants after a step down their `gradients`, by their names in `NeuronParameters`.

        They stay within `bounds`. What is not finite is for the caller to refuse.
        """
        moved = {}
        for name, adam in self.adam.items():
            field, (low, high) = FIELDS[name], self.bounds(name)
            change = adam.step(np.zeros(neurons.n), gradients[name], lr * self.lr_factor)
            moved[field] = np.clip(getattr(neurons, field) * np.exp(change), low, high)
        return moved

    def bounds(self, name: str) -> tuple[Array, Array]:
        """Least and largest values, (N,) each, that a constant can come to."""
        start = getattr(self.initial, FIELDS[name])
        low, high = start / LARGEST_RATIO, start * LARGEST_RATIO
        if name.startswith("tau"):
            low = np.maximum(low, self.initial.dt_ms)
            high = np.maximum(start, np.minimum(high, LONGEST_MS))
        fixed = ~self.learns(name)
        return np.where(fixed, start, low), np.where(fixed, start, high)

    def learns(self, name: str) -> npt.NDArray[np.bool_]:
        """Which neurons (N,) have such a constant: those with beta = 0 have no tau_a and beta."""
        adapts: npt.NDArray[np.bool_] = self.initial.beta > 0
        return adapts if name in ("tau_a", "beta") else np.ones_like(adapts)

    def state(self) -> dict[str, Array]:
        """Return copies of all moments: what `restore` needs beside the constants themselves."""
        return {
            f"{name}_{key}": value
            for name, adam in self.adam.items()
            for key, value in adam.state().items()
        }

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from what `state` returned; other entries are left alone."""
        for name, adam in self.adam.items():
            adam.restore({key: state[f"{name}_{key}"] for key in ("m", "v", "age")})

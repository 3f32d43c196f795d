"""Families of functions to learn from examples: target networks, sinus functions (Fig. 2).

Every family has inputs in [-x_max, x_max]^d and values in [low, high]. Many functions of a family
are drawn and evaluated at once; a function is a row of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError

Array = npt.NDArray[Any]

N_HIDDEN: Final = 10
N_PARAMETERS: Final = 4 * N_HIDDEN
"""Of a target network: 2 x 10 weights and 10 biases of the hidden layer, 10 output weights."""
SCALING_GRID: Final = 41  # points along each axis on which a network's range of values is found


class Family(Protocol):
    """Functions of d inputs."""

    @property
    def d(self) -> int:
        """Inputs of a function."""

    @property
    def x_max(self) -> float:
        """Inputs lie in [-x_max, x_max]."""

    @property
    def low(self) -> float:
        """Values lie in [low, high]."""

    @property
    def high(self) -> float:
        """Values lie in [low, high]."""

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw functions, (count, parameters) float64."""

    def evaluate(self, functions: Array, x: Array) -> Array:
        """Values (count, E) of functions (count, parameters) at x (count, E, d)."""


@dataclass(frozen=True)
class SineFamily:
    """A sin(x + phi): amplitude A in [0.1, 5], any phase, x in [-5, 5] (paper, Fig. 2G to I)."""

    d: int = 1
    x_max: float = 5.0
    low: float = -5.0
    high: float = 5.0

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw (amplitude, phase) pairs, uniform."""
        return np.stack([rng.uniform(0.1, 5.0, count), rng.uniform(0.0, 2 * np.pi, count)], axis=1)

    def evaluate(self, functions: Array, x: Array) -> Array:
        """A sin(x + phi)."""
        amplitude, phase = functions[:, :1], functions[:, 1:2]
        values: Array = amplitude * np.sin(x[:, :, 0] + phase)
        return values


@dataclass(frozen=True)
class TargetNetworks:
    """Networks of 2 inputs, 10 hidden and 1 output unit, all sigmoidal (paper, section 5).

    Their 40 parameters are uniform in [-1, 1]. The paper leaves open the range of the inputs. In
    [-1, 1] a linear function comes within 1e-5 of nearly every such network, so the nonlinear
    family takes x in [-10, 10] and scales each network's values to [0, 1] (our choice).
    """

    x_max: float = 10.0
    scaled: bool = True
    d: int = 2
    low: float = 0.0
    high: float = 1.0

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw the 40 parameters, and where its values are scaled from: (count, 42)."""
        parameters = rng.uniform(-1.0, 1.0, (count, N_PARAMETERS))
        axis = np.linspace(-self.x_max, self.x_max, SCALING_GRID)
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        span = np.tile([0.0, 1.0], (count, 1))
        if self.scaled:
            for row, function in zip(span, parameters, strict=True):
                values = network_output(function[None], grid[None])
                row[:] = values.min(), values.max()
        return np.concatenate([parameters, span], axis=1)

    def evaluate(self, functions: Array, x: Array) -> Array:
        """Output of each network, scaled if the family is, never outside [0, 1]."""
        low, high = functions[:, N_PARAMETERS, None], functions[:, N_PARAMETERS + 1, None]
        values = network_output(functions[:, :N_PARAMETERS], x)
        return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def network_output(parameters: Array, x: Array) -> Array:
    """Output (count, E) of networks (count, 40) at x (count, E, 2)."""
    W_1 = parameters[:, : 2 * N_HIDDEN].reshape(-1, 2, N_HIDDEN)
    b_1, w_2 = parameters[:, 2 * N_HIDDEN : 3 * N_HIDDEN], parameters[:, 3 * N_HIDDEN :]
    hidden = logistic(x @ W_1 + b_1[:, None])
    return logistic(np.einsum("neh,nh->ne", hidden, w_2))


def logistic(a: Array) -> Array:
    """1 / (1 + exp(-a)), for any a."""
    return 0.5 * (1.0 + np.tanh(0.5 * a))


FAMILIES: Final[dict[str, Family]] = {
    "sine": SineFamily(),
    "target-networks": TargetNetworks(),
    "target-networks-literal": TargetNetworks(x_max=1.0, scaled=False),
}


def family(name: str) -> Family:
    """The family of that name."""
    if name not in FAMILIES:
        raise UsageError(f"task.family: expected one of {', '.join(FAMILIES)}, found {name!r}")
    return FAMILIES[name]

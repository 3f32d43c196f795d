"""RNN and LSTM: nothing in them jumps, so plain derivatives check their backward pass.

The complex step runs the readable twin forward, the central difference the kernels themselves. Each
check moves one parameter at a time, so that an error in a small one is not lost in a sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..random.streams import stream
from ..rate.network import CELLS, Parameters, RateBlock, RateNetwork
from ..reference.rate import readout

Array = npt.NDArray[Any]
TINY = 1e-30


@dataclass(frozen=True, eq=False)
class RateCase:
    """A network, a batch for it, and a loss: L = sum(d_y y), linear in y."""

    name: str
    net: RateNetwork
    parameters: dict[str, Array]
    x: Array  # (T, n_in, B)
    d_y: Array  # (T - readout_start, K, B)

    @property
    def readout_start(self) -> int:
        """First step that is read out."""
        return len(self.x) - len(self.d_y)


def rate_cases(seed: int = 0) -> Iterator[RateCase]:
    """The cases that ``lsnn gradcheck`` shows."""
    for model in CELLS:
        for words, start in (("read at every step", 0), ("read at the last step", 29)):
            name, net = f"{model}, {words}", RateNetwork(model, 3, 8, 2)
            yield random_rate_case(name, stream(seed, name), net, readout_start=start)


def random_rate_case(
    name: str,
    rng: np.random.Generator,
    net: RateNetwork,
    *,
    n_steps: int = 30,
    batch: int = 4,
    readout_start: int = 0,
) -> RateCase:
    """Draw a case, its weights such that a gradient neither vanishes nor explodes in 30 steps."""
    parameters = _random(net, rng)
    for key, shape in net.shapes().items():
        parameters[key] /= np.sqrt(max(shape[0] // net.halves, 1) if len(shape) == 2 else 4)
    x = rng.standard_normal((n_steps, net.n_in, batch))
    d_y = rng.standard_normal((n_steps - readout_start, net.n_out, batch))
    return RateCase(name, net, parameters, x, d_y)


def rate_complex_step(case: RateCase, seed: int = 1) -> float:
    """Largest error of a parameter's gradient against the imaginary part at theta + i h."""
    h = 1e-30
    return max(
        _distance(along, _twin_loss(case, moved(1j * h)).imag / h)
        for along, moved in _directions(case, seed)
    )


def rate_central_difference(case: RateCase, seed: int = 1) -> float:
    """Largest error against (L(theta + h) - L(theta - h)) / 2 h."""
    h = 1e-5
    return max(
        _distance(along, (_loss(case, moved(h)) - _loss(case, moved(-h))) / (2 * h))
        for along, moved in _directions(case, seed)
    )


def _directions(case: RateCase, seed: int) -> Iterator[tuple[Array, Any]]:
    """For each parameter: terms of dL along a random direction of it, and how to move there."""
    rng = np.random.default_rng(seed)
    block = _block(case)
    block.forward(case.parameters)
    gradient = block.backward(case.parameters, case.d_y)
    directions = _random(case.net, rng)
    for name, value in case.parameters.items():
        direction = directions[name]

        def moved(
            step: complex, name: str = name, value: Array = value, direction: Array = direction
        ) -> Parameters:
            return {**case.parameters, name: value + step * direction}

        yield gradient[name] * direction, moved


def _random(net: RateNetwork, rng: np.random.Generator) -> dict[str, Array]:
    """N(0, 1) for every parameter that exists."""
    drawn = {name: rng.standard_normal(shape) for name, shape in net.shapes().items()}
    return {name: value * net.exists.get(name, 1.0) for name, value in drawn.items()}


def _loss(case: RateCase, parameters: Parameters) -> float:
    return float(np.sum(case.d_y * _block(case).forward(parameters)))


def _twin_loss(case: RateCase, parameters: Parameters) -> complex:
    y = readout(case.net.model, parameters, case.x)
    return complex(np.sum(case.d_y * y[case.readout_start :]))


def _block(case: RateCase) -> RateBlock:
    T, _, examples = case.x.shape
    block = RateBlock(case.net, T, examples, case.readout_start, np.float64)
    block.x[:] = case.x
    return block


def _distance(terms: Array, other: float) -> float:
    """Error of a sum, relative to the sum of its terms' sizes: they may cancel by chance."""
    return abs(float(terms.sum()) - other) / max(float(np.abs(terms).sum()), TINY)

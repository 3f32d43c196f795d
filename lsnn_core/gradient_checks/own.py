"""The checks on a user's own network, input and loss, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import instance, reals, shown
from ..memory import physical_bytes
from ..model.network import Network
from ..model.state import NetworkState
from ..simulation.lsnn import LSNN
from ..simulation.run import Run
from .cases import Case
from .checks import complex_step, dot_product, kernel_difference

Array = npt.NDArray[Any]
Loss = Callable[[Run], tuple[Any, ...]]
MOST_EXAMPLES = 4  # that the reference is run on, one by one (our choice: seconds)
STEP = 1e-6  # of the loss's own central difference, times the size of y

ALLOWED: Mapping[str, float] = {
    "dot product": 1e-9,
    "complex step": 1e-7,
    "kernels": 1e-9,
    "loss": 1e-4,
}
"""Largest relative errors: rounding alone, which long runs and large networks amplify."""


@dataclass(frozen=True)
class GradientReport:
    """What `gradcheck` found; print it.

    Parameters
    ----------
    errors
        Relative error of each check, float64.
    """

    errors: Mapping[str, float]

    @property
    def good(self) -> bool:
        """Whether all are within what rounding explains."""
        return all(error <= ALLOWED[name] for name, error in self.errors.items())

    def __str__(self) -> str:
        """Return a table."""
        rows = [f"{'check':16}{'relative error':>16}{'allowed':>10}"]
        for name, error in self.errors.items():
            rows.append(f"{name:16}{error:16.1e}{ALLOWED[name]:10.0e}")
        return "\n".join([*rows, "all within bounds" if self.good else "NOT all within bounds"])


def gradcheck(net: LSNN, x: npt.ArrayLike, loss: Loss | None = None) -> GradientReport:
    """Check the gradient of one's own network, on one's own input, for one's own loss.

    Three checks of `lsnn_core.gradient_checks`, which explains them: "dot product" on the hard
    network and "complex step" on the smooth one compare the adjoint with derivatives found in other
    ways, for one example; "kernels" compares all that the kernels return with the NumPy reference.
    "loss" compares the derivative that `loss` gives with a central difference of its value.

    Parameters
    ----------
    net
        A network; its weights are taken as float64.
    x
        Input spikes, (T, B, n_in); the first four examples count. The reference takes memory and
        time in proportion to D N^2: some hundred neurons and steps take seconds.
    loss
        Takes a `Run` and returns its value and dL/dy (T, B, K), and dL/dz (N,) if there is one: as
        the methods of a `Run` do. If not given, a random linear function of y.

    Raises
    ------
    UsageError
        `net` or `x` does not fit, or the reference would take more memory than there is.
    """
    instance("net", net, LSNN, "the checks run an LSNN")
    x = reals("x", x, (None, None, net.layout.n_in), "time, batch, and one entry for each")
    x = x[:, :MOST_EXAMPLES]
    _check_size(net)
    run = net.forward(x, dtype=np.float64)
    rng = np.random.default_rng(0)
    errors: dict[str, float] = {}
    d_y, d_z = rng.standard_normal(run.y.shape), 0.1 * rng.standard_normal(net.layout.n)
    if loss is not None:
        _, d_y, d_z = _of_loss(loss, run)
        errors["loss"] = _loss_error(loss, run, d_y, rng)
    current = np.zeros((*x.shape[:2], net.layout.n))
    case = Case("own", net, x != 0, current, _rest(net, x.shape[1]), d_y, d_z)
    errors["dot product"] = dot_product(case)
    errors["complex step"] = complex_step(case)
    errors["kernels"] = max(kernel_difference(case).values())
    return GradientReport(errors)


def _check_size(net: Network) -> None:
    layout, have = net.layout, physical_bytes()
    need = 8 * (net.max_delay + 1) * layout.n_source * layout.n * 6  # matrices of some kinds
    if have is not None and need > have:
        raise UsageError(
            f"net: the reference takes about {need / 1e9:.3g} GB, this machine has "
            f"{have / 1e9:.3g}; check a smaller network, or one of shorter delays"
        )


def _of_loss(loss: Loss, run: Run) -> tuple[float, Array, Array]:
    given: Any = loss(run)
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise UsageError(
            "loss: expected one that returns (value, d_y) or (value, d_y, d_z), "
            f"found {shown(given)}"
        )
    value, d_y, *rest = given
    d_y = reals("loss d_y", d_y, run.y.shape, "time, batch, outputs")
    n = run.net.layout.n
    d_z = reals("loss d_z", rest[0], (n,), "one for each neuron") if rest else np.zeros(n)
    return float(reals("loss", value, ())), d_y.astype(np.float64), d_z.astype(np.float64)


def _loss_error(loss: Loss, run: Run, d_y: Array, rng: np.random.Generator) -> float:
    """The derivative along a direction of y against a central difference; z stays as it is."""
    y = run.y
    direction = rng.standard_normal(y.shape)
    size = STEP * max(float(np.abs(y).max(initial=0.0)), 1.0)
    above, below = (_of_loss(loss, _WithReadout(run, y + s * direction))[0] for s in (size, -size))
    there, here = (above - below) / (2 * size), float(np.sum(d_y * direction))
    return abs(there - here) / max(abs(there), abs(here), 1e-12)


class _WithReadout(Run):
    """The same run, as if it had another readout."""

    def __init__(self, run: Run, y: Array) -> None:
        super().__init__(run.net, run.arrays, run.blocks)
        self._y = y

    @property
    def y(self) -> Array:
        """The other readout."""
        return self._y


def _rest(net: Network, batch: int) -> NetworkState:
    n, n_out = net.layout.n, net.layout.n_out
    V, b, z = (np.zeros((batch, n)) for _ in range(3))
    wait, pending = np.zeros((batch, n), np.int64), np.zeros((batch, net.max_delay, n))
    return NetworkState(V, b, z, wait, pending, np.zeros((batch, n_out)))

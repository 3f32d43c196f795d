"""The gradient of a loss, named after what it is the gradient of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import shown
from ..model.forms import sparse_matrix
from ..model.network import Network
from ..model.state import NetworkState
from .analog import input_gradient
from .constants import ConstantGradients
from .example_block import ExampleBlock, lane_bits
from .run import Run

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class NetworkGradient:
    """Gradient of the loss; what was not asked for (`gradient_of`) is None.

    Parameters
    ----------
    net
        The network.
    weight
        (C,) in the order of ``net.connections``; `W_in`, `W_rec` and `W_out` give it by matrix.
    b_out
        (K,)
    constants
        Of the decays alpha and rho, and of beta and b0; `tau_m_ms` and `tau_a_ms` follow.
    initial
        Of the state before the first step.
    x
        (T, B, n_in): of spikes, too, as if they could be any number.
    current
        (T, B, N): of the injected current, whether or not there was any.
    """

    net: Network
    weight: Array
    b_out: Array
    constants: ConstantGradients | None = None
    initial: NetworkState | None = None
    x: Array | None = None
    current: Array | None = None

    @property
    def W_in(self) -> Any:
        """Of W_in, a scipy.sparse.csr_array with an entry for each connection."""
        return self._matrix("W_in")

    @property
    def W_rec(self) -> Any:
        """Of W_rec, likewise."""
        return self._matrix("W_rec")

    @property
    def W_out(self) -> Any:
        """Of W_out, likewise."""
        return self._matrix("W_out")

    @property
    def alpha(self) -> Array:
        """Of the membrane decays per step, (N,)."""
        return self._constants().alpha

    @property
    def rho(self) -> Array:
        """Of the adaptation decays per step, (N,)."""
        return self._constants().rho

    @property
    def tau_m_ms(self) -> Array:
        """Of the membrane time constants, (N,): alpha = exp(-dt / tau_m)."""
        p = self.net.neurons
        return self.alpha * p.alpha * p.dt_ms / p.tau_m_ms**2

    @property
    def tau_a_ms(self) -> Array:
        """Of the adaptation time constants, (N,): rho = exp(-dt / tau_a)."""
        p = self.net.neurons
        return self.rho * p.rho * p.dt_ms / p.tau_a_ms**2

    @property
    def beta(self) -> Array:
        """Of the strength of adaptation, (N,)."""
        return self._constants().beta

    @property
    def b0(self) -> Array:
        """Of the thresholds at rest, (N,)."""
        return self._constants().b0

    def _constants(self) -> ConstantGradients:
        if self.constants is None:
            raise UsageError(
                "gradient: that of the constants was not asked for; "
                'run forward(..., gradient_of=("constants",))'
            )
        return self.constants

    def _matrix(self, name: str) -> Any:
        listed = self.net.connections
        matrix = listed.matrix(name)._replace(data=self.weight[listed.select(name)])
        return sparse_matrix(matrix, "weight")

    def __repr__(self) -> str:
        """Return one line: its length, and what else it holds."""
        norm = float(np.linalg.norm(self.weight.astype(np.float64)))
        names = ("constants", "initial", "x", "current")
        others = [name for name in names if getattr(self, name) is not None]
        beside = f", with {', '.join(others)}" if others else ""
        return f"NetworkGradient({len(self.weight)} weights, length {norm:.3g}{beside})"


CHOICES = ("constants", "initial", "inputs")


def chosen(gradient_of: Any) -> tuple[str, ...]:
    """What `gradient_of` names, one name or several."""
    names = (gradient_of,) if isinstance(gradient_of, str) else gradient_of
    if not isinstance(names, Sequence | set | frozenset):
        raise UsageError(f"gradient_of: expected some of {CHOICES}, found {shown(gradient_of)}")
    for name in names:
        if not (isinstance(name, str) and name in CHOICES):
            raise UsageError(f"gradient_of: expected some of {CHOICES}, found {shown(name)}")
    return tuple(names)


class Collector:
    """Collects the gradient of a run, block by block in their order, so that it has one value."""

    def __init__(self, run: Run) -> None:
        net, (T, B) = run.net, (run.n_steps, run.n_examples)
        self.run, n = run, net.layout.n
        self.weight = np.zeros(len(net.connections.weight), run.dtype)
        self.constants = [np.zeros(n) for _ in ConstantGradients._fields]
        self.parts: list[NetworkState] = []
        shape = run.blocks[0].shape
        self.current = np.zeros((T, B, n), run.dtype) if shape.current else None
        wants_x = "inputs" in run.gradient_of
        self.x = np.zeros((T, B, net.layout.n_in), run.dtype) if wants_x else None

    def add(self, block: ExampleBlock, index: int, start: int, stop: int) -> None:
        """Add what block number `index`, of examples start:stop, has just left in its scratch."""
        run, adjoint = self.run, block.scratch.adjoint
        if run.analog:
            listed = run.net.connections
            run.analog[index].backward(listed, adjoint.current, adjoint.weight)
        self.weight += adjoint.weight
        if block.shape.parameters:
            for total, found in zip(self.constants, block.d_constants(run.arrays), strict=True):
                total += found
            self.parts.append(self._before(block, stop - start))
        if self.current is not None:
            self.current[:, start:stop] = _examples(adjoint.current, run.n_steps, stop - start)
        if self.x is not None:
            d_x = input_gradient(run.net.connections, run.n_steps, adjoint.current)
            self.x[:, start:stop] = _examples(d_x, run.n_steps, stop - start)

    def gradient(self, b_out: Array) -> NetworkGradient:
        """The whole gradient; `b_out` is that of the readout's bias."""
        wanted, constants, initial = self.run.gradient_of, None, None
        if "constants" in wanted:
            constants = ConstantGradients(*self.constants)
        if "initial" in wanted:
            initial = NetworkState.joined(self.parts)
        given = self.weight, b_out, constants, initial, self.x, self.current
        return NetworkGradient(self.run.net, *given)

    def _before(self, block: ExampleBlock, count: int) -> NetworkState:
        """One more step back, from t = 0 to the state before it (twin: reference/adjoint.py)."""
        net, adjoint, lanes = self.run.net, block.scratch.adjoint, slice(0, count)
        p, gain, n = net.neurons, self.run.arrays.neurons.gain, net.layout.n
        official, keep = net.convention == "lsnn-official", float(net.through_reset)
        d_V, d_b, fire, B = (
            getattr(adjoint, k)["lane"][:, lanes].T for k in ("V", "b", "fire", "B")
        )
        s_V, s_b = (a["lane"][:n, lanes].T for a in (block.saved.V, block.saved.b))
        s_z = lane_bits(block.saved.z[:n], np.arange(count)).T
        d_B = 0.0 * d_V if official else -keep * s_z * d_V
        V = p.alpha * d_V + (fire if official else 0.0)
        reset_by = B if official else p.b0 + p.beta * s_b
        z = (1 - p.rho) * d_b - keep * reset_by * d_V
        rows = net.max_delay, net.layout.n_target, block.shape.width
        pending = adjoint.after["lane"].reshape(rows)[:, :n, lanes].transpose(2, 0, 1)
        u = net.kappa * adjoint.u["lane"][:, lanes].T
        met = V if official else d_V  # as in `per_alpha`, but that no V is before it
        reset = 0.0 if official else s_z * reset_by * d_V
        alpha, rho, beta, b0 = self.constants
        alpha += ((s_V * met - reset) / gain).sum(0)
        rho += (d_b * (s_b - s_z)).sum(0)
        beta += (d_B * s_b).sum(0)
        b0 += d_B.sum(0)
        b, wait = p.rho * d_b + p.beta * d_B, np.zeros_like(d_V)
        V, b, z, wait, pending, u = (
            np.array(array, self.run.dtype) for array in (V, b, z, wait, pending, u)
        )
        return NetworkState(V, b, z, wait, pending, u)


def _examples(lanes: Array, n_steps: int, count: int) -> Array:
    """The first `count` lanes of (T * n lanes), (T, count, n)."""
    values: Array = lanes["lane"].reshape(n_steps, -1, lanes["lane"].shape[1])
    return values[:, :, :count].transpose(0, 2, 1)

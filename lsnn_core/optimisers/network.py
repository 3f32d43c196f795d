"""Optimisers of a whole network, for a training loop of one's own: ``net = adam.step(net, g)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ..choices import BUDGETS, CONSTANTS
from ..config.optimisers import AdamSettings, Rewiring
from ..errors import NumericalError, UsageError
from ..given import number, shown, whole
from ..model.network import Network
from .adam import DenseAdam, clipped
from .constants import ConstantOptimiser
from .deep_r import ConnectionOptimiser
from .rewiring import RewiringResult

Array = npt.NDArray[Any]
Net = TypeVar("Net", bound=Network)


class Gradient(Protocol):
    """What `LSNN.backward` returns."""

    @property
    def net(self) -> Network:
        """The network that it is the gradient of."""

    @property
    def weight(self) -> Array:
        """Of the weights, (C,)."""

    @property
    def b_out(self) -> Array:
        """Of the biases, (K,)."""

    @property
    def constants(self) -> Any:
        """Of alpha, rho, beta, b0, (N,) each; None if it was not asked for."""


class Adam:
    """Adam (Kingma and Ba 2015) on weights, biases and constants; connections stay as they are.

    A weight whose sign is fixed stops at zero. One optimiser accompanies one network: it keeps the
    moments of each of its connections, and expects in each step what the last one returned.

    Parameters
    ----------
    lr
        Learning rate, > 0.
    beta1, beta2, eps
        See `AdamSettings`.
    clip_norm
        Longest gradient, root of the sum of squares over all that is learned; 0: any.
    learn
        Constants to be learned, too, in the log: some of "tau_m", "tau_a", "beta", "b0". The
        gradient must have been asked for (``gradient_of="constants"``).
    learn_lr
        Times `lr` for these.

    Attributes
    ----------
    rewired
        What the last step did to the list of connections; None before the first.
    """

    def __init__(
        self,
        lr: float = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        clip_norm: float = 0.0,
        learn: Sequence[str] = (),
        learn_lr: float = 1.0,
    ) -> None:
        self.lr, self.clip_norm = _positive("lr", lr), number("clip_norm", clip_norm)
        self.settings = AdamSettings(beta1, beta2, eps)
        self.learn, self.learn_lr = _names(learn), _positive("learn_lr", learn_lr)
        self.steps = 0
        self.rewired: RewiringResult | None = None
        self._parts: _Parts | None = None

    def step(self, net: Net, gradient: Gradient, lr: float | None = None) -> Net:
        """Return the network after one step down its gradient; the given one is not changed.

        Parameters
        ----------
        net
            In the first step any; then what the last step returned.
        gradient
            What ``net.backward`` returned.
        lr
            Of this step alone, for a schedule.

        Raises
        ------
        UsageError
            The network is not the one that this optimiser accompanies, or the gradient another's.
        NumericalError
            A gradient is not finite; nothing was changed.
        """
        lr = self.lr if lr is None else _positive("lr", lr)
        if gradient.net is not net:
            raise UsageError("gradient: expected that of `net`, found another network's")
        parts = self._parts or self._begin(net)
        parts.check(net)
        found = self._gradients(parts, net, gradient)
        short = dict(zip(found, clipped(self.clip_norm, *found.values()), strict=True))
        self.rewired = parts.connections.step(short["weight"], lr, self.steps)
        b_out = parts.b_out.step(net.b_out, short["b_out"], lr)
        moved: dict[str, Any] = parts.constants.step(net.neurons, short, lr)
        neurons = replace(net.neurons, **moved) if moved else net.neurons
        listed = parts.connections.connections
        self.steps, self._parts = self.steps + 1, parts
        return replace(net, connections=listed, b_out=b_out, neurons=neurons)

    def state(self) -> dict[str, Array]:
        """Copies of all moments: with the network, what `restore` needs to go on."""
        if self._parts is None:
            raise UsageError("state: there is none before the first step")
        return {**self._parts.state(), "steps": np.array(self.steps)}

    def restore(self, net: Network, state: Mapping[str, Array]) -> None:
        """Accompany `net`, in which the step after `state` was taken left it."""
        if "steps" not in state:
            raise UsageError("state: expected what `state` returned, found no steps")
        parts = self._begin(net)
        parts.restore(state)
        self._parts, self.steps = parts, whole("state steps", state["steps"].item())

    def _begin(self, net: Network) -> _Parts:
        policy, given = self._rewiring()
        longest = net.max_delay
        connections = ConnectionOptimiser(
            net.connections, policy, self.settings, n_delays=longest, **given
        )
        constants = ConstantOptimiser(net.neurons, self.learn, self.settings, self.learn_lr)
        return _Parts(connections, DenseAdam(net.layout.n_out, self.settings), constants)

    def _rewiring(self) -> tuple[Rewiring, dict[str, Any]]:
        return Rewiring("none"), {"seed": 0}

    def _gradients(self, parts: _Parts, net: Network, gradient: Gradient) -> dict[str, Array]:
        found = {"weight": gradient.weight, "b_out": gradient.b_out}
        if self.learn:
            if gradient.constants is None:
                raise UsageError(
                    f"gradient: expected that of {', '.join(self.learn)}, too; "
                    'run forward(..., gradient_of=("constants",))'
                )
            found |= parts.constants.gradients(net.neurons, gradient.constants._asdict())
        for name, array in found.items():
            wrong = ~np.isfinite(array)
            if wrong.any():
                at = int(np.argmax(wrong))
                raise NumericalError(
                    f"gradient of {name}[{at}] is {array[at]}; nothing was changed; try a lower lr"
                )
        return found


class DeepR(Adam):
    """Adam, then rewiring by DEEP R or soft-DEEP R, see `lsnn_core.optimisers.deep_r`.

    Every connection needs a fixed sign: ``initial_connections(..., signed=True)`` draws them, and
    ``from_dense(..., signed=True)`` takes those of the weights.

    Parameters
    ----------
    lr
        Learning rate, > 0; also scales l1 and the noise.
    l1
        Pull towards zero: a step shrinks each weight by lr * l1.
    temperature
        T of the noise sqrt(2 lr T).
    budget
        "pooled" or "per-matrix" (see `Rewiring`), or "soft": soft-DEEP R, with no fixed count.
    seed
        Keys what is drawn. Give that of `initial_connections`: a site keeps its delay and sign.
    source_sign
        int8 (n_source), Dale's law: signs of new connections, as `source_signs` gives them; if not
        given, each site has a sign of its own.
    adam
        Further parameters of `Adam`.
    """

    def __init__(
        self,
        lr: float = 0.001,
        *,
        l1: float = 0.01,
        temperature: float = 0.0,
        budget: str = "pooled",
        seed: int = 0,
        source_sign: npt.NDArray[np.int8] | None = None,
        **adam: Any,
    ) -> None:
        super().__init__(lr, **adam)
        if budget not in (*BUDGETS, "soft"):
            raise UsageError(f"budget: expected one of {(*BUDGETS, 'soft')}, found {shown(budget)}")
        soft = budget == "soft"
        policy = "soft-deep-r" if soft else "deep-r"
        self.policy = Rewiring(policy, BUDGETS[0] if soft else budget, l1, temperature)
        self.seed, self.source_sign = whole("seed", seed), source_sign

    def _rewiring(self) -> tuple[Rewiring, dict[str, Any]]:
        return self.policy, {"seed": self.seed, "source_sign": self.source_sign}


class _Parts:
    """Optimisers of each kind of parameter of one network."""

    def __init__(
        self, connections: ConnectionOptimiser, b_out: DenseAdam, constants: ConstantOptimiser
    ) -> None:
        self.connections, self.b_out, self.constants = connections, b_out, constants

    def check(self, net: Network) -> None:
        """Refuse a network whose connections the moments are not of."""
        if net.connections is not self.connections.connections:
            raise UsageError(
                "net: expected the network that the last step returned, found other connections; "
                "another network needs an optimiser of its own"
            )

    def state(self) -> dict[str, Array]:
        """Moments of all parts."""
        parts = {"connections": self.connections.state(), "b_out": self.b_out.state()}
        named = {f"{part}_{k}": v for part, state in parts.items() for k, v in state.items()}
        return {**named, **self.constants.state()}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from what `state` returned."""
        for name, part in (("connections", self.connections), ("b_out", self.b_out)):
            start = len(name) + 1
            part.restore({k[start:]: v for k, v in state.items() if k.startswith(f"{name}_")})
        self.constants.restore(state)


def _positive(name: str, value: Any) -> float:
    return number(name, value, "a number > 0", float(np.nextafter(0.0, 1.0)))


def _names(learn: Any) -> tuple[str, ...]:
    names = (learn,) if isinstance(learn, str) else learn
    if not isinstance(names, Sequence):
        raise UsageError(f"learn: expected some of {CONSTANTS}, found {shown(learn)}")
    for name in names:
        if name not in CONSTANTS:
            raise UsageError(f"learn: expected some of {CONSTANTS}, found {shown(name)}")
    return tuple(names)

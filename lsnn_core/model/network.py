"""What a network is: connections, neurons, readout, and how it is run; nothing of it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..choices import CONVENTIONS, SURROGATES
from ..errors import UsageError
from ..given import as_float, instance, number, reals, shown, truth, whole
from .connections import Connections
from .frozen import frozen
from .layout import Layout
from .neurons import NeuronParameters

Array = npt.NDArray[Any]
PADDING = 32  # at most, of a row of neurons and outputs in vectors: sixteen of each


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A recurrent spiking network with adaptive neurons and leaky readouts.

    Parameters
    ----------
    connections
        W_in, W_rec and W_out as one list; taken as `Connections.sealed` gives it.
    neurons
        Constants of the N neurons, population R first.
    b_out
        Readout bias, (K,); copied, and the copy is read-only, as the other arrays of a network.
    tau_out_ms
        Time constant of the readout filter, u(t) = kappa u(t-1) + (1 - kappa) W_out z(t). 0: no
        filter, kappa = 0, so that the mean of y over a window is a weighted spike count.
    gamma
        Dampening of the pseudo-derivative (paper: "< 1"; published code: 0.3).
    surrogate
        Shape of the pseudo-derivative: "triangle" as published, "fast-sigmoid" (Zenke and Ganguli
        2018) or "multi-gaussian" (Yin et al. 2021); `lsnn_core.reference.psi` has the formulas.
        Spikes do not depend on it.
    convention
        "paper": a spike is decided by V(t), the reset subtracts B(t-1). "lsnn-official": by V(t-1),
        and B(t), as the published TensorFlow cell does.
    noise_std
        Standard deviation of a Gaussian current injected into every neuron at every step.
    through_reset
        False stops the gradient through the reset term, to compare with code that detaches it.
    max_delay
        Longest delay a connection can have, D steps; that of the list if not given. Rewiring may
        take the longest one out of the list and put it back.
    """

    connections: Connections
    neurons: NeuronParameters
    b_out: Array
    tau_out_ms: float = 20.0
    gamma: float = 0.3
    surrogate: str = "triangle"
    convention: str = "paper"
    noise_std: float = 0.0
    through_reset: bool = True
    max_delay: int = 0

    def __post_init__(self) -> None:
        """Keep parts that nobody can change; refuse those that do not fit each other."""
        instance("connections", self.connections, Connections, "Connections.from_dense makes one")
        instance("neurons", self.neurons, NeuronParameters, "NeuronParameters.create makes them")
        self._keep("connections", self.connections.sealed())
        layout = self.connections.layout
        if self.neurons.n != layout.n:
            raise UsageError(
                f"neurons: expected {layout.n} as in connections, found {self.neurons.n}"
            )
        b_out = reals("b_out", self.b_out, (layout.n_out,), "one number for each output")
        self._keep("b_out", frozen(as_float(b_out)))
        for name, names in (("surrogate", SURROGATES), ("convention", CONVENTIONS)):
            found = getattr(self, name)
            if not (isinstance(found, str) and found in names):
                raise UsageError(f"{name}: expected one of {names}, found {shown(found)}")
        expected = f"0 or at least one step ({self.dt_ms:g} ms)"
        tau_out_ms = number("tau_out_ms", self.tau_out_ms, expected)
        if 0 < tau_out_ms < self.dt_ms:
            raise UsageError(f"tau_out_ms: expected {expected}, found {tau_out_ms}")
        self._keep("tau_out_ms", tau_out_ms)
        for name in ("gamma", "noise_std"):
            self._keep(name, number(name, getattr(self, name)))
        self._keep("through_reset", truth("through_reset", self.through_reset))
        self._keep("max_delay", self._longest_delay())

    def __repr__(self) -> str:
        """Return a few lines: sizes and constants, no arrays."""
        layout, share = self.layout, len(self.connections) / max(self.layout.sites, 1)
        lines = [
            f"{type(self).__name__}({layout.n_in} inputs, {layout.n} neurons, {layout.n_out} "
            f"outputs, {len(self.connections)} connections ({share:.3g} of the sites)",
            f"neurons={self.neurons}",
            f"tau_out_ms={self.tau_out_ms:g}, gamma={self.gamma:g}, "
            f"surrogate={self.surrogate!r}, convention={self.convention!r}, "
            f"noise_std={self.noise_std:g}, max_delay={self.max_delay})",
        ]
        return ",\n    ".join(lines)

    def _keep(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _longest_delay(self) -> int:
        longest = max(whole("max_delay", self.max_delay), self.connections.delay.max(initial=1))
        row = self.layout.n_target + PADDING
        if (int(longest) + 1) * row >= 2**31:
            raise UsageError(
                f"max_delay: expected fewer than {2**31 // row} steps for {self.layout.n_target} "
                f"neurons and outputs (32-bit offsets), found {longest}; shorten the delays"
            )
        return int(longest)

    @property
    def layout(self) -> Layout:
        """Sizes and numbering."""
        return self.connections.layout

    @property
    def dt_ms(self) -> float:
        """Length of a step, in ms."""
        return self.neurons.dt_ms

    @property
    def kappa(self) -> float:
        """Readout decay per step."""
        return float(np.exp(-self.dt_ms / self.tau_out_ms)) if self.tau_out_ms else 0.0

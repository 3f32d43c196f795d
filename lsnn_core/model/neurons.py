"""Constants of the neurons: population R (plain LIF) first, then population A (adaptive)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import integers, reals, refuse, shown, whole
from ..units import DT_MS
from .frozen import frozen

FloatArray = npt.NDArray[np.float64]
LONGEST_REFRACTORY = 1 << 15  # steps: more than half a minute is a mistake in units (our choice)


@dataclass(frozen=True, eq=False)
class NeuronParameters:
    """Per-neuron constants, each (N,); numbers given to `create` are repeated.

    Parameters
    ----------
    tau_m_ms
        Membrane time constant.
    tau_a_ms
        Time constant of the adaptive threshold; of no effect where beta is 0.
    beta
        Strength of adaptation (paper, eq. 1); 0 for population R.
    b0
        Threshold at rest.
    n_ref
        Absolute refractory period in steps of 1 ms: at least n_ref steps without a spike follow
        each spike.
    n_regular
        Neurons of population R, the first ones; a neuron of population A may have beta = 0, too.
        -1: those before the first with beta > 0, after which none may have beta = 0.

    Notes
    -----
    The arrays are copied, and the copies are read-only: what belongs to a network does not change
    between a run and its gradient. Use `dataclasses.replace` for other values.
    """

    tau_m_ms: FloatArray
    tau_a_ms: FloatArray
    beta: FloatArray
    b0: FloatArray
    n_ref: npt.NDArray[np.int64]
    n_regular: int = -1

    def __post_init__(self) -> None:
        """Keep copies; refuse values that no neuron can have."""
        n = np.size(self.b0) if getattr(self.b0, "ndim", 0) == 1 else -1
        if n < 0:
            raise UsageError(
                f"b0: expected a vector, a value for each neuron, found {shown(self.b0)}; "
                "NeuronParameters.create repeats one number"
            )
        least = {
            "tau_m_ms": (DT_MS, "at least one step (1 ms)"),
            "tau_a_ms": (DT_MS, "at least one step (1 ms)"),
            "beta": (0.0, "not negative"),
            "b0": (np.nextafter(0.0, 1.0), "positive"),
        }
        for name, (low, expected) in least.items():
            values = reals(name, getattr(self, name), (n,), "one value for each neuron")
            refuse(name, values, values < low, f"expected {expected}")
            self._keep(name, values.astype(np.float64, copy=False))
        steps = integers("n_ref", self.n_ref, (n,), "whole steps for each neuron")
        refuse("n_ref", steps, steps < 0, "expected not negative")
        longest = f"expected at most {LONGEST_REFRACTORY} steps"
        refuse("n_ref", steps, steps > LONGEST_REFRACTORY, longest)
        self._keep("n_ref", steps.astype(np.int64, copy=False))
        self._set_populations(n)

    def _keep(self, name: str, values: npt.NDArray[Any]) -> None:
        object.__setattr__(self, name, frozen(values))

    def _set_populations(self, n: int) -> None:
        adapts = self.beta > 0
        if self.n_regular == -1:
            first = int(np.argmax(adapts)) if adapts.any() else n
            later = (np.arange(n) > first) & ~adapts
            refuse(
                "beta", self.beta, later, "expected more than 0 after the first adaptive neuron",
                "put population R first, or tell with n_regular where population A begins",
            )  # fmt: skip
            object.__setattr__(self, "n_regular", first)
            return
        first = whole("n_regular", self.n_regular, 0, n)
        regular = np.arange(n) < first
        refuse(
            "beta", self.beta, regular & adapts,
            f"expected 0 in population R, the first {first} neurons", "put population R first",
        )  # fmt: skip
        object.__setattr__(self, "n_regular", first)

    @classmethod
    def create(
        cls,
        n_regular: int,
        n_adaptive: int,
        *,
        tau_m_ms: npt.ArrayLike = 20.0,
        tau_a_ms: npt.ArrayLike = 700.0,
        beta: npt.ArrayLike = 1.8,
        b0: npt.ArrayLike = 0.01,
        n_ref: npt.ArrayLike = 5,
    ) -> NeuronParameters:
        """R neurons, then A neurons; `beta` is that of population A. Defaults: sequential MNIST.

        Each constant is one number or a value for each of the n_regular + n_adaptive neurons, but
        `beta`: one number or n_adaptive values.
        """
        n_regular, n_adaptive = whole("n_regular", n_regular), whole("n_adaptive", n_adaptive)
        n = n_regular + n_adaptive
        strength = np.zeros(n)
        strength[n_regular:] = _repeat("beta", beta, n_adaptive, "adaptive neuron")
        return cls(
            _repeat("tau_m_ms", tau_m_ms, n),
            _repeat("tau_a_ms", tau_a_ms, n),
            strength,
            _repeat("b0", b0, n),
            _repeat("n_ref", n_ref, n, look=integers),
            n_regular,
        )

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(self.b0)

    @property
    def alpha(self) -> FloatArray:
        """Membrane decay per step, exp(-dt / tau_m)."""
        return np.exp(-DT_MS / self.tau_m_ms)

    @property
    def rho(self) -> FloatArray:
        """Adaptation decay per step, exp(-dt / tau_a)."""
        return np.exp(-DT_MS / self.tau_a_ms)


def _repeat(
    name: str,
    value: npt.ArrayLike,
    n: int,
    whom: str = "neuron",
    look: Callable[..., npt.NDArray[Any]] = reals,
) -> npt.NDArray[Any]:
    single = np.isscalar(value) or getattr(value, "ndim", None) == 0
    values = look(name, value, () if single else (n,), f"one number or one for each {whom}")
    return np.broadcast_to(values, (n,)).copy()

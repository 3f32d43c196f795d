"""Constants of the neurons: population R (plain LIF) first, then population A (adaptive)."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from .errors import UsageError

FloatArray = npt.NDArray[np.float64]
DT_MS = 1.0


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
    """

    tau_m_ms: FloatArray
    tau_a_ms: FloatArray
    beta: FloatArray
    b0: FloatArray
    n_ref: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        """Refuse values that no neuron can have."""
        n = len(self.b0)
        for field in fields(self):
            value = getattr(self, field.name)
            if value.shape != (n,):
                raise UsageError(f"{field.name}: expected {n} values, found {value.shape}")
            if not np.all(np.isfinite(value)):
                raise UsageError(f"{field.name}: NaN or infinity at {_first(~np.isfinite(value))}")
        checks = {
            "tau_m_ms": (self.tau_m_ms >= DT_MS, "at least one step (1 ms)"),
            "tau_a_ms": (self.tau_a_ms >= DT_MS, "at least one step (1 ms)"),
            "beta": (self.beta >= 0, "not negative"),
            "b0": (self.b0 > 0, "positive"),
            "n_ref": (self.n_ref >= 0, "not negative"),
        }
        for name, (good, expected) in checks.items():
            if not good.all():
                at = _first(~good)
                raise UsageError(
                    f"{name}[{at}]: expected {expected}, found {getattr(self, name)[at]}"
                )

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
        """R neurons, then A neurons; `beta` is that of population A. Defaults: sequential MNIST."""
        n = n_regular + n_adaptive
        strength = np.zeros(n)
        strength[n_regular:] = beta
        steps = np.asarray(n_ref)
        if not np.issubdtype(steps.dtype, np.integer):
            raise UsageError(f"n_ref: expected whole steps, found {n_ref!r}")
        return cls(
            _repeat(tau_m_ms, n),
            _repeat(tau_a_ms, n),
            strength,
            _repeat(b0, n),
            np.broadcast_to(steps.astype(np.int64), (n,)).copy(),
        )

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(self.b0)

    @property
    def n_regular(self) -> int:
        """Neurons before the first adaptive one."""
        adaptive = np.flatnonzero(self.beta)
        return int(adaptive[0]) if len(adaptive) else self.n

    @property
    def alpha(self) -> FloatArray:
        """Membrane decay per step, exp(-dt / tau_m)."""
        return np.exp(-DT_MS / self.tau_m_ms)

    @property
    def rho(self) -> FloatArray:
        """Adaptation decay per step, exp(-dt / tau_a)."""
        return np.exp(-DT_MS / self.tau_a_ms)


def _repeat(value: npt.ArrayLike, n: int) -> FloatArray:
    return np.broadcast_to(np.asarray(value, np.float64), (n,)).copy()


def _first(wrong: npt.NDArray[np.bool_]) -> int:
    return int(np.flatnonzero(wrong)[0])

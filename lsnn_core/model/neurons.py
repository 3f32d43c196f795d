"""Constants of the neurons: population R (plain LIF) first, then population A (adaptive)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import integers, number, reals, refuse, shown, whole
from ..units import DT_MS
from .frozen import frozen

FloatArray = npt.NDArray[np.float64]
LONGEST_REFRACTORY = 1 << 15  # steps: more than half a minute is a mistake in units (our choice)
REFRACTORY_MS = 5.0  # published
SHORTEST_STEP_MS, LONGEST_STEP_MS = 0.01, 10.0  # what is outside is a mistake in units (our choice)
Constant: TypeAlias = npt.ArrayLike | Mapping[str, npt.ArrayLike]
"""What `NeuronParameters.create` takes for one."""


@dataclass(frozen=True, eq=False, repr=False)
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
        Absolute refractory period in steps: at least n_ref steps without a spike follow each spike.
    n_regular
        Neurons of population R, the first ones; a neuron of population A may have beta = 0, too.
        -1: those before the first with beta > 0, after which none may have beta = 0.
    dt_ms
        Length of a step, 0.01 to 10 ms; every time constant is at least as long.

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
    dt_ms: float = DT_MS

    def __post_init__(self) -> None:
        """Keep copies; refuse values that no neuron can have."""
        n = np.size(self.b0) if getattr(self.b0, "ndim", 0) == 1 else -1
        if n < 0:
            raise UsageError(
                f"b0: expected a vector, a value for each neuron, found {shown(self.b0)}; "
                "NeuronParameters.create repeats one number"
            )
        dt_ms = _step_ms(self.dt_ms)
        object.__setattr__(self, "dt_ms", dt_ms)
        least = {
            "tau_m_ms": (dt_ms, f"at least one step ({dt_ms:g} ms)"),
            "tau_a_ms": (dt_ms, f"at least one step ({dt_ms:g} ms)"),
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
        tau_m_ms: Constant = 20.0,
        tau_a_ms: Constant = 700.0,
        beta: Constant = 1.8,
        b0: Constant = 0.01,
        n_ref: Constant | None = None,
        dt_ms: float = DT_MS,
    ) -> NeuronParameters:
        """R neurons, then A neurons, with the constants of sequential MNIST if not given.

        Each constant is one number, a value for each neuron, or ``{"R": ..., "A": ...}`` with one
        number or a value for each neuron of that population; of one that is left out, the default.
        `beta` and `tau_a_ms`, which mean something for population A alone, may also be n_adaptive
        values; one number for `beta` is that of population A. `n_ref` is in steps; if it is
        not given, as many as are nearest to 5 ms.
        """
        sizes = whole("n_regular", n_regular), whole("n_adaptive", n_adaptive)
        usual = round(REFRACTORY_MS / _step_ms(dt_ms))
        beta_of = beta if _values(beta) == sum(sizes) or isinstance(beta, Mapping) else {"A": beta}
        if not isinstance(tau_a_ms, Mapping) and _values(tau_a_ms) == sizes[1]:
            tau_a_ms = {"A": tau_a_ms}
        return cls(
            _repeat("tau_m_ms", tau_m_ms, sizes, 20.0),
            _repeat("tau_a_ms", tau_a_ms, sizes, 700.0),
            _repeat("beta", beta_of, sizes, 1.8 if sizes[1] else 0.0),
            _repeat("b0", b0, sizes, 0.01),
            _repeat("n_ref", usual if n_ref is None else n_ref, sizes, usual, look=integers),
            sizes[0],
            dt_ms,
        )

    def __repr__(self) -> str:
        """Return one line: how many there are, and the range of each constant."""
        parts = []
        for name in ("tau_m_ms", "tau_a_ms", "beta", "b0", "n_ref"):
            values = getattr(self, name)
            if name in ("tau_a_ms", "beta"):
                values = values[self.n_regular :]
            if values.size:
                low, high = f"{values.min():g}", f"{values.max():g}"
                parts.append(f"{name}={low}" if low == high else f"{name}={low}...{high}")
        counts = f"{self.n_regular} R, {self.n - self.n_regular} A"
        return f"NeuronParameters({', '.join([counts, *parts])}, dt_ms={self.dt_ms:g})"

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(self.b0)

    @property
    def alpha(self) -> FloatArray:
        """Membrane decay per step, exp(-dt / tau_m)."""
        return np.exp(-self.dt_ms / self.tau_m_ms)

    @property
    def rho(self) -> FloatArray:
        """Adaptation decay per step, exp(-dt / tau_a)."""
        return np.exp(-self.dt_ms / self.tau_a_ms)


def _step_ms(dt_ms: Any) -> float:
    bounds = SHORTEST_STEP_MS, LONGEST_STEP_MS
    return number("dt_ms", dt_ms, f"{bounds[0]:g} to {bounds[1]:g} ms", *bounds)


def _values(value: Any) -> int:
    """Length of a vector, -1 of what is none."""
    if np.isscalar(value) or getattr(value, "ndim", 1) != 1 or not hasattr(value, "__len__"):
        return -1
    return len(value)


def _repeat(
    name: str,
    value: Constant,
    sizes: tuple[int, int],
    default: float,
    look: Callable[..., npt.NDArray[Any]] = reals,
) -> npt.NDArray[Any]:
    """A value for each neuron of R and then of A."""
    if not isinstance(value, Mapping):
        return _spread(name, value, sum(sizes), look)
    unknown = [key for key in value if key not in ("R", "A")]
    if unknown:
        raise UsageError(f"{name}: expected populations R and A, found {shown(unknown[0])}")
    regular = 0.0 if name == "beta" else default
    parts = (("R", sizes[0], regular), ("A", sizes[1], default))
    return np.concatenate(
        [
            _spread(f"{name} of {population}", value.get(population, usual), size, look)
            for population, size, usual in parts
        ]
    )


def _spread(
    name: str,
    value: npt.ArrayLike,
    n: int,
    look: Callable[..., npt.NDArray[Any]],
) -> npt.NDArray[Any]:
    single = np.isscalar(value) or getattr(value, "ndim", None) == 0
    values = look(name, value, () if single else (n,), "one number or one for each neuron")
    return np.broadcast_to(values, (n,)).copy()

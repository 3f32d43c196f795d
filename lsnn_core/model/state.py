"""What a network remembers between two steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..given import Float, cast, integers, reals, refuse, whole
from .network import Network

Array = npt.NDArray[Any]
PER_EXAMPLE = ("V", "b", "z", "wait", "pending", "u")
LAST_STEP = 1 << 53  # far beyond any run, and short of where 64-bit counters end


@dataclass
class NetworkState:
    """State of B examples between two steps; see `reference.State` for the meaning of each."""

    V: Array  # (B, N)
    b: Array  # (B, N)
    z: Array  # (B, N)
    wait: Array  # (B, N) steps still refractory
    pending: Array  # (B, D, N)
    u: Array  # (B, K)
    step: int = 0  # steps taken so far: where the injected noise goes on

    def examples(self, which: Any) -> NetworkState:
        """The state of some examples, by index or mask; one can be asked for several times."""
        return replace(self, **{name: getattr(self, name)[which] for name in PER_EXAMPLE})

    def checked(self, net: Network, batch: int, dtype: Float) -> NetworkState:
        """Return this state in a float dtype; refuse what a batch of `net` cannot go on from."""
        n, k, p = net.layout.n, net.layout.n_out, net.neurons
        shapes = {"V": (n,), "b": (n,), "z": (n,), "pending": (net.max_delay, n), "u": (k,)}
        axes = f"as a state of {batch} examples of this network"
        arrays: dict[str, Any] = {}
        for name, shape in shapes.items():
            values = reals(f"initial.{name}", getattr(self, name), (batch, *shape), axes)
            arrays[name] = cast(f"initial.{name}", values, dtype)
        z, b = arrays["z"], arrays["b"]
        refuse("initial.z", z, (z != 0) & (z != 1), "expected spikes, 0 or 1")
        refuse("initial.b", b, b < 0, "expected 0 or more")
        wait = integers("initial.wait", self.wait, (batch, n), axes)
        refuse("initial.wait", wait, (wait < 0) | (wait > p.n_ref), "expected 0..n_ref steps")
        step = whole("initial.step", self.step, 0, LAST_STEP)
        return NetworkState(**arrays, wait=wait, step=step)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The states of some examples, one part after the other, all after as many steps."""
        rows = {name: [getattr(part, name) for part in parts] for name in PER_EXAMPLE}
        joined = {name: np.concatenate(arrays) for name, arrays in rows.items()}
        return cls(**joined, step=parts[0].step)

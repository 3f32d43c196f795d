"""Where a run begins: the state of each example, and the key of its noise."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..given import Float, instance, integers, refuse
from ..model.network import Network
from ..model.state import NetworkState
from .example_block import ExampleBlock

Array = npt.NDArray[Any]


class Beginning(NamedTuple):
    """State before the first step, or None for rest, and keys (B,) uint64."""

    state: NetworkState | None
    keys: Array

    def checked(self, net: Network, batch: int, dtype: Float) -> Beginning:
        """Refuse a state from which a batch of `net` cannot go on."""
        if self.state is None:
            return self
        instance("initial", self.state, NetworkState, "give `final` of a run")
        return self._replace(state=self.state.checked(net, batch, dtype))

    def set(self, block: ExampleBlock, net: Network, start: int, stop: int) -> None:
        """Let a block begin with examples start:stop."""
        block.use(stop - start, self.keys[start:stop])
        if self.state is not None:
            block.begin_from(self.state, net, start, stop)


def checked_keys(noise_keys: Any, batch: int) -> Array:
    """One uint64 key for each example: those given, or its index."""
    if noise_keys is None:
        return np.arange(batch, dtype=np.uint64)
    keys = integers("noise_keys", noise_keys, (batch,), "one key for each example")
    refuse("noise_keys", keys, keys < 0, "expected 0 to 2**64 - 1")
    return keys.astype(np.uint64)

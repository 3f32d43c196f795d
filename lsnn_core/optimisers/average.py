"""Moving averages of what is learned, beside its last values (Polyak and Juditsky 1992)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .redraw import carried

Array = npt.NDArray[Any]


class Average:
    """Exponential moving average of an array whose entries may come and go.

    Every entry is averaged over its own life: in its first step the average is the entry itself,
    after `a` steps the value of i steps ago counts in proportion to decay^i. So a connection that
    has just been made is not pulled towards zero by the time when it was not there.

    Parameters
    ----------
    values
        Where the average begins, any shape; not changed.
    decay
        Per step, in [0, 1); about 1 / (1 - decay) steps are averaged.

    Attributes
    ----------
    value
        The average, float64.
    count
        How many values each entry of it holds, each counted by its weight decay^i; float64.
    """

    def __init__(self, values: Array, decay: float) -> None:
        self.decay = decay
        self.value: Array = np.array(values, dtype=np.float64)
        self.count: Array = np.ones(self.value.shape)

    def follow(self, origin: npt.NDArray[np.int64]) -> None:
        """Follow a rewiring: entry c goes on from old entry ``origin[c]``, -1 begins with `add`."""
        self.value, self.count = carried(self.value, origin), carried(self.count, origin)

    def add(self, values: Array) -> None:
        """Let the average take in the values after one more step."""
        self.count = 1.0 + self.decay * self.count
        self.value = self.value + (values - self.value) / self.count

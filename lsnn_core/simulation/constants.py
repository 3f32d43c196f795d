"""Gradients of the neurons' constants, as the kernels take these: alpha, rho, beta, b0.

`lsnn_core.optimisers.constants` goes on from there to what is learned.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class ConstantGradients(NamedTuple):
    """dL/d(constant) of each neuron, (N,) float64; of neurons with beta = 0 see `LSNN.forward`."""

    alpha: Array  # membrane decay per step
    rho: Array  # adaptation decay per step
    beta: Array
    b0: Array

    @classmethod
    def of_sums(cls, gain: Array, sums: Iterable[Array]) -> ConstantGradients:
        """From what the kernels summed, (N, lanes in use) each; alpha's times `gain` (N,)."""
        alpha, rho, beta, b0 = (lanes.sum(1, dtype=np.float64) for lanes in sums)
        return cls(alpha / gain, rho, beta, b0)

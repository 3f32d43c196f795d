"""What an engine returns of a batch, and what its blocks give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..task.protocol import BatchResult, Sums
from .constants import ConstantGradients

Array = npt.NDArray[Any]


@dataclass
class SpikingResult(BatchResult):
    """With rates, and gradients if they were asked for.

    The arrays of a gradient are the engine's own: its next gradient overwrites them. To give fresh
    ones away would cost a large network a tenth of its time, since the system clears new memory.
    """

    rate: Array  # (N,) spikes per ms
    rate_loss: float = 0.0
    d_weight: Array = field(default_factory=lambda: np.empty(0))
    d_b_out: Array = field(default_factory=lambda: np.empty(0))
    d_constants: ConstantGradients | None = None


class BlockResult(NamedTuple):
    """What a block gave that is small, so that all ranks can have it of every block."""

    loss: float
    metrics: Sums
    d_bias: Array  # (K,) if it ran back at once

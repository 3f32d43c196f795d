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


class BlockGradients(NamedTuple):
    """Of a block: what is small, so that all ranks can have that of every block."""

    bias: Array  # (K,)
    constants: Array  # (4, N), or nothing


class BlockResult(NamedTuple):
    """What a block's examples gave, and their gradients if it ran back at once."""

    loss: float
    metrics: Sums
    spike_counts: Array
    gradients: BlockGradients | None

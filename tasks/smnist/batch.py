"""Some digits of sequential MNIST: their inputs, and the loss of a network's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from lsnn_core.task.losses import window_cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from .pixel_encoder import PixelEncoder

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class DigitBatch(Batch):
    """Some digits: pixels (B, 784), labels (B,), random streams (B,) if the code needs them."""

    encoder: PixelEncoder
    pixels: Array
    labels: Array
    keys: Array | None

    @property
    def size(self) -> int:
        """B."""
        return len(self.labels)

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of digits start:stop."""
        keys = None if self.keys is None else self.keys[start:stop]
        return self.encoder.events(self.pixels[start:stop], keys, buffers)

    def analog(self, start: int, stop: int) -> Array:
        """Grey values of digits start:stop, (T, 1, stop - start), of a code that is analog."""
        return self.encoder.analog(self.pixels[start:stop])

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Mean cross-entropy of the readout averaged over the window, and accuracy."""
        loss, d_y, right = window_cross_entropy(y, self.labels[start:stop])
        metrics = {"accuracy": (float(right.sum()), float(right.size))}
        return BlockLoss(float(loss.sum()) / self.size, d_y / self.size, metrics)

"""A task of random numbers and labels, to be learnt by heart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsnn_core.random.streams import stream
from lsnn_core.task.losses import window_cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss, Task


@dataclass(frozen=True)
class NumberBatch(Batch):
    x: Any  # (T, n_in, B)
    labels: Any  # (B,)

    @property
    def size(self) -> int:
        return len(self.labels)

    def analog(self, start: int, stop: int) -> Any:
        return self.x[..., start:stop]

    def events(self, start: int, stop: int, buffers: Any = None) -> Any:
        raise AssertionError("an analog task has no spikes")

    def loss(self, y: Any, start: int, stop: int) -> BlockLoss:
        loss, d_y, right = window_cross_entropy(y, self.labels[start:stop])
        accuracy = (float(right.sum()), float(right.size))
        return BlockLoss(float(loss.sum()) / self.size, d_y / self.size, {"accuracy": accuracy})


class NumberTask(Task):
    """The label is the sign of what came first."""

    n_in, n_out, n_steps, readout_start, analog = 2, 2, 8, 6, True

    def batch(self, iteration: int, size: int, seed: int) -> NumberBatch:
        x = stream(seed, "numbers", iteration).normal(size=(self.n_steps, self.n_in, size))
        return NumberBatch(x, (x[0, 0] > 0).astype(np.int64))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[NumberBatch]:
        yield self.batch(10**6, size, seed)
        yield self.batch(10**6 + 1, max(size // 3, 1), seed)

    def recordings(self, seed: int) -> tuple[NumberBatch, dict[str, Any]]:
        return self.batch(10**6, 1, seed), {}

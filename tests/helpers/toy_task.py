"""A task of random spikes and labels, and a network to run on it: small enough to check by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.random.streams import stream
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.losses import window_cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss, Task
from lsnn_core.task.spikes import EventBuffers, SpikeEvents


class ToyTask(Task):
    """Guess a label from spikes that say nothing about it."""

    n_in, n_out, n_steps, readout_start = 6, 3, 40, 15

    def batch(self, iteration: int, size: int, seed: int) -> ToyBatch:
        rng = stream(seed, "toy", iteration)
        x = rng.random((self.n_steps, size, self.n_in)) < 0.15
        return ToyBatch(x, rng.integers(0, self.n_out, size))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[ToyBatch]:
        yield self.batch(10**6, size, seed)
        yield self.batch(10**6 + 1, max(size // 2, 1), seed)

    def recordings(self, seed: int) -> tuple[ToyBatch, dict[str, npt.NDArray[Any]]]:
        return self.batch(10**6, 1, seed), {}


@dataclass(frozen=True)
class ToyBatch(Batch):
    x: npt.NDArray[np.bool_]  # (T, B, n_in)
    labels: npt.NDArray[np.int64]  # (B,)

    @property
    def size(self) -> int:
        return len(self.labels)

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        return SpikeEvents.from_dense(self.x[:, start:stop])

    def loss(self, y: npt.NDArray[Any], start: int, stop: int) -> BlockLoss:
        loss, d_y, right = window_cross_entropy(y, self.labels[start:stop])
        accuracy = (float(right.sum()), float(right.size))
        return BlockLoss(float(loss.sum()) / self.size, d_y / self.size, {"accuracy": accuracy})


def toy_network(**options: Any) -> LSNN:
    return random_case("", stream(0, "toy network"), CaseOptions(**options)).net

"""A batch that is ready before the clock starts: no encoding, the same examples in every call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from ..task.losses import mean_squared_error, window_cross_entropy
from ..task.protocol import Batch, BlockLoss, Task
from ..task.spikes import EventBuffers, SpikeEvents
from .problem import Problem

Array = npt.NDArray[Any]


class BenchBatch(Batch):
    """The examples of a problem, as the engine takes them."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.size = problem.batch
        self._made: dict[tuple[int, int], SpikeEvents] = {}

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of examples start:stop, made when they are first asked for."""
        if (start, stop) not in self._made:
            self._made[start, stop] = _merge(self.problem, start, stop)
        return self._made[start, stop]

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Share of the batch's mean loss."""
        p = self.problem
        if len(p.label):
            loss, d_y, _ = window_cross_entropy(y, p.label[start:stop])
            return BlockLoss(float(loss.sum()) / p.batch, d_y / p.batch, {})
        target = p.curve[:, None, start:stop]
        return BlockLoss(*mean_squared_error(y, target, 1.0 / (target.shape[0] * p.batch)), {})


class BenchTask(Task):
    """The task that a problem's numbers stand for: its sizes, and one batch for ever."""

    def __init__(self, problem: Problem) -> None:
        self.n_in, self.n_out = problem.n_in, problem.n_out
        self.n_steps, self.readout_start = problem.n_steps, problem.readout_start
        self.only = BenchBatch(problem)

    def batch(self, iteration: int = 0, size: int = 0, seed: int = 0) -> BenchBatch:
        """The same batch, whatever is asked for."""
        return self.only

    def held_out(self, split: str, size: int, seed: int) -> Iterator[Batch]:
        """No other examples."""
        return iter(())

    def recordings(self, seed: int) -> NoReturn:
        """Nothing is recorded."""
        raise NotImplementedError


def _merge(problem: Problem, start: int, stop: int) -> SpikeEvents:
    """Spikes of several examples that coincide in step and channel become one event."""
    first, last = np.searchsorted(problem.spike_example, (start, stop))
    part = slice(first, last)
    lane = (problem.spike_example[part] - start).astype(np.uint16)
    site = problem.spike_step[part].astype(np.int64) * problem.n_in + problem.spike_channel[part]
    taken, event = np.unique(site, return_inverse=True)
    lanes = np.zeros(len(taken), np.uint16)
    np.bitwise_or.at(lanes, event, np.uint16(1) << lane)
    step, channel = np.divmod(taken, problem.n_in)
    ptr = np.searchsorted(step, np.arange(problem.n_steps + 1))
    return SpikeEvents(ptr.astype(np.int64), channel.astype(np.int32), lanes, stop - start)

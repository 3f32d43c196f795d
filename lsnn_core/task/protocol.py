"""What a task is to the trainer: examples as input spikes, and a loss on the readout.

A task is a plain data generator. It never sees the network; it says how many inputs and outputs
there are, hands out batches, and turns readouts into a loss and its derivative. Everything random
in a batch is fixed by (seed, split, iteration), so that a resumed run draws the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from .spikes import EventBuffers, SpikeEvents

if TYPE_CHECKING:
    from ..simulation.lsnn import LSNN

Array = npt.NDArray[Any]


class BlockLoss(NamedTuple):
    """Loss of some examples of a batch.

    Parameters
    ----------
    loss
        Their share of the batch's loss, a number; shares add up.
    d_y
        Its derivative, of exactly the shape of the readout it was given.
    metrics
        Name -> (sum, weight): adds up over blocks to the mean sum / weight, e.g. accuracy. (0, 0)
        where nothing was counted.
    """

    loss: float
    d_y: Array
    metrics: dict[str, tuple[float, float]]


class Batch(Protocol):
    """Some examples, in a fixed order.

    What it returns is checked once per block (`lsnn_core.task.checks`); what does not fit the
    task's sizes, and NaN, is refused.
    """

    @property
    def size(self) -> int:
        """B, the number of examples."""

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Return the input spikes of examples start:stop, at most 16; called in several threads."""

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Loss of examples start:stop; their readout y is (T - readout_start, K, stop - start)."""


class Task(Protocol):
    """What an entry point of the group ``lsnn.tasks`` makes from the recipe's [task] table.

    A task that says ``halves = 2`` gets a network of two halves that never meet (`Layout`).
    """

    n_in: int
    n_out: int
    n_steps: int  # T, of 1 ms
    readout_start: int  # the first step whose readout the loss looks at

    def batch(self, iteration: int, size: int, seed: int) -> Batch:
        """Training batch number `iteration`, of `size` examples at most."""

    def held_out(self, split: str, size: int, seed: int) -> Iterator[Batch]:
        """All of "validation" or "test", best in batches of `size`: larger ones run in pieces."""

    def recordings(self, seed: int) -> tuple[Batch, dict[str, Array]]:
        """One example to record for the figures, and what belongs to it (image, label, ...)."""


class AnalogBatch(Batch, Protocol):
    """A batch of a task that says ``analog = True``: its inputs are real numbers, not spikes."""

    def analog(self, start: int, stop: int) -> Array:
        """Return the inputs of examples start:stop, (T, n_in, stop - start)."""


class Acting(NamedTuple):
    """How an interactive task lets a network act: as it will run in the gradient pass."""

    net: LSNN
    dtype: type[np.floating[Any]]
    threads: int  # 0: one for each processor; the numbers must not depend on it
    noise_key: int  # keys the injected noise, see `Engine.gradient`


class InteractiveTask(Task, Protocol):
    """A task whose inputs depend on what the network does; `batch` and `held_out` are not used.

    A batch it gives may say in ``updates`` how many gradient steps to take on it.
    """

    def rollout(self, acting: Acting, iteration: int, size: int, seed: int) -> Batch:
        """Let the network act, and return what happened as a training batch."""

    def rollouts(self, acting: Acting, split: str, size: int, seed: int) -> Iterator[Batch]:
        """Let it act on all of "validation" or "test", best in batches of `size`."""

    def recorded_rollout(self, acting: Acting, seed: int) -> tuple[Batch, dict[str, Array]]:
        """One example to record for the figures, and what belongs to it."""


def is_analog(task: Task) -> bool:
    """Whether the inputs of a task are real numbers (`AnalogBatch`)."""
    return bool(getattr(task, "analog", False))


def buffers_for(task: Task) -> EventBuffers:
    """Room for the input events of any block of a task."""
    return EventBuffers.allocate(task.n_steps, task.n_in)


Sums = dict[str, tuple[float, float]]
"""Name -> (sum, weight) of a metric."""


def add_metrics(parts: list[Sums]) -> Sums:
    """Add up the metrics of blocks or batches."""
    total: dict[str, tuple[float, float]] = {}
    for name in sorted({name for part in parts for name in part}):
        found = [part[name] for part in parts if name in part]
        total[name] = float(sum(s for s, _ in found)), float(sum(w for _, w in found))
    return total


def mean_metrics(sums: Sums) -> dict[str, float]:
    """Sum / weight of each metric, NaN where nothing was counted."""
    return {name: s / w if w else float("nan") for name, (s, w) in sums.items()}

"""What a task is to the trainer: examples as input spikes, and a loss on the readout.

A task is a plain data generator. It never sees the network; it says how many inputs and outputs
there are, hands out batches, and turns readouts into a loss and its derivative. Everything random
in a batch is fixed by (seed, split, iteration), so that a resumed run draws the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..model.network import Network
from ..text import show
from .spikes import EventBuffers, SpikeEvents

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


class Batch:
    """Some examples, in a fixed order; derive from it.

    What it returns is checked once per block (`lsnn_core.task.checks`); what does not fit the
    task's sizes, and NaN, is refused.
    """

    # Cached properties: what derives from it may have fields, attributes or properties instead.
    if TYPE_CHECKING:  # a dataclass would take what is here for the default of its field

        @cached_property
        def size(self) -> int:
            """B, the number of examples."""

    @cached_property
    def updates(self) -> int:
        """Gradient steps to take on it."""
        return 1

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Return the input spikes of examples start:stop, at most 16; called in several threads."""
        raise self._without("events")

    def analog(self, start: int, stop: int) -> Array:
        """Return the inputs of an analog task's examples start:stop, (T, n_in, stop - start)."""
        raise self._without("analog")

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Loss of examples start:stop; their readout y is (T - readout_start, K, stop - start)."""
        raise self._without("loss")

    def _without(self, method: str) -> UsageError:
        return UsageError(f"batch: expected one with a method {method}, found {show(self)}")


class Task:
    """What an entry point of the group ``lsnn.tasks`` makes from the recipe's [task] table.

    Every task derives from it; what a task is not, it need not say.
    """

    settings_type: ClassVar[type[Any]]  # a dataclass: the keys of the [task] table

    n_in: int
    n_out: int
    n_steps: int  # T, of 1 ms
    readout_start: int  # the first step whose readout the loss looks at

    halves: int = 1  # 2: the network consists of two halves that never meet (`Layout`)
    analog: bool = False  # inputs are real numbers, not spikes: batches have `analog`, not `events`
    outputs: str = "classes"  # or "values": how an example's readout is recorded
    data_sha256: str = ""  # of data that a user brings (`data_digest`): no run goes on with others

    def batch(self, iteration: int, size: int, seed: int) -> Batch:
        """Training batch number `iteration`, of `size` examples at most."""
        raise self._without("batch")

    def held_out(self, split: str, size: int, seed: int) -> Iterator[Batch]:
        """All of "validation" or "test", best in batches of `size`: larger ones run in pieces."""
        raise self._without("held_out")

    def recordings(self, seed: int) -> tuple[Batch, dict[str, Array]]:
        """One example to record for the figures, and what belongs to it (image, label, ...)."""
        raise self._without("recordings")

    def record(self, net: Any, seed: int) -> dict[str, Any]:
        """Recordings of its own of a trained network, an `LSNN`: groups by name."""
        return {}

    def _without(self, method: str) -> UsageError:
        return UsageError(f"task {type(self).__name__}: expected one with a method {method}")


class ActingNetwork(NamedTuple):
    """How an interactive task lets a network act: as it will run in the gradient pass."""

    net: Network
    dtype: type[np.floating[Any]]
    threads: int  # 0: one for each processor; the numbers must not depend on it
    noise_key: int  # keys the injected noise, see `Engine.gradient`
    progress: float = 0.0  # iterations behind, as a part of all: 0 at the start, 1 when trained


class InteractiveTask(Task):
    """A task whose inputs depend on what the network does: the network acts in it.

    `batch`, `held_out` and `recordings` are not used. A batch it gives may say in ``updates`` how
    many gradient steps to take on it.
    """

    def rollout(self, acting: ActingNetwork, iteration: int, size: int, seed: int) -> Batch:
        """Let the network act, and return what happened as a training batch."""
        raise self._without("rollout")

    def rollouts(self, acting: ActingNetwork, split: str, size: int, seed: int) -> Iterator[Batch]:
        """Let it act on all of "validation" or "test", best in batches of `size`."""
        raise self._without("rollouts")

    def recorded_rollout(self, acting: ActingNetwork, seed: int) -> tuple[Batch, dict[str, Array]]:
        """One example to record for the figures, and what belongs to it."""
        raise self._without("recorded_rollout")

    def record(self, net: Any, seed: int, untrained: Any = None) -> dict[str, Any]:
        """The same, beside the network as it was before training."""
        return {}


def is_analog(task: Task) -> bool:
    """Whether the inputs of a task are real numbers."""
    return bool(task.analog)


def buffers_for(task: Task) -> EventBuffers:
    """Room for the input events of any block of a task."""
    return EventBuffers.allocate(task.n_steps, task.n_in)


Sums = dict[str, tuple[float, float]]
"""Name -> (sum, weight) of a metric."""


@dataclass
class BatchResult:
    """What a batch gave."""

    loss: float
    sums: Sums  # of the task's metrics


def add_metrics(parts: list[Sums]) -> Sums:
    """Add up the metrics of blocks or batches."""
    total: dict[str, tuple[float, float]] = {}
    for name in sorted({name for part in parts for name in part}):
        measured = [part[name] for part in parts if name in part]
        total[name] = float(sum(s for s, _ in measured)), float(sum(w for _, w in measured))
    return total


def mean_metrics(sums: Sums) -> dict[str, float]:
    """Sum / weight of each metric, NaN where nothing was counted."""
    return {name: s / w if w else float("nan") for name, (s, w) in sums.items()}

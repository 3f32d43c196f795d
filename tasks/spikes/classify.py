"""Name the class of recorded spikes: what all tasks of labelled examples share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, real, refuse, whole
from lsnn_core.random.streams import in_epochs
from lsnn_core.task.data import data_digest
from lsnn_core.task.losses import window_cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss, Task
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from .examples import Examples

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class StepSettings(Settings):
    """Keys of the recipe's [task] table that say how time becomes steps.

    A step of the network takes `ms_per_step` of the recording. All that the recipe's [network]
    counts in ms it counts in steps: at 4 ms a step, ``tau_m_ms = 20`` are 80 ms of the recording.
    """

    section: ClassVar[str] = "task"

    n_steps: int = whole(low=1)  # shorter examples end in silence, longer ones are cut
    ms_per_step: float = real(1.0, above=0.0)
    readout_steps: int = whole(0)  # the last ones, whose mean readout is the answer; 0: all

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.readout_steps > self.n_steps:
            refuse("task.readout_steps", self.readout_steps, f"at most n_steps = {self.n_steps}")


class ClassifyExamples(Task):
    """One label for each example, read from the mean of the last readouts.

    Parameters
    ----------
    settings
        Of the steps.
    n_classes
        Labels are 0 ... n_classes - 1.
    splits
        Examples of "train", "validation" and "test", of one grid.
    """

    def __init__(
        self, settings: StepSettings, n_classes: int, splits: Mapping[str, Examples]
    ) -> None:
        self.settings, self.splits = settings, dict(splits)
        grid = self.splits["train"].grid
        self.n_in, self.n_steps, self.n_out = grid.n_in, grid.n_steps, n_classes
        self.readout_start = self.n_steps - (settings.readout_steps or self.n_steps)
        of_each = ((part.site, part.ptr, part.label) for part in self.splits.values())
        self.data_sha256 = data_digest(array for arrays in of_each for array in arrays)

    def batch(self, iteration: int, size: int, seed: int) -> ExampleBatch:
        """Training batch: an epoch permutes the examples; a batch may run across its end."""
        train = self.splits["train"]
        position = iteration * size + np.arange(size)
        return ExampleBatch(train, in_epochs(seed, "recorded spikes", position, len(train)))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[ExampleBatch]:
        """All examples of a split, in file order."""
        part = self.splits[split]
        for start in range(0, len(part), size):
            yield ExampleBatch(part, np.arange(start, min(start + size, len(part))))

    def recordings(self, seed: int) -> tuple[ExampleBatch, dict[str, Array]]:
        """The first test example."""
        test = self.splits["test"]
        return ExampleBatch(test, np.arange(1)), {"label": np.array(int(test.label[0]))}


@dataclass(frozen=True, eq=False)
class ExampleBatch(Batch):
    """Some of the examples, by their index (B,)."""

    examples: Examples
    index: npt.NDArray[np.int64]

    @property
    def size(self) -> int:
        """B."""
        return len(self.index)

    def events(self, start: int, stop: int, buffers: EventBuffers | None = None) -> SpikeEvents:
        """Input spikes of examples start:stop."""
        return self.examples.events(self.index[start:stop])

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Mean cross-entropy of the readout averaged over the window, and accuracy."""
        label = self.examples.label[self.index[start:stop]]
        loss, d_y, right = window_cross_entropy(y, label)
        metrics = {"accuracy": (float(right.sum()), float(right.size))}
        return BlockLoss(float(loss.sum()) / self.size, d_y / self.size, metrics)

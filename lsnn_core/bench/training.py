"""A whole training iteration beside its kernels alone.

As a process, ``python -m lsnn_core.bench.training RECIPE BATCH THREADS``: "iteration" is one step
of the trainer (batch, encoding, forward, backward, Adam, rewiring, record), "kernels" the two
kernel calls of each block on the same network and batch, inputs made beforehand.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.recipes import configure
from ..errors import UsageError
from ..learning.models import make_task
from ..learning.rate import RateLearner
from ..learning.spiking import SpikingLearner
from ..learning.trainer import Trainer
from ..python_process import own_module
from ..rate.network import RateBlock
from ..task.protocol import Batch
from .child import Child
from .serve import serve

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class TrainingRow:
    """Medians over turns in which the two ran one after the other.

    Parameters
    ----------
    recipe, batch, threads
        What was run.
    iteration_s, kernels_s
        Seconds of a whole iteration, and of its kernels.
    ratio
        Median of the turns' ratios of the two.
    """

    recipe: str
    batch: int
    threads: int
    iteration_s: float
    kernels_s: float
    ratio: float

    def as_json(self) -> dict[str, object]:
        """All numbers by name."""
        return asdict(self)

    def line(self) -> str:
        """For people."""
        return (
            f"{self.recipe}, batch {self.batch}, {self.threads} threads: iteration "
            f"{1e3 * self.iteration_s:.1f} ms, its kernels {1e3 * self.kernels_s:.1f} ms, "
            f"ratio {self.ratio:.3f}"
        )


class Iterations:
    """A trainer, and its kernels alone."""

    def __init__(self, recipe: str, batch: int, threads: int) -> None:
        settings = [f"training.batch={batch}", f"training.threads={threads}", "seed=1"]
        config = configure(recipe, settings)
        self.trainer = Trainer(config, make_task(config))
        learner = self.trainer.learner
        self.trainer.step()
        set_aside = learner.batch(self.trainer.iteration)
        self.alone: SpikingKernels | RateKernels
        if isinstance(learner, RateLearner):
            self.alone = RateKernels(learner, set_aside)
        elif isinstance(learner, SpikingLearner) and not learner.engine.analog:
            self.alone = SpikingKernels(learner, set_aside, threads)
        else:
            raise UsageError(
                f"{recipe}: expected the recipe of an LSNN that reads spikes, or of an RNN or LSTM"
            )

    def iteration(self) -> dict[str, float]:
        """One step of the trainer."""
        self.trainer.step()
        return {}

    def kernels(self) -> dict[str, float]:
        """Forward and backward of all blocks of the batch that was set aside."""
        self.alone.run()
        return {}


class SpikingKernels:
    """Blocks of an LSNN, their input spikes made; dL/dy is what the last iteration left."""

    def __init__(self, learner: SpikingLearner, batch: Batch, threads: int) -> None:
        self.engine, self.pool = learner.engine, ThreadPoolExecutor(threads)
        self.arrays, self.blocks = self.engine.arrays(learner.net), self.engine.blocks
        self.x = [batch.events(start, stop) for start, stop in self.engine.slices]
        self.d_z = np.zeros(learner.net.layout.n, self.engine.dtype)

    def run(self) -> None:
        """Forward and backward once."""
        turns = ["forward backward"] if self.engine.at_once else ["forward", "backward"]
        for passes in turns:
            list(self.pool.map(lambda i, p=passes: self._run(i, p), range(len(self.blocks))))

    def _run(self, index: int, passes: str) -> None:
        block: Any = self.blocks[index]
        with self.engine.at_work(block):
            if "forward" in passes:
                block.use(block.lanes)
                block.forward(self.arrays, self.x[index])
            if "backward" in passes:
                block.backward(self.arrays, self.d_z)


class RateKernels:
    """Blocks of an RNN or LSTM, with inputs and dL/dy set aside; products and gates are timed."""

    def __init__(self, learner: RateLearner, batch: Batch) -> None:
        self.engine, self.size, self.parameters = learner.engine, batch.size, learner.parameters
        self.x: dict[int, Array] = {}
        self.d_y: dict[int, Array] = {}
        self.gradients: list[dict[str, Array]] = []

        def keep(block: RateBlock, start: int, stop: int) -> None:
            self.d_y[start] = self.engine.block_loss(self.parameters, batch, block, start, stop).d_y
            self.x[start] = block.x.copy()

        self.engine.each_block(self.size, keep)

    def run(self) -> None:
        """Forward and backward once."""

        def both(block: RateBlock, start: int, stop: int) -> dict[str, Array]:
            block.x[:] = self.x[start]
            block.forward(self.parameters)
            return block.backward(self.parameters, self.d_y[start])

        self.gradients = self.engine.each_block(self.size, both)


def measure_training(recipe: str, batch: int, threads: int, repeats: int) -> TrainingRow:
    """Measure both in turns, in a process of their own."""
    command = own_module("lsnn_core.bench.training", recipe, str(batch), str(threads))
    with Child(recipe, command, threads) as child:
        for action in ("iteration", "kernels"):
            child.ask(action)
        turns = [
            [median(child.ask(action, 0.1)["seconds"]) for action in ("iteration", "kernels")]
            for _ in range(repeats)
        ]
    whole, kernels = zip(*turns, strict=True)
    ratio = median(a / b for a, b in turns)
    return TrainingRow(recipe, batch, threads, median(whole), median(kernels), ratio)


def main(recipe: str, batch: str, threads: str) -> None:
    """Serve the two."""
    iterations = Iterations(recipe, int(batch), int(threads))
    serve({"iteration": iterations.iteration, "kernels": iterations.kernels})


if __name__ == "__main__":
    main(*sys.argv[1:])

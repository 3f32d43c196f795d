"""A whole training iteration beside its kernels alone.

As a process, ``python -m lsnn_core.bench.training RECIPE BATCH THREADS``: "iteration" is one step
of the trainer (batch, encoding, forward, backward, Adam, rewiring, record), "kernels" the two
kernel calls of each block on the same network and batch, spikes encoded beforehand.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from ..config.recipes import configure
from ..errors import UsageError
from ..learning.models import make_task
from ..learning.spiking import SpikingLearner
from ..learning.trainer import Trainer
from ..python_process import own_module
from .child import Child
from .serve import serve


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
        if not isinstance(learner, SpikingLearner) or learner.engine.analog:
            raise UsageError(f"{recipe}: expected the recipe of an LSNN that reads spikes")
        self.learner, self.pool = learner, ThreadPoolExecutor(threads)
        self.trainer.step()
        self._freeze()

    def iteration(self) -> dict[str, float]:
        """One step of the trainer."""
        self.trainer.step()
        return {}

    def kernels(self) -> dict[str, float]:
        """Forward and backward of all blocks of the batch that was set aside."""
        turns = ["forward backward"] if self.engine.at_once else ["forward", "backward"]
        for passes in turns:
            list(self.pool.map(lambda i, p=passes: self._run(i, p), range(len(self.blocks))))
        return {}

    def _freeze(self) -> None:
        """Set the input spikes of a batch aside; dL/dy is what the last iteration left."""
        net, engine = self.learner.net, self.learner.engine
        self.arrays = engine.arrays(net)
        batch = self.learner.batch(self.trainer.iteration)
        self.x = [batch.events(start, stop) for start, stop in engine.slices]
        self.engine, self.blocks = engine, engine.blocks
        self.d_z = np.zeros(net.layout.n, engine.dtype)

    def _run(self, index: int, passes: str) -> None:
        block: Any = self.blocks[index]
        with self.engine.at_work(block):
            if "forward" in passes:
                block.use(block.lanes)
                block.forward(self.arrays, self.x[index])
            if "backward" in passes:
                block.backward(self.arrays, self.d_z)


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

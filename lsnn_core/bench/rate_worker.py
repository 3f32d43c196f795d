"""Our own measured process for an LSTM: ``python -m lsnn_core.bench.rate_worker PROBLEM DTYPE N``.

What is timed is one iteration on a fixed batch: forward, backward and Adam, on N threads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from ..config.optimisers import AdamSettings
from ..optimisers.adam import DenseAdam
from ..rate.engine import RateEngine, RateResult
from ..rate.network import RateNetwork
from ..task.losses import window_cross_entropy
from ..task.protocol import Batch, BlockLoss, Task
from .rate_problem import LR, Array, RateProblem, norms
from .serve import serve


class NumbersTask(Task):
    """The task that a problem's numbers stand for: its sizes, and one batch for ever."""

    analog = True

    def __init__(self, problem: RateProblem) -> None:
        self.n_steps, self.n_in, _ = problem.x.shape
        self.n_out, self.readout_start = len(problem.parameters["b_out"]), self.n_steps - 1
        self.only = NumbersBatch(problem)

    def batch(self, iteration: int = 0, size: int = 0, seed: int = 0) -> NumbersBatch:
        """The same batch, whatever is asked for."""
        return self.only

    def held_out(self, split: str, size: int, seed: int) -> Iterator[Batch]:
        """No other examples."""
        return iter(())

    def recordings(self, seed: int) -> NoReturn:
        """Nothing is recorded."""
        raise NotImplementedError


class NumbersBatch(Batch):
    """The examples of a problem, as the engine takes them."""

    def __init__(self, problem: RateProblem) -> None:
        self.problem, self.size = problem, len(problem.label)

    def events(self, start: int, stop: int, buffers: Any = None) -> NoReturn:
        """Numbers come in, no spikes."""
        raise NotImplementedError

    def analog(self, start: int, stop: int) -> Array:
        """Inputs of examples start:stop."""
        return self.problem.x[..., start:stop]

    def loss(self, y: Array, start: int, stop: int) -> BlockLoss:
        """Share of the batch's mean loss."""
        loss, d_y, _ = window_cross_entropy(y, self.problem.label[start:stop])
        return BlockLoss(float(loss.sum()) / self.size, d_y / self.size, {})


class Ours:
    """A problem in our engine, and what can be asked about it."""

    def __init__(self, problem: RateProblem, dtype: type[np.floating[Any]], threads: int) -> None:
        self.parameters, task = problem.as_dtype(dtype), NumbersTask(problem)
        net = RateNetwork("lstm", task.n_in, len(self.parameters["W_rec"]), task.n_out)
        self.engine = RateEngine(net, task, len(problem.label), dtype, threads)
        self.adam = {name: DenseAdam(s, AdamSettings()) for name, s in net.shapes().items()}
        self.batch, self.n_steps = task.batch(), task.n_steps
        self.first: RateResult | None = None

    def training(self) -> dict[str, float]:
        """One iteration."""
        result = self.engine.gradient(self.parameters, self.batch)
        self.first = self.first or result
        for name, gradient in result.gradient.items():
            self.parameters[name] = self.adam[name].step(self.parameters[name], gradient, LR)
        return {"loss": result.loss}

    def about(self) -> dict[str, Any]:
        """Work of an iteration, and the size of the first one's gradient."""
        assert self.first is not None, "run something first"
        connections = sum(v.size for name, v in self.parameters.items() if name.startswith("W"))
        return {
            "rate_hz": float("nan"),
            "connections": connections,
            "connection_events": float(connections * self.n_steps * self.batch.size),
            "gradient": norms(self.first.gradient),
        }


def main(path: str, dtype: str, threads: str) -> None:
    """Serve one problem."""
    ours = Ours(RateProblem.load(path), np.dtype(dtype).type, int(threads))
    serve({"training": ours.training, "about": ours.about})


if __name__ == "__main__":
    main(*sys.argv[1:])

"""RNN and LSTM as what a trainer trains: parameters, Adam, engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.tables import RunConfig
from ..errors import UsageError
from ..files import RunFile, Tree
from ..optimisers.adam import DenseAdam, clipped, refuse_unsquarable
from ..optimisers.average import Average
from ..rate.engine import RateEngine, RateResult, fill_inputs, refuse_saturation
from ..rate.initial import FirstWeights, initial_parameters
from ..rate.network import RateBlock, RateNetwork
from ..task.checks import check_recording, check_task
from ..task.protocol import Batch, InteractiveTask, Task
from .averages import read_average, read_count
from .learner import LearnerState, of_dtype, of_the_batch, read_adam, refuse_infinite
from .recording import readout_example

Array = npt.NDArray[Any]


class RateLearner:
    """Learns all parameters of an RNN or LSTM by Adam.

    Parameters
    ----------
    config
        Everything that decides the numbers. ``network.n_regular`` is the number of units; there are
        no adaptive ones, no firing rates to regularise and nothing to rewire.
    task
        Made from config.task; spikes or real numbers come in.
    """

    def __init__(self, config: RunConfig, task: Task) -> None:
        check_task(task)
        _check(config, task)
        self.config, self.task = config, task
        c, t = config.network, config.training
        self.net = RateNetwork(c.model, task.n_in, c.n_regular, task.n_out, task.halves)
        self.dtype = np.dtype(t.dtype).type
        first = FirstWeights(c.forget_bias, c.recurrent_init, c.readout_init, task.n_steps)
        self.parameters = initial_parameters(self.net, config.seed, self.dtype, first)
        self.adam = {name: DenseAdam(s, t.adam) for name, s in self.net.shapes().items()}
        self.average = {k: Average(v, t.average) for k, v in self.parameters.items() if t.average}
        self.engine = RateEngine(self.net, task, t.batch, self.dtype, t.threads)

    def batch(self, iteration: int) -> Batch:
        """Training batch number `iteration`."""
        return self.task.batch(iteration, self.config.training.batch, self.config.seed)

    def held_out(self, split: str, iteration: int) -> Iterator[Batch]:
        """All of "validation" or "test"."""
        return self.task.held_out(split, self.config.training.batch, self.config.seed)

    def gradient(self, batch: Batch, iteration: int) -> RateResult:
        """Result of a batch, with its gradients."""
        return self.engine.gradient(self.parameters, batch)

    def evaluate(self, batch: Batch, split: str, iteration: int) -> RateResult:
        """Result of a batch alone."""
        return self.engine.evaluate(self.parameters, batch)

    def update(
        self, result: RateResult, lr: float, iteration: int, update: int = 0
    ) -> dict[str, float]:
        """Adam; there is nothing to record that the result does not say."""
        unclipped = result.gradient
        with of_the_batch():
            named = {f"d_{name}": value for name, value in unclipped.items()}
            refuse_infinite(iteration, loss=np.array(result.loss), **named)
            shortened = clipped(self.config.training.clip_norm, *unclipped.values())
            gradient = dict(zip(unclipped, shortened, strict=True))
            named = {f"d_{name}": value for name, value in gradient.items()}
            refuse_unsquarable(iteration, **named)
        with np.errstate(over="ignore"):  # what overflows is refused below
            moved = {
                name: np.asarray(self.adam[name].step(value, gradient[name], lr))
                for name, value in self.parameters.items()
            }
        refuse_infinite(iteration, **moved)
        self.parameters = moved
        for name, average in self.average.items():
            average.add(moved[name])
        return {}

    @property
    def averages(self) -> bool:
        """Whether there are averaged weights beside the last ones."""
        return bool(self.average)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the averaged weights for the last ones, to evaluate them."""
        last = self.parameters
        self.parameters = {k: v.value.astype(self.dtype) for k, v in self.average.items()}
        try:
            yield
        finally:
            self.parameters = last

    def stored(self) -> LearnerState:
        """Parameters, Adam's moments of each, and their averages."""
        resume: Tree = {name: dict(adam.state()) for name, adam in self.adam.items()}
        tree: Tree = {"weights": {"dense": {**self.parameters}}, "resume": resume}
        if self.average:
            tree["average"] = {"dense": {k: v.value for k, v in self.average.items()}}
            resume["average"] = {k: v.count for k, v in self.average.items()}
        return LearnerState(tree, {})

    def restore(self, file: RunFile) -> None:
        """Stand where the learner stood that a run file holds."""
        self.restore_weights(file)
        for name, adam in self.adam.items():
            adam.restore(read_adam(file, f"resume/{name}/", self.net.shapes()[name]))
        for name, average in self.average.items():
            average.count = read_count(file, f"resume/average/{name}", average)

    def restore_weights(self, file: RunFile) -> None:
        """Take over the parameters alone: enough to evaluate, not to learn on."""
        shapes = self.net.shapes()
        self.parameters = {name: self._parameter(file, name, s) for name, s in shapes.items()}
        for name, before in self.average.items():
            values = read_average(file, f"average/dense/{name}", shapes[name], self.dtype)
            self._refuse_bridges(file, f"average/dense/{name}", name, values)
            self.average[name] = Average(values, before.decay)

    def begin_from(self, file: RunFile) -> None:
        """Start with the parameters of another run, all else fresh."""
        self.average, decay = {}, self.config.training.average
        self.restore_weights(file)
        self.average = {k: Average(v, decay) for k, v in self.parameters.items() if decay}

    def _parameter(self, file: RunFile, name: str, shape: tuple[int, ...]) -> Array:
        path = f"weights/dense/{name}"
        values = of_dtype(file, path, file.reals(path, shape), self.dtype)
        self._refuse_bridges(file, path, name, values)
        return values

    def _refuse_bridges(self, file: RunFile, path: str, name: str, values: Array) -> None:
        exists = self.net.exists.get(name)
        if exists is not None and np.any(values[~exists]):
            raise file.bad(path, "joins the two halves of the network")

    def record(self, seed: int) -> Tree:
        """Run one example and keep its readout; rate units make no spikes."""
        batch, about = check_recording(self.task, self.task.recordings(seed))
        block = RateBlock(self.net, self.task.n_steps, 1, 0, self.dtype)
        fill_inputs(block.x, self.task, batch, 0)
        refuse_saturation(self.parameters, block.x)
        y = block.forward(self.parameters)[..., 0]
        return {"recordings": {"example": readout_example(self.task, about, y)}}

    def close(self) -> None:
        """End the engine's threads."""
        self.engine.close()


def _check(config: RunConfig, task: Task) -> None:
    """Refuse settings that mean a network of another kind."""
    c = config.network
    if c.n_adaptive:
        raise UsageError(
            f"network.n_adaptive: found {c.n_adaptive}, expected 0: units of an {c.model} do not"
            " adapt; network.n_regular is their number"
        )
    if c.readout_scale != 1.0:
        raise UsageError(
            f"network.readout_scale: found {c.readout_scale}, expected 1: the first weights of an"
            f" {c.model} are those of the published baselines"
        )
    if config.rewiring.policy != "none":
        raise UsageError(
            f"rewiring.policy: found {config.rewiring.policy!r}, expected 'none': an {c.model} is"
            " fully connected"
        )
    if isinstance(task, InteractiveTask):
        raise UsageError(f"task.name: the task lets the network act, which an {c.model} cannot")

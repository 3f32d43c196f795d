"""The LSNN as what a trainer trains: network, optimiser of its connections, engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.tables import RunConfig
from ..errors import BadFileError
from ..files import RunFile, Tree
from ..model.connections import Connections
from ..model.layout import MATRICES
from ..optimisers.adam import DenseAdam, clipped, refuse_unsquarable
from ..optimisers.deep_r import RewiringResult
from ..random.streams import stream
from ..simulation.engine import Engine, SpikingResult
from ..simulation.lsnn import LSNN
from ..task.checks import check_recording, check_recordings, check_task
from ..task.losses import Regulariser
from ..task.protocol import ActingNetwork, Batch, InteractiveTask, Task
from ..units import HZ_PER_SPIKE_PER_MS
from .averages import NetworkAverage
from .build import build, optimiser_for
from .learner import LearnerState, of_dtype, read_adam, refuse_infinite
from .recording import record_example
from .spiking_file import check_neurons, neuron_tree, read_connections, read_optimiser

Array = npt.NDArray[Any]
NORMS_EVERY = 10  # iterations between gradient norms: a curve, a small file (D-gradient-norms)


class SpikingLearner:
    """Learns the weights and, with DEEP R, the connections of an LSNN.

    Parameters
    ----------
    config
        Everything that decides the numbers.
    task
        Made from config.task; an `InteractiveTask` lets the network act.
    """

    def __init__(self, config: RunConfig, task: Task) -> None:
        check_task(task)
        self.config, self.task = config, task
        built = build(config, task)
        self.net: LSNN = built.net
        self.source_sign = built.source_sign
        self.optimiser = built.optimiser
        t = config.training
        self.bias_adam = DenseAdam(task.n_out, t.adam)
        self.average = NetworkAverage(self.net, t.average) if t.average else None
        self.dtype = np.dtype(t.dtype).type
        loss = config.loss
        regulariser = Regulariser(loss.rate_target_hz / HZ_PER_SPIKE_PER_MS, loss.rate_weight)
        self.engine = Engine(self.net, task, t.batch, self.dtype, t.threads, regulariser)
        self.interactive = task if isinstance(task, InteractiveTask) else None

    def batch(self, iteration: int) -> Batch:
        """Training batch number `iteration`; an interactive task makes it with the network."""
        size, seed = self.config.training.batch, self.config.seed
        if self.interactive is None:
            return self.task.batch(iteration, size, seed)
        return self.interactive.rollout(self._acting("train", iteration), iteration, size, seed)

    def held_out(self, split: str, iteration: int) -> Iterator[Batch]:
        """All of "validation" or "test"."""
        size, seed = self.config.training.batch, self.config.seed
        if self.interactive is None:
            return self.task.held_out(split, size, seed)
        return self.interactive.rollouts(self._acting(split, iteration), split, size, seed)

    def gradient(self, batch: Batch, iteration: int) -> SpikingResult:
        """Result of a batch, with its gradients."""
        return self.engine.gradient(self.net, batch, self._noise_key("train", iteration))

    def evaluate(self, batch: Batch, split: str, iteration: int) -> SpikingResult:
        """Result of a batch alone."""
        return self.engine.evaluate(self.net, batch, self._noise_key(split, iteration))

    def update(
        self, result: SpikingResult, lr: float, iteration: int, update: int = 0
    ) -> dict[str, float]:
        """Adam and DEEP R, or Muon; returns rates, connectivity and gradient norm to record."""
        refuse_infinite(
            iteration,
            loss=np.array(result.loss),
            d_weight=result.d_weight,
            d_b_out=result.d_b_out,
        )
        clip_norm = self.config.training.clip_norm
        d_weight, d_b_out = clipped(clip_norm, result.d_weight, result.d_b_out)
        refuse_unsquarable(iteration, d_weight=d_weight, d_b_out=d_b_out)
        with np.errstate(over="ignore"):  # what overflows is refused below
            b_out = self.bias_adam.step(self.net.b_out, d_b_out, lr)
            rewired = self.optimiser.step(d_weight, lr, iteration, update)
        refuse_infinite(iteration, b_out=b_out)
        norms = self._gradient_norms(result) if iteration % NORMS_EVERY == 0 else {}
        self.net = replace(self.net, connections=self.optimiser.connections, b_out=b_out)
        if self.average:
            self.average.add(self.net, rewired)
        return {**self._rates(result), **self._rewiring(rewired), **norms}

    @property
    def averages(self) -> bool:
        """Whether there are averaged weights beside the last ones."""
        return self.average is not None

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the averaged weights for the last ones, to evaluate them."""
        assert self.average is not None
        last, self.net = self.net, self.average.network(self.net)
        try:
            yield
        finally:
            self.net = last

    def stored(self) -> LearnerState:
        """Connection lists, neurons, inputs, and the optimiser's moments."""
        net = self.net
        weights: dict[str, Any] = {"b_out": net.b_out}
        shapes: dict[str, dict[str, Any]] = {}
        for name in MATRICES:
            weights[name] = net.connections.matrix(name)._asdict()
            shapes[f"weights/{name}"] = {"shape": weights[name].pop("shape")}
        tree: Tree = {
            "weights": weights,
            **neuron_tree(net, self.source_sign),
            "resume": {**self.resume_state()},
        }
        if self.average:
            tree["average"] = self.average.tree(net)
        regular = {"neurons": {"n_regular": self.config.network.n_regular}}
        return LearnerState(tree, {**shapes, **regular})

    def resume_state(self) -> dict[str, Array]:
        """What the weights alone do not tell about where training stands."""
        lists, bias = self.optimiser.state(), self.bias_adam.state()
        return {
            **{f"list_{k}": v for k, v in lists.items()},
            **{f"bias_{k}": v for k, v in bias.items()},
            **(self.average.counts() if self.average else {}),
        }

    def restore(self, file: RunFile) -> None:
        """Stand where the learner stood that a run file holds."""
        self.restore_weights(file)
        connections = self.net.connections
        bias = read_adam(file, "resume/bias_", (self.net.layout.n_out,))
        optimiser = optimiser_for(self.config, connections, self.source_sign)
        lists = read_optimiser(file, self.config, optimiser, int(bias["age"]))
        state = {
            **{f"list_{name}": value for name, value in lists.items()},
            **{f"bias_{name}": value for name, value in bias.items()},
        }
        self.take_over(connections, self.net.b_out, state)
        if self.average:
            self.average.restore_counts(file)

    def restore_weights(self, file: RunFile) -> None:
        """Take over the connections and biases alone: enough to evaluate, not to learn on."""
        check_neurons(file, self.net, self.source_sign)
        connections = read_connections(file, self.config, self.net.layout, self.source_sign)
        b_out = file.reals("weights/b_out", (self.net.layout.n_out,))
        b_out = of_dtype(file, "weights/b_out", b_out, self.dtype)
        self.net = replace(self.net, connections=connections, b_out=b_out)
        if self.average:
            self.average.restore(file, self.net)

    def take_over(self, connections: Connections, b_out: Array, state: dict[str, Array]) -> None:
        """Continue with another learner's connections, bias and `resume_state`."""
        if connections.layout != self.net.layout:
            raise BadFileError(
                f"weights: expected {self.net.layout} as configured, found {connections.layout}"
            )
        self.optimiser = optimiser_for(self.config, connections, self.source_sign)
        self.optimiser.restore({k[5:]: v for k, v in state.items() if k.startswith("list_")})
        self.bias_adam.restore({k[5:]: v for k, v in state.items() if k.startswith("bias_")})
        self.net = replace(self.net, connections=connections, b_out=b_out)

    def record(self, seed: int) -> Tree:
        """Run one example, and add the task's own recordings.

        Figures of an interactive task show the network as it was before training, too.
        """
        if self.interactive is None:
            recording = self.task.recordings(seed)
        else:
            acting = self._acting("recording", 0)._replace(progress=1.0)
            recording = self.interactive.recorded_rollout(acting, seed)
        batch, about = check_recording(self.task, recording)
        tree = record_example(self.net, self.task, batch, about, seed, self.dtype)
        own = check_recordings(self.task, self._recordings_of_task(seed))
        return {**tree, "recordings": {**tree["recordings"], **own}}

    def _recordings_of_task(self, seed: int) -> dict[str, Any]:
        if self.interactive is None:
            return self.task.record(self.net, seed)
        untrained = build(self.config, self.task).net
        return self.interactive.record(self.net, seed, untrained)

    def close(self) -> None:
        """End the engine's threads."""
        self.engine.close()

    def _acting(self, purpose: str, iteration: int) -> ActingNetwork:
        t, key = self.config.training, self._noise_key(purpose, iteration)
        return ActingNetwork(self.net, self.dtype, t.threads, key, iteration / t.iterations)

    def _noise_key(self, purpose: str, iteration: int) -> int:
        rng = stream(self.config.seed, f"noise {purpose}", iteration)
        return int(rng.integers(2**63))

    def _rates(self, result: SpikingResult) -> dict[str, float]:
        first = self.config.network.n_regular
        rates = result.rate * HZ_PER_SPIKE_PER_MS
        by_population = {"R": rates[:first], "A": rates[first:]}
        means = {f"train/rate_{k}_hz": float(v.mean()) for k, v in by_population.items() if len(v)}
        return {"train/rate_loss": result.rate_loss, **means}

    def _rewiring(self, rewired: RewiringResult) -> dict[str, float]:
        if self.config.rewiring.policy == "none":
            return {}
        values = {"rewiring/dropped": float(sum(rewired.dropped.values()))}
        for name, share in self.optimiser.connectivity().items():
            values[f"rewiring/dropped_{name}"] = rewired.dropped[name]
            values[f"rewiring/connectivity_{name}"] = share
        return values

    def _gradient_norms(self, result: SpikingResult) -> dict[str, float]:
        """Root of the sum of squares over the connections of each matrix, before Adam."""
        select = self.net.connections.select
        return {
            f"train/gradient_norm_{name}": _norm(result.d_weight[select(name)]) for name in MATRICES
        }


def _norm(gradient: Array) -> float:
    """Root of the sum of squares, also where float32 does not hold the squares."""
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(gradient))
    return norm if np.isfinite(norm) else float(np.linalg.norm(gradient.astype(np.float64)))

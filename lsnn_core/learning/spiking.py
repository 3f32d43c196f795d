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
from ..model.layout import MATRICES
from ..optimisers.adam import DenseAdam, clipped, refuse_unsquarable
from ..optimisers.constants import FIELDS, ConstantOptimiser
from ..optimisers.deep_r import RewiringResult
from ..random.streams import stream
from ..simulation.lsnn import LSNN
from ..simulation.result import SpikingResult
from ..task.checks import check_recording, check_recordings, check_task, held_out_batches
from ..task.protocol import ActingNetwork, Batch, InteractiveTask, Task, is_analog
from ..units import HZ_PER_SPIKE_PER_MS
from .averages import NetworkAverage
from .build import build, optimiser_for
from .learner import LearnerState, of_dtype, of_the_batch, read_adam, refuse_infinite
from .reach import N_EXAMPLES, gradient_reach
from .recording import record_example
from .rules import engine_of
from .spiking_file import neuron_tree, read_connections, read_neurons, read_optimiser
from .walk import walk_back

Array = npt.NDArray[Any]
PERCENTS = (5, 50, 95)  # of a constant's distribution that are followed (our choice)
NORMS_EVERY = 10  # iterations between gradient norms: a curve, a small file (D-gradient-norms)


class SpikingLearner:
    """Learns the weights of an LSNN, with DEEP R its connections, and constants of its neurons.

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
        fields = [FIELDS[name] for name in t.learn]
        self.average = NetworkAverage(self.net, t.average, fields) if t.average else None
        self.constants = ConstantOptimiser(self.net.neurons, t.learn, t.adam, t.learn_lr)
        self.dtype = np.dtype(t.dtype).type
        self.engine = engine_of(config, self.net, task)
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
        """Adam and DEEP R, or Muon; returns rates, connectivity, gradient norms, constants."""
        gradients = self._gradients(result)
        with of_the_batch():
            refuse_infinite(iteration, loss=np.array(result.loss), **gradients)
            shortened = clipped(self.config.training.clip_norm, *gradients.values())
            gradients = dict(zip(gradients, shortened, strict=True))
            refuse_unsquarable(iteration, **gradients)
        of_logs = {name: gradients[f"d_log_{name}"] for name in self.constants.learn}
        with np.errstate(over="ignore"):  # what overflows is refused below
            b_out = self.bias_adam.step(self.net.b_out, gradients["d_b_out"], lr)
            moved: dict[str, Any] = self.constants.step(self.net.neurons, of_logs, lr)
            rewired = self.optimiser.step(gradients["d_weight"], lr, iteration, update)
        refuse_infinite(iteration, b_out=b_out, **moved)
        now_and_then = self._gradient_norms(result) if iteration % NORMS_EVERY == 0 else {}
        self.net = replace(
            self.net,
            connections=self.optimiser.connections,
            b_out=b_out,
            neurons=replace(self.net.neurons, **moved) if moved else self.net.neurons,
        )
        if self.average:
            self.average.add(self.net, rewired)
        if now_and_then:
            now_and_then |= self._percentiles()
        return {**self._rates(result), **self._rewiring(rewired), **now_and_then}

    def _gradients(self, result: SpikingResult) -> dict[str, Array]:
        """Of all that is learned, by name; of constants that of their logarithms."""
        found = {"d_weight": result.d_weight, "d_b_out": result.d_b_out}
        if result.d_constants is not None:
            of_kernels = result.d_constants._asdict()
            of_logs = self.constants.gradients(self.net.neurons, of_kernels)
            found |= {f"d_log_{name}": value for name, value in of_logs.items()}
        return found

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
            **neuron_tree(net, self.source_sign, self.constants),
            "resume": {**self.resume_state()},
        }
        if self.average:
            tree["average"] = self.average.tree(net)
        about = {"n_regular": self.config.network.n_regular, "halves": net.layout.halves}
        return LearnerState(tree, {**shapes, "neurons": about})

    def resume_state(self) -> dict[str, Array]:
        """What the weights alone do not tell about where training stands."""
        lists, bias = self.optimiser.state(), self.bias_adam.state()
        return {
            **{f"list_{k}": v for k, v in lists.items()},
            **{f"bias_{k}": v for k, v in bias.items()},
            **(self.average.counts() if self.average else {}),
            **self.constants.state(),
        }

    def restore(self, file: RunFile) -> None:
        """Stand where the learner stood that a run file holds."""
        self.restore_weights(file)
        connections, n = self.net.connections, self.net.layout.n
        bias = read_adam(file, "resume/bias_", (self.net.layout.n_out,))
        optimiser = optimiser_for(self.config, connections, self.source_sign)
        lists = read_optimiser(file, self.config, optimiser, int(bias["age"]))
        state = {
            **{f"list_{name}": value for name, value in lists.items()},
            **{f"bias_{name}": value for name, value in bias.items()},
        }
        for constant in self.constants.learn:
            adam = read_adam(file, f"resume/{constant}_", (n,))
            state |= {f"{constant}_{name}": value for name, value in adam.items()}
        self.take_over(self.net, state)
        if self.average:
            self.average.restore_counts(file)

    def restore_weights(self, file: RunFile) -> None:
        """Take over connections, biases and constants alone: to evaluate, not to learn on."""
        neurons = read_neurons(file, self.net, self.source_sign, self.constants)
        connections = read_connections(file, self.config, self.net.layout, self.source_sign)
        b_out = file.reals("weights/b_out", (self.net.layout.n_out,))
        b_out = of_dtype(file, "weights/b_out", b_out, self.dtype)
        self.net = replace(self.net, connections=connections, b_out=b_out, neurons=neurons)
        if self.average:
            learned = {FIELDS[name]: self.constants.bounds(name) for name in self.constants.learn}
            self.average.restore(file, self.net, learned)

    def begin_from(self, file: RunFile) -> None:
        """Start with connections, biases and learned constants of another run, all else fresh."""
        average, self.average = self.average, None
        self.restore_weights(file)
        self.optimiser = optimiser_for(self.config, self.net.connections, self.source_sign)
        self.average = average and average.anew(self.net)

    def take_over(self, net: LSNN, state: dict[str, Array]) -> None:
        """Continue with another learner's network and `resume_state`."""
        if net.layout != self.net.layout:
            raise BadFileError(
                f"weights: expected {self.net.layout} as configured, found {net.layout}"
            )
        self.optimiser = optimiser_for(self.config, net.connections, self.source_sign)
        self.optimiser.restore({k[5:]: v for k, v in state.items() if k.startswith("list_")})
        self.bias_adam.restore({k[5:]: v for k, v in state.items() if k.startswith("bias_")})
        self.constants.restore(state)
        self.net = replace(
            self.net, connections=net.connections, b_out=net.b_out, neurons=net.neurons
        )

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
        backwards = self._backwards(batch, seed)
        return {**tree, "recordings": {**tree["recordings"], **backwards, **own}}

    def _recordings_of_task(self, seed: int) -> dict[str, Any]:
        if self.interactive is None:
            return self.task.record(self.net, seed)
        untrained = build(self.config, self.task).net
        return self.interactive.record(self.net, seed, untrained)

    def _backwards(self, example: Batch, seed: int) -> Tree:
        """The example walked back, and how far back the gradient reaches over many.

        Of tasks whose inputs are spikes that do not depend on the network.
        """
        if self.interactive is not None or is_analog(self.task):
            return {}
        given = self.task.held_out("validation", N_EXAMPLES, seed)
        batch = next(held_out_batches(self.task, "validation", given))
        reach = gradient_reach(self.net, self.task, batch, seed, self.dtype)
        walk = walk_back(self.net, self.task, example, seed, self.dtype)
        return {"walk": {**walk}, **({"gradient": {**reach}} if reach else {})}

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

    def _percentiles(self) -> dict[str, float]:
        """How learned constants are spread over the neurons that learn them."""
        found = {}
        for name in self.constants.learn:
            field = FIELDS[name]
            values = getattr(self.net.neurons, field)[self.constants.learns(name)]
            unit = field.removeprefix(name)  # ends a metric's name
            for percent, value in zip(PERCENTS, np.percentile(values, PERCENTS), strict=True):
                found[f"train/{name}_p{percent}{unit}"] = float(value)
        return found


def _norm(gradient: Array) -> float:
    """Root of the sum of squares, also where float32 does not hold the squares."""
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(gradient))
    return norm if np.isfinite(norm) else float(np.linalg.norm(gradient.astype(np.float64)))

"""The training loop: batch, forward, backward, update, rewire, record.

The trainer knows nothing of any task, and a task nothing of the trainer. All randomness is keyed by
the iteration, so that the state between two iterations is: weights, moments, iteration.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .build import build, optimiser_for
from .config import RunConfig
from .connections import Connections
from .deep_r import RewiringResult
from .engine import Engine, Outcome
from .errors import BadFileError, NumericalError
from .layout import MATRICES
from .network import LSNN
from .optimiser import AdamParams, DenseAdam
from .schedules import learning_rate
from .streams import stream
from .task import Task, add_metrics, mean_metrics

Array = npt.NDArray[Any]
HZ_PER_SPIKE_PER_MS = 1000.0


class Metrics:
    """Numbers over iterations: "train/loss" -> steps and values."""

    def __init__(self) -> None:
        self.steps: dict[str, list[int]] = defaultdict(list)
        self.values: dict[str, list[float]] = defaultdict(list)

    def add(self, step: int, **values: float) -> None:
        """Append values at a step; names have their "/" written "__"."""
        for name, value in values.items():
            key = name.replace("__", "/")
            self.steps[key].append(step)
            self.values[key].append(float(value))

    def last(self, name: str) -> float:
        """The newest value, NaN if there is none."""
        return self.values[name][-1] if self.values.get(name) else float("nan")

    def restore(self, name: str, steps: Array, values: Array) -> None:
        """Continue a series read from a file."""
        self.steps[name] = [int(step) for step in steps]
        self.values[name] = [float(value) for value in values]


class Trainer:
    """Trains one network on one task.

    Parameters
    ----------
    config
        Everything that decides the numbers.
    task
        Made from config.task.
    """

    def __init__(self, config: RunConfig, task: Task) -> None:
        self.config, self.task = config, task
        built = build(config, task)
        self.net: LSNN = built.net
        self.source_sign = built.source_sign
        self.optimiser = built.optimiser
        t = config.training
        self.bias_adam = DenseAdam(task.n_out, AdamParams(t.adam_beta1, t.adam_beta2, t.adam_eps))
        self.dtype = np.dtype(t.dtype).type
        self.engine = Engine(self.net, task, t.batch, self.dtype, t.threads)
        self.iteration = 0
        self.metrics = Metrics()

    @property
    def done(self) -> bool:
        """Whether all iterations are behind."""
        return self.iteration >= self.config.training.iterations

    def lr(self) -> float:
        """Learning rate of the coming iteration."""
        t = self.config.training
        return learning_rate(
            self.iteration,
            lr=t.lr,
            schedule=t.lr_schedule,
            iterations=t.iterations,
            decay=t.lr_decay,
            decay_every=t.lr_decay_every,
            warmup=t.lr_warmup,
        )

    def step(self) -> None:
        """One iteration. Raises `NumericalError` before anything is changed."""
        c, i = self.config, self.iteration
        batch = self.task.batch(i, c.training.batch, c.seed)
        outcome = self.engine.gradient(
            self.net,
            batch,
            c.loss.rate_target_hz / HZ_PER_SPIKE_PER_MS,
            c.loss.rate_weight,
            self._noise_key("train"),
        )
        _refuse_infinite(
            i, loss=np.array(outcome.loss), d_weight=outcome.d_weight, d_b_out=outcome.d_b_out
        )
        lr = self.lr()
        with np.errstate(over="ignore"):  # what overflows is refused below
            b_out = self.bias_adam.step(self.net.b_out, outcome.d_b_out, lr)
            rewired = self.optimiser.step(outcome.d_weight, lr, i)
        _refuse_infinite(i, weight=self.optimiser.connections.weight, b_out=b_out)
        self.net = replace(self.net, connections=self.optimiser.connections, b_out=b_out)
        self.iteration += 1
        self._record(outcome, rewired, lr)

    def evaluate(self, split: str) -> dict[str, float]:
        """Loss and metrics over all of a split."""
        c = self.config
        parts = []
        for batch in self.task.held_out(split, c.training.batch, c.seed):
            outcome = self.engine.evaluate(self.net, batch, self._noise_key(split))
            parts.append({**outcome.sums, "loss": (outcome.loss * batch.size, batch.size)})
        means = mean_metrics(add_metrics(parts))
        self.metrics.add(self.iteration, **{f"{split}__{name}": v for name, v in means.items()})
        return means

    def fit(self, after_iteration: Callable[[Trainer], bool]) -> None:
        """Train to the end, or until `after_iteration` returns False."""
        while not self.done:
            self.step()
            if self.iteration % self.config.training.validate_every == 0 or self.done:
                self.evaluate("validation")
            if not after_iteration(self):
                return

    def close(self) -> None:
        """End the engine's threads."""
        self.engine.close()

    def _noise_key(self, purpose: str) -> int:
        rng = stream(self.config.seed, f"noise {purpose}", self.iteration)
        return int(rng.integers(2**63))

    def _record(self, outcome: Outcome, rewired: RewiringResult, lr: float) -> None:
        first = self.config.network.n_regular
        rates = outcome.rate * HZ_PER_SPIKE_PER_MS
        values = {"loss": outcome.loss, "rate_loss": outcome.rate_loss, "lr": lr, **outcome.metrics}
        if first:
            values["rate_R_hz"] = rates[:first].mean()
        if first < len(rates):
            values["rate_A_hz"] = rates[first:].mean()
        self.metrics.add(self.iteration, **{f"train__{name}": v for name, v in values.items()})
        if self.config.rewiring.policy != "none":
            connections = self.net.connections
            self.metrics.add(self.iteration, rewiring__dropped=sum(rewired.dropped.values()))
            for name in MATRICES:
                sites = connections.layout.matrices[name].sites
                fraction = connections.count(name) / max(sites, 1)
                self.metrics.add(self.iteration, **{f"rewiring__connectivity_{name}": fraction})

    def resume_state(self) -> dict[str, Array]:
        """What the weights alone do not tell about where training stands."""
        lists, bias = self.optimiser.state(), self.bias_adam.state()
        return {
            **{f"list_{k}": v for k, v in lists.items()},
            **{f"bias_{k}": v for k, v in bias.items()},
        }

    def restore(
        self, iteration: int, connections: Connections, b_out: Array, state: Mapping[str, Array]
    ) -> None:
        """Continue where another trainer of the same configuration stood."""
        if connections.layout != self.net.layout:
            raise BadFileError(
                f"weights: expected {self.net.layout} as configured, found {connections.layout}"
            )
        self.optimiser = optimiser_for(self.config, connections, self.source_sign)
        self.optimiser.restore({k[5:]: v for k, v in state.items() if k.startswith("list_")})
        self.bias_adam.restore({k[5:]: v for k, v in state.items() if k.startswith("bias_")})
        self.net = replace(self.net, connections=connections, b_out=b_out)
        self.iteration = iteration


def _refuse_infinite(iteration: int, **arrays: Array) -> None:
    for name, array in arrays.items():
        flat = np.atleast_1d(array)
        bad = ~np.isfinite(flat)
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise NumericalError(
                f"iteration {iteration}: {name}[{at}] is {flat[at]}; the update was not applied"
                " and the last checkpoint is kept; try a lower training.lr"
            )

"""The training loop: batch, forward, backward, update, record.

The trainer knows nothing of any task or model, and they nothing of the trainer. All randomness is
keyed by the iteration, so that the state between two iterations is: parameters, moments, iteration.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from ..config.tables import RunConfig
from ..errors import BatchError, NumericalError
from ..finite import REMEDY
from ..optimisers.schedules import learning_rate
from ..task.checks import held_out_batches, updates_of
from ..task.protocol import Batch, Task, mean_metrics
from .learner import Learner, at_iteration, means, of_the_batch
from .memory_need import require_memory
from .metrics import Metrics
from .models import make_learner

MOST_SKIPPED: Final = 10
"""Batches in a row that may be left out (D-on-nan)."""


class Trainer:
    """Trains one model on one task.

    Parameters
    ----------
    config
        Everything that decides the numbers.
    task
        Made from config.task.

    Attributes
    ----------
    keep
        Given a batch that gave no finite loss or gradient and the error; returns in words where it
        is kept.
    said
        What people should be told; whoever does so clears it.

    Raises
    ------
    UsageError
        This machine has not the memory for it.
    """

    def __init__(self, config: RunConfig, task: Task) -> None:
        self.config, self.task = config, task
        require_memory(config, task)
        self.learner: Learner = make_learner(config, task)
        self.iteration = 0
        self.metrics = Metrics()
        self.keep: Callable[[Batch, BatchError], str] = lambda batch, error: ""
        self.said: list[str] = []

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
        """One iteration: a batch, and as many updates as it asks for (one, if it does not say).

        Raises `NumericalError` before any parameter takes a number that is none. A batch that gives
        no finite loss or gradient is left out with ``training.on_nan = "skip"``, but no more than
        `MOST_SKIPPED` in a row.
        """
        with at_iteration(self.iteration):
            batch = self.learner.batch(self.iteration)
        try:
            recorded = self._learn(batch)
        except BatchError as error:
            recorded = self._leave_out(batch, error)
        self.iteration += 1
        self.metrics.add(self.iteration, recorded)

    def _learn(self, batch: Batch) -> dict[str, float]:
        """Take the batch's updates; returns what to record."""
        i, lr, learner = self.iteration, self.lr(), self.learner
        result = self._gradient(batch)
        metrics = {"loss": result.loss, "lr": lr, **mean_metrics(result.sums)}
        recorded = learner.update(result, lr, i)
        for update in range(1, updates_of(self.task, batch)):
            recorded = learner.update(self._gradient(batch), lr, i, update)
        return {f"train/{name}": value for name, value in metrics.items()} | recorded

    def _gradient(self, batch: Batch) -> Any:
        with of_the_batch(), at_iteration(self.iteration):
            return self.learner.gradient(batch, self.iteration)

    def _leave_out(self, batch: Batch, error: BatchError) -> dict[str, float]:
        """Keep the batch for study, and count it, or raise if that is not wanted or too much."""
        kept = self.keep(batch, error)
        told = f"{error}; {kept}" if kept else str(error)
        steps = self.metrics.steps.get("train/skipped", [])
        in_a_row = 0
        while in_a_row < len(steps) and steps[-1 - in_a_row] == self.iteration - in_a_row:
            in_a_row += 1
        if in_a_row >= MOST_SKIPPED:
            told = f"{told}; {in_a_row} batches in a row were skipped before it"
        if self.config.training.on_nan == "stop" or in_a_row >= MOST_SKIPPED:
            raise BatchError(told) from error
        if not self.said and not steps:
            self.said.append(f"{told}; skipped, as later ones are: train/skipped counts them")
        return {"train/skipped": len(steps) + 1.0}

    @property
    def owes_validation(self) -> bool:
        """Whether the last iteration ended at a validation that is not recorded (yet)."""
        every = self.config.training.validate_every
        due = self.iteration > 0 and (self.iteration % every == 0 or self.done)
        return due and self.metrics.steps.get("validation/loss", [])[-1:] != [self.iteration]

    def evaluate(
        self, split: str, interrupted: Callable[[], bool] = lambda: False
    ) -> dict[str, float]:
        """Loss and metrics over all of a split, such as "test/loss".

        With `training.average` those of the averaged weights, such as "test_average/loss", too:
        neither takes the place of the other. `interrupted` is asked before each batch; if it says
        yes, nothing is recorded or returned. Raises `NumericalError` where a loss is none: the
        metrics would not tell.
        """
        found = self._held_out(split, split, interrupted)
        if found and self.learner.averages:
            with self.learner.averaged():
                averaged = self._held_out(split, f"{split}_average", interrupted)
            found = found | averaged if averaged else {}
        self.metrics.add(self.iteration, found)
        return found

    def _held_out(self, split: str, name: str, interrupted: Callable[[], bool]) -> dict[str, float]:
        i, results = self.iteration, []
        with at_iteration(i):
            for batch in held_out_batches(self.task, split, self.learner.held_out(split, i)):
                if interrupted():
                    return {}
                results.append((self.learner.evaluate(batch, split, i), batch.size))
            metrics = means(results)
            if not math.isfinite(metrics["loss"]):
                raise NumericalError(f"the {name} loss is {metrics['loss']}; {REMEDY}")
        return {f"{name}/{key}": value for key, value in metrics.items()}

    def fit(
        self,
        after_iteration: Callable[[Trainer], bool],
        interrupted: Callable[[], bool] = lambda: False,
        before_validation: Callable[[Trainer], None] = lambda trainer: None,
    ) -> None:
        """Train to the end, or until `after_iteration` returns False.

        A validation ends early when `interrupted` says so, and so does the rest; the next `fit`
        does it again.
        """
        if self.owes_validation:
            self.evaluate("validation", interrupted)
        while not self.done and not interrupted():
            self.step()
            if self.owes_validation:
                before_validation(self)
                self.evaluate("validation", interrupted)
            if not after_iteration(self):
                return

    def close(self) -> None:
        """End the learner's threads."""
        self.learner.close()

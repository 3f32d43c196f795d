"""What a trainer trains: something with parameters, a gradient and an update."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import BatchError, NumericalError
from ..files import RunFile, Tree
from ..task.checks import MOST_UPDATES
from ..task.protocol import Batch, BatchResult, add_metrics, mean_metrics

Array = npt.NDArray[Any]


class LearnerState(NamedTuple):
    """A learner as the run file keeps it."""

    tree: Tree
    attributes: dict[str, dict[str, Any]]  # by group


class Learner(Protocol):
    """A model, its optimiser, and how batches run through it."""

    def batch(self, iteration: int) -> Batch:
        """Training batch number `iteration`."""

    def held_out(self, split: str, iteration: int) -> Iterator[Batch]:
        """All of "validation" or "test"."""

    def gradient(self, batch: Batch, iteration: int) -> Any:
        """Result of a batch, with its gradients."""

    def evaluate(self, batch: Batch, split: str, iteration: int) -> BatchResult:
        """Result of a batch alone."""

    def update(self, result: Any, lr: float, iteration: int, update: int = 0) -> dict[str, float]:
        """Take a step; returns what to record, such as "train/rate_R_hz".

        `update` counts the steps of an iteration that takes several, from 0.
        Raises `BatchError` if loss or gradient are not finite, and nothing has changed; else
        `NumericalError` if the step does not give finite numbers; the parameters are then as
        before.
        """

    @property
    def averages(self) -> bool:
        """Whether there are averaged weights beside the last ones."""

    def averaged(self) -> AbstractContextManager[None]:
        """Have the averaged weights for the last ones, to evaluate them; if there are any."""

    def stored(self) -> LearnerState:
        """Everything a run file must hold to go on, and to draw figures from."""

    def restore(self, file: RunFile) -> None:
        """Stand where the learner stood that a run file holds."""

    def restore_weights(self, file: RunFile) -> None:
        """Take over the weights alone: enough to evaluate, not to learn on."""

    def begin_from(self, file: RunFile) -> None:
        """Start with the weights of another run, all that learns them fresh."""

    def record(self, seed: int) -> Tree:
        """Run one example and return the run file's groups "spikes" and "recordings"."""

    def close(self) -> None:
        """End its threads."""


def read_adam(file: RunFile, prefix: str, shape: tuple[int, ...]) -> dict[str, Array]:
    """Return the state of a `DenseAdam` that a run file holds at ``{prefix}m``, ``v``, ``age``."""
    done = file.iteration
    return {
        "m": file.reals(f"{prefix}m", shape),
        "v": file.reals(f"{prefix}v", shape, low=0.0),
        "age": file.integers(f"{prefix}age", (), done - left_out(file), done * MOST_UPDATES),
    }


def left_out(file: RunFile) -> int:
    """Return in how many iterations of a run file's the batch was left out (``train/skipped``)."""
    series = "metrics/train/skipped"
    return len(file.series(series, file.iteration)[0]) if file.has(series) else 0


def of_dtype(file: RunFile, path: str, values: Array, dtype: npt.DTypeLike) -> Array:
    """Return `values`; refuse it if it has not the configured precision, which casts would hide."""
    if values.dtype != np.dtype(dtype):
        raise file.bad(path, f"holds {values.dtype}, expected {np.dtype(dtype)} of training.dtype")
    return values


def refuse_infinite(iteration: int, **arrays: Array) -> None:
    """Raise `NumericalError` at the first NaN or infinity."""
    for name, array in arrays.items():
        flat = np.ravel(array)
        bad = ~np.isfinite(flat)
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise NumericalError(
                f"iteration {iteration}: {name}[{at}] is {flat[at]}; the update was not"
                " applied and the last checkpoint is kept; try a lower training.lr"
            )


@contextmanager
def at_iteration(iteration: int) -> Iterator[None]:
    """Let a `NumericalError` say when it happened, and that nothing has changed."""
    try:
        yield
    except NumericalError as error:
        message = f"iteration {iteration}: {error}; the last checkpoint is kept"
        raise type(error)(message) from None


@contextmanager
def of_the_batch() -> Iterator[None]:
    """Let a `NumericalError` say that the batch made it, before anything has changed."""
    try:
        yield
    except NumericalError as error:
        raise BatchError(str(error)) from None


def means(results: list[tuple[BatchResult, int]]) -> dict[str, float]:
    """Loss and metrics over some batches, each weighted by what it counts."""
    parts = [{**o.sums, "loss": (o.loss * size, size)} for o, size in results]
    return mean_metrics(add_metrics(parts))

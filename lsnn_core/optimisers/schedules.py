"""Learning rates as pure functions of the iteration (counted from 0)."""

from __future__ import annotations

import math

from ..choices import SCHEDULES
from ..errors import UsageError
from ..text import show


def learning_rate(
    iteration: int,
    *,
    lr: float,
    schedule: str = "constant",
    iterations: int = 1,
    decay: float = 1.0,
    decay_every: int = 1,
    warmup: int = 0,
) -> float:
    """Return the learning rate of one iteration.

    Parameters
    ----------
    iteration
        The iteration about to be taken, from 0.
    lr
        The undecayed rate.
    schedule
        ``"constant"``, ``"step"`` (see `step`) or ``"cosine"`` (see `cosine`).
    iterations
        Length of the whole run; only the cosine looks at it.
    decay, decay_every
        Only for ``"step"``.
    warmup
        Iterations over which any schedule first rises linearly; 0 for none.
    """
    rise = linear_warmup(iteration, warmup)
    if schedule == "constant":
        return rise * lr
    if schedule == "step":
        return rise * step(iteration, lr, decay, decay_every)
    if schedule == "cosine":
        return rise * cosine(iteration, lr, iterations)
    raise UsageError(f"lr_schedule: expected one of {SCHEDULES}, found {show(schedule)}")


def step(iteration: int, lr: float, decay: float, decay_every: int, not_before: int = 0) -> float:
    """Multiply by `decay` at each positive multiple of `decay_every` that is >= `not_before`.

    Published: x 0.8 every 2,500 iterations, not before the first epoch is complete.
    """
    if decay_every < 1:
        raise UsageError(f"lr_decay_every: expected 1 or more iterations, found {decay_every}")
    skipped = max(math.ceil(not_before / decay_every) - 1, 0)
    return lr * decay ** max(iteration // decay_every - skipped, 0)


def cosine(iteration: int, lr: float, iterations: int) -> float:
    """Fall from `lr` at iteration 0 along half a cosine to zero at `iterations`, and stay there."""
    done = min(iteration / max(iterations, 1), 1.0)
    return lr * 0.5 * (1.0 + math.cos(math.pi * done))


def linear_warmup(iteration: int, warmup: int) -> float:
    """Rise from 1 / warmup at iteration 0 to 1 at ``warmup - 1``, and stay there."""
    return min((iteration + 1) / warmup, 1.0) if warmup > 0 else 1.0

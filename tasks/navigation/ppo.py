"""Proximal policy optimisation with a Gaussian policy, by hand (Schulman et al. 2017).

Five readouts y make the policy and the value: an action is drawn from a Gaussian with means
tanh(y1), tanh(y2) and variances sigmoid(y3), sigmoid(y4), independent in the two directions; y5 is
the value of the present state (paper, supplement). Arrays are (D, ..., L): decisions, episodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, over_the_run, real, switch, whole
from lsnn_core.errors import UsageError

Floats = npt.NDArray[np.float64]
N_OUT = 5
LOG_2_PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, kw_only=True)
class PpoSettings(Settings):
    """How the policy learns; defaults are the published values, unless said otherwise.

    What is given as ``[start, end]`` falls, or rises, in the course of the run: see `at`.

    Parameters
    ----------
    clip
        The ratio of new to old probability counts only within 1 - clip to 1 + clip.
    discount
        Of a reward 1 ms later.
    trace_decay
        lambda of the advantage estimate, per ms: 1 compares the whole return with the value, as
        published; less trusts the values more (generalised advantage estimation).
    value_weight, entropy_weight
        Of the value's squared error and of the entropy in the loss; the second may be
        ``[start, end]``.
    normalise
        Scale the advantages of a batch to mean 0 and deviation 1 (our choice).
    updates
        Gradient steps on each batch of episodes.
    min_variance, max_variance
        Between which sigmoid(y) sets the variance; recalled: 0 and 1. As the variance vanishes, a
        small step of the weights becomes a large one of the policy, so a floor keeps it learning;
        but its noise makes ways longer. The first may be ``[start, end]``.
    anneal_from
        Part of the run, 0 to below 1, for which ``[start, end]`` stays at its start (our choice,
        as is the course: a straight line from there to the last iteration).
    """

    section: ClassVar[str] = "task"

    clip: float = real(0.2, above=0.0, below=1.0)
    discount: float = real(0.99, low=0.0, high=1.0)
    trace_decay: float = real(1.0, low=0.0, high=1.0)
    value_weight: float = real(0.01, low=0.0)
    entropy_weight: float | tuple[float, float] = over_the_run(real(0.001, low=0.0))
    normalise: bool = switch(True)
    updates: int = whole(1, low=1, high=1000)
    min_variance: float | tuple[float, float] = over_the_run(real(0.0, low=0.0))
    max_variance: float = real(1.0, above=0.0)
    anneal_from: float = real(0.0, low=0.0, below=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        highest = max(self.at(0.0).min_variance, self.at(1.0).min_variance)
        if highest >= self.max_variance:
            raise UsageError(
                f"task.min_variance: found {highest:g}, expected less than"
                f" task.max_variance = {self.max_variance:g}"
            )

    def at(self, progress: float) -> Objective:
        """What is learned when this part of the run is behind, 0 to 1."""
        return Objective(
            clip=self.clip,
            value_weight=self.value_weight,
            entropy_weight=self.by_then(self.entropy_weight, progress),
            min_variance=self.by_then(self.min_variance, progress),
            max_variance=self.max_variance,
        )

    def by_then(self, course: float | tuple[float, float], progress: float) -> float:
        """Return the number itself, or what ``(start, end)`` has come to."""
        if not isinstance(course, tuple):
            return course
        start, end = course
        done = max(progress - self.anneal_from, 0.0) / (1.0 - self.anneal_from)
        return start + done * (end - start)


class Objective(NamedTuple):
    """The policy and its loss at one moment of the run; see `PpoSettings`."""

    clip: float
    value_weight: float
    entropy_weight: float
    min_variance: float
    max_variance: float

    @property
    def variance_span(self) -> float:
        """From the smallest to the largest variance."""
        return self.max_variance - self.min_variance

    def policy(self, y: npt.NDArray[Any]) -> Policy:
        """Read means, variances and values from readouts (D, 5, L)."""
        y = y.astype(np.float64)
        sigmoid = 1.0 / (1.0 + np.exp(-y[:, 2:4]))
        variance = self.min_variance + self.variance_span * sigmoid
        return Policy(np.tanh(y[:, :2]), variance, y[:, 4])


class Policy(NamedTuple):
    """What readouts y (D, 5, L) stand for."""

    mean: Floats  # (D, 2, L)
    variance: Floats  # (D, 2, L)
    value: Floats  # (D, L)

    def log_probability(self, action: Floats) -> Floats:
        """Of the actions (D, 2, L), (D, L)."""
        error = (action - self.mean) ** 2 / self.variance
        total: Floats = -0.5 * (error + np.log(self.variance) + LOG_2_PI).sum(axis=1)
        return total

    def entropy(self) -> Floats:
        """Of the action, (D, L)."""
        total: Floats = 0.5 * (np.log(self.variance) + LOG_2_PI + 1.0).sum(axis=1)
        return total


class PpoLoss(NamedTuple):
    """The three parts of the loss, each summed over all decisions given, and their derivative."""

    surrogate: float
    value: float
    entropy: float
    clipped: int  # decisions whose ratio no longer counts
    d_y: Floats  # (D, 5, L)


def advantages(
    reward: Floats, value: Floats, discount: float, trace_decay: float
) -> tuple[Floats, Floats]:
    """Advantage of each step over the value, and the return that the value should have had.

    Parameters
    ----------
    reward, value
        (T, L): reward of each step, value of the state before it.
    discount, trace_decay
        See `PpoSettings`.

    Returns
    -------
    advantage, target : (T, L)

    Notes
    -----
    Generalised advantage estimation (Schulman et al. 2016). An episode is cut off, not over: the
    value of its last state stands for the one after it (our choice).
    """
    following = np.concatenate([value[1:], value[-1:]])
    surprise = reward + discount * following - value
    advantage = np.empty_like(surprise)
    total = np.zeros(reward.shape[1])
    for t in range(len(reward) - 1, -1, -1):
        total = surprise[t] + discount * trace_decay * total
        advantage[t] = total
    return advantage, advantage + value


def ppo_loss(
    objective: Objective,
    y: npt.NDArray[Any],
    action: Floats,
    old_log_probability: Floats,
    advantage: Floats,
    target: Floats,
) -> PpoLoss:
    """Clipped surrogate, value error and entropy of decisions, with their derivative.

    ``sum -min(r A, clip(r) A) + value_weight (V - target)^2 - entropy_weight H``

    Parameters
    ----------
    objective
        Clip, weights and variances.
    y
        (D, 5, L)
    action
        (D, 2, L), what was done.
    old_log_probability, advantage, target
        (D, L), from when it was done.
    """
    policy = objective.policy(y)
    ratio = np.exp(policy.log_probability(action) - old_log_probability)
    free = ratio * advantage
    bound = np.clip(ratio, 1.0 - objective.clip, 1.0 + objective.clip) * advantage
    counts = free <= bound  # otherwise the minimum is the bound, which is constant
    error = policy.value - target

    d_log_probability = np.where(counts, -free, 0.0)[:, None]  # d ratio = ratio d log p
    apart = action - policy.mean
    above = policy.variance - objective.min_variance  # span sigmoid(y)
    d_log_variance = above / policy.variance * (1.0 - above / objective.variance_span)
    d_y = np.empty(y.shape)
    d_y[:, :2] = d_log_probability * apart / policy.variance * (1.0 - policy.mean**2)
    wider = 0.5 * (apart**2 / policy.variance - 1.0)
    d_y[:, 2:4] = (d_log_probability * wider - objective.entropy_weight * 0.5) * d_log_variance
    d_y[:, 4] = objective.value_weight * 2.0 * error
    return PpoLoss(
        surrogate=float(-np.minimum(free, bound).sum()),
        value=float((error**2).sum()),
        entropy=float(policy.entropy().sum()),
        clipped=int((~counts).sum()),
        d_y=d_y,
    )

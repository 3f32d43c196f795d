"""Which learner trains which model."""

from __future__ import annotations

from ..compiler import require_compiler
from ..config.tables import RunConfig
from ..task.protocol import Task
from .learner import Learner
from .rate import RateLearner
from .spiking import SpikingLearner


def make_learner(config: RunConfig, task: Task) -> Learner:
    """The learner of the model that a configuration names."""
    require_compiler()
    if config.network.model == "lsnn":
        return SpikingLearner(config, task)
    return RateLearner(config, task)

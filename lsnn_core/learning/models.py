"""The task and the learner that a configuration names."""

from __future__ import annotations

from .. import plugins
from ..compiler import require_compiler
from ..config.tables import RunConfig, from_mapping
from ..task.protocol import Task
from .learner import Learner
from .rate import RateLearner
from .spiking import SpikingLearner


def make_task(config: RunConfig) -> Task:
    """The task that a configuration names, with its settings checked."""
    require_compiler()
    factory = plugins.load(plugins.TASKS, str(config.task["name"]))
    task: Task = factory(from_mapping(factory.settings_type, config.task))
    return task


def make_learner(config: RunConfig, task: Task) -> Learner:
    """The learner of the model that a configuration names."""
    require_compiler()
    if config.network.model == "lsnn":
        return SpikingLearner(config, task)
    return RateLearner(config, task)

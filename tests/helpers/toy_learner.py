"""A learner of the toy task, and the configuration that it is made of."""

from __future__ import annotations

from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.learning.models import make_learner
from lsnn_core.learning.spiking import SpikingLearner
from tests.helpers.toy_task import ToyTask


def toy_config(delays: int = 3, connectivity: float = 0.5, policy: str = "deep-r") -> RunConfig:
    network = {"n_regular": 7, "n_adaptive": 5, "connectivity": connectivity, "delays": delays}
    values = {
        "seed": 4,
        "task": {"name": "toy"},
        "network": network,
        "training": {"batch": 6, "threads": 2},
        "rewiring": {"policy": policy, "l1": 0.1, "temperature": 1e-4},
    }
    return from_mapping(RunConfig, values)


def toy_learner(task: type[ToyTask] = ToyTask, **changes: object) -> SpikingLearner:
    made = make_learner(toy_config(**changes), task())  # type: ignore[arg-type]
    assert isinstance(made, SpikingLearner)
    return made

"""Store-recall in miniature, by a spiking or a rate network, with averaged weights."""

from __future__ import annotations

from typing import Any

from lsnn_core.config.recipes import configure
from lsnn_core.config.tables import RunConfig
from tests.helpers.program import TINY

STEPS = {"training.iterations": 6, "training.validate_every": 3, "training.average": 0.7}


def tiny_config(model: str, **changes: Any) -> RunConfig:
    rate = {"rewiring.policy": "none", "network.model": model, "network.n_adaptive": 0}
    rewired = {"rewiring.policy": "deep-r", "rewiring.l1": 2.0, "training.lr": 0.02}
    changed = {**TINY, **STEPS, **(rewired if model == "lsnn" else rate), **changes}
    return configure("store-recall", [f"{key}={value}" for key, value in changed.items()])

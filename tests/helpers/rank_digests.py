"""Train each kind of network a little, on one thread and on two, and print digests of the outcome.

``python -m tests.helpers.rank_digests``, or several of it by ``mpiexec``: rank 0 prints them all.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from lsnn_core.config.recipes import configure
from lsnn_core.config.tables import RunConfig
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.ranks.exchange import Ranks
from lsnn_core.ranks.launch import launched
from lsnn_core.ranks.together import joined
from tests.helpers.program import TINY

FEW: dict[str, Any] = {"training.iterations": 3}
STORE = TINY | FEW | {"training.batch": 60, "training.average": 0.7}  # four blocks of 15
RATE = {"rewiring.policy": "none", "network.n_adaptive": 0, "network.model": "lstm"}
ARENA = {"task.episode_ms": 60, "task.held_out_episodes": 20, "task.updates": 2}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "spiking": ("store-recall", STORE | {"network.noise_std": 0.05, "rewiring.l1": 2.0}),
    "spiking, at once": (
        "store-recall",
        STORE | {"loss.rate_weight": 0.0, "training.learn": '["tau_a", "beta"]'},
    ),
    "vectors of neurons": (
        "store-recall",
        STORE | {"network.connectivity": 1.0, "network.delays": 1, "rewiring.policy": "none"},
    ),
    "one example": ("store-recall", STORE | {"training.batch": 1}),
    "e-prop": ("store-recall", STORE | {"training.rule": "e-prop"}),
    "acting": ("navigation", FEW | ARENA | {"training.batch": 50}),
    "rate": ("store-recall", STORE | RATE | {"training.batch": 510}),  # four blocks
}


def trained(config: RunConfig) -> str:
    """Train; return the digest of all that was learned and measured."""
    trainer = Trainer(config, make_task(config))
    try:
        while not trainer.done:
            trainer.step()
        if config.training.batch > 1:  # else as many exchanges as there are examples
            trainer.evaluate("validation")
        digest = hashlib.sha256()
        stored = trainer.learner.stored().tree
        for name, value in [*_leaves(stored), *trainer.metrics.values.items()]:
            digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
        return digest.hexdigest()
    finally:
        trainer.close()


def digests() -> dict[str, str]:
    """Of each kind and number of threads."""
    found = {}
    for kind, (recipe, settings) in KINDS.items():
        for threads in (1, 2):
            changed = settings | {"training.threads": threads}
            config = configure(recipe, [f"{key}={value}" for key, value in changed.items()])
            found[f"{kind}, {threads}"] = trained(config)
    return found


def _leaves(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in sorted(tree.items()):
        inside = isinstance(value, dict)
        found += _leaves(value, f"{above}{name}/") if inside else [(above + name, value)]
    return found


def _print(ranks: Ranks) -> None:
    of_all = ranks.everyone(lambda: [digests()])
    if ranks.rank == 0:
        print(json.dumps(of_all))


if __name__ == "__main__":
    size = launched().size
    if size > 1:
        with joined(size) as them:
            _print(them)
    else:
        _print(Ranks())

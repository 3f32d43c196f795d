"""A small network under DEEP R, and a way to make chosen connections drop."""

from __future__ import annotations

import numpy as np

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.initial import initial_connections
from lsnn_core.optimisers.deep_r import ConnectionOptimiser, Rewiring, RewiringResult

SEED = 9
POOLED, EACH = Rewiring("deep-r", "pooled"), Rewiring("deep-r", "per-matrix")
SMALL = Layout(4, 6, 3)


def start(
    layout: Layout = SMALL, connectivity: float = 0.4, dtype: type = np.float64
) -> Connections:
    return initial_connections(layout, connectivity, 3, None, SEED, dtype, signed=True)


def optimiser(
    listed: Connections, policy: Rewiring = POOLED, adam: AdamSettings | None = None
) -> ConnectionOptimiser:
    return ConnectionOptimiser(listed, policy, adam or AdamSettings(), SEED, n_delays=3)


def drop(
    learner: ConnectionOptimiser, wrong: object, lr: float = 10.0, iteration: int = 0
) -> RewiringResult:
    """Step so far that exactly the connections `wrong` fall below zero."""
    sign = learner.connections.sign.astype(float)
    gradient = -sign
    gradient[wrong] *= -1
    return learner.step(gradient, lr, iteration)


def sites_of(listed: Connections) -> set[tuple[int, int]]:
    return set(zip(listed.source.tolist(), listed.target.tolist(), strict=True))

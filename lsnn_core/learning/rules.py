"""The engine that finds a gradient as a configuration says: BPTT, whole or truncated, or e-prop."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.tables import RunConfig
from ..model.layout import Layout
from ..random.streams import stream
from ..simulation.engine import Engine
from ..simulation.eprop_engine import EpropEngine
from ..simulation.lsnn import LSNN
from ..simulation.plan import Plan, plan_truncated
from ..task.losses import Regulariser
from ..task.protocol import Task
from ..threads import processor_count
from ..units import HZ_PER_SPIKE_PER_MS

Array = npt.NDArray[Any]


def engine_of(config: RunConfig, net: LSNN, task: Task, batch: int = 0) -> Engine:
    """The engine of a configuration, for batches of `batch` examples or as many as it says."""
    t, loss = config.training, config.loss
    regulariser = Regulariser(loss.rate_target_hz / HZ_PER_SPIKE_PER_MS, loss.rate_weight)
    given = net, task, batch or t.batch, np.dtype(t.dtype).type, t.threads, regulariser
    if t.rule == "e-prop":
        return EpropEngine(*given, feedback=feedback_of(config, net.layout))
    plan = _truncated(config, net, task) if t.truncate else None
    return Engine(*given, plan, constants=bool(t.learn))


def feedback_of(config: RunConfig, layout: Layout) -> Array | None:
    """Random e-prop's feedback (N, K), drawn from the seed alone; None for that of the readouts.

    N(0, 1) / sqrt(N) times `network.readout_scale`, the size of the first readout weights
    (D-random-feedback). Halves that never meet tell each other of no errors either.
    """
    if config.training.feedback == "symmetric":
        return None
    drawn = stream(config.seed, "feedback").standard_normal((layout.n, layout.n_out))
    half = [np.arange(size) % layout.halves for size in drawn.shape]
    scale = config.network.readout_scale / np.sqrt(max(layout.n // layout.halves, 1))
    feedback: Array = np.where(half[0][:, None] == half[1], scale * drawn, 0.0)
    return feedback


def _truncated(config: RunConfig, net: LSNN, task: Task) -> Plan:
    t = config.training
    dtype, threads = np.dtype(t.dtype).type, t.threads or processor_count()
    at_once = config.loss.rate_weight == 0.0
    return plan_truncated(net, task.n_steps, t.batch, dtype, threads, at_once, t.truncate)

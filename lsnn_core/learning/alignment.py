"""How far e-prop's gradient points the way of BPTT's: what locality costs, a number a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..model.layout import MATRICES
from ..simulation.engine import Engine
from ..simulation.eprop_engine import EpropEngine
from ..simulation.lsnn import LSNN
from ..task.checks import check_batch
from ..task.protocol import Batch, Task

Array = npt.NDArray[Any]


def gradient_cosines(
    net: LSNN, task: Task, batch: Batch, feedback: Array | None = None, noise_key: int = 0
) -> dict[str, float]:
    """Cosine of the angle between e-prop's gradient and BPTT's, of the same network and batch.

    Parameters
    ----------
    net
        With ``convention="paper"``, trained or not (`LSNN.from_run`).
    task, batch
        Give the loss, without a penalty on rates; inputs must be spikes.
    feedback
        Fixed random feedback (N, K), or that of the readouts (symmetric e-prop) if not given.
    noise_key
        Keys the injected noise.

    Returns
    -------
    dict
        ``W_in``, ``W_rec``, ``W_out``: -1 to 1, float64, over the connections there are; NaN where
        a gradient is zero. That of W_out is 1 to rounding: e-prop's is exact there.
    """
    given = net, task, check_batch(task, batch), np.float64
    engines = Engine(*given), EpropEngine(*given, feedback=feedback)
    try:
        bptt, eprop = (e.gradient(net, batch, noise_key).d_weight for e in engines)
    finally:
        for engine in engines:
            engine.close()
    select = net.connections.select
    return {name: _cosine(bptt[select(name)], eprop[select(name)]) for name in MATRICES}


def _cosine(a: Array, b: Array) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0.0 else float("nan")

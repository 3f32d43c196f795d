"""How far back the gradient reaches: dL/dV by the time before the readout that the loss reads.

A network can only learn to hold what the gradient still reaches. The loss of an example is cut to
the last stretch of steps that it reads, so that every earlier step has one lag.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..random.streams import example_keys
from ..simulation.lsnn import LSNN
from ..task.checks import block_events, block_loss, check_batch
from ..task.protocol import Batch, Task
from ..task.spikes import MAX_LANES
from .local import INSIDE, local_d_V

Array = npt.NDArray[Any]
N_EXAMPLES = 32  # a mean over them is smooth enough for a curve (D-gradient-reach)
MOST_VALUES = 2**24  # of steps x examples x neurons: bounds the memory


def gradient_reach(
    net: LSNN, task: Task, batch: Batch, seed: int, dtype: type[np.floating[Any]]
) -> dict[str, Array]:
    """Return the root mean square of dL/dV(t) over examples and neurons, by lag.

    Parameters
    ----------
    net, task, batch
        The first examples of the batch are run; inputs must be spikes.
    seed
        Keys the injected noise.
    dtype
        As the network was trained.

    Returns
    -------
    dict
        ``lag_ms`` (L,): time before the first step of the stretch that the loss reads; ``norm_R``
        and ``norm_A`` (L,), the latter only with adaptive neurons; ``eprop_R`` and ``eprop_A``, the
        same of e-prop's error, if the network is of the paper's convention. Lags that less than
        half of the examples have are left out. Empty where the loss reads every step: there is no
        lag then.
    """
    most = max(1, MOST_VALUES // (task.n_steps * net.layout.n))
    n = min(N_EXAMPLES, check_batch(task, batch), most)
    pieces = [(i, min(i + MAX_LANES, n)) for i in range(0, n, MAX_LANES)]
    x = np.concatenate(
        [block_events(task, batch, i, j).to_dense(net.layout.n_in) for i, j in pieces], axis=1
    )
    nothing = np.zeros((len(x), n, net.layout.n), dtype)  # asks for the gradient of a current
    keys = example_keys(seed, (6,), np.arange(n))
    run = net.forward(x, current=nothing, noise_keys=keys, dtype=dtype)
    d_y = np.zeros(run.y.shape)
    for i, j in pieces:
        read = run.y[task.readout_start :, i:j].transpose(0, 2, 1)
        loss = block_loss(task, batch, np.ascontiguousarray(read), i, j)
        d_y[task.readout_start :, i:j] = loss.d_y.transpose(0, 2, 1)
    starts = last_stretch(d_y)
    if not starts.any():
        return {}
    d_I = net.backward(run, d_y).current
    assert d_I is not None
    d_V = d_I.astype(np.float64) / (1.0 - net.neurons.alpha)
    reach = _by_lag("norm", d_V, starts, net.neurons.n_regular)
    if net.convention == "paper":
        for i, j in pieces:  # one by one: what goes on inside takes memory
            again = net.forward(x[:, i:j], noise_keys=keys[i:j], dtype=dtype, record=INSIDE)
            d_V[:, i:j] = local_d_V(net, again, d_y[:, i:j])
        reach |= _by_lag("eprop", d_V, starts, net.neurons.n_regular)
    return reach


def last_stretch(d_y: Array) -> Array:
    """Cut d_y (T, B, K) to the last stretch that each example's loss reads; return its starts."""
    reads = np.any(d_y != 0, axis=2)
    starts = np.zeros(reads.shape[1], np.int64)
    for example, steps in enumerate(reads.T):
        read = np.flatnonzero(steps)
        if read.size:
            before = np.flatnonzero(~steps[: read[-1]])
            starts[example] = before[-1] + 1 if before.size else 0
        d_y[: starts[example], example] = 0.0
    return starts


def _by_lag(kind: str, d_V: Array, starts: Array, n_regular: int) -> dict[str, Array]:
    """Mean squares of d_V (T, B, N) by the time before each example's start, as roots."""
    populations = {"R": d_V[..., :n_regular], "A": d_V[..., n_regular:]}
    n_lags = int(np.sort(starts)[::-1][(starts.size - 1) // 2]) + 1  # that half of them have
    reach: dict[str, Array] = {"lag_ms": np.arange(float(n_lags))}
    for name, values in populations.items():
        if values.shape[-1]:
            total, count = np.zeros(n_lags), np.zeros(n_lags)
            for example, start in enumerate(starts):
                squares = (values[start::-1, example] ** 2).mean(axis=-1)[:n_lags]
                total[: squares.size] += squares
                count[: squares.size] += 1
            reach[f"{kind}_{name}"] = np.sqrt(total / count).astype(np.float32)
    return reach

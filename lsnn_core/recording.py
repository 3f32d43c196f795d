"""Record what a network does on one example, for the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .losses import softmax
from .network import LSNN
from .runfile import Tree, sonata_population
from .spikes import MAX_LANES
from .streams import example_keys
from .task import Task

Array = npt.NDArray[Any]
N_THRESHOLDS = 5  # adaptive neurons whose thresholds are kept: enough for a panel (our choice)


def record_example(net: LSNN, task: Task, seed: int) -> Tree:
    """Run one example of `task` and return the run file's groups ``spikes`` and ``recordings``."""
    batch, about = task.recordings(seed)
    x = batch.events(0, 1).to_dense(task.n_in)
    run = net.forward(x, lanes=MAX_LANES, noise_keys=example_keys(seed, (), [0]))
    z, y, p = run.z[:, 0], run.y[:, 0], net.neurons
    example: dict[str, Any] = {
        **about,
        "readout_start": np.array(task.readout_start),
        "softmax": softmax(y, axis=1).astype(np.float32),
        "prediction": np.array(int(y[task.readout_start :].mean(axis=0).argmax())),
    }
    nodes = _busiest_adaptive(net, z)
    if len(nodes):
        example["threshold_nodes"] = nodes
        example["threshold"] = thresholds(net, z, nodes).astype(np.float32)
    first = p.n_regular
    spikes = {"X": _population(x[:, 0], 0), "R": _population(z[:, :first], 0)}
    if first < p.n:
        spikes["A"] = _population(z[:, first:], first)
    return {"spikes": spikes, "recordings": {"example": example}}


def thresholds(net: LSNN, z: Array, nodes: Array) -> Array:
    """B(t) of some neurons from the spikes z (T, N), shape (T, len(nodes)); paper, eq. 1 and 2."""
    p = net.neurons
    rho, beta, b0 = p.rho[nodes], p.beta[nodes], p.b0[nodes]
    B = np.empty((len(z), len(nodes)))
    b = np.zeros(len(nodes))
    z_before = np.zeros(len(nodes))
    for t in range(len(z)):
        b = rho * b + (1 - rho) * z_before
        B[t] = b0 + beta * b
        z_before = z[t, nodes].astype(float)
    return B


def _busiest_adaptive(net: LSNN, z: Array) -> Array:
    """The adaptive neurons with the most spikes, in order of their number."""
    adaptive = np.arange(net.neurons.n_regular, net.layout.n)
    busiest = np.argsort(-z[:, adaptive].sum(axis=0), kind="stable")[:N_THRESHOLDS]
    return np.sort(adaptive[busiest])


def _population(z: Array, first: int) -> Any:
    step, neuron = np.nonzero(z)
    return sonata_population(step.astype(np.float64), neuron + first)

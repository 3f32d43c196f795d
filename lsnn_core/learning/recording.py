"""Record what a network does on one example, for the figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..files import Tree, sonata_population
from ..kernels.vectors.lanes import lanes_dtype
from ..random.streams import example_keys
from ..simulation.analog import AnalogInput
from ..simulation.lsnn import LSNN
from ..simulation.record import Record
from ..simulation.thresholds import thresholds
from ..task.checks import block_analog, block_events
from ..task.losses import softmax
from ..task.protocol import Batch, Task, is_analog

Array = npt.NDArray[Any]
N_KEPT = 5  # neurons of R and of A whose insides are kept: for a panel (D-recorded-thresholds)


def record_example(
    net: LSNN,
    task: Task,
    batch: Batch,
    about: dict[str, Array],
    seed: int,
    dtype: type[np.floating[Any]],
) -> dict[str, Tree]:
    """Run one example of `task` and return the run file's groups ``spikes`` and ``recordings``.

    The network runs in `dtype`, as it was trained. `batch` is that example, `about` what belongs to
    it. Readouts are kept as a softmax, or as they are if the task says ``outputs = "values"``.
    """
    keys = example_keys(seed, (), [0])
    x, current = _inputs(net, task, batch, dtype)
    run = net.forward(x, current=current, noise_keys=keys, dtype=dtype)
    z, y = run.z[:, 0], run.y[:, 0]
    example = readout_example(task, about, y)
    first, n = net.neurons.n_regular, net.layout.n
    of_a = _busiest(z, np.arange(first, n))
    if len(of_a):
        example["threshold_nodes"] = of_a
        example["threshold"] = thresholds(z, net.neurons, of_a)[:-1].astype(np.float32)
    nodes = np.concatenate([_busiest(z, np.arange(first)), of_a])
    inside = net.forward(
        x, current=current, noise_keys=keys, dtype=dtype, record=Record("V", nodes)
    ).recorded["V"]
    example["voltage_nodes"], example["voltage"] = nodes, inside[:, 0].astype(np.float32)
    return {"spikes": _spikes(net, x[:, 0], z), "recordings": {"example": example}}


def readout_example(task: Task, about: dict[str, Array], y: Array) -> dict[str, Any]:
    """What is kept of an example's readout `y` (T, K), and what belongs to the example."""
    example: dict[str, Any] = {**about, "readout_start": np.array(task.readout_start)}
    if task.outputs == "values":
        example["y"] = y.astype(np.float32)
    else:
        example["softmax"] = softmax(y, axis=1).astype(np.float32)
        example["prediction"] = np.array(
            int(y[task.readout_start :].mean(axis=0, dtype=np.float64).argmax())
        )
    return example


def _inputs(
    net: LSNN, task: Task, batch: Batch, dtype: type[np.floating[Any]]
) -> tuple[Array, Array | None]:
    """Input spikes (T, 1, n_in) and, of an analog task, the current (T, 1, N) instead."""
    if not is_analog(task):
        return block_events(task, batch, 0, 1).to_dense(task.n_in), None
    x = block_analog(task, batch, 0, 1)
    layout = net.layout
    given = AnalogInput(len(x), layout.n_in, layout.n, lanes_dtype(dtype, 1))
    current = given.forward(net.connections, x)["lane"].reshape(len(x), 1, layout.n)
    return np.zeros((len(x), 1, layout.n_in), np.bool_), current


def _spikes(net: LSNN, x: Array, z: Array) -> Tree:
    first = net.neurons.n_regular
    spikes = {"X": _population(x, 0), "R": _population(z[:, :first], 0)}
    if first < net.neurons.n:
        spikes["A"] = _population(z[:, first:], first)
    return spikes


def _busiest(z: Array, nodes: Array) -> Array:
    """The `N_KEPT` of some neurons with the most spikes, in order of their number."""
    busiest = np.argsort(-z[:, nodes].sum(axis=0), kind="stable")[:N_KEPT]
    return np.sort(nodes[busiest])


def _population(z: Array, first: int) -> Any:
    step, neuron = np.nonzero(z)
    return sonata_population(step.astype(np.float64), neuron + first)

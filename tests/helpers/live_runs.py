"""The run of a small network in memory, and a file of the same run, for panels that take both."""

from __future__ import annotations

from typing import Any

import numpy as np

from lsnn_core import LSNN, Layout, NeuronParameters, Run, initial_connections
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run

N_REGULAR, N_ADAPTIVE, N_STEPS, N_EXAMPLES = 12, 8, 60, 3


def live_run(record: Any = (), dt_ms: float = 1.0, n_adaptive: int = N_ADAPTIVE) -> Run:
    """Return a run in which some neurons fire, and others never can."""
    layout = Layout(n_in=5, n=N_REGULAR + n_adaptive, n_out=2)
    connections = initial_connections(layout, 0.5, n_delays=3, source_sign=None, seed=1)
    b0 = np.full(layout.n, 0.01)
    b0[[2, -1]] = 1e3  # silent
    neurons = NeuronParameters.create(
        n_regular=N_REGULAR, n_adaptive=n_adaptive, tau_a_ms=100.0, b0=b0, dt_ms=dt_ms
    )
    net = LSNN(connections, neurons, b_out=np.zeros(2))
    x = np.random.default_rng(3).random((N_STEPS, N_EXAMPLES, 5)) < 0.3
    return net.forward(x, record=record)


def file_of(run: Run, path: Any, example: int = 0) -> str:
    """Write what `lsnn evaluate` would have recorded of an example that recorded V and B."""
    tree = whole_run()
    net, z = run.net, run.z[:, example]
    first, n = net.neurons.n_regular, net.neurons.n
    tree["neurons"] = {"sign": np.zeros(n, np.int8), "b0": net.neurons.b0}
    times, ids = run.spikes()[example]
    of_a = np.arange(first, n)
    tree["spikes"] |= {
        name: {"timestamps": times[mine], "node_ids": ids[mine].astype(np.uint64)}
        for name, mine in (("R", ids < first), ("A", ids >= first))
    }
    tree["recordings"]["example"] |= {
        "softmax": np.full((len(z), 2), 0.5, np.float32),
        "voltage": run.recorded["V"][:, example],
        "voltage_nodes": np.arange(n),
        "threshold": run.recorded["B"][:, example][:, of_a],
        "threshold_nodes": of_a,
    }
    return write_run(path, tree, n_regular=first)

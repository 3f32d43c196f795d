"""Brian2's standalone C++ with OpenMP: the same equations forward, one example, delays included.

Timed is the simulation loop alone, as Brian2 reports it: neither compilation nor start-up. Its
order of operations within a step is another one, so the last bits of V are too; the number of
spikes is compared, since there is no readout.

``python -m lsnn_core.bench.frameworks.peer_brian2 PROBLEM DTYPE``, with an
interpreter that has Brian2 (and a C++ compiler).
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

import brian2 as b2
import numpy as np

from ..problem import Array, Problem
from ..serve import serve

# A spike acts on V, b and the currents after the update of its step and before that of the next,
# which multiplies by alpha or rho: hence the divisions by them.
NEURONS = """
dV/dt = -V / tau_m : 1
db/dt = -b / tau_a : 1
beta : 1 (constant)
"""
THRESHOLD = "V > b0 + beta * b"
RESET = "V -= (b0 + beta * b) / alpha\nb += (1 - rho) / rho"
COMPILER_OPTIONS = ["-w", "-O3", "-ffast-math", "-march=native", "-std=c++17"]


def build(p: Problem, folder: str, threads: int) -> Any:
    """Compile the network, and run it once; return its spike monitor."""
    b2.set_device("cpp_standalone", build_on_run=False, directory=folder)
    b2.prefs.devices.cpp_standalone.openmp_threads = threads
    b2.prefs.codegen.cpp.extra_compile_args_gcc = COMPILER_OPTIONS
    b2.defaultclock.dt = 1 * b2.ms
    names = {
        "tau_m": -1 / np.log(p.alpha) * b2.ms,
        "tau_a": -1 / np.log(p.rho) * b2.ms,
        "alpha": p.alpha,
        "rho": p.rho,
        "b0": p.b0,
    }
    neurons = b2.NeuronGroup(
        p.n, NEURONS, threshold=THRESHOLD, reset=RESET, refractory=(p.n_ref + 1) * b2.ms,
        method="exact", namespace=names,
    )  # fmt: skip
    neurons.beta = p.beta
    inputs = b2.SpikeGeneratorGroup(p.n_in, p.spike_channel, p.spike_step * b2.ms)
    monitor = b2.SpikeMonitor(neurons, record=False)
    groups = [_connect(p, "W_in", inputs, neurons), _connect(p, "W_rec", neurons, neurons)]
    b2.Network(neurons, inputs, monitor, *groups).run(p.n_steps * b2.ms)
    b2.device.build(directory=folder, compile=True, run=True, clean=True)
    return monitor


def _connect(p: Problem, name: str, source: Any, target: Any) -> Any:
    row, column, at = p.sites(name)
    synapses = b2.Synapses(source, target, "w : 1", on_pre="V_post += w")
    synapses.connect(i=row, j=column)
    synapses.w = (1 - p.alpha) / p.alpha * p.weight[at]
    later: Array = p.delay[at] - 1  # a spike acts in the next step anyway
    if later.any():
        synapses.delay = later * b2.ms
    return synapses


def main() -> None:
    """Serve one problem."""
    path, dtype = sys.argv[1:3]
    p = Problem.load(path)
    b2.prefs.core.default_float_dtype = np.dtype(dtype).type
    b2.BrianLogger.suppress_hierarchy("brian2")
    with tempfile.TemporaryDirectory() as folder:
        monitor = build(p, folder, int(os.environ["OMP_NUM_THREADS"]))

        def forward() -> dict[str, float]:
            b2.device.run(directory=folder, with_output=False, run_args=[])
            return {"seconds": b2.device._last_run_time, "spikes": int(monitor.num_spikes)}

        serve({"forward": forward}, b2.__version__)


if __name__ == "__main__":
    main()

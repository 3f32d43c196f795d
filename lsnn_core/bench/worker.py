"""Our own measured process: ``python -m lsnn_core.bench.worker PROBLEM DTYPE THREADS [KERNEL]``.

What is timed is one loss, or one loss and its gradient, by BPTT or e-prop, of a fixed batch: no
encoding, no optimiser and no rate regulariser, as for the other frameworks.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..model.connections import Connections
from ..model.layout import Layout
from ..model.neurons import NeuronParameters
from ..simulation.engine import Engine
from ..simulation.eprop_engine import EpropEngine
from ..simulation.lsnn import LSNN
from ..simulation.plan import plan_gradient
from ..simulation.result import SpikingResult
from .problem import Array, Problem
from .serve import serve
from .task import BenchTask


def network(problem: Problem) -> LSNN:
    """Return the network of a problem."""
    sign = np.zeros(len(problem.target), np.int8)
    connections = Connections(
        Layout(problem.n_in, problem.n, problem.n_out),
        problem.indptr, problem.target, problem.delay, sign, problem.weight,
    )  # fmt: skip
    neurons = NeuronParameters.create(
        problem.n_regular, problem.n - problem.n_regular,
        tau_m_ms=-1 / np.log(problem.alpha), tau_a_ms=-1 / np.log(problem.rho),
        beta=problem.beta[problem.n_regular :], b0=problem.b0, n_ref=problem.n_ref,
    )  # fmt: skip
    tau_out_ms = float(-1 / np.log(problem.kappa))
    b_out = np.zeros(problem.n_out)
    return LSNN(connections, neurons, b_out, tau_out_ms=tau_out_ms, gamma=problem.gamma)


class Ours:
    """A problem in our engine, and what can be asked about it."""

    def __init__(
        self, problem: Problem, dtype: type[np.floating[Any]], threads: int, kernel: str = ""
    ) -> None:
        self.problem, self.net, task = problem, network(problem), BenchTask(problem)
        matrix = {"": None, "list": False, "matrix": True}[kernel]
        given = self.net, problem.n_steps, problem.batch, dtype, threads
        plan = plan_gradient(*given, matrix=matrix)
        self.engine = Engine(self.net, task, problem.batch, dtype, threads, plan=plan)
        self.batch = task.batch()
        self.result: SpikingResult | None = None
        self._of_eprop = self.net, task, problem.batch, dtype, threads
        self._online: EpropEngine | None = None

    def forward(self) -> dict[str, float]:
        """Run the batch forward."""
        self.result = self.engine.evaluate(self.net, self.batch)
        return {"loss": self.result.loss}

    def gradient(self) -> dict[str, float]:
        """Run the batch forward and backward."""
        self.result = self.engine.gradient(self.net, self.batch)
        return {"loss": self.result.loss}

    def eprop(self) -> dict[str, float]:
        """Run the batch, and find e-prop's gradient."""
        self._online = self._online or EpropEngine(*self._of_eprop)
        self.result = self._online.gradient(self.net, self.batch)
        return {"loss": self.result.loss}

    def about(self) -> dict[str, Any]:
        """What the last run did: rates, work, and the size of its gradient."""
        p, result = self.problem, self.result
        assert result is not None, "run something first"
        spikes = result.rate * p.n_steps * p.batch
        adaptive = result.rate[p.n_regular :]
        return {
            "rate_hz": 1000.0 * float(result.rate.mean()),
            "rate_A_hz": 1000.0 * float(adaptive.mean()) if len(adaptive) else None,
            "spikes": float(spikes.sum()),
            "connections": len(p.target),
            "connection_events": connection_events(p, spikes),
            "gradient": _norms(p, result.d_weight),
        }


def connection_events(problem: Problem, spikes: Array) -> float:
    """How often a spike went over a connection, over the whole batch.

    Parameters
    ----------
    problem
        What was run.
    spikes
        (N,): spikes of each neuron, over all steps and examples.
    """
    fan_out = np.diff(problem.indptr)
    inputs = np.bincount(problem.spike_channel, minlength=problem.n_in)
    return float(np.concatenate([inputs, spikes]) @ fan_out)


def _norms(problem: Problem, d_weight: Array) -> dict[str, float]:
    """Euclidean norm of the gradient of each matrix, empty without a gradient."""
    if not len(d_weight):
        return {}
    parts = {name: problem.sites(name)[2] for name in ("W_in", "W_rec", "W_out")}
    return {name: float(np.linalg.norm(d_weight[at])) for name, at in parts.items()}


def main(path: str, dtype: str, threads: str, kernel: str = "") -> None:
    """Serve one problem."""
    ours = Ours(Problem.load(path), np.dtype(dtype).type, int(threads), kernel)
    passes = {"forward": ours.forward, "gradient": ours.gradient, "e-prop": ours.eprop}
    serve({**passes, "about": ours.about})


if __name__ == "__main__":
    main(*sys.argv[1:])

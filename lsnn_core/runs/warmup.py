"""Compile on two processors: while a run begins, another process compiles what it needs later.

Numba compiles one function at a time in a process. While a run compiles what its optimiser, its
task and the forward pass need, ``python -m lsnn_core.runs.warmup`` compiles the backward pass into
the cache, where each process waits for what the other one is at (see `lsnn_core.kernels.jit`).
Where something goes wrong here, the run compiles it itself.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.tables import RunConfig
from ..kernels.examples.run import run_backward
from ..kernels.jit import waits_in_cache
from ..kernels.neurons.run import run_segment_back
from ..learning.build import optimiser_for
from ..learning.learner import Learner
from ..learning.spiking import SpikingLearner
from ..python_process import own_module
from ..simulation.engine import Engine
from ..simulation.eprop_engine import EpropEngine
from ..simulation.lsnn import LSNN
from ..simulation.thresholds import thresholds
from ..task.protocol import Task

SMALL_BATCH = 32  # two blocks of all lanes; a larger batch needs no other kernels
FEW_STEPS = 32


@dataclass
class CompileRequest(Task):
    """What decides which kernels an update calls; also the task of an engine that never runs."""

    net: LSNN
    config: RunConfig
    source_sign: npt.NDArray[np.int8] | None
    n_in: int
    n_out: int
    analog: bool
    n_steps: int = FEW_STEPS
    readout_start: int = 0

    @classmethod
    def of(cls, learner: SpikingLearner) -> CompileRequest:
        """What a learner is about to need."""
        task = learner.task
        analog = bool(learner.engine.analog)
        return cls(learner.net, learner.config, learner.source_sign, task.n_in, task.n_out, analog)


@contextmanager
def compiling_beside(learner: Learner) -> Iterator[None]:
    """Let another process compile for `learner`, if the cache lacks it and a processor is free."""
    if not isinstance(learner, SpikingLearner) or learner.engine.threads < 2:
        yield
        return
    if isinstance(learner.engine, EpropEngine):  # forward and learning are one kernel
        yield
        return
    backward = run_segment_back if learner.engine.plan.in_neurons else run_backward
    if waits_in_cache(backward):
        yield
        return
    request = CompileRequest.of(learner)
    with _process(pickle.dumps(request)):
        compile_update(request)  # or this process would wait for the other one at the end
        yield


@contextmanager
def _process(request: bytes) -> Iterator[None]:
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = own_module("lsnn_core.runs.warmup")
    try:
        with tempfile.TemporaryFile() as file:  # a pipe would fill up while the other one starts
            file.write(request)
            file.seek(0)
            helper = subprocess.Popen(command, stdin=file, **quiet)
    except OSError:  # no room for another process or file: compile everything here
        yield
        return
    try:
        yield
    finally:
        helper.kill()
        helper.wait()


def compile_for(request: CompileRequest) -> None:
    """Call the kernels of a backward pass and of a recording once, on nothing."""
    training = request.config.training
    batch = min(training.batch, SMALL_BATCH)
    dtype = np.dtype(training.dtype).type
    engine = Engine(request.net, request, batch, dtype, 1)
    engine.compile_backward(request.net)
    run = request.net.forward(np.zeros((1, 1, request.n_in)))
    thresholds(run.z, request.net.neurons, np.arange(request.net.neurons.n))


def compile_update(request: CompileRequest) -> None:
    """Drop about half of the connections, so that DEEP R has something to do."""
    connections = request.net.connections
    optimiser = optimiser_for(request.config, connections, request.source_sign)
    push = np.where(np.arange(len(connections.weight)) % 2, connections.weight, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the step is a long one on purpose
        optimiser.step(push.astype(connections.weight.dtype), 10.0, 0)


if __name__ == "__main__":
    compile_for(pickle.load(sys.stdin.buffer))  # what `compiling_beside` wrote

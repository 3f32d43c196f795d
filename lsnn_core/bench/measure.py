"""Time, memory and work of our own program on the workloads, and the machine's peak beside them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..errors import LsnnError
from ..python_process import own_module
from .child import Child
from .rate_problem import RateWorkload
from .workloads import AnyWorkload

TURN_S = 0.1  # a turn repeats a quick run, so that no single one decides
BUDGET_S = 60.0  # after this long, and three turns, a slow workload is not repeated any more
FLOPS = {"forward": 2, "gradient": 4, "training": 6, "e-prop": 4}  # per connection event, see `Row`


@dataclass(frozen=True)
class Options:
    """How to measure."""

    repeats: int = 7
    threads: int = 2
    dtype: str = "float32"


@dataclass(frozen=True)
class Row:
    """One workload at one batch size, one pass.

    Parameters
    ----------
    workload, batch, passes
        What was run; passes is "forward" (the loss alone), "gradient" (forward and backward),
        "e-prop" (the loss and e-prop's gradient), or for an LSTM "training" (forward, backward and
        Adam).
    neurons, steps, connections
        N, T, and the number of connections of all three matrices.
    seconds, least_s, runs
        Median and minimum of the timed runs, after at least one that was not timed.
    start_s, first_s
        From the start of the process until it could run (imports, reading the problem, buffers),
        and its first run, which compiles if nothing is cached.
    peak_mb
        The most memory that the whole process held, in MB; NaN where the system does not tell.
    rate_hz
        Mean firing rate of the neurons; NaN for an LSTM.
    connection_events
        How often a spike, of an input or a neuron, in one example, went over one connection; in an
        LSTM something goes over every connection in every step.
    gflop_s
        Useful work per second: two operations, a multiplication and an addition, per connection
        event forward, and two more backward, for the same event's share of the weight gradient; for
        an LSTM, whose whole work are products, two more for the product with dL/da.
        The backward product with dL/dV, for neurons near their threshold, the neurons'
        own update and lanes of a vector that hold no spike are not counted: the number is a lower
        bound of what the processor does, and says how far event-driven work is from a product of
        large matrices.
    of_peak
        The same as a fraction of what a matrix product reached with as many threads.
    dense_gflop_s
        What code without events would have to reach to be as quick: two operations for each
        connection, step and example forward, four more backward.
    loss
        For comparison.
    """

    workload: str
    batch: int
    passes: str
    neurons: int
    steps: int
    connections: int
    seconds: float
    least_s: float
    runs: int
    start_s: float
    first_s: float
    peak_mb: float
    rate_hz: float
    connection_events: float
    gflop_s: float
    of_peak: float
    dense_gflop_s: float
    loss: float

    @property
    def us_per_example_ms(self) -> float:
        """Microseconds for each millisecond of each example."""
        return 1e6 * self.seconds / (self.batch * self.steps)

    def as_json(self) -> dict[str, object]:
        """All numbers by name."""
        return {**asdict(self), "us_per_example_ms": self.us_per_example_ms}


def write_problem(workload: AnyWorkload, batch: int, folder: str) -> str:
    """Draw a workload in a process of its own, and return the file's name."""
    path = str(Path(folder) / f"{workload.name}-{batch}.npz")
    arguments = [type(workload).__name__, json.dumps(asdict(workload)), str(batch), path]
    command = own_module("lsnn_core.bench.make", *arguments)
    done = subprocess.run(command, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    if done.returncode:
        raise LsnnError(f"{workload.name}: could not be drawn: {done.stderr.strip()[-300:]}")
    return path


def start_ours(load: AnyWorkload, problem: str, options: Options, *extra: str) -> Child:
    """Start our own measured process on the problem file of a workload."""
    arguments = [problem, options.dtype, str(options.threads), *extra]
    module = "rate_worker" if isinstance(load, RateWorkload) else "worker"
    command = own_module(f"lsnn_core.bench.{module}", *arguments)
    return Child("lsnn", command, options.threads)


def turns(child: Child, passes: str, repeats: int) -> list[float]:
    """Seconds of all runs of several turns."""
    seconds: list[float] = []
    for turn in range(repeats):
        seconds += child.ask(passes, TURN_S)["seconds"]
        if turn >= 2 and sum(seconds) > BUDGET_S:
            break
    return seconds


def rows(
    workload: AnyWorkload, batch: int, folder: str, options: Options, peak: float
) -> Iterator[Row]:
    """Measure all passes of a workload at one batch size."""
    problem = write_problem(workload, batch, folder)
    for passes in workload.passes:
        yield measure(workload, batch, passes, problem, options, peak)


def measure(
    workload: AnyWorkload,
    batch: int,
    passes: str,
    problem: str,
    options: Options,
    peak: float,
    kernel: str = "",
) -> Row:
    """Measure one pass in a fresh process.

    Parameters
    ----------
    workload, batch, passes, problem, options
        What to run, the file of its numbers, and how to measure.
    peak
        What `gemm_peak` found for as many threads.
    kernel
        "list" or "matrix", see `plan_gradient`; empty: as the engine chooses.
    """
    with start_ours(workload, problem, options, *filter(None, [kernel])) as child:
        first = child.ask(passes)
        seconds = turns(child, passes, options.repeats)
        return row_of(workload, batch, passes, child, first, seconds, peak)


def row_of(
    workload: AnyWorkload,
    batch: int,
    passes: str,
    child: Child,
    first: Mapping[str, Any],
    seconds: Sequence[float],
    peak: float,
) -> Row:
    """The row of what a process has run: `first` is the answer of its first run of these passes."""
    peak_mb, about = child.ask("memory")["peak_mb"], child.ask("about")
    events, connections = about["connection_events"], about["connections"]
    gflop_s = 1e-9 * FLOPS[passes] * events / median(seconds)
    dense = connections * workload.n_steps * batch * (2 if passes == "forward" else 6)
    return Row(
        workload=workload.name, batch=batch, passes=passes, neurons=workload.n,
        steps=workload.n_steps, connections=connections,
        seconds=median(seconds), least_s=min(seconds), runs=len(seconds),
        start_s=child.start_s, first_s=first["seconds"][0], peak_mb=peak_mb,
        rate_hz=about["rate_hz"], connection_events=events,
        gflop_s=gflop_s, of_peak=gflop_s / peak,
        dense_gflop_s=1e-9 * dense / median(seconds), loss=first["loss"],
    )  # fmt: skip


def gemm_peak(dtype: str, threads: Sequence[int]) -> dict[int, float]:
    """Best GFLOP/s of a large product in NumPy, by number of threads."""
    peaks = {}
    for count in threads:
        command = own_module("lsnn_core.bench.gemm", dtype)
        with Child("matrix product", command, count) as child:
            child.ask("product", 0.2)
            answer = child.ask("product", 0.5)
            peaks[count] = 1e-9 * answer["flops"] / min(answer["seconds"])
    return peaks

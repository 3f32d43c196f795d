"""What a network did during one example, from a live run or a run file, in one form.

A live run is what `LSNN.forward` returns. It is known by what it has, not by its class: figures
need nothing that simulates.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeGuard, runtime_checkable

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.text import printable

from ..colours import PALETTE
from .populations import Population, adaptive, neuron_signs, regular
from .run import Run, open_run

Array = npt.NDArray[Any]

RECORDS = "lsnn evaluate RUN.h5"
EXAMPLE = "recordings/example"
STORED = {"V": "voltage", "B": "threshold"}
DT_MS = 1.0  # of a run file


@runtime_checkable
class LiveRun(Protocol):
    """What `LSNN.forward` returns, as far as panels look at it."""

    net: Any
    record: Any
    recorded: Mapping[str, Array]

    def spikes(self) -> Any:
        """Return times in ms and ids of each example."""


AnyRun: TypeAlias = LiveRun | Run | str | os.PathLike[str]
"""What panels of a run take: what `LSNN.forward` returned, an open run file, or its path."""


@dataclass(frozen=True)
class Spikes:
    """The populations R and A with their spikes; neurons are 0 to n - 1."""

    populations: tuple[Population, ...]
    n: int
    duration_ms: float


@dataclass(frozen=True)
class Traces:
    """A quantity of some neurons over time.

    Attributes
    ----------
    time_ms
        (T,).
    values
        (T, k).
    nodes
        (k,): which neurons.
    baseline
        (k,): their b0, the threshold at rest.
    n_regular
        Neurons from here on are adaptive.
    """

    time_ms: Array
    values: Array
    nodes: Array
    baseline: Array
    n_regular: int

    def of(self, nodes: npt.ArrayLike) -> Traces:
        """The same of some of the neurons, in their order."""
        place = {int(node): k for k, node in enumerate(self.nodes)}
        wanted = np.asarray(nodes)
        if wanted.ndim != 1 or not wanted.size or wanted.dtype.kind not in "iu":
            raise UsageError(
                f"neurons: expected a list of numbers, found {printable(repr(nodes), 60)}"
            )
        for node in wanted.tolist():
            if node not in place:
                raise UsageError(
                    f"neurons: {node} was not recorded, or has none; known are {_span(self.nodes)}"
                )
        at = [place[node] for node in wanted.tolist()]
        return replace(self, values=self.values[:, at], nodes=wanted, baseline=self.baseline[at])


def spikes_of(run: AnyRun, example: int = 0) -> Spikes:
    """Return the spikes of R and A in one example.

    Raises
    ------
    UsageError
        If `run` is no run, or has no such example.
    BadFileError
        If the file holds no recorded spikes (named, with the command that records them).
    """
    if is_live(run):
        return _live_spikes(run, example)
    with opened(run, example) as file:
        n = neuron_signs(file)[1].size
        return Spikes((*regular(file), *adaptive(file)), n, _duration_ms(file))


def traces_of(run: AnyRun, name: str, example: int = 0) -> Traces:
    """Return the potentials ("V") or thresholds ("B") that were recorded in one example.

    Raises
    ------
    UsageError
        If `run` is no run, did not record them (with the call that does), or has no such example.
    BadFileError
        If they are not in the file (named, with the command that records them).
    """
    if is_live(run):
        return _live_traces(run, name, example)
    with opened(run, example) as file:
        return _stored_traces(file, name)


def is_live(run: AnyRun) -> TypeGuard[LiveRun]:
    """Whether it is the run of a network in memory."""
    return not isinstance(run, Run | str | os.PathLike) and isinstance(run, LiveRun)


@contextmanager
def opened(run: AnyRun, example: int) -> Iterator[Run]:
    """Give an open run file, which is closed again if it was given by its path."""
    if not isinstance(run, Run | str | os.PathLike):
        raise UsageError(
            "run: expected what `LSNN.forward` returned, an open run file or its path, found"
            f" {type(run).__name__}"
        )
    if example != 0:
        raise UsageError(f"example: a run file holds one example, 0, found {example!r}")
    if isinstance(run, Run):
        yield run
        return
    with open_run(run) as file:
        yield file


def busiest(spikes: Spikes, nodes: Array, most: int) -> Array:
    """Return the at most `most` of some neurons that fire most, in order of their number."""
    counts = np.zeros(spikes.n, np.int64)
    for p in spikes.populations:
        mine = p.node_ids[np.isin(p.node_ids, p.nodes)].astype(np.int64)
        counts += np.bincount(mine, minlength=spikes.n)
    chosen = np.argsort(-counts[nodes], kind="stable")[:most]
    return np.sort(nodes[chosen])


def _live_spikes(run: LiveRun, example: int) -> Spikes:
    trains = run.spikes()
    times, ids = trains[_example(example, len(trains))]
    neurons = run.net.neurons
    parts = (
        ("R", "regular", "R_E", np.arange(neurons.n_regular)),
        ("A", "adaptive", "A", np.arange(neurons.n_regular, neurons.n)),
    )
    populations = tuple(
        Population(name, f"{nodes.size} {word}", PALETTE[colour], times, ids, nodes)
        for name, word, colour, nodes in parts
        if nodes.size
    )
    return Spikes(populations, neurons.n, trains.n_steps * trains.dt_ms)


def _live_traces(run: LiveRun, name: str, example: int) -> Traces:
    if name not in run.recorded:
        raise UsageError(
            f'run: has not recorded "{name}"; record it with: net.forward(x, record=("{name}",))'
        )
    values, neurons = run.recorded[name], run.net.neurons
    nodes = np.asarray(run.record.neurons)
    return Traces(
        time_ms=run.net.dt_ms * np.asarray(run.record.steps),
        values=values[:, _example(example, values.shape[1])],
        nodes=nodes,
        baseline=neurons.b0[nodes],
        n_regular=neurons.n_regular,
    )


def _stored_traces(file: Run, name: str) -> Traces:
    dataset = f"{EXAMPLE}/{STORED[name]}"
    first, sign = neuron_signs(file)
    if name == "B" and first == sign.size:
        raise UsageError(f"run: {file.path} has no adaptive neurons, and so no thresholds to show")
    values = file.array(dataset, made_by=RECORDS, ndim=2)
    length = values.shape[1]
    nodes = file.array(f"{dataset}_nodes", made_by=RECORDS, ndim=1, length=length)
    low = first if name == "B" else 0
    if not length or nodes.min() < low or nodes.max() >= sign.size:
        raise BadFileError(
            f"{file.path}: /{dataset}_nodes: expected neurons {low} to {sign.size - 1}"
        )
    nodes = nodes.astype(np.int64)
    b0 = file.array("neurons/b0", made_by="lsnn train", ndim=1, length=sign.size)
    return Traces(DT_MS * np.arange(len(values)), values, nodes, b0[nodes], first)


def _duration_ms(file: Run) -> float:
    """How long the recorded example is: its readout has a row for each step."""
    readout = f"{EXAMPLE}/softmax" if f"{EXAMPLE}/softmax" in file else f"{EXAMPLE}/y"
    return DT_MS * len(file.array(readout, made_by=RECORDS, ndim=2))


def _example(example: int, count: int) -> int:
    if isinstance(example, bool) or not isinstance(example, int | np.integer):
        raise UsageError(f"example: expected a whole number, found {printable(repr(example), 60)}")
    if not 0 <= example < count:
        raise UsageError(f"example: expected 0 to {count - 1}, found {example}")
    return int(example)


def _span(nodes: Sequence[int] | Array) -> str:
    numbers = sorted(map(int, nodes))
    if len(numbers) > 8 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, numbers[:12])) + (" ..." if len(numbers) > 12 else "")

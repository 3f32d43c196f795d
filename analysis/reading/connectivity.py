"""Who is connected to whom in a run's connection lists: probabilities, degrees, ages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError
from lsnn_core.files import Matrix

from .populations import neuron_signs
from .run import Run

Array = npt.NDArray[Any]

MATRICES = ("W_in", "W_rec", "W_out")
FORMULA = {"W_in": r"$W_\mathrm{in}$", "W_rec": r"$W_\mathrm{rec}$", "W_out": r"$W_\mathrm{out}$"}


@dataclass(frozen=True)
class Connection:
    """How densely one population is connected to another.

    Attributes
    ----------
    source, target
        Names of populations, such as "X_E" and "A".
    probability
        Connections per possible one; none of a neuron to itself is possible.
    count
        Number of connections.
    mean_weight
        Mean of their weights, sign included; 0 without connections.
    """

    source: str
    target: str
    probability: float
    count: int
    mean_weight: float


@dataclass(frozen=True)
class Connectivity:
    """Connections between populations, and the size of each population, in order of display."""

    sizes: Mapping[str, int]
    connections: tuple[Connection, ...]

    def between(self, source: str, target: str) -> Connection | None:
        """The connection from one population to another, None if there can be none."""
        same = (c for c in self.connections if (c.source, c.target) == (source, target))
        return next(same, None)


def connectivity(run: Run) -> Connectivity:
    """Count the connections between X, R (each parted by sign under Dale's law), A and Y."""
    n_regular, sign = neuron_signs(run)
    input_sign = run.array("inputs/sign", made_by="lsnn train", ndim=1)
    lists = {name: run.weights(name) for name in MATRICES}
    _check(run, lists, input_sign.size, sign.size)
    _check_signs(run, "inputs", input_sign)
    _check_signs(run, "neurons", sign[:n_regular])
    inputs = _parts("X", input_sign, np.arange(input_sign.size))
    neurons = _parts("R", sign[:n_regular], np.arange(n_regular))
    if n_regular < sign.size:
        neurons["A"] = np.arange(n_regular, sign.size)
    outputs = {"Y": np.arange(lists["W_out"].shape[1])}
    ends = {"W_in": (inputs, neurons), "W_rec": (neurons, neurons), "W_out": (neurons, outputs)}
    connections = [
        _connection(lists[name], source, target, sources[source], targets[target])
        for name, (sources, targets) in ends.items()
        for source in sources
        for target in targets
    ]
    everyone = {**inputs, **neurons, **outputs}
    return Connectivity({name: nodes.size for name, nodes in everyone.items()}, tuple(connections))


def degrees(matrix: Matrix) -> tuple[Array, Array]:
    """Return how many connections each target receives, and how many each source sends."""
    incoming = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return incoming, np.diff(matrix.indptr)


def ages(run: Run, *, made_by: str = "lsnn train") -> dict[str, Array]:
    """Return the age in iterations of each connection of each matrix, in the order of its list.

    The run keeps one list of all connections, sorted by source and then target, inputs before
    neurons and neurons before outputs; so W_in comes first, and a neuron's connections to neurons
    come before those to outputs.
    """
    lists = {name: run.weights(name) for name in MATRICES}
    total = sum(m.indices.size for m in lists.values())
    age = run.array("resume/list_age", made_by=made_by, ndim=1, length=total)
    n_in = lists["W_in"].indices.size
    first, second = np.diff(lists["W_rec"].indptr), np.diff(lists["W_out"].indptr)
    to_neuron = np.repeat(
        np.tile([True, False], first.size), np.stack([first, second], axis=1).ravel()
    )
    rest = age[n_in:]
    return {"W_in": age[:n_in], "W_rec": rest[to_neuron], "W_out": rest[~to_neuron]}


def _parts(name: str, sign: Array, nodes: Array) -> dict[str, Array]:
    """Part a population by sign; one whose signs are free stays whole."""
    parts = {f"{name}_E": nodes[sign > 0], f"{name}_I": nodes[sign < 0], name: nodes[sign == 0]}
    return {part: members for part, members in parts.items() if members.size}


def _connection(
    matrix: Matrix, source: str, target: str, sources: Array, targets: Array
) -> Connection:
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    inside = np.isin(rows, sources) & np.isin(matrix.indices, targets)
    sites = sources.size * targets.size - (sources.size if source == target else 0)
    count = int(inside.sum())
    mean = float(matrix.data[inside].mean()) if count else 0.0
    return Connection(source, target, count / max(sites, 1), count, mean)


def _check_signs(run: Run, group: str, sign: Array) -> None:
    """Refuse a population that Dale's law parts, but leaves some of it free."""
    free = np.count_nonzero(sign == 0)
    if 0 < free < sign.size:
        raise BadFileError(
            f"{run.path}: /{group}/sign: expected all signs free (0) or none of them, found {free}"
            f" of {sign.size}"
        )


def _check(run: Run, lists: Mapping[str, Matrix], n_in: int, n: int) -> None:
    n_out = lists["W_out"].shape[1]
    for name, shape in {"W_in": (n_in, n), "W_rec": (n, n), "W_out": (n, n_out)}.items():
        if lists[name].shape != shape:
            raise BadFileError(
                f"{run.path}: /weights/{name}: expected shape {shape} as of inputs and neurons,"
                f" found {lists[name].shape}"
            )

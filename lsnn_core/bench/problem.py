"""One workload made concrete: weights, input spikes, targets, in one file for whoever runs it.

Needs numpy alone, since the interpreters of other frameworks read it too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Problem:
    """All numbers that a loss and its gradient depend on.

    Parameters
    ----------
    n_in, n_regular, n, n_out, n_steps, batch, readout_start
        Sizes; the loss reads the readout from step `readout_start` on.
    alpha, rho, b0, n_ref, kappa, gamma
        Constants of all neurons, see `lsnn_core.simulation.lsnn`.
    beta
        Strength of adaptation, (N,), 0 for the first `n_regular` neurons.
    indptr, target, delay, weight
        The list of connections, see `lsnn_core.model.connections`.
    spike_step, spike_example, spike_channel
        Input spikes, ordered by example, then step, then channel.
    label
        (B,): the right class of each example, or empty.
    curve
        (T, B): what each output should be, or empty.
    """

    n_in: int
    n_regular: int
    n: int
    n_out: int
    n_steps: int
    batch: int
    readout_start: int
    alpha: float
    rho: float
    b0: float
    n_ref: int
    kappa: float
    gamma: float
    beta: Array
    indptr: Array
    target: Array
    delay: Array
    weight: Array
    spike_step: Array
    spike_example: Array
    spike_channel: Array
    label: Array
    curve: Array

    def save(self, path: str) -> None:
        """Write a plain .npz file."""
        with open(path, "wb") as file:
            np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: str) -> Problem:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            values = {field.name: stored[field.name] for field in fields(cls)}
        return cls(**{k: v if v.ndim else v.item() for k, v in values.items()})

    def without_delays(self) -> Problem:
        """The same with one step for every connection to a neuron: what dense code can do."""
        return replace(self, delay=np.minimum(self.delay, 1))

    def x(self, dtype: type[np.floating[Any]] = np.float32) -> Array:
        """Input spikes, (T, B, n_in)."""
        x = np.zeros((self.n_steps, self.batch, self.n_in), dtype)
        x[self.spike_step, self.spike_example, self.spike_channel] = 1
        return x

    @property
    def source(self) -> Array:
        """The source of each connection, (C,)."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def sites(self, name: str) -> tuple[Array, Array, Array]:
        """Rows, columns and positions in the list of the connections of one matrix."""
        source, target = self.source, self.target
        recurrent, to_output = source >= self.n_in, target >= self.n
        chosen = {
            "W_in": ~recurrent,
            "W_rec": recurrent & ~to_output,
            "W_out": to_output,
        }[name]
        at = np.flatnonzero(chosen)
        return source[at] - self.n_in * recurrent[at], target[at] - self.n * to_output[at], at

    def shape(self, name: str) -> tuple[int, int]:
        """(sources, targets) of one matrix."""
        shapes = {"W_in": (self.n_in, self.n), "W_rec": (self.n, self.n)}
        return shapes.get(name, (self.n, self.n_out))

    def dense(self, name: str, dtype: type[np.floating[Any]] = np.float32) -> Array:
        """One matrix of weights, sources in rows."""
        row, column, at = self.sites(name)
        matrix = np.zeros(self.shape(name), dtype)
        matrix[row, column] = self.weight[at]
        return matrix

    def norm(self, name: str, gradient: Array) -> float:
        """Euclidean norm of a matrix' gradient; of a dense one, over the listed connections."""
        if gradient.shape == self.shape(name):
            row, column, _ = self.sites(name)
            gradient = gradient[row, column]
        return float(np.linalg.norm(gradient))

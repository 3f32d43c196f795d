"""The LSTM that is measured: its size, and one batch of it made concrete for whoever runs it.

Needs numpy alone, since the interpreters of other frameworks read it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LR = 1e-3  # of the Adam that is part of an iteration


@dataclass(frozen=True)
class RateWorkload:
    """An LSTM that reads one number a step and names a class at the last one, as in seq. MNIST.

    Parameters
    ----------
    name
        As on the command line.
    n_in, n, n_out, n_steps
        Sizes, of an LSTM of `n` units.
    batches
        Sizes of the batches that are measured.
    passes
        "training": forward, backward and Adam.
    """

    name: str
    n_in: int = 1
    n: int = 128
    n_out: int = 10
    n_steps: int = 784
    batches: tuple[int, ...] = (64, 256)
    passes: tuple[str, ...] = ("training",)


@dataclass(frozen=True, eq=False)
class RateProblem:
    """All numbers of one batch.

    Parameters
    ----------
    parameters
        W_in (n_in, 4 n), W_rec (n, 4 n), b (4 n), W_out (n, K), b_out (K); the columns of a gate
        lie side by side, in the order i, f, o, j (j: the candidate).
    x
        (T, n_in, B).
    label
        (B,): the right class of each example.
    """

    parameters: Mapping[str, Array]
    x: Array
    label: Array

    def save(self, path: str) -> None:
        """Write a plain .npz file."""
        with open(path, "wb") as file:
            arrays: dict[str, Any] = {**self.parameters, "x": self.x, "label": self.label}
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str) -> RateProblem:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            values = {name: stored[name] for name in stored.files}
        return cls(x=values.pop("x"), label=values.pop("label"), parameters=values)

    def as_dtype(self, dtype: npt.DTypeLike) -> dict[str, Array]:
        """All parameters, in one precision."""
        return {name: np.asarray(value, dtype) for name, value in self.parameters.items()}


def norms(gradient: Mapping[str, Any]) -> dict[str, float]:
    """Euclidean norm of each parameter's gradient."""
    return {name: float(np.linalg.norm(np.asarray(value))) for name, value in gradient.items()}

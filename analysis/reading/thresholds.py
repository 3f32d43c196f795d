"""Adaptive thresholds along recorded spikes: equations 1 and 2 of the paper, nothing simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from .populations import neuron_signs
from .run import Run

Array = npt.NDArray[Any]

RECORDS = "lsnn evaluate RUN.h5"


@dataclass(frozen=True)
class Thresholds:
    """B_j(t) of all adaptive neurons during the recorded example.

    Attributes
    ----------
    relative
        B_j(t) / b0_j, shape (T, neurons).
    first
        Number of the first adaptive neuron.
    """

    relative: Array
    first: int


def relative_thresholds(run: Run) -> Thresholds | None:
    """Return the thresholds of population A, None in a network without one.

    Raises
    ------
    BadFileError
        If the run has no recorded spikes (named, with the command that records them).
    """
    first, sign = neuron_signs(run)
    n = sign.size - first
    if n == 0:
        return None
    tau_a_ms, beta, b0 = (
        run.array(f"neurons/{key}", made_by="lsnn train", ndim=1, length=sign.size)[first:]
        for key in ("tau_a_ms", "beta", "b0")
    )
    if np.any(b0 <= 0) or np.any(tau_a_ms <= 0):
        raise BadFileError(f"{run.path}: /neurons: expected b0 and tau_a_ms above 0")
    b = adaptation(_spike_trains(run, first, n), tau_a_ms)
    return Thresholds(1.0 + beta / b0 * b, first)  # eq. 1, divided by b0


def adaptation(z: Array, tau_a_ms: Array) -> Array:
    """Return b_j(t) of equation 2 along the spikes z (T, neurons), from rest."""
    rho = np.exp(-1.0 / tau_a_ms)
    b = np.zeros(z.shape)
    for t in range(1, len(z)):
        b[t] = rho * b[t - 1] + (1.0 - rho) * z[t - 1]
    return b


def _spike_trains(run: Run, first: int, n: int) -> Array:
    """Return z (T, n) of the adaptive neurons; T from the readout, which has a row for each ms."""
    example = "recordings/example"
    readout = f"{example}/softmax" if f"{example}/softmax" in run else f"{example}/y"
    n_steps = len(run.array(readout, made_by=RECORDS, ndim=2))
    times, ids = run.spikes("A")
    step, neuron = times.astype(np.int64), ids.astype(np.int64) - first
    if step.size and (
        step.min() < 0 or step.max() >= n_steps or neuron.min() < 0 or neuron.max() >= n
    ):
        raise BadFileError(
            f"{run.path}: /spikes/A: expected neurons {first} to {first + n - 1} within"
            f" {n_steps} ms"
        )
    z = np.zeros((n_steps, n))
    z[step, neuron] = 1.0
    return z

"""One example walked back: what a network did, and what of the loss flowed back through it.

From a run file, or from what `lsnn_core.reference` returned, which is known by what it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError, UsageError

from ..colours import PALETTE
from .activity import DT_MS, RECORDS
from .populations import Population, adaptive, neuron_signs, regular
from .run import Run

Array = npt.NDArray[Any]
WALK, REACH = "recordings/walk", "recordings/gradient"
FLOWS = ("V", "B", "psi", "d_V", "d_b")
POPULATIONS = ("R", "A")


@dataclass(frozen=True)
class Walk:
    """Some neurons over some steps, those of R first.

    Attributes
    ----------
    time_ms
        (S,) of the steps.
    read_ms
        The loss reads from here to the last step.
    nodes, n_regular
        (M,): which neurons; how many of these are regular.
    V, B
        (S, M): potential and threshold, in thresholds at rest.
    psi
        (S, M): pseudo-derivative times B.
    d_V, d_b
        (S, M): dL/dV and dL/db as shares of the largest of each.
    populations
        R and A with their spikes.
    lag_ms, reach
        (L,): time before `read_ms`; norms of dL/dV then, (L,), by rule ("BPTT", "e-prop") and
        population. Empty if there are none.
    tau_ms
        Time constants: of the membranes "R", of the adaptation "A" if there is one; medians.
    n_examples
        The norms are over so many.
    about
        Traces a picture to its run.
    """

    time_ms: Array
    read_ms: float
    nodes: Array
    n_regular: int
    V: Array
    B: Array
    psi: Array
    d_V: Array
    d_b: Array
    populations: tuple[Population, ...]
    lag_ms: Array
    reach: Mapping[tuple[str, str], Array]
    tau_ms: Mapping[str, float]
    n_examples: int
    about: str = ""


def stored_walk(run: Run) -> Walk:
    """Return the example that a run recorded.

    Raises
    ------
    BadFileError
        If it is not in the file (named, with the command that records it), or contradicts itself.
    """
    made_by = f"{RECORDS}, on a spiking network whose inputs are spikes"
    first, sign = neuron_signs(run)
    nodes = run.array(f"{WALK}/nodes", made_by=made_by, ndim=1).astype(np.int64)
    if not nodes.size or nodes.min() < 0 or nodes.max() >= sign.size or np.any(np.diff(nodes) <= 0):
        raise BadFileError(
            f"{run.path}: /{WALK}/nodes: expected ascending neurons 0 to {sign.size - 1}"
        )
    shape = run.array(f"{WALK}/V", made_by=made_by, shape=(None, nodes.size)).shape
    flows = {
        name: run.array(f"{WALK}/{name}", made_by=made_by, shape=shape).astype(np.float64)
        for name in FLOWS
    }
    b0, tau_m, tau_a = (
        run.array(f"neurons/{key}", made_by="lsnn train", ndim=1, length=sign.size)
        for key in ("b0", "tau_m_ms", "tau_a_ms")
    )
    if np.any(b0 <= 0) or np.any(tau_m <= 0) or np.any(tau_a[first:] <= 0):
        raise BadFileError(f"{run.path}: /neurons: expected b0, tau_m_ms and tau_a_ms above 0")
    start = run.integer(f"{WALK}/first_step", 0, 2**31, made_by=made_by)
    read = run.integer(f"{WALK}/read_from", 0, 2**31, made_by=made_by)
    lag_ms, reach = stored_reach(run)
    return Walk(
        DT_MS * (start + np.arange(shape[0])), DT_MS * read, nodes, int((nodes < first).sum()),
        flows["V"] / b0[nodes], flows["B"] / b0[nodes], flows["psi"], flows["d_V"], flows["d_b"],
        (*regular(run), *adaptive(run)), lag_ms, reach, _taus(tau_m, tau_a[first:]), 32, run.about,
    )  # fmt: skip


def stored_reach(run: Run) -> tuple[Array, dict[tuple[str, str], Array]]:
    """Return lags in ms, and norms of dL/dV by rule and population; nothing if not recorded."""
    if REACH not in run:
        return np.empty(0), {}
    lag = run.array(f"{REACH}/lag_ms", made_by=RECORDS, shape=(None,))
    names = {
        (rule, population): f"{REACH}/{stored}_{population}"
        for rule, stored in (("BPTT", "norm"), ("e-prop", "eprop"))
        for population in POPULATIONS
    }
    found = {key: name for key, name in names.items() if name in run}
    return lag, {
        key: run.array(name, made_by=RECORDS, shape=lag.shape).astype(np.float64)
        for key, name in found.items()
    }


def live_walk(
    net: Any, trace: Any, record: Any, read_from: int, *, eprop: Any = None, n_shown: int = 16
) -> Walk:
    """Return an example that the reference walked back.

    Parameters
    ----------
    net, trace
        A `lsnn_core.reference.Network` whose regular neurons come first, and what its `forward`
        returned; steps are of 1 ms.
    record
        ``adjoint(..., record=True).record``.
    read_from
        The loss reads from this step to the last one.
    eprop
        ``local_adjoint(...).record``, to compare with.
    n_shown
        How many neurons of R, and of A, are shown: those that fire most.
    """
    T, n = trace.z.shape
    first = int(np.argmax(net.beta > 0)) if np.any(net.beta > 0) else n
    if np.any(net.beta[first:] <= 0):
        raise UsageError("net: expected regular neurons (beta = 0) first, found one after adaptive")
    if not 0 <= read_from < T:
        raise UsageError(f"read_from: expected a step from 0 to {T - 1}, found {read_from}")
    parts = (("R", "regular", "R_E", 0, first), ("A", "adaptive", "A", first, n))
    nodes = np.concatenate([_busiest(trace.z, low, high, n_shown) for *_, low, high in parts])
    step, fired = np.nonzero(trace.z)
    populations = tuple(
        Population(
            name, f"{high - low} {word}", PALETTE[colour], DT_MS * step, fired, np.arange(low, high)
        )
        for name, word, colour, low, high in parts
        if high > low
    )  # fmt: skip
    rules = {"BPTT": record, **({} if eprop is None else {"e-prop": eprop})}
    reach = {
        (rule, name): np.sqrt((flow.d_V[read_from::-1, low:high] ** 2).mean(axis=1))
        for rule, flow in rules.items()
        for name, _, _, low, high in parts
        if high > low
    }
    b0 = net.b0[nodes]
    return Walk(
        DT_MS * np.arange(T), DT_MS * read_from, nodes, int((nodes < first).sum()),
        trace.V[:, nodes] / b0, trace.B[:, nodes] / b0, record.psi[:, nodes],
        _share(record.d_V[:, nodes]), _share(record.d_b[:, nodes]), populations,
        DT_MS * np.arange(read_from + 1), reach,
        _taus(-DT_MS / np.log(net.alpha), -DT_MS / np.log(net.rho[first:])), 1,
    )  # fmt: skip


def _busiest(z: Array, low: int, high: int, most: int) -> Array:
    chosen = np.argsort(-z[:, low:high].sum(axis=0), kind="stable")[:most]
    return np.sort(chosen) + low


def _taus(tau_m_ms: Array, tau_a_ms: Array) -> dict[str, float]:
    of_a = {"A": float(np.median(tau_a_ms))} if tau_a_ms.size else {}
    return {"R": float(np.median(tau_m_ms)), **of_a}


def _share(values: Array) -> Array:
    largest = np.abs(values).max(initial=0.0)
    return values / largest if largest > 0 else values

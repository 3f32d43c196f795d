"""Draw a workload's numbers and write them down, in a process that ends with it.

Run as ``python -m lsnn_core.bench.make KIND WORKLOAD BATCH PATH``, KIND the workload's class and
WORKLOAD its fields as JSON: so the memory that drawing takes is not counted as that of the measured
process.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from ..model.layout import Layout, MatrixLayout
from ..model.neurons import NeuronParameters
from ..model.sites import matrix_sites, site_delay
from ..random.streams import stream
from ..rate.initial import initial_parameters
from ..rate.network import RateNetwork
from .problem import Array, Problem
from .rate_problem import RateProblem, RateWorkload
from .workloads import AnyWorkload, Workload

SEED = 1
TAU_OUT_MS, GAMMA = 20.0, 0.3


def make(workload: AnyWorkload, batch: int) -> Problem | RateProblem:
    """Draw a workload; example b is the same in a batch of any size."""
    if isinstance(workload, RateWorkload):
        return make_rate(workload, batch)
    return make_spiking(workload, batch)


def make_rate(workload: RateWorkload, batch: int) -> RateProblem:
    """Draw an LSTM as it is before training, numbers in [0, 1) for it to read, and classes."""
    net = RateNetwork("lstm", workload.n_in, workload.n, workload.n_out)
    rng = [stream(SEED, "bench input", b) for b in range(batch)]
    x = np.stack([r.random((workload.n_steps, workload.n_in)) for r in rng], axis=2)
    label = np.array([r.integers(workload.n_out) for r in rng])
    return RateProblem(initial_parameters(net, SEED), x, label)


def make_spiking(workload: Workload, batch: int) -> Problem:
    """Draw an LSNN, its input spikes and what it should answer."""
    layout = Layout(workload.n_in, workload.n, workload.n_out)
    p = NeuronParameters.create(workload.n_regular, workload.n_adaptive)
    spikes = [_example_spikes(workload, b) for b in range(batch)]
    step, channel = (np.concatenate(part) for part in zip(*spikes, strict=True))
    indptr, target, delay, weight = _connections(workload, layout)
    return Problem(
        n_in=layout.n_in, n_regular=workload.n_regular, n=layout.n, n_out=layout.n_out,
        n_steps=workload.n_steps, batch=batch,
        readout_start=workload.n_steps - workload.window if workload.window else 0,
        alpha=float(p.alpha[0]), rho=float(p.rho[0]), b0=float(p.b0[0]), n_ref=int(p.n_ref[0]),
        kappa=float(np.exp(-1 / TAU_OUT_MS)), gamma=GAMMA, beta=p.beta,
        indptr=indptr, target=target, delay=delay, weight=weight,
        spike_step=step, spike_channel=channel,
        spike_example=np.repeat(np.arange(batch, dtype=np.int32), [len(s) for s, _ in spikes]),
        label=_labels(workload, batch), curve=_curves(workload, batch),
    )  # fmt: skip


def _connections(workload: Workload, layout: Layout) -> tuple[Array, Array, Array, Array]:
    """The sorted list: row starts, targets, delays, weights."""
    fractions = (workload.connectivity, workload.connectivity_rec, workload.connectivity)
    gains = (workload.gain_in, workload.gain_rec, 1.0)
    keys, weights = [], []
    for i, (matrix, fraction) in enumerate(zip(layout.matrices.values(), fractions, strict=True)):
        rng = stream(SEED, "bench weights", i)
        source, target = matrix_sites(matrix, _chosen(matrix, fraction, rng))
        keys.append(source * layout.n_target + target)
        scale = gains[i] / np.sqrt(max(fraction * matrix.shape[0], 1.0))
        weights.append((scale * rng.standard_normal(len(source))).astype(np.float32))
    key, weight = np.concatenate(keys), np.concatenate(weights)
    order = np.argsort(key, kind="stable")
    source, target = np.divmod(key[order], layout.n_target)
    count = np.bincount(source, minlength=layout.n_source)
    indptr = np.concatenate([[0], np.cumsum(count)])
    delay = site_delay(SEED, source, target, workload.n_delays)
    delay[target >= layout.n] = 0
    return indptr, target.astype(np.int32), delay, weight[order]


def _chosen(matrix: MatrixLayout, fraction: float, rng: np.random.Generator) -> Array:
    """Numbers of the sites that hold a connection, ascending."""
    count = round(fraction * matrix.sites)
    if count == matrix.sites:
        return np.arange(count)
    return np.sort(rng.choice(matrix.sites, count, replace=False, shuffle=False))


def _example_spikes(workload: Workload, example: int) -> tuple[Array, Array]:
    """Steps and channels of one example's input spikes, in order of time."""
    rng = stream(SEED, "bench input", example)
    spikes = rng.random((workload.n_steps, workload.n_in), dtype=np.float32) < workload.p_in
    if workload.window:
        spikes[:, -1] = False
        spikes[-workload.window :] = False
        spikes[-workload.window :, -1] = True
    step, channel = np.nonzero(spikes)
    return step.astype(np.int32), channel.astype(np.int32)


def _labels(workload: Workload, batch: int) -> Array:
    if not workload.window:
        return np.zeros(0, np.int64)
    return np.array([stream(SEED, "bench label", b).integers(workload.n_out) for b in range(batch)])


def _curves(workload: Workload, batch: int) -> Array:
    """A sine of 0.5 to 2 Hz and random phase for each example, (T, B)."""
    if workload.window:
        return np.zeros((0, batch))
    time_s = 1e-3 * np.arange(workload.n_steps)
    draws = [stream(SEED, "bench curve", b).uniform((0.5, 0.0), (2.0, 1.0)) for b in range(batch)]
    waves = [np.sin(2 * np.pi * (rate_hz * time_s + phase)) for rate_hz, phase in draws]
    return np.stack(waves, axis=1)


def main(kind: str, fields: str, batch: str, path: str) -> None:
    """Draw one workload into a file."""
    given: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(fields).items()
    }
    make({c.__name__: c for c in (Workload, RateWorkload)}[kind](**given), int(batch)).save(path)


if __name__ == "__main__":
    main(*sys.argv[1:])

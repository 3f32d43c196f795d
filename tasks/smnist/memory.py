"""What a network still knows of a digit: how well its state tells rows shown long ago.

The grey values of a row of pixels add up to its "ink". At the end of each row's time a linear map
from the network's state (spikes of R or A during that time, or the thresholds of A at its end) to
the ink of every row is fitted to one half of some test digits and scored on the other half: how
long a row can be told after it was shown is how long the network holds its trace. Of permuted
digits a "row" is 28 pixels shown one after the other, wherever in the image. For figures only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.random.streams import example_keys
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.simulation.thresholds import thresholds
from lsnn_core.task.spikes import MAX_LANES
from lsnn_core.threads import one_blas_thread

from .batch import DigitBatch
from .mnist import SIDE

Array = npt.NDArray[Any]

N_DIGITS = 1024  # enough for maps from a hundred neurons; a few seconds (our choice)
CHUNK = 64  # digits run together: bounds the memory
RIDGE = 0.05  # of the number of digits: a weak prior, so that a hundred weights do not overfit


def row_decoding(net: LSNN, batch: DigitBatch, seed: int) -> dict[str, Array]:
    """Run the digits of `batch` and return how well rows and class can be told, by source.

    Returns
    -------
    dict
        ``time_ms`` (S,): ends of the rows' times; and for each source s of ``R``, ``A`` (spike
        counts) and ``B`` (thresholds of A): ``ink_s`` (S, 28), R squared of each row's ink (NaN for
        rows without ink), ``class_s`` (S,), fraction of digits told right, and ``correlation_s``
        (S,), correlation over digits of a neuron's value with its value k rows' times later, mean
        over neurons.
    """
    row_ms = SIDE * batch.encoder.steps_per_pixel
    states = _states(net, batch, row_ms, seed)
    ink = batch.encoder.shown(batch.pixels).reshape(-1, SIDE, SIDE).sum(axis=2) / 255.0
    memory: dict[str, Array] = {}
    for source, state in states.items():
        with one_blas_thread():
            score = [_decode(features, ink, batch.labels) for features in state]
        memory[f"ink_{source}"] = np.array([s[0] for s in score], np.float32)
        memory[f"class_{source}"] = np.array([s[1] for s in score], np.float32)
        memory[f"correlation_{source}"] = _correlation(state).astype(np.float32)
    n_times = len(next(iter(states.values())))
    return {"time_ms": row_ms * np.arange(1.0, n_times + 1), **memory}


def _states(net: LSNN, batch: DigitBatch, row_ms: int, seed: int) -> dict[str, Array]:
    """State of each source at the end of each row's time, (S, digits, neurons)."""
    first = net.neurons.n_regular
    adaptive = np.arange(first, net.neurons.n)
    counts, levels = [], []
    for start in range(0, batch.size, CHUNK):
        stop = min(start + CHUNK, batch.size)
        x = np.concatenate(
            [
                batch.events(i, min(i + MAX_LANES, stop)).to_dense(net.layout.n_in)
                for i in range(start, stop, MAX_LANES)
            ],
            axis=1,
        )
        keys = example_keys(seed, (4,), np.arange(start, stop))
        z = net.forward(x, noise_keys=keys).z
        z = z[: len(z) // row_ms * row_ms]
        rows = z.reshape(-1, row_ms, *z.shape[1:])
        counts.append(rows.sum(axis=1, dtype=np.float32))
        ends = thresholds(z, net.neurons, adaptive)[row_ms::row_ms]
        levels.append(ends.astype(np.float32))
    count, level = np.concatenate(counts, axis=1), np.concatenate(levels, axis=1)
    states = {"R": count[..., :first], "A": count[..., first:], "B": level}
    return {source: state for source, state in states.items() if state.shape[-1]}


def _decode(features: Array, ink: Array, labels: Array) -> tuple[Array, float]:
    """R squared of each row's ink, and fraction of classes right; each half judges the other."""
    targets = np.hstack([ink, np.eye(10)[labels]])
    guess = np.empty_like(targets)
    halves = np.arange(len(features)) % 2
    for half in (0, 1):
        fit, judged = halves != half, halves == half
        guess[judged] = _ridge(features[fit], targets[fit], features[judged])
    left = ((ink - guess[:, :SIDE]) ** 2).sum(axis=0)
    total = ((ink - ink.mean(axis=0)) ** 2).sum(axis=0)
    shown = total > 1e-2 * total.max()
    score = np.full(SIDE, np.nan)
    score[shown] = 1.0 - left[shown] / total[shown]
    return score, float((guess[:, SIDE:].argmax(axis=1) == labels).mean())


def _ridge(x: Array, y: Array, new: Array) -> Array:
    """Linear prediction of y at `new`, weights pulled to zero; silent neurons count nothing."""
    mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale[scale == 0.0] = np.inf
    a, b = (x - mean) / scale, y - y.mean(axis=0)
    weight = np.linalg.solve(a.T @ a + RIDGE * len(x) * np.eye(a.shape[1]), a.T @ b)
    prediction: Array = (new - mean) / scale @ weight + y.mean(axis=0)
    return prediction


def _correlation(state: Array) -> Array:
    """Correlation over digits of values k steps apart, mean over steps and neurons; (S,)."""
    centred = state - state.mean(axis=1, keepdims=True)
    scale = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    active = scale[:, 0] > 1e-6 * max(float(scale.max()), 1e-30)
    unit = np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)
    correlation = np.full(len(state), np.nan)
    for lag in range(len(state)):
        n = len(state) - lag
        both = active[:n] & active[lag:]
        if both.any():
            correlation[lag] = (unit[:n] * unit[lag:]).sum(axis=1)[both].mean()
    return correlation

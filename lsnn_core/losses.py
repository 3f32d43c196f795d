"""Losses on readouts and rates: value and derivative together, since they share their terms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def softmax(logits: Array, axis: int = 0) -> Array:
    """Softmax along `axis`, safe for large logits."""
    with np.errstate(invalid="ignore"):  # infinite logits give NaN, which the trainer refuses
        e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    p: Array = e / e.sum(axis=axis, keepdims=True)
    return p


def cross_entropy(logits: Array, label: npt.NDArray[np.integer[Any]]) -> tuple[Array, Array]:
    """Softmax cross-entropy of each example.

    Parameters
    ----------
    logits
        (K, L): outputs by examples.
    label
        (L,): the right output of each.

    Returns
    -------
    loss : (L,)
    d_logits : (K, L)
    """
    p = softmax(logits.astype(np.float64, copy=False))
    lane = np.arange(logits.shape[1])
    loss = -np.log(np.maximum(p[label, lane], np.finfo(np.float64).tiny))
    d_logits = p
    d_logits[label, lane] -= 1.0
    return loss, d_logits


def window_cross_entropy(
    y: Array, label: npt.NDArray[np.integer[Any]]
) -> tuple[Array, Array, Array]:
    """Cross-entropy of the readout averaged over a window.

    Logits are averaged, not probabilities (published code).

    Parameters
    ----------
    y
        (W, K, L): steps of the window, outputs, examples.
    label
        (L,)

    Returns
    -------
    loss : (L,)
    d_y : (W, K, L)
    right : (L,) bool
        Whether the largest mean output is that of the label.
    """
    logits = y.mean(axis=0, dtype=np.float64)
    loss, d_logits = cross_entropy(logits, label)
    d_y = np.broadcast_to(d_logits / len(y), y.shape)
    return loss, d_y, logits.argmax(axis=0) == label


def mean_squared_error(y: Array, target: Array, weight: Array | float = 1.0) -> tuple[float, Array]:
    """Sum of weight (y - target)^2 and its derivative with respect to y."""
    error = y.astype(np.float64) - target
    return float(np.sum(weight * error**2)), 2.0 * weight * error


class Regulariser(NamedTuple):
    """Of the firing rates, see `rate_regulariser`."""

    target: float  # spikes per ms
    weight: float


def rate_regulariser(rate: Array, target: float, weight: float) -> tuple[float, Array]:
    """Pull every neuron's firing rate towards a target.

    ``weight * sum_j (rate_j - target)^2``, rates in spikes per ms, averaged over batch and time
    (published code).

    Parameters
    ----------
    rate
        (N,), spikes per ms.
    target, weight
        The aim in spikes per ms, and the strength.

    Returns
    -------
    loss
        The value.
    d_rate
        (N,)
    """
    error = rate - target
    return float(weight * np.sum(error**2)), 2.0 * weight * error

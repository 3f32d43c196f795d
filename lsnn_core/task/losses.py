"""Losses on readouts and rates: value and derivative together, since they share their terms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import alike, integers, number, reals, refuse

Array = npt.NDArray[Any]
TINY = float(np.finfo(np.float64).tiny)  # a probability below it has lost its digits, or is zero


def softmax(logits: Array, axis: int = 0) -> Array:
    """Softmax along `axis`, safe for large logits."""
    e = np.exp(_below_the_largest(logits, axis))
    p: Array = e / e.sum(axis=axis, keepdims=True)
    return p


def cross_entropy(logits: Array, label: npt.NDArray[np.integer[Any]]) -> tuple[Array, Array]:
    """Softmax cross-entropy of each example.

    Parameters
    ----------
    logits
        (K, L): outputs by examples.
    label
        (L,): the right output of each, an integer from 0 to K - 1.

    Returns
    -------
    loss : (L,)
    d_logits : (K, L)
    """
    logits = reals("logits", logits, (None, None), truths=False, finite=False).astype(
        np.float64, copy=False
    )
    n_out, n_lanes = logits.shape
    label = integers("label", label, (n_lanes,))
    refuse("label", label, (label < 0) | (label >= n_out), f"expected 0 to {n_out - 1}")
    if n_lanes == 0:
        return np.zeros(0), np.zeros(logits.shape)
    p = softmax(logits)
    lane = np.arange(n_lanes)
    right = p[label, lane]
    loss = -np.log(np.maximum(right, TINY))
    far = right < TINY
    if far.any():
        loss[far] = _log_sum_exp_above(logits[:, far], label[far])
    d_logits = p
    d_logits[label, lane] -= 1.0
    return loss, d_logits


def _log_sum_exp_above(logits: Array, label: Array) -> Array:
    """-log of the probability of each label, however small: log sum exp over its own logit."""
    below = _below_the_largest(logits, 0)
    total: Array = np.log(np.exp(below).sum(axis=0)) - below[label, np.arange(len(label))]
    return total


def _below_the_largest(logits: Array, axis: int) -> Array:
    with np.errstate(invalid="ignore", over="ignore"):  # the trainer refuses infinities and NaN
        below: Array = logits - logits.max(axis=axis, keepdims=True)
    return below


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
    y = reals("y", y, (None, None, None), truths=False, finite=False)
    if not len(y):
        raise UsageError("y: expected at least one step in the window, found none")
    logits = y.mean(axis=0, dtype=np.float64)
    loss, d_logits = cross_entropy(logits, label)
    d_y = np.broadcast_to(d_logits / len(y), y.shape)
    return loss, d_y, logits.argmax(axis=0) == label


def mean_squared_error(y: Array, target: Array, weight: Array | float = 1.0) -> tuple[float, Array]:
    """Sum of weight (y - target)^2 and its derivative with respect to y.

    Parameters
    ----------
    y
        Readouts, of any shape.
    target, weight
        Of the same shape, or 1 along an axis for the same numbers all along it; or one number.
    """
    y = reals("y", y, truths=False, finite=False)
    target, weight = alike("target", target, y), alike("weight", weight, y)
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
    rate = reals("rate", rate, (None,), truths=False)
    target = number("target", target, "a number >= 0")
    weight = number("weight", weight, "a number >= 0")
    error = rate - target
    return float(weight * np.sum(error**2)), 2.0 * weight * error

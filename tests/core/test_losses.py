"""Derivatives of the losses against differences, and the edges of their ranges."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.losses import (
    cross_entropy,
    mean_squared_error,
    rate_regulariser,
    softmax,
    window_cross_entropy,
)

RNG = np.random.default_rng(4)
H = 1e-6


def differences(loss, at):
    """dL/d(at) by central differences."""
    found = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        step = np.zeros(at.shape)
        step[index] = H
        found[index] = (loss(at + step) - loss(at - step)) / (2 * H)
    return found


def test_cross_entropy_has_its_derivative():
    logits, label = RNG.normal(size=(4, 5)), RNG.integers(0, 4, 5)
    _, d_logits = cross_entropy(logits, label)

    expected = differences(lambda at: cross_entropy(at, label)[0].sum(), logits)
    np.testing.assert_allclose(d_logits, expected, atol=1e-8)


def test_window_cross_entropy_has_its_derivative():
    y, label = RNG.normal(size=(3, 4, 5)), RNG.integers(0, 4, 5)
    _, d_y, _ = window_cross_entropy(y, label)

    expected = differences(lambda at: window_cross_entropy(at, label)[0].sum(), y)
    np.testing.assert_allclose(d_y, expected, atol=1e-8)


def test_mean_squared_error_has_its_derivative():
    y, target, weight = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2)), RNG.random((3, 2))
    _, d_y = mean_squared_error(y, target, weight)

    expected = differences(lambda at: mean_squared_error(at, target, weight)[0], y)
    np.testing.assert_allclose(d_y, expected, atol=1e-8)


def test_the_rate_regulariser_has_its_derivative():
    rate = RNG.random(7)
    _, d_rate = rate_regulariser(rate, 0.02, 3.0)

    expected = differences(lambda at: rate_regulariser(at, 0.02, 3.0)[0], rate)
    np.testing.assert_allclose(d_rate, expected, atol=1e-8)


def test_the_rate_regulariser_pulls_towards_its_target():
    loss, d_rate = rate_regulariser(np.array([0.01, 0.02, 0.04]), 0.02, 10.0)

    assert loss == pytest.approx(10 * (0.01**2 + 0.02**2))
    assert np.sign(d_rate).tolist() == [-1, 0, 1]


def test_known_values():
    loss, d_logits = cross_entropy(np.array([[0.0], [0.0], [np.log(2.0)]]), np.array([2]))

    assert loss == pytest.approx([np.log(2)])
    np.testing.assert_allclose(d_logits[:, 0], [0.25, 0.25, -0.5])
    assert mean_squared_error(np.array([1.0, 3.0]), np.array([0.0, 1.0]))[0] == 5.0


@pytest.mark.parametrize("scale", [1e3, 1e30, 1e300])
def test_large_logits_neither_overflow_nor_lose_the_derivative(scale):
    logits = np.array([[scale, scale], [-scale, 0.0]])
    loss, d_logits = cross_entropy(logits, np.array([0, 1]))

    assert np.isfinite(loss).all()
    assert loss[0] == 0.0
    assert loss[1] > 700
    np.testing.assert_allclose(d_logits, [[0, 1], [0, -1]])


def test_infinite_logits_give_nan_without_a_warning():
    loss, d_logits = cross_entropy(np.array([[np.inf], [0.0]]), np.array([0]))

    assert np.isnan(loss).all()
    assert np.isnan(d_logits).any()


def test_one_class_has_nothing_to_learn():
    loss, d_logits = cross_entropy(np.array([[3.0, -1.0]]), np.zeros(2, int))

    assert not loss.any()
    assert not d_logits.any()


def test_single_precision_readouts_are_averaged_in_double():
    y = np.full((1000, 2, 1), 0.1, np.float32)
    y[:, 1] += np.float32(1e-7)  # lost in a float32 sum of 1000
    _, _, right = window_cross_entropy(y, np.array([1]))

    assert right.all()


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_is_a_distribution(axis):
    p = softmax(RNG.normal(size=(3, 4)) * 500, axis)

    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis), 1)

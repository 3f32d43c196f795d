"""Derivatives of the losses against differences, and the edges of their ranges."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.task.losses import (
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
    assert loss[1] == scale
    np.testing.assert_allclose(d_logits, [[0, 1], [0, -1]])


@pytest.mark.parametrize("apart", [10.0, 707.0, 708.0, 720.0, 745.0, 1e4, 1e200])
def test_a_label_may_be_as_unlikely_as_it_likes(apart):
    loss, d_logits = cross_entropy(np.array([[apart, 0.0], [0.0, 0.0]]), np.array([1, 1]))

    np.testing.assert_allclose(loss, [apart + np.log1p(np.exp(-apart)), np.log(2)], rtol=1e-14)
    np.testing.assert_allclose(d_logits[:, 0], [1, -1], atol=1e-4)


def test_the_loss_of_a_likely_label_is_that_of_its_probability():
    logits = 30 * RNG.normal(size=(10, 2000))
    label = RNG.integers(0, 10, 2000)
    p = softmax(logits)[label, np.arange(2000)]

    np.testing.assert_array_equal(cross_entropy(logits, label)[0], -np.log(p))


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ([0, 1, 4, 0, 1], r"label\[2\]: expected 0 to 3, found 4"),
        ([0, -1, 2, 0, 1], r"label\[1\]: expected 0 to 3, found -1"),
        ([[0], [1], [2], [0], [1]], r"label: .*\(5,\), found int64 \(5, 1\)"),
        ([1], r"label: .*\(5,\), found int64 \(1,\)"),
        (1, r"label: .*found int64 \(\)"),
        ([0.0, 1.0, 2.0, 0.0, 1.0], r"label: expected integers, found float64 \(5,\)"),
        ([True, False, True, True, True], r"label: expected integers, found bool \(5,\)"),
    ],
)
def test_labels_that_are_none_of_the_outputs_are_refused(label, found):
    for loss, y in ((cross_entropy, np.zeros((4, 5))), (window_cross_entropy, np.zeros((3, 4, 5)))):
        with pytest.raises(UsageError, match=found):
            loss(y, np.array(label))


def test_any_whole_dtype_of_label_will_do():
    loss = [cross_entropy(np.eye(4), np.arange(4).astype(kind))[0] for kind in ("u1", "i2", "u8")]

    np.testing.assert_array_equal(loss[1:], loss[:1] * 2)


@pytest.mark.parametrize(
    ("loss", "shape", "found"),
    [
        (cross_entropy, (3, 4, 5), r"logits: .*\(any, any\), found float64 \(3, 4, 5\)"),
        (window_cross_entropy, (4, 5), r"y: .*found float64 \(4, 5\)"),
        (window_cross_entropy, (0, 4, 5), "y: expected at least one step"),
    ],
)
def test_readouts_of_another_shape_are_refused(loss, shape, found):
    with pytest.raises(UsageError, match=found):
        loss(np.zeros(shape), np.zeros(5, int))


@pytest.mark.parametrize(
    ("y", "target", "weight", "found"),
    [
        ((4, 1), (4,), (), r"target: expected shape \(4, 1\).*found \(4,\)"),
        ((4,), (4, 1), (), "target"),
        ((1, 4), (4, 4), (), "target"),
        ((4, 4), (4,), (), "target"),
        ((), (4,), (), "target"),
        ((4, 1), (4, 1), (4,), r"weight: expected shape \(4, 1\).*found \(4,\)"),
        ((4, 1), (4, 1), (4, 4), "weight"),
        ((4, 1), (4, 1), (1, 4, 1), "weight"),
    ],
)
def test_nothing_is_broadcast_to_more_than_the_readouts(y, target, weight, found):
    with pytest.raises(UsageError, match=found):
        mean_squared_error(np.zeros(y), np.ones(target), np.ones(weight))


def test_one_target_or_weight_may_be_for_a_whole_axis():
    y, target, weight = (
        RNG.normal(size=(5, 3, 2)),
        RNG.normal(size=(5, 1, 2)),
        RNG.random((1, 3, 1)),
    )
    loss, d_y = mean_squared_error(y, target, weight)

    full = np.broadcast_to(target, y.shape), np.broadcast_to(weight, y.shape)
    assert loss == mean_squared_error(y, *full)[0]
    np.testing.assert_array_equal(d_y, mean_squared_error(y, *full)[1])
    assert mean_squared_error(y, 0.5)[1].shape == y.shape


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_targets_and_weights_that_are_no_numbers_are_named_with_their_place(number):
    good = np.zeros((3, 2))
    bad = good.copy()
    bad[2, 1] = number
    for name, given in (("target", (bad, 1.0)), ("weight", (good, bad))):
        with pytest.raises(UsageError, match=rf"^{name}\[2, 1\]: expected a finite number, found"):
            mean_squared_error(good, *given)
    with pytest.raises(UsageError, match=r"^weight: expected a finite number"):
        mean_squared_error(good, good, number)


@pytest.mark.parametrize(
    ("rate", "target", "weight", "name"),
    [
        (np.zeros((3, 1)), 0.1, 1.0, "rate"),
        (np.array([0.1, np.nan]), 0.1, 1.0, r"rate\[1\]"),
        (np.zeros(3), np.nan, 1.0, "target"),
        (np.zeros(3), -0.1, 1.0, "target"),
        (np.zeros(3), 0.1, -1.0, "weight"),
        (np.zeros(3), 0.1, np.inf, "weight"),
    ],
)
def test_rates_and_aims_that_cannot_be_are_refused(rate, target, weight, name):
    with pytest.raises(UsageError, match=f"^{name}: expected"):
        rate_regulariser(rate, target, weight)


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

"""Auxiliary readouts of what a function is elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.l2l.families import family
from tasks.l2l.internal import (
    grid,
    internal_loss,
    mean_of_last,
    mean_of_last_back,
    values_on_grid,
)

RNG = np.random.default_rng


def test_the_grid_fills_the_range_of_the_inputs():
    two, one = family("target-networks"), family("sine")

    assert grid(two, 3).tolist() == [[a, b] for a in (-9, 0, 9) for b in (-9, 0, 9)]
    assert grid(one, 3).tolist() == [[-4.5], [0], [4.5]]
    assert grid(two, 1).tolist() == [[0, 0]]


def test_targets_are_the_functions_on_the_grid():
    f = family("sine")
    functions = f.draw(4, RNG(1))
    expected = functions[:, :1] * np.sin(np.array([-4.5, 0, 4.5]) + functions[:, 1:])

    np.testing.assert_allclose(values_on_grid(f, functions, 3), expected)


def test_the_last_five_examples_count_and_no_more():
    counts = RNG(2).normal(size=(12, 2, 3))
    expected = [counts[max(n - 4, 0) : n + 1].mean(0) for n in range(12)]

    np.testing.assert_allclose(mean_of_last(counts), expected)


@pytest.mark.parametrize("n", [1, 3, 5, 6, 17])
def test_the_way_back_is_the_transpose(n):
    counts, d_mean = RNG(3).normal(size=(2, n, 2, 3))

    forth = (mean_of_last(counts) * d_mean).sum()
    assert forth == pytest.approx((counts * mean_of_last_back(d_mean)).sum(), rel=1e-12)


def test_the_loss_is_the_mean_squared_error_and_the_gradient_its_derivative():
    y, target = RNG(4).normal(size=(8 * 4, 9, 2)), RNG(5).normal(size=(2, 9))
    loss, d_y = internal_loss(y, target, 4, 1 / 16)
    counts = y.reshape(8, 4, 9, 2).sum(1)
    told = np.array([counts[max(n - 4, 0) : n + 1].mean(0) for n in range(8)])

    assert loss == pytest.approx(np.mean((told - target.T) ** 2))
    step = RNG(6).normal(size=y.shape)
    up, down = (internal_loss(y + h * step, target, 4, 1 / 16)[0] for h in (1e-6, -1e-6))
    assert (up - down) / 2e-6 == pytest.approx((d_y * step).sum(), rel=1e-7)

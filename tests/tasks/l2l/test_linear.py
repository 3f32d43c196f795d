"""The best linear predictors, of all pairs and of those seen so far."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.l2l.linear import error_of_all, error_of_preceding

RNG = np.random.default_rng


def test_a_linear_function_is_predicted_from_three_examples_on():
    x = RNG(0).normal(size=(3, 20, 2))
    target = x @ [2.0, -1.0] + 0.5

    assert error_of_all(x, target).max() < 1e-20
    before = error_of_preceding(x, target)
    assert before[:, 3:].max() < 1e-20
    assert before[:, :3].min() > 1e-6
    np.testing.assert_allclose(before[:, 0], target[:, 0] ** 2)


def test_the_fit_on_all_pairs_is_least_squares():
    x, target = RNG(1).normal(size=(1, 30, 2)), RNG(2).normal(size=(1, 30))
    found = error_of_all(x, target).mean()
    A = np.c_[x[0], np.ones(30)]
    w = np.linalg.solve(A.T @ A, A.T @ target[0])

    assert found == pytest.approx(np.mean((A @ w - target[0]) ** 2))

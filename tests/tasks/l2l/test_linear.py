"""The best linear predictors, of all pairs and of those seen so far."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.l2l.linear import error_of_all, error_of_others, error_of_preceding

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


def test_out_of_sample_each_pair_is_left_out_of_its_own_fit():
    x, target = RNG(3).normal(size=(2, 9, 2)), RNG(4).normal(size=(2, 9))
    found = error_of_others(x, target)
    for b in range(2):
        A = np.c_[x[b], np.ones(9)]
        for n in range(9):
            rest = np.arange(9) != n
            w = np.linalg.lstsq(A[rest], target[b, rest], rcond=None)[0]
            assert found[b, n] == pytest.approx((A[n] @ w - target[b, n]) ** 2)


@pytest.mark.parametrize("examples", [2, 3])
def test_out_of_sample_too_few_pairs_take_the_fit_of_least_norm(examples):
    x, target = RNG(5).normal(size=(1, examples, 2)), RNG(6).normal(size=(1, examples))
    A = np.c_[x[0], np.ones(examples)]
    w = np.linalg.pinv(A[1:]) @ target[0, 1:]

    found = error_of_others(x, target)[0, 0]
    assert found == pytest.approx((A[0] @ w - target[0, 0]) ** 2)


def test_out_of_sample_more_is_left_than_in_sample():
    x, target = RNG(7).normal(size=(40, 60, 2)), RNG(8).normal(size=(40, 60))

    ratio = error_of_others(x, target).mean() / error_of_all(x, target).mean()
    assert ratio == pytest.approx(1 + 2 * 3 / 60, abs=0.01)

"""The floor of a family, beside a Gaussian process solved step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tasks.l2l import gaussian_process
from tasks.l2l.families import SineFamily, family
from tasks.l2l.gaussian_process import error_of_gaussian_process, moments
from tasks.l2l.linear import error_of_others

RNG = np.random.default_rng


def episodes(name: str, count: int, examples: int):
    f, rng = family(name), RNG(1)
    functions = f.draw(count, rng)
    x = rng.uniform(-f.x_max, f.x_max, (count, examples, f.d))
    return f, x, f.evaluate(functions, x)


def test_mean_and_covariance_are_those_of_the_functions(monkeypatch):
    monkeypatch.setattr(gaussian_process, "AT_A_TIME", 7)
    f, x, _ = episodes("target-networks", 1, 9)
    functions = f.draw(50, RNG(2))
    values = f.evaluate(functions, np.repeat(x, 50, axis=0))
    mean, covariance = moments(f, functions, x[0])

    np.testing.assert_allclose(mean, values.mean(0))
    np.testing.assert_allclose(covariance, np.cov(values.T, bias=True), atol=1e-14)


def test_errors_are_those_of_the_guess_from_the_values_before():
    f, x, target = episodes("target-networks", 2, 12)
    found = error_of_gaussian_process(f, x, target, RNG(3))
    functions = f.draw(gaussian_process.N_FUNCTIONS, RNG(3))
    for b in range(2):
        mean, C = moments(f, functions, x[b])
        C[np.diag_indices(12)] += gaussian_process.NUGGET * np.trace(C) / 12
        for n in range(12):
            w = np.linalg.solve(C[:n, :n], C[:n, n])
            guess = mean[n] + w @ (target[b, :n] - mean[:n])
            assert found[b, n] == pytest.approx((guess - target[b, n]) ** 2, rel=1e-5, abs=1e-12)


def test_a_sinus_is_known_from_the_second_example_on():
    """Its covariance, E[A^2] / 2 cos(x - x'), has rank two."""
    f, x, target = episodes("sine", 10, 8)
    found = error_of_gaussian_process(f, x, target, RNG(4))
    power = (5.0**3 - 0.1**3) / 3 / 4.9

    assert found[:, 4:].max() < 1e-3
    functions = SineFamily().draw(200_000, RNG(5))
    _, covariance = moments(f, functions, np.array([[0.0], [1.0]]))
    assert covariance[0, 1] == pytest.approx(power / 2 * np.cos(1.0), rel=0.01)


def test_no_linear_predictor_errs_less_on_target_networks():
    f, x, target = episodes("target-networks", 12, 60)
    found = error_of_gaussian_process(f, x, target, RNG(6))

    assert 0.004 < found.mean() < 0.008  # measured: 0.0057
    assert found[:, 20:].mean() < 0.1 * error_of_others(x, target).mean()


@dataclass(frozen=True)
class Lines:
    """Functions a x: the first value tells the second."""

    d: int = 1
    x_max: float = 1.0
    low: float = -9.0
    high: float = 9.0

    def draw(self, count, rng):
        return rng.normal(size=(count, 1))

    def evaluate(self, functions, x):
        return functions * x[:, :, 0]


def test_a_family_of_ones_own_is_enough():
    x, target = np.array([[[0.5], [1.0]]]), np.array([[1.0, 2.0]])
    found = error_of_gaussian_process(Lines(), x, target, RNG(7))

    assert found[0, 0] == pytest.approx(1.0, abs=0.05)
    assert found[0, 1] < 1e-6

"""Each surrogate is what was published, and the slope of the step that stands for it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from lsnn_core.choices import SURROGATES
from lsnn_core.reference import psi, smooth_step
from lsnn_core.reference.surrogate import SURROGATES as WRITTEN
from tests.tolerances import ROUNDING

V = np.concatenate([np.linspace(-40.0, 40.0, 4001), [-1.0, -1e-9, 0.0, 1e-9, 1.0]])
EACH = pytest.mark.parametrize("surrogate", SURROGATES)


def test_each_name_is_written():
    assert tuple(WRITTEN) == SURROGATES


@EACH
def test_it_is_the_derivative_of_its_smooth_step(surrogate):
    by_complex_step = smooth_step(V + 1e-30j, 0.3, surrogate).imag / 1e-30

    np.testing.assert_allclose(psi(V, 0.3, surrogate), by_complex_step, atol=ROUNDING)


@EACH
def test_a_complex_step_is_taken_along_the_real_one(surrogate):
    real = smooth_step(V, 0.3, surrogate)

    np.testing.assert_allclose(smooth_step(V + 1e-30j, 0.3, surrogate).real, real, atol=ROUNDING)
    assert abs(smooth_step(np.array([-1e9]), 0.3, surrogate)[0]) < 1e-9


@EACH
def test_it_is_dampened(surrogate):
    np.testing.assert_allclose(psi(V, 0.3, surrogate), 0.3 * psi(V, 1.0, surrogate), rtol=1e-15)


def test_the_triangle_is_the_default():
    np.testing.assert_array_equal(psi(V, 0.3), psi(V, 0.3, "triangle"))
    np.testing.assert_array_equal(psi(V, 0.3), 0.3 * np.maximum(0.0, 1.0 - np.abs(V)))


def test_the_fast_sigmoid_is_that_of_superspike():
    rest, threshold, beta = -60.0, -50.0, 1.0  # mV, mV, 1/mV
    potential = threshold + (threshold - rest) * V
    expected = (1.0 + np.abs(beta * (potential - threshold))) ** -2

    np.testing.assert_allclose(psi(V, 1.0, "fast-sigmoid"), expected, rtol=1e-12)
    np.testing.assert_allclose(psi(np.array([-1.0, 0.0]), 0.3, "fast-sigmoid"), [0.3 / 121, 0.3])


def test_the_multi_gaussian_is_that_of_yin():
    h, s, sigma = 0.15, 6.0, 0.5
    expected = (1 + h) * norm.pdf(V, 0.0, sigma)
    expected -= h * (norm.pdf(V, sigma, s * sigma) + norm.pdf(V, -sigma, s * sigma))

    np.testing.assert_allclose(psi(V, 1.0, "multi-gaussian"), expected, atol=ROUNDING)
    assert psi(np.array([0.0]), 1.0, "multi-gaussian")[0] == pytest.approx(0.88, abs=0.005)
    around = psi(np.array([-1.28, -1.27, 1.27, 1.28]), 1.0, "multi-gaussian")
    np.testing.assert_array_equal(around > 0, [False, True, True, False])

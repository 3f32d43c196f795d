"""exp of lanes against NumPy's in higher precision, for floats not above 0, of every size."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.kernels.jit import kernel
from lsnn_core.kernels.vectors.exp import DOUBLE, SINGLE, exp
from lsnn_core.kernels.vectors.lanes import lane_count, load, store


@kernel
def every(x, y):
    for k in range(0, x.size, lane_count(x)):
        store(y, k, exp(load(x, k)))


def of(x: np.ndarray) -> np.ndarray:
    y = np.empty_like(x)
    every(x, y)
    return y


def test_float32_is_within_a_unit_in_the_last_place():
    pattern = np.arange(2**31, 2**32, 2**8, dtype=np.uint64).astype(np.uint32)
    x = pattern.view(np.float32)  # none above 0
    inside = x >= SINGLE.least
    exact = np.exp(x[inside].astype(np.float64))
    units = (of(x)[inside] - exact) / np.spacing(exact.astype(np.float32))

    assert inside.sum() > 1_000_000
    assert np.abs(units).max() < 1
    assert not of(x)[x < SINGLE.least].any()


def test_float64_is_within_some_roundings():
    x = -np.geomspace(1e-300, -DOUBLE.least, 80_000)

    np.testing.assert_allclose(of(x), np.exp(x.astype(np.longdouble)).astype(float), rtol=3e-16)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_no_number_stays_so_and_nothing_is_left_far_below(dtype):
    x = np.zeros(64 // np.dtype(dtype).itemsize, dtype)
    x[:5] = [np.nan, -np.inf, -1e30, -0.0, np.finfo(dtype).min]
    y = of(x)

    assert np.isnan(y[0])
    np.testing.assert_array_equal(y[1:5], [0, 0, 1, 0])
    assert (y[5:] == 1).all()

"""tanh of lanes against NumPy's in float64, for floats of every size and sign."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.kernels.jit import kernel
from lsnn_core.kernels.vectors.lanes import lane_count, load, store
from lsnn_core.kernels.vectors.tanh import tanh


@kernel
def every(x, y):
    for k in range(0, x.size, lane_count(x)):
        store(y, k, tanh(load(x, k)))


def of(x: np.ndarray) -> np.ndarray:
    y = np.empty_like(x)
    every(x, y)
    return y


def test_float32_is_within_five_units_in_the_last_place():
    pattern = np.arange(0, 2**32, 2**12, dtype=np.uint64).astype(np.uint32)
    x = pattern.view(np.float32)
    normal = np.isfinite(x) & (np.abs(x) >= np.finfo(np.float32).tiny)
    exact = np.tanh(x[normal].astype(np.float64))
    units = (of(x)[normal] - exact) / np.spacing(np.abs(exact).astype(np.float32))

    assert normal.sum() > 1_000_000
    assert np.abs(units).max() < 5
    assert np.abs(of(x)[normal]).max() < 1


def test_float64_is_the_librarys():
    x = np.concatenate([s * np.geomspace(1e-300, 1e300, 4000) for s in (-1, 1)])

    np.testing.assert_allclose(of(x), np.tanh(x), rtol=5e-16)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_no_number_stays_so_and_infinity_is_one(dtype):
    x = np.zeros(64 // np.dtype(dtype).itemsize, dtype)
    x[:4] = [np.nan, np.inf, -np.inf, -0.0]
    y = of(x)

    assert np.isnan(y[0])
    np.testing.assert_allclose(y[1:3], [1, -1], rtol=3e-7)
    assert not y[3:].any()

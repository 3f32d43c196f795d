"""Kernels of rate units against their readable twins, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.kernels.rate import lstm_backward, lstm_forward, rnn_backward, rnn_forward
from lsnn_core.reference.rate import lstm_step, lstm_step_back, rnn_step, rnn_step_back
from tests.tolerances import ROUNDING

BOTH = pytest.mark.parametrize(
    ("dtype", "close"),
    [
        (np.float64, {"rtol": ROUNDING, "atol": 1e-15}),
        (np.float32, {"rtol": 2e-5, "atol": 1e-6}),  # 1 - tanh^2 loses digits near 1
    ],
)
SIZES = pytest.mark.parametrize(("n", "lanes"), [(1, 16), (5, 48)])
APART = 3  # rows of h and dL/da lie in a buffer that holds other steps, too


def drawn(dtype, *shapes: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [(2.0 * rng.standard_normal(shape)).astype(dtype) for shape in shapes]


def rows_apart(dtype, rows: int, lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """A buffer full of NaN, and the rows of it that a kernel may write."""
    buffer = np.full((rows, APART, lanes), np.nan, dtype)
    return buffer, buffer[:, 1]


def assert_nothing_else_written(buffer: np.ndarray) -> None:
    assert np.isnan(buffer[:, ::2]).all()
    assert np.isfinite(buffer[:, 1]).all()


@BOTH
@SIZES
def test_an_rnn_steps_forward_and_back(dtype, close, n, lanes):
    a, d_h = drawn(dtype, (n, lanes), (n, lanes))
    kept, h = rows_apart(dtype, n, lanes)
    there, d_a = rows_apart(dtype, n, lanes)
    rnn_forward(a, h)
    rnn_backward(h, d_h, d_a, 0.0)

    np.testing.assert_allclose(h, rnn_step(a.astype(float)), **close)
    np.testing.assert_allclose(d_a, rnn_step_back(h.astype(float), d_h), **close)
    assert_nothing_else_written(kept)
    assert_nothing_else_written(there)


@BOTH
@SIZES
def test_an_lstm_steps_forward_and_back(dtype, close, n, lanes):
    a, c_before, d_h, d_c = drawn(dtype, (4 * n, lanes), *3 * [(n, lanes)])
    gate, c, before = np.empty_like(a), np.empty_like(c_before), d_c.copy()
    kept, h = rows_apart(dtype, n, lanes)
    there, d_a = rows_apart(dtype, 4 * n, lanes)
    lstm_forward(a, c_before, gate, c, h)
    lstm_backward(c_before, gate, c, d_h, d_c, d_a, 0.0)

    forward = lstm_step(a.astype(float), c_before)
    for found, expected in zip((gate, c, h), forward, strict=True):
        np.testing.assert_allclose(found, expected, **close)
    record = (value.astype(float) for value in (c_before, gate, c, d_h, before))
    for found, expected in zip((d_a, d_c), lstm_step_back(*record), strict=True):
        np.testing.assert_allclose(found, expected, **close)
    assert_nothing_else_written(kept)
    assert_nothing_else_written(there)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_what_is_not_above_the_bound_becomes_zero(dtype):
    tiny, lanes = 0.5, 64 // np.dtype(dtype).itemsize
    h, d_h, d_a = (np.zeros((1, lanes), dtype) for _ in range(3))
    d_h[0, :5] = [1.0, -1.0, 0.5, -0.25, np.nan]
    rnn_backward(h, d_h, d_a, tiny)

    np.testing.assert_array_equal(d_a[0, :5], [1.0, -1.0, 0.0, 0.0, np.nan])


def test_an_lstm_forgets_only_a_gradient_too_small_to_matter():
    gate = np.full((4, 16), 0.5, np.float32)
    c_before, c, d_h, d_a = (np.zeros((rows, 16), np.float32) for rows in (1, 1, 1, 4))
    d_c = np.linspace(-4, 4, 16, dtype=np.float32)[None]
    before = d_c.copy()
    lstm_backward(c_before, gate, c, d_h, d_c, d_a, 1.0)

    np.testing.assert_array_equal(d_c, np.where(np.abs(0.5 * before) > 1.0, 0.5 * before, 0.0))
    np.testing.assert_array_equal(d_a[3:], before * 0.5 * 0.75)

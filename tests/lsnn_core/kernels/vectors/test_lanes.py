"""Every operation on lanes against the same on NumPy rows."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.kernels.jit import kernel
from lsnn_core.kernels.vectors.lanes import (
    bits,
    fabs,
    fma,
    insert,
    item,
    lane_array,
    lane_count,
    lane_sum,
    lanes_dtype,
    load,
    mask_of,
    select,
    splat,
    store,
)

KINDS = [(scalar, width) for scalar in (np.float32, np.float64) for width in (1, 2, 4, 8, 16)]
NUMBER = 0.75


@kernel
def work(inputs, numbers, out, masks, sums):
    """Write the result of each operation into an item of its own."""
    a, b, c = load(inputs, 0), load(inputs, 1), load(inputs, 2)
    number = item(numbers, 1)
    store(out, 0, a + b)
    store(out, 1, a - b)
    store(out, 2, a * b)
    store(out, 3, a / b)
    store(out, 4, number - a)
    store(out, 5, a * number)
    store(out, 6, fma(a, b, c))
    store(out, 7, fma(number, b, c))
    store(out, 8, fabs(a))
    store(out, 9, select(a > b, a, b))
    store(out, 10, select(a < number, a, 2.0))
    store(out, 11, select((a > b) & ~(a > c) | (b > c), 1.0, c))
    store(out, 12, select(mask_of(inputs, masks[0]), a, 0.0))
    store(out, 13, insert(a, lane_count(inputs) - 1, number))
    store(out, 14, splat(inputs, number))
    store(out, 15, number)
    store(out, 16, select(a <= b, a, 0.0))
    masks[1] = bits(a > b)
    masks[2] = bits(mask_of(inputs, masks[0]))
    sums[0] = lane_sum(a)
    sums[1] = lane_count(inputs)


def expected(a, b, c, spiked):
    last = a.copy()
    last[-1] = NUMBER
    full = np.full_like(a, NUMBER)
    either = ((a > b) & ~(a > c)) | (b > c)
    return [
        a + b, a - b, a * b, a / b, NUMBER - a, a * NUMBER, a * b + c, NUMBER * b + c, np.abs(a),
        np.maximum(a, b), np.where(a < NUMBER, a, 2), np.where(either, 1, c),
        np.where(spiked, a, 0), last, full, full, np.where(a <= b, a, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("scalar", "width"), KINDS)
def test_operations_equal_numpys(scalar, width):
    rng = np.random.default_rng(width)
    kind = lanes_dtype(scalar, width)
    inputs, out = lane_array(3, kind), lane_array(17, kind)
    a, b, c = inputs["lane"][:] = rng.normal(size=(3, width)).astype(scalar)
    b[0] = inputs["lane"][1, 0] = a[0]  # neither is larger
    spiked = rng.random(width) < 0.5
    octets = spiked @ (1 << np.arange(width))
    masks, sums = np.array([octets, 0, 0], np.uint16), np.zeros(2, scalar)
    work(inputs, np.array([0, NUMBER], scalar), out, masks, sums)

    rounding = 4 * np.finfo(scalar).eps  # a fused multiply-add rounds once
    for i, value in enumerate(expected(a, b, c, spiked)):
        np.testing.assert_allclose(out["lane"][i], value, rounding, rounding, err_msg=str(i))
    assert masks[1] == (a > b) @ (1 << np.arange(width))
    assert masks[2] == masks[0]
    np.testing.assert_allclose(sums, [a.sum(), width], 1e-5)


@pytest.mark.parametrize("scalar", [np.float32, np.float64])
def test_comparisons_with_nan_are_false(scalar):
    kind = lanes_dtype(scalar, 4)
    inputs, out, masks = lane_array(3, kind), lane_array(17, kind), np.zeros(3, np.uint16)
    inputs["lane"][0] = [np.nan, 1, np.nan, 2]
    work(inputs, np.zeros(2, scalar), out, masks, np.zeros(2, scalar))

    assert masks[1] == 0b1010
    assert np.isnan(out["lane"][0]).tolist() == [True, False, True, False]
    assert not out["lane"][16].any()  # 1 <= 0, 2 <= 0 and NaN <= 0 are all false


@pytest.mark.parametrize(("scalar", "width"), KINDS)
@pytest.mark.parametrize("count", [0, 1, 7])
def test_lane_arrays_start_on_a_cache_line_and_at_zero(scalar, width, count):
    array = lane_array(count, lanes_dtype(scalar, width))

    assert array.shape == (count,)
    assert array["lane"].shape == (count, width)
    assert array.ctypes.data % 64 == 0 or count == 0
    assert not array["lane"].any()

"""What is flushed is small; NaN and infinity are not."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.kernels.jit import kernel
from lsnn_core.kernels.subnormal import flush
from lsnn_core.kernels.vectors.lanes import lane_array, lanes_dtype


@kernel
def flush_all(array, tiny):
    """Flush every item."""
    flush(array, 0, array.size, tiny)


@pytest.mark.parametrize("scalar", [np.float32, np.float64])
def test_only_small_numbers_become_zero(scalar):
    tiny = 1e-28
    array = lane_array(2, lanes_dtype(scalar, 4))
    numbers = array.view(scalar)
    numbers[:] = [np.nan, np.inf, -np.inf, 1e-29, -1e-29, 1e-27, -1.0, -0.0]

    flush_all(array, tiny)

    expected = np.array([np.nan, np.inf, -np.inf, 0, 0, 1e-27, -1, 0], scalar)
    np.testing.assert_array_equal(numbers, expected)

"""Whatever a caller hands in, the answer is a value or one `UsageError` that names it."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core import given
from lsnn_core.errors import UsageError
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.losses import (
    cross_entropy,
    mean_squared_error,
    rate_regulariser,
    window_cross_entropy,
)
from lsnn_core.task.spikes import SpikeEvents

HUGE = 10**5000  # Python neither prints it nor makes a float of it
RAGGED = [[1, 2], [3]]
ONE = np.ones(1)
CALLS = {
    "n: expected a whole number": lambda value: given.whole("n", value, 0, 9),
    "tau: expected 0 or more": lambda value: given.number("tau", value),
    "flag: expected True or False": lambda value: given.truth("flag", value),
    "net: expected LSNN": lambda value: given.instance("net", value, LSNN, "make one"),
    "dtype: expected float32": lambda value: given.float_type("dtype", value),
    "d_y: expected": lambda value: given.reals("d_y", value, (None, 3), "rows, columns"),
    "ids: expected": lambda value: given.integers("ids", value, (3,), "one for each"),
    "logits: expected": lambda value: cross_entropy(value, [0]),
    "label: expected": lambda value: cross_entropy(np.ones((2, 1)), value),
    "y: expected": lambda value: window_cross_entropy(value, [0]),
    "target: expected": lambda value: mean_squared_error(ONE, value),
    "weight: expected": lambda value: mean_squared_error(ONE, ONE, value),
    "rate: expected": lambda value: rate_regulariser(value, 0.0, 1.0),
    "target: expected a number": lambda value: rate_regulariser(ONE, value, 1.0),
    "weight: expected a number": lambda value: rate_regulariser(ONE, 0.0, value),
    "spikes: expected": lambda value: SpikeEvents.from_dense(value),
}
VALUES = {
    "huge": HUGE,
    "huge and negative": -HUGE,
    "larger than a float": 10**400,
    "ragged": RAGGED,
    "text": "a\x1b[2J",
    "nothing": None,
    "an object": object(),
    "a list of objects": [object()],
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("message", CALLS)
def test_what_is_of_the_wrong_kind_is_refused_by_name_on_one_short_line(message, value):
    with pytest.raises(UsageError, match=f"^{message}") as refused:
        CALLS[message](value)

    text = str(refused.value)
    assert text.isprintable()
    assert len(text) < 250


def test_a_wrong_entry_is_named_by_its_place():
    with pytest.raises(UsageError, match=r"^x\[1, 2\]: expected a finite number, found inf"):
        given.reals("x", [[1, 2, 3], [1, 2, np.inf]], (2, 3))


def test_nan_passes_where_it_may():
    values = given.reals("y", [np.nan, 1.0], (None,), finite=False)

    np.testing.assert_array_equal(values, [np.nan, 1.0])


@pytest.mark.parametrize("values", [True, [True, False], np.ones(2, bool)])
def test_truths_are_no_real_numbers_of_a_task(values):
    with pytest.raises(UsageError, match=r"^y: expected real numbers"):
        given.reals("y", values, np.shape(values), truths=False)


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_integers_become_those_of_a_type_that_holds_them(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    wrong = [high + 1] if high < 2**63 - 1 else np.array([2**63], np.uint64)

    assert given.integers("ids", [low, high], dtype=dtype).dtype == dtype
    assert given.integers("ids", [], dtype=dtype).dtype == dtype
    with pytest.raises(UsageError, match=rf"^ids\[0\]: expected integers within {low}\.\.{high}"):
        given.integers("ids", wrong, dtype=dtype)

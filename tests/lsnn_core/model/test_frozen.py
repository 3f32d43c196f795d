"""Arrays that stay as they are: for whom, and what kernels get instead."""

from __future__ import annotations

import pickle
import weakref

import numpy as np
import pytest

from lsnn_core.model.frozen import for_kernel, freeze, frozen, is_frozen


def test_an_array_nobody_holds_is_made_read_only_itself():
    array = np.arange(3)

    assert freeze(array) is array
    assert is_frozen(array)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_caller_s_array_is_copied_and_stays_the_caller_s():
    mine = np.arange(3)
    view = mine[:]
    view.flags.writeable = False  # but not what it shows
    for array in (mine, view):
        kept = frozen(array)
        mine[0] += 1
        assert kept[0] == mine[0] - 1
        assert is_frozen(kept)
        assert frozen(kept) is kept
    assert mine.flags.writeable


@pytest.mark.parametrize("size", [0, 3])
def test_kernels_get_the_same_memory_as_an_array_they_know(size):
    kept = freeze(np.arange(size, dtype=np.float32))
    seen = for_kernel(kept)

    assert seen.flags.writeable  # else they would be compiled once more
    assert seen.dtype == kept.dtype
    assert size == 0 or np.shares_memory(seen, kept)
    assert not kept.flags.writeable
    np.testing.assert_array_equal(seen, kept)
    assert for_kernel(seen) is seen


def test_the_memory_lives_as_long_as_what_kernels_see():
    kept = freeze(np.arange(1000))
    alive, seen = weakref.ref(kept), for_kernel(kept)
    del kept

    assert alive() is not None
    assert seen.sum() == 499500


def test_kernels_get_an_array_after_pickling_too():
    kept = freeze(np.arange(3.0))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(kept, protocol))
        np.testing.assert_array_equal(for_kernel(again), kept)

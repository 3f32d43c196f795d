"""Times and ids become the right spikes in the right steps, and what is none is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from tasks.spikes.examples import Examples, Grid, Spikes, check_grid
from tests.helpers.spikes import N_IN, arrays

GRID = Grid(N_IN, 40, 1.0)


def binned(content, grid=GRID, parts=1):
    """Examples from arrays, handed over in so many parts."""
    n = len(content["label"])
    cuts = np.linspace(0, n, parts + 1).astype(int)
    ptr = content["ptr"]
    pieces = [
        Spikes(
            content["times"][ptr[a] : ptr[b]],
            content["ids"][ptr[a] : ptr[b]],
            ptr[a : b + 1] - ptr[a],
        )
        for a, b in itertools.pairwise(cuts)
    ]
    return Examples.binned(grid, pieces, content["label"])


def dense(content, grid=GRID):
    """The same spikes one by one, (T, N, n_in)."""
    spikes = np.zeros((grid.n_steps, len(content["label"]), grid.n_in), np.bool_)
    for example in range(len(content["label"])):
        for s in range(content["ptr"][example], content["ptr"][example + 1]):
            step = math.floor(content["times"][s] / grid.per_step + 0.001)  # D-recorded-spikes
            if step < grid.n_steps:
                spikes[step, example, content["ids"][s]] = True
    return spikes


@given(st.integers(1, 16), st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 3.0]))
def test_events_are_the_spikes_one_by_one(n, seed, per_step):
    content, grid = arrays(n, seed), Grid(N_IN, 40, per_step)
    events = binned(content, grid).events(np.arange(n))
    events.validate(N_IN)
    assert np.array_equal(events.to_dense(N_IN), dense(content, grid))


def test_parts_do_not_matter():
    content = arrays()
    one, many = binned(content), binned(content, parts=7)
    assert np.array_equal(one.site, many.site)
    assert np.array_equal(one.ptr, many.ptr)


def test_some_of_the_examples_are_those():
    content, index = arrays(), np.array([17, 3, 3, 0])
    some = binned(content).take(index)
    assert np.array_equal(some.events(np.arange(4)).to_dense(N_IN), dense(content)[:, index])
    assert np.array_equal(some.label, content["label"][index])


def test_none_of_no_spikes():
    content = {"times": np.zeros(0), "ids": np.zeros(0, int), "ptr": np.zeros(3, int)}
    events = binned({**content, "label": np.zeros(2, int)}).events(np.arange(2))
    assert (events.n_steps, events.n_lanes, len(events.source)) == (40, 2, 0)


def test_whole_milliseconds_in_seconds_are_whole_steps():
    step = np.arange(1000)
    for dtype in (np.float64, np.float32):
        times = (step / 1000).astype(dtype)
        part = Spikes(times, np.zeros(1000, int), np.array([0, 1000]))
        examples = Examples.binned(Grid(1, 1000, 1 / 1000), [part], np.zeros(1, int))
        assert np.array_equal(examples.site, step)


@pytest.mark.parametrize("late", [1e300, 3.4e38, 40.0])
def test_what_is_late_is_cut(late):
    part = Spikes(np.array([1.0, late]), np.array([2, 2]), np.array([0, 2]))
    assert Examples.binned(Grid(6, 40, 1e-9), [part], np.zeros(1, int)).site.size == 0
    assert Examples.binned(GRID, [part], np.zeros(1, int)).site.tolist() == [1 * 6 + 2]


def three(**changes):
    content = {
        "times": np.array([0.0, 1.0, 2.0]),
        "ids": np.array([0, 5, 2]),
        "ptr": np.array([0, 1, 3]),
        "label": np.array([0, 1]),
    }
    return Examples.binned(
        GRID, [Spikes(*({**content, **changes}[k] for k in ("times", "ids", "ptr")))], np.zeros(2)
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times": [0.0, np.nan, 1.0]}, "times: expected a finite time .* found nan in example 1"),
        ({"times": [0.0, 1.0, np.inf]}, "times: .* found inf in example 1"),
        ({"times": [-0.5, 1.0, 2.0]}, r"times: .* at least 0, found -0.5 in example 0"),
        ({"times": [0.0, 1.0]}, "ids: expected 2, one for each time, found 3"),
        ({"times": [[0.0], [1.0], [2.0]]}, r"times: expected a vector of numbers, found float64"),
        ({"times": [True, True, False]}, "times: expected a vector of numbers, found bool"),
        ({"ids": [0, 6, 2]}, "ids: expected an input from 0 to 5, found 6 in example 1"),
        ({"ids": [-1, 0, 2]}, "ids: .* found -1 in example 0"),
        ({"ids": [0.0, 1.0, 2.0]}, "ids: expected a vector of integers, found float64"),
        ({"ptr": [0, 4, 3]}, "ptr: expected to rise from 0 to the 3 spikes"),
        ({"ptr": [1, 1, 3]}, "ptr: expected to rise"),
        ({"ptr": [0, 1, 2]}, "ptr: expected to rise"),
        ({"ptr": np.array([0, 2**63, 3], np.uint64)}, "ptr: expected to rise"),
        ({"ptr": []}, "ptr: expected a vector of integers"),
    ],
)
def test_what_is_no_spike_is_refused(changes, message):
    three()
    with pytest.raises(UsageError, match=message):
        three(**{name: np.asarray(value) for name, value in changes.items()})


def test_a_grid_larger_than_a_spike_can_tell_is_refused():
    check_grid(700, 3_067_833)
    with pytest.raises(UsageError, match=r"task\.n_steps: found 3067834, expected less than"):
        check_grid(700, 3_067_834)

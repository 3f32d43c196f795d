"""Spikes as times and ids, to dense arrays and events and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.task.spikes import SpikeEvents
from lsnn_core.task.trains import SpikeTrains


@st.composite
def batches(draw):
    sizes = draw(st.tuples(st.integers(1, 9), st.integers(0, 20), st.integers(0, 7)))
    share = draw(st.sampled_from([0.0, 0.1, 0.9]))
    return np.random.default_rng(draw(st.integers(0, 99))).random(sizes) < share


@given(batches(), st.sampled_from([1.0, 0.1, 0.3, 2.0]))
def test_times_and_ids_hold_all_of_a_dense_array(z, dt_ms):
    trains = SpikeTrains.from_dense(z, dt_ms)
    np.testing.assert_array_equal(trains.dense(), z)

    again = SpikeTrains.from_times(list(trains), len(z), z.shape[2], dt_ms)
    np.testing.assert_array_equal(again.dense(), z)
    assert len(trains) == z.shape[1]
    assert sum(len(ids) for _, ids in trains) == z.sum()


@given(batches())
def test_events_are_those_of_the_dense_array(z):
    trains, stop = SpikeTrains.from_dense(z), min(z.shape[1], 16)
    for start in {0, stop // 2}:
        if start == stop:
            continue
        found, expected = trains.events(start, stop), SpikeEvents.from_dense(z[:, start:stop])
        found.validate(z.shape[2])
        for name in ("ptr", "source", "lanes"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_a_time_lies_in_the_step_that_has_begun():
    trains = SpikeTrains.from_times([([0.0, 0.99, 1.0, 4.5], [0, 1, 0, 1])], 5, 2)
    times, ids = trains[0]
    assert times.tolist() == [0, 0, 1, 4]
    assert ids.tolist() == [0, 1, 0, 1]
    tenth = SpikeTrains.from_times([([0.3, 0.7], [0, 0])], 10, 1, dt_ms=0.1)
    assert tenth.step.tolist() == [3, 7]


def test_any_order_will_do_and_two_spikes_in_a_step_are_one():
    trains = SpikeTrains.from_times([([3.2, 1.0, 3.9], [1, 0, 1]), ([], [])], 5, 2)
    assert trains[0][0].tolist() == [1, 3]
    assert [array.tolist() for array in trains[-1]] == [[], []]
    assert repr(trains) == "SpikeTrains(2 examples of 5 steps of 1 ms, 2 spikes of 2)"


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (([1.0], [0]), r"examples\[0\]: expected a pair \(times, ids\), found \[1.0\]; of one"),
        ("spikes", "examples: expected a list with"),
        ([([1.0, 5.0], [0, 0])], r"examples\[0\] times\[1\]: expected 0 to below 5 ms, found 5"),
        ([([], []), ([-0.1], [0])], r"examples\[1\] times\[0\]: expected 0 to below"),
        ([([1.0], [2])], r"examples\[0\] ids\[0\]: expected 0 to 1, found 2"),
        ([([1.0], [0.5])], r"examples\[0\] ids: expected integers"),
        ([([1.0, 2.0], [0])], r"examples\[0\] ids: expected shape \(2,\)"),
        ([([np.nan], [0])], r"examples\[0\] times\[0\]: expected a finite number"),
    ],
)
def test_what_is_no_train_is_refused_by_name(examples, message):
    with pytest.raises(UsageError, match=message):
        SpikeTrains.from_times(examples, 5, 2)


@pytest.mark.parametrize("z", [np.full((2, 1, 1), 2), np.zeros((2, 2))])
def test_an_array_of_other_numbers_is_no_array_of_spikes(z):
    with pytest.raises(UsageError, match=r"^spikes"):
        SpikeTrains.from_dense(z)


def test_nobody_writes_into_a_train():
    trains = SpikeTrains.from_dense(np.ones((2, 1, 1)))
    with pytest.raises(ValueError, match="read-only"):
        trains.ids[0] = 7
    with pytest.raises(IndexError, match="example: expected one of 1"):
        trains[1]

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lsnn_core.errors import UsageError
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

dense_spikes = hnp.arrays(
    np.bool_, st.tuples(st.integers(0, 7), st.integers(1, 16), st.integers(0, 9))
)


def two_steps() -> SpikeEvents:
    """Neuron 2 of both examples, then neurons 0 and 1 of the second."""
    return SpikeEvents(
        np.array([0, 1, 3]),
        np.array([2, 0, 1], np.int32),
        np.array([0b11, 0b10, 0b10], np.uint16),
        n_lanes=2,
    )


def test_worked_example():
    spikes = np.zeros((2, 2, 3), bool)
    spikes[0, :, 2] = spikes[1, 1, :2] = True
    found, expected = SpikeEvents.from_dense(spikes), two_steps()
    for name in ("ptr", "source", "lanes", "step"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        assert getattr(found, name).dtype == getattr(expected, name).dtype
    assert (found.n_steps, found.n_lanes) == (2, 2)


@given(dense_spikes)
def test_round_trip_through_dense(spikes):
    events = SpikeEvents.from_dense(spikes)
    np.testing.assert_array_equal(events.to_dense(spikes.shape[2]), spikes)


@given(dense_spikes)
def test_one_event_for_a_neuron_and_step(spikes):
    events = SpikeEvents.from_dense(spikes)
    events.validate(spikes.shape[2])
    assert events.source.size == np.count_nonzero(spikes.any(axis=1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ptr": np.array([0, 1, 2])}, "ptr"),
        ({"ptr": np.array([1, 1, 3])}, "ptr"),
        ({"ptr": np.array([0, 4, 3])}, "ptr"),
        ({"ptr": np.array([], np.int64)}, "ptr"),
        ({"ptr": np.array([0, 1, 3], np.int32)}, "ptr"),
        ({"source": np.array([3, 0, 1], np.int32)}, "source: expected 0 to 2, found 3"),
        ({"source": np.array([-1, 0, 1], np.int32)}, "source"),
        ({"source": np.array([2, 1, 0], np.int32)}, "ascending sources in step 1"),
        ({"source": np.array([2, 1, 1], np.int32)}, "ascending sources in step 1"),
        ({"source": np.array([2, 0, 1])}, "source: expected a vector of int32"),
        ({"lanes": np.array([3, 0, 2], np.uint16)}, "lanes: expected 1 to 3, found 0"),
        ({"lanes": np.array([3, 4, 2], np.uint16)}, "lanes: expected 1 to 3, found 4"),
        ({"lanes": np.array([3, 2], np.uint16)}, "one mask for each"),
        ({"n_lanes": 17}, "1 to 16 examples"),
        ({"n_lanes": 0}, "1 to 16 examples"),
        ({"n_lanes": 2.0}, "1 to 16 examples"),
        ({"lanes": [3, 2, 2]}, "lanes: expected a vector of uint16"),
    ],
)
def test_broken_events_are_refused(change, message):
    two_steps().validate(3)
    with pytest.raises(UsageError, match=message):
        dataclasses.replace(two_steps(), **change).validate(3)


@given(
    st.lists(st.integers(0, 4), max_size=6),
    st.lists(st.integers(0, 3), max_size=6),
)
def test_sources_ascend_within_a_step_and_start_anew_in_the_next(rises, source):
    ptr = np.concatenate([[0], np.sort(np.minimum(rises, len(source))), [len(source)]]).astype(int)
    events = SpikeEvents(
        ptr, np.array(source, np.int32), np.ones(len(source), np.uint16), n_lanes=1
    )
    steps = [source[a:b] for a, b in itertools.pairwise(ptr)]
    falls = [t for t, step in enumerate(steps) if step != sorted(set(step))]

    if not falls:
        events.validate(4)
        return
    with pytest.raises(UsageError, match=f"ascending sources in step {falls[0]}, found a fall"):
        events.validate(4)


def test_a_long_ptr_is_quoted_in_one_line():
    ptr = np.arange(100)[::-1]
    for ends in (ptr, np.append(np.append(0, ptr), 3)):
        with pytest.raises(UsageError) as caught:
            dataclasses.replace(two_steps(), ptr=ends).validate(3)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "spikes",
    [
        np.zeros((2, 17, 3), bool),
        np.zeros((2, 0, 3), bool),
        np.zeros((2, 3), bool),
        np.zeros((2, 1, 3)),
    ],
)
def test_arrays_that_are_no_block_of_spikes_are_refused(spikes):
    with pytest.raises(UsageError):
        SpikeEvents.from_dense(spikes)


@pytest.mark.parametrize("size", [(17, 4, 5), (1, 5, 5), (1, 4, 6)])
def test_buffers_know_what_fits(size):
    buffers = EventBuffers.allocate(4, 5)
    buffers.check(16, 4, 5)
    with pytest.raises(UsageError):
        buffers.check(*size)


@pytest.mark.parametrize("name", ["ptr", "source", "lanes"])
def test_buffers_are_of_the_dtypes_of_events(name):
    buffers = EventBuffers.allocate(4, 5)
    other = buffers._replace(**{name: getattr(buffers, name).astype(np.int16)})
    with pytest.raises(UsageError, match=rf"buffers\.{name}: expected a vector of"):
        other.check(16, 4, 5)

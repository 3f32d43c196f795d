from __future__ import annotations

import numpy as np
import pytest

from analysis import spike_ticks
from lsnn_core.errors import UsageError
from tests.helpers.axes import one_axes


def segments(ticks: object) -> np.ndarray:
    return np.array(ticks.get_segments())  # type: ignore[attr-defined]


def test_a_tick_stands_at_each_spike_in_its_neurons_row():
    ticks = spike_ticks(one_axes(), [3.0, 1.0, 2.0], [7, 5, 7], nodes=[5, 7], height=0.8)

    drawn = segments(ticks)
    np.testing.assert_array_equal(drawn[:, 0, 0], [3.0, 1.0, 2.0])
    np.testing.assert_array_equal(drawn[:, 1, 0], [3.0, 1.0, 2.0])
    np.testing.assert_allclose(drawn[:, :, 1].mean(axis=1), [1, 0, 1])
    np.testing.assert_allclose(np.ptp(drawn[:, :, 1], axis=1), 0.8)


def test_nodes_choose_and_order_the_rows():
    ticks = spike_ticks(one_axes(), [1.0, 2.0, 3.0, 4.0], [9, 4, 5, 9], nodes=[9, 0, 4])

    drawn = segments(ticks)
    np.testing.assert_array_equal(drawn[:, 0, 0], [1.0, 2.0, 4.0])
    np.testing.assert_allclose(drawn[:, :, 1].mean(axis=1), [0, 2, 0])


@pytest.mark.parametrize(("n", "height"), [(10, 0.9), (100, 2.5)])
def test_ticks_among_many_rows_are_taller(n, height):
    (tick,) = segments(spike_ticks(one_axes(), [1.0], [5], nodes=np.arange(n)))

    np.testing.assert_allclose(np.ptp(tick[:, 1]), height)


def test_silent_neurons_keep_their_rows():
    ax = one_axes()

    spike_ticks(ax, [1.0], [0], nodes=np.arange(50), height=1.0)

    assert ax.get_ylim() == (-1.0, 50.0)


def test_a_row_is_a_neurons_number_if_none_are_chosen():
    ax = one_axes()

    drawn = segments(spike_ticks(ax, [1.0, 2.0], [3, 9], height=1.0))

    np.testing.assert_allclose(drawn[:, :, 1].mean(axis=1), [3, 9])
    assert ax.get_ylim() == (-1.0, 10.0)


def test_bottom_lifts_the_rows():
    ticks = spike_ticks(one_axes(), [1.0], [3], bottom=10.0)

    assert segments(ticks)[0, :, 1].mean() == 13.0


@pytest.mark.parametrize("nodes", [[1, 2], [], None])
def test_no_spikes_is_said_in_words(nodes):
    ax = one_axes()

    ticks = spike_ticks(ax, [], [], nodes=nodes)

    assert len(ticks.get_segments()) == 0
    assert [text.get_text() for text in ax.texts] == ["no spikes"]


@pytest.mark.parametrize(
    ("times", "ids", "nodes", "named"),
    [
        ([1.0, 2.0], [0], None, "node_ids"),
        ([[1.0]], [0], None, "times_ms"),
        ([1.0], [0], [0, 0], "nodes"),
    ],
)
def test_wrong_arrays_are_refused_by_name(times, ids, nodes, named):
    with pytest.raises(UsageError, match=named):
        spike_ticks(one_axes(), times, ids, nodes=nodes)

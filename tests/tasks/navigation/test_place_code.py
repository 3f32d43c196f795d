"""Place cells and reward volleys."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.random.streams import example_keys
from tasks.navigation.place_code import GROUP, N_IN, PEAK, centres, input_spikes, rates

KEYS = example_keys(3, (), np.arange(3))


def test_a_cell_fires_most_at_its_centre_and_as_published_beside_it():
    c = centres()
    here = rates(np.array([[c[10], c[20] + 0.05]]))[0]

    assert here[10] == PEAK == 0.5
    assert here[GROUP + 20] == pytest.approx(0.5 * np.exp(-100 * 0.05**2))
    assert here[:GROUP].argmax() == 10


def test_far_cells_are_silent_and_lost_little():
    position = np.array([[0.123, -0.456]])
    everything = 0.5 * np.exp(-100 * (position[:, :, None] - centres()) ** 2)

    assert (rates(position) == 0.0).mean() > 0.5
    assert rates(position).sum() == pytest.approx(everything.sum(), rel=1e-3)


def test_spikes_come_at_their_rate():
    position = np.array([[0.3, -0.7]])
    keys = example_keys(0, (), np.arange(1))
    counts = np.mean([input_spikes(position, np.zeros(1), keys, t)[0] for t in range(4000)], axis=0)

    np.testing.assert_allclose(counts[: 2 * GROUP], rates(position)[0], atol=0.04)


def test_rewards_come_as_volleys():
    spikes = input_spikes(np.zeros((3, 2)), np.array([1.0, -0.02, 0.0]), KEYS, 5)
    volleys = spikes[:, 2 * GROUP :].reshape(3, 2, GROUP)

    assert spikes.shape == (3, N_IN)
    assert volleys.all(axis=2).tolist() == [[True, False], [False, True], [False, False]]
    assert volleys.any(axis=2).tolist() == volleys.all(axis=2).tolist()

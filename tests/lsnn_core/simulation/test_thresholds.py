"""Thresholds along spikes are those that the network had, whoever asks and however many."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.random.streams import stream
from lsnn_core.reference import forward
from lsnn_core.simulation.thresholds import thresholds

CASE = random_case("", stream(4, "thresholds"), CaseOptions(n=12, n_regular=5))
NET = reference_network(CASE.net)


@pytest.fixture(scope="module")
def traces():
    return [forward(NET, x, current) for x, current in zip(*examples(), strict=True)]


def examples():
    return CASE.x.transpose(1, 0, 2).astype(float), CASE.current.transpose(1, 0, 2)


@pytest.mark.parametrize("nodes", [[11], [5, 6, 7, 8, 9, 10, 11], list(range(12)), []])
def test_thresholds_are_those_of_the_run(nodes, traces):
    z, B = (np.stack([getattr(t, name) for t in traces], axis=1) for name in ("z", "B"))

    found = thresholds(z, CASE.net.neurons, np.array(nodes, int))

    assert z.any()
    assert found.shape == (61, 3, len(nodes))
    np.testing.assert_allclose(found[:-1], B[..., nodes], rtol=1e-12)


def test_one_example_is_followed_beyond_its_last_spike(traces):
    state = traces[0].final
    left = NET.b0 + NET.beta * (NET.rho * state.b + (1 - NET.rho) * state.z)

    found = thresholds(traces[0].z, CASE.net.neurons, np.arange(12))

    assert state.z.any()
    np.testing.assert_allclose(found[-1], left, rtol=1e-12)


def test_before_any_spike_there_is_the_threshold_at_rest():
    found = thresholds(np.zeros((0, 12), bool), CASE.net.neurons, np.arange(12))

    np.testing.assert_array_equal(found, [CASE.net.neurons.b0])

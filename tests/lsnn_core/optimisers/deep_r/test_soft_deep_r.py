from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.initial import initial_connections
from lsnn_core.model.sites import site_delay, site_sign
from lsnn_core.optimisers.deep_r import ConnectionOptimiser, Rewiring
from tests.helpers.networks import connections, seeds

SEED, NET = 5, Layout(30, 40, 10)
SOFT = Rewiring("soft-deep-r", l1=0.01, temperature=0.001)


def learner_at(connectivity: float, policy: Rewiring = SOFT) -> ConnectionOptimiser:
    listed = initial_connections(NET, connectivity, 3, None, SEED, np.float64, signed=True)
    return ConnectionOptimiser(listed, policy, AdamSettings(), SEED, n_delays=3)


def wander(learner: ConnectionOptimiser, steps: int, lr: float = 0.1) -> list[int]:
    """Steps without gradient: only noise and the pull towards zero act."""
    counts = []
    for iteration in range(steps):
        learner.step(np.zeros(len(learner.connections)), lr, iteration)
        counts.append(len(learner.connections))
    return counts


@given(connections(signed=True, seed=SEED), seeds)
def test_a_step_keeps_the_list_in_order(listed: Connections, seed: int) -> None:
    learner = ConnectionOptimiser(listed, SOFT, AdamSettings(), SEED, n_delays=3)
    rng = np.random.default_rng(seed)
    for iteration in range(5):
        before = len(learner.connections)
        result = learner.step(rng.normal(size=before), 0.3, iteration)
        after = learner.connections
        after.validate()
        change = len(result.created_index) - len(result.dropped_index)
        assert len(after) == before + change == len(learner.state()["age"])
        np.testing.assert_array_equal(after.sign, site_sign(SEED, after.source, after.target))
        delay = site_delay(SEED, after.source, after.target, 3)
        np.testing.assert_array_equal(
            after.delay, np.where(after.target < after.layout.n, delay, 0)
        )


@pytest.mark.parametrize("p0", [0.15, 0.6])
def test_without_gradient_the_stationary_law_is_the_prior(p0: float) -> None:
    learner = learner_at(p0)
    counts = wander(learner, 4000)
    fraction = np.mean(counts[1000:]) / NET.sites
    theta = np.abs(learner.connections.weight)
    assert fraction == pytest.approx(p0, rel=0.1)  # the step is finite, the law of the limit
    assert theta.mean() == pytest.approx(0.001 / 0.01, rel=0.15)  # exponential with mean T / l1
    assert theta.std() == pytest.approx(0.001 / 0.01, rel=0.2)


def test_the_count_is_free_and_follows_the_gradient() -> None:
    learner = learner_at(0.2)
    size = len(learner.connections)
    for iteration in range(50):
        learner.step(learner.connections.sign.astype(float), 0.05, iteration)
    assert len(learner.connections) < size / 2


def test_woken_connections_are_spread_over_all_matrices() -> None:
    learner = learner_at(0.2)
    created = dict.fromkeys(NET.matrices, 0)
    for iteration in range(300):
        result = learner.step(np.zeros(len(learner.connections)), 0.1, iteration)
        created = {name: created[name] + result.created[name] for name in created}
    share = np.array(list(created.values())) / sum(created.values())
    sites = np.array([block.sites for block in NET.matrices.values()])
    np.testing.assert_allclose(share, sites / sites.sum(), atol=0.02)


def test_everything_awake_at_the_start_stays_bounded() -> None:
    learner = learner_at(1.0)
    assert max(wander(learner, 20)) <= NET.sites


def test_nothing_moves_at_a_learning_rate_of_zero() -> None:
    learner = learner_at(0.2)
    before = learner.connections
    assert not learner.step(np.ones(len(before)), 0.0, 0).changed
    assert learner.connections.equals(before)


def test_restored_learner_knows_the_connectivity_of_the_start() -> None:
    first = learner_at(0.2)
    wander(first, 30)
    second = ConnectionOptimiser(first.connections, SOFT, AdamSettings(), SEED, n_delays=3)
    second.restore(first.state())
    for learner in (first, second):
        for iteration in range(30, 50):
            learner.step(np.ones(len(learner.connections)), 0.01, iteration)
    assert first.connections.equals(second.connections)


def test_steps_too_long_for_the_stationary_law_are_told_of_once() -> None:
    short, long = learner_at(0.179), learner_at(0.179)
    limit = (0.5 * 0.001 / 0.01) ** 2 / (2 * 0.001)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        within = wander(short, 400, lr=0.99 * limit)
    with pytest.warns(
        UserWarning, match=r"sqrt\(2 lr T\) = 0\.4.*T / l1 = 0\.1.*not 0\.179"
    ) as told:
        beyond = wander(long, 400, lr=64 * limit)

    assert len(told) == 1
    assert np.mean(within[200:]) / NET.sites == pytest.approx(0.179, rel=0.15)
    assert np.mean(beyond[200:]) / NET.sites > 1.3 * 0.179


def test_noise_reaches_connections_that_the_gradient_drove_below_zero() -> None:
    warm = Rewiring("deep-r", l1=0.0, temperature=1e6)
    learner = learner_at(0.2, warm)
    size = len(learner.connections)
    result = learner.step(learner.connections.sign * 1.0, 0.5, 0)  # each theta falls by 0.5

    assert 0.4 * size < len(result.dropped_index) < 0.6 * size

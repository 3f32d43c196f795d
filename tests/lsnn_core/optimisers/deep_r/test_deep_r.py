from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.errors import NumericalError
from lsnn_core.model.connections import MATRICES, Connections, Layout
from lsnn_core.model.initial import initial_connections, source_signs
from lsnn_core.model.sites import site_delay, site_sign
from lsnn_core.optimisers.deep_r import ConnectionOptimiser, Rewiring
from tests.helpers.networks import connections, seeds
from tests.helpers.rewiring import EACH, POOLED, SEED, SMALL, drop, optimiser, sites_of, start

budgets = st.sampled_from([POOLED, EACH, Rewiring("deep-r", temperature=1e-3)])


@given(connections(signed=True, seed=SEED), budgets, seeds)
def test_a_step_keeps_count_order_signs_and_delays(
    listed: Connections, policy: Rewiring, seed: int
) -> None:
    learner, rng = optimiser(listed, policy), np.random.default_rng(seed)
    for iteration in range(5):
        learner.step(rng.normal(size=len(listed)), 0.3, iteration)
        after = learner.connections
        after.validate()
        assert len(after) == len(listed)
        assert (after.weight * after.sign > 0).all()
        np.testing.assert_array_equal(after.sign, site_sign(SEED, after.source, after.target))
        delay = site_delay(SEED, after.source, after.target, 3)
        np.testing.assert_array_equal(
            after.delay, np.where(after.target < after.layout.n, delay, 0)
        )


@given(connections(signed=True, seed=SEED), budgets, seeds)
def test_the_report_tells_what_happened(listed: Connections, policy: Rewiring, seed: int) -> None:
    learner = optimiser(listed, policy)
    result = learner.step(np.random.default_rng(seed).normal(size=len(listed)), 0.3, 0)
    after = learner.connections
    stayed = np.ones(len(listed), bool)
    stayed[result.dropped_index] = False
    old = np.ones(len(after), bool)
    old[result.created_index] = False
    np.testing.assert_array_equal(listed.target[stayed], after.target[old])
    np.testing.assert_array_equal(listed.source[stayed], after.source[old])
    for name in MATRICES:
        change = result.created[name] - result.dropped[name]
        assert after.count(name) == listed.count(name) + change
    assert sum(result.dropped.values()) == len(result.dropped_index)
    assert sum(result.created.values()) == len(result.created_index)
    assert result.shortage == 0
    assert result.changed == bool(len(result.dropped_index))


def test_the_given_list_is_not_touched() -> None:
    listed = start()
    copy = Connections(
        SMALL, *(getattr(listed, name).copy() for name in ("indptr", "target", "delay", "sign")),
        listed.weight.copy(),
    )  # fmt: skip
    drop(optimiser(listed), [0, 3])
    assert listed.equals(copy)


def test_a_step_is_adam_then_the_pull_towards_zero() -> None:
    listed = start()
    learner = optimiser(listed, Rewiring("deep-r", l1=0.5), AdamSettings(eps=1e-300))
    learner.step(-listed.sign.astype(float), 0.01, 0)
    moved = np.abs(learner.connections.weight) - np.abs(listed.weight)
    np.testing.assert_allclose(moved, 0.01 - 0.01 * 0.5, rtol=1e-10)


def test_noise_has_the_langevin_spread() -> None:
    listed = start(Layout(50, 50, 0), 1.0)
    learner = optimiser(listed, Rewiring("deep-r", l1=0.0, temperature=1e-8))
    learner.step(np.zeros(len(listed)), 0.02, 0)
    moved = (learner.connections.weight - listed.weight) * listed.sign
    old = np.abs(learner.connections.weight) > 1e-3
    assert moved[old].std() == pytest.approx(np.sqrt(2 * 0.02 * 1e-8), rel=0.05)
    assert abs(moved[old].mean()) < 1e-6


def test_each_step_of_an_iteration_draws_noise_of_its_own() -> None:
    listed = start(Layout(50, 50, 0), 1.0)
    moved = {}
    for key in ((3,), (3, 0), (3, 1), (3, 2), (4,)):
        learner = optimiser(listed, Rewiring("deep-r", l1=0.0, temperature=1e-8))
        learner.step(np.zeros(len(listed)), 0.02, *key)
        moved[key] = learner.connections.weight - listed.weight
    np.testing.assert_array_equal(moved[3,], moved[3, 0])
    apart = [moved[key] for key in ((3, 0), (3, 1), (3, 2), (4,))]
    assert np.abs(np.corrcoef(apart) - np.eye(4)).max() < 0.1


def test_new_connections_start_tiny_without_moments() -> None:
    learner = optimiser(start())
    drop(learner, [], iteration=0)
    result = drop(learner, [1, 5, 8], lr=1000.0, iteration=1)
    new, state = result.created_index, learner.state()
    assert result.dropped_index.tolist() == [1, 5, 8]
    np.testing.assert_array_equal(np.abs(learner.connections.weight[new]), 1e-12)
    assert not np.any([state[name][new] for name in ("m", "v", "age")])


def test_survivors_keep_their_moments_and_ages() -> None:
    learner = optimiser(start())
    drop(learner, [], iteration=0)
    before = learner.state()
    result = drop(learner, [2], lr=1000.0, iteration=1)
    after = learner.state()
    old = np.delete(np.arange(len(learner.connections)), result.created_index)
    stayed = np.delete(np.arange(len(before["age"])), result.dropped_index)
    assert result.dropped_index.tolist() == [2]
    np.testing.assert_array_equal(after["age"][old], before["age"][stayed] + 1)
    expected = 0.9 * before["m"][stayed] * 1.0 + 0.1 * np.sign(before["m"][stayed])
    np.testing.assert_allclose(after["m"][old], expected)


def test_a_new_connection_s_first_step_is_the_learning_rate() -> None:
    learner = optimiser(start(), Rewiring("deep-r", l1=0.0))
    for iteration in range(100):  # with the global step count the step would be 3.2 times as long
        drop(learner, [], lr=0.1, iteration=iteration)
    new = drop(learner, [4], lr=1e4, iteration=100).created_index
    drop(learner, [], lr=0.01, iteration=101)
    np.testing.assert_allclose(np.abs(learner.connections.weight[new]), 0.01, rtol=1e-6)


def test_a_new_connection_without_gradient_is_dropped_again() -> None:
    learner = optimiser(start())
    drop(learner, [4])
    tiny = np.flatnonzero(np.abs(learner.connections.weight) < 1e-6)
    gradient = -learner.connections.sign.astype(float)
    gradient[tiny] = 0.0
    np.testing.assert_array_equal(learner.step(gradient, 0.01, 1).dropped_index, tiny)


def test_redraw_is_by_size_of_matrix_and_uniform_among_its_absent_sites() -> None:
    layout, hits = Layout(2, 3, 1), {}
    listed = start(layout, 0.34)
    for iteration in range(3000):
        learner = optimiser(listed)
        (new,) = drop(learner, [0], iteration=iteration).created_index
        site = (learner.connections.source[new], learner.connections.target[new])
        hits[site] = hits.get(site, 0) + 1
    kept = sites_of(listed) - {(int(listed.source[0]), int(listed.target[0]))}
    chance = {}
    for name, block in layout.matrices.items():
        room = block.sites - listed.count(name) + (name == "W_in")
        for source in range(block.source_start, block.source_stop):
            for target in range(block.target_start, block.target_stop):
                autapse = name == "W_rec" and source - layout.n_in == target
                if not autapse and (source, target) not in kept:
                    chance[source, target] = block.sites / layout.sites / room
    assert set(hits) == set(chance)  # the site just dropped among them
    observed, expected = zip(*((hits[site], 3000 * chance[site]) for site in chance), strict=True)
    assert chisquare(observed, expected).pvalue > 1e-3


def test_per_matrix_budget_keeps_each_count() -> None:
    listed = start()
    learner = optimiser(listed, EACH)
    for iteration in range(20):
        drop(learner, slice(None, None, 2), iteration=iteration)
    for name in MATRICES:
        assert learner.connections.count(name) == listed.count(name)


def test_dale_signs_follow_the_source() -> None:
    sign = source_signs(SMALL, 6, 0.5, 0.5, SEED)
    listed = initial_connections(SMALL, 0.4, 3, sign, SEED, np.float32)
    learner = ConnectionOptimiser(listed, POOLED, AdamSettings(), SEED, source_sign=sign)
    for iteration in range(20):
        drop(learner, slice(None), iteration=iteration)
        after = learner.connections
        np.testing.assert_array_equal(after.sign, sign[after.source])


def test_ten_thousand_rewirings() -> None:
    listed = start(dtype=np.float32)
    learner, rng, created = optimiser(listed), np.random.default_rng(1), 0
    for iteration in range(10_000):
        gradient = rng.normal(0.5 * learner.connections.sign)  # drives most towards zero
        result = learner.step(gradient, 0.05, iteration)
        created += len(result.created_index)
        if iteration % 100 == 0:
            learner.connections.validate()
            again = {name: learner.connections.matrix(name) for name in MATRICES}
            assert Connections.from_matrices(SMALL, again).equals(learner.connections)
    assert len(learner.connections) == len(listed)
    assert created > 10_000


def test_same_seed_same_bits_and_iterations_differ() -> None:
    first, second, later = optimiser(start()), optimiser(start()), optimiser(start())
    drop(first, slice(None, None, 2), iteration=3)
    drop(second, slice(None, None, 2), iteration=3)
    drop(later, slice(None, None, 2), iteration=4)
    assert first.connections.equals(second.connections)
    assert not first.connections.equals(later.connections)


def test_fixed_list_clips_fixed_signs_and_leaves_free_weights() -> None:
    listed = Connections.from_sites(SMALL, [0, 1, 2], [0, 0, 0], [0.1, -0.1, 0.1], 1, [1, -1, 0])
    learner = optimiser(listed, Rewiring("none"))
    result = learner.step(np.array([1.0, -1.0, 1.0]), 0.5, 0)
    np.testing.assert_allclose(learner.connections.weight, [0.0, 0.0, -0.4], atol=1e-6)
    learner.connections.validate()
    assert learner.connections.target is listed.target
    assert not result.changed
    learner.step(np.array([-10.0, 10.0, 0.0]), 0.5, 1)
    assert (np.abs(learner.connections.weight[:2]) > 0.1).all()


@pytest.mark.parametrize("policy", ["none", "deep-r"])
def test_a_weight_that_overflows_is_refused_and_nothing_is_changed(policy: str) -> None:
    weight = np.array([0.1, -0.1, 0.1], np.float32)
    listed = Connections.from_sites(SMALL, [0, 1, 2], [0, 0, 0], weight, 1, [1, -1, 1])
    learner = optimiser(listed, Rewiring(policy))

    with np.errstate(over="ignore"), pytest.raises(NumericalError, match=r"weight\[0\] is inf"):
        learner.step(np.array([-1.0, 1.0, 1.0]), 1e39, 0)
    assert learner.connections.equals(listed)


def test_the_share_of_each_matrix_follows_the_list() -> None:
    learner = optimiser(start(), POOLED)
    for iteration in range(20):
        drop(learner, slice(iteration % 5), iteration=iteration)
    listed = learner.connections

    assert learner.connectivity() == {
        name: listed.count(name) / listed.layout.matrices[name].sites for name in MATRICES
    }


def test_new_connections_of_inputs_without_a_sign_have_that_of_their_site() -> None:
    layout, sign = Layout(3, 8, 2), np.array([0] * 3 + [1] * 5 + [-1] * 3, np.int8)
    first = initial_connections(layout, 0.4, 1, sign, 7, signed=True)
    learner = ConnectionOptimiser(
        first, Rewiring("deep-r", l1=5.0), AdamSettings(), 7, source_sign=sign
    )
    for iteration in range(20):
        learner.step(np.zeros(len(first)), 0.1, iteration)
    last = learner.connections
    by_site = site_sign(7, last.source, last.target)

    assert set(last.sign[last.source < 3].tolist()) == {-1, 1}
    np.testing.assert_array_equal(last.sign, np.where(last.source < 3, by_site, sign[last.source]))

"""A moving average over each entry's own life."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.optimisers.average import Average
from tests.helpers.rewiring import drop, optimiser, start


def by_definition(values: list[np.ndarray], decay: float) -> np.ndarray:
    weights = decay ** np.arange(len(values))[::-1]
    return np.tensordot(weights, np.array(values), 1) / weights.sum()


@given(st.integers(1, 30), st.sampled_from([0.0, 0.5, 0.99, 0.9999]))
def test_it_is_the_weighted_mean_of_all_values(steps, decay):
    values = list(np.random.default_rng(steps).standard_normal((steps, 2, 3)))
    average = Average(values[0], decay)
    for value in values[1:]:
        average.add(value)

    np.testing.assert_allclose(average.value, by_definition(values, decay), rtol=1e-12)


def test_what_it_was_given_is_left_alone():
    values = np.ones(3)
    average = Average(values, 0.9)
    average.add(np.zeros(3))
    assert values.tolist() == [1.0, 1.0, 1.0]


def test_each_connection_is_averaged_over_its_own_life():
    decay, learner = 0.8, optimiser(start())
    average = Average(learner.connections.weight, decay)
    lives = [[w] for w in learner.connections.weight]
    for step, wrong in enumerate(([0, 3], [], [3, 7, 8], [1])):
        before = len(lives)
        sign = learner.connections.sign
        gradient = np.zeros(before)
        gradient[wrong] = 10.0**step * sign[wrong]
        rewired = learner.step(gradient, 10.0, step)
        if rewired.changed:
            average.follow(rewired.origin(before))
            lives = [life for c, life in enumerate(lives) if c not in rewired.dropped_index]
            for c in rewired.created_index:
                lives.insert(int(c), [])
        weight = learner.connections.weight
        average.add(weight)
        for life, w in zip(lives, weight, strict=True):
            life.append(w)
    assert {len(life) for life in lives} >= {1, 5}  # new ones, and some that were always there
    expected = [by_definition(life, decay) for life in lives]
    np.testing.assert_allclose(average.value, expected, rtol=1e-12)
    counts = [sum(decay**i for i in range(len(life))) for life in lives]
    np.testing.assert_allclose(average.count, counts, rtol=1e-12)


def test_a_step_says_where_entries_come_from():
    learner = optimiser(start())
    before = learner.connections
    rewired = drop(learner, [2, 5])
    after, origin = learner.connections, rewired.origin(len(before))

    assert sorted(set(range(len(before))) - set(origin.tolist())) == [2, 5]
    assert np.flatnonzero(origin < 0).tolist() == rewired.created_index.tolist()
    kept = origin >= 0
    np.testing.assert_array_equal(after.target[kept], before.target[origin[kept]])
    np.testing.assert_array_equal(after.source[kept], before.source[origin[kept]])


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_a_decay_of_zero_remembers_nothing(decay):
    average = Average(np.zeros(2), decay)
    average.add(np.ones(2))
    assert bool(np.all(average.value == 1.0)) == (decay == 0.0)

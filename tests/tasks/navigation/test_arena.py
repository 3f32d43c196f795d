"""The arena: where a step leads, what it earns, and its compiled twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.random.streams import example_keys, stream
from tasks.navigation.arena import PLACES, ArenaSettings, first_places, move, random_place, streams

SETTINGS = ArenaSettings()
KEYS = example_keys(1, (), np.arange(5))
GOAL = np.array([[0.85, 0.0]])


def step(position, action, **options):
    """One agent's step, with a goal to the right."""
    arena, place = ArenaSettings(**options).arena, streams(KEYS[:1])[:, PLACES]
    return [a[0] for a in move(arena, np.array([position]), GOAL, np.array([action]), place, 3)]


def test_a_step_has_its_length_and_direction():
    position, _, reward = step([0.1, 0.2], [0.3, -0.4])

    np.testing.assert_allclose(position, [0.106, 0.192])
    assert reward == 0.0


def test_a_long_step_is_shortened():
    np.testing.assert_allclose(step([0.0, 0.0], [30.0, -40.0])[0], [0.012, -0.016])


def test_the_wall_holds_and_hurts():
    position, _, reward = step([-0.6, 0.79], [-1.0, 1.0])

    assert np.hypot(*position) == pytest.approx(1.0)
    assert reward == SETTINGS.wall_reward


def test_the_goal_pays_and_moves_the_agent_elsewhere():
    position, goal, reward = step([0.54, 0.0], [1.0, 0.0])

    assert reward == SETTINGS.goal_reward
    np.testing.assert_array_equal(goal, GOAL[0])
    assert np.hypot(*(position - [0.56, 0.0])) > 0.02


def test_a_goal_that_moves_stays_at_its_distance():
    _, goal, _ = step([0.54, 0.0], [1.0, 0.0], goal_moves=True)

    assert np.hypot(*goal) == pytest.approx(SETTINGS.goal_distance)
    assert abs(goal[0] - GOAL[0, 0]) > 1e-3


def test_places_are_uniform_in_the_disc():
    places = random_place(example_keys(0, (), np.arange(20_000)), 0)
    radius, angle = np.hypot(*places.T), np.arctan2(*places.T)

    for quarter in (0.25, 0.5, 0.75):
        assert np.mean(radius**2 < quarter) == pytest.approx(quarter, abs=0.02)
        assert np.mean(angle / (2 * np.pi) + 0.5 < quarter) == pytest.approx(quarter, abs=0.02)


def test_episodes_begin_anywhere_with_the_goal_at_the_border():
    goal, start = first_places(SETTINGS, example_keys(0, (), np.arange(2000)))

    np.testing.assert_allclose(np.hypot(*goal.T), 0.85)
    assert np.abs(goal.mean(axis=0)).max() < 0.06
    assert np.mean(np.hypot(*start.T) ** 2) == pytest.approx(0.5, abs=0.03)


@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([0.005, 0.02, 0.4]))
def test_no_agent_ever_leaves(seed, goal_moves, action_scale):
    settings = ArenaSettings(goal_moves=goal_moves, action_scale=action_scale, max_step=0.3)
    (goal, position), rng = first_places(settings, KEYS), stream(seed, "test")
    for t in range(30):
        before = position
        action = 3.0 * rng.normal(size=(5, 2))
        position, goal, reward = move(settings.arena, position, goal, action, KEYS, t)
        assert np.hypot(*position.T).max() <= 1.0 + 1e-12
        went = np.hypot(*(position - before).T)
        assert (went[reward != 1.0] <= 0.3 + 1e-12).all()


@pytest.mark.parametrize(
    "setting",
    [
        {"goal_radius": 0.0},
        {"goal_distance": 1.5},
        {"max_step": float("nan")},
        {"wall_reward": 0.0},
        {"wall_reward": 1.0},
    ],
)
def test_wrong_settings_are_refused(setting):
    with pytest.raises(UsageError, match=next(iter(setting))):
        ArenaSettings(**setting)

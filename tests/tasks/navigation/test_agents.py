"""The scale: agents that know, look, or stumble."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.random.streams import example_keys
from tasks.navigation.agents import AGENTS, explorer, oracle, run_agent, scale
from tasks.navigation.settings import NavigationSettings
from tasks.navigation.task import searches

SETTINGS = NavigationSettings(episode_ms=600)
KEYS = example_keys(0, (), np.arange(150))


def steps(agent):
    """Mean steps to the first goal and to a later one."""
    found = searches(run_agent(SETTINGS, agent, KEYS)[2], SETTINGS.goal_reward)
    return [np.divide(*found[f"steps_to_{which}_goal"]) for which in ("first", "later")]


def test_who_knows_more_finds_more():
    goals = {name: found.mean() for name, found in scale(SETTINGS, 150, seed=0).items()}

    assert set(goals) == set(AGENTS)
    assert goals["oracle"] > 2 * goals["explorer"] > 10 * goals["random-walk"]


def test_the_oracle_takes_the_shortest_way():
    goal, position, reward = run_agent(SETTINGS, oracle, KEYS)
    way = np.hypot(*(position[0] - goal).T) - SETTINGS.goal_radius
    found = (reward == 1.0).argmax(axis=0) + 1

    np.testing.assert_allclose(found, np.maximum(np.ceil(way / 0.02), 1), atol=1)


def test_without_memory_a_later_search_is_no_shorter():
    first, later = steps(explorer)

    assert later > 0.95 * first


def test_nobody_hurries():
    for agent in AGENTS.values():
        _, position, reward = run_agent(SETTINGS, agent, KEYS[:20])
        went = np.hypot(*np.diff(position, axis=0).transpose(2, 0, 1))
        assert went[reward != 1.0].max() <= SETTINGS.max_step + 1e-12


@pytest.mark.parametrize(
    ("shape", "number", "words"),
    [((2,), 0.0, "expected float64 .20, 2."), ((20, 1), 0.0, "expected"), ((20, 2), np.nan, "NaN")],
)
def test_an_agent_of_ones_own_gives_each_episode_its_action(shape, number, words):
    with pytest.raises(UsageError, match=f"^action: .*{words}"):
        run_agent(SETTINGS, lambda *_: np.full(shape, number), KEYS[:20])

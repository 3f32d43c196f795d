"""Agents without a network, for the scale on which goals per episode are read.

The oracle knows the goal: no agent does better. The random walk is what an untrained policy does.
The explorer looks for the goal as well as it can be done without memory: more goals than it finds,
and fewer steps to a later goal than to the first, need memory.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError
from lsnn_core.random.counter import normal
from lsnn_core.random.streams import example_keys

from ..encoding.checks import check_array
from .arena import ACTIONS, PLACES, ArenaSettings, first_places, move, streams
from .settings import NavigationSettings

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
Agent = Callable[[NavigationSettings, Floats, Floats, Keys, int], Floats]
EXPLORER_RADIUS = 0.6  # meets the goal soonest: short way round, goal still seen for 60 degrees


def oracle(s: NavigationSettings, position: Floats, goal: Floats, keys: Keys, t: int) -> Floats:
    """Straight to the goal, as fast as possible."""
    return _full_speed(s, goal - position)


def random_walk(
    s: NavigationSettings, position: Floats, goal: Floats, keys: Keys, t: int
) -> Floats:
    """The policy at readouts of zero: mean 0, variance midway between smallest and largest."""
    draw = 2 * (t // s.hold_at(0.0)) + np.arange(2)
    first = s.at(0.0)
    variance = first.min_variance + 0.5 * first.variance_span
    return np.asarray(np.sqrt(variance) * normal(keys[:, None], draw))


def explorer(s: NavigationSettings, position: Floats, goal: Floats, keys: Keys, t: int) -> Floats:
    """Round and round, as fast as possible, on a circle that meets the goal wherever it is."""
    radius = np.maximum(np.hypot(position[:, 0], position[:, 1]), 1e-9)[:, None]
    out = position / radius
    along = np.stack([-out[:, 1], out[:, 0]], axis=1)
    missing = EXPLORER_RADIUS - radius
    far = np.clip(missing / s.max_step, -1.0, 1.0)
    return _full_speed(s, far * out + np.sqrt(1.0 - far * far) * along)


AGENTS: dict[str, Agent] = {"oracle": oracle, "explorer": explorer, "random-walk": random_walk}


def run_agent(
    settings: NavigationSettings, agent: Agent, keys: Keys
) -> tuple[Floats, Floats, Floats]:
    """Let an agent act in the episodes of `keys` (B,).

    Returns
    -------
    goal : (B, 2)
        Where it was at first.
    position : (T + 1, B, 2)
    reward : (T, B)
    """
    n_steps, own = settings.episode_ms, streams(keys)
    goal, start = first_places(settings, keys)
    first_goal = goal
    position, reward = np.empty((n_steps + 1, *start.shape)), np.empty((n_steps, len(keys)))
    position[0] = start
    for t in range(n_steps):
        action = agent(settings, position[t], goal, own[:, ACTIONS], t)
        if t == 0:
            check_array("action", action, np.float64, start.shape)
        position[t + 1], goal, reward[t] = move(
            settings.arena, position[t], goal, action, own[:, PLACES], t
        )
    if not np.isfinite(position).all():
        raise UsageError("action: expected finite numbers from the agent, found NaN or infinity")
    return first_goal, position, reward


def scale(settings: NavigationSettings, episodes: int, seed: int) -> dict[str, Floats]:
    """Goals of each agent in each of many episodes, (episodes,), in the same arenas."""
    keys = example_keys(seed, (), np.arange(episodes))
    rewards = {name: run_agent(settings, agent, keys)[2] for name, agent in AGENTS.items()}
    return {name: (r == settings.goal_reward).sum(axis=0) for name, r in rewards.items()}


def _full_speed(s: ArenaSettings, direction: Floats) -> Floats:
    length = np.maximum(np.hypot(direction[:, 0], direction[:, 1]), 1e-9)[:, None]
    return direction / length * (s.max_step / s.action_scale)

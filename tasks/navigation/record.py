"""What is kept of a trained navigator for the figures: paths, every goal found, and the scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.files import Tree

from .agents import AGENTS, run_agent
from .rollout import Episodes
from .settings import NavigationSettings

Array = npt.NDArray[Any]
SHOWN = 4  # episodes whose paths are kept: 16 KB each


def record_navigation(
    settings: NavigationSettings,
    keys: Array,
    episodes_of: dict[str, Episodes],
) -> Tree:
    """Let the agents of the scale act in the arenas in which networks did.

    Parameters
    ----------
    settings
        The task.
    keys
        (B,): the arenas.
    episodes_of
        What networks did there, by name.

    Returns
    -------
    "arena"
        goal_radius; goal (SHOWN, 2).
    one group a network or agent
        path, float32 (SHOWN, T + 1, 2); found_episode, found_step, int32: every goal in all B
        episodes; goals, int32 (B,); wall, the same for steps into the wall.
    """
    tree: Tree = {}
    for name, agent in AGENTS.items():
        goal, position, reward = run_agent(settings, agent, keys)
        tree[name.replace("-", "_")] = _player(settings, position, reward)
        tree["arena"] = {"goal": goal[:SHOWN], "goal_radius": np.array(settings.goal_radius)}
    for name, episodes in episodes_of.items():
        tree[name] = _player(settings, episodes.position, episodes.reward)
    return tree


def _player(settings: NavigationSettings, position: Array, reward: Array) -> Tree:
    reached = reward == settings.goal_reward
    episode, step = np.nonzero(reached.T)
    return {
        "path": position[:, :SHOWN].transpose(1, 0, 2).astype(np.float32),
        "found_episode": episode.astype(np.int32),
        "found_step": step.astype(np.int32),
        "goals": reached.sum(axis=0).astype(np.int32),
        "wall": (reward == settings.wall_reward).sum(axis=0).astype(np.int32),
    }

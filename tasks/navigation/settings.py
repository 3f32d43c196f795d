"""Settings of the task: the arena's, those of the learning rule, and an episode's length."""

from __future__ import annotations

from dataclasses import dataclass

from lsnn_core.config.settings import whole, words

from .arena import ArenaSettings
from .ppo import PpoSettings


@dataclass(frozen=True, kw_only=True)
class NavigationSettings(ArenaSettings, PpoSettings):
    """Keys of the recipe's [task] table: the arena's, those of the learning rule, and these.

    Parameters
    ----------
    episode_ms
        Length of an episode (paper: 2 s).
    hold_ms
        How long an action is held before the next is drawn (paper: one step).
    held_out_episodes
        Of "validation", and of "test".
    """

    name: str = words("navigation")
    episode_ms: int = whole(2000, low=2, high=1_000_000)
    hold_ms: int = whole(1, low=1, high=1000)
    held_out_episodes: int = whole(128, low=1)

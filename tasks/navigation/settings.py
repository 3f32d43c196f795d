"""Settings of the task: the arena's, those of the learning rule, and an episode's length."""

from __future__ import annotations

from dataclasses import dataclass

from lsnn_core.config.settings import over_the_run, whole, words

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
        How long an action is held before the next is drawn (paper: one step). May be
        ``[start, end]``, rounded: held long, noise explores; held short, ways are straighter.
    held_out_episodes
        Of "validation", and of "test".
    """

    name: str = words("navigation")
    episode_ms: int = whole(2000, low=2, high=1_000_000)
    hold_ms: int | tuple[int, int] = over_the_run(whole(1, low=1, high=1000))
    held_out_episodes: int = whole(128, low=1)

    def hold_at(self, progress: float) -> int:
        """Steps for which an action is held when this part of the run is behind, 0 to 1."""
        return round(self.by_then(self.hold_ms, progress))

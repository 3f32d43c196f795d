"""Learning to learn from reward: an arena with a goal, PPO, recordings."""

from .task import Navigation

__all__ = ["Navigation"]

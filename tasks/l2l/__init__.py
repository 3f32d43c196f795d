"""Learning to learn from a teacher: episodes of unknown functions, baselines, recordings."""

from .task import LearningToLearn

__all__ = ["LearningToLearn"]

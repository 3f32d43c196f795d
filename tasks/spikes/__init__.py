"""Recorded spikes of any origin, one label for each example."""

from .task import RecordedSpikes

__all__ = ["RecordedSpikes"]

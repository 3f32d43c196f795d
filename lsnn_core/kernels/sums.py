"""Sums that lanes collect over the steps of a walk."""

from __future__ import annotations

from .jit import inner
from .vectors.lanes import load, store


@inner
def add(array, index: int, value):
    """array[index] += value, on lanes."""
    store(array, index, load(array, index) + value)

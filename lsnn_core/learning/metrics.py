"""Numbers over iterations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..text import name_problem, show

Array = npt.NDArray[Any]


class Metrics:
    """Series: "train/loss" -> steps and values."""

    def __init__(self) -> None:
        self.steps: dict[str, list[int]] = defaultdict(list)
        self.values: dict[str, list[float]] = defaultdict(list)
        self._known: set[str] = set()

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Append values at a step.

        What a series already has at this step, its last, is replaced: a network that is evaluated
        again is measured anew, not trained further. Raises `UsageError` for a name that no file
        could hold, before anything is appended.
        """
        for name in values.keys() - self._known:
            _check_name(name)
        self._known.update(values)
        for name, value in values.items():
            steps, numbers = self.steps[name], self.values[name]
            while steps[-1:] == [step]:  # more than once in files from before this was so
                steps.pop()
                numbers.pop()
            steps.append(step)
            numbers.append(float(value))

    def last(self, name: str) -> float:
        """The newest value, NaN if there is none."""
        return self.values[name][-1] if self.values.get(name) else float("nan")

    def tree(self) -> dict[str, Any]:
        """Return all series as a run file holds them, those of rewiring in a group of their own."""
        metrics: dict[str, Any] = {}
        rewiring: dict[str, Any] = {}
        for name, steps in self.steps.items():
            split, _, key = name.partition("/")
            home = rewiring if split == "rewiring" else metrics.setdefault(split, {})
            home[key] = {"step": np.array(steps, np.int64), "value": np.array(self.values[name])}
        return {"metrics": metrics, **({"rewiring": rewiring} if rewiring else {})}

    def restore(self, name: str, steps: Array, values: Array) -> None:
        """Continue a series read from a file."""
        self.steps[name] = [int(step) for step in steps]
        self.values[name] = [float(value) for value in values]


def _check_name(name: str) -> None:
    split, _, key = name.partition("/")
    problem = name_problem(split) or name_problem(key)
    if problem:
        raise UsageError(f"metric {show(name)} {problem}")

"""The toy task with batches whose loss is NaN, as a task of the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from lsnn_core import plugins
from lsnn_core.config.settings import Settings, words
from tests.helpers.toy_task import ToyBatch, ToyTask

RECIPE = """
name = "toy"
seed = 1
task = { name = "toy" }
network = { n_regular = 7, n_adaptive = 5 }
training = { iterations = 8, batch = 5, threads = 1, validate_every = 4, checkpoint_every = 2 }
"""


@dataclass(frozen=True, kw_only=True)
class ToySettings(Settings):
    name: str = words("toy")


class BreakingToy(ToyTask):
    settings_type = ToySettings
    bad: ClassVar[Any] = (3, 4)

    def __init__(self, settings: ToySettings) -> None:
        pass

    def batch(self, iteration: int, size: int, seed: int) -> ToyBatch:
        made = super().batch(iteration, size, seed)
        return BadBatch(made.x, made.labels) if iteration in self.bad else made


class BadBatch(ToyBatch):
    def loss(self, y: Any, start: int, stop: int) -> Any:
        found = super().loss(y, start, stop)
        return found._replace(loss=np.nan) if y.any() else found  # zeros are a rehearsal


def recipe(folder: Path, patch: pytest.MonkeyPatch, bad: Any) -> Path:
    """Have the task in the program, with these bad iterations; returns a recipe of it."""
    task = type("Breaking", (BreakingToy,), {"bad": bad})
    load = plugins.load
    patch.setattr(
        plugins, "load", lambda group, name: task if group == plugins.TASKS else load(group, name)
    )
    path = folder / "toy.toml"
    path.write_text(RECIPE)
    return path

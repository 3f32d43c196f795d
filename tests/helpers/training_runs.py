"""A training run in this process, on the tiny task of `tests.helpers.program`."""

from __future__ import annotations

from pathlib import Path

from lsnn_core.config.recipes import configure
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.program import TINY


def new_run(path: Path) -> TrainingRun:
    """A run that has not begun, and no file yet."""
    config = configure("store-recall", [f"{name}={value}" for name, value in TINY.items()])
    return TrainingRun(Trainer(config, make_task(config)), path)

"""The page on tasks of one's own tells the truth: its task trains with its recipe."""

from __future__ import annotations

import pathlib
import re
import sys
import tomllib
import types

import pytest

from lsnn_core.config.recipes import apply_overrides
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.learning.trainer import Trainer
from lsnn_core.task.losses import window_cross_entropy

PAGE = pathlib.Path(__file__).parents[2] / "tasks" / "EXTENDING.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_page_s_task_learns_with_the_page_s_recipe():
    (code,) = blocks("python")
    module = types.ModuleType("majority_of_the_page")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(code, PAGE.name, "exec"), module.__dict__)
    recipe = tomllib.loads(blocks("toml")[1])
    recipe = apply_overrides(recipe, ["training.iterations=25", "training.threads=1"])
    config = from_mapping(RunConfig, recipe)
    task = module.Majority(from_mapping(module.MajoritySettings, config.task))

    trainer = Trainer(config, task)
    trainer.fit(lambda trainer: True)
    trainer.close()

    (batch,) = task.held_out("validation", config.training.batch, config.seed)
    assert batch.size > config.training.batch  # it is run in pieces
    y = trainer.learner.net.forward(batch.spikes).y[task.readout_start :].transpose(0, 2, 1)
    loss, _, right = window_cross_entropy(y, batch.label)
    assert trainer.metrics.last("validation/accuracy") == right.mean() > 0.9
    assert trainer.metrics.last("validation/loss") == pytest.approx(loss.mean(), rel=1e-4)


def test_the_page_s_task_is_as_short_as_it_says():
    (code,) = blocks("python")
    lines = [line for line in code.splitlines() if line.strip() and "import" not in line]

    assert len(lines) <= 40

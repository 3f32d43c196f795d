"""The page on tasks of one's own tells the truth: its task trains with its recipe."""

from __future__ import annotations

import pathlib
import re
import sys
import tomllib
import types

from lsnn_core.config import RunConfig, from_mapping
from lsnn_core.recipes import apply_overrides
from lsnn_core.trainer import Trainer

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

    assert trainer.metrics.last("validation/accuracy") > 0.9


def test_the_page_s_task_is_as_short_as_it_says():
    (code,) = blocks("python")
    lines = [line for line in code.splitlines() if line.strip() and "import" not in line]

    assert len(lines) <= 40

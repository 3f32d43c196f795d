"""The page on own recordings tells the truth: its file trains with its recipe to its accuracy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from lsnn_core.config.recipes import configure
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer

PAGE = Path(__file__).parents[2] / "tasks" / "RECORDINGS.md"


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


def test_the_page_s_file_trains_to_the_page_s_accuracy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), PAGE.name, "exec"), {})
    (tmp_path / "waves.toml").write_text(block("toml"))
    config = configure("waves.toml", ["training.threads=1"])
    task = make_task(config)
    (stated,) = re.findall(r"More than (\d+) %", PAGE.read_text())
    (examples,) = re.findall(r"of the (\d+) test examples", PAGE.read_text())
    assert len(task.splits["test"]) == int(examples)

    trainer = Trainer(config, task)
    trainer.fit(lambda trainer: True)
    accuracy = trainer.evaluate("test")["test/accuracy"]
    trainer.close()

    assert accuracy > int(stated) / 100


@pytest.mark.parametrize("recipe", ["shd-lsnn", "shd-lif"])
def test_the_page_s_commands_are_of_recipes_that_are_there(recipe):
    assert f"lsnn train {recipe} --set task.path=FOLDER" in PAGE.read_text()
    assert configure(recipe).task["name"] == "heidelberg"
    assert tomllib.loads(block("toml"))["task"]["name"] == "spikes"

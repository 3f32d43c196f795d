"""A user's own task may be wrong in any way: it is refused by name, and never believed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lsnn_core import plugins
from lsnn_core.cli import main
from lsnn_core.config.settings import Settings, words
from lsnn_core.learning.trainer import Trainer
from tests.helpers.program import ROOT
from tests.helpers.toy_task import ToyBatch, ToyTask

RECIPE = """
name = "toy"
seed = 1
task = { name = "toy" }
network = { n_regular = 7, n_adaptive = 5 }
training = { iterations = 3, batch = 5, threads = 1, validate_every = 3 }
"""


@pytest.mark.timeout(300)
def test_no_broken_task_is_believed_by_any_engine():
    command = [sys.executable, "-m", "tests.helpers.broken_tasks"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)

    assert done.returncode == 0, done.stderr[-3000:]


@dataclass(frozen=True, kw_only=True)
class ToySettings(Settings):
    name: str = words("toy")


class Toy(ToyTask):
    settings_type = ToySettings

    def __init__(self, settings: ToySettings) -> None:
        pass


class WrongTest(Toy):
    """The labels of the test split count from 1: training alone would meet them at its end."""

    def held_out(self, split: str, size: int, seed: int) -> Iterator[ToyBatch]:
        for batch in super().held_out(split, size, seed):
            yield ToyBatch(batch.x, batch.labels + (split == "test"))


class WrongRecording(Toy):
    """What belongs to the recorded example is no array of numbers."""

    def recordings(self, seed: int) -> Any:
        return self.batch(0, 1, seed), {"words": np.array([{}], object)}


class WrongSizes(Toy):
    """The loss would see no step."""

    readout_start = 40


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (WrongTest, "task WrongTest: loss of examples"),
        (WrongRecording, "recordings/example/words: 1 axes of object cannot be stored"),
        (WrongSizes, "task WrongSizes: readout_start: expected less than n_steps = 40, found 40"),
    ],
)
def test_the_program_refuses_it_with_code_2_and_writes_nothing(
    tmp_path, capsys, monkeypatch, task, words
):
    recipe = tmp_path / "toy.toml"
    recipe.write_text(RECIPE)
    monkeypatch.setattr(Trainer, "step", lambda trainer: pytest.fail("trained before it looked"))
    monkeypatch.setattr(plugins, "load", choosing(task, plugins.load))
    code = main(["train", str(recipe), "--out", str(tmp_path / "run.h5")])
    line = capsys.readouterr().err.splitlines()[-1]

    assert (code, words in line) == (2, True), line
    assert [file.name for file in tmp_path.iterdir()] == ["toy.toml"]


def choosing(task, load):
    return lambda group, name: task if group == plugins.TASKS else load(group, name)

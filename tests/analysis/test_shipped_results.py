"""The shipped result files name nothing that only their maker has, and can be made again."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import analysis
from lsnn_core.config.recipes import configure
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.files import read_run

FOLDER = Path(analysis.__file__).parent / "results"
RESULTS = sorted(FOLDER.glob("*.h5"))


def what_decides(config: RunConfig) -> RunConfig:
    """Neither the title nor the number of threads changes a bit."""
    return replace(config, title="", training=replace(config.training, threads=0))


def test_a_clone_has_results():
    assert RESULTS or not FOLDER.exists()


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_can_be_made_again_by_its_own_command(path):
    with read_run(path) as file:
        config, command = file.config, str(file.environment["command"])
        about = " ".join((config, command, file.text("environment")))
    recipe, *words = shlex.split(command.removeprefix("lsnn train "))
    assert set(words[::2]) <= {"--set"}

    again = configure(recipe, words[1::2])
    stored = from_mapping(RunConfig, tomllib.loads(config))
    assert what_decides(again) == what_decides(stored)
    assert "task.path" not in command
    assert not re.search(r"/(home|root|tmp|work|Users)/", about)

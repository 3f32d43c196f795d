"""The shipped result files name nothing that only their maker has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import analysis
from lsnn_core.config.recipes import configure
from lsnn_core.files import read_run

RESULTS = sorted((Path(analysis.__file__).parent / "results").glob("*.h5"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_can_be_made_again_by_its_own_command(path):
    with read_run(path) as file:
        config, command = tomllib.loads(file.config), str(file.environment["command"])
        about = " ".join((file.config, command, file.text("environment")))
    recipe, *settings = command.removeprefix("lsnn train ").split()

    assert config["task"].get("path", "") == configure(recipe, []).task.get("path", "")
    assert "task.path" not in " ".join(settings)
    assert not re.search(r"/(home|root|tmp|work|Users)/", about)

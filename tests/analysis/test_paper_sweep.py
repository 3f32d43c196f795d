"""The sweep that makes all shipped results again says of each what its file says."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path

import pytest

import analysis
from lsnn_core.config.recipes import apply_overrides
from lsnn_core.files import read_run
from lsnn_core.runs.continuing import differences
from lsnn_core.simulation.storage import read_config
from lsnn_core.sweeps.plan import of_file

FOLDER = Path(analysis.__file__).parent / "results"
if not FOLDER.exists():
    pytest.skip("the results stay in the repository", allow_module_level=True)
JOBS = {job.name: job for job in of_file(str(FOLDER / "paper.toml"), None).jobs}


def settings(command: str) -> tuple[str, dict]:
    words = shlex.split(command)
    sets = [value for flag, value in pairwise(words) if flag == "--set"]
    found = apply_overrides({}, [text for text in sets if "training.threads" not in text])
    return words[2], {table: values for table, values in found.items() if values != {}}


def test_it_lists_every_shipped_run_and_no_other():
    assert sorted(JOBS) == sorted(path.stem for path in FOLDER.glob("*.h5"))
    assert len(JOBS) > 20


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_run_is_what_its_file_tells(name):
    with read_run(FOLDER / f"{name}.h5") as file:
        assert settings(JOBS[name].command) == settings(file.environment["command"])
        changed = differences(read_config(file), JOBS[name].configured())
    assert changed.keys() <= {"title", "training.threads"}  # a title may be put better

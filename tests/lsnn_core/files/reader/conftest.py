"""The run file of `example`, written and open."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsnn_core.files import read_run, write_tree
from tests.helpers.run_file import SHAPES, attributes, example_tree


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@pytest.fixture
def run(path: Path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with read_run(path) as opened:
        yield opened

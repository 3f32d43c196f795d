"""What the tests of figures share."""

from __future__ import annotations

import pytest

from tests.helpers.run_files import write_run


@pytest.fixture
def write(tmp_path):
    """Write a made-up run as NAME.h5, and return its path."""
    return lambda tree, name="run", **options: write_run(tmp_path / f"{name}.h5", tree, **options)

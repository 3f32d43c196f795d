"""Run files of every schema version that there has been are read, gone on with and drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lsnn_core.cli import main
from lsnn_core.files import read_run
from lsnn_core.files.schema import SCHEMA_VERSION
from tests.golden.run_file import STOPPED_AT, stored, unpacked

VERSIONS = range(1, SCHEMA_VERSION + 1)


@pytest.fixture(params=VERSIONS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return unpacked(request.param, tmp_path)


def test_each_version_has_a_file():
    assert [version for version in VERSIONS if not stored(version).exists()] == []


def test_it_says_what_it_said(path):
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("interrupted", STOPPED_AT)
        assert run.weights("W_rec").data.size == 10
        assert np.abs(run.weights("W_in").data).sum() == pytest.approx(7.1459, abs=1e-4)
        assert list(run.metric("train", "loss")[1]) == pytest.approx([0.693217, 0.689370], abs=1e-6)


def test_it_is_trained_to_its_end_and_drawn(path, capsys):
    assert main(["resume", str(path)]) == 0
    assert "test recall_error" in capsys.readouterr().out
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("complete", 4)
    assert main(["figure", "learning", str(path), "-o", str(path.with_suffix(".svg"))]) == 0

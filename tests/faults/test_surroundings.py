"""Clocks that jump, compilers with other settings, packages that are not there: the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.files import read_run
from lsnn_core.runs.metrics_file import MetricsFile, beside, read_lines
from tests.helpers.program import ROOT, lsnn, results, train
from tests.helpers.training_runs import new_run

pytestmark = pytest.mark.timeout(200)
EXTRAS = ("distributed", "mpi4py", "nir", "neo", "espeakng_loader")
BARE = f"""
import sys
for name in {EXTRAS}:
    sys.modules[name] = None
from lsnn_core.cli import main
out, *command = sys.argv[1:]
print(main(command), main(["export", out, "--out", out + ".nir"]), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("undisturbed") / "run.h5"
    done = lsnn(*train(path, training__iterations=4))
    assert done.returncode == 0, done.stderr
    return path


def run_with(path: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = [*train(path, training__iterations=4)]
    return subprocess.run(
        [sys.executable, *command, *given],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=180,
    )  # fmt: skip


@pytest.fixture
def zone(monkeypatch):
    """Have the time zone of before afterwards."""
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system changes no time zone meanwhile")
def test_a_clock_that_goes_backwards_makes_no_time_negative(tmp_path, monkeypatch):
    hours = iter(range(10**6, 0, -1))
    monkeypatch.setattr(time, "time", lambda: 3600.0 * next(hours))
    run = new_run(tmp_path / "run.h5")
    with MetricsFile(beside(run.path), run.trainer) as lines:

        def after(trainer):
            monkeypatch.setenv("TZ", "America/New_York" if trainer.iteration % 2 else "Asia/Tokyo")
            time.tzset()
            lines.add(trainer)

        run.run(after)
    seconds = [line["seconds"] for line in read_lines(beside(run.path))]
    with read_run(run.path) as file:
        known = file.environment
    assert seconds == sorted(seconds)
    assert seconds[0] >= 0
    assert 0 < known["train_seconds"] < 100
    assert known["created_utc"].endswith("+00:00")
    assert known["created_utc"] <= known["written_utc"]


def test_settings_of_numba_s_threads_change_no_number(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    odd = {"NUMBA_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "tbb", "OMP_NUM_THREADS": "1"}
    done = run_with(path, "-m", "lsnn_core", **odd)
    assert done.returncode == 0, done.stderr
    assert results(path) == results(undisturbed)


def test_without_any_extra_the_core_works_and_the_rest_names_its_extra(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    done = run_with(path, "-c", BARE, str(path))
    assert done.stderr.splitlines()[-1] == "0 1", done.stderr
    assert "pip install 'lsnn[nir]'" in done.stderr
    assert results(path) == results(undisturbed)

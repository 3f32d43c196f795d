"""A run that was killed, stopped or moved to other threads ends in the bits of one left alone."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.runfile import read_run
from tests.faults.program import ROOT, killed, lsnn, results, train

pytestmark = pytest.mark.timeout(200)
KILLED, INTERRUPTED = -9, 130


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("undisturbed") / "run.h5"
    done = lsnn(*train(path))
    assert (done.returncode, done.stderr.count("\n")) == (0, 2), done.stderr
    assert "test recall_error" in done.stdout
    return path


def iteration(path: Path) -> int:
    try:
        with read_run(path) as run:
            return run.iteration
    except BadFileError:  # not there yet
        return 0


def test_a_run_killed_five_times_ends_in_the_same_bits(undisturbed, tmp_path):
    path, resume = tmp_path / "run.h5", ["resume", str(tmp_path / "run.h5")]
    assert killed("training", 6, train(path)).returncode == KILLED
    assert iteration(path) == 4
    assert killed("writing", 3, resume).returncode == KILLED  # before the temporary file is safe
    assert iteration(path) == 6
    assert killed("before replacing", 4, resume).returncode == KILLED
    assert iteration(path) == 10
    assert killed("after replacing", 3, resume).returncode == KILLED
    assert iteration(path) == 14
    assert killed("evaluating", 70, resume).returncode == KILLED  # the second validation
    assert iteration(path) == 28
    done = lsnn(*resume)

    assert done.returncode == 0, done.stderr
    assert results(path) == results(undisturbed)
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5"]  # no lock, no orphan is left


def test_a_kill_from_outside_at_any_moment(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    command = [sys.executable, "-m", "lsnn_core", *train(path)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while iteration(path) == 0 and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.wait()

    assert iteration(path) > 0
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_iteration_and_leaves_a_checkpoint(undisturbed, tmp_path, name):
    path = tmp_path / "run.h5"
    stopped = killed("training", 7, train(path), name)

    assert stopped.returncode == INTERRUPTED
    assert stopped.stderr.splitlines()[-1] == f"go on with: lsnn resume {path}"
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("interrupted", 7)  # though 7 is no checkpoint's
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


def test_two_threads_write_the_same_results_as_one(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    assert lsnn(*train(path, training__threads=2)).returncode == 0

    assert results(path) == results(undisturbed)


def test_a_complete_run_is_left_alone(undisturbed):
    before = undisturbed.read_bytes()
    done = lsnn("resume", str(undisturbed))

    assert done.returncode == 0
    assert "nothing to do" in done.stderr
    assert undisturbed.read_bytes() == before


def test_an_evaluation_changes_nothing_but_what_it_adds(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    path.write_bytes(undisturbed.read_bytes())
    done = lsnn("evaluate", str(path))
    before, after = results(undisturbed), results(path)

    assert done.returncode == 0, done.stderr
    assert {line.rsplit(" ", 1)[0] for line in done.stdout.splitlines()} == {
        "test loss",
        "test recall_error",
    }
    changed = {name for name in after if after[name] != before[name]}
    assert {name.split("/")[1] for name in changed} <= {"test"}


def test_a_folder_that_vanishes_in_mid_run_costs_nothing(undisturbed, tmp_path):
    folder, work = tmp_path / "out", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    path = folder / "run.h5"
    command = [sys.executable, "-m", "lsnn_core", *train(path)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=work, stdout=pipe, stderr=pipe, text=True)
    while iteration(path) == 0 and process.poll() is None:
        time.sleep(0.005)
    folder.rename(tmp_path / "moved")
    _, err = process.communicate(timeout=100)
    (kept,) = work.iterdir()

    assert process.returncode == 1
    assert err.splitlines()[-1].endswith(f"go on with `lsnn resume {kept}`")
    assert iteration(kept) > iteration(tmp_path / "moved" / "run.h5") > 0
    assert lsnn("resume", str(kept)).returncode == 0
    assert results(kept) == results(undisturbed)

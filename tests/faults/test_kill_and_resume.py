"""A run that was killed, stopped or moved to other threads ends in the bits of one left alone."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files import read_run
from tests.helpers.program import ROOT, killed, lsnn, results, train

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
    assert killed("writing", 4, resume).returncode == KILLED  # before the temporary file is safe
    assert iteration(path) == 6
    assert killed("before replacing", 4, resume).returncode == KILLED
    assert iteration(path) == 10
    assert killed("after replacing", 3, resume).returncode == KILLED
    assert iteration(path) == 14
    assert killed("evaluating", 70, resume).returncode == KILLED  # the last validation
    assert iteration(path) == 30
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
    assert stopped.stderr.splitlines()[-1] == f"go on with: lsnn resume {shlex.quote(str(path))}"
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("interrupted", 7)  # though 7 is no checkpoint's
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1", "SIGXCPU"])
def test_terminals_and_batch_systems_ask_for_an_end_too(tmp_path, name):
    path = tmp_path / "run.h5"
    assert killed("training", 3, train(path), name).returncode == INTERRUPTED
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("interrupted", 3)


@pytest.mark.parametrize(
    ("number", "at", "recorded"),
    [
        (5, 10, []),  # of the batches of all evaluations: the first validation
        (150, 30, [10, 20]),  # the last one
        (200, 30, [10, 20, 30]),  # the test
    ],
)
def test_a_signal_ends_an_evaluation_and_it_is_done_again(
    undisturbed, tmp_path, number, at, recorded
):
    path = tmp_path / "run.h5"
    stopped = killed("evaluating", number, train(path), "SIGTERM")

    assert stopped.returncode == INTERRUPTED
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("interrupted", at)
        known = run.has("metrics/validation")
        assert list(run.metric("validation", "loss")[0] if known else []) == recorded
        assert not run.has("metrics/test")
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


def test_a_kill_during_the_test_loses_no_iteration(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    assert killed("evaluating", 200, train(path)).returncode == KILLED
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("running", 30)
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("importing numba", "SIGTERM"),
        ("importing tqdm", "SIGINT"),
        ("making the task", "SIGHUP"),
        ("building", "SIGUSR1"),
        ("locking", "SIGTERM"),
        ("before replacing", "SIGINT"),  # of the first checkpoint
    ],
)
def test_a_signal_before_training_leaves_nothing(tmp_path, place, name):
    stopped = killed(place, 1, train(tmp_path / "run.h5"), name)

    assert stopped.returncode == INTERRUPTED
    assert stopped.stderr.splitlines()[-1] == "lsnn: error: interrupted"
    assert "Traceback" not in stopped.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_second_interrupt_ends_at_once_and_leaves_the_checkpoint(tmp_path):
    path = tmp_path / "run.h5"
    stopped = killed("training", 8, train(path), "SIGTERM+SIGINT")

    assert stopped.returncode == INTERRUPTED
    assert stopped.stderr.splitlines()[-1] == "lsnn: error: interrupted"
    assert [file.name for file in tmp_path.iterdir()] == ["run.h5"]
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("running", 6)


def test_a_run_can_be_watched_and_resumed_from_its_start(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    assert killed("training", 1, train(path)).returncode == KILLED
    shown = lsnn("inspect", str(path))

    assert shown.returncode == 0
    assert "running, 0 iterations" in shown.stdout
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


def test_an_untrained_run_can_be_evaluated(tmp_path):
    path = tmp_path / "run.h5"
    killed("training", 1, train(path))
    done = lsnn("evaluate", str(path))

    assert done.returncode == 0, done.stderr
    assert "test loss" in done.stdout
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("running", 0)
        assert list(run.metric("test", "loss")[0]) == [0]


def test_a_checkpoint_comes_by_the_clock_too(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    rare = {"training__checkpoint_every": 1000, "training__checkpoint_minutes": 1e-9}
    assert killed("training", 6, train(path, **rare)).returncode == KILLED
    assert iteration(path) == 5
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

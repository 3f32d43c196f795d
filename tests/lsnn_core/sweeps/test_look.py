"""What other terminals see of a run, from its files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lsnn_core.sweeps.job import Job
from lsnn_core.sweeps.look import Follower, Seen
from lsnn_core.sweeps.plan import of_recipe
from tests.helpers.run_files import write_run


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return of_recipe("smnist-lif", "1", ["training.iterations=40"], str(tmp_path)).jobs[0]


def add(job: Job, *lines: tuple[int, float, dict]) -> None:
    with open(Path(job.path).with_suffix(".metrics.jsonl"), "a") as file:
        for iteration, seconds, values in lines:
            file.write(json.dumps({"iteration": iteration, "seconds": seconds, **values}) + "\n")


def test_a_run_that_nobody_has_begun_waits(job):
    assert Follower(job).look() == Seen("waiting", 0, 40)


def test_a_run_is_followed(job):
    follower = Follower(job)
    Path(job.path + ".lock").touch()
    add(job, (1, 60.0, {"train/loss": 2.0}))
    assert follower.look() == Seen("running", 1, 40, "", None)  # the first waits for compilers
    add(job, (10, 69.0, {"validation/loss": 2.0, "validation/accuracy": 0.5}))
    assert follower.look() == Seen("running", 10, 40, "accuracy 0.5", 30.0)
    add(job, (9, 0.5, {}), (11, 4.5, {}))  # another process, from an earlier checkpoint
    assert follower.look()[1:] == (11, 40, "accuracy 0.5", 29 * 2.0)


def test_half_a_line_waits_for_its_end(job):
    follower = Follower(job)
    path = Path(job.path).with_suffix(".metrics.jsonl")
    path.write_text('{"iteration": 3, "sec')
    assert follower.look().iteration == 0
    with open(path, "a") as file:
        file.write('onds": 2}\nnonsense\n')
    assert follower.look().iteration == 3


def test_states_that_files_tell(job):
    write_run(Path(job.path), {"config": "", "metrics": {}})
    assert Follower(job).look().state == "complete"
    Path(job.path).write_text("no run")
    assert Follower(job).look().state == "failed"
    job.error_path.write_text("MemoryError\n")
    assert Follower(job).look().state == "failed"

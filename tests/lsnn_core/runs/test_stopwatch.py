from __future__ import annotations

import time

from lsnn_core.files import read_run
from lsnn_core.runs.stopwatch import Stopwatch
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.training_runs import new_run


def environment(path):
    with read_run(path) as file:
        return file.environment


def test_processor_time_is_what_was_worked_not_what_was_waited():
    watch = Stopwatch(seconds=5.0, cpu_seconds=3.0)

    watch.start()
    time.sleep(0.2)
    watch.lap()
    assert watch.seconds >= 5.2
    assert 3.0 <= watch.cpu_seconds < 3.1

    busy = time.process_time() + 0.2
    while time.process_time() < busy:
        pass
    watch.lap()
    assert watch.cpu_seconds >= 3.2


def test_a_run_tells_its_processor_time_and_a_resume_adds_to_it(tmp_path):
    run = new_run(tmp_path / "run.h5")
    run.run()
    first = environment(tmp_path / "run.h5")
    assert 0 < first["train_cpu_seconds"] <= 8 * max(first["train_seconds"], 0.1)

    again = TrainingRun.resume(tmp_path / "run.h5")
    assert again.spent.told() == {k: first[k] for k in ("train_seconds", "train_cpu_seconds")}
    again.spent.cpu_seconds += 7.0
    again.save("running")
    added = environment(tmp_path / "run.h5")["train_cpu_seconds"] - first["train_cpu_seconds"]
    assert abs(added - 7.0) < 0.11
    again.trainer.close()


def test_of_a_run_that_did_not_tell_it_from_the_start_none_is_told(tmp_path):
    run = new_run(tmp_path / "run.h5")
    run.spent = Stopwatch(seconds=60.0, cpu_seconds=None)  # as an older version's file
    run.save("running")
    assert "train_cpu_seconds" not in environment(tmp_path / "run.h5")

    run = TrainingRun.resume(tmp_path / "run.h5")
    run.run()

    later = environment(tmp_path / "run.h5")
    assert later["train_seconds"] > 60.0
    assert "train_cpu_seconds" not in later

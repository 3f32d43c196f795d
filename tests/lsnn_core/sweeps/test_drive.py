"""Jobs end one by one; a process that dies costs its own run a try, and no other anything."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from lsnn_core.sweeps import drive as drive_module
from lsnn_core.sweeps.drive import MOST_LOSSES, drive
from lsnn_core.sweeps.job import Job, Outcome

pytestmark = pytest.mark.timeout(100)


def job(folder: Path, name: str) -> Job:
    return Job(name, "group", str(folder / f"{name}.h5"), "", "recipe", ())


def act(job: Job, threads: int) -> Outcome:
    """Do as the job's name says: die, die once, raise, or end well."""
    seen = Path(job.path)
    if job.name == "deadly" or (job.name == "unlucky" and not seen.exists()):
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if job.name == "odd":
        raise RuntimeError("code that the worker lacks")
    time.sleep(0.2)
    return Outcome("complete", str(threads))


@contextmanager
def two_processes():
    with ProcessPoolExecutor(2) as pool:
        yield pool


def test_the_rest_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(drive_module, "run_job", act)
    monkeypatch.setattr(drive_module, "LOOK_EVERY_S", 0.05)
    names = ["deadly", "one", "odd", "unlucky", "two", "three"]
    shown = []
    outcomes = drive(
        [job(tmp_path, name) for name in names],
        two_processes,
        lambda ended: shown.append(len(ended)),
        threads=3,
    )
    assert outcomes == {
        "deadly": Outcome("failed", "its process died, three times"),
        "odd": Outcome("failed", "RuntimeError: code that the worker lacks"),
        **{name: Outcome("complete", "3") for name in ("one", "unlucky", "two", "three")},
    }
    assert MOST_LOSSES == 3
    assert shown == sorted(shown)

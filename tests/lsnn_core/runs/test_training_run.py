"""What a run file tells of how it was made, and where a run goes that cannot be written."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import stat
from pathlib import Path

import pytest

from lsnn_core.files import read_run
from lsnn_core.files.disk import NotWritten
from lsnn_core.runs import provenance, training_run
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.training_runs import new_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "run.h5"


def elsewhere(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    """Let what is written say that it was written with other packages or machines."""
    here = provenance.environment()
    monkeypatch.setattr(training_run.provenance, "environment", lambda: {**here, **changes})


# -- what changed under a run ----------------------------------------------------------------------


def test_a_resume_on_the_same_machine_has_nothing_to_say(path):
    new_run(path).save("running")
    run = TrainingRun.resume(path)
    assert (run.note, run.history) == ("", [])
    with read_run(path) as file:
        assert "history" not in file.environment


@pytest.mark.parametrize("name", ["python", "numpy", "numba", "machine", "system", "processor"])
def test_a_resume_with_something_else_says_so_and_the_file_keeps_it(path, monkeypatch, name):
    now = provenance.environment()[name]
    with monkeypatch.context() as there:
        elsewhere(there, **{name: "0.1"})
        new_run(path).save("running")
    run = TrainingRun.resume(path)
    assert f"written with {name} 0.1 (now {now})" in run.note
    assert run.note.isprintable()
    run.save("running")
    with read_run(path) as file:
        (step,) = file.environment["history"]
    assert (step["iteration"], step["changed"]) == (0, {name: ["0.1", now]})
    again = TrainingRun.resume(path)
    assert (again.note, again.history) == ("", [step])


def test_a_resume_with_other_kernels_says_so(path, monkeypatch):
    with monkeypatch.context() as there:
        there.setattr(training_run, "source_hash", lambda: "00")
        new_run(path).save("running")
    run = TrainingRun.resume(path)
    assert "written with other kernels" in run.note
    assert run.history[0]["changed"]["kernel_sha256"][0] == "00"


def test_what_an_older_file_does_not_tell_is_not_compared(path, monkeypatch):
    here = provenance.environment()
    del here["processor"]
    with monkeypatch.context() as there:
        there.setattr(training_run.provenance, "environment", lambda: here)
        new_run(path).save("running")
    assert TrainingRun.resume(path).note == ""


# -- where it goes that cannot be written ----------------------------------------------------------


def kept_by(error: NotWritten) -> Path:
    found = re.search(r"lsnn resume ([^`]+)`$", str(error))
    assert found, str(error)
    return Path(shlex.split(found[1])[0])


def test_a_folder_that_vanished_loses_nothing(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = new_run(path)
    run.save("running")
    shutil.rmtree(path.parent)
    with pytest.raises(NotWritten) as caught:
        run.save("running")
    kept = kept_by(caught.value)
    assert kept.parent == tmp_path
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "untouched" not in str(caught.value)
    with read_run(kept) as file:
        assert (file.status, file.iteration) == ("interrupted", 0)
    assert TrainingRun.resume(kept).trainer.iteration == 0


def test_a_file_that_cannot_be_replaced_has_the_run_beside_it(path, monkeypatch):
    def busy(source, target):
        if Path(target) == path:
            raise OSError(errno.EBUSY, "Device or resource busy")
        real(source, target)

    real = os.replace
    run = new_run(path)
    run.save("running")
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(NotWritten, match=r"resource busy.*untouched") as caught:
        run.save("complete")
    assert path.read_bytes() == before
    (kept,) = path.parent.glob("run.rescued.*.h5")
    assert str(caught.value).endswith(f"the complete run is kept in {kept}")
    assert sorted(path.parent.iterdir()) == sorted([path, kept])


def test_where_no_folder_takes_it_the_error_says_so(path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    run = new_run(path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match=r"No space left.*nor can it be kept"):
        run.save("running")
    assert not list(path.parent.iterdir())


def test_an_output_that_cannot_be_replaced_stops_before_the_first_iteration(path, monkeypatch):
    monkeypatch.setattr("lsnn_core.files.disk.obstacle", lambda target: "is mounted by itself")
    run = new_run(path)
    with pytest.raises(training_run.UsageError, match="mounted by itself"):
        run.run(lambda trainer: pytest.fail("trained"))
    run.trainer.close()

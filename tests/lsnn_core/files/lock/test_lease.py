"""Machines that share a folder: leases by time, and never two writers, whatever the pauses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.files import LockLost, NotWritten, RunLock, publish
from lsnn_core.files import lock as lock_module
from lsnn_core.files.lock import SILENT_S
from tests.helpers.locks import ROOT, left, refusal, taken

pytestmark = pytest.mark.timeout(60)


# -- of other machines -----------------------------------------------------------------------------


def test_a_fresh_marker_of_another_machine_is_refused_with_instructions(path):
    left(path, age_s=10, kernel="other", host="far\x1b[2Jaway", pid=7)
    message = refusal(path)
    assert r"process 7 on host far\x1b[2Jaway trains into this run" in message
    assert "delete this file" in message
    assert refusal(path)  # asking does not refresh it, nor remove it


def test_a_silent_marker_of_another_machine_is_taken_over(path):
    left(path, age_s=SILENT_S + 1, kernel="other", host="far", pid=7)
    assert "process 7 on host far has ended" in (taken(path) or "")


def test_a_holder_shows_signs_of_life(path, monkeypatch):
    monkeypatch.setattr(lock_module, "BEAT_S", 0.02)
    with RunLock(path) as lock:
        os.utime(lock.marker, (0, 0))
        deadline = time.monotonic() + 10
        while lock.marker.stat().st_mtime < 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert time.time() - lock.marker.stat().st_mtime < 60


def test_without_locks_of_the_kernel_signs_of_life_decide(path, monkeypatch):
    def unknown(file, *, blocking):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(lock_module, "lock_descriptor", unknown)
    with RunLock(path) as lock:
        assert "wait" in refusal(path)
        os.utime(lock.marker, (0, 0))
        assert taken(path)


def test_a_renewal_does_not_prolong_the_lease_of_another(path, monkeypatch):
    monkeypatch.setattr(lock_module, "BEAT_S", 0.02)
    with RunLock(path):
        lock = left(path, age_s=1000, kernel="other")
        time.sleep(0.3)
        assert time.time() - lock.stat().st_mtime > 900
        lock.unlink()


# -- a holder that has lost its lease --------------------------------------------------------------


def test_a_holder_whose_marker_is_another_s_writes_nothing(path):
    path.write_bytes(b"old")
    with RunLock(path) as lock:
        publish(path, b"mine")
        left(path, kernel="other")
        with pytest.raises(LockLost, match=r"run\.h5: another process has taken this run over"):
            publish(path, b"no longer mine")
        assert lock.marker.exists()
    assert lock.marker.exists()  # it is the other's
    assert path.read_bytes() == b"mine"
    assert sorted(p.name for p in path.parent.iterdir()) == ["run.h5", "run.h5.lock"]


def test_a_holder_whose_marker_was_removed_writes_nothing(path):
    with RunLock(path) as lock:
        lock.marker.unlink()
        with pytest.raises(LockLost, match="was removed"):
            publish(path, b"new")
    assert not path.exists()


def test_a_folder_that_vanished_is_a_file_not_written_and_no_lock_lost(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with RunLock(folder / "run.h5"):
        folder.rename(tmp_path / "moved")
        with pytest.raises(NotWritten, match="could not be written"):
            publish(folder / "run.h5", b"new")


def test_other_files_may_be_written_without_the_lock(path):
    with RunLock(path) as lock:
        lock.marker.unlink()
        publish(path.with_name("rescued.h5"), b"kept")
    publish(path, b"after")
    assert path.read_bytes() == b"after"


# -- two processes that pretend to be two machines -------------------------------------------------

HOST = """
import os, signal, sys, time
from lsnn_core.files import RunLock, LockLost, publish, disk, marker
from lsnn_core.files import lock
name, path, moment = sys.argv[1:]
lock.BEAT_S, lock.SILENT_S = 0.1, 1.0
marker.kernel = lambda: name

def no_locks(file, *, blocking):
    raise OSError(38, "Function not implemented")

lock.lock_descriptor = no_locks

def stop():
    print("stopped", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)  # and all its threads: it renews nothing

def after_the_check(target, check=disk.require_held):
    check(target)
    if moment == "after the check" and os.getpid() != lock.stopped_once:
        lock.stopped_once = os.getpid()
        stop()

lock.stopped_once = 0
disk.require_held = after_the_check
with RunLock(path) as held:
    print("held", held.note, flush=True)
    if moment == "between writings":
        stop()
    try:
        publish(path, name.encode(), lambda written: stop() if moment == "writing" else None)
        print("wrote", flush=True)
    except LockLost as error:
        print("lost", flush=True)
        sys.exit(error.exit_code)
    if moment == "":
        sys.stdin.read()
"""


def machine(name: str, path: Path, moment: str = "") -> subprocess.Popen[str]:
    """Start a writer on a file system without locks that stops dead at a moment."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOST, name, str(path), moment]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


@pytest.mark.parametrize("moment", ["between writings", "writing", "after the check"])
def test_of_two_machines_never_two_write(path, moment):
    path.write_bytes(b"old")
    first = machine("one", path, moment)
    assert first.stdout.readline() == "held None\n"
    assert first.stdout.readline() == "stopped\n"

    early = machine("early", path)
    assert early.communicate("")[0] == ""
    assert early.returncode != 0

    lock = path.with_name("run.h5.lock")
    os.utime(lock, (0, 0))  # time passes
    second = machine("two", path)
    assert "has ended" in second.stdout.readline()
    assert second.stdout.readline() == "wrote\n"
    first.send_signal(signal.SIGCONT)
    out, _ = first.communicate(timeout=30)
    assert (out, first.returncode) == ("lost\n", 1)
    assert path.read_bytes() == b"two"
    assert lock.exists()  # the second's, who goes on
    second.communicate("")
    assert (second.returncode, path.read_bytes()) == (0, b"two")
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]

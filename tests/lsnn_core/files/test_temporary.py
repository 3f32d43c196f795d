"""Temporary files that were left over are told from those in use; and when processes started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.files import remove_orphans, temporary
from lsnn_core.files.temporary import fence, start_of_process
from tests.helpers.processes import number_of_a_dead_process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "run.h5").write_bytes(b"old")
    return tmp_path / "run.h5"


def files(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir())


@pytest.fixture(scope="module")
def dead_pid() -> int:
    return number_of_a_dead_process()


def orphan(path: Path, pid: int, host: str | None = None, name: str | None = None) -> Path:
    host = temporary.host_digits() if host is None else host
    found = path.with_name(f"{name or path.name}.tmp.{host}.{pid}.0123abcd")
    found.write_bytes(b"half")
    return found


def test_temporary_files_of_dead_processes_are_removed(path, dead_pid):
    gone = orphan(path, dead_pid)
    assert remove_orphans(path) == [gone]
    assert files(path) == ["run.h5"]


def test_real_temporary_names_are_recognised(path, dead_pid, monkeypatch):
    monkeypatch.setattr(temporary.os, "getpid", lambda: dead_pid)
    left = path.with_name(temporary.temporary_name(path.name))
    left.touch()
    monkeypatch.undo()
    assert remove_orphans(path) == [left]


def test_other_files_are_left_alone(path, dead_pid):
    orphan(path, os.getpid())
    orphan(path, dead_pid, host="00000000")
    orphan(path, dead_pid, name="other.h5")
    orphan(path, dead_pid, name="run.h5.tmp")
    path.with_name("run.h5.tmp.mine").touch()
    before = files(path)
    assert remove_orphans(path) == []
    assert files(path) == before


def test_missing_folder_has_no_orphans(tmp_path):
    assert remove_orphans(tmp_path / "absent" / "run.h5") == []


def test_a_fence_removes_what_anybody_has_begun(path, dead_pid):
    mine, foreign = orphan(path, os.getpid()), orphan(path, 7, host="00000000")
    orphan(path, dead_pid, name="other.h5")
    assert sorted(fence(path)) == sorted([mine, foreign])
    assert len(files(path)) == 2


def test_start_of_a_process_stays_and_tells_later_ones_apart():
    mine = start_of_process(os.getpid())
    time.sleep(0.03)  # the kernel counts in hundredths of a second
    later = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert start_of_process(os.getpid()) == mine
    assert start_of_process(later.pid) not in (mine, None)
    later.communicate(b"\n")
    assert start_of_process(later.pid) is None


def test_a_zombie_has_no_start():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert start_of_process(process.pid) is not None
    process.stdin.write(b"\n")
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, nobody has noticed
    assert start_of_process(process.pid) is None
    process.wait()


def test_an_impossible_number_is_no_process():
    assert start_of_process(number_of_a_dead_process()) is None
    assert start_of_process(2**70) is None

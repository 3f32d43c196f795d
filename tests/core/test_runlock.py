"""One process at a time trains into a run file."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.runlock import RunLock, start_of_process
from tests.processes import number_of_a_dead_process

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@pytest.fixture(scope="module")
def dead_pid() -> int:
    return number_of_a_dead_process()


def mark(path: Path, **changes: object) -> Path:
    """Write the marker this process would write, with changes."""
    lock = RunLock(path)
    lock.marker.write_text(json.dumps(json.loads(lock._content) | changes))
    return lock.marker


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught, RunLock(path):
        pass
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_marker_is_there_while_held_and_gone_afterwards(path):
    with RunLock(path) as lock:
        assert lock.marker == path.with_name("run.h5.lock")
        assert json.loads(lock.marker.read_text())["pid"] == os.getpid()
        assert lock.note is None
    assert list(path.parent.iterdir()) == []


def test_second_holder_is_refused_by_number(path):
    with RunLock(path) as lock:
        assert f"process {os.getpid()} trains into this run" in refusal(path)
        assert lock.marker.exists()


def test_symbolic_link_is_the_same_run(path):
    path.touch()
    link = path.with_name("link.h5")
    link.symlink_to(path)
    with RunLock(path):
        refusal(link)


def test_error_in_the_block_gives_the_lock_back(path):
    with pytest.raises(ZeroDivisionError), RunLock(path):
        raise ZeroDivisionError
    with RunLock(path):
        pass


def test_lock_of_a_dead_process_is_taken_over_with_a_note(path, dead_pid):
    mark(path, pid=dead_pid)
    with RunLock(path) as lock:
        assert f"process {dead_pid} has ended" in lock.note
        assert json.loads(lock.marker.read_text())["pid"] == os.getpid()


def test_lock_of_a_process_whose_number_was_used_again_is_taken_over(path):
    mark(path, start="1")
    with RunLock(path) as lock:
        assert lock.note


def test_lock_of_a_zombie_is_taken_over(path):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark(path, pid=process.pid, start=start_of_process(process.pid))
    assert "trains into this run" in refusal(path)
    process.stdin.write(b"\n")
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, nobody has noticed
    with RunLock(path) as lock:
        assert lock.note
    process.wait()


def test_lock_of_another_host_is_refused_with_instructions(path, dead_pid):
    mark(path, pid=dead_pid, host="far\x1b[2Jaway")
    assert r"on host far\x1b[2Jaway" in (message := refusal(path))
    assert "delete this marker" in message


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"pid": 1}', b"\xff", b"null", b'{"pid": "x", "start": "", "host": ""}']
    + [b'{"pid": %d, "start": "", "host": ""}' % pid for pid in (0, -1)],
)
def test_unreadable_marker_is_refused_with_instructions(path, content):
    marker = path.with_name("run.h5.lock")
    marker.write_bytes(content)
    assert "delete it if nobody does" in refusal(path)
    assert marker.read_bytes() == content


def test_impossible_process_number_is_a_dead_process(path):
    mark(path, pid=2**70)
    with RunLock(path) as lock:
        assert lock.note


def test_marker_removed_by_hand_is_no_error(path):
    with RunLock(path) as lock:
        lock.marker.unlink()


def test_marker_of_another_is_not_removed(path):
    with RunLock(path):
        marker = mark(path, pid=1)
    assert marker.exists()


def test_marker_that_cannot_be_made_is_refused(path):
    assert "cannot be created" in refusal(path.parent / "absent" / "run.h5")


def test_marker_that_is_a_folder_is_refused(path):
    path.with_name("run.h5.lock").mkdir()
    assert "cannot be opened" in refusal(path)


def compete(path, start, wins):
    start.wait()
    try:
        with RunLock(path):
            wins.put(os.getpid())
            time.sleep(0.3)
    except UsageError:
        pass


def test_of_many_who_find_a_stale_lock_one_takes_it(path, dead_pid):
    context = multiprocessing.get_context("spawn")
    mark(path, pid=dead_pid)
    start, wins = context.Barrier(4), context.SimpleQueue()
    processes = [context.Process(target=compete, args=(path, start, wins)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert not wins.empty()
    wins.get()
    assert wins.empty()


def test_start_of_a_process_stays_and_tells_later_ones_apart():
    mine = start_of_process(os.getpid())
    time.sleep(0.03)  # the kernel counts in hundredths of a second
    later = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert start_of_process(os.getpid()) == mine
    assert start_of_process(later.pid) not in (mine, None)
    later.communicate(b"\n")
    assert start_of_process(later.pid) is None

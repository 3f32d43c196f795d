"""One process at a time trains into a run file."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.files import RunLock
from lsnn_core.files import lock as lock_module
from lsnn_core.files.lock import SILENT_S, start_of_process
from tests.helpers.processes import number_of_a_dead_process, start_python

pytestmark = pytest.mark.timeout(60)

HOLD = """
import sys
from lsnn_core.files import RunLock
with RunLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


def left(path: Path, age_s: float = 0.0, **changes: object) -> Path:
    """Leave the marker that this process would write, with changes, as its killed holder does."""
    marker = path.with_name("run.h5.lock")
    marker.write_text(json.dumps(lock_module._myself() | changes))
    os.utime(marker, (time.time() - age_s,) * 2)
    return marker


def holding(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=Path(lock_module.__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught, RunLock(path):
        pass
    assert str(caught.value).isprintable()
    return str(caught.value)


def taken(path: Path) -> str | None:
    """Take the lock and give it back; returns what was noted."""
    with RunLock(path) as lock:
        assert json.loads(lock.marker.read_text())["pid"] == os.getpid()
    assert not lock.marker.exists()
    return lock.note


# -- held, given back ------------------------------------------------------------------------------


def test_marker_is_there_while_held_and_gone_afterwards(path):
    with RunLock(path) as lock:
        assert lock.marker == path.with_name("run.h5.lock")
        assert json.loads(lock.marker.read_text())["pid"] == os.getpid()
        assert lock.note is None
    assert list(path.parent.iterdir()) == []


def test_second_holder_is_refused_by_number(path):
    with RunLock(path) as lock:
        assert f"process {os.getpid()} on host {socket.gethostname()} trains" in refusal(path)
        assert lock.marker.exists()


def test_symbolic_link_to_the_run_is_the_same_run(path):
    path.touch()
    link = path.with_name("link.h5")
    link.symlink_to(path)
    with RunLock(path):
        refusal(link)


def test_error_in_the_block_gives_the_lock_back(path):
    with pytest.raises(ZeroDivisionError), RunLock(path):
        raise ZeroDivisionError
    assert taken(path) is None


def test_marker_removed_by_hand_is_no_error(path):
    with RunLock(path) as lock:
        lock.marker.unlink()


def test_marker_of_another_is_not_removed(path):
    with RunLock(path) as lock:
        lock.marker.unlink()
        marker = left(path, pid=1)
    assert marker.exists()


def test_folder_that_vanished_is_no_error(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with RunLock(folder / "run.h5"):
        shutil.rmtree(folder)


# -- left by processes of this machine -------------------------------------------------------------


def test_a_killed_holder_is_no_obstacle(path):
    process = holding(path)
    assert f"process {process.pid} on" in refusal(path)
    process.kill()
    process.communicate()
    assert f"process {process.pid} on" in (taken(path) or "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null", b'{"pid": 1}'])
def test_a_marker_whose_writer_was_killed_meanwhile_is_no_obstacle(path, content):
    path.with_name("run.h5.lock").write_bytes(content)
    if content == b'{"pid": 1}':  # of an unknown kernel, but silent
        os.utime(path.with_name("run.h5.lock"), (0, 0))
    assert "took over" in (taken(path) or "")


def test_another_name_of_this_machine_is_no_other_machine(path):
    left(path, host="container-7")
    assert "container-7 has ended" in (taken(path) or "")


def test_a_live_holder_of_another_pid_namespace_is_not_taken_over(path):
    # given: a holder whose number means nothing here, as in a container of the same name
    process = holding(path)
    marker = path.with_name("run.h5.lock")
    text = json.loads(marker.read_text())
    marker.write_text(json.dumps(text | {"pid": 2**22 + 7}))
    assert f"process {2**22 + 7} on" in refusal(path)
    process.communicate("")


def test_a_really_different_pid_namespace(path):
    unshare = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", HOLD, str(path)]
    root, pipe = Path(lock_module.__file__).parents[2], subprocess.PIPE
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    process = subprocess.Popen(unshare, cwd=root, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    if process.stdout.readline() != "held\n":
        pytest.skip(f"no namespaces here: {process.communicate()[1]}")
    assert "trains into this run" in refusal(path)
    process.communicate("")


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


# -- markers that are none -------------------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_never_followed(path, there):
    target = path.with_name("precious")
    if there:
        target.write_text("precious")
    path.with_name("run.h5.lock").symlink_to(target)
    assert "cannot be locked" in refusal(path)
    assert target.read_text() == "precious" if there else not target.exists()


def test_a_file_of_another_name_is_not_written_to(path):
    target = path.with_name("precious")
    target.write_text("precious")
    path.with_name("run.h5.lock").hardlink_to(target)
    assert "not a file of its own" in refusal(path)
    assert target.read_text() == "precious"


def test_a_fifo_is_not_waited_for(path):
    os.mkfifo(path.with_name("run.h5.lock"))
    assert "not a file of its own" in refusal(path)


def test_a_folder_is_refused(path):
    path.with_name("run.h5.lock").mkdir()
    assert "cannot be locked" in refusal(path)


def test_a_folder_that_is_missing_is_refused(path):
    assert "cannot be locked" in refusal(path.parent / "absent" / "run.h5")


# -- several at once -------------------------------------------------------------------------------


def compete(path, start, wins):
    start.wait()
    try:
        with RunLock(path):
            wins.put(os.getpid())
            time.sleep(0.3)
    except UsageError:
        pass


def test_of_many_who_find_a_stale_lock_one_takes_it(path):
    context = multiprocessing.get_context("spawn")
    left(path)
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


def test_nothing_needs_fcntl():
    script = """
import sys
sys.modules["fcntl"] = None
import warnings
warnings.simplefilter("ignore")
import lsnn_core.files, lsnn_core.runs.training_run, lsnn_core.commands.progress
print("imported")
"""
    out, err = start_python(script).communicate(timeout=50)
    assert out == "imported\n", err

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

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.files import RunLock
from tests.helpers.locks import HOLD, ROOT, holding, left, refusal, taken
from tests.helpers.processes import start_python

pytestmark = pytest.mark.timeout(60)


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
    pipe = subprocess.PIPE
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    process = subprocess.Popen(unshare, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    if process.stdout.readline() != "held\n":
        pytest.skip(f"no namespaces here: {process.communicate()[1]}")
    assert "trains into this run" in refusal(path)
    process.communicate("")


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

"""Processes killed and disks full: the run file stays whole."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from lsnn_core.errors import LsnnError
from lsnn_core.files import read_run, remove_orphans, run_attributes, write_tree
from tests.helpers.processes import start_python

pytestmark = pytest.mark.timeout(60)

# Writes iteration 1, 2, 3 ... into one file; each is 2 MB of one number, so that a mix would show.
WRITER = """
import itertools, os, signal, sys
import numpy as np
from lsnn_core.files import run_attributes, write_tree

def write(path, iteration):
    about = run_attributes(
        status="running", iteration=iteration, config="", code_version="", kernel_sha256=""
    )
    filling = np.random.default_rng(iteration).random(250_000)
    write_tree(path, {"filling": filling, "number": np.full(9, iteration)}, about)

path = sys.argv[1]
"""
LOOP = """
for iteration in itertools.count(1):
    write(path, iteration)
    print(iteration, flush=True)
"""
DIE_AT = """
write(path, 1)
original = os.{call}
def die(*arguments):
    if {after}:
        original(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
os.{call} = die
write(path, 2)
"""
FULL_DISK = """
import resource
write(path, 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write(path, 2)
finally:
    print(os.listdir(os.path.dirname(path)))
"""


def start(script: str, path: Path) -> subprocess.Popen[str]:
    return start_python(WRITER + script, str(path))


def iteration_of_whole_file(path: Path) -> int:
    """Return the file's iteration once all of it was read and fits together."""
    with read_run(path) as run:
        tree = run.tree()
        assert tree["number"].tolist() == [run.iteration] * 9
        assert tree["filling"].shape == (250_000,)
        return run.iteration


def test_file_survives_kills_at_random_moments(tmp_path):
    path, done = tmp_path / "run.h5", 0
    for attempt in range(4):
        process = start(LOOP, path)
        assert process.stdout.readline() == "1\n"
        time.sleep(0.03 + 0.025 * attempt)
        process.kill()
        reported = 1 + len(process.communicate()[0].split())
        done = iteration_of_whole_file(path)
        assert done in (reported, reported + 1)  # killed before the new number was printed
    remove_orphans(path)
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]


@pytest.mark.parametrize(
    ("call", "after", "expected", "orphans"),
    [
        ("fsync", False, 1, 1),
        ("replace", False, 1, 1),
        ("replace", True, 2, 0),
    ],
)
def test_file_survives_a_kill_at_each_step(tmp_path, call, after, expected, orphans):
    path = tmp_path / "run.h5"
    process = start(DIE_AT.format(call=call, after=after), path)
    assert process.wait() == -9
    process.communicate()
    assert iteration_of_whole_file(path) == expected
    assert len(remove_orphans(path)) == orphans
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]


def test_full_disk_is_an_error_with_numbers_and_the_old_file_stays(tmp_path):
    path = tmp_path / "run.h5"
    process = start(FULL_DISK, path)
    out, err = process.communicate()
    last = err.splitlines()[-1]
    assert "NotWritten" in last
    assert "bytes are needed" in last
    assert "untouched" in last
    assert out == "['run.h5']\n"
    assert iteration_of_whole_file(path) == 1


def test_file_is_readable_at_every_moment_of_its_rewriting(tmp_path):
    path = tmp_path / "run.h5"
    process = start(LOOP, path)
    process.stdout.readline()
    seen = [iteration_of_whole_file(path) for _ in range(20)]
    process.kill()
    process.communicate()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_writing_goes_on_after_a_failure(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    about = run_attributes(
        status="running", iteration=0, config="", code_version="", kernel_sha256=""
    )
    with monkeypatch.context() as disk:
        disk.setattr("os.replace", full)
        with pytest.raises(LsnnError, match="No space left on device"):
            write_tree(tmp_path / "run.h5", {}, about)
    assert list(tmp_path.iterdir()) == []
    write_tree(tmp_path / "run.h5", {}, about)
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]

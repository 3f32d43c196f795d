"""Whatever becomes of stdout and stderr, the run is trained and its file is whole."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from lsnn_core.files import read_run
from tests.helpers.program import ROOT, train

pytestmark = pytest.mark.timeout(200)


def shell(path: Path, ends: str) -> subprocess.CompletedProcess[str]:
    """Run a tiny training in a shell line with redirections or a pipe after it."""
    command = shlex.join([sys.executable, "-m", "lsnn_core", *train(path)])
    line = f"set -o pipefail; {command} {ends}"
    return subprocess.run(
        ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=100
    )


def is_complete(path: Path) -> bool:
    with read_run(path) as run:
        return (run.status, run.iteration) == ("complete", 30)


@pytest.mark.parametrize(
    "ends", ["2>&-", "2>/dev/full", "2> >(true)", "2>&- </dev/null", "<&- 2>&-"]
)
def test_words_that_nobody_can_read_stop_nothing(tmp_path, ends):
    done = shell(tmp_path / "run.h5", ends)

    assert (done.returncode, done.stderr) == (0, "")
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"validation", "test"}
    assert is_complete(tmp_path / "run.h5")


def test_a_reader_of_everything_that_goes_away(tmp_path):
    done = shell(tmp_path / "run.h5", "2>&1 | head -1")

    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert is_complete(tmp_path / "run.h5")


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (">&-", "stdout: results could not be written (it is closed)"),
        (">/dev/full", "stdout: results could not be written (No space left on device)"),
        (">/dev/full 2>&-", ""),
        (">&- 2>&-", ""),
    ],
)
def test_results_that_cannot_be_written_end_with_1(tmp_path, ends, words):
    done = shell(tmp_path / "run.h5", ends)
    last = done.stderr.splitlines()[-1:]

    assert done.returncode == 1
    assert last == ([f"lsnn: error: {words}"] if words else [])
    assert is_complete(tmp_path / "run.h5")


def test_a_terminal_that_closes_under_the_bar(tmp_path):
    path = tmp_path / "run.h5"
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 80))
    command = [sys.executable, "-m", "lsnn_core", *train(path, training__iterations=60)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"it/s" not in seen:
        seen += os.read(ours, 1000)
    os.close(ours)  # every write to the terminal fails from now on
    out, _ = process.communicate(timeout=100)

    assert process.returncode == 0
    assert b"test recall_error" in out
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("complete", 60)

"""Locks of run files as tests leave, take and hold them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lsnn_core
from lsnn_core.errors import UsageError
from lsnn_core.files import RunLock, marker

ROOT = Path(lsnn_core.__file__).parents[1]
HOLD = """
import sys
from lsnn_core.files import RunLock
with RunLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def left(path: Path, age_s: float = 0.0, **changes: object) -> Path:
    """Leave the marker that this process would write, with changes, as its killed holder does."""
    lock = path.with_name("run.h5.lock")
    lock.write_text(json.dumps(marker.myself() | changes))
    os.utime(lock, (time.time() - age_s,) * 2)
    return lock


def holding(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def refusal(path: Path) -> str:
    """What the lock says to one who may not have it."""
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

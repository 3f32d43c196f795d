"""Processes started by ``mpiexec``; where there is none, the test is skipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.program import ROOT


def mpiexec(count: int, *arguments: str) -> list[str]:
    """Return the command that starts so many processes of ``python -m ARGUMENTS...``."""
    pytest.importorskip("mpi4py")
    beside = Path(sys.executable).with_name("mpiexec")
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        pytest.skip("no mpiexec")
    return [found, "-n", str(count), sys.executable, "-m", *arguments]


def by_ranks(count: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run so many processes to their end."""
    command = mpiexec(count, *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=560)

"""Two random kills; a hundred by ``python -m tests.soak.kills --count 100``."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.helpers.program import ROOT


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_two_kills_cost_nothing():
    command = [sys.executable, "-m", "tests.soak.kills", "--count", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "'killed': 2" in done.stdout
    assert "0 wrong" in done.stdout

"""What all tests share: examples of hypothesis, what compiles, no surprises from outside."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# No deadlines: the first call of a kernel compiles it.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# A shell starts its background jobs with SIGINT ignored, and they hand that on to their children:
# the tests of interruption must not depend on how the tests were started.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as under nohup

# Tests that call no kernel, train nothing and start no process that does. All others are marked, so
# that a new folder of tests never makes `pytest -m "not compiled"` slow before somebody has looked.
LIGHT = (
    "tests/lsnn_core/config",
    "tests/lsnn_core/files/guarded/test_guarded_types.py",
    "tests/lsnn_core/optimisers/test_schedules.py",
    "tests/lsnn_core/task/test_losses.py",
    "tests/lsnn_core/test_plugins.py",
    "tests/packaging/test_documents.py",
    "tests/packaging/test_floors.py",
    "tests/tasks/speech",
)
ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what compiles."""
    light = [ROOT / name for name in LIGHT]
    gone = [str(path) for path in light if not path.exists()]
    assert not gone, f"{gone} in LIGHT: moved; name the new places"
    for item in items:
        if not any(item.path.is_relative_to(path) for path in light):
            item.add_marker("compiled")

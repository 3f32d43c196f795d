"""The table of faults has all of them, and every test that it names is there and is run."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TABLE = Path(__file__).with_name("faults.toml")
ROOT = Path(__file__).parents[2]
FAULTS = tomllib.loads(TABLE.read_text("utf-8"))["fault"]


def collected(files: set[str]) -> set[str]:
    """All tests of some files, as pytest itself finds them, without their parameters."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, *sorted(files)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
    return {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}


def test_no_fault_is_missing():
    assert sorted(fault["number"] for fault in FAULTS) == list(range(1, 55))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault["number"]))
def test_each_has_a_test_or_a_reason(fault):
    assert set(fault) - {"not_provoked"} == {"number", "case", "outcome", "tests"}
    assert fault["case"]
    assert fault["outcome"]
    assert fault["tests"] or fault["not_provoked"]


@pytest.mark.timeout(280)
def test_every_test_is_there_and_is_run():
    named = [test for fault in FAULTS for test in fault["tests"]]
    found = collected({test.partition("::")[0] for test in named})
    assert [test for test in named if test not in found] == []

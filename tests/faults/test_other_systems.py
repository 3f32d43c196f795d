"""The program runs where Linux' own names are missing: as on macOS, and as on Windows.

A stand-in for machines that are not at hand: it shows that nothing asks for what is not there, not
that everything works there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.processes import IMPORT_ALL
from tests.helpers.program import ROOT, results, train

GAPS = """
import os, signal, sys
gone = not hasattr(os, "sched_getaffinity"), sys.modules.get("fcntl", "") is None
print(*gone, hasattr(signal, "SIGHUP"), os.path.exists("/proc/self"))
"""


class System:
    """Runs programs as on another system."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.run_file = name, folder / "run.h5"
        path = os.pathsep.join([str(Path(__file__).with_name("elsewhere")), str(ROOT)])
        new = {"PYTHONPATH": path, "LSNN_TEST_SYSTEM": name, "PYTHONWARNDEFAULTENCODING": "1"}
        self._environment = {**os.environ, **new}

    def python(self, *arguments: str, code: int = 0) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    def lsnn(self, *arguments: str) -> str:
        return self.python("-m", "lsnn_core", *arguments)


@pytest.fixture(scope="module", params=["macos", "windows"])
def system(request, tmp_path_factory) -> System:
    return System(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def trained(system) -> System:
    system.lsnn(*train(system.run_file, training__threads=0))
    return system


def test_the_names_are_gone(system):
    windows = system.name == "windows"

    assert system.python("-c", GAPS).split() == ["True", str(windows), str(not windows), "False"]


def test_everything_can_be_imported(system):
    only_here = "ignore:only soft file lock is available"  # filelock knows Windows by its name
    system.python("-W", "error", "-W", only_here, "-c", IMPORT_ALL)


def test_it_resumes_to_what_an_undisturbed_run_gives(trained, tmp_path):
    path = tmp_path / "run.h5"
    stopped = "-m", "tests.helpers.killed", "training", "15", "SIGINT", *train(path)
    trained.python(*stopped, code=130)
    trained.lsnn("resume", str(path))

    assert results(path) == results(trained.run_file)


def test_it_draws(trained, tmp_path):
    out = tmp_path / "learning.png"
    trained.lsnn("figure", "learning", str(trained.run_file), "-o", str(out))

    assert out.read_bytes().startswith(b"\x89PNG")


def test_it_looks_into_run_files_and_tests_networks(trained):
    assert "complete, 30 iterations" in trained.lsnn("inspect", str(trained.run_file))
    trained.lsnn("evaluate", str(trained.run_file))


def test_it_proves_the_gradient(system):
    assert "10 of 10 caught" in system.lsnn("gradcheck")


def test_it_measures(system, tmp_path):
    out = tmp_path / "out.json"
    system.lsnn("bench", "W1p", "--batch", "2", "--repeats", "1", "--json", str(out))

    found = json.loads(out.read_text())
    assert found["environment"]["processors"] == os.cpu_count()
    assert (found["environment"]["load"] is None) == (system.name == "windows")
    assert all(row["seconds"] > 0 for row in found["rows"])

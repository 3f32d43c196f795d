"""Another Python runs our module and nothing that lies in the working folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lsnn_core
from lsnn_core.bench import measure, peers
from lsnn_core.runs import warmup
from tests.helpers.toy_learner import toy_learner
from tests.helpers.workloads import QUICK, TINY

ROOT = Path(lsnn_core.__file__).parents[1]
TRAPS = ("random", "numpy", "numba", "json", "lsnn_core", "resource", "torch")


@pytest.fixture
def sprung(tmp_path, monkeypatch):
    """In a working folder whose modules leave this file when they are imported."""
    path = tmp_path / "sprung"
    for name in TRAPS:
        text = f"open({str(path)!r}, 'a').write({name!r})\nraise SystemExit(9)"
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return path


def test_the_one_who_compiles_beside(sprung, monkeypatch):
    made, started, popen = toy_learner(), [], subprocess.Popen
    monkeypatch.setattr(warmup, "waits_in_cache", lambda kernel: False)
    monkeypatch.setattr(
        warmup.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    monkeypatch.setattr(warmup, "compile_update", lambda request: started[0].wait())
    with warmup.compiling_beside(made):
        pass

    assert started[0].returncode == 0
    assert not sprung.exists()


def test_those_who_draw_and_measure(sprung, tmp_path):
    path = measure.write_problem(TINY, 3, str(tmp_path))
    with measure.start_ours(TINY, path, QUICK) as child:
        assert "forward" in child.ready["ready"]
    assert measure.gemm_peak("float32", [1])[1] > 0
    assert not sprung.exists()


def test_other_interpreters(sprung):
    assert not peers._has(sys.executable, "lsnn_nowhere")
    assert peers._has(sys.executable, "numpy")
    command = peers.foreign_module(sys.executable, "json.tool", "--help")
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0
    assert "json" in done.stdout
    assert not sprung.exists()


def test_no_other_place_lets_python_look_for_a_module():
    for package in ("lsnn_core", "tasks", "analysis"):
        for path in (ROOT / package).rglob("*.py"):
            assert '"-m"' not in path.read_text(encoding="utf-8"), path

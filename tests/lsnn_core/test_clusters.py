"""The page on clusters: its sweep is one, and its Slurm script goes on after a signal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lsnn_core
from lsnn_core.files import read_run
from lsnn_core.runs.metrics_file import beside, read_lines
from lsnn_core.sweeps.plan import of_file
from tests.helpers.program import ROOT, lsnn, results, train

PAGE = (Path(lsnn_core.__file__).parent / "CLUSTERS.md").read_text()
pytestmark = pytest.mark.timeout(600)


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_the_sweep_of_the_page(tmp_path):
    path = tmp_path / "SWEEP.toml"
    path.write_text(block("toml"))
    jobs = of_file(str(path), None).jobs
    assert len(jobs) == 21
    assert jobs[-1].name == "nav"
    assert jobs[0].configured().network.tau_a_ms == (200.0, 700.0)


@pytest.fixture
def queue(tmp_path: Path) -> dict[str, str]:
    """An environment with our program, and a stand-in for Slurm's."""
    stand_ins = {
        "lsnn": f'cd "{ROOT}" && exec "{sys.executable}" -m lsnn_core "$@"',
        "scontrol": f'echo "$@" >> "{tmp_path}/scontrol.log"',
    }
    (tmp_path / "bin").mkdir()
    for name, line in stand_ins.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "train.sh").write_text(block("bash"))
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SLURM_JOB_ID": "4711"}


def test_a_job_that_is_preempted_twice_ends_in_the_same_bits(tmp_path, queue):
    run, alone = tmp_path / "run.h5", tmp_path / "alone.h5"
    settings = [*train(run, training__iterations=150)[4:], "--metrics"]
    job = ["bash", str(tmp_path / "train.sh"), "store-recall", str(run), *settings]
    for requeued in (1, 2):
        process = subprocess.Popen(job, env=queue, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 200
        while not beside(run).exists() or len(list(read_lines(beside(run)))) < 40 * requeued:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGUSR1)  # to the shell, as `B:` says
        _, err = process.communicate(timeout=200)
        assert process.returncode == 130, err
        with read_run(run) as file:
            assert file.status == "interrupted"
        log = (tmp_path / "scontrol.log").read_text()
        assert log == "requeue 4711\n" * requeued
    done = subprocess.run(job, env=queue, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert lsnn(*train(alone, training__iterations=150)).returncode == 0
    assert results(run) == results(alone)
    assert (tmp_path / "scontrol.log").read_text() == "requeue 4711\n" * 2

"""Another process compiles beside a run; the run does without it if it must."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from lsnn_core.runs import warmup
from tests.helpers.processes import start_python
from tests.helpers.toy_learner import toy_learner
from tests.helpers.toy_task import ToyTask

SCRIPT = """
from lsnn_core.kernels.examples.run import run_backward
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.warmup import compiling_beside
from tests.helpers.toy_learner import toy_config
from tests.helpers.toy_task import ToyTask

trainer = Trainer(toy_config(), ToyTask())
with compiling_beside(trainer.learner):
    trainer.step()
print(sum(run_backward.stats.cache_hits.values()), sum(run_backward.stats.cache_misses.values()))
"""


class NumbersTask(ToyTask):
    analog = True


@pytest.mark.slow
def test_the_backward_pass_is_compiled_beside(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    out, err = start_python(SCRIPT).communicate(timeout=280)
    assert (out, err) == ("1 0\n", "")


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        (ToyTask, {}),
        (ToyTask, {"policy": "none", "connectivity": 1.0, "delays": 1}),
        (NumbersTask, {"policy": "soft-deep-r"}),
        (ToyTask, {"connectivity": 1.0}),
    ],
)
def test_nothing_of_the_learner_changes(task, changes):
    made = toy_learner(task, **changes)
    before = made.net.connections.weight.copy(), made.resume_state()
    request = warmup.CompileRequest.of(made)
    warmup.compile_for(request)
    warmup.compile_update(request)
    np.testing.assert_array_equal(made.net.connections.weight, before[0])
    for name, value in before[1].items():
        np.testing.assert_array_equal(made.resume_state()[name], value)


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python"])
def test_without_the_other_process_everything_is_compiled_here(python, monkeypatch):
    monkeypatch.setattr(warmup, "waits_in_cache", lambda kernel: False)
    monkeypatch.setattr(sys, "executable", python)
    made = toy_learner()
    with warmup.compiling_beside(made):
        found = made.gradient(made.batch(0), 0)
    assert np.abs(found.d_weight).max() > 0


def test_no_process_is_left_behind(monkeypatch):
    started = []
    popen = warmup.subprocess.Popen
    monkeypatch.setattr(warmup, "waits_in_cache", lambda kernel: False)
    monkeypatch.setattr(
        warmup.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    with pytest.raises(KeyboardInterrupt), warmup.compiling_beside(toy_learner()):
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(started[0].pid, 0)


@pytest.mark.parametrize("compiled", [False, True])
def test_no_process_starts_where_nothing_is_to_gain(compiled, monkeypatch):
    monkeypatch.setattr(warmup, "waits_in_cache", lambda kernel: compiled)
    monkeypatch.setattr(warmup.subprocess, "Popen", None)
    made = toy_learner()
    made.engine.threads = 1 if not compiled else 2
    with warmup.compiling_beside(made):
        pass

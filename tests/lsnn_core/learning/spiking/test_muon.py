"""A network whose full matrices learn by Muon: the same bits on any threads, and after a resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsnn_core import plugins
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers import fuzz_worker
from tests.helpers.toy_task import ToyTask


def trainer(**training: Any) -> Trainer:
    config = {
        "seed": 4,
        "task": {"name": "toy"},
        "network": {"n_regular": 7, "n_adaptive": 5, "delays": 1, "readout_scale": 0.5},
        "training": {"iterations": 6, "batch": 17, "threads": 1, "optimiser": "muon", **training},
    }
    return Trainer(from_mapping(RunConfig, config), ToyTask())


def stepped(t: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        t.step()
    return t


def everything(t: Trainer) -> dict[str, Any]:
    net = t.learner.net
    return {"weight": net.connections.weight, "b_out": net.b_out, **t.learner.resume_state()}


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_seed_gives_the_same_bits_on_one_thread_and_two(dtype: str) -> None:
    one, two = (stepped(trainer(threads=n, dtype=dtype), 4) for n in (1, 2))

    assert_same(everything(two), everything(one))
    assert two.metrics.values == one.metrics.values


def test_matrices_move_otherwise_than_by_adam_and_the_readout_alike() -> None:
    muon, adam = (stepped(trainer(optimiser=name), 1).learner.net for name in ("muon", "adam"))

    for name, alike in (("W_in", False), ("W_rec", False), ("W_out", True)):
        same = np.array_equal(muon.connections.dense(name), adam.connections.dense(name))
        assert same is alike
    np.testing.assert_array_equal(muon.b_out, adam.b_out)


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_resumed_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: Any, average: float
) -> None:
    monkeypatch.setattr(plugins, "load", fuzz_worker.load)
    run = TrainingRun(stepped(trainer(average=average), 3), tmp_path / "run.h5")
    run.save("interrupted")
    resumed = stepped(TrainingRun.resume(tmp_path / "run.h5").trainer, 3)

    assert_same(everything(resumed), everything(stepped(run.trainer, 3)))

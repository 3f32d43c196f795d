"""A configuration's rule of learning: with DEEP R, on any threads, and after a resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsnn_core import plugins
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import UsageError
from lsnn_core.learning.rules import feedback_of
from lsnn_core.learning.trainer import Trainer
from lsnn_core.model.layout import Layout
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.simulation.eprop_engine import EpropEngine
from tests.helpers import fuzz_worker
from tests.helpers.toy_task import ToyTask

RULES = {
    "symmetric": {"rule": "e-prop"},
    "random": {"rule": "e-prop", "feedback": "random"},
    "truncated": {"truncate": 10},
}
EACH = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def configured(**training: Any) -> RunConfig:
    config = {
        "seed": 4,
        "task": {"name": "toy"},
        "network": {"n_regular": 7, "n_adaptive": 5, "delays": 3, "connectivity": 0.5},
        "training": {"iterations": 8, "batch": 17, "threads": 1, **training},
        "rewiring": {"policy": "deep-r", "l1": 0.05},
    }
    return from_mapping(RunConfig, config)


def stepped(steps: int, **training: Any) -> Trainer:
    return further(Trainer(configured(**training), ToyTask()), steps)


def further(t: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        t.step()
    return t


def everything(t: Trainer) -> dict[str, Any]:
    net = t.learner.net
    listed = {k: getattr(net.connections, k) for k in ("indptr", "target", "weight")}
    return {**listed, "b_out": net.b_out, **t.learner.resume_state()}


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@EACH
def test_one_seed_gives_the_same_bits_on_one_thread_and_two(rule):
    one, two = (stepped(5, threads=n, **rule) for n in (1, 2))

    assert sum(one.metrics.values["rewiring/dropped"]) > 0
    assert_same(everything(two), everything(one))
    assert two.metrics.values == one.metrics.values


@EACH
def test_a_resumed_run_goes_on_to_the_same_bits(rule, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(plugins, "load", fuzz_worker.load)
    run = TrainingRun(stepped(3, **rule), tmp_path / "run.h5")
    run.save("interrupted")
    resumed = TrainingRun.resume(tmp_path / "run.h5").trainer

    assert_same(everything(further(resumed, 3)), everything(further(run.trainer, 3)))


def test_each_rule_learns_otherwise():
    weights = [everything(stepped(1, **rule))["weight"] for rule in ({}, *RULES.values())]

    for i, one in enumerate(weights):
        assert not any(np.array_equal(one, other) for other in weights[i + 1 :])


@pytest.mark.parametrize(("rate_weight", "tape"), [(0.1, "block"), (0.0, "scratch")])
def test_a_stretch_of_all_steps_is_the_whole_gradient(rate_weight, tape):
    config = {**vars(configured()), "loss": {"rate_weight": rate_weight}}
    for truncate in (0, 40):
        training = {**vars(configured().training), "truncate": truncate}
        t = Trainer(RunConfig(**{**config, "training": training}), ToyTask())
        assert set(t.learner.engine.plan.tapes) == {tape}
        further(t, 2)
        if not truncate:
            whole = everything(t)
    assert_same(everything(t), whole)


def test_random_feedback_is_drawn_from_the_seed_alone():
    config, layout = configured(rule="e-prop", feedback="random"), Layout(6, 300, 40, 2)
    drawn = feedback_of(config, layout)
    engine = Trainer(config, ToyTask()).learner.engine

    assert isinstance(engine, EpropEngine)
    assert drawn is not None
    np.testing.assert_array_equal(drawn, feedback_of(config, layout))
    assert not drawn[::2, 1::2].any()
    assert not drawn[1::2, ::2].any()
    assert drawn[::2, ::2].std() == pytest.approx(1 / np.sqrt(150), rel=0.05)
    assert feedback_of(configured(rule="e-prop"), layout) is None


def test_real_numbers_as_inputs_are_refused_before_anything_is_run():
    analog = type("Analog", (ToyTask,), {"analog": True})()
    with pytest.raises(UsageError, match="e-prop needs spikes as inputs"):
        Trainer(configured(rule="e-prop"), analog)

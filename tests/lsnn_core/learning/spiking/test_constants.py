"""The LSNN as a learner of its neurons' constants: they move, and go on to the same bits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core import plugins
from lsnn_core.choices import CONSTANTS
from lsnn_core.cli import main
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import NumericalError
from lsnn_core.files import read_run
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.optimisers.constants import FIELDS
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.simulation.constants import ConstantGradients
from tests.helpers import fuzz_worker
from tests.helpers.program import results
from tests.helpers.toy_task import ToyBatch

NETWORK = {
    "n_regular": 7, "n_adaptive": 5, "connectivity": 0.5, "delays": 3, "n_ref": 2,
    "tau_m_ms": [10.0, 30.0], "tau_a_ms": 80.0,
}  # fmt: skip
SMALL = {"iterations": 6, "batch": 17, "validate_every": 4, "threads": 1, "learn": CONSTANTS}


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setattr(plugins, "load", fuzz_worker.load)


def config_of(network: Any = None, loss: Any = None, **training: Any) -> RunConfig:
    tables = {
        "seed": 4,
        "task": {"name": "toy"},
        "network": {**NETWORK, **(network or {})},
        "loss": loss or {},
        "training": {**SMALL, **training},
        "rewiring": {"policy": "deep-r", "l1": 0.01},
    }
    return from_mapping(RunConfig, tables)


def trainer(**options: Any) -> Trainer:
    config = config_of(**options)
    return Trainer(config, make_task(config))


def train(t: Trainer, iterations: int = 6) -> Trainer:
    for _ in range(iterations):
        t.step()
    return t


def constants(t: Trainer) -> dict[str, Any]:
    return {name: getattr(t.learner.net.neurons, name) for name in FIELDS.values()}


def test_only_what_is_named_moves_and_only_where_it_has_an_effect():
    before, t = constants(trainer()), train(trainer(learn=["tau_a", "b0"]))
    after = constants(t)

    np.testing.assert_array_equal(after["tau_m_ms"], before["tau_m_ms"])
    np.testing.assert_array_equal(after["beta"], before["beta"])
    np.testing.assert_array_equal(after["tau_a_ms"][:7], before["tau_a_ms"][:7])
    assert np.mean(after["tau_a_ms"][7:] != before["tau_a_ms"][7:]) > 0.5
    assert np.mean(after["b0"] != before["b0"]) > 0.5  # one that stays below 0 learns nothing


def test_they_start_from_what_was_drawn():
    t = trainer()
    drawn = t.learner.net.neurons.tau_m_ms.copy()
    assert len(set(drawn)) == 12
    assert np.all((drawn >= 10.0) & (drawn <= 30.0))
    moved = train(t, 1).learner.net.neurons.tau_m_ms

    # Adam's first step is lr, here of the logarithm
    change = np.abs(np.log(moved / drawn))
    assert np.median(change) == pytest.approx(t.config.training.lr, rel=1e-3)
    assert change.max() <= t.config.training.lr * (1 + 1e-12)


def test_without_learning_the_neurons_are_the_same_object():
    t = trainer(learn=[])
    before = t.learner.net.neurons
    assert train(t, 2).learner.net.neurons is before
    assert t.learner.stored().tree["neurons"].keys() == {*FIELDS.values(), "n_ref", "sign"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_seed_gives_the_same_bits_on_one_thread_and_two(dtype):
    one, two = (train(trainer(threads=n, dtype=dtype)) for n in (1, 2))

    for name, value in constants(one).items():
        np.testing.assert_array_equal(constants(two)[name], value)
    assert two.metrics.values == one.metrics.values


def test_a_loss_that_adaptation_decides_falls_when_tau_a_alone_is_learned():
    # thresholds that rise within the 40 steps lower the rate; weights hardly change
    network = {"n_regular": 0, "n_adaptive": 12, "beta": 2.0, "tau_a_ms": 500.0}
    loss = {"rate_target_hz": 1.0, "rate_weight": 100.0}
    options = {"network": network, "loss": loss, "iterations": 40}
    t = trainer(**options, learn=["tau_a"], lr=1e-8, learn_lr=5e6, lr_schedule="constant")
    weight = t.learner.net.connections.weight.copy()
    before = t.learner.net.neurons.tau_a_ms.copy()
    train(t, 40)
    losses = t.metrics.values["train/rate_loss"]

    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    assert np.median(t.learner.net.neurons.tau_a_ms / before) < 0.5
    np.testing.assert_allclose(t.learner.net.connections.weight, weight, atol=1e-5)


def test_constants_count_in_the_length_of_a_gradient():
    t = train(trainer(clip_norm=1e-3, adam_beta1=0.9), 1)
    state = t.learner.resume_state()
    m = np.concatenate([state[f"{name}_m"] for name in ("list", "bias", *CONSTANTS)])
    of_constants = np.concatenate([state[f"{name}_m"] for name in CONSTANTS])

    # connections that DEEP R made anew have lost their share
    assert 0.9e-4 < np.linalg.norm(m) <= 1e-4 * (1 + 1e-6)
    assert np.linalg.norm(of_constants) > 1e-7


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("name", CONSTANTS)
def test_a_gradient_that_is_none_stops_and_changes_nothing(name, number):
    t = train(trainer(), 1)
    learner = t.learner
    before, net = learner.resume_state(), learner.net
    result = learner.gradient(learner.batch(1), 1)
    spoilt = [np.array(values) for values in result.d_constants]
    spoilt[CONSTANTS.index(name)][8] = number
    result = replace(result, d_constants=ConstantGradients(*spoilt))

    with pytest.raises(NumericalError, match=rf"^iteration 1: d_log_{name}\[8\] is (nan|inf)"):
        learner.update(result, 0.01, 1)
    assert learner.net is net
    for key, value in learner.resume_state().items():
        np.testing.assert_array_equal(value, before[key])


def test_percentiles_of_what_is_learned_are_recorded_with_the_gradient_norms():
    t = train(trainer(iterations=11, learn=["tau_m", "beta"]), 11)
    found = {name for name in t.metrics.steps if "_p" in name}

    assert found == {
        f"train/{name}" for p in (5, 50, 95) for name in (f"tau_m_p{p}_ms", f"beta_p{p}")
    }
    assert t.metrics.steps["train/beta_p50"] == t.metrics.steps["train/gradient_norm_W_in"]
    of_a = t.learner.net.neurons.beta[7:]
    assert of_a.min() <= t.metrics.last("train/beta_p50") <= of_a.max()


def saved(path: Any, t: Trainer) -> TrainingRun:
    run = TrainingRun(t, path)
    run.save("interrupted")
    return run


def test_a_resumed_run_goes_on_to_the_same_bits(tmp_path):
    whole, part = tmp_path / "whole.h5", tmp_path / "part.h5"
    t = trainer()
    t.fit(lambda t: True)
    saved(whole, t)
    first = trainer()
    first.fit(lambda t: t.iteration < 3)
    saved(part, first)
    again = TrainingRun.resume(part)
    again.trainer.fit(lambda t: True)
    again.save("interrupted")

    assert results(part) == results(whole)
    with read_run(part) as file:
        fresh = trainer().learner.net.neurons
        for name in FIELDS.values():
            initial = file.array(f"neurons/initial/{name}")
            np.testing.assert_array_equal(initial, getattr(fresh, name))
            assert np.any(file.array(f"neurons/{name}") != initial)


def test_a_run_is_evaluated_with_the_constants_it_learned(tmp_path, capsys):
    path, t = tmp_path / "run.h5", trainer(iterations=3, learn_lr=100.0)
    t.fit(lambda t: True)
    saved(path, t)
    expected = t.evaluate("test")
    assert main(["evaluate", str(path)]) == 0
    capsys.readouterr()
    with read_run(path) as file:
        assert file.metric("test", "loss")[1][-1] == expected["test/loss"]
    t.learner.net = replace(t.learner.net, neurons=trainer().learner.net.neurons)
    assert t.evaluate("test")["test/loss"] != expected["test/loss"]


def test_each_update_of_a_batch_moves_the_constants(monkeypatch):
    monkeypatch.setattr(ToyBatch, "updates", 2)

    assert train(trainer(), 3).learner.constants.adam["b0"].age == 6


def test_averages_take_in_what_is_learned(tmp_path):
    t = train(trainer(average=0.5), 1)
    neurons = [t.learner.net.neurons.tau_m_ms]
    start = trainer().learner.net.neurons.tau_m_ms
    expected = (0.5 * start + neurons[0]) / 1.5
    with t.learner.averaged():
        np.testing.assert_allclose(t.learner.net.neurons.tau_m_ms, expected, rtol=1e-12)
        np.testing.assert_array_equal(t.learner.net.neurons.beta[:7], 0.0)
    assert t.learner.net.neurons.tau_m_ms is neurons[0]

    run = saved(tmp_path / "run.h5", t)
    again = TrainingRun.resume(tmp_path / "run.h5").trainer
    for one in (run.trainer, again):
        train(one, 3)
    a, b = (one.learner.average.parts for one in (run.trainer, again))
    for name, part in a.items():
        np.testing.assert_array_equal(b[name].value, part.value)
        np.testing.assert_array_equal(b[name].count, part.count)

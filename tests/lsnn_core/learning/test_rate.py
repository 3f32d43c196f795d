"""RNN and LSTM learn, go on to the same bits, and refuse what they are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.figures.runs.learning import figure
from lsnn_core.config.recipes import configure
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import BadFileError, NumericalError, UsageError
from lsnn_core.files import describe, read_run
from lsnn_core.files.schema import lookup
from lsnn_core.learning.models import make_learner, make_task
from lsnn_core.learning.rate import RateLearner
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.task.protocol import InteractiveTask
from tests.helpers.program import TINY, results
from tests.helpers.rate_toy import NumberTask

MODELS = pytest.mark.parametrize("model", ["rnn", "lstm"])
SMALL = {"iterations": 6, "batch": 32, "lr": 0.02, "lr_schedule": "constant", "threads": 2}


def toy_config(model: str, **training: Any) -> RunConfig:
    network = {"model": model, "n_regular": 12, "n_adaptive": 0}
    values = {"seed": 4, "task": {"name": "toy"}, "network": network}
    return from_mapping(RunConfig, {**values, "training": {**SMALL, **training}})


def trainer(model: str, **training: Any) -> Trainer:
    return Trainer(toy_config(model, **training), NumberTask())


def store_recall(model: str) -> RunConfig:
    """Store-recall in miniature: a task that a file can name, with spikes as inputs."""
    rate = {"rewiring.policy": "none", "network.model": model, "network.n_adaptive": 0}
    short = {"training.iterations": 6, "training.validate_every": 3, "training.batch": 256}
    changed = {**TINY, **rate, **short}
    return configure("store-recall", [f"{key}={value}" for key, value in changed.items()])


def run_until(config: RunConfig, path: Path, iteration: int) -> None:
    """Train and save; stop on the way if `iteration` says so."""
    run = TrainingRun(Trainer(config, make_task(config)), path)
    while run.trainer.iteration < iteration:
        run.trainer.step()
        if run.trainer.iteration % config.training.validate_every == 0:
            run.trainer.evaluate("validation")
    run.save("interrupted")
    run.trainer.close()


@MODELS
def test_it_learns_to_remember(model):
    t = trainer(model, iterations=400, lr=0.01)  # ten seeds reach 0.95 or more
    t.fit(lambda trainer: True)
    t.close()

    accuracy = t.metrics.values["validation/accuracy"]
    assert accuracy[-1] > 0.9
    assert t.metrics.values["train/loss"][0] > 0.6 > 0.4 > t.metrics.last("train/loss")


@MODELS
def test_adam_is_given_a_gradient_of_the_configured_length(model):
    t = trainer(model, iterations=1, clip_norm=1e-3, adam_beta1=0.5)
    t.step()
    t.close()
    m = np.concatenate([adam.m.ravel() for adam in t.learner.adam.values()])
    assert np.linalg.norm(m) == pytest.approx(0.5e-3, rel=1e-4)


@MODELS
def test_an_interrupted_run_ends_in_the_bits_of_one_left_alone(model, tmp_path):
    config = store_recall(model)
    whole, stopped = tmp_path / "whole.h5", tmp_path / "stopped.h5"
    TrainingRun(Trainer(config, make_task(config)), whole).run()
    run_until(config, stopped, 4)
    TrainingRun.resume(stopped).run()

    assert results(stopped) == results(whole)


@MODELS
def test_its_file_says_what_it_holds_and_can_be_drawn(model, tmp_path):
    path, picture = tmp_path / "run.h5", tmp_path / "learning.svg"
    config = store_recall(model)
    TrainingRun(Trainer(config, make_task(config)), path).run()
    figure.draw([str(path)], str(picture))
    with read_run(path) as run:
        text, names = describe(run), [name for name, *_ in run.contents()]

    assert all(lookup(name) for name in names if name.startswith("weights/"))
    assert "weights from units to outputs" in text
    assert picture.stat().st_size > 1000


@MODELS
def test_weights_of_another_size_are_refused(model, tmp_path):
    path = tmp_path / "run.h5"
    run_until(store_recall(model), path, 1)
    config = store_recall(model)
    larger = replace(config, network=replace(config.network, n_regular=11))
    with read_run(path) as file, pytest.raises(BadFileError, match=r"weights/dense/.*expected"):
        make_learner(larger, make_task(larger)).restore(file)


def test_a_run_without_its_moments_is_refused(tmp_path):
    config, path = store_recall("rnn"), tmp_path / "run.h5"
    run = TrainingRun(Trainer(config, make_task(config)), path)
    stored = run.trainer.learner.stored()
    del stored.tree["resume"]["W_rec"]["v"]
    run.trainer.learner.stored = lambda: stored  # type: ignore[method-assign]
    run.save("interrupted")

    with pytest.raises(BadFileError, match=r"run\.h5.*resume/W_rec/v is missing"):
        TrainingRun.resume(path)


@MODELS
def test_a_number_that_is_none_changes_nothing(model):
    t = trainer(model)
    learner = t.learner
    assert isinstance(learner, RateLearner)
    before = {**learner.parameters, "b_out": np.full(2, np.inf, learner.dtype)}
    learner.parameters, batch = before, learner.batch(0)

    with pytest.raises(NumericalError, match="inputs of readout 0 sum up to as much as inf"):
        learner.update(learner.gradient(batch, 0), 0.1, 0)
    assert learner.parameters is before
    t.close()


@pytest.mark.parametrize(
    ("network", "rewiring", "words"),
    [
        ({"n_adaptive": 3}, "none", r"network\.n_adaptive: found 3, expected 0.*lstm"),
        ({"n_adaptive": 0}, "deep-r", r"rewiring\.policy: found 'deep-r', expected 'none'"),
    ],
)
def test_settings_of_a_spiking_network_are_refused(network, rewiring, words):
    values = {"task": {"name": "toy"}, "network": {"model": "lstm", **network}}
    config = from_mapping(RunConfig, {**values, "rewiring": {"policy": rewiring}})

    with pytest.raises(UsageError, match=words):
        make_learner(config, NumberTask())


def test_a_task_that_lets_the_network_act_is_refused():
    class Acting(NumberTask, InteractiveTask): ...

    with pytest.raises(UsageError, match="cannot"):
        make_learner(toy_config("rnn"), Acting())


@MODELS
def test_an_example_is_recorded_with_its_readout(model):
    t = trainer(model)
    example = t.learner.record(seed=1)["recordings"]["example"]
    t.close()

    assert example["softmax"].shape == (8, 2)
    np.testing.assert_allclose(example["softmax"].sum(axis=1), 1, rtol=1e-6)
    assert example["readout_start"] == 6

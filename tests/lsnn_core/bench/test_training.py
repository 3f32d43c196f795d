"""Whole training iterations, beside the kernels that they call."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.bench import training
from lsnn_core.config.recipes import configure
from lsnn_core.errors import UsageError
from tests.helpers.rate_toy import NumberTask


@pytest.mark.parametrize("rate_weight", [0.01, 0.0])
def test_kernels_alone_find_a_gradient(rate_weight, monkeypatch):
    settings = [f"loss.rate_weight={rate_weight}"]
    monkeypatch.setattr(training, "configure", lambda name, more: configure(name, more + settings))
    measured = training.Iterations("store-recall", 4, 1)
    engine, block = measured.alone.engine, measured.alone.blocks[0]
    with engine.at_work(block):
        block.scratch.adjoint.weight[:] = 0
    measured.kernels()

    assert engine.at_once == (rate_weight == 0.0)
    with engine.at_work(block):
        assert block.scratch.adjoint.weight.any()


@pytest.mark.parametrize("model", ["rnn", "lstm"])
def test_rate_networks_are_measured_too(model):
    measured = training.Iterations(f"smnist-{model}", 5, 1)
    learner, iteration = measured.trainer.learner, measured.trainer.iteration
    measured.kernels()
    expected = learner.gradient(learner.batch(iteration), iteration).gradient

    for name, value in expected.items():
        total = np.sum([g[name] for g in measured.alone.gradients], axis=0)
        np.testing.assert_array_equal(total, value, err_msg=name)
    measured.iteration()
    assert measured.trainer.iteration == iteration + 1
    learner.close()


def test_an_lsnn_that_reads_numbers_is_not_measured(monkeypatch):
    """Its inputs are written into the currents before the kernels."""
    monkeypatch.setattr(training, "make_task", lambda config: NumberTask())
    with pytest.raises(UsageError, match="store-recall: expected the recipe of an LSNN that reads"):
        training.Iterations("store-recall", 2, 1)

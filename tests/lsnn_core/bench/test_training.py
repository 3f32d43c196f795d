"""Whole training iterations, beside the kernels that they call."""

from __future__ import annotations

import pytest

from lsnn_core.bench import training
from lsnn_core.config.recipes import configure
from lsnn_core.errors import UsageError


@pytest.mark.parametrize("rate_weight", [0.01, 0.0])
def test_kernels_alone_find_a_gradient(rate_weight, monkeypatch):
    settings = [f"loss.rate_weight={rate_weight}"]
    monkeypatch.setattr(training, "configure", lambda name, more: configure(name, more + settings))
    measured = training.Iterations("store-recall", 4, 1)
    block = measured.blocks[0]
    with measured.engine.at_work(block):
        block.scratch.adjoint.weight[:] = 0
    measured.kernels()

    assert measured.engine.at_once == (rate_weight == 0.0)
    with measured.engine.at_work(block):
        assert block.scratch.adjoint.weight.any()


def test_only_recipes_of_spiking_networks_with_spikes_are_measured():
    with pytest.raises(UsageError, match="smnist-lstm: expected the recipe of an LSNN"):
        training.Iterations("smnist-lstm", 2, 1)

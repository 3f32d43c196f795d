"""The engine's loss and gradient are the network's, for batches of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.reference import Trace, adjoint, forward
from lsnn_core.simulation.engine import Engine
from lsnn_core.task.losses import rate_regulariser
from tests.helpers.engines import (
    REGULARISER,
    TASK,
    WITH_AND_WITHOUT,
    assert_gradient_of,
)
from tests.helpers.toy_task import toy_network
from tests.tolerances import ROUNDING

ALL = ("tau_m_ms", "tau_a_ms", "n_ref")
OPTIONS = (
    {}, {"noise_std": 0.05}, {"n_delays": 1}, {"convention": "lsnn-official"},
    {"convention": "lsnn-official", "n_delays": 1},
)  # fmt: skip


@WITH_AND_WITHOUT
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", [1, 2, 5, 17, 40])
def test_the_gradient_is_the_networks(size, options, regulariser):
    assert_gradient_of(toy_network(**options), TASK.batch(2, size, 1), regulariser)


@pytest.mark.parametrize("n_delays", [1, 3])
@pytest.mark.parametrize("alike", [("tau_m_ms",), ("tau_a_ms",), ("n_ref",), ALL], ids="+".join)
def test_neurons_may_be_alike(alike, n_delays):
    net = toy_network(n=40, n_regular=21, n_delays=n_delays)  # regular ones within a vector, too
    one = {name: np.full(40, getattr(net.neurons, name)[30]) for name in alike}
    one |= {"tau_a_ms": one["tau_a_ms"] + (np.arange(40) < 3)} if alike == ALL else {}
    assert_gradient_of(replace(net, neurons=replace(net.neurons, **one)), TASK.batch(2, 1, 1))


def test_the_regulariser_reaches_the_weights_as_a_difference_shows():
    # smooth neurons, one example: rates have true derivatives
    net, x = reference_network(toy_network()), TASK.batch(4, 1, 1).x[:, 0] * 1.0
    direction = np.random.default_rng(0).normal(size=net.W_in.shape) * (net.W_in != 0)

    def regulariser(step: float) -> tuple[float, Any, Trace]:
        trace = forward(replace(net, W_in=net.W_in + step * direction), x, smooth=True)
        return *rate_regulariser(trace.z.mean(0), *REGULARISER), trace

    _, d_rate, trace = regulariser(0.0)
    found = adjoint(net, trace, np.zeros(trace.y.shape), d_rate / TASK.n_steps).W_in
    expected = (regulariser(1e-6)[0] - regulariser(-1e-6)[0]) / 2e-6
    assert np.sum(found * direction) == pytest.approx(expected, rel=1e-6)
    assert abs(expected) > 1e-5


@WITH_AND_WITHOUT
@pytest.mark.parametrize("noise_std", [0.0, 0.05])  # also in lanes without an example
@pytest.mark.parametrize("size", [1, 3, 14, 15, 39, 40])
def test_a_last_batch_may_be_short(size, noise_std, regulariser):
    net, batch = toy_network(noise_std=noise_std), TASK.batch(3, size, 1)
    assert_gradient_of(net, batch, regulariser, size=40, threads=2)


@pytest.mark.parametrize("options", [{}, {"noise_std": 0.05}, {"n_delays": 1}], ids=str)
@pytest.mark.parametrize(("size", "room"), [(40, 17), (40, 20), (7, 1), (18, 17)])
def test_a_larger_batch_is_evaluated_in_pieces(size, room, options):
    net, batch = toy_network(**options), TASK.batch(0, size, 1)
    small, large = Engine(net, TASK, room, np.float64, 2), Engine(net, TASK, size, np.float64, 2)
    found, expected = small.evaluate(net, batch, 3), large.evaluate(net, batch, 3)
    small.close()
    large.close()

    assert found.loss == pytest.approx(expected.loss, rel=ROUNDING)
    assert found.sums == expected.sums
    assert found.sums["accuracy"][1] == size
    np.testing.assert_array_equal(found.rate, expected.rate)


def test_a_larger_batch_has_no_gradient():
    net = toy_network()
    runner = Engine(net, TASK, 17, np.float64, 1)
    with pytest.raises(UsageError, match=r"^task ToyTask: batch\.size: expected at most 17 .* 18"):
        runner.gradient(net, TASK.batch(0, 18, 1))


def test_evaluation_is_the_forward_half():
    net, batch = toy_network(), TASK.batch(0, 17, 1)
    runner = Engine(net, TASK, 17, np.float64, 1, REGULARISER, constants=True)
    trained, evaluated = runner.gradient(net, batch), runner.evaluate(net, batch)

    assert evaluated.loss == trained.loss - trained.rate_loss
    assert evaluated.sums == trained.sums
    assert not evaluated.d_weight.size


@WITH_AND_WITHOUT
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("size", [1, 17])
def test_weights_have_the_same_gradient_whether_constants_have_one(size, options, regulariser):
    net, batch = toy_network(**options), TASK.batch(2, size, 1)
    plain = Engine(net, TASK, size, np.float32, 1, regulariser)
    found, with_constants = (
        plain.gradient(net, batch),
        Engine(net, TASK, size, np.float32, 1, regulariser, constants=True).gradient(net, batch),
    )

    assert found.d_constants is None
    assert all(values.any() for values in with_constants.d_constants)
    np.testing.assert_array_equal(found.d_weight, with_constants.d_weight)

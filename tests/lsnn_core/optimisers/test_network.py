"""A training loop of one's own: what the optimisers of a whole network promise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core.config.optimisers import AdamSettings, Rewiring
from lsnn_core.errors import NumericalError, UsageError
from lsnn_core.model.initial import initial_connections, source_signs
from lsnn_core.model.layout import Layout
from lsnn_core.model.neurons import NeuronParameters
from lsnn_core.optimisers.adam import DenseAdam
from lsnn_core.optimisers.deep_r import ConnectionOptimiser
from lsnn_core.optimisers.network import Adam, DeepR
from lsnn_core.simulation.gradient import NetworkGradient
from lsnn_core.simulation.lsnn import LSNN

SEED, LAYOUT = 3, Layout(6, 12, 2)


def network(signed: bool = True, dale: bool = False) -> LSNN:
    sign = source_signs(LAYOUT, 7, 0.3, 0.3, SEED) if dale else None
    listed = initial_connections(LAYOUT, 0.4, 4, sign, SEED, np.dtype("float64"), signed=signed)
    neurons = NeuronParameters.create(7, 5, tau_a_ms=50.0, n_ref=2)
    return LSNN(listed, neurons, np.zeros(2), max_delay=4)


def gradient(net: LSNN, seed: int = 0, **asked: Any) -> NetworkGradient:
    rng = np.random.default_rng(seed)
    run = net.forward(rng.random((40, 5, 6)) < 0.3, dtype=np.float64, **asked)
    return net.backward(run, rng.standard_normal(run.y.shape))


def steps(optimiser: Adam, net: LSNN, count: int, first: int = 0, **asked: Any) -> LSNN:
    for i in range(first, first + count):
        net = optimiser.step(net, gradient(net, i, **asked))
    return net


def assert_equal(a: LSNN, b: LSNN) -> None:
    assert a.connections.equals(b.connections)
    np.testing.assert_array_equal(a.b_out, b.b_out)
    np.testing.assert_array_equal(a.neurons.tau_m_ms, b.neurons.tau_m_ms)


@pytest.mark.parametrize("dale", [False, True])
@pytest.mark.parametrize("budget", ["pooled", "per-matrix", "soft"])
def test_steps_are_those_of_the_trainer(budget, dale):
    net = network(dale=dale)
    sign = source_signs(LAYOUT, 7, 0.3, 0.3, SEED) if dale else None
    soft, share = budget == "soft", "pooled" if budget == "soft" else budget
    rule = {"l1": 0.1, "temperature": 1e-2}
    optimiser = DeepR(0.02, budget=budget, seed=SEED, source_sign=sign, beta1=0.8, **rule)
    found = steps(optimiser, net, 8)

    policy = Rewiring("soft-deep-r" if soft else "deep-r", share, **rule)
    adam = AdamSettings(0.8)
    lists = ConnectionOptimiser(net.connections, policy, adam, SEED, n_delays=4, source_sign=sign)
    bias, expected = DenseAdam(2, adam), net
    for i in range(8):
        g = gradient(expected, i)
        lists.step(g.weight, 0.02, i)
        b_out = bias.step(expected.b_out, g.b_out, 0.02)
        expected = replace(expected, connections=lists.connections, b_out=b_out)
    assert_equal(found, expected)
    assert optimiser.rewired is not None
    assert not found.connections.has_structure_of(net.connections)


def test_adam_moves_weights_and_leaves_connections():
    net = network(signed=False)
    found = steps(Adam(0.01), net, 3)

    assert isinstance(found, LSNN)
    assert found.connections.has_structure_of(net.connections)
    moved = np.abs(found.connections.weight - net.connections.weight)
    assert 0.001 < moved.max() < 0.031


def test_a_step_down_the_gradient_lowers_the_loss():
    net, x = network(), np.random.default_rng(1).random((60, 4, 6)) < 0.3
    target, optimiser, losses = np.sin(np.arange(60) / 9)[:, None, None], Adam(0.01), []
    for _ in range(60):
        run = net.forward(x)
        loss, d_y = run.mean_squared_error(target)
        losses.append(loss)
        net = optimiser.step(net, net.backward(run, d_y))
    assert losses[-1] < 0.9 * losses[0]


def test_constants_are_learned_where_they_are_asked_for():
    net = network()
    found = steps(Adam(0.01, learn=["tau_m", "beta"]), net, 3, gradient_of="constants")

    assert np.mean(found.neurons.tau_m_ms != net.neurons.tau_m_ms) > 0.8
    np.testing.assert_array_equal(found.neurons.tau_a_ms, net.neurons.tau_a_ms)
    np.testing.assert_array_equal(found.neurons.beta[:7], 0.0)
    faster = steps(Adam(0.01, learn="tau_m", learn_lr=3.0), net, 1, gradient_of="constants")
    once = steps(Adam(0.01, learn="tau_m"), net, 1, gradient_of="constants")
    three, one = (np.log(n.neurons.tau_m_ms / 20.0) for n in (faster, once))
    np.testing.assert_allclose(three, 3.0 * one, rtol=1e-9)


@pytest.mark.parametrize("make", [Adam, DeepR])
def test_it_goes_on_from_its_state_to_the_same_bits(make):
    asked: dict[str, Any] = {"gradient_of": "constants"}
    net, whole = network(), make(0.02, learn=["tau_m"])
    expected = steps(whole, net, 6, **asked)
    first = make(0.02, learn=["tau_m"])
    half = steps(first, net, 3, **asked)
    second = make(0.02, learn=["tau_m"])
    second.restore(half, first.state())
    assert_equal(steps(second, half, 3, first=3, **asked), expected)


def test_the_gradient_that_adam_is_given_is_no_longer_than_asked_for():
    net = network()
    g = gradient(net)
    length = float(np.sqrt(np.sum(g.weight**2) + np.sum(g.b_out**2)))
    whole, short = Adam(0.01, eps=1.0), Adam(0.01, eps=1.0, clip_norm=length / 10)
    a, b = (o.step(net, g).connections.weight - net.connections.weight for o in (whole, short))
    assert np.abs(b).max() < 0.2 * np.abs(a).max()


def test_a_schedule_gives_each_step_its_rate():
    net = network(signed=False)
    g = gradient(net)
    a, b = Adam(0.01).step(net, g, lr=0.003), Adam(0.003).step(net, g)
    assert_equal(a, b)


def test_what_does_not_belong_together_is_refused():
    net, other, optimiser = network(), network(), Adam(0.01)
    with pytest.raises(UsageError, match="gradient: expected that of `net`"):
        optimiser.step(net, gradient(other))
    after = optimiser.step(net, gradient(net))
    with pytest.raises(UsageError, match="net: expected the network that the last step returned"):
        optimiser.step(net, gradient(net))
    same = replace(after, gamma=0.2)  # the same connections: another optimiser would lose moments
    optimiser.step(same, gradient(same))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam(0.0), "lr: expected a number > 0, found 0.0"),
        (lambda: Adam("fast"), "lr: expected a number > 0, found 'fast'"),
        (lambda: Adam(beta1=1.0), r"adam\.beta1"),
        (lambda: Adam(learn=["tau"]), "learn: expected some of .*, found 'tau'"),
        (lambda: Adam(learn=3), "learn: expected some of .*, found 3"),
        (lambda: Adam(clip_norm=-1.0), "clip_norm: expected 0 or more"),
        (lambda: DeepR(budget="all"), "budget: expected one of .*'soft'.*, found 'all'"),
        (lambda: DeepR(budget="soft"), "soft-deep-r expects l1 and temperature above 0"),
        (lambda: DeepR(seed=-1), "seed: expected a whole number"),
        (lambda: Adam().state(), "state: there is none before the first step"),
        (lambda: Adam().restore(network(), {}), "state: expected what `state` returned"),
        (lambda: Adam().step(network(), None, lr=-1.0), "lr: expected a number > 0, found -1.0"),
    ],
)
def test_what_makes_no_step_is_refused_by_name(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_deep_r_needs_signs():
    net = network(signed=False)
    with pytest.raises(UsageError, match="every connection needs a fixed sign"):
        DeepR().step(net, gradient(net))


def test_constants_that_were_not_asked_for_cannot_be_learned():
    net = network()
    with pytest.raises(UsageError, match="gradient: expected that of tau_m, too; run forward"):
        Adam(learn="tau_m").step(net, gradient(net))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_number_that_is_none_changes_nothing(number):
    net, optimiser = network(), Adam(0.01)
    g = gradient(net)
    broken = replace(g, weight=np.where(np.arange(len(g.weight)) == 4, number, g.weight))
    with pytest.raises(NumericalError, match=r"gradient of weight\[4\] is (nan|inf); nothing was"):
        optimiser.step(net, broken)
    assert_equal(optimiser.step(net, g), Adam(0.01).step(net, g))

"""Constants are learned in the log: the chain rule is right, and steps end where neurons do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.choices import CONSTANTS
from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network, reference_state
from lsnn_core.model.neurons import NeuronParameters
from lsnn_core.optimisers.constants import FIELDS, LARGEST_RATIO, LONGEST_MS, ConstantOptimiser
from lsnn_core.random.streams import stream
from lsnn_core.reference import adjoint, forward

NEURONS = NeuronParameters.create(2, 2, tau_m_ms=[20.0, 5.0, 20.0, 5e8], tau_a_ms=700.0)
UP, DOWN = np.full(4, -1.0), np.full(4, 1.0)


def learner(learn=CONSTANTS, factor=1.0, neurons=NEURONS):
    return ConstantOptimiser(neurons, learn, AdamSettings(), factor)


def stepped(optimiser, gradient, lr, neurons=NEURONS, steps=1):
    for _ in range(steps):
        moved = optimiser.step(neurons, dict.fromkeys(optimiser.learn, gradient), lr)
        neurons = replace(neurons, **moved)
    return neurons


@pytest.mark.parametrize("name", CONSTANTS)
@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_the_gradient_is_that_of_the_logarithm(name, convention):
    # neurons whose step is smooth, so that a difference means something
    case = random_case("", stream(2, "constants"), CaseOptions(convention=convention))
    x, current, field = case.x[:, 0] * 1.0, case.current[:, 0], FIELDS[name]
    state = reference_state(case.initial, 0)
    direction = np.random.default_rng(1).normal(size=case.net.layout.n)

    def trace(step):
        p = case.net.neurons
        moved = replace(p, **{field: getattr(p, field) * np.exp(step * direction)})
        net = reference_network(replace(case.net, neurons=moved))
        return net, forward(net, x, current, state, smooth=True)

    def loss(step):
        found = trace(step)[1]
        return float(np.sum(case.d_y[:, 0] * found.y) + np.sum(case.d_z * found.z))

    g = adjoint(*trace(0.0), case.d_y[:, 0], case.d_z)
    optimiser = learner((name,), neurons=case.net.neurons)
    (found,) = optimiser.gradients(case.net.neurons, vars(g)).values()
    h = 1e-6
    difference = (loss(h) - loss(-h)) / (2 * h)
    assert np.sum(found * direction) == pytest.approx(difference, rel=1e-6)
    assert abs(difference) > 1e-3


def test_nothing_moves_that_is_not_named():
    moved = stepped(learner(("tau_m",)), UP, 0.01)

    np.testing.assert_array_equal(moved.b0, NEURONS.b0)
    np.testing.assert_array_equal(moved.beta, NEURONS.beta)
    np.testing.assert_array_equal(moved.tau_a_ms, NEURONS.tau_a_ms)
    np.testing.assert_allclose(moved.tau_m_ms[:3], NEURONS.tau_m_ms[:3] * np.exp(0.01), rtol=1e-6)
    assert learner(()).step(NEURONS, {}, 0.1) == {}


def test_a_factor_scales_the_learning_rate():
    moved = stepped(learner(("b0",), factor=3.0), DOWN, 0.01)

    np.testing.assert_allclose(moved.b0, NEURONS.b0 * np.exp(-0.03), rtol=1e-6)


@pytest.mark.parametrize("name", ["tau_a", "beta"])
def test_neurons_that_do_not_adapt_have_nothing_to_learn_there(name):
    optimiser = learner((name,))
    moved, field = stepped(optimiser, UP, 0.5), FIELDS[name]

    np.testing.assert_array_equal(optimiser.learns(name), [False, False, True, True])
    np.testing.assert_array_equal(getattr(moved, field)[:2], getattr(NEURONS, field)[:2])
    assert np.all(getattr(moved, field)[2:] > getattr(NEURONS, field)[2:])


@pytest.mark.parametrize(("gradient", "end"), [(UP, 1), (DOWN, 0)])
def test_steps_end_at_the_bounds(gradient, end):
    optimiser = learner()
    moved = stepped(optimiser, gradient, 3.0, steps=20)

    for name, field in FIELDS.items():
        np.testing.assert_array_equal(getattr(moved, field), optimiser.bounds(name)[end])
    assert np.all(moved.tau_m_ms >= 1.0)
    np.testing.assert_array_equal(optimiser.bounds("tau_m")[0][:2], [1.0, 1.0])
    np.testing.assert_array_equal(optimiser.bounds("tau_m")[1], [2e4, 5e3, 2e4, 5e8])
    np.testing.assert_allclose(optimiser.bounds("b0")[1], 0.01 * LARGEST_RATIO)
    far = learner(neurons=replace(NEURONS, tau_m_ms=np.full(4, 5e5)))
    np.testing.assert_array_equal(far.bounds("tau_m")[1], LONGEST_MS)


def test_a_restored_optimiser_goes_on_to_the_same_bits():
    whole, first, second = learner(), learner(), learner()
    there = stepped(first, UP, 0.01, steps=3)
    second.restore(first.state())

    np.testing.assert_array_equal(
        stepped(second, DOWN, 0.02, there, steps=2).tau_m_ms,
        stepped(whole, DOWN, 0.02, stepped(whole, UP, 0.01, steps=3), steps=2).tau_m_ms,
    )

"""E-prop is the adjoint without the path from neuron to neuron, and BPTT where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network, reference_state
from lsnn_core.random.streams import stream
from lsnn_core.reference import Network, Trace, adjoint, eprop, forward, local_adjoint
from tests.helpers.networks import gradient_cases
from tests.tolerances import DRAWN_ROUNDING, MISTAKE, ROUNDING

MATRICES = ("W_in", "W_rec", "W_out")
CONVENTIONS = pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
RESET = pytest.mark.parametrize("through_reset", [True, False])


def ran(case: Case) -> tuple[Network, Trace]:
    """Return example 0, which begins in the middle of something."""
    net = reference_network(case.net)
    initial = reference_state(case.initial, 0)
    return net, forward(net, case.x[:, 0].astype(float), case.current[:, 0], initial)


def drawn(convention: str = "paper") -> tuple[Network, Trace, Case]:
    case = random_case("", stream(5, "e-prop"), CaseOptions(convention=convention))
    return *ran(case), case


def distances(found: object, expected: object) -> dict[str, float]:
    """Return the largest difference of each matrix, relative to its largest number."""
    pairs = {name: (getattr(found, name), getattr(expected, name)) for name in MATRICES}
    return {k: np.abs(a - b).max() / max(np.abs(b).max(), 1e-30) for k, (a, b) in pairs.items()}


def assert_equal(found: object, expected: object, within: float = ROUNDING) -> None:
    assert max(distances(found, expected).values()) < within


@RESET
@CONVENTIONS
def test_without_recurrent_weights_it_is_bptt(convention, through_reset):
    case = random_case("", stream(5, "e-prop"), CaseOptions(convention=convention))
    net = replace(reference_network(case.net), W_rec=0 * reference_network(case.net).W_rec)
    trace = forward(net, case.x[:, 0].astype(float))
    given = net, trace, case.d_y[:, 0], case.d_z
    found, whole = eprop(*given, through_reset=through_reset), adjoint(*given, through_reset)

    assert trace.z.mean() > 0.05
    assert_equal(found, whole)
    np.testing.assert_allclose(found.b_out, whole.b_out, rtol=ROUNDING)
    other = adjoint(*given, not through_reset)
    assert min(distances(found, other)[k] for k in ("W_in", "W_rec")) > MISTAKE


@settings(deadline=None, max_examples=40)
@given(case=gradient_cases(max_batch=1))
def test_it_is_the_adjoint_for_which_no_spike_reaches_another_neuron(case):
    net, trace = ran(case)
    d_y = case.d_y[:, 0]
    without = adjoint(replace(net, W_rec=0 * net.W_rec), trace, d_y, case.d_z)
    sizes = [np.abs(getattr(without, name)).max(initial=0.0) for name in MATRICES]
    found = eprop(net, trace, d_y, case.d_z)

    for name, size in zip(MATRICES, sizes, strict=True):
        atol = DRAWN_ROUNDING * max(size, 1e-30)
        np.testing.assert_allclose(getattr(found, name), getattr(without, name), atol=atol, rtol=0)


@CONVENTIONS
def test_it_differs_from_bptt_in_what_reaches_neurons_alone(convention):
    net, trace, case = drawn(convention)
    given = net, trace, case.d_y[:, 0], case.d_z
    apart = distances(eprop(*given), adjoint(*given))

    assert apart["W_out"] < ROUNDING
    assert min(apart["W_in"], apart["W_rec"]) > 1e-2


@RESET
@CONVENTIONS
def test_random_feedback_takes_the_place_of_the_readouts_weights(convention, through_reset):
    net, trace, case = drawn(convention)
    d_y, B = case.d_y[:, 0], stream(1, "feedback").standard_normal(net.W_out.shape)
    found = eprop(net, trace, d_y, case.d_z, B, through_reset)
    cut = replace(net, W_rec=0 * net.W_rec, W_out=B)

    assert_equal(found, adjoint(cut, trace, d_y, case.d_z, through_reset))
    np.testing.assert_allclose(found.L, d_y @ B.T, rtol=ROUNDING)
    symmetric = eprop(net, trace, d_y, case.d_z, None, through_reset)
    apart = distances(found, symmetric)
    assert apart.pop("W_out") == 0.0
    assert min(apart.values()) > 1e-2


@CONVENTIONS
def test_what_flows_back_can_be_looked_at(convention):
    net, trace, case = drawn(convention)
    given = net, trace, case.d_y[:, 0], case.d_z
    walk = local_adjoint(*given)

    assert_equal(walk, eprop(*given))
    assert walk.record is not None
    assert walk.record.d_V.shape == trace.V.shape
    np.testing.assert_allclose(walk.current, (1 - net.alpha) * walk.record.d_V)
    assert np.abs(walk.current - adjoint(*given).current).max() > MISTAKE


def test_no_step_needs_a_later_one():
    net, trace, case = drawn()
    d_y = case.d_y[:, 0].copy()
    d_y[30:] = 0.0
    by_step = ("x", "I", "V", "b", "B", "z", "slope", "y")
    early = {name: getattr(trace, name)[:30] for name in by_step}

    assert_equal(eprop(net, trace, d_y), eprop(net, replace(trace, **early), d_y[:30]))

"""Inputs in every form, and the gradient with respect to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.random.streams import stream
from lsnn_core.simulation.inputs import Analog
from lsnn_core.task.trains import SpikeTrains
from tests.helpers.gradients import EVERYTHING, arrays_of
from tests.tolerances import ROUNDING


def drawn(**options: object) -> Case:
    return random_case("", stream(8, "inputs"), CaseOptions(**options))  # type: ignore[arg-type]


def through_W_in(case: Case, x: np.ndarray) -> np.ndarray:
    """The current that real numbers bring, by the equation."""
    W, delay = case.net.connections.dense("W_in"), case.net.connections.delays("W_in")
    current = np.zeros((*x.shape[:2], case.net.layout.n))
    for d in range(1, case.net.max_delay + 1):
        current[d:] += x[:-d] @ np.where(delay == d, W, 0.0)
    return current


def test_times_and_ids_are_the_spikes_they_stand_for():
    case = drawn(batch=18)
    given = {"initial": case.initial, "dtype": np.float64}
    dense = case.net.forward(case.x, **given)
    listed = case.net.forward(SpikeTrains.from_dense(case.x), **given)

    np.testing.assert_array_equal(listed.y, dense.y)
    np.testing.assert_array_equal(listed.spikes().dense(), dense.z)
    assert len(listed.spikes()) == 18


def test_a_networks_spikes_can_be_the_inputs_of_the_next():
    first, second = drawn(n_in=4, n=12), drawn(n_in=12)
    spikes = first.net.forward(first.x).spikes()
    found = second.net.forward(spikes, record="V")
    assert found.recorded["V"].shape[0] == len(first.x)
    np.testing.assert_array_equal(found.y, second.net.forward(spikes.dense()).y)


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_real_numbers_are_currents_through_W_in(convention):
    case = drawn(convention=convention, batch=3, n_delays=4)
    x = np.random.default_rng(1).standard_normal(case.x.shape)
    silent, brought = np.zeros_like(case.x), through_W_in(case, x)
    given = {"initial": case.initial, "dtype": np.float64, **EVERYTHING}
    run = case.net.forward(Analog(x), current=case.current, **given)
    other = case.net.forward(silent, current=case.current + brought, **given)

    np.testing.assert_array_equal(run.z, other.z)
    np.testing.assert_allclose(run.y, other.y, rtol=1e-9, atol=1e-12)
    found, expected = (arrays_of(case.net.backward(r, case.d_y, case.d_z)) for r in (run, other))
    own = set(range(int(case.net.connections.indptr[case.net.layout.n_in])))
    rest = sorted(set(range(len(case.net.connections))) - own)
    for name in set(found) - {"weight"}:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-7, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(found["weight"][rest], expected["weight"][rest], atol=1e-9)
    np.testing.assert_allclose(
        found["weight"][sorted(own)], by_hand(case, x, found["current"]), atol=1e-9
    )


def by_hand(case: Case, x: np.ndarray, d_current: np.ndarray) -> list[float]:
    """Gradient of each W_in: the sum over time and examples of x_i(t - d) dL/dI_j(t)."""
    c = case.net.connections
    count = int(c.indptr[case.net.layout.n_in])
    each = zip(c.source[:count], c.target[:count], c.delay[:count], strict=True)
    return [float((x[:-d, :, i] * d_current[d:, :, j]).sum()) for i, j, d in each]


@pytest.mark.parametrize("analog", [False, True])
def test_the_gradient_of_inputs_is_that_of_the_currents_they_bring(analog):
    case = drawn(n_delays=4, batch=17)
    x = Analog(case.x.astype(float)) if analog else case.x
    run = case.net.forward(x, dtype=np.float64, **EVERYTHING)
    found = arrays_of(case.net.backward(run, case.d_y))
    d = 1e-6
    direction = np.random.default_rng(3).standard_normal(case.x.shape)

    # through_W_in is linear: its transpose is what the gradient must be
    expected = np.sum(found["current"] * through_W_in(case, direction))
    assert np.sum(found["x"] * direction) == pytest.approx(expected, rel=1e-9)
    assert abs(expected) > d


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_what_the_loss_adds_to_spikes_may_differ_by_step_and_example(convention):
    case = drawn(convention=convention)
    given = {"initial": case.initial, "dtype": np.float64, **EVERYTHING}
    run = case.net.forward(case.x, **given)
    everywhere = np.broadcast_to(case.d_z, run.z.shape)
    same, one = (arrays_of(case.net.backward(run, case.d_y, g)) for g in (everywhere, case.d_z))
    for name, value in one.items():
        np.testing.assert_allclose(same[name], value, rtol=ROUNDING, atol=1e-13, err_msg=name)

    # linear in d_z: the whole is the sum of what each step and example brings
    zero, parts = np.zeros_like(case.d_y), np.zeros_like(run.z, np.float64)
    parts[10:, 1] = case.d_z
    some = arrays_of(case.net.backward(run, zero, parts))
    rest = arrays_of(case.net.backward(run, zero, everywhere - parts))
    whole = arrays_of(case.net.backward(run, zero, case.d_z))
    assert some["weight"].any()
    assert not some["current"][:, 0].any()
    for name, value in whole.items():
        np.testing.assert_allclose(
            some[name] + rest[name], value, rtol=1e-9, atol=1e-12, err_msg=name
        )


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full((60, 2, 5), 0.5), r"x\[0, 0, 0\]: expected spikes, 0 or 1, .*Analog\(x\)"),
        (Analog(np.full((60, 2, 5), np.inf)), r"x\[0, 0, 0\]: expected a finite number"),
        (Analog(np.zeros((60, 2))), r"x: expected shape \(any, any, 5\)"),
        (SpikeTrains.from_dense(np.zeros((60, 2, 4))), "x: expected spikes of 5 inputs, found Sp"),
        (SpikeTrains.from_dense(np.zeros((60, 2, 5)), 0.1), "x: expected steps of 1 ms"),
        (SpikeTrains.from_dense(np.zeros((60, 0, 5))), "x: expected at least one step and one"),
    ],
)
def test_what_does_not_fit_the_network_is_refused_by_name(x, message):
    with pytest.raises(UsageError, match=message):
        drawn(n_in=5).net.forward(x)


@pytest.mark.parametrize("d_z", [np.zeros((60, 3)), np.zeros((60, 2, 12)), "much"])
def test_an_unfit_d_z_is_refused_by_name(d_z):
    case = drawn()
    run = case.net.forward(case.x)
    with pytest.raises(UsageError, match=r"^d_z"):
        case.net.backward(run, case.d_y, d_z)


@pytest.mark.parametrize("wanted", ["weights", ("constants", 3), 7])
def test_gradients_of_nothing_known_are_refused(wanted):
    case = drawn()
    with pytest.raises(UsageError, match="gradient_of: expected some of"):
        case.net.forward(case.x, gradient_of=wanted)


def test_what_was_not_asked_for_says_how_to_ask():
    case = drawn()
    g = case.net.backward(case.net.forward(case.x), case.d_y)
    assert (g.x, g.initial, g.current) == (None, None, None)
    with pytest.raises(UsageError, match=r'forward\(\.\.\., gradient_of=\("constants",\)\)'):
        g.tau_m_ms  # noqa: B018
    assert repr(g).startswith(f"NetworkGradient({len(case.net.connections)} weights, length ")


def test_time_constants_have_their_chain_rule():
    case = drawn()
    run = case.net.forward(case.x, dtype=np.float64, gradient_of="constants")
    g, p = case.net.backward(run, case.d_y), case.net.neurons
    step = 1e-4
    for name, decay in (("tau_m_ms", "alpha"), ("tau_a_ms", "rho")):
        longer = replace(p, **{name: getattr(p, name) + step})
        per_tau = (getattr(longer, decay) - getattr(p, decay)) / step
        np.testing.assert_allclose(getattr(g, name), getattr(g, decay) * per_tau, rtol=1e-4)


def test_the_gradient_by_matrix_has_an_entry_for_each_connection():
    case = drawn()
    g = case.net.backward(case.net.forward(case.x), case.d_y)
    for name in ("W_in", "W_rec", "W_out"):
        matrix, weights = getattr(g, name), case.net.connections.sparse(name)
        np.testing.assert_array_equal(matrix.indices, weights.indices)
        np.testing.assert_array_equal(matrix.data, g.weight[case.net.connections.select(name)])

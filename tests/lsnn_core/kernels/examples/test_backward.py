"""Truncated BPTT in the kernels is that of the reference, on any tape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.gradient_checks.checks import distance, listed
from lsnn_core.gradient_checks.to_reference import reference_network, reference_state
from lsnn_core.random.streams import stream
from lsnn_core.reference import adjoint, forward
from lsnn_core.simulation.engine import Engine
from lsnn_core.simulation.plan import plan_truncated
from tests.helpers.engines import NONE, TASK, WITH_AND_WITHOUT
from tests.helpers.networks import gradient_cases
from tests.helpers.plans import example_plan
from tests.helpers.toy_task import toy_network
from tests.tolerances import DRAWN_ROUNDING, MISTAKE, ROUNDING

MATRICES = ("W_in", "W_rec", "W_out")


def differences(case: Case, truncate: int, segment: int) -> dict[str, float]:
    """Kernels against the reference: the relative error of each matrix, and of the current."""
    net, twin = replace(case.net, noise_std=0.0), reference_network(case.net)
    plan = replace(example_plan(case.x.shape[1], 16, segment), truncate=truncate)
    given = {"current": case.current, "initial": case.initial, "dtype": np.float64, "plan": plan}
    run = net.forward(case.x, gradient_of="inputs", **given)
    g = net.backward(run, case.d_y, case.d_z)
    gradient = replace(net.connections, weight=g.weight)
    parts = []
    for e in range(case.x.shape[1]):
        start = case.current[:, e], reference_state(case.initial, e)
        trace = forward(twin, case.x[:, e].astype(float), *start)
        parts.append(adjoint(twin, trace, case.d_y[:, e], case.d_z, truncate=truncate))
    total = {k: listed(net, k, sum(getattr(part, k) for part in parts)) for k in MATRICES}
    found = {k: distance(gradient.dense(k), total[k]) for k in MATRICES}
    assert g.current is not None
    return {**found, "current": distance(g.current, np.stack([p.current for p in parts], 1))}


@given(
    case=gradient_cases(),
    truncate=st.sampled_from([1, 2, 7, 13, 29]),
    segment=st.sampled_from([1, 5, 64]),
)
def test_kernels_equal_the_reference_on_drawn_networks(case, truncate, segment):
    found = differences(case, truncate, segment)

    assert {name: error for name, error in found.items() if error > DRAWN_ROUNDING} == {}


@pytest.mark.parametrize("length", [1, 8, 15, 39, 40, 1000])
@WITH_AND_WITHOUT
def test_every_tape_and_number_of_threads_gives_the_same_bits(length, regulariser):
    net, batch = toy_network(n_delays=20), TASK.batch(5, 40, 1)
    given = net, TASK.n_steps, 40, np.float64
    at_once = regulariser is NONE
    plans = [plan_truncated(*given, threads, at_once, length) for threads in (1, 2)]
    assert set(plans[0].tapes) == {"scratch" if at_once else "block"}
    in_segments = replace(plans[0], segment=7, tapes=("segment",) * len(plans[0].sizes))
    found = []
    for plan in (*plans, in_segments, replace(plans[0], truncate=0)):
        runner = Engine(net, TASK, 40, np.float64, plan.workers, regulariser, plan)
        found.append(runner.gradient(net, batch, noise_key=3).d_weight.copy())
        runner.close()
    whole = found.pop()

    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])
    assert (np.abs(found[0] - whole).max() > MISTAKE) == (length < TASK.n_steps)
    if length >= TASK.n_steps:
        np.testing.assert_array_equal(found[0], whole)


def test_constants_and_the_initial_state_have_a_whole_gradient_only():
    case = random_case("", stream(1, "truncated"), CaseOptions())
    plan = replace(example_plan(3, 4, 16), truncate=10)
    assert max(differences(case, 10, 16).values()) <= ROUNDING
    with pytest.raises(UsageError, match="truncate: found 10 steps beside a gradient of constants"):
        case.net.forward(case.x, plan=plan, gradient_of="constants")
    with pytest.raises(UsageError, match=r"plan\.truncate: expected"):
        case.net.forward(case.x, plan=replace(plan, truncate=-1))

"""The gradient checks hold on the cases shown and on drawn ones, and notice known mistakes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import LsnnError
from lsnn_core.gradient_checks import (
    MUTANTS,
    CaseOptions,
    cases,
    central_difference,
    complex_step,
    dot_product,
    kernel_difference,
    neuron_difference,
    random_case,
)
from lsnn_core.gradient_checks.mutants import Mutant, build
from lsnn_core.random.streams import stream
from tests.helpers.networks import gradient_cases
from tests.helpers.plans import example_plan
from tests.tolerances import DRAWN_PROOF, DRAWN_ROUNDING, MISTAKE, ROUNDING

CASES = {case.name: case for case in cases()}
LANES = (1, 4, 16)  # of float64: each width compiles all kernels anew


def beyond(bound: float, differences: dict[str, float]) -> dict[str, float]:
    return {name: error for name, error in differences.items() if not error <= bound}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_shown_cases_are_within_bounds(case):
    assert dot_product(case) <= ROUNDING
    assert complex_step(case) <= ROUNDING
    assert central_difference(case) <= 1e-7
    assert not beyond(ROUNDING, kernel_difference(case))


@pytest.mark.parametrize("name", list(CASES)[:4])
def test_shown_cases_spike_and_have_a_gradient(name):
    case = CASES[name]
    run = case.net.forward(case.x, current=case.current, dtype=np.float64)
    d_weight = case.net.backward(run, case.d_y).weight

    assert 0.02 < run.z.mean() < 0.5
    assert np.mean(d_weight != 0) > 0.7


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
@pytest.mark.parametrize("check", [dot_product, complex_step])
@pytest.mark.parametrize("name", list(CASES)[:2])
def test_every_mistake_is_noticed(name, check, mutant):
    assert check(CASES[name], build(mutant)) > MISTAKE


def test_a_mutant_whose_line_is_gone_says_so():
    with pytest.raises(LsnnError, match=r"bring .* up to date"):
        build(Mutant("outdated", "no such line", "pass"))


@given(gradient_cases(max_batch=2), st.integers(0, 100))
def test_drawn_networks_pass_dot_product_and_complex_step(case, seed):
    assert dot_product(case, seed=seed) <= DRAWN_PROOF
    assert complex_step(case, seed=seed) <= DRAWN_PROOF


@given(gradient_cases(), st.sampled_from(LANES), st.integers(1, 40))
def test_kernels_equal_the_reference_on_drawn_networks(case, lanes, segment):
    plan = example_plan(case.x.shape[1], lanes, segment)
    assert not beyond(DRAWN_ROUNDING, kernel_difference(case, plan))


@given(gradient_cases(max_batch=16), st.integers(1, 12), st.integers(1, 40))
def test_a_full_matrix_equals_the_reference(case, delay, segment):
    listed = case.net.connections
    steps = np.where(listed.target < listed.layout.n, delay, 0).astype(np.int32)
    case = replace(case, net=replace(case.net, connections=replace(listed, delay=steps)))

    assert not beyond(DRAWN_ROUNDING, neuron_difference(case, segment))


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_a_segment_may_be_shorter_than_the_longest_delay(convention):
    options = CaseOptions(n_delays=10, n_steps=37, convention=convention)
    case = random_case("", stream(1, ""), options)

    for segment in (1, 3, 9, 36, 37, 1000):
        assert not beyond(ROUNDING, kernel_difference(case, example_plan(3, 4, segment)))


@given(gradient_cases(max_batch=1), st.integers(1, 40), st.integers(1, 4))
def test_a_network_on_its_own_equals_the_reference(case, segment, parts):
    assert not beyond(DRAWN_ROUNDING, neuron_difference(case, segment, parts))


@pytest.mark.parametrize("seed", range(5))
def test_a_full_row_with_unequal_delays_is_no_straight_one(seed):
    # targets of all neurons in a row look like neighbours if the first and last share a delay
    options = {"n_regular": 3, "n_steps": 20, "batch": 1, "n_delays": 2, "connectivity": 1.0}
    case = random_case("", stream(seed, "straight"), CaseOptions(n=6, **options))

    assert not beyond(ROUNDING, neuron_difference(case))

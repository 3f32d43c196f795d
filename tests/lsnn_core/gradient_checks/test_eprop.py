"""E-prop's kernels are its reference, whatever a network has, and that an adjoint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.gradient_checks import (
    Case,
    CaseOptions,
    cases,
    eprop_difference,
    eprop_kernel_difference,
    random_case,
)
from lsnn_core.random.streams import stream
from tests.helpers.networks import gradient_cases
from tests.tolerances import DRAWN_ROUNDING, MISTAKE, ROUNDING

CASES = {case.name: case for case in cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_shown_cases_are_within_bounds(case):
    assert max(eprop_difference(case).values()) <= ROUNDING
    assert max(eprop_kernel_difference(case).values()) <= ROUNDING


@given(case=gradient_cases(max_batch=16), data=st.data())
def test_kernels_equal_the_reference_on_drawn_networks(case, data):
    steps, n, n_out = len(case.x), case.net.layout.n, case.net.layout.n_out
    start = data.draw(st.integers(0, steps - 1), label="readout_start")
    segment = data.draw(st.sampled_from([1, 2, 7, 64]), label="segment")
    feedback = np.random.default_rng(start).standard_normal((n, n_out))
    for told in (None, feedback):
        found = eprop_kernel_difference(of_16(case), start, segment, told)
        assert {k: v for k, v in found.items() if v > DRAWN_ROUNDING} == {}


def of_16(case: Case) -> Case:
    """Repeat examples up to a width that needs no compiling."""
    at = np.arange(16) % case.x.shape[1]
    return replace(case, x=case.x[:, at], d_y=case.d_y[:, at])


@pytest.mark.parametrize("through_reset", [True, False])
def test_the_reset_counts_as_the_network_says(through_reset):
    case = random_case("", stream(1, "reset"), CaseOptions())
    net = replace(case.net, through_reset=through_reset)
    kept = max(eprop_kernel_difference(replace(case, net=net)).values())

    assert (kept <= ROUNDING) if through_reset else (kept > MISTAKE)

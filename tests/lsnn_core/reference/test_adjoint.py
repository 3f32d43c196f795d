"""Truncated BPTT is BPTT in stretches that know of each other's state, not of its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network, reference_state
from lsnn_core.random.streams import stream
from lsnn_core.reference import Gradient, adjoint, forward
from tests.tolerances import MISTAKE, ROUNDING

PARAMETERS = ("W_in", "W_rec", "W_out", "b_out", "alpha", "rho", "beta", "b0")


def drawn(convention: str) -> tuple[Any, ...]:
    case = random_case("", stream(2, "truncated"), CaseOptions(convention=convention))
    net, initial = reference_network(case.net), reference_state(case.initial, 0)
    return net, case.x[:, 0].astype(float), initial, case.d_y[:, 0], case.d_z


def in_stretches(convention: str, length: int) -> dict[str, Any]:
    """Add up the gradients of short runs, each of which goes on from the one before it."""
    net, x, state, d_y, d_z = drawn(convention)
    total: dict[str, Any] = dict.fromkeys(PARAMETERS, 0.0)
    for start in range(0, len(x), length):
        part = slice(start, start + length)
        trace = forward(net, x[part], initial=state)
        g, state = adjoint(net, trace, d_y[part], d_z), trace.final
        for name in PARAMETERS:
            total[name] = total[name] + getattr(g, name)
        if convention == "paper":  # the reset of a stretch's first step takes B of its state
            d_V = g.current[0] / (1 - net.alpha)
            d_B = -trace.initial.z * d_V
            total["beta"] -= d_B * trace.initial.b * (start > 0)
            total["b0"] -= d_B * (start > 0)
    return total


def truncated(convention: str, length: int) -> Gradient:
    net, x, initial, d_y, d_z = drawn(convention)
    return adjoint(net, forward(net, x, initial=initial), d_y, d_z, truncate=length)


@pytest.mark.parametrize("length", [1, 7, 20, 59, 60, 100])
@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_truncated_bptt_is_that_of_its_stretches(convention, length):
    found, expected = truncated(convention, length), in_stretches(convention, length)

    for name in PARAMETERS:
        atol = ROUNDING * np.abs(expected[name]).max()
        np.testing.assert_allclose(getattr(found, name), expected[name], rtol=0, atol=atol)
    whole = truncated(convention, 0)
    apart = np.abs(found.W_rec - whole.W_rec).max() / np.abs(whole.W_rec).max()
    assert (apart > MISTAKE) == (length < 60)

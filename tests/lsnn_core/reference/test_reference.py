"""The reference keeps what flows backwards if asked, and says what is wrong with a shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.random.streams import stream
from lsnn_core.reference import Network, Trace, adjoint, forward


def drawn() -> tuple[Network, Trace, np.ndarray]:
    case = random_case("", stream(3, "reference"), CaseOptions())
    net = reference_network(case.net)
    return net, forward(net, case.x[:, 0].astype(float)), case.d_y[:, 0]


def test_the_record_is_what_the_gradient_is_made_of():
    net, trace, d_y = drawn()
    g = adjoint(net, trace, d_y, record=True)
    assert g.record is not None
    d_V, d_b, d_B, gz, psi = g.record

    np.testing.assert_allclose(g.current, (1 - net.alpha) * d_V)
    np.testing.assert_allclose(g.b0, d_B.sum(0))
    np.testing.assert_allclose(g.beta, (d_B * trace.b).sum(0))
    np.testing.assert_allclose(psi, trace.slope * trace.B)
    np.testing.assert_allclose(d_b[:-1], net.rho * d_b[1:] + net.beta * d_B[:-1], atol=1e-14)
    carried = net.alpha * d_V[1:]
    np.testing.assert_allclose(d_V[:-1], carried + gz[:-1] * psi[:-1] / trace.B[:-1], atol=1e-12)
    assert all(part.any() for part in g.record)
    assert adjoint(net, trace, d_y).record is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("W_rec", np.zeros((4, 12, 11)), r"W_rec: expected shape \(4, 12, 12\) for N = 12"),
        ("W_rec", np.zeros((3, 12, 12)), r"W_rec: expected .* found \(3, 12, 12\)"),
        ("W_in", np.zeros((6, 12)), r"W_in: expected a matrix for each delay .* found \(6, 12\)"),
        ("W_out", np.zeros((3, 12)), r"W_out: expected shape \(12, 3\)"),
        ("alpha", 0.9, r"alpha: expected shape \(12,\) .* found \(\)"),
        ("n_ref", np.zeros(3), r"n_ref: expected shape \(12,\)"),
    ],
)
def test_a_wrong_shape_is_named(name, value, message):
    net, _, _ = drawn()
    with pytest.raises(ValueError, match=message):
        replace(net, **{name: value})

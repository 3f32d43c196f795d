"""A second opinion: an automatic differentiator that knows nothing of this project's adjoint."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.scipy.stats import norm

from lsnn_core.choices import SURROGATES
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.random.streams import stream
from lsnn_core.reference import Network, adjoint, forward
from tests.tolerances import ROUNDING

NAMES = ("W_in", "W_rec", "W_out", "b_out", "alpha", "rho", "beta", "b0")


def triangle(v: Any) -> Any:
    """The primitive of max(0, 1 - |v|), written anew; and so are the others."""
    inside = anp.where(v < 0, (1 + v) ** 2 / 2, 1 - (1 - v) ** 2 / 2)
    return anp.where(v <= -1, 0.0, anp.where(v >= 1, 1.0, inside))


def fast_sigmoid(v: Any) -> Any:
    h = 10 * v
    return (1 + h / (1 + anp.abs(h))) / 10


def multi_gaussian(v: Any) -> Any:
    wide = norm.cdf(v, 0.5, 3.0) + norm.cdf(v, -0.5, 3.0)
    return 1.15 * norm.cdf(v, 0.0, 0.5) - 0.15 * wide


PRIMITIVES = dict(zip(SURROGATES, (triangle, fast_sigmoid, multi_gaussian), strict=True))


def loss(p: dict[str, Any], net: Network, case: Case) -> Any:
    """The network's equations once more, in the style of another author: lists of past values."""
    T, official = len(case.x), net.convention == "lsnn-official"
    N = len(net.b0)
    V, b, B, z, u = [anp.zeros(N)], [anp.zeros(N)], [p["b0"]], [anp.zeros(N)], 0.0
    total = 0.0
    for t in range(T):
        drive = case.current[t, 0]
        for d in range(1, min(t, len(net.W_in) - 1) + 1):
            drive = drive + anp.dot(case.x[t - d, 0] * 1.0, p["W_in"][d])
            drive = drive + anp.dot(z[t - d + 1], p["W_rec"][d])
        b.append(p["rho"] * b[t] + (1 - p["rho"]) * z[t])
        B.append(p["b0"] + p["beta"] * b[t + 1])
        reset = B[t + 1] if official else B[t]
        V.append(p["alpha"] * V[t] + (1 - p["alpha"]) * drive - reset * z[t])
        v = ((V[t] if official else V[t + 1]) - B[t + 1]) / B[t + 1]
        z.append(net.gamma * PRIMITIVES[net.surrogate](v))
        u = net.kappa * u + (1 - net.kappa) * anp.dot(z[t + 1], p["W_out"])
        total = total + anp.sum(case.d_y[t, 0] * (u + p["b_out"])) + anp.sum(case.d_z * z[t + 1])
    return total


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_autograd_agrees_with_the_adjoint(convention, surrogate):
    options = {"n_steps": 5, "batch": 1, "n_delays": 2}
    options |= {"convention": convention, "surrogate": surrogate}
    case = random_case("", stream(2, "autograd"), CaseOptions(longest_refractory=0, **options))
    net = reference_network(case.net)
    net.n_ref = np.zeros_like(net.n_ref)
    case.current[:] = np.abs(case.current) * 4  # all neurons near their thresholds in a few steps
    trace = forward(net, case.x[:, 0] * 1.0, case.current[:, 0], smooth=True)

    found = adjoint(net, trace, case.d_y[:, 0], case.d_z)
    expected = autograd.grad(loss)({name: getattr(net, name) for name in NAMES}, net, case)
    for name in NAMES:
        assert np.abs(expected[name]).max() > 1e-4, name
        np.testing.assert_allclose(
            getattr(found, name), expected[name], atol=ROUNDING, err_msg=name
        )

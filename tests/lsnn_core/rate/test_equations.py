"""Forward passes against the printed equations, one example and one unit after the other."""

from __future__ import annotations

from dataclasses import replace
from math import exp, tanh

import numpy as np
import pytest
from hypothesis import given

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import RateCase, random_rate_case
from lsnn_core.rate.network import RateBlock, RateNetwork
from tests.helpers.rate_networks import rate_cases
from tests.tolerances import DRAWN_ROUNDING, ROUNDING


def sigmoid(a: float) -> float:
    return 1.0 / (1.0 + exp(-a))


def textbook(case: RateCase) -> np.ndarray:
    """h(t), (T, n, B), as the definitions in the two cells' modules are printed."""
    p, n, (T, _, B) = case.parameters, case.net.n, case.x.shape
    h, c = np.zeros((T + 1, n, B)), np.zeros((T + 1, n, B))
    for t in range(T):
        for e in range(B):
            a = case.x[t, :, e] @ p["W_in"] + h[t - 1, :, e] @ p["W_rec"] + p["b"]
            for u in range(n):
                if case.net.model == "rnn":
                    h[t, u, e] = tanh(a[u])
                    continue
                i, f, o, j = (a[gate * n + u] for gate in range(4))
                c[t, u, e] = sigmoid(f) * c[t - 1, u, e] + sigmoid(i) * tanh(j)
                h[t, u, e] = sigmoid(o) * tanh(c[t, u, e])
    return h[:T]  # h[-1] and c[-1], never written before step T, are the state of rest


@given(rate_cases())
def test_the_networks_are_those_of_the_textbook(case: RateCase):
    block = RateBlock(case.net, len(case.x), case.x.shape[2], case.readout_start, np.float64)
    block.x[:] = case.x
    y, h = block.forward(case.parameters), textbook(case)
    read = np.einsum("tue,uk->tke", h, case.parameters["W_out"])

    np.testing.assert_allclose(block.h, h, rtol=ROUNDING, atol=1e-13)
    expected = (read + case.parameters["b_out"][:, None])[case.readout_start :]
    np.testing.assert_allclose(y, expected, rtol=DRAWN_ROUNDING, atol=ROUNDING)


@given(rate_cases())
def test_a_block_can_be_used_again(case: RateCase):
    block = RateBlock(case.net, len(case.x), case.x.shape[2], case.readout_start, np.float64)
    found = []
    for x in (case.x, -case.x, case.x):
        block.x[:] = x
        y = block.forward(case.parameters)
        found.append((y, *block.backward(case.parameters, case.d_y).values()))

    for first, again in zip(found[0], found[2], strict=True):
        np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("model", ["rnn", "lstm"])
def test_two_halves_are_two_networks(model):
    rng = np.random.default_rng(0)
    case = random_rate_case("", rng, RateNetwork(model, 4, 6, 2, halves=2))
    y, gradient = run(case)

    for half in (0, 1):
        alone = one_half(case, half)
        y_alone, gradient_alone = run(alone)
        np.testing.assert_allclose(y[:, half::2], y_alone, rtol=ROUNDING)
        for name, found in one_half(replace(case, parameters=gradient), half).parameters.items():
            np.testing.assert_allclose(found, gradient_alone[name], rtol=1e-9, atol=ROUNDING)
    assert not gradient["W_rec"][::2].reshape(3, -1, 6)[..., 1::2].any()


def one_half(case: RateCase, half: int) -> RateCase:
    """Every second input, unit and output: of each gate, too."""
    net, p = case.net, case.parameters
    gates = net.cell.gates
    units = (np.arange(gates * net.n) % net.n) % 2 == half
    parameters = {
        "W_in": p["W_in"][half::2][:, units],
        "W_rec": p["W_rec"][half::2][:, units],
        "b": p["b"][units],
        "W_out": p["W_out"][half::2, half::2],
        "b_out": p["b_out"][half::2],
    }
    small = RateNetwork(net.model, net.n_in // 2, net.n // 2, net.n_out // 2)
    return RateCase("", small, parameters, case.x[:, half::2], case.d_y[:, half::2])


def run(case: RateCase) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    block = RateBlock(case.net, len(case.x), case.x.shape[2], case.readout_start, np.float64)
    block.x[:] = case.x
    return block.forward(case.parameters), block.backward(case.parameters, case.d_y)


def test_an_odd_number_cannot_be_halved():
    with pytest.raises(UsageError, match="halves"):
        RateNetwork("lstm", 4, 7, 2, halves=2)

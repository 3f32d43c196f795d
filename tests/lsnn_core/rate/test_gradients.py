"""Backpropagation through time is the derivative of the forward pass, and errors are noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.gradient_checks import (
    RateCase,
    random_rate_case,
    rate_cases,
    rate_central_difference,
    rate_complex_step,
)
from lsnn_core.rate.cell import negligible
from lsnn_core.rate.lstm import LSTM
from lsnn_core.rate.network import RateBlock, RateNetwork
from lsnn_core.rate.rnn import RNN
from tests.helpers.rate_networks import rate_cases as drawn_cases
from tests.tolerances import ROUNDING

CASES = {case.name: case for case in rate_cases()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_shown_cases_are_within_bounds(case: RateCase):
    assert rate_complex_step(case) <= ROUNDING
    assert rate_central_difference(case) <= 1e-7


@given(drawn_cases(), st.integers(0, 100))
def test_drawn_networks_are_within_bounds(case: RateCase, seed: int):
    assert rate_complex_step(case, seed) <= ROUNDING
    assert rate_central_difference(case, seed) <= 1e-7


@pytest.mark.parametrize("model", ["rnn", "lstm"])
@pytest.mark.parametrize("n_steps", [31, 32, 70])  # dL/dW is summed over 32 at a time
def test_more_steps_than_are_summed_at_once(model, n_steps):
    net = RateNetwork(model, 3, 8, 2)
    case = random_rate_case("", np.random.default_rng(1), net, n_steps=n_steps)
    block = RateBlock(net, n_steps, 4, 0, np.float64)
    block.x[:] = case.x
    block.forward(case.parameters)
    first, again = (block.backward(case.parameters, case.d_y) for _ in range(2))

    assert block.chunk == 32
    assert rate_complex_step(case) <= ROUNDING
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value, err_msg=name)


def a_step_early(block: RateBlock, p, d_y):
    return BACKWARD(block, p, np.roll(d_y, -1, axis=0))


def detached_state(cell: LSTM, t: int, h, d_h, d_a):
    cell.d_c[:] = 0.0
    LSTM_STEP(cell, t, h, d_h, d_a)


def linear(cell: RNN, t: int, h, d_h, d_a):
    d_a[:] = d_h


def squared_slope(cell: RNN, t: int, h, d_h, d_a):
    d_a[:] = d_h * (1.0 - h)


BACKWARD, LSTM_STEP = RateBlock.backward, LSTM.backward


@pytest.mark.parametrize(
    ("model", "owner", "mistake"),
    [
        ("rnn", RateBlock, a_step_early),
        ("lstm", RateBlock, a_step_early),
        ("lstm", LSTM, detached_state),
        ("rnn", RNN, linear),
        ("rnn", RNN, squared_slope),
    ],
)
@pytest.mark.parametrize("check", [rate_complex_step, rate_central_difference])
def test_a_mistake_is_noticed(monkeypatch, check, model, owner, mistake):
    monkeypatch.setattr(owner, "backward", mistake)

    assert check(CASES[f"{model}, read at every step"]) > 1e-4


@pytest.mark.parametrize("model", ["rnn", "lstm"])
def test_a_vanishing_gradient_ends_in_zero_and_not_in_numbers_near_it(monkeypatch, model):
    case, seen = CASES[f"{model}, read at the last step"], []
    p = {name: (0.3 * value).astype(np.float32) for name, value in case.parameters.items()}
    block = RateBlock(case.net, 400, 4, 399)
    step = type(block.cell).backward

    def look(cell, t, h, d_h, d_a):
        step(cell, t, h, d_h, d_a)
        seen.append(np.concatenate((d_a, getattr(cell, "d_c", d_a))).copy())

    monkeypatch.setattr(type(block.cell), "backward", look)
    block.forward(p)
    block.backward(p, np.ones((1, 2, 4)))
    sizes = np.abs(np.concatenate([d.ravel() for d in seen]))

    assert negligible(np.float32) < 1.1e-19
    assert sizes.max() > 1e-3
    assert (seen[-1] == 0).all()
    assert not ((sizes > 0) & (sizes < np.finfo(np.float32).tiny)).any()

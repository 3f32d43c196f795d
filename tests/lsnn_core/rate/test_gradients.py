"""Backpropagation through time is the derivative of the forward pass, and errors are noticed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.gradient_checks import (
    RateCase,
    rate_cases,
    rate_central_difference,
    rate_complex_step,
)
from lsnn_core.rate import lstm, network
from lsnn_core.rate.cell import flush
from lsnn_core.rate.lstm import LSTM
from lsnn_core.rate.network import RateBlock
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


def a_step_early(block: RateBlock, p, d_y):
    return BACKWARD(block, p, np.roll(d_y, -1, axis=0))


def detached_state(cell: LSTM, t: int, h, d_h):
    cell.d_c[:] = 0.0
    return LSTM_STEP(cell, t, h, d_h)


def linear(cell: RNN, t: int, h, d_h):
    return d_h.copy()


def squared_slope(cell: RNN, t: int, h, d_h):
    return d_h * (1.0 - h)


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_what_cannot_matter_is_flushed(dtype):
    small = np.sqrt(np.finfo(dtype).tiny)
    gradient = np.array([1.0, -2 * small, small / 2, -small / 2, np.finfo(dtype).tiny / 4], dtype)
    flush(gradient)

    assert gradient.tolist() == [1.0, dtype(-2 * small), 0.0, 0.0, 0.0]
    assert small < 1e-18


def test_a_vanishing_gradient_ends_in_zero_and_not_in_numbers_near_it(monkeypatch):
    case = CASES["lstm, read at the last step"]
    seen = []
    for module in (network, lstm):
        monkeypatch.setattr(module, "flush", lambda d: (flush(d), seen.append(d.copy())))
    p = {name: (0.3 * value).astype(np.float32) for name, value in case.parameters.items()}
    block = RateBlock(case.net, 400, 4, 399)
    block.forward(p)
    block.backward(p, np.ones((1, 2, 4)))
    sizes = np.abs(np.concatenate([d.ravel() for d in seen]))

    assert sizes.max() > 1e-3
    assert (seen[-1] == 0).all()
    assert not ((sizes > 0) & (sizes < 1e-19)).any()

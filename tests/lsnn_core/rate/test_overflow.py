"""A unit turns any sum into a number between -1 and 1: an overflow must be refused before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import event, given

from lsnn_core.errors import NumericalError, UsageError
from lsnn_core.rate.engine import RateEngine
from lsnn_core.rate.initial import initial_parameters
from lsnn_core.rate.network import RateBlock, RateNetwork
from tests.helpers.networks import seeds
from tests.helpers.rate_toy import NumberBatch, NumberTask

LARGEST = float(np.finfo(np.float32).max)
TASK = NumberTask()


@pytest.mark.parametrize("model", ["rnn", "lstm"])
@given(seeds)
def test_no_overflow_hides(model: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    power = [0.0, rng.uniform(0.0, 36.0, 3), rng.uniform(36.0, 39.0, 3)]
    scale = 10.0 ** np.choose(rng.integers(0, 3, 3), power)
    net = RateNetwork(model, TASK.n_in, 6, TASK.n_out)
    drawn = initial_parameters(net, seed, np.float64)
    for name, factor in zip(("W_in", "W_rec", "W_out"), scale, strict=True):
        drawn[name] = np.clip(drawn[name] * factor, -LARGEST, LARGEST)
    p = {name: value.astype(np.float32) for name, value in drawn.items()}
    batch, size = TASK.batch(seed, 4, seed), 4

    exact = {name: value.astype(np.float64) for name, value in p.items()}
    with np.errstate(all="ignore"):
        block = RateBlock(net, TASK.n_steps, size, TASK.readout_start, np.float64)
        block.x[:] = batch.x
        y = block.forward(exact)
        before = np.concatenate((np.zeros_like(block.h[:1]), block.h[:-1]))
        sums = exact["W_in"].T @ block.x + exact["W_rec"].T @ before
        loss = batch.loss(y, 0, size)
        gradient = block.backward(exact, loss.d_y)
    largest = max(np.abs(a).max() for a in (sums, y, *gradient.values()))

    engine = RateEngine(net, TASK, size, np.float32, 1)
    try:
        found = engine.gradient(p, batch)
    except NumericalError:
        event("refused")
        assert max(np.abs(value).max() for value in exact.values()) > 1e-3 * LARGEST
        return
    if not all(np.isfinite(g).all() for g in (found.loss, *found.gradient.values())):
        event("refused by the learner")
        return
    event("accepted")
    assert largest < 1.001 * LARGEST
    # else rounding decides on a sign, or weighs too much
    if np.abs(sums).min() > 1e-4 * max(scale[:2]) and scale[2] == 1.0:
        event("compared")
        assert found.loss == pytest.approx(loss.loss, rel=1e-2, abs=1e-2)


@pytest.mark.parametrize("model", ["rnn", "lstm"])
@pytest.mark.parametrize(
    ("name", "number", "what"),
    [
        ("W_in", 2e38, "inputs of unit 0"),
        ("W_rec", 1e38, "inputs of unit 0"),
        ("b", np.nan, "inputs of unit 0"),
        ("W_out", 1e38, "inputs of readout 0"),
    ],
)
def test_sums_that_could_overflow_are_refused(model, name, number, what):
    net = RateNetwork(model, TASK.n_in, 6, TASK.n_out)
    p = initial_parameters(net, 1)
    p[name] = np.full_like(p[name], number)
    engine = RateEngine(net, TASK, 4, np.float32, 1)

    with pytest.raises(NumericalError, match=what):
        engine.evaluate(p, TASK.batch(0, 4, 1))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_inputs_that_are_none_are_refused(bad):
    net, batch = RateNetwork("rnn", TASK.n_in, 6, TASK.n_out), TASK.batch(0, 4, 1)
    x = batch.x.copy()
    x[3, 1, 2] = bad
    engine = RateEngine(net, TASK, 4, np.float32, 1)

    with pytest.raises(UsageError, match=r"analog.*inputs\[3, 1.*expected a finite number"):
        engine.evaluate(initial_parameters(net, 1), NumberBatch(x, batch.labels))

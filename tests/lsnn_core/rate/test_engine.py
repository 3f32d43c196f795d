"""A batch gives the same bits on any number of threads, and what one block alone would give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.rate import engine as rate_engine
from lsnn_core.rate.engine import RateEngine, RateResult
from lsnn_core.rate.initial import initial_parameters
from lsnn_core.rate.network import RateBlock, RateNetwork
from tests.helpers.blas_threads import blas_threads, two_blas_threads
from tests.helpers.rate_toy import NumberTask
from tests.helpers.toy_task import ToyTask
from tests.tolerances import ROUNDING

MODELS = pytest.mark.parametrize("model", ["rnn", "lstm"])
TASK = NumberTask()


def outcome(model: str, task, size: int, dtype=np.float64, n: int = 16, **options) -> RateResult:
    net = RateNetwork(model, task.n_in, n, task.n_out)
    engine = RateEngine(net, task, options.pop("batch", size), dtype, **options)
    try:
        return engine.gradient(initial_parameters(net, 3, dtype), task.batch(0, size, seed=1))
    finally:
        engine.close()


def assert_same(found: RateResult, expected: RateResult, **tolerance: float) -> None:
    np.testing.assert_allclose(found.loss, expected.loss, **tolerance)
    for name, value in expected.gradient.items():
        np.testing.assert_allclose(found.gradient[name], value, err_msg=name, **tolerance)


@MODELS
@pytest.mark.parametrize("n", [3, 128])  # one above the size from which BLAS uses its threads
def test_one_thread_and_three_give_the_same_bits(model, n):
    one, three = (outcome(model, TASK, 300, np.float32, n, threads=k) for k in (1, 3))

    assert_same(three, one, rtol=0, atol=0)


@MODELS
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_batch_gives_what_its_examples_give_in_one_block(model, size):
    net = RateNetwork(model, TASK.n_in, 16, TASK.n_out)
    p, batch = initial_parameters(net, 3, np.float64), TASK.batch(0, size, seed=1)
    block = RateBlock(net, TASK.n_steps, size, TASK.readout_start, np.float64)
    block.x[:] = batch.x
    found = batch.loss(block.forward(p), 0, size)
    expected = RateResult(found.loss, {}, block.backward(p, found.d_y))

    assert_same(outcome(model, TASK, size), expected, rtol=1e-9, atol=1e-14)


@MODELS
def test_a_batch_may_be_smaller_than_the_engine(model):
    for size in (1, 3, 4, 6):
        smaller = outcome(model, TASK, size, batch=7)
        assert_same(smaller, outcome(model, TASK, size), rtol=1e-9, atol=1e-14)


@MODELS
def test_a_larger_batch_is_evaluated_in_pieces_and_has_no_gradient(model):
    net = RateNetwork(model, TASK.n_in, 16, TASK.n_out)
    p, batch = initial_parameters(net, 3, np.float64), TASK.batch(0, 11, seed=1)
    small, large = (RateEngine(net, TASK, room, np.float64) for room in (4, 11))
    found, expected = small.evaluate(p, batch), large.evaluate(p, batch)

    assert found.loss == pytest.approx(expected.loss, rel=ROUNDING)
    assert found.sums == expected.sums
    with pytest.raises(UsageError, match=r"batch\.size: expected at most 4 .* found 11"):
        small.gradient(p, batch)
    small.close()
    large.close()


@MODELS
def test_spikes_are_numbers_too(model, monkeypatch):
    task = ToyTask()
    batch = task.batch(0, 40, seed=1)  # blocks of 20, encoded 16 at a time

    class AsNumbers(ToyTask):
        analog = True

        def batch(self, iteration, size, seed):
            return replace_by_numbers(batch)

    assert batch.x.any()
    assert_same(outcome(model, AsNumbers(), 40), outcome(model, task, 40), rtol=0, atol=0)


def replace_by_numbers(batch):
    class Numbers(type(batch)):
        def analog(self, start, stop):
            return self.x[:, start:stop].transpose(0, 2, 1).astype(float)

    return Numbers(batch.x, batch.labels)


def test_inputs_of_another_shape_are_refused():
    class Turned(NumberTask):
        def batch(self, iteration, size, seed):
            batch = super().batch(iteration, size, seed)
            return replace(batch, x=batch.x[:, :1])

    with pytest.raises(UsageError, match=r"shape \(8, 2, 2\), found float64 \(8, 1, 2\)"):
        outcome("rnn", Turned(), 4)


def test_an_engine_asks_for_one_blas_thread(monkeypatch):
    seen = []
    fill = rate_engine.fill_inputs
    look = lambda *a: (seen.append(blas_threads()), fill(*a))  # noqa: E731
    monkeypatch.setattr(rate_engine, "fill_inputs", look)
    with two_blas_threads():
        outcome("rnn", TASK, 4)

    assert seen == [{1}, {1}]

"""The engine's gradient is the network's, and has the same bits on any number of threads."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradcheck.to_reference import reference_network
from lsnn_core.model.connections import Connections
from lsnn_core.random.streams import example_keys
from lsnn_core.reference import Trace, adjoint, forward
from lsnn_core.simulation import example_arrays, plan
from lsnn_core.simulation.engine import Engine, Outcome
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.simulation.plan import Plan, plan_gradient
from lsnn_core.task.losses import Regulariser, rate_regulariser, window_cross_entropy
from tests.helpers.toy_task import ToyBatch, ToyTask, toy_network
from tests.tolerances import ROUNDING

TASK = ToyTask()
REGULARISER = Regulariser(target=0.02, weight=3.0)
NONE = Regulariser(target=0.02, weight=0.0)
WITH_AND_WITHOUT = pytest.mark.parametrize(
    "regulariser", [REGULARISER, NONE], ids=["rates", "none"]
)
ALL = ("tau_m_ms", "tau_a_ms", "n_ref")


def outcome(
    net: LSNN,
    batch: ToyBatch,
    size: int = 0,
    dtype: Any = np.float64,
    threads: int = 1,
    regulariser: Regulariser = REGULARISER,
    plan: Plan | None = None,
) -> Outcome:
    runner = Engine(net, TASK, size or batch.size, dtype, threads, regulariser, plan)
    try:
        return runner.gradient(net, batch, noise_key=3)
    finally:
        runner.close()


def assert_same_bits(found: Outcome, expected: Outcome) -> None:
    assert (found.loss, found.metrics) == (expected.loss, expected.metrics)
    np.testing.assert_array_equal(found.rate, expected.rate)
    np.testing.assert_array_equal(found.d_weight, expected.d_weight)
    np.testing.assert_array_equal(found.d_b_out, expected.d_b_out)


def by_network(
    net: LSNN, batch: ToyBatch, regulariser: Regulariser = REGULARISER
) -> tuple[float, Any, Any]:
    """Loss and gradients from `LSNN.forward` and `LSNN.backward`."""
    start, keys = TASK.readout_start, example_keys(3, (), np.arange(batch.size))
    run = net.forward(batch.x, dtype=np.float64, noise_keys=keys)
    loss, d_window, _ = window_cross_entropy(run.y[start:].transpose(0, 2, 1), batch.labels)
    rate_loss, d_rate = rate_regulariser(run.z.mean((0, 1)), *regulariser)
    d_y = np.zeros(run.y.shape)
    d_y[start:] = d_window.transpose(0, 2, 1) / batch.size
    g = net.backward(run, d_y, d_rate / (batch.size * TASK.n_steps))
    return loss.mean() + rate_loss, g.weight, g.b_out


@WITH_AND_WITHOUT
@pytest.mark.parametrize("noise_std", [0.0, 0.05])
@pytest.mark.parametrize(
    ("size", "dtype"),
    [(2, "float64"), (5, "float64"), (16, "float32"), (17, "float64"), (40, "float64")],
)
def test_one_thread_and_two_give_the_same_bits(size, dtype, noise_std, regulariser):
    net, batch = toy_network(noise_std=noise_std), TASK.batch(0, size, 1)
    one, two, again = (outcome(net, batch, 0, dtype, n, regulariser) for n in (1, 2, 2))

    assert one.d_weight.any()
    assert_same_bits(two, one)
    assert_same_bits(again, one)


def test_threads_that_share_one_network_give_the_same_bits(monkeypatch):
    net, batch = toy_network(n=600, connectivity=0.05), TASK.batch(0, 1, 1)
    assert_gradient_of(net, batch)  # several pieces, and nobody to share them with
    alone = outcome(net, batch)
    monkeypatch.setattr(plan, "SHARED_FROM", 0)

    assert np.count_nonzero(alone.d_weight) > 1000
    for threads, parted_from in ((2, 10**9), (3, 10**9), (2, 0), (3, 0), (2, 0)):
        monkeypatch.setattr(plan, "PARTED_FROM", parted_from)
        assert_same_bits(outcome(net, batch, threads=threads), alone)


def test_threads_that_cannot_start_leave_none_spinning(monkeypatch):
    started, start = [], threading.Thread.start

    def second_fails(thread):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(plan, "SHARED_FROM", 0)
    monkeypatch.setattr(plan, "PARTED_FROM", 0)
    monkeypatch.setattr(threading.Thread, "start", second_fails)
    with pytest.raises(RuntimeError, match="can't start"):
        outcome(toy_network(), TASK.batch(0, 1, 1), threads=3)

    assert not started[0].is_alive()


@WITH_AND_WITHOUT
@pytest.mark.parametrize("options", [{}, {"noise_std": 0.05}, {"n_delays": 1}], ids=str)
@pytest.mark.parametrize("size", [1, 2, 5, 17, 40])
def test_the_gradient_is_the_networks(size, options, regulariser):
    assert_gradient_of(toy_network(**options), TASK.batch(2, size, 1), regulariser)


@pytest.mark.parametrize("n_delays", [1, 3])
@pytest.mark.parametrize("alike", [("tau_m_ms",), ("tau_a_ms",), ("n_ref",), ALL], ids="+".join)
def test_neurons_may_be_alike(alike, n_delays):
    net = toy_network(n=40, n_regular=21, n_delays=n_delays)  # regular ones within a vector, too
    one = {name: np.full(40, getattr(net.neurons, name)[30]) for name in alike}
    one |= {"tau_a_ms": one["tau_a_ms"] + (np.arange(40) < 3)} if alike == ALL else {}
    assert_gradient_of(replace(net, neurons=replace(net.neurons, **one)), TASK.batch(2, 1, 1))


def assert_gradient_of(
    net: LSNN, batch: ToyBatch, regulariser: Regulariser = REGULARISER, **options: int
) -> None:
    """The engine's loss and gradient are those of the network."""
    found = outcome(net, batch, regulariser=regulariser, **options)
    loss, d_weight, d_b_out = by_network(net, batch, regulariser)

    assert found.loss == pytest.approx(loss, rel=ROUNDING)
    np.testing.assert_allclose(found.d_weight, d_weight, rtol=1e-9, atol=ROUNDING)
    np.testing.assert_allclose(found.d_b_out, d_b_out, rtol=1e-9, atol=ROUNDING)


def test_the_regulariser_reaches_the_weights_as_a_difference_shows():
    # smooth neurons, one example: rates have true derivatives
    net, x = reference_network(toy_network()), TASK.batch(4, 1, 1).x[:, 0] * 1.0
    direction = np.random.default_rng(0).normal(size=net.W_in.shape) * (net.W_in != 0)

    def regulariser(step: float) -> tuple[float, Any, Trace]:
        trace = forward(replace(net, W_in=net.W_in + step * direction), x, smooth=True)
        return *rate_regulariser(trace.z.mean(0), *REGULARISER), trace

    _, d_rate, trace = regulariser(0.0)
    found = adjoint(net, trace, np.zeros(trace.y.shape), d_rate / TASK.n_steps).W_in
    expected = (regulariser(1e-6)[0] - regulariser(-1e-6)[0]) / 2e-6
    assert np.sum(found * direction) == pytest.approx(expected, rel=1e-6)
    assert abs(expected) > 1e-5


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
@pytest.mark.parametrize("steps", [1, 7, 40])
@WITH_AND_WITHOUT
def test_a_tape_of_all_steps_gives_the_same_bits(steps, convention, regulariser):
    net, batch = toy_network(convention=convention), TASK.batch(5, 20, 1)
    whole, segments = whole_and_in_segments(net, batch.size, steps, regulariser)
    found = outcome(net, batch, regulariser=regulariser, plan=whole)

    assert found.d_weight.any()
    assert_same_bits(outcome(net, batch, regulariser=regulariser, plan=segments), found)


def whole_and_in_segments(
    net: LSNN, size: int, steps: int, regulariser: Regulariser = REGULARISER
) -> tuple[Plan, Plan]:
    """Plans with tapes of all steps, and with tapes of a segment of some."""
    usual = plan_gradient(net, TASK.n_steps, size, np.float64, at_once=regulariser is NONE)
    assert set(usual.tapes) == {"scratch" if regulariser is NONE else "block"}
    whole = replace(usual, segment=steps)
    return whole, replace(whole, tapes=("segment",) * len(usual.sizes))


@pytest.mark.parametrize("steps", [7, 40])
def test_what_is_cleared_is_cleared_again(steps, monkeypatch):
    net, batch = toy_network(), TASK.batch(5, 20, 1)
    on_whole_tapes, in_segments = whole_and_in_segments(net, batch.size, steps)
    usual = outcome(net, batch, plan=on_whole_tapes)
    monkeypatch.setattr(example_arrays, "FLUSHED", 0.03 / np.finfo(np.float64).tiny)
    whole = outcome(net, batch, plan=on_whole_tapes)

    assert whole.d_weight.any()
    assert not np.array_equal(whole.d_weight, usual.d_weight)
    assert_same_bits(outcome(net, batch, plan=in_segments), whole)


@WITH_AND_WITHOUT
@pytest.mark.parametrize("size", [1, 3, 14, 15, 39, 40])
def test_a_last_batch_may_be_short(size, regulariser):
    batch = TASK.batch(3, size, 1)
    assert_gradient_of(toy_network(), batch, regulariser, size=40, threads=2)


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_running_back_at_once_or_after_all_others_gives_the_same_bits(convention):
    net, batch = toy_network(convention=convention), TASK.batch(5, 40, 1)
    at_once = outcome(net, batch, threads=2, regulariser=NONE)
    _, segments = whole_and_in_segments(net, batch.size, TASK.n_steps, NONE)
    runner = Engine(net, TASK, 40, np.float64, 2, NONE, replace(segments, workers=2))
    runner.at_once = False

    assert at_once.d_weight.any()
    assert_same_bits(runner.gradient(net, batch, noise_key=3), at_once)
    runner.close()


@pytest.mark.parametrize("options", [{}, {"noise_std": 0.05}, {"n_delays": 1}], ids=str)
@pytest.mark.parametrize(("size", "room"), [(40, 17), (40, 20), (7, 1), (18, 17)])
def test_a_larger_batch_is_evaluated_in_pieces(size, room, options):
    net, batch = toy_network(**options), TASK.batch(0, size, 1)
    small, large = Engine(net, TASK, room, np.float64, 2), Engine(net, TASK, size, np.float64, 2)
    found, expected = small.evaluate(net, batch, 3), large.evaluate(net, batch, 3)
    small.close()
    large.close()

    assert found.loss == pytest.approx(expected.loss, rel=ROUNDING)
    assert found.sums == expected.sums
    assert found.sums["accuracy"][1] == size
    np.testing.assert_array_equal(found.rate, expected.rate)


def test_a_larger_batch_has_no_gradient():
    net = toy_network()
    runner = Engine(net, TASK, 17, np.float64, 1)
    with pytest.raises(UsageError, match=r"^task ToyTask: batch\.size: expected at most 17 .* 18"):
        runner.gradient(net, TASK.batch(0, 18, 1))


@WITH_AND_WITHOUT
@pytest.mark.parametrize("size", [1, 5])
def test_a_task_may_use_its_own_arrays_again(size, regulariser):
    net, batch = toy_network(), TASK.batch(0, size, 1)

    class Sparing(ToyBatch):
        def loss(self, y, start, stop):
            last.source[:] = last.lanes[:] = 2**15  # good until the loss is wanted
            return super().loss(y, start, stop)

        def events(self, start, stop, buffers=None):
            nonlocal last
            last = super().events(start, stop, buffers)
            return last

    last = batch.events(0, 1)
    found = outcome(net, Sparing(batch.x, batch.labels), regulariser=regulariser)
    assert_same_bits(found, outcome(net, batch, regulariser=regulariser))


def test_one_example_with_another_number_of_connections_has_its_gradient():
    net = toy_network()
    fewer = replace(net, connections=shortened(net.connections))
    runner, batch = Engine(fewer, TASK, 1, np.float64, 1, NONE), TASK.batch(2, 1, 1)
    found = [runner.gradient(n, batch, noise_key=3).d_weight.copy() for n in (fewer, net, fewer)]

    assert not runner.blocks[0].adjoint.matrix.size  # a list
    for one, n in zip(found, (fewer, net, fewer), strict=True):
        np.testing.assert_array_equal(one, outcome(n, batch, regulariser=NONE).d_weight)


def test_evaluation_is_the_forward_half():
    net, batch = toy_network(), TASK.batch(0, 17, 1)
    runner = Engine(net, TASK, 17, np.float64, 1, REGULARISER)
    trained, evaluated = runner.gradient(net, batch), runner.evaluate(net, batch)

    assert evaluated.loss == trained.loss - trained.rate_loss
    assert evaluated.metrics == trained.metrics
    assert not evaluated.d_weight.size


@WITH_AND_WITHOUT
def test_an_engine_forgets_the_batch_before(regulariser):
    net = toy_network()
    runner = Engine(net, TASK, 17, np.float64, 2, regulariser)
    runner.gradient(net, TASK.batch(0, 17, 1))
    runner.evaluate(net, TASK.batch(1, 9, 1))
    batch = TASK.batch(2, 17, 1)
    later = runner.gradient(net, batch, noise_key=3)
    runner.close()

    assert_same_bits(later, outcome(net, batch, regulariser=regulariser))


@WITH_AND_WITHOUT
@pytest.mark.parametrize("size", [3, 18])
def test_blocks_that_a_short_batch_leaves_out_add_nothing_of_the_batch_before(size, regulariser):
    net, batch = toy_network(), TASK.batch(2, size, 1)
    found = []
    for before in (40, size):
        runner = Engine(net, TASK, 40, np.float64, 2, regulariser)
        runner.gradient(net, TASK.batch(0, before, 1))
        found.append(runner.gradient(net, batch, noise_key=3))
        runner.close()

    assert found[0].d_weight.any()
    assert_same_bits(*found)


def test_weights_may_change_between_calls():
    net, batch = toy_network(), TASK.batch(0, 17, 1)
    listed = net.connections
    fewer = listed.indptr - np.minimum(listed.indptr, 1)  # without the first connection
    pruned = {name: getattr(listed, name)[1:] for name in ("target", "delay", "sign", "weight")}
    other = replace(net, connections=replace(listed, indptr=fewer, **pruned))
    runner = Engine(net, TASK, 17, np.float64, 1, REGULARISER)
    runner.gradient(net, batch)
    after = runner.gradient(other, batch, noise_key=3)

    assert_same_bits(after, outcome(other, batch))


class FailingBatch(ToyBatch):
    def loss(self, y, start, stop):
        if start > 0:
            raise ZeroDivisionError("in the second block")
        return super().loss(y, start, stop)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_in_a_thread_surfaces(threads):
    net, good = toy_network(), TASK.batch(0, 17, 1)
    runner = Engine(net, TASK, 17, np.float64, threads, REGULARISER)
    with pytest.raises(ZeroDivisionError, match="in the second block"):
        runner.gradient(net, FailingBatch(good.x, good.labels))

    assert_same_bits(runner.gradient(net, good, noise_key=3), outcome(net, good))
    runner.close()


@pytest.mark.parametrize("options", [{}, {"n_delays": 1}], ids=str)
def test_what_is_kept_between_calls_follows_weights_and_connections(options):
    net, batch = toy_network(**options), TASK.batch(2, 1, 1)
    listed = net.connections
    heavier = replace(net, connections=replace(listed, weight=1.5 * listed.weight))
    fewer = replace(net, connections=shortened(listed))
    runner = Engine(net, TASK, 1, np.float64, 1)
    found = [runner.evaluate(n, batch).loss for n in (net, heavier, fewer, net)]
    runner.close()

    assert found == [outcome_loss(n, batch) for n in (net, heavier, fewer, net)]
    assert len(set(found)) == 3


def test_another_delay_is_refused_where_a_matrix_holds_but_one():
    net, batch = replace(toy_network(n_delays=1), max_delay=2), TASK.batch(2, 3, 1)
    listed = net.connections
    later = listed.delay.copy()
    later[0] = 2
    runner = Engine(net, TASK, 3, np.float64, 1)

    with pytest.raises(UsageError, match="delays: expected 1 steps for all"):
        runner.evaluate(replace(net, connections=replace(listed, delay=later)), batch)
    runner.close()


def outcome_loss(net: LSNN, batch: ToyBatch) -> float:
    runner = Engine(net, TASK, 1, np.float64, 1)
    try:
        return runner.evaluate(net, batch).loss
    finally:
        runner.close()


def shortened(listed: Connections) -> Connections:
    """The same list without the connections of its last sources."""
    kept = len(listed.weight) // 2
    arrays = {k: getattr(listed, k)[:kept] for k in ("target", "delay", "sign", "weight")}
    return replace(listed, indptr=np.minimum(listed.indptr, kept), **arrays)

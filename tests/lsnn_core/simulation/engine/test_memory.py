"""What an engine keeps: of the steps of a pass, and from one call to the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.simulation import example_arrays
from lsnn_core.simulation.engine import Engine
from lsnn_core.simulation.lsnn import LSNN
from tests.helpers.engines import (
    NONE,
    REGULARISER,
    TASK,
    WITH_AND_WITHOUT,
    assert_gradient_of,
    assert_same_bits,
    outcome,
    shortened,
    whole_and_in_segments,
)
from tests.helpers.toy_task import ToyBatch, toy_network


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
@pytest.mark.parametrize("steps", [1, 7, 40])
@WITH_AND_WITHOUT
def test_a_tape_of_all_steps_gives_the_same_bits(steps, convention, regulariser):
    net, batch = toy_network(convention=convention), TASK.batch(5, 20, 1)
    whole, segments = whole_and_in_segments(net, batch.size, steps, regulariser)
    found = outcome(net, batch, regulariser=regulariser, plan=whole)

    assert found.d_weight.any()
    assert_same_bits(outcome(net, batch, regulariser=regulariser, plan=segments), found)


@pytest.mark.parametrize("n_delays", [3, 20])
@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_with_a_tape_of_their_own_stand_beside_others(threads, n_delays):
    net, batch = toy_network(n_delays=n_delays), TASK.batch(5, 60, 1)
    whole, segments = whole_and_in_segments(net, batch.size, 7)
    whole, segments = (replace(plan, workers=threads) for plan in (whole, segments))
    own = len(whole.sizes) // 2
    mixed = replace(whole, tapes=whole.tapes[:own] + segments.tapes[own:])
    assert set(mixed.tapes) == {"block", "segment"}

    found = outcome(net, batch, threads=threads, plan=mixed)
    assert_same_bits(found, outcome(net, batch, threads=threads, plan=segments))


@pytest.mark.parametrize("n_delays", [20, 60])
@WITH_AND_WITHOUT
def test_delays_may_be_longer_than_a_segment_and_than_the_run(n_delays, regulariser):
    net, batch = toy_network(n_delays=n_delays), TASK.batch(5, 20, 1)
    whole, segments = whole_and_in_segments(net, batch.size, 7, regulariser)
    assert 7 < n_delays / 2 < net.max_delay
    assert (net.max_delay > TASK.n_steps) == (n_delays == 60)
    found = outcome(net, batch, regulariser=regulariser, plan=whole)

    assert_gradient_of(net, batch, regulariser)
    assert_same_bits(found, outcome(net, batch, regulariser=regulariser))
    assert_same_bits(found, outcome(net, batch, regulariser=regulariser, threads=2))
    assert_same_bits(found, outcome(net, batch, regulariser=regulariser, plan=segments))


@WITH_AND_WITHOUT
def test_a_tape_of_all_steps_keeps_what_is_under_way_nowhere_else(regulariser):
    net = toy_network(n_delays=20)
    for plan, rows in zip(whole_and_in_segments(net, 20, 7, regulariser), (0, 1), strict=True):
        runner = Engine(net, TASK, 20, np.float64, 1, regulariser, plan)
        runner.close()
        block = runner.blocks[0]
        room = rows * net.max_delay * net.layout.n_target
        assert len(block.state.pending) == room
        assert len(block.saved.pending) == room * block.shape.n_segments


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


@pytest.mark.parametrize("n_delays", [3, 60])
@WITH_AND_WITHOUT
def test_an_engine_forgets_the_batch_before(regulariser, n_delays):
    net = toy_network(n_delays=n_delays)
    runner = Engine(net, TASK, 17, np.float64, 2, regulariser, constants=True)
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
        runner = Engine(net, TASK, 40, np.float64, 2, regulariser, constants=True)
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
    runner = Engine(net, TASK, 17, np.float64, 1, REGULARISER, constants=True)
    runner.gradient(net, batch)
    after = runner.gradient(other, batch, noise_key=3)

    assert_same_bits(after, outcome(other, batch))


def outcome_loss(net: LSNN, batch: ToyBatch) -> float:
    runner = Engine(net, TASK, 1, np.float64, 1)
    try:
        return runner.evaluate(net, batch).loss
    finally:
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


@pytest.mark.parametrize("name", ["tau_m_ms", "tau_a_ms", "beta", "b0"])
@pytest.mark.parametrize("size", [1, 17])
@pytest.mark.parametrize("options", [{}, {"n_delays": 1}], ids=str)
def test_constants_may_change_between_calls(options, size, name):
    net, batch = toy_network(**options), TASK.batch(2, size, 1)
    changed = replace(net.neurons, **{name: 1.5 * getattr(net.neurons, name)})
    other = replace(net, neurons=changed)
    runner = Engine(net, TASK, size, np.float64, 1, REGULARISER, constants=True)
    first = runner.gradient(net, batch, noise_key=3).d_weight.copy()
    after = runner.gradient(other, batch, noise_key=3)
    runner.close()

    assert not np.array_equal(after.d_weight, first)
    assert_same_bits(after, outcome(other, batch))


def test_one_example_with_another_number_of_connections_has_its_gradient():
    net = toy_network()
    fewer = replace(net, connections=shortened(net.connections))
    runner, batch = Engine(fewer, TASK, 1, np.float64, 1, NONE), TASK.batch(2, 1, 1)
    found = [runner.gradient(n, batch, noise_key=3).d_weight.copy() for n in (fewer, net, fewer)]

    assert not runner.blocks[0].adjoint.matrix.size  # a list
    for one, n in zip(found, (fewer, net, fewer), strict=True):
        np.testing.assert_array_equal(one, outcome(n, batch, regulariser=NONE).d_weight)


def test_another_delay_is_refused_where_a_matrix_holds_but_one():
    net, batch = replace(toy_network(n_delays=1), max_delay=2), TASK.batch(2, 3, 1)
    listed = net.connections
    later = listed.delay.copy()
    later[0] = 2
    runner = Engine(net, TASK, 3, np.float64, 1)

    with pytest.raises(UsageError, match="delays: expected 1 steps for all"):
        runner.evaluate(replace(net, connections=replace(listed, delay=later)), batch)
    runner.close()

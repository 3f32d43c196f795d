"""E-prop of a batch: the reference's sums, the same bits on any threads, memory of no length."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks.checks import listed
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.reference import eprop, forward
from lsnn_core.simulation.engine import Engine
from lsnn_core.simulation.eprop_engine import EpropEngine
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.simulation.plan import plan_online
from lsnn_core.simulation.result import SpikingResult
from lsnn_core.task.losses import Regulariser, rate_regulariser, window_cross_entropy
from tests.helpers.engines import NONE, REGULARISER, TASK, WITH_AND_WITHOUT, shortened
from tests.helpers.toy_task import ToyBatch, ToyTask, toy_network
from tests.tolerances import MISTAKE, ROUNDING

FEEDBACK = np.random.default_rng(3).standard_normal((12, 3))


def outcome(
    net: LSNN,
    batch: ToyBatch,
    regulariser: Regulariser = REGULARISER,
    threads: int = 1,
    dtype: Any = np.float64,
    feedback: np.ndarray | None = None,
) -> SpikingResult:
    runner = EpropEngine(net, TASK, batch.size, dtype, threads, regulariser, feedback)
    try:
        return runner.gradient(net, batch, noise_key=3)
    finally:
        runner.close()


def by_reference(
    net: LSNN, batch: ToyBatch, regulariser: Regulariser, feedback: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The gradient of each matrix, and of b_out, added up over examples."""
    twin, start = reference_network(net), TASK.readout_start
    traces = [forward(twin, batch.x[:, e].astype(float)) for e in range(batch.size)]
    y = np.stack([trace.y[start:] for trace in traces], 2)
    _, d_window, _ = window_cross_entropy(y, batch.labels)
    rate = np.mean([trace.z.mean(0) for trace in traces], 0)
    d_z = rate_regulariser(rate, *regulariser)[1] / (batch.size * TASK.n_steps)
    d_y = np.zeros((batch.size, TASK.n_steps, TASK.n_out))
    d_y[:, start:] = d_window.transpose(2, 0, 1) / batch.size
    parts = [eprop(twin, t, d, d_z, feedback) for t, d in zip(traces, d_y, strict=True)]
    names = ("W_in", "W_rec", "W_out", "b_out")
    return {name: np.sum([getattr(part, name) for part in parts], 0) for name in names}


def assert_same_bits(found: SpikingResult, expected: SpikingResult) -> None:
    assert (found.loss, found.sums) == (expected.loss, expected.sums)
    np.testing.assert_array_equal(found.rate, expected.rate)
    np.testing.assert_array_equal(found.d_weight, expected.d_weight)
    np.testing.assert_array_equal(found.d_b_out, expected.d_b_out)


@WITH_AND_WITHOUT
@pytest.mark.parametrize("feedback", [None, FEEDBACK], ids=["symmetric", "random"])
def test_the_gradient_of_a_batch_is_that_of_the_reference(feedback, regulariser):
    net, batch = toy_network(), TASK.batch(0, 17, 1)
    found = outcome(net, batch, regulariser, feedback=feedback)
    expected = by_reference(net, batch, regulariser, feedback)

    np.testing.assert_allclose(found.d_b_out, expected.pop("b_out"), rtol=1e-9, atol=ROUNDING)
    gradient = replace(net.connections, weight=found.d_weight)
    for name, total in expected.items():
        there = listed(net, name, total)
        atol = ROUNDING * np.abs(there).max()
        np.testing.assert_allclose(gradient.dense(name), there, rtol=0, atol=atol, err_msg=name)


@WITH_AND_WITHOUT
def test_the_loss_and_the_way_forward_are_those_of_bptt(regulariser):
    net, batch = toy_network(noise_std=0.05), TASK.batch(0, 20, 1)
    given = net, TASK, 20, np.float64, 1, regulariser
    by_eprop, by_bptt = EpropEngine(*given), Engine(*given)
    found, expected = (e.gradient(net, batch, noise_key=3) for e in (by_eprop, by_bptt))
    again = by_eprop.evaluate(net, batch, noise_key=3)

    assert (found.loss, found.sums) == (expected.loss, expected.sums)
    np.testing.assert_array_equal(found.rate, expected.rate)
    np.testing.assert_array_equal(again.rate, expected.rate)
    np.testing.assert_allclose(found.d_b_out, expected.d_b_out, rtol=ROUNDING)
    readout = net.connections.select("W_out")
    np.testing.assert_allclose(found.d_weight[readout], expected.d_weight[readout], rtol=1e-9)
    assert np.abs(found.d_weight - expected.d_weight).max() > MISTAKE
    assert_same_bits(by_eprop.gradient(net, batch, noise_key=3), found)
    by_eprop.close(), by_bptt.close()


def test_without_recurrent_connections_it_is_bptt():
    net, batch = toy_network(), TASK.batch(0, 17, 1)
    listed = net.connections
    kept = ~np.isin(np.arange(len(listed)), listed.select("W_rec"))
    counts = np.bincount(listed.source[kept], minlength=listed.layout.n_source)
    arrays = {k: getattr(listed, k)[kept] for k in ("target", "delay", "sign", "weight")}
    listed = replace(listed, indptr=np.concatenate([[0], np.cumsum(counts)]), **arrays)
    net = replace(net, connections=listed)
    runner = Engine(net, TASK, 17, np.float64, 1, REGULARISER)
    expected = runner.gradient(net, batch, noise_key=3).d_weight

    assert expected.any()
    np.testing.assert_allclose(
        outcome(net, batch).d_weight, expected, rtol=0, atol=ROUNDING * np.abs(expected).max()
    )
    runner.close()


@WITH_AND_WITHOUT
@pytest.mark.parametrize(("size", "dtype"), [(2, "float64"), (17, "float64"), (40, "float32")])
def test_one_thread_and_two_give_the_same_bits(size, dtype, regulariser):
    net, batch = toy_network(noise_std=0.05, n_delays=20), TASK.batch(0, size, 1)
    one, two, again = (outcome(net, batch, regulariser, n, dtype, FEEDBACK) for n in (1, 2, 2))

    assert one.d_weight.any()
    assert_same_bits(two, one)
    assert_same_bits(again, one)


def test_a_network_with_other_connections_and_a_smaller_batch_are_learned_too():
    net = toy_network()
    fewer = replace(net, connections=shortened(net.connections))
    runner = EpropEngine(net, TASK, 20, np.float64, 2, REGULARISER)
    for shown, size in ((net, 20), (fewer, 20), (net, 3), (fewer, 17)):
        batch = TASK.batch(1, size, 1)
        found = runner.gradient(shown, batch, noise_key=3)
        alone = EpropEngine(shown, TASK, 20, np.float64, 1, REGULARISER)
        assert_same_bits(found, alone.gradient(shown, batch, noise_key=3))
        alone.close()
    runner.close()


class Longer(ToyTask):
    """The same with ten times as many steps before the loss reads anything."""

    n_steps, readout_start = 400, 375


def test_memory_does_not_grow_with_the_steps():
    net = toy_network()
    sizes = []
    for task in (ToyTask(), Longer()):
        plan = replace(plan_online(net, task.n_steps, 4, np.float64, 1), segment=16)
        runner = EpropEngine(net, task, 4, np.float64, 1, plan=plan)
        batch = task.batch(0, 4, 1)
        runner.gradient(net, batch)
        block = runner.blocks[0]
        with runner.at_work(block):
            scratch = block.scratch
        runner.close()
        held = (block.state, block.saved, block.spikes, block.traces[:-1], scratch.tape)
        held += (scratch.trains, [scratch.column], scratch.adjoint)
        sizes.append(sum(array.nbytes for arrays in held for array in arrays))

    assert sizes[0] == sizes[1] > 0


def test_what_it_cannot_do_is_refused_by_name():
    batch = {"match": "convention: expected 'paper' for e-prop, found 'lsnn-official'"}
    with pytest.raises(UsageError, **batch):
        EpropEngine(toy_network(convention="lsnn-official"), TASK, 4, np.float64)
    with pytest.raises(UsageError, match=r"task Analog: e-prop needs spikes as inputs"):
        EpropEngine(toy_network(), type("Analog", (ToyTask,), {"analog": True})(), 4, np.float64)
    with pytest.raises(UsageError, match=r"feedback: expected .*neurons, outputs"):
        EpropEngine(toy_network(), TASK, 4, np.float64, feedback=FEEDBACK.T)


def test_kernels_can_be_compiled_beforehand():
    net = toy_network()
    runner = EpropEngine(net, TASK, 20, np.float64, 1, NONE)
    runner.compile_backward(net)

    batch = TASK.batch(0, 20, 1)
    assert_same_bits(runner.gradient(net, batch, noise_key=3), outcome(net, batch, NONE))
    runner.close()

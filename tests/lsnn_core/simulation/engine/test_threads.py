"""An engine gives the same bits on any number of threads, and ends all that it starts."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.simulation import plan
from lsnn_core.simulation.engine import Engine
from tests.helpers.engines import (
    NONE,
    REGULARISER,
    TASK,
    WITH_AND_WITHOUT,
    assert_gradient_of,
    assert_same_bits,
    outcome,
    whole_and_in_segments,
)
from tests.helpers.toy_task import ToyBatch, toy_network


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


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_running_back_at_once_or_after_all_others_gives_the_same_bits(convention):
    net, batch = toy_network(convention=convention), TASK.batch(5, 40, 1)
    at_once = outcome(net, batch, threads=2, regulariser=NONE)
    _, segments = whole_and_in_segments(net, batch.size, TASK.n_steps, NONE)
    given = net, TASK, 40, np.float64, 2, NONE, replace(segments, workers=2)
    runner = Engine(*given, constants=True)
    runner.at_once = False

    assert at_once.d_weight.any()
    assert_same_bits(runner.gradient(net, batch, noise_key=3), at_once)
    runner.close()


class FailingBatch(ToyBatch):
    def loss(self, y, start, stop):
        if start > 0:
            raise ZeroDivisionError("in the second block")
        return super().loss(y, start, stop)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_in_a_thread_surfaces(threads):
    net, good = toy_network(), TASK.batch(0, 17, 1)
    runner = Engine(net, TASK, 17, np.float64, threads, REGULARISER, constants=True)
    with pytest.raises(ZeroDivisionError, match="in the second block"):
        runner.gradient(net, FailingBatch(good.x, good.labels))

    assert_same_bits(runner.gradient(net, good, noise_key=3), outcome(net, good))
    runner.close()

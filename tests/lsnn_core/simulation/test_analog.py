"""Real-valued inputs are the current W_in^T x(t - d), with the gradient that follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lsnn_core.learning.recording import record_example
from lsnn_core.simulation.engine import Engine
from lsnn_core.task.protocol import Batch, BlockLoss, Task
from tests.helpers.toy_task import toy_network
from tests.tolerances import ROUNDING

T, N_IN, K, START = 40, 6, 3, 15


@dataclass(frozen=True)
class AnalogBatch(Batch):
    x: Any  # (T, n_in, B)

    @property
    def size(self) -> int:
        return self.x.shape[2]

    def analog(self, start: int, stop: int) -> Any:
        return self.x[:, :, start:stop]

    def events(self, start: int, stop: int, buffers: Any = None) -> Any:
        raise AssertionError("an analog task has no spikes")

    def loss(self, y: Any, start: int, stop: int) -> BlockLoss:
        return BlockLoss(float((y**2).sum()), 2.0 * y, {})


class AnalogTask(Task):
    n_in, n_out, n_steps, readout_start, analog, outputs = N_IN, K, T, START, True, "values"

    def batch(self, iteration: int, size: int, seed: int) -> AnalogBatch:
        rng = np.random.default_rng([seed, iteration])
        return AnalogBatch(rng.normal(0, 0.3, (T, N_IN, size)))

    def held_out(self, split: str, size: int, seed: int) -> Iterator[AnalogBatch]:
        yield self.batch(0, size, seed)


def currents(net: Any, x: Any) -> Any:
    """I_j(t) = sum_i W_in[i, j] x_i(t - d_ij), from the definition."""
    current = np.zeros((T, x.shape[2], net.layout.n))
    W = net.connections.matrix("W_in")
    for i in range(N_IN):
        for c in range(W.indptr[i], W.indptr[i + 1]):
            d, w = W.delay[c], W.data[c]
            current[d:, :, W.indices[c]] += w * x[: T - d, i]
    return current


@pytest.mark.parametrize("size", [1, 5, 19])
def test_the_engine_does_what_injecting_the_current_does(size):
    net, batch = toy_network(n_in=N_IN, n_out=K), AnalogTask().batch(0, size, 1)
    runner = Engine(net, AnalogTask(), size, np.float64, 1, constants=True)
    found = runner.gradient(net, batch)
    current = currents(net, batch.x)
    given = {"current": current, "dtype": np.float64, "gradient_of": "constants"}
    run = net.forward(np.zeros((T, size, N_IN)), **given)
    d_y = np.where(np.arange(T)[:, None, None] < START, 0, 2 * run.y)
    expected = net.backward(run, d_y)
    first = net.connections.indptr[N_IN]

    assert run.z.any()
    assert found.loss == pytest.approx((run.y[START:] ** 2).sum(), rel=ROUNDING)
    np.testing.assert_allclose(found.d_weight[first:], expected.weight[first:], atol=ROUNDING)
    by_hand = weight_gradient(net, batch.x, expected.current)
    np.testing.assert_allclose(found.d_weight[:first], by_hand, rtol=1e-9, atol=ROUNDING)
    np.testing.assert_allclose(found.d_constants.alpha, expected.alpha, rtol=1e-9)
    np.testing.assert_allclose(found.d_constants.b0, expected.b0, rtol=1e-9)
    adapts = net.neurons.beta > 0
    np.testing.assert_allclose(found.d_constants.rho[adapts], expected.rho[adapts], rtol=1e-9)


def weight_gradient(net: Any, x: Any, d_current: Any) -> Any:
    W = net.connections.matrix("W_in")
    source = np.repeat(np.arange(N_IN), np.diff(W.indptr))
    pairs = zip(source, W.indices, W.delay, strict=True)
    return np.array([(x[: T - d, i] * d_current[d:, :, j]).sum() for i, j, d in pairs])


def test_an_analog_example_is_recorded_with_its_values():
    net, task = toy_network(n_in=N_IN, n_out=K), AnalogTask()
    batch = task.batch(0, 1, 1)
    tree = record_example(net, task, batch, {}, 0, np.float32)

    current = currents(net, batch.x)
    run = net.forward(np.zeros((T, 1, N_IN)), current=current)
    np.testing.assert_allclose(tree["recordings"]["example"]["y"], run.y[:, 0], atol=1e-6)
    assert "softmax" not in tree["recordings"]["example"]
    assert len(tree["spikes"]["X"]["timestamps"]) == 0

"""An engine on the toy task, and what its results are compared with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core.model.connections import Connections
from lsnn_core.random.streams import example_keys
from lsnn_core.simulation.engine import Engine
from lsnn_core.simulation.gradient import NetworkGradient
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.simulation.plan import Plan, plan_gradient
from lsnn_core.simulation.result import SpikingResult
from lsnn_core.task.losses import Regulariser, rate_regulariser, window_cross_entropy
from tests.helpers.toy_task import ToyBatch, ToyTask
from tests.tolerances import ROUNDING

TASK = ToyTask()
REGULARISER = Regulariser(target=0.02, weight=3.0)
NONE = Regulariser(target=0.02, weight=0.0)
WITH_AND_WITHOUT = pytest.mark.parametrize(
    "regulariser", [REGULARISER, NONE], ids=["rates", "none"]
)


def outcome(
    net: LSNN,
    batch: ToyBatch,
    size: int = 0,
    dtype: Any = np.float64,
    threads: int = 1,
    regulariser: Regulariser = REGULARISER,
    plan: Plan | None = None,
) -> SpikingResult:
    given = net, TASK, size or batch.size, dtype, threads, regulariser, plan
    runner = Engine(*given, constants=True)
    try:
        return runner.gradient(net, batch, noise_key=3)
    finally:
        runner.close()


def assert_same_bits(found: SpikingResult, expected: SpikingResult) -> None:
    assert (found.loss, found.sums) == (expected.loss, expected.sums)
    np.testing.assert_array_equal(found.rate, expected.rate)
    np.testing.assert_array_equal(found.d_weight, expected.d_weight)
    np.testing.assert_array_equal(found.d_b_out, expected.d_b_out)
    np.testing.assert_array_equal(found.d_constants, expected.d_constants)


def by_network(
    net: LSNN, batch: ToyBatch, regulariser: Regulariser = REGULARISER
) -> tuple[float, NetworkGradient]:
    """Loss and gradients from `LSNN.forward` and `LSNN.backward`."""
    start, keys = TASK.readout_start, example_keys(3, (), np.arange(batch.size))
    run = net.forward(batch.x, dtype=np.float64, noise_keys=keys, gradient_of="constants")
    loss, d_window, _ = window_cross_entropy(run.y[start:].transpose(0, 2, 1), batch.labels)
    rate_loss, d_rate = rate_regulariser(run.z.mean((0, 1)), *regulariser)
    d_y = np.zeros(run.y.shape)
    d_y[start:] = d_window.transpose(0, 2, 1) / batch.size
    g = net.backward(run, d_y, d_rate / (batch.size * TASK.n_steps))
    return loss.mean() + rate_loss, g


def assert_gradient_of(
    net: LSNN, batch: ToyBatch, regulariser: Regulariser = REGULARISER, **options: int
) -> None:
    """The engine's loss and gradient are those of the network."""
    found = outcome(net, batch, regulariser=regulariser, **options)
    loss, g = by_network(net, batch, regulariser)

    assert found.loss == pytest.approx(loss, rel=ROUNDING)
    np.testing.assert_allclose(found.d_weight, g.weight, rtol=1e-9, atol=ROUNDING)
    np.testing.assert_allclose(found.d_b_out, g.b_out, rtol=1e-9, atol=ROUNDING)
    assert found.d_constants is not None
    for name, values in found.d_constants._asdict().items():
        expected = getattr(g, name)
        if name in ("rho", "beta"):
            expected = np.where(net.neurons.beta > 0, expected, 0.0)
        atol = ROUNDING * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=atol, err_msg=name)


def shortened(listed: Connections) -> Connections:
    """The same list without the connections of its last sources."""
    kept = len(listed.weight) // 2
    arrays = {k: getattr(listed, k)[:kept] for k in ("target", "delay", "sign", "weight")}
    return replace(listed, indptr=np.minimum(listed.indptr, kept), **arrays)


def whole_and_in_segments(
    net: LSNN, size: int, steps: int, regulariser: Regulariser = REGULARISER
) -> tuple[Plan, Plan]:
    """Plans with tapes of all steps, and with tapes of a segment of some."""
    usual = plan_gradient(net, TASK.n_steps, size, np.float64, at_once=regulariser is NONE)
    assert set(usual.tapes) == {"scratch" if regulariser is NONE else "block"}
    whole = replace(usual, segment=steps)
    return whole, replace(whole, tapes=("segment",) * len(usual.sizes))

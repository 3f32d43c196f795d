"""Buffers are for networks of one shape: any other is refused before a kernel sees it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.simulation.engine import Engine
from lsnn_core.simulation.net_shape import NetShape
from tests.helpers.toy_task import ToyTask, toy_network

NET = toy_network()
P = NET.neurons
OTHERS = {
    "layout": toy_network(n=NET.layout.n + 4),
    "max_delay": replace(NET, max_delay=NET.max_delay + 1),
    "n_regular": replace(NET, neurons=replace(P, beta=P.beta + 1.0, n_regular=0)),
    "noisy": replace(NET, noise_std=0.1),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_network_of_another_shape_is_refused(name):
    NetShape.of(NET).require(replace(NET, b_out=NET.b_out + 1.0))
    with pytest.raises(UsageError, match=f"^net: expected {name} .* make new ones"):
        NetShape.of(NET).require(OTHERS[name])


@pytest.mark.parametrize("size", [1, 5])
def test_an_engine_refuses_it(size):
    task = ToyTask()
    engine = Engine(NET, task, size, np.float64, 1)
    for other in OTHERS.values():
        for run in (engine.evaluate, engine.gradient):
            with pytest.raises(UsageError, match=r"^net: expected"):
                run(other, task.batch(0, size, 1))


@pytest.mark.parametrize("size", [1, 5])
def test_refractory_periods_may_change(size):
    longer = replace(NET, neurons=replace(P, n_ref=P.n_ref + 9))
    task = ToyTask()
    batch, found = task.batch(0, size, 1), []
    for made_for in (NET, longer):
        engine = Engine(made_for, task, size, np.float64, 1)
        engine.gradient(NET, batch)
        found.append(engine.gradient(longer, batch).d_weight.copy())
        engine.close()

    assert found[0].any()
    np.testing.assert_array_equal(*found)

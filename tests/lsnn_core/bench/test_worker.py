"""Our own measured process: what it counts, and the two kernels it may choose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lsnn_core.bench import make
from lsnn_core.bench.worker import Ours
from tests.helpers.workloads import CURVE, TINY


def test_connection_events_are_spikes_times_fan_out():
    problem = make.make(TINY, 3)
    ours = Ours(problem, np.float64, 1)
    z = ours.net.forward(problem.x(), dtype=np.float64).z

    ours.forward()

    fan_in = (problem.dense("W_in") != 0).sum(1)
    fan = (problem.dense("W_rec") != 0).sum(1) + (problem.dense("W_out") != 0).sum(1)
    expected = problem.x().sum((0, 1)) @ fan_in + z.sum((0, 1)) @ fan
    assert z.any()
    assert ours.about()["connection_events"] == pytest.approx(expected)


@pytest.mark.parametrize("load", [TINY, CURVE])
@pytest.mark.parametrize("kernel", ["list", "matrix"])
def test_list_and_matrix_are_the_same_network(load, kernel):
    problem = make.make(dataclasses.replace(load, n_delays=1), 2).without_delays()
    as_it_is = Ours(problem, np.float64, 1)
    other = Ours(problem, np.float64, 1, kernel)

    assert other.gradient()["loss"] == pytest.approx(as_it_is.gradient()["loss"], rel=1e-12)
    assert other.about()["gradient"] == pytest.approx(as_it_is.about()["gradient"], rel=1e-9)
    assert other.engine.plan.delay == (1 if kernel == "matrix" else 0)

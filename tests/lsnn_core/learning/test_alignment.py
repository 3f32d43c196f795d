"""The cosine of two gradients is that of the reference's, and 1 where they are the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.gradient_checks.checks import listed
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.learning.alignment import gradient_cosines
from lsnn_core.reference import adjoint, eprop, forward
from tests.helpers.engines import TASK
from tests.helpers.toy_task import toy_network
from tests.tolerances import ROUNDING


@pytest.mark.parametrize("random", [False, True])
def test_it_is_the_cosine_of_the_references_gradients(random):
    net, batch = toy_network(), TASK.batch(3, 1, 1)
    feedback = np.random.default_rng(0).standard_normal((12, 3)) if random else None
    found = gradient_cosines(net, TASK, batch, feedback)
    twin, d_y = reference_network(net), np.zeros((TASK.n_steps, 3))
    trace = forward(twin, batch.x[:, 0].astype(float))
    window = np.ascontiguousarray(trace.y[TASK.readout_start :, :, None])
    d_y[TASK.readout_start :] = batch.loss(window, 0, 1).d_y[:, :, 0]

    for name, cosine in found.items():
        both = adjoint(twin, trace, d_y), eprop(twin, trace, d_y, feedback=feedback)
        a, b = (listed(net, name, getattr(g, name)).ravel() for g in both)
        expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert cosine == pytest.approx(expected, rel=1e-9)
        assert (cosine > 1 - ROUNDING) == (name == "W_out")


def test_a_gradient_of_nothing_has_no_direction():
    net, batch = toy_network(), TASK.batch(3, 2, 1)
    still = replace(net, connections=replace(net.connections, weight=0 * net.connections.weight))

    assert np.isnan(gradient_cosines(still, TASK, batch)["W_rec"])

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.learning.reach import gradient_reach, last_stretch
from lsnn_core.reference.adjoint import adjoint
from lsnn_core.reference.eprop import local_adjoint
from lsnn_core.reference.forward import forward
from tests.helpers.toy_learner import toy_learner
from tests.helpers.toy_task import ToyTask


class FromTheStart(ToyTask):
    readout_start = 0


def test_the_last_stretch_is_kept_and_its_start_returned():
    d_y = np.zeros((10, 3, 2))
    d_y[[2, 3, 6, 7], 0, 1] = 1.0
    d_y[:, 1] = 1.0

    starts = last_stretch(d_y)

    assert starts.tolist() == [6, 0, 0]
    assert np.flatnonzero(d_y[:, 0].any(axis=1)).tolist() == [6, 7]
    assert d_y[:, 1].all()


def test_the_norm_by_lag_is_that_of_the_readable_adjoint():
    learner = toy_learner()
    net, task = learner.net, learner.task
    batch = task.batch(3, 5, 1)

    found = gradient_reach(net, task, batch, 1, np.float64)

    readable, first = reference_network(net), task.readout_start
    squares, local = [], []
    for example in range(batch.size):
        trace = forward(readable, batch.x[:, example].astype(float))
        d_y = np.zeros(trace.y.shape)
        read = trace.y[first:, :, None]
        alone = ToyTask.batch(task, 3, 5, 1)
        d_y[first:] = alone.loss(read, example, example + 1).d_y[..., 0]
        d_V = adjoint(readable, trace, d_y).current / (1 - readable.alpha)
        squares.append(d_V[first::-1] ** 2)
        local.append(local_adjoint(readable, trace, d_y).record.d_V[first::-1] ** 2)
    n = net.neurons.n_regular
    np.testing.assert_array_equal(found["lag_ms"], np.arange(first + 1.0))
    for name, of_each in (("norm", squares), ("eprop", local)):
        mean = np.mean(of_each, axis=0)
        of_R, of_A = (np.sqrt(part.mean(axis=1)) for part in (mean[:, :n], mean[:, n:]))
        np.testing.assert_allclose(found[f"{name}_R"], of_R, 1e-5, 1e-12)
        np.testing.assert_allclose(found[f"{name}_A"], of_A, 1e-5, 1e-12)
        assert of_R[0] > 0
    assert not np.allclose(found["norm_R"], found["eprop_R"])


def test_the_published_codes_convention_has_no_e_prop_to_compare():
    learner = toy_learner()
    net = replace(learner.net, convention="lsnn-official")

    found = gradient_reach(net, learner.task, learner.task.batch(3, 2, 1), 1, np.float64)

    assert set(found) == {"lag_ms", "norm_R", "norm_A"}
    learner.close()
    learner.close()


@pytest.mark.parametrize(("task", "recorded"), [(ToyTask, True), (FromTheStart, False)])
def test_a_loss_that_reads_every_step_has_no_lag(task, recorded):
    learner = toy_learner(task)

    assert ("gradient" in learner.record(1)["recordings"]) == recorded
    learner.close()

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core import read_run
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.learning import walk
from lsnn_core.learning.walk import Forward, adaptation_adjoint, shown_nodes, walk_back
from lsnn_core.reference.adjoint import adjoint
from lsnn_core.reference.forward import forward
from tests.helpers.run_files import write_run
from tests.helpers.toy_learner import toy_learner
from tests.helpers.toy_task import ToyTask


@pytest.fixture
def learner():
    learner = toy_learner()
    yield learner
    learner.close()


def walked_by_reference(net, task, batch):
    """Return trace and record of the readable adjoint, of the whole loss of the example."""
    readable, first = reference_network(net), task.readout_start
    trace = forward(readable, batch.x[:, 0].astype(float))
    d_y = np.zeros(trace.y.shape)
    d_y[first:] = batch.loss(trace.y[first:, :, None], 0, 1).d_y[..., 0]
    return trace, adjoint(readable, trace, d_y, record=True).record


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
@pytest.mark.parametrize("surrogate", ["triangle", "multi-gaussian"])
def test_what_the_adaptation_is_told_is_that_of_the_readable_adjoint(
    learner, convention, surrogate
):
    net = replace(learner.net, convention=convention, surrogate=surrogate)
    trace, record = walked_by_reference(net, learner.task, learner.task.batch(3, 1, 1))
    p = net.neurons
    was = Forward(trace.V, trace.B, record.psi, trace.z, p.alpha, p.rho, p.beta)

    d_b = adaptation_adjoint(was, record.d_V, convention)

    adaptive = p.beta > 0
    assert np.abs(record.d_b[:, adaptive]).max() > 0
    scale = np.abs(record.d_b).max()
    np.testing.assert_allclose(d_b[1:], record.d_b[1:], rtol=0, atol=1e-9 * scale)
    assert not d_b[:, ~adaptive].any()


def test_an_example_is_walked_back_as_the_readable_adjoint_does(learner):
    batch = learner.task.batch(3, 1, 1)

    found = walk_back(learner.net, learner.task, batch, 1, np.float64)

    trace, record = walked_by_reference(learner.net, learner.task, batch)
    nodes = found["nodes"]
    expected = {"V": trace.V, "B": trace.B, "psi": record.psi}
    expected |= {name: getattr(record, name) for name in ("d_V", "d_b")}
    assert nodes.size == 12
    assert found["first_step"] == 0
    assert found["read_from"] == learner.task.readout_start
    for name, values in expected.items():
        largest = np.abs(values[:, nodes]).max()
        shown = values[:, nodes] / (largest if name.startswith("d_") else 1.0)
        np.testing.assert_allclose(found[name], shown, rtol=2e-3, atol=1e-6, err_msg=name)


def test_the_last_steps_of_the_busiest_are_kept(learner, monkeypatch):
    monkeypatch.setattr(walk, "N_STEPS", 9)
    monkeypatch.setattr(walk, "N_SHOWN", 2)
    z = np.zeros((4, 7))
    z[:3, 1] = z[:1, 3] = z[:2, 6] = 1

    found = walk_back(learner.net, learner.task, learner.task.batch(3, 1, 1), 1, np.float64)

    assert shown_nodes(z, 5).tolist() == [1, 3, 5, 6]
    assert found["first_step"] == 31
    assert found["d_V"].shape == (9, 4)


def test_it_is_recorded_and_a_run_file_gives_it_back(learner, tmp_path):
    recorded = learner.record(1)["recordings"]["walk"]

    path = write_run(tmp_path / "run.h5", {"config": "", "recordings": {"walk": recorded}})

    with read_run(path) as file:
        back = file.recordings("walk")
    assert set(back) >= {"nodes", "d_V", "d_b"}
    for name, values in recorded.items():
        np.testing.assert_array_equal(back[name], values)


class AsksInTheMiddle(ToyTask):
    def batch(self, iteration, size, seed):
        batch = super().batch(iteration, size, seed)
        loss = type(batch).loss

        class Middle(type(batch)):
            def loss(self, y, start, stop):
                found = loss(self, y, start, stop)
                found.d_y[-7:] = 0.0
                return found

        return Middle(batch.x, batch.labels)


def test_what_comes_after_the_question_is_not_kept():
    learner = toy_learner(AsksInTheMiddle)

    found = walk_back(learner.net, learner.task, learner.task.batch(3, 1, 1), 1, np.float64)

    assert found["read_from"] == 15
    assert found["d_V"].shape == (33, 12)
    assert found["d_V"][15:].any()
    learner.close()

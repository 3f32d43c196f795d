"""What is recorded of an example is what the network did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.files import Tree
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.learning.recording import N_KEPT
from lsnn_core.learning.recording import record_example as record_batch
from lsnn_core.reference import forward
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.task.losses import softmax
from tests.helpers.toy_task import ToyTask, toy_network

TASK = ToyTask()


def record_example(net: LSNN, task: ToyTask, seed: int) -> Tree:
    return record_batch(net, task, *task.recordings(seed), seed, np.float32)


@pytest.fixture(scope="module")
def net() -> LSNN:
    return toy_network(n_regular=5)


@pytest.fixture(scope="module")
def trace(net):
    x = TASK.recordings(seed=1)[0].x[:, 0]
    return forward(reference_network(net), x.astype(float))


def test_spikes_are_those_of_each_population(net, trace):
    spikes = record_example(net, TASK, seed=1)["spikes"]

    assert trace.z.any()
    for name, neurons in (("R", slice(0, 5)), ("A", slice(5, None))):
        step, neuron = np.nonzero(trace.z[:, neurons])
        np.testing.assert_array_equal(spikes[name]["timestamps"], step)
        np.testing.assert_array_equal(spikes[name]["node_ids"], neuron + neurons.start)
    assert len(spikes["X"]["node_ids"]) == trace.x.sum()


def test_readout_and_prediction(net, trace):
    example = record_example(net, TASK, seed=1)["recordings"]["example"]

    np.testing.assert_allclose(example["softmax"], softmax(trace.y, axis=1), atol=1e-5)
    assert example["prediction"] == trace.y[TASK.readout_start :].mean(0).argmax()
    assert example["readout_start"] == TASK.readout_start


def test_thresholds_are_those_of_the_busiest_adaptive_neurons(net, trace):
    example = record_example(net, TASK, seed=1)["recordings"]["example"]
    nodes = example["threshold_nodes"]
    others = np.setdiff1d(np.arange(5, net.layout.n), nodes)
    spikes = trace.z.sum(0)

    assert len(nodes) == N_KEPT
    assert spikes[nodes].min() >= spikes[others].max()
    np.testing.assert_allclose(example["threshold"], trace.B[:, nodes], rtol=1e-6)


def test_potentials_are_those_of_the_busiest_neurons_of_both_populations(net, trace):
    example = record_example(net, TASK, seed=1)["recordings"]["example"]
    nodes = example["voltage_nodes"]
    spikes = trace.z.sum(0)

    assert (nodes < 5).sum() == min(N_KEPT, 5)
    np.testing.assert_array_equal(nodes[nodes >= 5], example["threshold_nodes"])
    assert spikes[nodes].sum() > 0
    np.testing.assert_allclose(example["voltage"], trace.V[:, nodes], rtol=1e-3, atol=1e-6)


def test_what_single_precision_cannot_hold_is_recorded_in_double():
    net = toy_network(n_regular=5)
    net = replace(net, neurons=replace(net.neurons, b0=np.full(net.layout.n, 1e-30)))

    with pytest.raises(UsageError, match="use float64"):
        record_example(net, TASK, seed=1)
    recorded = record_batch(net, TASK, *TASK.recordings(1), 1, np.float64)
    assert len(recorded["spikes"]["R"]["node_ids"])


def test_a_network_without_adaptation_has_no_thresholds():
    tree = record_example(toy_network(n_regular=12), TASK, seed=1)

    assert "A" not in tree["spikes"]
    assert "threshold" not in tree["recordings"]["example"]
    assert tree["recordings"]["example"]["voltage"].shape[1] == N_KEPT


def test_population_a_stays_itself_without_adaptation():
    net = toy_network(n_regular=5)
    weak = replace(net, neurons=replace(net.neurons, beta=np.zeros(12)))
    tree = record_example(weak, TASK, seed=1)

    assert tree["spikes"]["A"]["node_ids"].min() >= 5
    assert tree["spikes"]["R"]["node_ids"].max() < 5
    assert (tree["recordings"]["example"]["threshold_nodes"] >= 5).all()


def test_a_seed_may_be_of_any_size():
    tree = record_example(toy_network(noise_std=0.1), TASK, seed=2**70)

    assert len(tree["spikes"]["R"]["timestamps"])


def test_large_readouts_are_compared_without_overflow():
    net = toy_network()
    net = replace(net, b_out=np.array([1e38, 2e38, -3e38]))
    with np.errstate(over="raise"):
        example = record_example(net, TASK, seed=1)["recordings"]["example"]

    assert example["prediction"] == 1

"""A network as a NIR graph: what its nodes say is what the network does, as far as NIR goes."""

from __future__ import annotations

import builtins
import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lsnn_core import (
    LSNN,
    Connections,
    Layout,
    LsnnError,
    NeuronParameters,
    UsageError,
    to_nir,
)

nir = pytest.importorskip("nir")
LAYOUT = Layout(3, 4, 2)


def a_network(**changes):
    rng = np.random.default_rng(1)
    W_rec = rng.standard_normal((4, 4)) * (1 - np.eye(4))
    connections = Connections.from_dense(
        LAYOUT,
        rng.standard_normal((3, 4)),
        W_rec,
        rng.standard_normal((4, 2)),
        delay_in=1 + np.arange(12).reshape(3, 4) % 3,
    )
    neurons = NeuronParameters.create(3, 1, tau_m_ms=[10.0, 20.0, 20.0, 30.0], n_ref=2)
    return replace(LSNN(connections, neurons, np.array([0.5, -0.5])), **changes)


def exported(net):
    with pytest.warns(UserWarning, match="NIR cannot say all"):
        return to_nir(net)


def said(net):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        to_nir(net)
    (warning,) = caught
    assert warning.filename == __file__
    return str(warning.message)


def test_neurons_have_their_time_constants_in_seconds_and_their_thresholds_at_rest():
    net = a_network()
    lif = exported(net).nodes["neurons"]

    assert isinstance(lif, nir.LIF)
    np.testing.assert_array_equal(lif.tau, [0.01, 0.02, 0.02, 0.03])
    np.testing.assert_array_equal(lif.v_threshold, net.neurons.b0)
    assert np.all(lif.r == 1)
    assert not lif.v_leak.any()
    assert not lif.v_reset.any()


def test_matrices_have_targets_in_rows_and_a_node_for_each_delay():
    net = a_network()
    graph = exported(net)
    dense, delays = net.connections.dense("W_in"), net.connections.delays("W_in")

    for steps, name in ((1, "W_in"), (2, "W_in_2"), (3, "W_in_3")):
        expected = np.where(delays == steps, dense, 0).T
        np.testing.assert_array_equal(graph.nodes[name].weight, expected)
    np.testing.assert_array_equal(graph.nodes["W_in_3_delay"].delay, 3 * [0.002])
    assert ("input", "W_in") in graph.edges
    assert {("input", "W_in_3_delay"), ("W_in_3_delay", "W_in_3")} < set(graph.edges)
    np.testing.assert_array_equal(graph.nodes["W_rec"].weight, net.connections.dense("W_rec").T)
    assert {("neurons", "W_rec"), ("W_rec", "neurons")} < set(graph.edges)


def test_the_readout_is_a_leaky_integrator_and_a_bias():
    net = a_network()
    graph = exported(net)

    np.testing.assert_array_equal(graph.nodes["W_out"].weight, net.connections.dense("W_out").T)
    np.testing.assert_array_equal(graph.nodes["readout"].tau, [0.02, 0.02])
    np.testing.assert_array_equal(graph.nodes["b_out"].weight, np.eye(2))
    np.testing.assert_array_equal(graph.nodes["b_out"].bias, net.b_out)
    row = ["neurons", "W_out", "readout", "b_out", "output"]
    assert set(pairwise(row)) < set(graph.edges)


def test_a_readout_without_filter_is_one_node():
    graph = exported(a_network(tau_out_ms=0.0))

    assert {"readout", "b_out"} & graph.nodes.keys() == set()
    np.testing.assert_array_equal(graph.nodes["W_out"].bias, [0.5, -0.5])


def test_a_network_without_recurrent_connections_has_no_node_for_them():
    c = a_network().connections
    W_in, W_out = c.dense("W_in"), c.dense("W_out")
    alone = Connections.from_dense(LAYOUT, W_in, np.zeros((4, 4)), W_out)

    names = exported(a_network(connections=alone, max_delay=1)).nodes.keys()

    assert names == {"input", "W_in", "neurons", "W_out", "readout", "b_out", "output"}


def test_what_nir_cannot_say_is_said():
    plain = said(a_network(neurons=NeuronParameters.create(4, 0, n_ref=0)))
    for word in ("adaptive", "n_ref", "lsnn-official", "noise", "signs"):
        assert word not in plain
    assert "subtracts the threshold" in plain

    assert "adaptive thresholds of 1 of 4 neurons" in said(a_network())
    assert "up to 2 steps (n_ref)" in said(a_network())
    assert "lsnn-official" in said(a_network(convention="lsnn-official"))
    assert "noise_std" in said(a_network(noise_std=0.1))
    assert "of training (triangle, gamma)" in plain
    assert "(fast-sigmoid, gamma)" in said(a_network(surrogate="fast-sigmoid"))
    c = a_network().connections
    signed = Connections.from_dense(LAYOUT, *map(c.dense, ("W_in", "W_rec", "W_out")), signed=True)
    assert f"fixed signs of {len(c)} connections" in said(a_network(connections=signed))


@pytest.mark.parametrize("name", ["n_in", "n", "n_out"])
def test_an_empty_node_is_refused(name):
    sizes = {"n_in": 3, "n": 4, "n_out": 2, name: 0}
    layout = Layout(**sizes)
    empty = [np.zeros(m.shape) for m in layout.matrices.values()]
    neurons = NeuronParameters.create(layout.n, 0)
    net = LSNN(Connections.from_dense(layout, *empty), neurons, np.zeros(layout.n_out))

    with pytest.raises(UsageError, match=f"expected {name} of at least 1"):
        to_nir(net)


def test_what_is_no_network_is_refused():
    with pytest.raises(UsageError, match="net: expected Network, found 3"):
        to_nir(3)


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch):
    import_any = builtins.__import__

    def without(name, *rest):
        if name == "nir":
            raise ImportError(name)
        return import_any(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LsnnError, match=r"pip install 'lsnn\[nir\]'"):
        to_nir(a_network())

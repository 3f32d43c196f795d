"""A NIR graph as a network: our own comes back to the bit, another's as far as it can be one."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core import LSNN, Connections, Layout, NeuronParameters, UsageError, from_nir, to_nir
from tests.helpers.equal_networks import differences
from tests.helpers.networks import gradient_cases

nir = pytest.importorskip("nir")


def exported(net):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return to_nir(net)


def through_file(graph, path):
    nir.write(path, graph)
    return nir.read(path)


def with_weights(net, weight):
    return replace(net, connections=replace(net.connections, weight=weight))


@st.composite
def networks(draw):
    """Networks with all that one can have, and weights that are zero at the moment."""
    net = draw(gradient_cases().filter(lambda case: case.net.layout.n_in)).net
    c = net.connections
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    weight = np.where(rng.random(len(c)) < draw(st.sampled_from([0, 0.2])), 0 * c.weight, c.weight)
    changes = {"tau_out_ms": draw(st.sampled_from([0.0, 1.0, 23.7])), "max_delay": 13}
    return replace(with_weights(net, weight.astype(draw(st.sampled_from("fd")))), **changes)


@given(net=networks(), through_reset=st.booleans())
def test_a_network_comes_back_to_the_bit(tmp_path_factory, net, through_reset):
    net = replace(net, through_reset=through_reset)
    graph = exported(net)

    assert differences(from_nir(graph), net) == []  # without a warning, or pytest would raise it
    path = tmp_path_factory.getbasetemp() / "net.nir"
    assert differences(from_nir(through_file(graph, path)), net) == []


def test_a_time_constant_that_seconds_do_not_hold_comes_back():
    tau_ms = 15.647
    assert tau_ms / 1000 * 1000 != tau_ms
    net = a_network()
    net = replace(net, neurons=replace(net.neurons, tau_m_ms=np.full(4, tau_ms)), tau_out_ms=tau_ms)

    assert differences(from_nir(exported(net)), net) == []


def test_a_graph_of_before_there_was_a_choice_of_surrogates_means_the_triangle():
    net = replace(a_network(), surrogate="multi-gaussian")
    graph = exported(net)
    assert from_nir(graph).surrogate == "multi-gaussian"
    del graph.metadata["lsnn"]["surrogate"]

    assert differences(from_nir(graph), replace(net, surrogate="triangle")) == []


def test_halves_that_never_meet_come_back(tmp_path):
    layout = Layout(2, 4, 2, halves=2)
    apart = [
        np.add.outer(range(m.shape[0]), range(m.shape[1])) % 2 for m in layout.matrices.values()
    ]
    W = [(1.0 - a) * (1 + np.arange(a.size).reshape(a.shape)) for a in apart]
    W[1] *= 1 - np.eye(4)
    net = LSNN(Connections.from_dense(layout, *W), NeuronParameters.create(4, 0), np.zeros(2))

    assert differences(from_nir(through_file(exported(net), tmp_path / "n.nir")), net) == []


def test_the_network_that_comes_back_spikes_as_before():
    net = a_network()
    x = np.random.default_rng(3).random((100, 2, 3)) < 0.3

    run, again = net.forward(x), from_nir(exported(net)).forward(x)

    assert run.z.any()
    np.testing.assert_array_equal(again.z, run.z)
    np.testing.assert_array_equal(again.y, run.y)


# -- graphs of others ------------------------------------------------------------------------------


def a_network():
    layout, rng = Layout(3, 4, 2), np.random.default_rng(1)
    W_rec = rng.standard_normal((4, 4)) * (1 - np.eye(4))
    c = Connections.from_dense(
        layout, rng.standard_normal((3, 4)), W_rec, rng.standard_normal((4, 2)), delay_in=2
    )
    return LSNN(c, NeuronParameters.create(2, 2, b0=0.05), np.array([0.5, -0.5]))


def lif(n=2, **changes):
    values = {"tau": np.full(n, 0.02), "r": np.ones(n), "v_leak": np.zeros(n)}
    values |= {"v_reset": np.zeros(n), "v_threshold": np.full(n, 0.7)}
    return nir.LIF(**{**values, **changes})


W_IN = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 4.0]])
W_OUT = np.array([[5.0, 6.0]])


def graph(*, edges=(), **nodes):
    """Three inputs, two neurons and one output, with other nodes and other edges beside them."""
    plain = {
        "in": nir.Input({"input": np.array([3])}),
        "w": nir.Linear(W_IN),
        "lif": lif(),
        "out_w": nir.Linear(W_OUT),
        "out": nir.Output({"output": np.array([1])}),
    }
    row = [("in", "w"), ("w", "lif"), ("lif", "out_w"), ("out_w", "out")]
    nodes = {name: node for name, node in {**plain, **nodes}.items() if node is not None}
    kept = [edge for edge in row if set(edge) <= nodes.keys()]
    return nir.NIRGraph(nodes, [*kept, *edges], type_check=False)


def read(g):
    with pytest.warns(UserWarning, match="no adaptation"):
        return from_nir(g)


def test_a_plain_graph_becomes_a_plain_network():
    net = read(graph())

    np.testing.assert_array_equal(net.connections.dense("W_in"), W_IN.T)
    assert len(net.connections) == 6  # of four weights and two zeros in W_in, two in W_out
    np.testing.assert_array_equal(net.connections.dense("W_out"), W_OUT.T)
    assert set(net.connections.delay[net.connections.target < 2]) == {1}
    np.testing.assert_array_equal(net.neurons.tau_m_ms, [20.0, 20.0])
    np.testing.assert_array_equal(net.neurons.b0, [0.7, 0.7])
    assert not net.neurons.beta.any()
    assert not net.neurons.n_ref.any()
    assert (net.tau_out_ms, net.convention, net.neurons.n_regular) == (0.0, "paper", 2)


def test_resistance_goes_into_the_weights():
    net = read(graph(lif=lif(r=np.array([2.0, 10.0]))))

    np.testing.assert_array_equal(net.connections.dense("W_in"), (W_IN * [[2.0], [10.0]]).T)
    np.testing.assert_array_equal(net.connections.dense("W_out"), W_OUT.T)


def test_delays_before_and_after_the_weights_add_up():
    d = nir.Delay(np.array([0.001, 0.0, 0.002]))
    e = nir.Delay(np.array([0.0, 0.003]))
    nodes = {"d": d, "w2": nir.Linear(W_IN), "e": e, "w": None}
    net = read(graph(**nodes, edges=[("in", "d"), ("d", "w2"), ("w2", "e"), ("e", "lif")]))

    expected = np.array([[2, -1], [-1, 4], [3, 6]])
    np.testing.assert_array_equal(net.connections.delays("W_in"), expected)


def test_a_filtered_readout_with_a_bias():
    li = nir.LI(tau=np.array([0.03]), r=np.array([2.0]), v_leak=np.array([0.0]))
    nodes = {"li": li, "b": nir.Affine(np.eye(1), np.array([9.0])), "out_w": nir.Linear(W_OUT)}
    g = graph(**nodes, edges=[("out_w", "li"), ("li", "b"), ("b", "out")])
    g.edges.remove(("out_w", "out"))

    net = read(g)

    assert net.tau_out_ms == pytest.approx(30.0)
    np.testing.assert_array_equal(net.connections.dense("W_out"), 2 * W_OUT.T)
    np.testing.assert_array_equal(net.b_out, [9.0])


def test_without_a_readout_each_neuron_is_an_output():
    net = read(graph(out_w=None, edges=[("lif", "out")]))

    np.testing.assert_array_equal(net.connections.dense("W_out"), np.eye(2))
    assert net.tau_out_ms == 0


def test_a_recurrent_population_in_a_graph_of_its_own():
    """As snnTorch writes its RLeaky."""
    W_rec = np.array([[0.0, 7.0], [8.0, 0.0]])
    inner = nir.NIRGraph(
        {
            "input": nir.Input({"input": np.array([2])}),
            "lif": lif(),
            "w_rec": nir.Affine(W_rec, np.zeros(2)),
            "output": nir.Output({"output": np.array([2])}),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    g = graph(lif=inner)
    net = read(g)

    np.testing.assert_array_equal(net.connections.dense("W_rec"), W_rec.T)
    np.testing.assert_array_equal(net.connections.dense("W_in"), W_IN.T)


def two(**nodes):
    return graph(**nodes, edges=[("in", "w2"), ("w2", "lif")])


LI = {"tau": np.array([0.02]), "r": np.ones(1), "v_leak": np.zeros(1)}
WRONG = {
    "other neurons": (
        lambda: graph(lif=nir.IF(r=np.ones(2), v_threshold=np.ones(2))),
        "one node of type LIF, found 0 among IF, Input",
    ),
    "two populations": (lambda: graph(second=lif()), "one node of type LIF, found 2"),
    "no input": (lambda: graph(**{"in": None}), "one node of type Input, found 0"),
    "a leak": (lambda: graph(lif=lif(v_leak=np.array([0.0, 0.1]))), r"v_leak\[1\]: expected 0"),
    "a bias": (lambda: graph(w=nir.Affine(W_IN, np.array([0.0, 1.0]))), "'w' has a bias"),
    "no matrix": (lambda: graph(w=None, edges=[("in", "lif")]), "has 0 matrices"),
    "a wrong shape": (lambda: graph(w=nir.Linear(W_IN.T)), r"weight: expected shape \(2, 3\)"),
    "a threshold": (lambda: two(w2=nir.Threshold(np.ones(3))), "'w2' is of type Threshold"),
    "an autapse": (
        lambda: graph(r=nir.Linear(np.eye(2)), edges=[("lif", "r"), ("r", "lif")]),
        "autapse",
    ),
    "half a step": (
        lambda: graph(
            w=None,
            d=nir.Delay(np.full(3, 0.0015)),
            w2=nir.Linear(W_IN),
            edges=[("in", "d"), ("d", "w2"), ("w2", "lif")],
        ),
        r"node d: delay \(steps\)\[0\]: expected whole steps",
    ),
    "two weights between two": (lambda: two(w2=nir.Linear(W_IN)), "one connection and one delay"),
    "input to output": (lambda: graph(edges=[("in", "out")]), "past the neurons"),
    "a loop": (
        lambda: graph(a=nir.Linear(np.eye(3)), edges=[("in", "a"), ("a", "a")]),
        "'a' is in a loop without neurons",
    ),
    "a fast neuron": (lambda: graph(lif=lif(tau=np.full(2, 1e-4))), "tau_m_ms.*at least one step"),
    "a mixed readout": (
        lambda: graph(edges=[("lif", "second"), ("second", "out")], second=nir.Linear(W_OUT)),
        "one route from neurons to outputs, found 2",
    ),
    "a NaN": (lambda: graph(w=nir.Linear(W_IN * np.nan)), "finite"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)
def test_what_no_network_is_is_refused(wrong, words):
    with pytest.raises(UsageError, match=words):
        from_nir(wrong())


def test_what_is_no_graph_is_refused():
    with pytest.raises(UsageError, match=r"graph: expected NIRGraph, found 'net\.nir'"):
        from_nir("net.nir")


def changed(change):
    """Our own graph, of which another program changed something."""
    g = deepcopy(exported(a_network()))
    change(g)
    return g


def at(*keys):
    def change(g, value):
        own = g.metadata["lsnn"] if keys[0] == "graph" else g.nodes[keys[0]].metadata["lsnn"]
        own[keys[1]] = value

    return change


CHANGED = {
    "a time constant": (
        lambda g: setattr(g.nodes["neurons"], "tau", 2 * g.nodes["neurons"].tau),
        "another tau_m_ms than the nodes",
    ),
    "the readout's": (
        lambda g: setattr(g.nodes["readout"], "tau", 2 * g.nodes["readout"].tau),
        "another tau_out_ms than the nodes",
    ),
    "a newer version": (lambda g: at("graph", "version")(g, 2), "version: expected.*1 to 1"),
    "steps of no length": (lambda g: at("graph", "dt_ms")(g, 0.0), "metadata dt_ms: expected more"),
    "steps that delays are no multiple of": (
        lambda g: at("graph", "dt_ms")(g, 0.7),
        "expected whole steps of 0.0007 s",
    ),
    "a missing word": (lambda g: g.metadata["lsnn"].pop("gamma"), "metadata lack gamma"),
    "fewer neurons": (lambda g: at("neurons", "tau_m_ms")(g, np.ones(3)), "metadata tau_m_ms"),
    "signs of another shape": (
        lambda g: g.nodes["W_rec"].metadata.update(lsnn={"sign": np.ones((2, 2), np.int8)}),
        "metadata sign has shape",
    ),
    "signs against weights": (
        lambda g: g.nodes["W_rec"].metadata.update(lsnn={"sign": np.ones((4, 4), np.int8)}),
        "against its fixed sign",
    ),
}


@pytest.mark.parametrize(("change", "words"), CHANGED.values(), ids=CHANGED)
def test_metadata_that_contradict_the_nodes_are_refused(change, words):
    with pytest.raises(UsageError, match=words):
        from_nir(changed(change))


@pytest.mark.parametrize("dt_ms", [0.1, 2.0])
def test_steps_of_other_lengths_come_back(dt_ms):
    net = a_network()
    net = replace(net, neurons=replace(net.neurons, dt_ms=dt_ms))
    with pytest.warns(UserWarning, match=f"steps of {dt_ms:g} ms"):
        graph = to_nir(net)
    found = from_nir(graph)
    assert found.dt_ms == dt_ms
    assert found.connections.equals(net.connections)


def test_without_its_metadata_our_graph_is_another_s():
    def strip(g):
        for thing in (g, *g.nodes.values()):
            thing.metadata = {}

    net = read(changed(strip))

    before = a_network()
    assert not net.neurons.beta.any()
    np.testing.assert_array_equal(net.connections.dense("W_rec"), before.connections.dense("W_rec"))
    np.testing.assert_array_equal(net.connections.delays("W_in"), before.connections.delays("W_in"))
    np.testing.assert_allclose(net.neurons.tau_m_ms, before.neurons.tau_m_ms, 1e-15)

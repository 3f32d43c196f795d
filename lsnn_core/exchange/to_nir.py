"""A network as a graph of the Neuromorphic Intermediate Representation (NIR)."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..csr import Matrix
from ..errors import UsageError
from ..given import instance
from ..model.network import Network
from .nir import KEY, MS_PER_S, SHORTEST_DELAY, VERSION, library

if TYPE_CHECKING:
    import nir

Array = npt.NDArray[Any]
OF_THE_NETWORK = ("convention", "surrogate", "gamma", "noise_std", "max_delay", "tau_out_ms")
OF_THE_NEURONS = ("tau_m_ms", "tau_a_ms", "beta", "n_ref")


def to_nir(net: Network) -> nir.NIRGraph:
    """Return `net` as a NIR graph; ``nir.write("net.nir", graph)`` makes a file of it.

    Parameters
    ----------
    net
        With at least one input, neuron and output, since NIR has no empty nodes.

    Returns
    -------
    nir.NIRGraph
        input -> W_in -> neurons (LIF) -> W_out -> readout (LI) -> b_out -> output, and W_rec from
        the neurons to themselves. Matrices are dense, (targets, sources), as NIR has them. A
        connection whose delay is one step is a plain edge; one of d steps passes a Delay of
        d - 1 steps, so that W_in and W_rec have a node for each delay ("W_in_3"). Without a filter
        (tau_out_ms = 0) W_out and b_out are one Affine node and the only readout.

    Warns
    -----
    UserWarning
        Always: what of this network NIR cannot say, and is in ``metadata["lsnn"]``, where
        `from_nir` finds it. Another program runs a network without it.

    Raises
    ------
    UsageError
        A network without inputs, neurons or outputs.
    LsnnError
        The package ``nir`` is not installed.
    """
    instance("net", net, Network, "LSNN(connections, neurons, b_out) makes one")
    for name in ("n_in", "n", "n_out"):
        if getattr(net.layout, name) == 0:
            raise UsageError(f"net: expected {name} of at least 1, since NIR has no empty nodes")
    graph = _Graph(library())
    _add_neurons(graph, net)
    _add_readout(graph, net)
    warnings.warn(_warning(net), stacklevel=2)
    return graph.whole(_of_the_network(net))


class _Graph:
    """Nodes and edges on the way."""

    def __init__(self, nir: Any) -> None:
        self.nir = nir
        self.nodes: dict[str, Any] = {}
        self.edges: list[tuple[str, str]] = []

    def add(self, name: str, node: Any, metadata: dict[str, Any] | None = None) -> None:
        """Add a node."""
        if metadata:
            node.metadata = {KEY: metadata}
        self.nodes[name] = node

    def connect(self, *names: str) -> None:
        """Join nodes in a row."""
        self.edges.extend(pairwise(names))

    def whole(self, metadata: dict[str, Any]) -> Any:
        """Return the graph, its types checked by NIR."""
        return self.nir.NIRGraph(self.nodes, self.edges, {KEY: metadata})


def _add_neurons(graph: _Graph, net: Network) -> None:
    """Add inputs, neurons, and what leads to them."""
    p, nir = net.neurons, graph.nir
    own = {name: np.array(getattr(p, name)) for name in OF_THE_NEURONS}
    neurons = nir.LIF(
        tau=p.tau_m_ms / MS_PER_S,
        r=np.ones(p.n),
        v_leak=np.zeros(p.n),
        v_reset=np.zeros(p.n),
        v_threshold=np.array(p.b0),
    )
    graph.add("input", nir.Input({"input": np.array([net.layout.n_in])}))
    graph.add("neurons", neurons, own)
    for name, source in (("W_in", "input"), ("W_rec", "neurons")):
        _add_matrix(graph, name, net, source)


def _add_matrix(graph: _Graph, name: str, net: Network, source: str) -> None:
    """Add a matrix, in as many nodes as its connections have delays."""
    matrix = net.connections.matrix(name)
    steps = np.unique(matrix.delay)
    if name == "W_in" and not steps.size:
        steps = np.array([SHORTEST_DELAY])  # a graph in one piece
    for delay in steps.tolist():
        weight, own = _dense(matrix, matrix.delay == delay)
        if delay == SHORTEST_DELAY:
            graph.add(name, graph.nir.Linear(weight), own)
            graph.connect(source, name, "neurons")
            continue
        length_s = (delay - SHORTEST_DELAY) * net.dt_ms / MS_PER_S
        graph.add(f"{name}_{delay}", graph.nir.Linear(weight), own)
        graph.add(f"{name}_{delay}_delay", graph.nir.Delay(np.full(matrix.shape[0], length_s)))
        graph.connect(source, f"{name}_{delay}_delay", f"{name}_{delay}", "neurons")


def _add_readout(graph: _Graph, net: Network) -> None:
    """Add W_out, filter, bias and outputs."""
    nir, n_out = graph.nir, net.layout.n_out
    matrix, bias = net.connections.matrix("W_out"), np.array(net.b_out)
    weight, own = _dense(matrix, np.ones(matrix.data.size, np.bool_))
    graph.add("output", nir.Output({"output": np.array([n_out])}))
    if not net.tau_out_ms:
        graph.add("W_out", nir.Affine(weight, bias), own)
        graph.connect("neurons", "W_out", "output")
        return
    tau = np.full(n_out, net.tau_out_ms / MS_PER_S)
    graph.add("W_out", nir.Linear(weight), own)
    graph.add("readout", nir.LI(tau=tau, r=np.ones(n_out), v_leak=np.zeros(n_out)))
    graph.add("b_out", nir.Affine(np.eye(n_out, dtype=bias.dtype), bias))
    graph.connect("neurons", "W_out", "readout", "b_out", "output")


def _dense(matrix: Matrix, chosen: npt.NDArray[np.bool_]) -> tuple[Array, dict[str, Array]]:
    """Return some connections as (targets, sources), and what their weights do not tell."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[chosen]
    place = matrix.indices[chosen], row
    weight = np.zeros(matrix.shape[::-1], matrix.data.dtype)
    weight[place] = matrix.data[chosen]
    own = {}
    if np.any(matrix.sign[chosen]):
        own["sign"] = np.zeros(weight.shape, np.int8)
        own["sign"][place] = matrix.sign[chosen]
    if not np.all(matrix.data[chosen]):  # connections whose weight is zero at this moment
        own["listed"] = np.zeros(weight.shape, np.int8)
        own["listed"][place] = 1
    return weight, own


def _of_the_network(net: Network) -> dict[str, Any]:
    """What belongs to no node."""
    return {
        "version": VERSION,
        "dt_ms": net.dt_ms,
        **{name: getattr(net, name) for name in OF_THE_NETWORK},
        "through_reset": int(net.through_reset),
        "n_regular": net.neurons.n_regular,
        "halves": net.layout.halves,
    }


def _warning(net: Network) -> str:
    """Return what NIR cannot say of this network, one thing a line."""
    p, adaptive = net.neurons, int(np.count_nonzero(net.neurons.beta))
    signed = int(np.count_nonzero(net.connections.sign))
    things = {
        f"adaptive thresholds of {adaptive} of {p.n} neurons (beta, tau_a)": adaptive,
        "reset: a spike subtracts the threshold, where NIR sets the potential to v_reset = 0": True,
        f"refractory periods, up to {p.n_ref.max()} steps (n_ref)": p.n_ref.any(),
        f"steps of {net.dt_ms:g} ms, each advanced exactly: alpha = exp(-dt / tau)": True,
        "that a plain edge to the neurons takes one step, the shortest delay": True,
        "order of update: convention lsnn-official": net.convention != "paper",
        f"fixed signs of {signed} connections": signed,
        f"pseudo-derivative of training ({net.surrogate}, gamma)": True,
        "injected noise (noise_std)": net.noise_std,
        "that two halves never meet": net.layout.halves > 1,
    }
    lines = [f"- {thing}" for thing, holds in things.items() if holds]
    return "\n".join(
        ["NIR cannot say all of this network; in metadata, for from_nir alone:", *lines]
    )

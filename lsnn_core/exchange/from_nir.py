"""A graph of the Neuromorphic Intermediate Representation (NIR) as a network."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import as_float, instance, number, reals, refuse, shown, whole
from ..model.connections import Connections
from ..model.layout import Layout
from ..model.neurons import NeuronParameters
from ..simulation.lsnn import LSNN
from ..units import DT_MS
from .nir import KEY, MS_PER_S, SHORTEST_DELAY, VERSION, library
from .nir_parts import Parts, Route
from .to_nir import OF_THE_NETWORK, OF_THE_NEURONS

if TYPE_CHECKING:
    import nir

Array = npt.NDArray[Any]
SAME = 1e-6  # relative: what another program may have kept as float32
WHOLE_STEPS = 1e-6  # of a step: rounding of a delay in seconds
ASSUMED = """\
this graph is not of to_nir, or its metadata was lost. Assumed:
- no adaptation (beta = 0), no refractory period (n_ref = 0), gamma = 0.3, convention paper,
  surrogate triangle
- a spike subtracts the threshold, though NIR sets the potential to v_reset
- steps of 1 ms; an edge without a Delay to the neurons takes one step"""


def from_nir(graph: nir.NIRGraph) -> LSNN:
    """Return the network of a NIR graph, as ``nir.read("net.nir")`` gives it.

    Parameters
    ----------
    graph
        One LIF node; from Input and from itself to it, and from it to Output, any number of routes
        through one Linear (or Affine without a bias) and Delay nodes. The readout is Linear or
        Affine, then LI and an Affine that only adds a bias, or neither; without any, each neuron is
        an output.

    Returns
    -------
    LSNN
        For a graph of `to_nir` equal to the exported network to the bit, also from a file. ``r`` of
        LIF and LI goes into the weights. Connections are the weights that are not zero.

    Warns
    -----
    UserWarning
        The graph has no metadata of `to_nir`: what is assumed in its place.

    Raises
    ------
    UsageError
        The graph holds what no `LSNN` is: other neurons, several LIF nodes, a leak or a bias
        towards a neuron, autapses, two delays between the same two; or its metadata contradict it.
    LsnnError
        The package ``nir`` is not installed.
    """
    nir = library()
    instance("graph", graph, nir.NIRGraph, 'nir.read("net.nir") gives one')
    parts = Parts(nir, graph)
    neurons, own = _neurons(parts)
    readout = _readout(parts)
    lists = [_entries(parts, name) for name in ("W_in", "W_rec")]
    layout = Layout(parts.n_in, neurons.n, readout.weight.shape[0], own.pop("halves", 1))
    connections = _connections(layout, [*lists, [readout.entries]])
    if not own:
        warnings.warn(ASSUMED, stacklevel=2)
    own.setdefault("tau_out_ms", readout.tau_out_ms)
    _refuse_contradiction("tau_out_ms", np.array(own["tau_out_ms"]), np.array(readout.tau_out_ms))
    return LSNN(connections, neurons, readout.bias, **own)


class Entries(NamedTuple):
    """Connections of one weight node: within the matrix, and its delay if they go to a neuron."""

    source: Array
    target: Array
    weight: Array
    delay: Array
    sign: Array


class Readout(NamedTuple):
    """What leads from the neurons to the outputs."""

    weight: Array  # (n_out, n)
    entries: Entries
    bias: Array
    tau_out_ms: float


def _neurons(parts: Parts) -> tuple[NeuronParameters, dict[str, Any]]:
    """Return the constants of the neurons, and the network's own that metadata give."""
    lif, n = parts.nodes[parts.lif], parts.n
    at = f"node {parts.lif}"
    tau_m_ms = _vector(f"{at}: tau", lif.tau, n) * MS_PER_S
    leak = _vector(f"{at}: v_leak", lif.v_leak, n)
    refuse(f"{at}: v_leak", leak, leak != 0, "expected 0", "shift potentials and thresholds")
    network = parts.own()
    own = parts.own(parts.lif) if network else {}
    constants: dict[str, Any] = {
        "tau_m_ms": tau_m_ms,
        "tau_a_ms": np.maximum(tau_m_ms, _dt_ms(parts)),
        "beta": np.zeros(n),
        "n_ref": np.zeros(n, np.int64),
    }
    constants |= {name: own[name] for name in OF_THE_NEURONS if name in own}
    stored = reals(f"{at}: metadata tau_m_ms", constants["tau_m_ms"], (n,))
    _refuse_contradiction("tau_m_ms", stored, tau_m_ms)
    b0 = _vector(f"{at}: v_threshold", lif.v_threshold, n)
    n_regular = int(network.get("n_regular", -1))
    given = {**constants, "n_regular": n_regular, "dt_ms": _dt_ms(parts)}
    return NeuronParameters(b0=b0, **given), _network_words(network)


def _dt_ms(parts: Parts) -> float:
    """Length of a step, in ms: what metadata say, or ours."""
    dt_ms = parts.own().get("dt_ms", DT_MS)
    return number("graph: metadata dt_ms", dt_ms, "more than 0", float(np.nextafter(0.0, 1.0)))


def _network_words(network: Mapping[str, Any]) -> dict[str, Any]:
    """The network's own, as `LSNN` and `Layout` take them; none if there is no metadata."""
    if not network:
        return {}
    whole("graph: metadata version", network.get("version"), 1, VERSION)
    network = {"surrogate": LSNN.surrogate, **network}  # older graphs do not say
    own_names = (*OF_THE_NETWORK, "through_reset", "halves", "dt_ms")
    missing = [name for name in own_names if name not in network]
    if missing:
        raise UsageError(f"graph: metadata lack {', '.join(missing)}; was the file changed?")
    own = {name: network[name] for name in OF_THE_NETWORK}
    return {
        **own,
        "through_reset": bool(network["through_reset"]),
        "halves": int(network["halves"]),
    }


def _entries(parts: Parts, matrix: str) -> list[Entries]:
    """Return the connections of W_in or W_rec, a list for each route."""
    size = parts.n_in if matrix == "W_in" else parts.n
    gain = _vector(f"node {parts.lif}: r", parts.nodes[parts.lif].r, parts.n)
    return [_of_route(parts, route, (parts.n, size), gain) for route in parts.routes[matrix]]


def _of_route(parts: Parts, route: Route, shape: tuple[int, int], gain: Array) -> Entries:
    """Delays before the weights belong to sources, those after them to targets."""
    parts.refuse_others(route, ("Linear", "Affine", "Delay"))
    names = [name for name in route if not isinstance(parts.nodes[name], parts.nir.Delay)]
    if len(names) != 1:
        raise UsageError(
            f"graph: the route {' -> '.join(route) or 'without nodes'} to the neurons has "
            f"{len(names)} matrices, expected one Linear or Affine"
        )
    name = names[0]
    weight = _weight(parts, name, shape)
    bias = getattr(parts.nodes[name], "bias", None)
    if bias is not None and np.any(bias):
        raise UsageError(
            f"graph: node {shown(name)} has a bias, a constant current into neurons, which no LSNN "
            "has; give it as `current` of LSNN.forward, or train without one"
        )
    steps = np.full(shape, SHORTEST_DELAY)
    before = True
    for other in route:
        if other == name:
            before = False
            continue
        delay = _steps(other, parts.nodes[other].delay, shape[1 if before else 0], _dt_ms(parts))
        steps += delay if before else delay[:, None]
    return _listed(weight if np.all(gain == 1) else gain[:, None] * weight, parts.own(name), steps)


def _readout(parts: Parts) -> Readout:
    """Return what the outputs read."""
    if len(parts.routes["W_out"]) != 1:
        raise UsageError(
            f"graph: expected one route from neurons to outputs, found {len(parts.routes['W_out'])}"
        )
    (route,) = parts.routes["W_out"]
    if not route:
        weight = np.eye(parts.n)
        return Readout(weight, _listed(weight, {}, 0 * weight), np.zeros(parts.n), 0.0)
    parts.refuse_others(route[:1], ("Linear", "Affine"))
    first = parts.nodes[route[0]]
    weight = _weight(parts, route[0], (np.shape(first.weight)[0], parts.n))
    n_out = len(weight)
    bias = getattr(first, "bias", np.zeros(n_out, weight.dtype))
    tau_out_ms = 0.0
    if len(route) > 1:
        tau_out_ms, gain, bias = _filter(parts, route, n_out, bias)
        weight = weight if np.all(gain == 1) else gain[:, None] * weight
    bias = as_float(_vector(f"node {route[0]}: bias", bias, n_out))
    return Readout(weight, _listed(weight, parts.own(route[0]), 0 * weight), bias, tau_out_ms)


def _filter(parts: Parts, route: Route, n_out: int, bias: Array) -> tuple[float, Array, Array]:
    """Return tau_out_ms, r and the bias after W_out -> LI, or W_out -> LI -> Affine."""
    parts.refuse_others(route[1:2], ("LI",))
    parts.refuse_others(route[2:3], ("Affine",))
    if len(route) > 3:
        raise UsageError(f"graph: node {shown(route[3])} is one too many between LIF and Output")
    at, li = f"node {route[1]}", parts.nodes[route[1]]
    tau = _vector(f"{at}: tau", li.tau, n_out)
    refuse(f"{at}: tau", tau, tau != tau[0], "expected one time constant for all outputs")
    leak = _vector(f"{at}: v_leak", li.v_leak, n_out)
    refuse(f"{at}: v_leak", leak, leak != 0, "expected 0", "give a bias after the LI node")
    refuse(f"node {route[0]}: bias", bias, bias != 0, "expected 0", "give it after the LI node")
    if len(route) == 3:
        last = parts.nodes[route[2]]
        if not np.array_equal(last.weight, np.eye(n_out)):
            raise UsageError(
                f"graph: node {shown(route[2])} after the readout's filter, expected weights of "
                "an identity matrix and a bias; multiply its weights into those before the filter"
            )
        bias = last.bias
    return float(tau[0] * MS_PER_S), _vector(f"{at}: r", li.r, n_out), bias


def _weight(parts: Parts, name: str, shape: tuple[int, int]) -> Array:
    axes = "targets and sources"
    return as_float(reals(f"node {name}: weight", parts.nodes[name].weight, shape, axes))


def _listed(weight: Array, own: Mapping[str, Any], steps: Array) -> Entries:
    """Return the connections of a weight node: those that are not zero, or are said to be there."""
    listed, sign = (
        np.asarray(own[name]) if name in own else np.zeros(weight.shape, np.int8)
        for name in ("listed", "sign")
    )
    for name, array in (("listed", listed), ("sign", sign)):
        if array.shape != weight.shape:
            raise UsageError(f"graph: metadata {name} has shape {array.shape}, not {weight.shape}")
    target, source = np.nonzero((weight != 0) | (listed != 0))
    place = target, source
    return Entries(source, target, weight[place], steps[place].astype(np.int64), sign[place])


def _connections(layout: Layout, lists: list[list[Entries]]) -> Connections:
    """Join the lists of the three matrices."""
    found = []
    for matrix, parts in zip(layout.matrices.values(), lists, strict=True):
        for e in parts:
            source, target = e.source + matrix.source_start, e.target + matrix.target_start
            found.append(Entries(source, target, e.weight, e.delay, e.sign))
    source, target, weight, delay, sign = map(np.concatenate, zip(*found, strict=True))
    _, first = np.unique(np.stack([source, target]), axis=1, return_index=True)
    if first.size < source.size:
        raise UsageError(
            "graph: two routes join the same two neurons, or an input and a neuron, by weights "
            "that are not zero; in an LSNN they have one connection and one delay"
        )
    return Connections.from_sites(layout, source, target, weight, delay, sign)


def _steps(name: str, delay: Any, size: int, dt_ms: float) -> Array:
    """Return a Delay node's times in whole steps."""
    steps = _vector(f"node {name}: delay", delay, size) * MS_PER_S / dt_ms
    rounded = np.rint(steps)
    expected = f"expected whole steps of {dt_ms / MS_PER_S:g} s, not negative"
    wrong = (np.abs(steps - rounded) > WHOLE_STEPS) | (rounded < 0)
    refuse(f"node {name}: delay (steps)", steps, wrong, expected)
    return rounded.astype(np.int64)


def _vector(name: str, values: Any, size: int) -> Array:
    """Return finite numbers, one for each; one alone is for all."""
    array = reals(name, values)
    if array.size not in (1, size):
        raise UsageError(f"{name}: expected one number or {size}, found shape {array.shape}")
    return np.broadcast_to(array.ravel(), (size,))


def _refuse_contradiction(name: str, own: Array, node: Array) -> None:
    """Refuse metadata that another program left as they were when it changed the nodes."""
    if not np.allclose(own, node, SAME, 0.0):
        raise UsageError(
            f"graph: metadata say another {name} than the nodes; which is true? Delete "
            f'metadata["{KEY}"] of graph and neurons to believe the nodes alone'
        )

"""A network as the kernels of a `NeuronBlock` take it: vectors of neighbouring neurons."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import Float
from ..kernels.examples.state import Neurons
from ..kernels.network import Constants
from ..kernels.neurons import state as ks
from ..kernels.vectors.lanes import lane_array, lanes_dtype
from ..model.network import Network
from .example_arrays import ExampleArrays, example_arrays
from .padding import Padding
from .plan import common_delay, rows_ahead, rows_under_way

Array = npt.NDArray[Any]
LARGEST_OFFSET = np.iinfo(np.uint16).max  # from the base of its vector


class NeuronArrays(NamedTuple):
    """Made once, used by all blocks and threads."""

    constants: Constants
    connections: ks.Connections
    neurons: ks.Neurons
    site: Array  # (C,) where each listed connection is in the matrix, or empty
    listed: ExampleArrays  # what they were made of


def neuron_arrays(
    net: Network,
    dtype: Float,
    delay: int = 0,
    before: NeuronArrays | None = None,
    parts: int = 1,
) -> NeuronArrays:
    """Arrays of `net`; as a matrix if `delay`, that of all connections to neurons, is given.

    What walks a list forward can be shared by as many threads as there are `parts`. What has not
    changed since `before`, which had as many, is taken from there. Raises `UsageError` if the
    connections have not that one delay: rewiring could have brought others.
    """
    if before is not None and before.listed.net is net:
        return before
    known = None
    if before is not None and before.listed.net.connections.has_structure_of(net.connections):
        known = before
    if delay and not known and common_delay(net) != delay:
        raise UsageError(
            f"delays: expected {delay} steps for all connections to neurons, as before"
        )
    listed = example_arrays(net, dtype, before=before.listed if before is not None else None)
    pad = Padding.of(net, dtype)
    kind = lanes_dtype(dtype, pad.width)
    if before is not None and before.listed.net.neurons is net.neurons:
        neurons = before.neurons._replace(b_out=_lanes(listed.neurons.b_out, pad.outs, kind))
    else:
        neurons = _neurons(listed.neurons, net.neurons.n_regular, pad, kind)
    if delay:
        connections, site = _matrix(net, listed, pad, kind, delay, known.site if known else None)
    elif known:
        weight = listed.connections.weight
        connections, site = known.connections._replace(weight=weight), known.site
    else:
        connections, site = _list(net, listed, pad, kind, parts), np.zeros(0, np.int64)
    constants = listed.constants._replace(max_delay=rows_under_way(net))
    return NeuronArrays(constants, connections, neurons, site, listed)


def _lanes(values: Array, count: int, kind: np.dtype[Any], padding: float = 0.0) -> Array:
    array = lane_array(count, kind)
    numbers = array.view(kind["lane"].base)
    numbers[len(values) :] = padding
    numbers[: len(values)] = values
    return array


def _neurons(p: Neurons, n_regular: int, pad: Padding, kind: np.dtype[Any]) -> ks.Neurons:
    def constants(values: Array, first: int = 0) -> Array:
        """One vector, if the neurons from `first` on have one value: less to read in each step."""
        used = values[first:]
        same = used.size > 0 and bool((used == used[0]).all())
        if same:
            return _lanes(np.full(pad.width, used[0]), 1, kind)
        return _lanes(values, pad.vectors, kind)

    return ks.Neurons(
        alpha=constants(p.alpha),
        gain=constants(p.gain),
        rho=constants(p.rho, n_regular),
        rise=constants(p.rise, n_regular),
        beta=_lanes(p.beta, pad.vectors, kind),
        b0=_lanes(p.b0, pad.vectors, kind, 1.0),
        n_ref=constants(p.n_ref),
        b_out=_lanes(p.b_out, pad.outs, kind),
    )


def _list(
    net: Network, listed: ExampleArrays, pad: Padding, kind: np.dtype[Any], parts: int
) -> ks.Connections:
    connections, wiring = net.connections, listed.connections
    row, place = np.int32(pad.length * pad.width), pad.place(connections.target, net.layout.n)
    offset = np.maximum(connections.delay, 1) * row + place
    bounds = np.arange(parts + 1) * pad.vectors // parts
    cut = _cut(wiring.indptr, place, bounds * pad.width, int(row))
    straight = _straight(wiring.indptr, offset)
    none = lane_array(0, kind)
    base, offset = _in_vectors(wiring.indptr, offset, pad.width)
    indptr, weight = wiring.indptr, wiring.weight
    ahead = rows_ahead(len(weight))
    return ks.Connections(indptr, bounds, cut, base, offset, weight, straight, ahead, none, none, 0)


def _matrix(
    net: Network,
    listed: ExampleArrays,
    pad: Padding,
    kind: np.dtype[Any],
    delay: int,
    site: Array | None,
) -> tuple[ks.Connections, Array]:
    layout, connections, dtype = net.layout, net.connections, listed.connections.weight.dtype
    n, n_in, columns = layout.n, layout.n_in, pad.length * pad.width
    if site is None:
        site = connections.source.astype(np.int64) * columns + pad.place(connections.target, n)
    matrix = lane_array(layout.n_source * pad.length, kind)
    matrix.view(dtype)[site] = listed.connections.weight
    targets = pad.place(np.arange(layout.n_target, dtype=np.int32), n)
    recurrent = np.zeros((pad.vectors * pad.width, layout.n_target), dtype)
    recurrent[:n] = matrix.view(dtype).reshape(-1, columns)[n_in:, targets]
    transposed = lane_array(pad.vectors * layout.n_target, kind)
    transposed.view(dtype).reshape(pad.vectors, -1, pad.width)[:] = recurrent.reshape(
        pad.vectors, pad.width, -1
    ).transpose(0, 2, 1)
    indptr, base = np.zeros(layout.n_source + 1, np.int64), np.zeros(0, np.int32)
    offset = np.zeros(0, np.uint16)
    straight = np.zeros(layout.n_source, np.bool_)
    weight = np.zeros(0, dtype)
    bounds = np.array([0, pad.vectors])
    rows = ks.Connections(
        indptr, bounds, indptr, base, offset, weight, straight, 0, matrix, transposed, delay
    )
    return rows, site


def _cut(indptr: Array, place: Array, bounds: Array, columns: int) -> Array:
    """Where each row's connections pass from a part of the neurons to the next: `Connections.cut`.

    The places of a row's targets ascend; outputs belong to the last part.
    """
    if len(bounds) == 2:
        return indptr
    n_rows = len(indptr) - 1
    first = np.arange(n_rows) * columns
    places = np.repeat(first, np.diff(indptr)) + place
    return np.append(np.searchsorted(places, np.add.outer(first, bounds[:-1]).ravel()), indptr[-1])


def _in_vectors(indptr: Array, offset: Array, width: int) -> tuple[Array, Array]:
    """The least offset of each vector of a row, and offsets counted from there, by vector.

    These fit 16 bits unless neighbours are far apart, as with several delays in a network of
    thousands; if one does not, all bases are 0. Vectors are numbered as `first_vector` says.
    """
    start, vectors = indptr[:-1], -(-np.diff(indptr) // width)
    row = np.repeat(np.arange(len(start)), vectors)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(vectors) - vectors, vectors)
    begin, number = start[row] + width * nth, row + start[row] // width + nth
    last = np.minimum(begin + width, indptr[row + 1]) - 1
    least = np.minimum.reduceat(offset, begin) if len(begin) else offset
    greatest = np.maximum.reduceat(offset, begin) if len(begin) else offset
    near = (greatest - least).max(initial=0) <= LARGEST_OFFSET
    base = np.zeros(len(indptr) + len(offset) // width, np.int32)
    if near:
        base[number] = least
    packed = np.zeros((len(base), width), np.uint16 if near else np.int32)
    for lane in range(width):
        packed[number, lane] = offset[np.minimum(begin + lane, last)] - base[number]
    return base, packed.ravel()


def _straight(indptr: Array, offset: Array) -> npt.NDArray[np.bool_]:
    """Rows whose offsets follow each other without a gap."""
    gaps = np.concatenate(
        ([0, 0], np.cumsum(np.diff(offset) != 1))
    )  # before connection c: gaps[c + 1]
    start, stop = indptr[:-1], indptr[1:]
    result: npt.NDArray[np.bool_] = (stop > start) & (gaps[stop] == gaps[start + (stop > start)])
    return result

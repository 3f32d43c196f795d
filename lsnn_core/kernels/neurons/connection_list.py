"""The three walks over a list of connections: spikes forward, adjoint backward, weight gradient.

Rows are far apart in memory, and who is next is known: its row is asked for ahead of time. A list
serves one example, so that `row`, a row of the tape, is counted in numbers, not in vectors.
"""

from __future__ import annotations

from ..jit import inner
from ..vectors.gathers import (
    add_item,
    fetch,
    first_lanes,
    gather_lanes,
    load_some,
    put_item,
    store_some,
)
from ..vectors.lanes import fma, item, lane_count, lane_sum, splat
from .state import Adjoint, Connections, Pass, Trains


@inner
def first_vector(source: int, start: int, kind) -> int:
    """The first of the vectors that hold the row that starts at connection `start`.

    No two rows share a vector; what a row's last one has left repeats the last connection.
    """
    return source + start // lane_count(kind)


@inner
def fetch_row(connections: Connections, source: int, kind):
    """Ask for the connections of a source."""
    indptr, width = connections.indptr, lane_count(kind)
    start, stop = item(indptr, source), item(indptr, source + 1)
    first = first_vector(source, start, kind)
    fetch(connections.base, first)
    for c in range(start, stop, width):
        fetch(connections.offset, first * width + c - start)
    fetch_numbers(connections.weight, start, stop, width)


@inner
def fetch_numbers(numbers, low: int, stop: int, width: int):
    """Ask for numbers low:stop, which begin anywhere in a vector."""
    for c in range(low, stop, width):
        fetch(numbers, c)
    fetch(numbers, stop - 1)


@inner
def deliver_list(trains: Trains, first_source: int, at_t: int, part: int, row: int, p: Pass):
    """Spikes of one step add their weights to the currents they will arrive in, in one part."""
    ptr, source = trains
    end, ahead, cut = ptr[at_t + 1], p.connections.ahead, p.connections.cut
    parts = p.connections.bounds.size - 1
    for s in range(ptr[at_t], end):
        later = first_source + item(source, min(s + ahead, end - 1))
        if ahead > 0:
            fetch(cut, parts * (first_source + item(source, min(s + 2 * ahead, end - 1))))
        deliver_row(first_source + item(source, s), later, part, row, p)


@inner
def deliver_row(source: int, later: int, part: int, row: int, p: Pass):
    """What one spike brings to one part: neighbours together, other targets one by one.

    Asks for the row of source `later` as `gather_row` does.
    """
    connections, kind, number = p.connections, p.neurons.b0, p.tape.number
    cut, base, offset, weight = connections[2:6]
    parts, width = connections.bounds.size - 1, lane_count(kind)
    start = item(cut, source * parts)
    low, stop = item(cut, source * parts + part), item(cut, source * parts + part + 1)
    if connections.straight[source]:
        deliver_neighbours(source, start, low, stop, row, p)
        return
    begin, k = first_of_part(source, start, low, kind)
    then = item(cut, later * parts)
    then, k_then = first_of_part(later, then, item(cut, later * parts + part), kind)
    further, k_further, asks = then - begin, k_then - k, connections.ahead > 0
    for c in range(begin, stop, width):
        if asks:
            fetch(weight, c + further)
            fetch(offset, (k + k_further) * width)
            fetch(base, k + k_further)
        at = row + item(base, k)
        for lane in range(max(low - c, 0), min(stop - c, width)):
            add_item(number, at + item(offset, k * width + lane), item(weight, c + lane))
        k += 1


@inner
def first_of_part(source: int, start: int, low: int, kind):
    """The connection that begins the vector of connection `low` of a row, and that vector."""
    nth = (low - start) // lane_count(kind)
    return start + nth * lane_count(kind), first_vector(source, start, kind) + nth


@inner
def deliver_neighbours(source: int, start: int, low: int, stop: int, row: int, p: Pass):
    """The same where the targets of a row are neighbours."""
    connections, kind, number = p.connections, p.neurons.b0, p.tape.number
    width, first = lane_count(kind), first_vector(source, start, kind)
    shift = row + item(connections.base, first) + item(connections.offset, first * width) - start
    for c in range(low, stop, width):
        some, at = first_lanes(kind, stop - c), shift + c
        total = load_some(kind, number, at, some) + load_some(kind, connections.weight, c, some)
        store_some(number, at, some, total)


@inner
def queued(j: int, spiked: int) -> int:
    """Neuron j in a queue, with whether it spiked."""
    return 2 * j + spiked


@inner
def gather_list(begin: int, end: int, row: int, p: Pass, adjoint: Adjoint):
    """What their targets bring to dL/dz of the neurons queue[begin:end], as `queued` marks them."""
    queue, n_in, ahead = adjoint.queue, p.constants.n_in, p.connections.ahead
    for k in range(begin, min(begin + ahead, end)):
        fetch_row(p.connections, n_in + (item(queue, k) >> 1), p.neurons.b0)
    for k in range(begin, end):
        entry, later = item(queue, k), item(queue, min(k + ahead, end - 1))
        source = n_in + (entry >> 1)
        total = gather_row(source, later, row, entry & 1, p, adjoint.weight)
        put_item(adjoint.gathered_number, entry >> 1, total)


@inner
def gather_row(source: int, later: int, row: int, spiked: int, p: Pass, gradient):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive.

    Where it spiked, dL/dI is what its weights' gradient grows by. Asks for the row of the entry
    `later`, of which a longer one only by its end: a loop of its own would end when nobody expects.
    """
    indptr, _, _, base, offset, weight = p.connections[:6]
    kind, number = p.neurons.b0, p.tape.number
    width, start, stop = lane_count(kind), item(indptr, source), item(indptr, source + 1)
    total, k = splat(kind, 0.0), first_vector(source, start, kind)
    follower, asks = p.constants.n_in + (later >> 1), p.connections.ahead > 0
    then = item(indptr, follower)
    further = first_vector(follower, then, kind) - k
    if asks:
        last = item(indptr, follower + 1) - 1
        fetch(base, k + further)
        fetch(weight, last)
        if later & 1 == 1:
            fetch_numbers(gradient, then, last + 1, width)
    for c in range(start, stop, width):
        if asks:
            fetch(weight, c - start + then)
            fetch(offset, (k + further) * width)
        some = first_lanes(kind, stop - c)
        arrived = gather_lanes(kind, number, row + item(base, k), offset, k * width)
        total = fma(load_some(kind, weight, c, some), arrived, total)
        if spiked:
            store_some(gradient, c, some, load_some(kind, gradient, c, some) + arrived)
        k += 1
    return lane_sum(total)


@inner
def input_gradient(t: int, share: int, shares: int, row: int, p: Pass, gradient):
    """One of several shares of what the inputs' spikes of step t add to their weights' gradient.

    A share is whole rows. That of the neurons' weights is taken with the gathering.
    """
    ptr, sources = p.x
    for s in range(ptr[t] + share, ptr[t + 1], shares):
        gradient_row(item(sources, s), row, p, gradient)


@inner
def gradient_row(source: int, row: int, p: Pass, gradient):
    """Add to the gradient of each weight of `source` dL/dI where and when its spike arrived."""
    connections, kind, number = p.connections, p.neurons.b0, p.tape.number
    indptr, base, offset = connections.indptr, connections.base, connections.offset
    width, start, stop = lane_count(kind), item(indptr, source), item(indptr, source + 1)
    k, straight = first_vector(source, start, kind), connections.straight[source]
    for c in range(start, stop, width):
        some, at = first_lanes(kind, stop - c), row + item(base, k)
        total = load_some(kind, gradient, c, some)
        if straight:
            total = total + load_some(kind, number, at + item(offset, k * width), some)
        else:
            total = total + gather_lanes(kind, number, at, offset, k * width)
        store_some(gradient, c, some, total)
        k += 1

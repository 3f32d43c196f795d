"""The three walks over a list of connections: spikes forward, adjoint backward, weight gradient.

Rows are far apart in memory, and who is next is known: its row is asked for ahead of time.
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
from .state import Rows, Sums, Trains


@inner
def first_vector(source: int, start: int, kind) -> int:
    """The first of the vectors that hold the row that starts at connection `start`.

    No two rows share a vector; what a row's last one has left repeats the last connection.
    """
    return source + start // lane_count(kind)


@inner
def fetch_row(rows: Rows, source: int, kind):
    """Ask for the connections of a source."""
    start, stop, width = item(rows.indptr, source), item(rows.indptr, source + 1), lane_count(kind)
    first = first_vector(source, start, kind)
    fetch(rows.base, first)
    for c in range(start, stop, width):
        fetch(rows.offset, first * width + c - start)
    fetch_numbers(rows.weight, start, stop, width)


@inner
def fetch_numbers(numbers, low: int, stop: int, width: int):
    """Ask for numbers low:stop, which begin anywhere in a vector."""
    for c in range(low, stop, width):
        fetch(numbers, c)
    fetch(numbers, stop - 1)


@inner
def deposit_list(
    rows: Rows,
    first_source: int,
    source,
    begin: int,
    end: int,
    part: int,
    parts: int,
    kind,
    number,
    row: int,
):
    """Spikes begin:end add their weights to the currents they will arrive in, in one part."""
    for s in range(begin, end):
        later = first_source + item(source, min(s + rows.ahead, end - 1))
        if rows.ahead > 0:
            fetch(rows.cut, parts * (first_source + item(source, min(s + 2 * rows.ahead, end - 1))))
        deposit_row(rows, first_source + item(source, s), later, part, parts, kind, number, row)


@inner
def deposit_row(rows: Rows, source: int, later: int, part: int, parts: int, kind, number, row: int):
    """What one spike brings to one part: neighbours together, other targets one by one.

    Asks for the row of source `later` as `gather_row` does.
    """
    cut, base, offset, weight = rows.cut, rows.base, rows.offset, rows.weight
    width, start = lane_count(kind), item(cut, source * parts)
    low, stop = item(cut, source * parts + part), item(cut, source * parts + part + 1)
    if rows.straight[source]:
        deposit_neighbours(rows, source, start, low, stop, kind, number, row)
        return
    begin, k = first_of_part(source, start, low, kind)
    then = item(cut, later * parts)
    then, k_then = first_of_part(later, then, item(cut, later * parts + part), kind)
    further, k_further, asks = then - begin, k_then - k, rows.ahead > 0
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
def deposit_neighbours(
    rows: Rows, source: int, start: int, low: int, stop: int, kind, number, row: int
):
    """The same where the targets of a row are neighbours."""
    width, first = lane_count(kind), first_vector(source, start, kind)
    shift = row + item(rows.base, first) + item(rows.offset, first * width) - start
    for c in range(low, stop, width):
        some, at = first_lanes(kind, stop - c), shift + c
        total = load_some(kind, number, at, some) + load_some(kind, rows.weight, c, some)
        store_some(number, at, some, total)


@inner
def queued(j: int, spiked: int) -> int:
    """Neuron j in a queue, with whether it spiked."""
    return 2 * j + spiked


@inner
def gather_list(rows: Rows, n_in: int, begin: int, end: int, kind, number, row: int, sums: Sums):
    """What their targets bring to dL/dz of the neurons queue[begin:end], as `queued` marks them."""
    queue = sums.queue
    for k in range(begin, min(begin + rows.ahead, end)):
        fetch_row(rows, n_in + (item(queue, k) >> 1), kind)
    for k in range(begin, end):
        entry, later = item(queue, k), item(queue, min(k + rows.ahead, end - 1))
        source = n_in + (entry >> 1)
        total = gather_row(rows, source, n_in, later, kind, number, row, entry & 1, sums.weight)
        put_item(sums.gathered_number, entry >> 1, total)


@inner
def gather_row(
    rows: Rows, source: int, n_in: int, later: int, kind, number, row: int, spiked: int, gradient
):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive.

    Where it spiked, dL/dI is what its weights' gradient grows by. Asks for the row of the entry
    `later`, of which a longer one only by its end: a loop of its own would end when nobody expects.
    """
    base, offset, weight, width = rows.base, rows.offset, rows.weight, lane_count(kind)
    start, stop = item(rows.indptr, source), item(rows.indptr, source + 1)
    total, k = splat(kind, 0.0), first_vector(source, start, kind)
    follower, asks = n_in + (later >> 1), rows.ahead > 0
    then = item(rows.indptr, follower)
    further = first_vector(follower, then, kind) - k
    if asks:
        last = item(rows.indptr, follower + 1) - 1
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
def input_gradient(
    t: int, share: int, shares: int, x: Trains, rows: Rows, kind, number, row: int, gradient
):
    """One of several shares of what the inputs' spikes of step t add to their weights' gradient.

    A share is whole rows. That of the neurons' weights is taken with the gathering.
    """
    ptr, sources = x
    for s in range(ptr[t] + share, ptr[t + 1], shares):
        gradient_row(rows, item(sources, s), kind, number, row, gradient)


@inner
def gradient_row(rows: Rows, source: int, kind, number, row: int, gradient):
    """Add to the gradient of each weight of `source` dL/dI where and when its spike arrived."""
    base, offset, width = rows.base, rows.offset, lane_count(kind)
    start, stop = item(rows.indptr, source), item(rows.indptr, source + 1)
    k, straight = first_vector(source, start, kind), rows.straight[source]
    for c in range(start, stop, width):
        some, at = first_lanes(kind, stop - c), row + item(base, k)
        total = load_some(kind, gradient, c, some)
        if straight:
            total = total + load_some(kind, number, at + item(offset, k * width), some)
        else:
            total = total + gather_lanes(kind, number, at, offset, k * width)
        store_some(gradient, c, some, total)
        k += 1

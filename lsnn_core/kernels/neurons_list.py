"""The three walks over a list of connections: spikes forward, adjoint backward, weight gradient.

Rows are far apart in memory, and who is next is known: its row is asked for ahead of time.
"""

from __future__ import annotations

from .gathers import fetch, first_lanes, gather_some, load_some, scatter_some, store_some
from .jit import inner
from .lanes import fma, item, lane_count, lane_sum, splat
from .neurons_state import Extent, Rows, Sums, Trains

AHEAD = 2  # rows


@inner
def first_base(source: int, start: int, kind) -> int:
    """Where the bases begin of the row that starts at connection `start`: see `Rows.base`."""
    return source + start // lane_count(kind)


@inner
def fetch_row(rows: Rows, source: int, kind):
    """Ask for the connections of a source."""
    start = item(rows.indptr, source)
    fetch_some(rows, source, start, start, item(rows.indptr, source + 1), kind)


@inner
def fetch_some(rows: Rows, source: int, start: int, low: int, stop: int, kind):
    """Ask for connections low:stop of a source, whose row begins at `start`."""
    fetch(rows.base, first_base(source, start, kind))
    for c in range(low, stop, lane_count(kind)):
        fetch(rows.offset, c)
        fetch(rows.weight, c)


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
        if s + AHEAD < end:
            ahead = first_source + item(source, s + AHEAD)
            start, at = item(rows.cut, ahead * parts), ahead * parts + part
            fetch_some(rows, ahead, start, item(rows.cut, at), item(rows.cut, at + 1), kind)
        deposit_row(rows, first_source + item(source, s), part, parts, kind, number, row)


@inner
def deposit_row(rows: Rows, source: int, part: int, parts: int, kind, number, row: int):
    """One spike; its targets differ from each other, so that a vector of them can be added to."""
    cut, base, offset, weight = rows.cut, rows.base, rows.offset, rows.weight
    width, start = lane_count(kind), item(cut, source * parts)
    low, stop = item(cut, source * parts + part), item(cut, source * parts + part + 1)
    skipped, straight = (low - start) // width, rows.straight[source]
    k = first_base(source, start, kind) + skipped
    for c in range(start + skipped * width, stop, width):
        some, at = first_lanes(kind, stop - c), row + item(base, k)
        if c < low:
            some = some & ~first_lanes(kind, low - c)
        added = load_some(kind, weight, c, some)
        if straight:  # needs no gathers
            at += item(offset, c)
            store_some(number, at, some, load_some(kind, number, at, some) + added)
        else:
            total = gather_some(kind, number, at, offset, c, some) + added
            scatter_some(kind, number, at, offset, c, some, total)
        k += 1


@inner
def gather_list(rows: Rows, n_in: int, begin: int, end: int, kind, number, row: int, sums: Sums):
    """What their targets bring to dL/dz of the neurons queue[begin:end]."""
    queue, fired, gathered = sums.queue, sums.fired, sums.gathered_number
    width = lane_count(kind)
    for k in range(begin, min(begin + AHEAD, end)):
        fetch_row(rows, n_in + item(queue, k), kind)
    for k in range(begin, end):
        if k + AHEAD < end:
            fetch_row(rows, n_in + item(queue, k + AHEAD), kind)
        j = item(queue, k)
        spiked = (item(fired, j // width) >> (j % width)) & 1 == 1
        gathered[j] = gather_row(rows, n_in + j, kind, number, row, spiked, sums.weight)


@inner
def gather_row(rows: Rows, source: int, kind, number, row: int, spiked: bool, gradient):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive.

    Where it spiked, dL/dI is what its weights' gradient grows by.
    """
    base, offset, weight = rows.base, rows.offset, rows.weight
    start, stop = item(rows.indptr, source), item(rows.indptr, source + 1)
    total, k = splat(kind, 0.0), first_base(source, start, kind)
    for c in range(start, stop, lane_count(kind)):
        some = first_lanes(kind, stop - c)
        arrived = gather_some(kind, number, row + item(base, k), offset, c, some)
        total = fma(load_some(kind, weight, c, some), arrived, total)
        if spiked:
            store_some(gradient, c, some, load_some(kind, gradient, c, some) + arrived)
        k += 1
    return lane_sum(total)


@inner
def gradient_list(t0: int, t1: int, extent: Extent, x: Trains, rows: Rows, kind, number, gradient):
    """Add to the gradient of each input's weight dL/dI wherever and whenever a spike arrived.

    That of the neurons' weights has been taken with the gathering.
    """
    ptr, sources = x
    base, offset = rows.base, rows.offset
    width = lane_count(kind)
    for t in range(t0, t1):
        row = (t - t0) * (extent.blocks + extent.outs) * width
        for s in range(ptr[t], ptr[t + 1]):
            source = item(sources, s)
            start, stop = item(rows.indptr, source), item(rows.indptr, source + 1)
            k, straight = first_base(source, start, kind), rows.straight[source]
            for c in range(start, stop, width):
                some, at = first_lanes(kind, stop - c), row + item(base, k)
                total = load_some(kind, gradient, c, some)
                if straight:
                    total = total + load_some(kind, number, at + item(offset, c), some)
                else:
                    total = total + gather_some(kind, number, at, offset, c, some)
                store_some(gradient, c, some, total)
                k += 1

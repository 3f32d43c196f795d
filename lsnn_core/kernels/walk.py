"""The three walks over the connections: spikes forward, adjoint backward, weight gradient.

Each walks the connection list, row by row.
"""

from __future__ import annotations

from .block import Adjoint, Events, Setting, Tape, Wiring
from .jit import inner
from .lanes import fma, item, load, mask_of, select, splat, store


@inner
def deposit(indptr, offset, weight, source: int, lanes: int, tape, row: int):
    """A spike of `source` in some lanes: add its weights to the currents they will arrive in."""
    z = select(mask_of(tape, lanes), splat(tape, 1.0), 0.0)
    start, stop = indptr[source], indptr[source + 1]
    rest = stop - (stop - start) % 4
    for c in range(start, rest, 4):  # a row has each target once: all four may be read first
        at_0, at_1 = row + item(offset, c), row + item(offset, c + 1)
        at_2, at_3 = row + item(offset, c + 2), row + item(offset, c + 3)
        total_0 = fma(item(weight, c), z, load(tape, at_0))
        total_1 = fma(item(weight, c + 1), z, load(tape, at_1))
        total_2 = fma(item(weight, c + 2), z, load(tape, at_2))
        total_3 = fma(item(weight, c + 3), z, load(tape, at_3))
        store(tape, at_0, total_0)
        store(tape, at_1, total_1)
        store(tape, at_2, total_2)
        store(tape, at_3, total_3)
    for c in range(rest, stop):
        at = row + item(offset, c)
        store(tape, at, fma(item(weight, c), z, load(tape, at)))


@inner
def spread(
    wiring: Wiring,
    first_source: int,
    source,
    lanes,
    begin: int,
    end: int,
    tape,
    row: int,
):
    """All spikes begin:end of a step reach the currents (and readouts) they will arrive in."""
    indptr, offset, weight = wiring
    for e in range(begin, end):
        deposit(indptr, offset, weight, first_source + source[e], lanes[e], tape, row)


@inner
def gather(indptr, offset, weight, source: int, tape, row: int):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive."""
    total = splat(tape, 0.0)
    second, third, fourth = total, total, total  # four sums: one would wait for itself
    start, stop = indptr[source], indptr[source + 1]
    rest = stop - (stop - start) % 4
    for c in range(start, rest, 4):
        total = fma(item(weight, c), load(tape, row + item(offset, c)), total)
        second = fma(item(weight, c + 1), load(tape, row + item(offset, c + 1)), second)
        third = fma(item(weight, c + 2), load(tape, row + item(offset, c + 2)), third)
        fourth = fma(item(weight, c + 3), load(tape, row + item(offset, c + 3)), fourth)
    for c in range(rest, stop):
        total = fma(item(weight, c), load(tape, row + item(offset, c)), total)
    return (total + second) + (third + fourth)


@inner
def collect(setting: Setting, wiring: Wiring, active, count: int, tape, row: int, out):
    """out[j] = sum over the targets of neuron j of weight times dL/dI, for the active neurons j."""
    indptr, offset, weight = wiring
    for i in range(count):
        j = active[i]
        store(out, j, gather(indptr, offset, weight, setting.n_in + j, tape, row))


@inner
def group_by_source(t0: int, t1: int, start: int, n_rows: int, width: int, events: Events, order):
    """Sort the spikes of a segment by source into `order`: ends of the rows, tape rows, lanes.

    Returns (count, sorted_row, sorted_lanes): spikes of row s end at count[s].
    """
    ptr, source, lanes = events
    begin, end = ptr[t0], ptr[t1]
    count = order[: n_rows + 1]
    sorted_row, sorted_lanes = order[n_rows + 1 :], order[n_rows + 1 + end - begin :]
    for s in range(n_rows + 1):
        count[s] = 0
    for e in range(begin, end):
        count[source[e] + 1] += 1
    for s in range(n_rows):
        count[s + 1] += count[s]
    for t in range(t0, t1):
        for e in range(ptr[t], ptr[t + 1]):
            slot = count[source[e]]
            count[source[e]] += 1
            sorted_row[slot] = (t - start) * width
            sorted_lanes[slot] = lanes[e]
    return count, sorted_row, sorted_lanes


@inner
def weight_gradient(
    t0: int,
    t1: int,
    start: int,
    first_source: int,
    n_rows: int,
    setting: Setting,
    events: Events,
    wiring: Wiring,
    tape: Tape,
    adjoint: Adjoint,
    order,
):
    """Add to the gradient of each weight dL/dI wherever and whenever a spike of its source arrived.

    Spikes of the segment are grouped by source first (`order`: scratch of at least n_rows + 1 int64
    and two for each spike), so that a connection's sum stays in a register.
    """
    width = setting.n + setting.n_out
    count, row, lanes = group_by_source(t0, t1, start, n_rows, width, events, order)
    _walk_rows(first_source, n_rows, wiring, count, row, lanes, tape.V, adjoint.weight)


@inner
def _walk_rows(
    first_source: int,
    n_rows: int,
    wiring: Wiring,
    count,
    sorted_row,
    sorted_lanes,
    tape,
    gradient,
):
    indptr, offset = wiring.indptr, wiring.offset
    stop = 0
    for s in range(n_rows):
        begin, stop = stop, count[s]
        if begin == stop:
            continue
        first, last = indptr[first_source + s], indptr[first_source + s + 1]
        rest = last - (last - first) % 4
        for c in range(first, rest, 4):  # four sums at a time: one would wait for itself
            at_0, at_1 = item(offset, c), item(offset, c + 1)
            at_2, at_3 = item(offset, c + 2), item(offset, c + 3)
            sum_0, sum_1 = load(gradient, c), load(gradient, c + 1)
            sum_2, sum_3 = load(gradient, c + 2), load(gradient, c + 3)
            for e in range(begin, stop):
                row, spiked = item(sorted_row, e), mask_of(tape, item(sorted_lanes, e))
                sum_0 = sum_0 + select(spiked, load(tape, row + at_0), 0.0)
                sum_1 = sum_1 + select(spiked, load(tape, row + at_1), 0.0)
                sum_2 = sum_2 + select(spiked, load(tape, row + at_2), 0.0)
                sum_3 = sum_3 + select(spiked, load(tape, row + at_3), 0.0)
            store(gradient, c, sum_0)
            store(gradient, c + 1, sum_1)
            store(gradient, c + 2, sum_2)
            store(gradient, c + 3, sum_3)
        for c in range(rest, last):
            total = load(gradient, c)
            for e in range(begin, stop):
                arrived = load(tape, item(sorted_row, e) + item(offset, c))
                spiked = mask_of(tape, item(sorted_lanes, e))
                total = total + select(spiked, arrived, 0.0)
            store(gradient, c, total)

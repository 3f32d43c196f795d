"""The three walks over the connections: spikes forward, adjoint backward, weight gradient.

Each walks the connection list, row by row.
"""

from __future__ import annotations

from ..jit import inner
from ..network import Events
from ..vectors.gathers import first_lanes, gather_lane, load_some, lowest_bit, store_some
from ..vectors.lanes import fma, item, lane_count, load, mask_of, select, splat, store
from .state import Connections


@inner
def deliver(t: int, first_source: int, events: Events, connections: Connections, tape, row: int):
    """All spikes of step t reach the currents (and readouts) they will arrive in."""
    ptr, source, lanes = events
    indptr, offset, weight = connections
    for e in range(ptr[t], ptr[t + 1]):
        z = select(mask_of(tape, lanes[e]), splat(tape, 1.0), 0.0)
        s = first_source + source[e]
        for c in range(item(indptr, s), item(indptr, s + 1)):
            at = row + item(offset, c)
            store(tape, at, fma(item(weight, c), z, load(tape, at)))


@inner
def gather(connections: Connections, source: int, tape, row: int):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive."""
    indptr, offset, weight = connections
    total = splat(tape, 0.0)
    second = total  # two sums: one would wait for itself
    start, stop = item(indptr, source), item(indptr, source + 1)
    rest = stop - (stop - start) % 2
    for c in range(start, rest, 2):
        total = fma(item(weight, c), load(tape, row + item(offset, c)), total)
        second = fma(item(weight, c + 1), load(tape, row + item(offset, c + 1)), second)
    for c in range(rest, stop):  # one or none; written as `if`, the kernel took 1.7 times as long
        total = fma(item(weight, c), load(tape, row + item(offset, c)), total)
    return total + second


@inner
def weight_gradient(
    t: int, first_source: int, events: Events, connections: Connections, tape, row: int, gradient
):
    """Add to the gradient of each weight dL/dI where and when a spike of step t arrived.

    Few of an event's lanes hold a spike: those are read one by one, of neighbouring connections
    together.
    """
    ptr, source, lanes = events
    indptr, offset = connections.indptr, connections.offset
    for e in range(ptr[t], ptr[t + 1]):
        s = first_source + source[e]
        stop = item(indptr, s + 1)
        for c in range(item(indptr, s), stop, lane_count(gradient)):
            some = first_lanes(gradient, stop - c)
            total = load_some(gradient, gradient, c, some)
            spiked = int(lanes[e])
            while spiked != 0:
                lane = lowest_bit(spiked)
                total = total + gather_lane(gradient, tape, row, lane, offset, c)
                spiked &= spiked - 1
            store_some(gradient, c, some, total)

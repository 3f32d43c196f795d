"""The walk over a target's connections: their spikes meet what its column says of each step."""

from __future__ import annotations

from typing import NamedTuple

from ..examples.state import Pass
from ..jit import inner
from ..subnormal import flushed
from ..vectors.lanes import item, lane_sum, load, mask_of, select, splat, store
from .column import Carried
from .state import ITEMS, OF_LOSS, OF_SPIKES, OF_V, Learning, OF_b, Segment


@inner
def arrivals(q: int, n_steps: int, e: Learning):
    """The spikes over connection q that arrive in the segment: first, and one past the last."""
    first, step, _ = e.trains
    source, delay = item(e.incoming.source, q), item(e.incoming.delay, q)
    s, stop = item(first, source), item(first, source + 1)
    while s < stop and item(step, s) + delay < 0:
        s += 1
    while s < stop and item(step, stop - 1) + delay >= n_steps:
        stop -= 1
    return s, stop


class Sums(NamedTuple):
    """What is after a segment of the traces of V and b, and what is brought to the loss's sums."""

    V: object  # vectors
    b: object
    loss: object
    spikes: object


@inner
def meet_neuron(j: int, segment: Segment, carried: Carried, p: Pass, e: Learning, adaptive: bool):
    """Carry the traces of neuron j's connections over a segment, and add up what they earn."""
    traces, tiny = e.traces, p.constants.tiny
    base = e.incoming.ptr[p.constants.first_adaptive]  # of the traces of b
    for q in range(e.incoming.ptr[j], e.incoming.ptr[j + 1]):
        V, b = load(traces.V, q), splat(e.column, 0.0)
        if adaptive:
            b = load(traces.b, q - base)
        sums = Sums(
            carried.V_to_V * V + carried.b_to_V * b,
            carried.V_to_b * V + carried.b_to_b * b,
            carried.V_to_loss * V + carried.b_to_loss * b,
            carried.V_to_spikes * V + carried.b_to_spikes * b,
        )
        sums = add_arrivals(q, segment, sums, e, adaptive)
        store(traces.V, q, flushed(sums.V, tiny))
        if adaptive:
            store(traces.b, q - base, flushed(sums.b, tiny))
        if segment.with_loss:
            earn(q, sums.loss, segment, p, e)
        if segment.with_spikes:
            traces.ever[q] += lane_sum(sums.spikes)


@inner
def add_arrivals(q: int, segment: Segment, sums: Sums, e: Learning, adaptive: bool):
    """Add what the column of the target says of each spike over connection q."""
    column, step, lanes, d = e.column, e.trains.step, e.trains.lanes, item(e.incoming.delay, q)
    to_V, to_b, to_loss, to_spikes = sums
    start, stop = arrivals(q, segment.n_steps, e)
    for s in range(start, stop):
        at, spiked = (item(step, s) + d) * ITEMS, mask_of(column, item(lanes, s))
        to_V = select(spiked, to_V + load(column, at + OF_V), to_V)
        if adaptive:
            to_b = select(spiked, to_b + load(column, at + OF_b), to_b)
        if segment.with_loss:
            to_loss = select(spiked, to_loss + load(column, at + OF_LOSS), to_loss)
        if segment.with_spikes:
            to_spikes = select(spiked, to_spikes + load(column, at + OF_SPIKES), to_spikes)
    return Sums(to_V, to_b, to_loss, to_spikes)


@inner
def meet_output(j: int, segment: Segment, p: Pass, e: Learning):
    """The same for the connections to output j, which arrive at once."""
    column, step, lanes = e.column, e.trains.step, e.trains.lanes
    for q in range(e.incoming.ptr[j], e.incoming.ptr[j + 1]):
        to_loss = splat(column, 0.0)
        start, stop = arrivals(q, segment.n_steps, e)
        for s in range(start, stop):
            at, spiked = item(step, s) * ITEMS, mask_of(column, item(lanes, s))
            to_loss = select(spiked, to_loss + load(column, at + OF_LOSS), to_loss)
        earn(q, to_loss, segment, p, e)


@inner
def earn(q: int, to_loss, segment: Segment, p: Pass, e: Learning):
    """Add what a segment brought to a connection's gradient, or to what waits for errors."""
    if segment.known:
        e.weight[e.incoming.place[q]] += lane_sum(to_loss)
    else:
        late = to_loss + segment.fade * load(e.traces.late, q)
        store(e.traces.late, q, flushed(late, p.constants.tiny))

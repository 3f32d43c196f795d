"""Spikes of a segment: the record that is kept as long as a delay may need it, and by source."""

from __future__ import annotations

from ..examples.forward import copy_items
from ..examples.state import Pass
from ..jit import inner
from ..network import Events
from ..vectors.gathers import bit_count
from .state import Segment, Trains


@inner
def count_new(spikes: Events, first_step: int, last_step: int, counts):
    """Add to `counts` (N,) the spikes of some steps of a record."""
    ptr, source, lanes = spikes
    for e in range(ptr[first_step], ptr[last_step]):
        counts[source[e]] += bit_count(lanes[e])


@inner
def keep_last(spikes: Events, passed: int, kept: int):
    """Forget the first `passed` steps of a record, and keep the `kept` after them."""
    ptr, source, lanes = spikes
    start, count = ptr[passed], ptr[passed + kept] - ptr[passed]
    copy_items(source, start, source, 0, count)
    copy_items(lanes, start, lanes, 0, count)
    for t in range(kept + 1):
        ptr[t] = ptr[passed + t] - start


@inner
def part_by_source(segment: Segment, p: Pass, spikes: Events, trains: Trains):
    """Fill `trains` with who fired from D steps before a segment to its end.

    `p.x` numbers its steps as the run does; the first step of `spikes` is D before the segment.
    """
    first, x, n_in, delay = trains.first, p.x, p.constants.n_in, p.constants.max_delay
    t0, end = segment.t0, segment.t0 + segment.n_steps
    begin, steps = max(t0 - delay, 0), delay + segment.n_steps
    for s in range(first.size):
        first[s] = 0
    for e in range(x.ptr[begin], x.ptr[end]):
        first[x.source[e] + 1] += 1
    for e in range(spikes.ptr[0], spikes.ptr[steps]):
        first[n_in + spikes.source[e] + 1] += 1
    for s in range(first.size - 1):
        first[s + 1] += first[s]
    put(begin, end, t0, 0, x, trains)
    put(0, steps, delay, n_in, spikes, trains)
    for s in range(first.size - 1, 0, -1):  # each has moved to where the next one began
        first[s] = first[s - 1]
    first[0] = 0


@inner
def put(begin: int, end: int, zero: int, first_source: int, events: Events, trains: Trains):
    """Put the events of steps begin:end where `trains.first` says, which moves on."""
    ptr, source, lanes = events
    first, step, masks = trains
    for t in range(begin, end):
        for e in range(ptr[t], ptr[t + 1]):
            at = first[first_source + source[e]]
            step[at] = t - zero
            masks[at] = lanes[e]
            first[first_source + source[e]] = at + 1

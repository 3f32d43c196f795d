"""A run of a block that learns as it goes, with one state and the tape of one segment.

A task knows the errors of a run when it has seen all of its readout. So the run is in three parts:
up to the first step that the loss reads, with traces that wait for errors; from there to the end,
forward only; and then this part once more, to meet the errors.
"""

from __future__ import annotations

from ..examples.forward import copy_items, copy_lanes, forward_segment
from ..examples.state import Pass, Sizes
from ..jit import inner, kernel
from ..network import ZERO, Constants, Events
from .column import walk_back
from .connections import meet_neuron, meet_output
from .errors import weigh_spikes
from .spikes import count_new, keep_last, part_by_source
from .state import Learning, Segment

FORWARD, WAITING, MEETING = range(3)  # what to do with the errors of a part of a run


@kernel
def run_part(begin: int, end: int, purpose: int, with_spikes: bool, p: Pass, e: Learning):
    """Take steps begin:end from `p.state`; spikes are counted but in the part that is run again."""
    delay, record = p.constants.max_delay, e.traces.spikes
    for t0 in range(begin, end, p.sizes.segment):
        t1 = min(t0 + p.sizes.segment, end)
        n_steps = t1 - t0
        here = from_step(t0, p, record)
        forward_segment(ZERO, n_steps, ZERO, here)
        if purpose != MEETING:
            count_new(record, delay, delay + n_steps, e.counts)
        if purpose != FORWARD:
            fade, known = p.constants.kappa**n_steps, purpose == MEETING
            heard = t1 + e.memory > e.readout_start
            segment = Segment(t0, n_steps, known, heard, with_spikes and not known, fade)
            part_by_source(segment, p, record, e.trains)
            learn(segment, here, e)
        keep_last(record, n_steps, delay)


@inner
def from_step(t0: int, p: Pass, record: Events) -> Pass:
    """The same pass as if step t0 were its first; its spikes go behind those of D steps."""
    c, s = p.constants, p.sizes
    constants = Constants(
        c.n_in, c.n, c.n_out, c.max_delay, c.first_adaptive, c.official, c.through_reset, c.kappa,
        c.gamma, c.surrogate, c.noise, c.used_lanes, c.first_step + t0, c.tiny,
    )  # fmt: skip
    x = Events(p.x.ptr[t0:], p.x.source, p.x.lanes)
    spikes = Events(record.ptr[c.max_delay :], record.source, record.lanes)
    sizes = Sizes(s.n_steps - t0, s.segment, s.y_start - t0, s.tape_holds_all, s.truncate)
    return Pass(
        sizes, constants, p.connections, p.neurons, x, p.current, p.keys, p.state, p.saved, p.tape,
        spikes, p.y,
    )  # fmt: skip


@inner
def learn(segment: Segment, p: Pass, e: Learning):
    """All targets, one by one, from the segment that is on the tape."""
    n, first = p.constants.n, p.constants.first_adaptive
    for j in range(n + p.constants.n_out):
        if segment.with_loss:
            weigh_spikes(j, segment, p, e)
        if j >= n:
            if segment.with_loss:
                meet_output(j, segment, p, e)
        elif j >= first:
            carried = walk_back(j, segment, p, e, True)
            meet_neuron(j, segment, carried, p, e, True)
        else:
            carried = walk_back(j, segment, p, e, False)
            meet_neuron(j, segment, carried, p, e, False)
    last, traces = segment.n_steps - 1, e.traces
    copy_lanes(p.tape.V, last * (n + p.constants.n_out), traces.last_V, 0, n)
    copy_lanes(p.tape.b, last * (n - first), traces.last_b, 0, n - first)
    copy_items(p.tape.ref, last * n, traces.last_ref, 0, n)
    copy_items(p.state.z, 0, traces.last_z, 0, n)

"""Examples forward, step by step, by one thread or several (twin: reference/forward.py).

Sixteen neurons a vector, spikes one by one. The threads wait for each other once a step: see
`step_forward`. So a segment of S steps takes S + 1 such steps, the last of which only brings
spikes.
"""

from __future__ import annotations

from typing import NamedTuple

from ..jit import inner, kernel
from ..network import ZERO
from ..neuron import adaptation, is_refractory, potential, threshold, wait_after
from ..subnormal import EVERY, flush, flushed
from ..vectors.gathers import lowest_bit
from ..vectors.lanes import bits, lane_count, load, mask_of, store
from .connection_list import deliver_list
from .connection_matrix import deliver_rows
from .sharing import ORIGIN, begin_step, chunk_done, end_step, take_back, take_front
from .state import Pass, Sizes, Threads, Trains, stride


@inner
def forward_example(e: int, t0: int, t1: int, p: Pass):
    """Advance slot `e` of the state from step t0 to t1, leaving the segment on the tape."""
    sizes, threads, lanes, pending = p.sizes, p.threads, p.tape.lanes, p.state.pending
    parts, length = p.connections.bounds.size - 1, sizes.vectors + sizes.outs
    first = e * sizes.tape
    delayed = p.constants.max_delay * length
    threads.sync[ORIGIN] = t0
    for i in range(delayed):
        store(lanes, first + i, load(pending, e * delayed + i))
    for local in range(t1 - t0 + 1):
        begin_step(threads, local)
        part = take_front(threads, parts)
        while part >= 0:
            step_forward(e, local, part, p)
            chunk_done(threads)
            part = take_front(threads, parts)
        end_step(threads, parts)
        if t0 + local < t1:
            at_t, width = e * (sizes.n_steps + 1) + t0 + local, lane_count(p.neurons.b0)
            join_parts(at_t, p.connections.bounds, width, threads, p.spikes)
    for i in range(delayed):
        store(pending, e * delayed + i, load(lanes, first + (t1 - t0) * length + i))


@kernel
def work_forward(p: Pass):
    """Take parts of whatever step of the first example is at work, until told to stop."""
    threads, parts = p.threads, p.connections.bounds.size - 1
    local, part = take_back(threads, parts)
    while local >= -1:
        if part >= 0:
            step_forward(ZERO, local, part, p)
            chunk_done(threads)
        local, part = take_back(threads, parts)


@inner
def join_parts(at_t: int, bounds, width: int, threads: Threads, spikes: Trains):
    """Add what `advance` has noted of the parts of a step to the spikes of all steps."""
    ptr, source = spikes
    end = ptr[at_t]
    for part in range(threads.n_fired.size):
        first = bounds[part] * width
        for s in range(first, first + threads.n_fired[part]):
            source[end] = threads.fired[s]
            end += 1
    ptr[at_t + 1] = end


class Place(NamedTuple):
    """A part of the neurons of one example at one step, and where these are in arrays."""

    e: int
    t: int
    local: int  # step of the segment
    first: int  # vector of the part
    last: int
    ends: bool  # the outputs come after these neurons
    row: int  # of step t in the tape
    at_t: int  # of step t in trains


@inner
def find_place(e: int, t0: int, local: int, part: int, sizes: Sizes, bounds) -> Place:
    """Where a part is at step `local` of the segment that begins with t0."""
    t = t0 + local
    return Place(
        e=e,
        t=t,
        local=local,
        first=bounds[part],
        last=bounds[part + 1],
        ends=part + 2 == bounds.size,
        row=e * sizes.tape + local * (sizes.vectors + sizes.outs),
        at_t=e * (sizes.n_steps + 1) + t,
    )


@inner
def step_forward(e: int, local: int, part: int, p: Pass):
    """A part of the neurons gets what the spikes of step t - 1 bring, and is advanced to step t."""
    sizes = p.sizes
    here = find_place(e, p.threads.sync[ORIGIN], local, part, sizes, p.connections.bounds)
    if local > 0:
        bring_spikes(here, part, p)
        if here.ends:
            read_out(here, p)
    if local < sizes.segment and here.t < sizes.n_steps:
        p.threads.n_fired[part] = advance(here, p)


@inner
def bring_spikes(here: Place, part: int, p: Pass):
    """Deliver the spikes of step t - 1 to the currents of the part; their furthest row is new."""
    length, outs = p.sizes.vectors + p.sizes.outs, p.sizes.outs
    row, at_t = here.row - length, here.at_t - 1
    new = row + p.constants.max_delay * length
    for i in range(new + here.first, new + here.last + (outs if here.ends else 0)):
        store(p.tape.lanes, i, 0.0)
    deliver(p.x, ZERO, at_t, part, row, p)
    deliver(p.spikes, p.constants.n_in, at_t, part, row, p)


@inner
def deliver(trains: Trains, first_source: int, at_t: int, part: int, row: int, p: Pass):
    """Spikes of one step of one train add their weights to currents of the part."""
    if p.connections.delay > 0:
        deliver_rows(trains, first_source, at_t, row, p)
    else:
        deliver_list(trains, first_source, at_t, part, row * lane_count(p.neurons.b0), p)


@inner
def read_out(here: Place, p: Pass):
    """The readouts of step t - 1."""
    sizes, constants, u_before = p.sizes, p.constants, p.state.u
    outs, at = sizes.outs, here.e * sizes.outs
    kept = here.e * (sizes.n_steps - sizes.y_start) + here.t - 1 - sizes.y_start
    for k in range(outs):
        arrived = load(p.tape.lanes, here.row + sizes.vectors + k)
        u = constants.kappa * load(u_before, at + k) + (1.0 - constants.kappa) * arrived
        store(u_before, at + k, flushed(u, constants.tiny))
        if here.t > sizes.y_start:
            store(p.y, kept * outs + k, u + load(p.neurons.b_out, k))


@inner
def advance(here: Place, p: Pass) -> int:
    """Neurons of a part at step t; notes those that fired, and returns how many."""
    sizes, constants, state = p.sizes, p.constants, p.state
    alpha, gain, rho, rise, beta, b0, n_ref = p.neurons[:7]
    state_V, state_b, wait, state_z = state.V, state.b, state.wait, state.z
    tape_V, tape_b, tape_ref = p.tape.lanes, p.tape.b, p.tape.ref
    vectors, width = sizes.vectors, lane_count(b0)
    per_V, per_b, per_ref = stride(alpha), stride(rho), stride(n_ref)
    plain = constants.first_adaptive // width  # vectors without an adaptive neuron
    at, row = here.e * vectors, here.row
    record = here.e * sizes.segment + here.local
    row_b, record = record * (vectors - plain) - plain, record * vectors
    count = here.first * width
    for i in range(here.first, here.last):
        z_before = mask_of(b0, state_z[at + i])
        V_before, B = load(state_V, at + i), load(b0, i)
        B_before = B
        if i >= plain:
            b_before, strength = load(state_b, at + i), load(beta, i)
            b = adaptation(b_before, z_before, load(rho, i * per_b), load(rise, i * per_b))
            B_before, B = threshold(b_before, strength, B), threshold(b, strength, B)
            store(state_b, at + i, b)
            store(tape_b, row_b + i, b)
        B_reset = B if constants.official else B_before
        decay, growth = load(alpha, i * per_V), load(gain, i * per_V)
        V = potential(V_before, load(tape_V, row + i), z_before, B_reset, decay, growth)
        tested = V_before if constants.official else V
        store(state_V, at + i, V)
        store(tape_V, row + i, tested)
        waits = load(wait, at + i)
        refractory = is_refractory(waits)
        fired = (tested > B) & ~refractory
        store(wait, at + i, wait_after(fired, waits, load(n_ref, i * per_ref)))
        tape_ref[record + i] = bits(refractory)
        state_z[at + i] = bits(fired)
        unlisted = bits(fired)
        while unlisted != 0:
            p.threads.fired[count] = i * width + lowest_bit(unlisted)
            count += 1
            unlisted &= unlisted - 1
    if (here.t + 1) % EVERY == 0:
        first, size = at + here.first, here.last - here.first
        first_b = at + max(here.first, plain)
        flush(state_V, first, size, constants.tiny)
        flush(state_b, first_b, first + size - first_b, constants.tiny)
    return count - here.first * width

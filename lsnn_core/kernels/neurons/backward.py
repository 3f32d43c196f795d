"""Examples backward, step by step, by one thread or several (twin: reference/adjoint.py)."""

from __future__ import annotations

from typing import NamedTuple

from ..jit import inner, kernel
from ..neuron import (
    left_behind,
    per_alpha,
    per_rho,
    psi_nonzero,
    threshold,
    through_adaptation,
    through_spike,
    through_time,
)
from ..subnormal import flushed
from ..sums import add
from ..vectors.gathers import lowest_bit, put_item
from ..vectors.lanes import bits, item, lane_count, load, mask_of, splat, store
from .connection_list import gather_list, input_gradient, queued
from .connection_matrix import gather_columns
from .sharing import begin_step, chunk_done, end_step, take_back, take_front
from .state import Adjoint, Pass, Sizes, Trains, stride

CHUNK = 16  # vectors of neurons: some microseconds
ALL_LANES = 0xFFFF  # also makes a signed number of a mask


@inner
def backward_examples(t0: int, t1: int, p: Pass, adjoint: Adjoint):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the tape."""
    width, count, threads = lane_count(p.neurons.b0), chunks(p.sizes), p.threads
    for t in range(t1 - 1, t0 - 1, -1):
        readout_back(t, t - t0, p, adjoint)
        if p.connections.delay > 0:
            gather_columns(t - t0, p, adjoint.gathered)
        mark_spikes(t, p.sizes, p.spikes, width, adjoint.fired)
        if p.constants.official:
            mark_spikes(t - 1, p.sizes, p.spikes, width, adjoint.fired_before)
        begin_step(threads, t)
        chunk = take_front(threads, count)
        while chunk >= 0:
            step_back(t, chunk, p, adjoint)
            chunk_done(threads)
            chunk = take_front(threads, count)
        end_step(threads, count)


@kernel
def work_backward(p: Pass, adjoint: Adjoint):
    """Take chunks of whatever step back is at work, until told to stop."""
    threads, count = p.threads, chunks(p.sizes)
    t, chunk = take_back(threads, count)
    while t >= -1:
        if chunk >= 0:
            step_back(t, chunk, p, adjoint)
            chunk_done(threads)
        t, chunk = take_back(threads, count)


@inner
def readout_back(t: int, local: int, p: Pass, adjoint: Adjoint):
    """dL/du of step t, and what it brings to the current of the readout."""
    sizes, kappa, next_u = p.sizes, p.constants.kappa, adjoint.u
    outs, kept, since = sizes.outs, sizes.n_steps - sizes.y_start, t - sizes.y_start
    for e in range(sizes.examples):
        row = e * sizes.tape + (local + 1) * (sizes.vectors + outs) + sizes.vectors
        for k in range(outs):
            d_u = kappa * load(next_u, e * outs + k)
            if since >= 0:
                d_u = d_u + load(adjoint.d_y, (e * kept + since) * outs + k)
            store(next_u, e * outs + k, flushed(d_u, p.constants.tiny))
            store(p.tape.lanes, row + k, (1.0 - kappa) * d_u)


@inner
def mark_spikes(step: int, sizes: Sizes, spikes: Trains, width: int, z):
    """Write into `z` who spiked in a step: before the first one, nobody did."""
    ptr, source = spikes
    vectors = sizes.vectors
    for i in range(sizes.examples * vectors):
        z[i] = 0
    if step >= 0:
        for e in range(sizes.examples):
            at = e * (sizes.n_steps + 1) + step
            for s in range(ptr[at], ptr[at + 1]):
                z[e * vectors + source[s] // width] |= 1 << (source[s] % width)


class Chunk(NamedTuple):
    """Vectors of neurons of one example at one step, and what to add to reach their numbers."""

    first: int
    last: int
    at: int  # in arrays of L * vectors items
    row: int  # in the tape
    record: int  # in Tape.ref
    row_b: int  # in Tape.b


@inner
def chunks(sizes: Sizes) -> int:
    """How many chunks a step has: each is some vectors of neurons of one example."""
    return sizes.examples * ((sizes.vectors + CHUNK - 1) // CHUNK)


@inner
def find_chunk(t: int, chunk: int, sizes: Sizes, plain: int) -> Chunk:
    """Where chunk number `chunk` of step t is."""
    vectors, local = sizes.vectors, t % sizes.segment
    each = chunks(sizes) // sizes.examples
    e, first = chunk // each, chunk % each * CHUNK
    record = e * sizes.segment + local
    return Chunk(
        first=first,
        last=min(first + CHUNK, vectors),
        at=e * vectors,
        row=e * sizes.tape + local * (vectors + sizes.outs),
        record=record * vectors,
        row_b=record * (vectors - plain) - plain,
    )


@inner
def recorded(i: int, here: Chunk, plain: int, p: Pass):
    """The tested V of vector i, its threshold, where psi is not 0, and who fired."""
    V, B = load(p.tape.lanes, here.row + i), load(p.neurons.b0, i)
    if i >= plain:
        B = threshold(load(p.tape.b, here.row_b + i), load(p.neurons.beta, i), B)
    refractory = mask_of(p.neurons.b0, item(p.tape.ref, here.record + i))
    nonzero = psi_nonzero(V, B, refractory, p.constants.surrogate)
    return V, B, nonzero, (V > B) & ~refractory


@inner
def walk_list(t: int, chunk: int, here: Chunk, plain: int, p: Pass, adjoint: Adjoint):
    """Read the connections of the neurons whose psi is not 0, or that spiked, and of no others.

    And those of a share of the inputs that spiked. A list serves one example, so that a neuron's
    number is its place.
    """
    queue, fired, width = adjoint.queue, adjoint.fired, lane_count(p.neurons.b0)
    row, begin = here.row * width, here.first * width
    input_gradient(t, chunk, chunks(p.sizes), row, p, adjoint.weight)
    end, full = begin, p.constants.n // width  # padding has no connections
    for i in range(here.first, here.last):
        nonzero = recorded(i, here, plain, p)[2]
        spiked = item(fired, i) & ALL_LANES
        used = ALL_LANES if i < full else (1 << p.constants.n % width) - 1
        left = (bits(nonzero) | spiked) & used
        while left != 0:
            lane = lowest_bit(left)
            put_item(queue, end, queued(i * width + lane, (spiked >> lane) & 1))
            end += 1
            left &= left - 1
    gather_list(begin, end, row, p, adjoint)


@inner
def step_back(t: int, chunk: int, p: Pass, adjoint: Adjoint):
    """The neurons of a chunk from dL/dV and dL/db of step t + 1 to those of step t.

    Leaves dL/dI on the tape. The connections of a list are read here, those of a matrix have been.
    """
    constants, official = p.constants, p.constants.official
    alpha, gain, rho, rise, beta, b0 = p.neurons[:6]
    next_V, next_b, next_fire, next_B = adjoint[:4]
    d_z, gathered = adjoint.d_z, adjoint.gathered
    reset_spikes = adjoint.fired_before if official else adjoint.fired
    reset_gradient = 1.0 if constants.through_reset else 0.0
    gamma, surrogate = constants.gamma, constants.surrogate
    plain, per_V, per_b = constants.first_adaptive // lane_count(b0), stride(alpha), stride(rho)
    here = find_chunk(t, chunk, p.sizes, plain)
    at, with_constants = here.at, adjoint.alpha.size > 0
    if p.connections.delay == 0:
        walk_list(t, chunk, here, plain, p, adjoint)
    for i in range(here.first, here.last):
        V, B, nonzero, fired = recorded(i, here, plain, p)
        d_V_next, d_b_next = load(next_V, at + i), splat(b0, 0.0)
        if i >= plain:
            d_b_next = load(next_b, at + i)

        d_fire, d_B = splat(b0, 0.0), splat(b0, 0.0)
        if bits(nonzero) != 0:
            B_reset = load(next_B, at + i) if official else B
            growth = load(rise, i * per_b)
            gz = load(gathered, at + i) + load(d_z, i)
            gz = left_behind(gz, growth, d_b_next, B_reset, d_V_next, reset_gradient)
            d_fire, d_B = through_spike(gz, V, 1.0 / B, nonzero, gamma, surrogate)

        spiked, decay = mask_of(b0, item(reset_spikes, at + i)), load(alpha, i * per_V)
        d_fire_next = load(next_fire, at + i) if official else d_fire
        d_V, d_B = through_time(
            d_fire, d_B, spiked, d_V_next, d_fire_next, decay, reset_gradient, official
        )
        if official:
            store(next_fire, at + i, d_fire)
            store(next_B, at + i, B)
        d_V = flushed(d_V, constants.tiny)
        store(next_V, at + i, d_V)
        store(p.tape.lanes, here.row + i, load(gain, i * per_V) * d_V)
        if i >= plain:
            d_b = through_adaptation(d_b_next, d_B, load(rho, i * per_b), load(beta, i))
            store(next_b, at + i, flushed(d_b, constants.tiny))
            if with_constants:
                b = load(p.tape.b, here.row_b + i)
                add(adjoint.beta, at + i, d_B * b)
                add(adjoint.rho, at + i, d_b_next * per_rho(b, fired))
        if with_constants:
            d_V_reset, growth_V = d_V if official else d_V_next, load(gain, i * per_V)
            add(adjoint.alpha, at + i, per_alpha(V, B, spiked, d_V_reset, d_fire, growth_V))
            add(adjoint.b0, at + i, d_B)

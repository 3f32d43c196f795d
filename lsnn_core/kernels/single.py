"""One network on its own: the lanes are neighbouring neurons (twin: reference/forward, adjoint).

With a batch of one there are no examples to put side by side. Sixteen neurons advance as one
vector; spikes scatter their weights into plain numbers, and the way back gathers them sixteen
connections at a time. Arrays are padded: N neurons in `blocks` vectors, K outputs in `out_blocks`
more; a row of the tape is M = width * (blocks + out_blocks) numbers, outputs after the padding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .block import ZERO, Events, Setting
from .gathers import first_lanes, gather_some, load_some, lowest_bit, store_some
from .jit import inner, kernel
from .lanes import (
    bits,
    fabs,
    fma,
    item,
    lane_count,
    lane_sum,
    load,
    mask_of,
    select,
    splat,
    store,
)


class Rows(NamedTuple):
    """The connection list; offsets count plain numbers of the tape."""

    indptr: np.ndarray  # (n_in + N + 1,) int64
    offset: np.ndarray  # (C,) int32: delay * M + place of the target in a row
    weight: np.ndarray  # (C,)
    straight: np.ndarray  # (n_in + N,) bool: targets of this row are neighbours, with one delay


class Cells(NamedTuple):
    """Constants of the neurons, lane arrays of `blocks` items; padding never fires (b0 = 1)."""

    alpha: np.ndarray
    gain: np.ndarray
    rho: np.ndarray
    rise: np.ndarray
    beta: np.ndarray
    b0: np.ndarray
    n_ref: np.ndarray
    b_out: np.ndarray  # `out_blocks` items


class Memory(NamedTuple):
    """What the network remembers between two steps; `slots` such states in a row."""

    V: np.ndarray  # (slots * blocks,) lanes
    b: np.ndarray  # (slots * blocks,) lanes
    wait: np.ndarray  # (slots * blocks,) lanes: steps still refractory
    u: np.ndarray  # (slots * out_blocks,) lanes
    z: np.ndarray  # (slots * blocks,) uint16: bit l is neuron l of the block
    pending: np.ndarray  # (slots * D * M / width,) lanes


class Strip(NamedTuple):
    """Record of one segment: current, then tested V, then dL/dI, as numbers and as lanes."""

    number: np.ndarray  # ((S + D) * M,)
    lanes: np.ndarray  # the same memory
    b: np.ndarray  # (S * blocks,) lanes
    ref: np.ndarray  # (S * blocks,) uint16


class Sums(NamedTuple):
    """What flows backwards, and the gradient."""

    V: np.ndarray  # (blocks,) lanes: dL/dV(t+1)
    b: np.ndarray  # (blocks,) lanes: dL/db(t+1)
    fire: np.ndarray  # (blocks,) lanes
    B: np.ndarray  # (blocks,) lanes
    u: np.ndarray  # (out_blocks,) lanes
    d_z: np.ndarray  # (blocks,) lanes: what the loss adds to dL/dz
    gathered: np.ndarray  # (blocks * width,) numbers
    z: np.ndarray  # (blocks,) uint16
    weight: np.ndarray  # (C,) numbers


@inner
def copy_memory(source: Memory, a: int, target: Memory, b: int, blocks: int, outs: int, rows: int):
    """Copy the state in slot `a` of `source` to slot `b` of `target`."""
    for i in range(blocks):
        store(target.V, b * blocks + i, load(source.V, a * blocks + i))
        store(target.b, b * blocks + i, load(source.b, a * blocks + i))
        store(target.wait, b * blocks + i, load(source.wait, a * blocks + i))
        target.z[b * blocks + i] = source.z[a * blocks + i]
    for i in range(outs):
        store(target.u, b * outs + i, load(source.u, a * outs + i))
    for i in range(rows):
        store(target.pending, b * rows + i, load(source.pending, a * rows + i))


@inner
def forward_single(
    t0: int,
    t1: int,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    x: Events,
    memory: Memory,
    strip: Strip,
    spikes: Events,
    y,
    y_start: int,
):
    """Advance slot 0 of `memory` from step t0 to t1, leaving the segment on the strip."""
    alpha, gain, rho, rise, beta, b0, n_ref, b_out = cells
    state_V, state_b, wait, state_u, state_z, pending = memory
    number, strip_V, strip_b, strip_ref = strip
    x_ptr, x_source, _ = x
    ptr, source, lanes = spikes
    blocks, outs, width = b0.size, b_out.size, lane_count(b0)
    plain = setting.first_adaptive // width  # blocks without an adaptive neuron
    length = blocks + outs
    delayed = setting.max_delay * length
    for i in range(delayed):
        store(strip_V, i, load(pending, i))
    for i in range(delayed, (t1 - t0) * length + delayed):
        store(strip_V, i, 0.0)

    for t in range(t0, t1):
        local = t - t0
        row = local * length
        for e in range(x_ptr[t], x_ptr[t + 1]):
            scatter(rows, x_source[e], b0, number, row * width)
        count = ptr[t]
        for i in range(blocks):
            z_before = mask_of(b0, state_z[i])
            V_before, B = load(state_V, i), load(b0, i)
            B_before = B
            if i >= plain:
                b_before = load(state_b, i)
                b = fma(load(rho, i), b_before, select(z_before, load(rise, i), 0.0))
                B_before = fma(load(beta, i), b_before, B)
                B = fma(load(beta, i), b, B)
                store(state_b, i, b)
                store(strip_b, local * blocks + i, b)
            V = fma(load(alpha, i), V_before, load(gain, i) * load(strip_V, row + i))
            V = V - select(z_before, B if setting.official else B_before, 0.0)
            tested = V_before if setting.official else V
            store(state_V, i, V)
            store(strip_V, row + i, tested)
            left = load(wait, i)
            refractory = left > 0.5
            fired = (tested > B) & ~refractory
            store(wait, i, select(fired, load(n_ref, i), select(refractory, left - 1.0, 0.0)))
            strip_ref[local * blocks + i] = bits(refractory)
            state_z[i] = bits(fired)
            found = bits(fired)
            while found != 0:
                source[count] = i * width + lowest_bit(found)
                lanes[count] = 1
                count += 1
                found &= found - 1
        ptr[t + 1] = count
        for e in range(ptr[t], count):
            scatter(rows, setting.n_in + source[e], b0, number, row * width)
        for k in range(outs):
            arrived = load(strip_V, row + blocks + k)
            u = setting.kappa * load(state_u, k) + (1.0 - setting.kappa) * arrived
            store(state_u, k, u)
            if t >= y_start:
                store(y, (t - y_start) * outs + k, u + load(b_out, k))
    for i in range(delayed):
        store(pending, i, load(strip_V, (t1 - t0) * length + i))


@inner
def scatter(rows: Rows, source: int, kind, number, row: int):
    """A spike of `source`: add its weights to the currents they will arrive in."""
    indptr, offset, weight, straight = rows
    start, stop = indptr[source], indptr[source + 1]
    if straight[source]:  # needs no gathers
        shift = row + offset[start] - start
        for c in range(start, stop, lane_count(kind)):
            some = first_lanes(kind, stop - c)
            total = load_some(kind, number, shift + c, some) + load_some(kind, weight, c, some)
            store_some(number, shift + c, some, total)
        return
    for c in range(start, stop):
        number[row + item(offset, c)] += item(weight, c)


@inner
def gather_row(rows: Rows, source: int, kind, number, row: int):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive."""
    indptr, offset, weight, _ = rows
    total = splat(kind, 0.0)
    stop = indptr[source + 1]
    for c in range(indptr[source], stop, lane_count(kind)):
        some = first_lanes(kind, stop - c)
        arrived = gather_some(kind, number, row, offset, c, some)
        total = fma(load_some(kind, weight, c, some), arrived, total)
    return lane_sum(total)


@inner
def backward_single(
    t0: int,
    t1: int,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    spikes: Events,
    start: Memory,
    d_y,
    y_start: int,
    strip: Strip,
    sums: Sums,
):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the strip (see `backward_segment`)."""
    alpha, gain, rho, rise, beta, b0, _, b_out = cells
    number, strip_V, strip_b, strip_ref = strip
    next_V, next_b, next_fire, next_B, next_u, d_z, gathered, z, _ = sums
    blocks, outs, width = b0.size, b_out.size, lane_count(b0)
    plain, length = setting.first_adaptive // width, b0.size + b_out.size
    keep = 1.0 if setting.through_reset else 0.0

    for t in range(t1 - 1, t0 - 1, -1):
        local = t - t0
        row = local * length
        for k in range(outs):
            d_u = setting.kappa * load(next_u, k)
            if t >= y_start:
                d_u = d_u + load(d_y, (t - y_start) * outs + k)
            store(next_u, k, d_u)
            store(strip_V, row + blocks + k, (1.0 - setting.kappa) * d_u)
        reset_blocks(t, setting, spikes, start, width, z)

        for i in range(blocks):
            V, B = load(strip_V, row + i), load(b0, i)
            d_b_next = splat(b0, 0.0)
            if i >= plain:
                b = load(strip_b, local * blocks + i)
                B = fma(load(beta, i), b, B)
                d_b_next = load(next_b, i)
            d_V_next = load(next_V, i)
            open_ = (V > 0.0) & (B + B > V) & ~mask_of(b0, strip_ref[local * blocks + i])
            d_fire, d_B = splat(b0, 0.0), splat(b0, 0.0)
            found = bits(open_)
            if found != 0:
                while found != 0:
                    j = i * width + lowest_bit(found)
                    gathered[j] = gather_row(rows, setting.n_in + j, b0, number, row * width)
                    found &= found - 1
                some = first_lanes(b0, width)
                gz = load_some(b0, gathered, i * width, some) + load(d_z, i)
                gz = fma(load(rise, i), d_b_next, gz)
                gz = gz - keep * (load(next_B, i) if setting.official else B) * d_V_next
                per_B = 1.0 / B
                psi = setting.gamma * (1.0 - fabs(V * per_B - 1.0))
                d_fire = select(open_, gz * psi * per_B, 0.0)
                d_B = 0.0 - d_fire * V * per_B

            if setting.official:
                d_V = fma(load(alpha, i), d_V_next, load(next_fire, i))
                d_B = d_B - keep * select(mask_of(b0, z[i]), d_V, 0.0)
                store(next_fire, i, d_fire)
                store(next_B, i, B)
            else:
                d_V = fma(load(alpha, i), d_V_next, d_fire)
                d_B = d_B - keep * select(mask_of(b0, z[i]), d_V_next, 0.0)
            store(next_V, i, d_V)
            store(strip_V, row + i, load(gain, i) * d_V)
            if i >= plain:
                store(next_b, i, fma(load(rho, i), d_b_next, load(beta, i) * d_B))


@inner
def reset_blocks(t: int, setting: Setting, spikes: Events, start: Memory, width: int, z):
    """Write into `z` the spikes that the reset term of step t + 1 (or t, "lsnn-official") sees."""
    step = t - 1 if setting.official else t
    for i in range(z.size):
        z[i] = start.z[i] if step < 0 else 0
    if step >= 0:
        for e in range(spikes.ptr[step], spikes.ptr[step + 1]):
            j = spikes.source[e]
            z[j // width] |= 1 << (j % width)


@inner
def gradient_single(
    t0: int,
    t1: int,
    first_source: int,
    row_length: int,
    events: Events,
    rows: Rows,
    kind,
    number,
    gradient,
):
    """gradient[c] += dL/dI wherever and whenever a spike of its source arrived."""
    indptr, offset, _, straight = rows
    width = lane_count(kind)
    for t in range(t0, t1):
        row = (t - t0) * row_length
        for e in range(events.ptr[t], events.ptr[t + 1]):
            source = first_source + events.source[e]
            start, stop = indptr[source], indptr[source + 1]
            if start == stop:
                continue
            near, shift = straight[source], row + offset[start] - start
            for c in range(start, stop, width):
                some = first_lanes(kind, stop - c)
                total = load_some(kind, gradient, c, some)
                if near:
                    total = total + load_some(kind, number, shift + c, some)
                else:
                    total = total + gather_some(kind, number, row, offset, c, some)
                store_some(gradient, c, some, total)


@kernel
def run_single_forward(
    n_steps: int,
    segment: int,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    x: Events,
    memory: Memory,
    saved: Memory,
    strip: Strip,
    spikes: Events,
    y,
    y_start: int,
):
    """All steps from slot 0 of `memory`, saving the state before each segment."""
    blocks, outs = cells.b0.size, cells.b_out.size
    delayed = setting.max_delay * (blocks + outs)
    spikes.ptr[0] = 0
    for k in range((n_steps + segment - 1) // segment):
        t0, t1 = k * segment, min((k + 1) * segment, n_steps)
        copy_memory(memory, ZERO, saved, k, blocks, outs, delayed)
        forward_single(t0, t1, setting, rows, cells, x, memory, strip, spikes, y, y_start)


@kernel
def run_single_backward(
    n_steps: int,
    segment: int,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    x: Events,
    memory: Memory,
    saved: Memory,
    strip: Strip,
    strip_is_last: bool,
    spikes: Events,
    y,
    d_y,
    y_start: int,
    sums: Sums,
    after,
):
    """All steps backwards, recomputing segments (see `run_backward`)."""
    blocks, outs = cells.b0.size, cells.b_out.size
    length, width = blocks + outs, lane_count(cells.b0)
    delayed = setting.max_delay * length
    for i in range(delayed):
        store(after, i, 0.0)
    last = (n_steps + segment - 1) // segment - 1
    for k in range(last, -1, -1):
        t0, t1 = k * segment, min((k + 1) * segment, n_steps)
        if not (k == last and strip_is_last):
            copy_memory(saved, k, memory, ZERO, blocks, outs, delayed)
            forward_single(t0, t1, setting, rows, cells, x, memory, strip, spikes, y, y_start)
        for i in range(delayed):
            store(strip.lanes, (t1 - t0) * length + i, load(after, i))
        backward_single(t0, t1, setting, rows, cells, spikes, saved, d_y, y_start, strip, sums)
        kind, number, weight = cells.b0, strip.number, sums.weight
        gradient_single(t0, t1, ZERO, length * width, x, rows, kind, number, weight)
        n_in = setting.n_in
        gradient_single(t0, t1, n_in, length * width, spikes, rows, kind, number, weight)
        for i in range(delayed):
            store(after, i, load(strip.lanes, i))

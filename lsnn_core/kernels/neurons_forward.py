"""One example forward: sixteen neurons a vector, spikes one by one (twin: reference/forward.py)."""

from __future__ import annotations

from .block import ZERO, Events, Setting
from .gathers import lowest_bit
from .jit import inner, kernel
from .lanes import bits, fma, lane_count, load, mask_of, select, store
from .neurons_list import deposit_list
from .neurons_matrix import deposit_rows
from .neurons_state import Cells, Extent, Memory, Rows, Strip, Trains, stride
from .subnormal import EVERY, flush, flushed


@inner
def forward_example(
    e: int,
    t0: int,
    t1: int,
    extent: Extent,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    x: Trains,
    memory: Memory,
    strip: Strip,
    spikes: Trains,
    y,
):
    """Advance slot `e` of `memory` from step t0 to t1, leaving the segment on the strip."""
    alpha, gain, rho, rise, beta, b0, n_ref, b_out = cells
    state_V, state_b, wait, state_u, state_z, pending = memory
    number, strip_V, strip_b, strip_ref = strip
    x_ptr, x_source = x
    ptr, source = spikes
    blocks, outs, width = extent.blocks, extent.outs, lane_count(b0)
    per_V, per_b, per_ref = stride(alpha), stride(rho), stride(n_ref)
    plain = setting.first_adaptive // width  # blocks without an adaptive neuron
    length = blocks + outs
    delayed, first = setting.max_delay * length, e * extent.strip
    at, at_u, at_t = e * blocks, e * outs, e * (extent.n_steps + 1)
    kept, matrix, delay = extent.n_steps - extent.y_start, rows.matrix, rows.delay
    for i in range(delayed):
        store(strip_V, first + i, load(pending, e * delayed + i))
    for i in range(delayed, (t1 - t0) * length + delayed):
        store(strip_V, first + i, 0.0)

    for t in range(t0, t1):
        row, record = first + (t - t0) * length, (e * extent.segment + t - t0) * blocks
        row_b = (e * extent.segment + t - t0) * (blocks - plain) - plain
        begin, end = x_ptr[at_t + t], x_ptr[at_t + t + 1]
        if delay > 0:
            deposit_rows(matrix, delay, ZERO, x_source, begin, end, blocks, outs, strip_V, row)
        else:
            deposit_list(rows, ZERO, x_source, begin, end, b0, number, row * width)
        count = ptr[at_t + t]
        for i in range(blocks):
            z_before = mask_of(b0, state_z[at + i])
            V_before, B = load(state_V, at + i), load(b0, i)
            B_before = B
            if i >= plain:
                b_before = load(state_b, at + i)
                b = fma(
                    load(rho, i * per_b), b_before, select(z_before, load(rise, i * per_b), 0.0)
                )
                B_before = fma(load(beta, i), b_before, B)
                B = fma(load(beta, i), b, B)
                store(state_b, at + i, b)
                store(strip_b, row_b + i, b)
            V = fma(
                load(alpha, i * per_V), V_before, load(gain, i * per_V) * load(strip_V, row + i)
            )
            V = V - select(z_before, B if setting.official else B_before, 0.0)
            tested = V_before if setting.official else V
            store(state_V, at + i, V)
            store(strip_V, row + i, tested)
            left = load(wait, at + i)
            refractory = left > 0.5
            fired = (tested > B) & ~refractory
            less = select(refractory, left - 1.0, 0.0)
            store(wait, at + i, select(fired, load(n_ref, i * per_ref), less))
            strip_ref[record + i] = bits(refractory)
            state_z[at + i] = bits(fired)
            found = bits(fired)
            while found != 0:
                source[count] = i * width + lowest_bit(found)
                count += 1
                found &= found - 1
        ptr[at_t + t + 1] = count
        begin = ptr[at_t + t]
        if delay > 0:
            deposit_rows(
                matrix, delay, setting.n_in, source, begin, count, blocks, outs, strip_V, row
            )
        else:
            deposit_list(rows, setting.n_in, source, begin, count, b0, number, row * width)
        for k in range(outs):
            arrived = load(strip_V, row + length + blocks + k)
            u = setting.kappa * load(state_u, at_u + k) + (1.0 - setting.kappa) * arrived
            store(state_u, at_u + k, flushed(u, setting.tiny))
            if t >= extent.y_start:
                store(y, (e * kept + t - extent.y_start) * outs + k, u + load(b_out, k))
        if (t + 1) % EVERY == 0:
            flush(state_V, at, blocks, setting.tiny)
            flush(state_b, at + plain, blocks - plain, setting.tiny)
    for i in range(delayed):
        store(pending, e * delayed + i, load(strip_V, first + (t1 - t0) * length + i))


@kernel
def part(x: Events, n_lanes: int, trains: Trains):
    """Part the events of a block into the trains of its examples, one behind the other."""
    x_ptr, x_source, x_lanes = x
    ptr, source = trains
    n_steps = x_ptr.size - 1
    end = 0
    for e in range(n_lanes):
        first = e * (n_steps + 1)
        ptr[first] = end
        for t in range(n_steps):
            for s in range(x_ptr[t], x_ptr[t + 1]):
                if (x_lanes[s] >> e) & 1:
                    source[end] = x_source[s]
                    end += 1
            ptr[first + t + 1] = end

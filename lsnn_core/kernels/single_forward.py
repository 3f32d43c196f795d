"""One network forward: sixteen neurons a vector, spikes scattered one by one."""

from __future__ import annotations

from .block import Events, Setting
from .gathers import first_lanes, load_some, lowest_bit, store_some
from .jit import inner
from .lanes import bits, fma, item, lane_count, load, mask_of, select, store
from .single_state import Cells, Memory, Rows, Strip
from .subnormal import flushed


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
                store(state_b, i, flushed(b, setting.tiny))
                store(strip_b, local * blocks + i, b)
            V = fma(load(alpha, i), V_before, load(gain, i) * load(strip_V, row + i))
            V = V - select(z_before, B if setting.official else B_before, 0.0)
            tested = V_before if setting.official else V
            store(state_V, i, flushed(V, setting.tiny))
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
            store(state_u, k, flushed(u, setting.tiny))
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

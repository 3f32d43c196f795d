"""Examples backward (twin: reference/adjoint.py), and the gradient of listed weights."""

from __future__ import annotations

from .block import Setting
from .gathers import (
    bit_count,
    first_lanes,
    gather_some,
    load_some,
    store_numbers,
    store_some,
)
from .jit import inner
from .lanes import bits, fabs, fma, lane_count, load, mask_of, select, splat, store
from .neurons_matrix import gather_columns
from .neurons_share import gather_together
from .neurons_state import Cells, Extent, Rows, Strip, Sums, Team, Trains, stride
from .subnormal import EVERY, flush, flushed


@inner
def backward_examples(
    t0: int,
    t1: int,
    extent: Extent,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    spikes: Trains,
    d_y,
    strip: Strip,
    sums: Sums,
    team: Team,
):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the strip (see `backward_segment`)."""
    for t in range(t1 - 1, t0 - 1, -1):
        local = t - t0
        readout_back(t, local, extent, setting, d_y, strip.lanes, sums.u)
        mark_spikes(t, extent, spikes, lane_count(cells.b0), team.fired)
        count = find_open(local, extent, setting, rows, cells, strip, team)
        if rows.delay > 0:
            gather_columns(local, extent, setting.n, rows, strip, team.lanes)
        else:
            team.counts[t] = count
            team.row[t] = local * (extent.blocks + extent.outs) * lane_count(cells.b0)
            gather_together(t, setting.n_in, rows, cells.b0, strip.number, team)
        if setting.official:  # the reset term of step t, else of step t + 1
            mark_spikes(t - 1, extent, spikes, lane_count(cells.b0), team.fired)
        step_back(local, extent, setting, cells, strip, sums, team)
        if t % EVERY == 0:
            flush(sums.V, 0, extent.examples * extent.blocks, setting.tiny)
            flush(sums.b, 0, extent.examples * extent.blocks, setting.tiny)


@inner
def readout_back(t: int, local: int, extent: Extent, setting: Setting, d_y, strip, next_u):
    """dL/du of step t, and what it brings to the current of the readout."""
    outs, kept, since = extent.outs, extent.n_steps - extent.y_start, t - extent.y_start
    for e in range(extent.examples):
        row = e * extent.strip + local * (extent.blocks + outs) + extent.blocks
        for k in range(outs):
            d_u = setting.kappa * load(next_u, e * outs + k)
            if since >= 0:
                d_u = d_u + load(d_y, (e * kept + since) * outs + k)
            store(next_u, e * outs + k, flushed(d_u, setting.tiny))
            store(strip, row + k, (1.0 - setting.kappa) * d_u)


@inner
def find_open(
    local: int, extent: Extent, setting: Setting, rows: Rows, cells: Cells, strip: Strip, team: Team
) -> int:
    """Which neurons have a psi that is not 0, that is 0 < V < 2 B.

    For a list also the names of these and of those that spiked; how many there are.
    """
    beta, b0 = cells.beta, cells.b0
    strip_V, strip_b, strip_ref = strip.lanes, strip.b, strip.ref
    open_, active, fired = team.open, team.active, team.fired
    blocks, length, width = extent.blocks, extent.blocks + extent.outs, lane_count(b0)
    plain, listed, count = setting.first_adaptive // width, rows.delay == 0, 0
    for e in range(extent.examples):
        row, record = e * extent.strip + local * length, (e * extent.segment + local) * blocks
        for i in range(blocks):
            V, B = load(strip_V, row + i), load(b0, i)
            if i >= plain:
                B = fma(load(beta, i), load(strip_b, record + i), B)
            found = (V > 0.0) & (B + B > V) & ~mask_of(b0, strip_ref[record + i])
            open_[e * blocks + i] = bits(found)
            if listed:
                found = found | mask_of(b0, fired[e * blocks + i])
                store_numbers(active, count, i * width, found)
                count += bit_count(bits(found))
    return count


@inner
def step_back(
    local: int, extent: Extent, setting: Setting, cells: Cells, strip: Strip, sums: Sums, team: Team
):
    """From dL/dV and dL/db of step t + 1 to those of step t, and dL/dI onto the strip."""
    alpha, gain, rho, rise, beta, b0 = cells[:6]
    strip_V, strip_b = strip.lanes, strip.b
    next_V, next_b, next_fire, next_B = sums.V, sums.b, sums.fire, sums.B
    d_z, z, open_, gathered = sums.d_z, team.fired, team.open, team.lanes
    blocks, length = extent.blocks, extent.blocks + extent.outs
    plain, keep = setting.first_adaptive // lane_count(b0), 1.0 if setting.through_reset else 0.0
    per_V, per_b = stride(alpha), stride(rho)
    for e in range(extent.examples):
        at, row = e * blocks, e * extent.strip + local * length
        record = (e * extent.segment + local) * blocks
        for i in range(blocks):
            B = load(b0, i)
            d_b_next = splat(b0, 0.0)
            if i >= plain:
                B = fma(load(beta, i), load(strip_b, record + i), B)
                d_b_next = load(next_b, at + i)
            d_V_next = load(next_V, at + i)
            d_fire, d_B = splat(b0, 0.0), splat(b0, 0.0)
            if open_[at + i] != 0:
                gz = load(gathered, at + i) + load(d_z, i)
                gz = fma(load(rise, i * per_b), d_b_next, gz)
                gz = gz - keep * (load(next_B, at + i) if setting.official else B) * d_V_next
                per_B = 1.0 / B
                v = load(strip_V, row + i) * per_B
                psi = setting.gamma * (1.0 - fabs(v - 1.0))
                d_fire = select(mask_of(b0, open_[at + i]), gz * psi * per_B, 0.0)
                d_B = 0.0 - d_fire * v

            if setting.official:
                d_V = fma(load(alpha, i * per_V), d_V_next, load(next_fire, at + i))
                d_B = d_B - keep * select(mask_of(b0, z[at + i]), d_V, 0.0)
                store(next_fire, at + i, d_fire)
                store(next_B, at + i, B)
            else:
                d_V = fma(load(alpha, i * per_V), d_V_next, d_fire)
                d_B = d_B - keep * select(mask_of(b0, z[at + i]), d_V_next, 0.0)
            store(next_V, at + i, d_V)
            store(strip_V, row + i, load(gain, i * per_V) * d_V)
            if i >= plain:
                d_b = fma(load(rho, i * per_b), d_b_next, load(beta, i) * d_B)
                store(next_b, at + i, d_b)


@inner
def mark_spikes(step: int, extent: Extent, spikes: Trains, width: int, z):
    """Write into `z` who spiked in a step: before the first one, nobody did."""
    ptr, source = spikes
    blocks = extent.blocks
    for i in range(extent.examples * blocks):
        z[i] = 0
    if step >= 0:
        for e in range(extent.examples):
            at = e * (extent.n_steps + 1) + step
            for s in range(ptr[at], ptr[at + 1]):
                z[e * blocks + source[s] // width] |= 1 << (source[s] % width)


@inner
def gradient_list(
    e: int, t0: int, t1: int, extent: Extent, x: Trains, rows: Rows, kind, number, gradient
):
    """Add to the gradient of each input's weight dL/dI wherever and whenever a spike arrived.

    That of the neurons' weights has been taken with the gathering.
    """
    indptr, offset, straight = rows.indptr, rows.offset, rows.straight
    ptr, sources = x
    width, at = lane_count(kind), e * (extent.n_steps + 1)
    for t in range(t0, t1):
        row = (e * extent.strip + (t - t0) * (extent.blocks + extent.outs)) * width
        for s in range(ptr[at + t], ptr[at + t + 1]):
            start, stop = indptr[sources[s]], indptr[sources[s] + 1]
            if start == stop:
                continue
            near, shift = straight[sources[s]], row + offset[start] - start
            for c in range(start, stop, width):
                some = first_lanes(kind, stop - c)
                total = load_some(kind, gradient, c, some)
                if near:
                    total = total + load_some(kind, number, shift + c, some)
                else:
                    total = total + gather_some(kind, number, row, offset, c, some)
                store_some(gradient, c, some, total)

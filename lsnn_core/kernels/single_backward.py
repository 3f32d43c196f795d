"""One network backward (twin: reference/adjoint.py), and the gradient of its weights."""

from __future__ import annotations

from .block import Events, Setting
from .gathers import first_lanes, gather_some, load_some, lowest_bit, store_some
from .jit import inner
from .lanes import bits, fabs, fma, lane_count, load, mask_of, select, splat, store
from .single_share import gather_together
from .single_state import Cells, Memory, Rows, Strip, Sums, Team
from .subnormal import flushed


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
    team: Team,
):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the strip (see `backward_segment`)."""
    alpha, gain, rho, rise, beta, b0, _, b_out = cells
    number, strip_V, strip_b, strip_ref = strip
    next_V, next_b, next_fire, next_B, next_u, d_z, z, _ = sums
    open_, active, gathered = team[:3]
    blocks, outs, width = b0.size, b_out.size, lane_count(b0)
    plain, length = setting.first_adaptive // width, b0.size + b_out.size
    keep, every = 1.0 if setting.through_reset else 0.0, first_lanes(b0, width)

    for t in range(t1 - 1, t0 - 1, -1):
        local = t - t0
        row = local * length
        for k in range(outs):
            d_u = setting.kappa * load(next_u, k)
            if t >= y_start:
                d_u = d_u + load(d_y, (t - y_start) * outs + k)
            store(next_u, k, flushed(d_u, setting.tiny))
            store(strip_V, row + blocks + k, (1.0 - setting.kappa) * d_u)
        reset_blocks(t, setting, spikes, start, width, z)

        count = 0
        for i in range(blocks):
            V, B = load(strip_V, row + i), load(b0, i)
            if i >= plain:
                B = fma(load(beta, i), load(strip_b, local * blocks + i), B)
            found = bits((V > 0.0) & (B + B > V) & ~mask_of(b0, strip_ref[local * blocks + i]))
            open_[i] = found
            while found != 0:
                active[count] = i * width + lowest_bit(found)
                count += 1
                found &= found - 1
        team.counts[t], team.row[t] = count, row * width
        gather_together(t, setting.n_in, rows, b0, number, team)

        for i in range(blocks):
            B = load(b0, i)
            d_b_next = splat(b0, 0.0)
            if i >= plain:
                B = fma(load(beta, i), load(strip_b, local * blocks + i), B)
                d_b_next = load(next_b, i)
            d_V_next = load(next_V, i)
            d_fire, d_B = splat(b0, 0.0), splat(b0, 0.0)
            if open_[i] != 0:
                gz = load_some(b0, gathered, i * width, every) + load(d_z, i)
                gz = fma(load(rise, i), d_b_next, gz)
                gz = gz - keep * (load(next_B, i) if setting.official else B) * d_V_next
                per_B = 1.0 / B
                v = load(strip_V, row + i) * per_B
                psi = setting.gamma * (1.0 - fabs(v - 1.0))
                d_fire = select(mask_of(b0, open_[i]), gz * psi * per_B, 0.0)
                d_B = 0.0 - d_fire * v

            if setting.official:
                d_V = fma(load(alpha, i), d_V_next, load(next_fire, i))
                d_B = d_B - keep * select(mask_of(b0, z[i]), d_V, 0.0)
                store(next_fire, i, d_fire)
                store(next_B, i, B)
            else:
                d_V = fma(load(alpha, i), d_V_next, d_fire)
                d_B = d_B - keep * select(mask_of(b0, z[i]), d_V_next, 0.0)
            d_V = flushed(d_V, setting.tiny)
            store(next_V, i, d_V)
            store(strip_V, row + i, load(gain, i) * d_V)
            if i >= plain:
                d_b = fma(load(rho, i), d_b_next, load(beta, i) * d_B)
                store(next_b, i, flushed(d_b, setting.tiny))


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

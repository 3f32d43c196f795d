"""One step of some neurons back (twin: reference/adjoint.py)."""

from __future__ import annotations

from .block import Setting
from .gathers import first_lanes, gather_some, load_some, lowest_bit, store_some
from .jit import inner
from .lanes import bits, fabs, fma, item, lane_count, lane_sum, load, mask_of, select, splat, store
from .neurons_state import Cells, Extent, Rows, Strip, Sums, stride
from .subnormal import flushed

PIECE = 8  # blocks of neurons: some microseconds
ALL_LANES = 0xFFFF  # also makes a signed number of a mask


@inner
def gather_row(rows: Rows, source: int, kind, number, row: int, spiked: bool, gradient):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive.

    Where it spiked, dL/dI is what its weights' gradient grows by.
    """
    indptr, offset, weight = rows.indptr, rows.offset, rows.weight
    total = splat(kind, 0.0)
    stop = item(indptr, source + 1)
    for c in range(item(indptr, source), stop, lane_count(kind)):
        some = first_lanes(kind, stop - c)
        arrived = gather_some(kind, number, row, offset, c, some)
        total = fma(load_some(kind, weight, c, some), arrived, total)
        if spiked:
            store_some(gradient, c, some, load_some(kind, gradient, c, some) + arrived)
    return lane_sum(total)


@inner
def gather_lanes(rows: Rows, first: int, kind, number, row: int, near: int, fired: int, gradient):
    """The same for sources first, first + 1 ... where a bit of `near` or `fired` is set."""
    total = splat(kind, 0.0)
    left = (near | fired) & ALL_LANES
    while left != 0:
        lane = lowest_bit(left)
        spiked = (fired >> lane) & 1 == 1
        found = gather_row(rows, first + lane, kind, number, row, spiked, gradient)
        total = select(mask_of(kind, 1 << lane), found, total)
        left &= left - 1
    return total


@inner
def pieces(extent: Extent) -> int:
    """How many pieces a step has: each is some blocks of neurons of one example."""
    return extent.examples * ((extent.blocks + PIECE - 1) // PIECE)


@inner
def step_back(
    t: int,
    piece: int,
    extent: Extent,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    strip: Strip,
    sums: Sums,
):
    """The neurons of a piece from dL/dV and dL/db of step t + 1 to those of step t.

    Leaves dL/dI on the strip. The connections of a list are read here, those of a matrix have been.
    """
    alpha, gain, rho, rise, beta, b0 = cells[:6]
    number, strip_V, strip_b, strip_ref = strip
    next_V, next_b, next_fire, next_B = sums.V, sums.b, sums.fire, sums.B
    d_z, fired, gathered, gradient = sums.d_z, sums.fired, sums.gathered, sums.weight
    fired_before = sums.fired_before
    width, blocks, listed = lane_count(b0), extent.blocks, rows.delay == 0
    plain, keep = setting.first_adaptive // width, 1.0 if setting.through_reset else 0.0
    per_V, per_b, n_in = stride(alpha), stride(rho), setting.n_in
    each, local = pieces(extent) // extent.examples, t % extent.segment
    e, first = piece // each, piece % each * PIECE
    at, row = e * blocks, e * extent.strip + local * (blocks + extent.outs)
    record = (e * extent.segment + local) * blocks
    row_b = (e * extent.segment + local) * (blocks - plain) - plain
    for i in range(first, min(first + PIECE, blocks)):
        V, B = load(strip_V, row + i), load(b0, i)
        d_b_next = splat(b0, 0.0)
        if i >= plain:
            B = fma(load(beta, i), load(strip_b, row_b + i), B)
            d_b_next = load(next_b, at + i)
        d_V_next = load(next_V, at + i)

        # psi is 0 outside 0 < V < 2 B: the connections of the other neurons need not be read
        near = (V > 0.0) & (B + B > V) & ~mask_of(b0, item(strip_ref, record + i))
        gz = splat(b0, 0.0)
        if listed:
            spiked = item(fired, at + i)
            gz = gather_lanes(
                rows, n_in + i * width, b0, number, row * width, bits(near), spiked, gradient
            )
        d_fire, d_B = splat(b0, 0.0), splat(b0, 0.0)
        if bits(near) != 0:
            if not listed:
                gz = load(gathered, at + i)
            gz = fma(load(rise, i * per_b), d_b_next, gz + load(d_z, i))
            gz = gz - keep * (load(next_B, at + i) if setting.official else B) * d_V_next
            per_B = 1.0 / B
            v = V * per_B
            psi = setting.gamma * (1.0 - fabs(v - 1.0))
            d_fire = select(near, gz * psi * per_B, 0.0)
            d_B = 0.0 - d_fire * v

        if setting.official:
            d_V = fma(load(alpha, i * per_V), d_V_next, load(next_fire, at + i))
            d_B = d_B - keep * select(mask_of(b0, item(fired_before, at + i)), d_V, 0.0)
            store(next_fire, at + i, d_fire)
            store(next_B, at + i, B)
        else:
            d_V = fma(load(alpha, i * per_V), d_V_next, d_fire)
            d_B = d_B - keep * select(mask_of(b0, item(fired, at + i)), d_V_next, 0.0)
        d_V = flushed(d_V, setting.tiny)
        store(next_V, at + i, d_V)
        store(strip_V, row + i, load(gain, i * per_V) * d_V)
        if i >= plain:
            d_b = fma(load(rho, i * per_b), d_b_next, load(beta, i) * d_B)
            store(next_b, at + i, flushed(d_b, setting.tiny))

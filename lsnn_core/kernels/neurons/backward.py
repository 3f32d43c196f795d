"""One step of some neurons back (twin: reference/adjoint.py)."""

from __future__ import annotations

from typing import NamedTuple

from ..jit import inner
from ..neuron import is_near, through_spike
from ..subnormal import flushed
from ..vectors.gathers import lowest_bit, put_item
from ..vectors.lanes import bits, fma, item, lane_count, load, mask_of, select, splat, store
from .connection_list import gather_list, input_gradient, queued
from .state import Cells, Extent, Run, Strip, Sums, stride

PIECE = 16  # blocks of neurons: some microseconds
ALL_LANES = 0xFFFF  # also makes a signed number of a mask


class Piece(NamedTuple):
    """Some blocks of neurons of one example at one step, and what to add to reach their numbers."""

    first: int
    last: int
    at: int  # in arrays of L * blocks items
    row: int  # in the strip
    record: int  # in Strip.ref
    row_b: int  # in Strip.b


@inner
def pieces(extent: Extent) -> int:
    """How many pieces a step has: each is some blocks of neurons of one example."""
    return extent.examples * ((extent.blocks + PIECE - 1) // PIECE)


@inner
def find_piece(t: int, piece: int, extent: Extent, plain: int) -> Piece:
    """Where piece number `piece` of step t is."""
    blocks, local = extent.blocks, t % extent.segment
    each = pieces(extent) // extent.examples
    e, first = piece // each, piece % each * PIECE
    record = e * extent.segment + local
    return Piece(
        first=first,
        last=min(first + PIECE, blocks),
        at=e * blocks,
        row=e * extent.strip + local * (blocks + extent.outs),
        record=record * blocks,
        row_b=record * (blocks - plain) - plain,
    )


@inner
def recorded(i: int, here: Piece, plain: int, cells: Cells, strip: Strip):
    """The tested V of block i, its threshold, and where psi is not 0."""
    V, B = load(strip.lanes, here.row + i), load(cells.b0, i)
    if i >= plain:
        B = fma(load(cells.beta, i), load(strip.b, here.row_b + i), B)
    refractory = mask_of(cells.b0, item(strip.ref, here.record + i))
    return V, B, is_near(V, B, refractory)


@inner
def walk_list(t: int, piece: int, here: Piece, plain: int, run: Run, sums: Sums):
    """Read the connections of the neurons whose psi is not 0, or that spiked, and of no others.

    And those of a share of the inputs that spiked. A list serves one example, so that a neuron's
    number is its place.
    """
    rows, cells, strip, n_in = run.rows, run.cells, run.strip, run.setting.n_in
    b0, queue, fired = cells.b0, sums.queue, sums.fired
    width, number = lane_count(b0), strip.number
    row, begin = here.row * width, here.first * width
    input_gradient(t, piece, pieces(run.extent), run.x, rows, b0, number, row, sums.weight)
    end = begin
    for i in range(here.first, here.last):
        near = recorded(i, here, plain, cells, strip)[2]
        spiked = item(fired, i) & ALL_LANES
        left = (bits(near) | spiked) & ALL_LANES
        while left != 0:
            lane = lowest_bit(left)
            put_item(queue, end, queued(i * width + lane, (spiked >> lane) & 1))
            end += 1
            left &= left - 1
    gather_list(rows, n_in, begin, end, b0, number, row, sums)


@inner
def step_back(t: int, piece: int, run: Run, sums: Sums):
    """The neurons of a piece from dL/dV and dL/db of step t + 1 to those of step t.

    Leaves dL/dI on the strip. The connections of a list are read here, those of a matrix have been.
    """
    setting, cells, strip = run.setting, run.cells, run.strip
    alpha, gain, rho, rise, beta, b0 = cells[:6]
    next_V, next_b, next_fire, next_B = sums.V, sums.b, sums.fire, sums.B
    d_z, fired, fired_before, gathered = sums.d_z, sums.fired, sums.fired_before, sums.gathered
    plain, keep = setting.first_adaptive // lane_count(b0), 1.0 if setting.through_reset else 0.0
    per_V, per_b = stride(alpha), stride(rho)
    here = find_piece(t, piece, run.extent, plain)
    at = here.at
    if run.rows.delay == 0:
        walk_list(t, piece, here, plain, run, sums)
    for i in range(here.first, here.last):
        V, B, near = recorded(i, here, plain, cells, strip)
        d_V_next, d_b_next = load(next_V, at + i), splat(b0, 0.0)
        if i >= plain:
            d_b_next = load(next_b, at + i)

        d_fire, d_B = splat(b0, 0.0), splat(b0, 0.0)
        if bits(near) != 0:
            gz = load(gathered, at + i) + load(d_z, i)
            gz = fma(load(rise, i * per_b), d_b_next, gz)
            gz = gz - keep * (load(next_B, at + i) if setting.official else B) * d_V_next
            d_fire, d_B = through_spike(gz, V, 1.0 / B, near, setting.gamma)

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
        store(strip.lanes, here.row + i, load(gain, i * per_V) * d_V)
        if i >= plain:
            d_b = fma(load(rho, i * per_b), d_b_next, load(beta, i) * d_B)
            store(next_b, at + i, flushed(d_b, setting.tiny))

"""One step of a part of the neurons forward (twin: reference/forward.py).

Sixteen neurons a vector, spikes one by one.
"""

from __future__ import annotations

from typing import NamedTuple

from ..examples.state import ZERO
from ..jit import inner
from ..subnormal import EVERY, flush, flushed
from ..vectors.gathers import lowest_bit
from ..vectors.lanes import bits, fma, lane_count, load, mask_of, select, store
from .connection_list import deposit_list
from .connection_matrix import deposit_rows
from .sharing import ORIGIN
from .state import Extent, Rows, Run, Strip, Trains, stride


class Place(NamedTuple):
    """A part of the neurons of one example at one step, and where these are in arrays."""

    e: int
    t: int
    local: int  # step of the segment
    first: int  # vector of the part
    last: int
    ends: bool  # the outputs come after these neurons
    row: int  # of step t in the strip
    at_t: int  # of step t in trains


@inner
def find_place(e: int, t0: int, local: int, part: int, extent: Extent, bounds) -> Place:
    """Where a part is at step `local` of the segment that begins with t0."""
    t = t0 + local
    return Place(
        e=e,
        t=t,
        local=local,
        first=bounds[part],
        last=bounds[part + 1],
        ends=part + 2 == bounds.size,
        row=e * extent.strip + local * (extent.blocks + extent.outs),
        at_t=e * (extent.n_steps + 1) + t,
    )


@inner
def step_forward(e: int, local: int, part: int, run: Run):
    """A part of the neurons gets what the spikes of step t - 1 bring, and is advanced to step t."""
    extent = run.extent
    here = find_place(e, run.share.sync[ORIGIN], local, part, extent, run.rows.bounds)
    if local > 0:
        bring_spikes(here, part, run)
        if here.ends:
            read_out(here, run)
    if local < extent.segment and here.t < extent.n_steps:
        run.share.n_fired[part] = advance(here, run)


@inner
def bring_spikes(here: Place, part: int, run: Run):
    """Deposit the spikes of step t - 1 in the currents of the part; their furthest row is new."""
    extent, setting, rows, kind, strip = run.extent, run.setting, run.rows, run.cells.b0, run.strip
    length, outs = extent.blocks + extent.outs, extent.outs
    row, at_t = here.row - length, here.at_t - 1
    new = row + setting.max_delay * length
    for i in range(new + here.first, new + here.last + (outs if here.ends else 0)):
        store(strip.lanes, i, 0.0)
    deposit(run.x, ZERO, at_t, part, row, extent, rows, kind, strip)
    deposit(run.spikes, setting.n_in, at_t, part, row, extent, rows, kind, strip)


@inner
def deposit(
    trains: Trains,
    first_source: int,
    at_t: int,
    part: int,
    row: int,
    extent: Extent,
    rows: Rows,
    kind,
    strip: Strip,
):
    """Spikes of one step of one train add their weights to currents of the part."""
    ptr, source = trains
    begin, end, blocks, outs = ptr[at_t], ptr[at_t + 1], extent.blocks, extent.outs
    number, lanes = strip.number, strip.lanes
    if rows.delay > 0:
        deposit_rows(
            rows.matrix, rows.delay, first_source, source, begin, end, blocks, outs, lanes, row
        )
    else:
        parts, at = rows.bounds.size - 1, row * lane_count(kind)
        deposit_list(rows, first_source, source, begin, end, part, parts, kind, number, at)


@inner
def read_out(here: Place, run: Run):
    """The readouts of step t - 1."""
    extent, setting, u_before = run.extent, run.setting, run.memory.u
    outs, at = extent.outs, here.e * extent.outs
    kept = here.e * (extent.n_steps - extent.y_start) + here.t - 1 - extent.y_start
    for k in range(outs):
        arrived = load(run.strip.lanes, here.row + extent.blocks + k)
        u = setting.kappa * load(u_before, at + k) + (1.0 - setting.kappa) * arrived
        store(u_before, at + k, flushed(u, setting.tiny))
        if here.t > extent.y_start:
            store(run.y, kept * outs + k, u + load(run.cells.b_out, k))


@inner
def advance(here: Place, run: Run) -> int:
    """Neurons of a part at step t; notes those that fired, and returns how many."""
    extent, setting, cells, memory = run.extent, run.setting, run.cells, run.memory
    alpha, gain, rho, rise, beta, b0, n_ref = cells[:7]
    state_V, state_b, wait, state_z = memory.V, memory.b, memory.wait, memory.z
    strip_V, strip_b, strip_ref = run.strip.lanes, run.strip.b, run.strip.ref
    blocks, width = extent.blocks, lane_count(b0)
    per_V, per_b, per_ref = stride(alpha), stride(rho), stride(n_ref)
    plain = setting.first_adaptive // width  # blocks without an adaptive neuron
    at, row = here.e * blocks, here.row
    record = here.e * extent.segment + here.local
    row_b, record = record * (blocks - plain) - plain, record * blocks
    count = here.first * width
    for i in range(here.first, here.last):
        z_before = mask_of(b0, state_z[at + i])
        V_before, B = load(state_V, at + i), load(b0, i)
        B_before = B
        if i >= plain:
            b_before = load(state_b, at + i)
            b = fma(load(rho, i * per_b), b_before, select(z_before, load(rise, i * per_b), 0.0))
            B_before = fma(load(beta, i), b_before, B)
            B = fma(load(beta, i), b, B)
            store(state_b, at + i, b)
            store(strip_b, row_b + i, b)
        V = fma(load(alpha, i * per_V), V_before, load(gain, i * per_V) * load(strip_V, row + i))
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
            run.share.fired[count] = i * width + lowest_bit(found)
            count += 1
            found &= found - 1
    if (here.t + 1) % EVERY == 0:
        first, size = at + here.first, here.last - here.first
        first_b = at + max(here.first, plain)
        flush(state_V, first, size, setting.tiny)
        flush(state_b, first_b, first + size - first_b, setting.tiny)
    return count - here.first * width

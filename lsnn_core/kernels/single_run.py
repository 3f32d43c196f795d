"""A whole run of one network: forward in segments, backward by recomputing them (see run.py)."""

from __future__ import annotations

from .block import ZERO, Events, Setting
from .jit import inner, kernel
from .lanes import lane_count, load, store
from .single_backward import backward_single, gradient_single
from .single_forward import forward_single
from .single_state import Cells, Memory, Rows, Strip, Sums, Team


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
    team: Team,
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
        backward_single(
            t0, t1, setting, rows, cells, spikes, saved, d_y, y_start, strip, sums, team
        )
        kind, number, weight = cells.b0, strip.number, sums.weight
        gradient_single(t0, t1, ZERO, length * width, x, rows, kind, number, weight)
        n_in = setting.n_in
        gradient_single(t0, t1, n_in, length * width, spikes, rows, kind, number, weight)
        for i in range(delayed):
            store(after, i, load(strip.lanes, i))

"""A whole run of some examples: forward in segments, backward by recomputing them (see run.py)."""

from __future__ import annotations

from .block import ZERO, Events, Setting
from .jit import inner, kernel
from .lanes import load, store
from .neurons_backward import backward_examples
from .neurons_forward import forward_example
from .neurons_list import gradient_list
from .neurons_matrix import gradient_matrix
from .neurons_state import Cells, Extent, Memory, Rows, Share, Strip, Sums, Trains


@inner
def copy_memory(source: Memory, a: int, target: Memory, b: int, extent: Extent, delayed: int):
    """Copy the state in slot `a` of `source` to slot `b` of `target`."""
    blocks, outs = extent.blocks, extent.outs
    for i in range(blocks):
        store(target.V, b * blocks + i, load(source.V, a * blocks + i))
        store(target.b, b * blocks + i, load(source.b, a * blocks + i))
        store(target.wait, b * blocks + i, load(source.wait, a * blocks + i))
        target.z[b * blocks + i] = source.z[a * blocks + i]
    for i in range(outs):
        store(target.u, b * outs + i, load(source.u, a * outs + i))
    for i in range(delayed):
        store(target.pending, b * delayed + i, load(source.pending, a * delayed + i))


@kernel
def run_examples_forward(
    extent: Extent,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    x: Trains,
    memory: Memory,
    saved: Memory,
    strip: Strip,
    spikes: Trains,
    y,
    share: Share,
):
    """All steps of one example after the other, from slot e of `memory`.

    `saved` keeps the state before each segment, the strip the last segment.
    """
    ptr, steps = spikes.ptr, extent.n_steps
    delayed = setting.max_delay * (extent.blocks + extent.outs)
    for e in range(extent.examples):
        ptr[e * (steps + 1)] = ptr[e * (steps + 1) - 1] if e > 0 else 0
        for k in range((extent.n_steps + extent.segment - 1) // extent.segment):
            copy_memory(memory, e, saved, k * extent.examples + e, extent, delayed)
            t0, t1 = k * extent.segment, min((k + 1) * extent.segment, extent.n_steps)
            forward_example(
                e, t0, t1, extent, setting, rows, cells, x, memory, strip, spikes, y, share
            )


@kernel
def run_examples_backward(
    extent: Extent,
    setting: Setting,
    rows: Rows,
    cells: Cells,
    x: Trains,
    memory: Memory,
    saved: Memory,
    strip: Strip,
    strip_is_last: bool,
    spikes: Trains,
    y,
    d_y,
    sums: Sums,
    after,
    share: Share,
    alone: Share,
):
    """All steps of all examples backwards, recomputing segments (see `run_backward`).

    Helpers take part in the steps back, and not in what is recomputed.
    """
    L, n_in = extent.examples, setting.n_in
    length = extent.blocks + extent.outs
    delayed = setting.max_delay * length
    for i in range(L * delayed):
        store(after, i, 0.0)
    last = (extent.n_steps + extent.segment - 1) // extent.segment - 1
    for k in range(last + 1, -1, -1):
        if k <= last:
            t0, t1 = k * extent.segment, min((k + 1) * extent.segment, extent.n_steps)
            for e in range(L):
                end = e * extent.strip + (t1 - t0) * length
                for i in range(delayed):
                    store(strip.lanes, end + i, load(after, e * delayed + i))
            backward_examples(t0, t1, extent, setting, rows, cells, spikes, d_y, strip, sums, share)
            for e in range(L):
                if rows.delay > 0:
                    gradient_matrix(e, t0, t1, ZERO, extent, x, rows, strip.lanes, sums.matrix)
                    gradient_matrix(e, t0, t1, n_in, extent, spikes, rows, strip.lanes, sums.matrix)
                else:
                    gradient_list(t0, t1, extent, x, rows, cells.b0, strip.number, sums.weight)
                for i in range(delayed):
                    store(after, e * delayed + i, load(strip.lanes, e * extent.strip + i))
        before = k - 1  # after the other call, as in `run_backward`
        if before >= 0 and not (before == last and strip_is_last):
            t0, t1 = before * extent.segment, min(k * extent.segment, extent.n_steps)
            for e in range(L):
                copy_memory(saved, before * L + e, memory, e, extent, delayed)
                forward_example(
                    e, t0, t1, extent, setting, rows, cells, x, memory, strip, spikes, y, alone
                )


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

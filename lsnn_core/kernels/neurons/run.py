"""Segments of some examples: forward, where one can be run again, and backward."""

from __future__ import annotations

from ..examples.state import ZERO, Events
from ..jit import inner, kernel
from ..vectors.lanes import load, store
from .connection_matrix import gradient_matrix
from .segment_back import backward_examples
from .segment_forward import forward_example
from .state import Extent, Memory, Run, Sums, Trains


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
def run_segments(run: Run, saved: Memory, first: int, stop: int, again: bool):
    """Segments first:stop of one example after the other; the strip keeps the last one.

    `saved` keeps the state before each segment; it is where to start from to run one `again`.
    """
    extent, memory, ptr, steps = run.extent, run.memory, run.spikes.ptr, run.extent.n_steps
    delayed = run.setting.max_delay * (extent.blocks + extent.outs)
    for e in range(extent.examples):
        ptr[e * (steps + 1)] = ptr[e * (steps + 1) - 1] if e > 0 else 0
        for k in range(first, stop):
            t0, t1 = k * extent.segment, min((k + 1) * extent.segment, steps)
            if again:
                copy_memory(saved, k * extent.examples + e, memory, e, extent, delayed)
            else:
                copy_memory(memory, e, saved, k * extent.examples + e, extent, delayed)
            forward_example(e, t0, t1, run)


@kernel
def run_segment_back(run: Run, k: int, d_y, sums: Sums, after):
    """Segment k of all examples, which is on the strip, backwards.

    `after` holds dL/dI of the rows that a spike of the segment can reach beyond it, and then of
    those that one of the segment before can reach.
    """
    extent, rows, lanes, n_in = run.extent, run.rows, run.strip.lanes, run.setting.n_in
    t0, t1 = k * extent.segment, min((k + 1) * extent.segment, extent.n_steps)
    length = extent.blocks + extent.outs
    delayed = run.setting.max_delay * length
    for e in range(extent.examples):
        end = e * extent.strip + (t1 - t0) * length
        for i in range(delayed):
            store(lanes, end + i, load(after, e * delayed + i))
    backward_examples(t0, t1, run, d_y, sums)
    for e in range(extent.examples):
        if rows.delay > 0:
            gradient_matrix(e, t0, t1, ZERO, extent, run.x, rows, lanes, sums.matrix)
            gradient_matrix(e, t0, t1, n_in, extent, run.spikes, rows, lanes, sums.matrix)
        for i in range(delayed):
            store(after, e * delayed + i, load(lanes, e * extent.strip + i))


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
